//! Reading the fields of a request.
//!
//! Invariant: of a field that comes twice no value is taken, neither the first nor the last: who chose one of two would choose what
//! a client has added.

use http::HeaderMap;

/// What there is of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found<'h> {
    /// It did not come, or is empty.
    Nothing,
    Once(&'h [u8]),
    Twice,
}

/// A field of the headers.
pub(super) fn find<'h>(headers: &'h HeaderMap, name: &str) -> Found<'h> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => Found::Nothing,
        (Some(value), None) if value.is_empty() => Found::Nothing,
        (Some(value), None) => Found::Once(value.as_bytes()),
        (Some(_), Some(_)) => Found::Twice,
    }
}

/// The text of a field that comes once and is visible ASCII.
pub(super) fn text<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => value.to_str().ok(),
        _ => None,
    }
}

/// Whether a method is one that a request may have (rule Q13).
pub(super) fn is_method(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|octet| octet.is_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    // Q13
    #[test]
    fn a_field_counts_when_it_comes_once() {
        let mut headers = HeaderMap::new();
        assert_eq!(find(&headers, "x-a"), Found::Nothing);
        headers.append("x-a", HeaderValue::from_static(""));
        assert_eq!(find(&headers, "X-A"), Found::Nothing);
        headers.insert("x-a", HeaderValue::from_static("1"));
        assert_eq!(find(&headers, "X-A"), Found::Once(b"1"));
        assert_eq!(text(&headers, "x-a"), Some("1"));
        headers.append("x-a", HeaderValue::from_static(""));
        assert_eq!(find(&headers, "x-a"), Found::Twice);
        assert_eq!(text(&headers, "x-a"), None);
        headers.insert("x-a", HeaderValue::from_bytes(b"\xff").unwrap());
        assert_eq!(find(&headers, "x-a"), Found::Once(b"\xff"));
        assert_eq!(text(&headers, "x-a"), None);
    }

    // Q13
    #[test]
    fn methods_are_upper_case_letters() {
        assert!(is_method("GET") && is_method("PROPFIND"));
        for other in ["", "get", "Get", "GET ", "M-SEARCH", "GET,POST", "ＧET"] {
            assert!(!is_method(other), "{other}");
        }
    }
}
