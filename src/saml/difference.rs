//! How an address or a name that is nearly the expected one differs, for the record. It decides nothing.
//!
//! Its tests are below.

/// What was received, with what makes it another where it nearly fits.
pub(super) fn describe(received: &str, expected: &str) -> String {
    let differences = differences(received, expected);
    if differences.is_empty() {
        return received.to_owned();
    }
    format!(
        "{} (differs by {})",
        received.trim(),
        differences.join(" and ")
    )
}

/// Empty when it is the same, or really another.
fn differences(received: &str, expected: &str) -> Vec<&'static str> {
    let mut found = Vec::new();
    let mut rest = received;
    if received == expected {
        return found;
    }
    if rest.trim() != rest {
        rest = rest.trim();
        found.push("white space around it");
    }
    if let Some(bare) = rest.strip_prefix("spn:")
        && !expected.starts_with("spn:")
    {
        rest = bare;
        found.push("the prefix spn:");
    }
    let own = without_port(expected);
    let bare = without_port(rest);
    match (bare.1, own.1) {
        (Some(port), None) => found.push(port),
        (None, Some(_)) => found.push("the port, which is not written out"),
        _ => {}
    }
    let (bare, own) = (bare.0, own.0);
    let (short, own_short) = (bare.trim_end_matches('/'), own.trim_end_matches('/'));
    if bare.len() - short.len() != own.len() - own_short.len() {
        found.push("a slash at the end");
    }
    if short == own_short {
        return found;
    }
    if short.eq_ignore_ascii_case(own_short) {
        found.push("upper and lower case");
        return found;
    }
    let schemeless = |text: &str| text.split_once("://").map(|(_, rest)| rest.to_owned());
    if short.starts_with("http://") && schemeless(short) == schemeless(own_short) {
        found.push("http instead of https");
        return found;
    }
    Vec::new()
}

/// An address without the port that its scheme has anyway, and that port where it is written out.
fn without_port(url: &str) -> (String, Option<&'static str>) {
    for (scheme, port, said) in [
        ("https://", ":443", "the port :443 written out"),
        ("http://", ":80", "the port :80 written out"),
    ] {
        let Some(rest) = url.strip_prefix(scheme) else {
            continue;
        };
        let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        if let Some(host) = host.strip_suffix(port) {
            return (format!("{scheme}{host}{path}"), Some(said));
        }
    }
    (url.to_owned(), None)
}

#[cfg(test)]
mod tests {
    use super::describe;

    #[test]
    fn a_near_miss_says_what_differs() {
        let expected = "https://acme.example/sso/acs";
        for (received, says) in [
            ("https://acme.example/sso/acs", ""),
            ("https://other.example/sso/acs", ""),
            (
                "https://acme.example:443/sso/acs",
                " (differs by the port :443 written out)",
            ),
            ("https://acme.example:8443/sso/acs", ""),
            (
                "https://acme.example/sso/acs/",
                " (differs by a slash at the end)",
            ),
            (
                "https://acme.example/SSO/acs",
                " (differs by upper and lower case)",
            ),
            (
                "http://acme.example/sso/acs",
                " (differs by http instead of https)",
            ),
            (
                "spn:https://acme.example/sso/acs/",
                " (differs by the prefix spn: and a slash at the end)",
            ),
        ] {
            assert_eq!(describe(received, expected), format!("{received}{says}"));
        }
        assert_eq!(
            describe("\n  https://acme.example/sso/acs\n", expected),
            format!("{expected} (differs by white space around it)")
        );
        assert_eq!(
            describe("https://acme.example/", "https://acme.example:443"),
            "https://acme.example/ (differs by the port, which is not written out and a slash at the end)"
        );
    }
}
