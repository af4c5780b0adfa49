//! The values of identity headers (rule Q39).
//!
//! Invariant: whatever a name or a group is called, what goes out is one header and has no control character; and whoever decodes
//! it gets what went in.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

/// The longest encoded word (RFC 2047, section 2).
const LONGEST_WORD: usize = 75;
const WORD_BEGINS: &str = "=?utf-8?q?";
const WORD_ENDS: &str = "?=";

/// How other characters than ASCII go into a header.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum HeaderEncoding {
    /// The octets of UTF-8 as `%C3%A4`; `%` as `%25`.
    #[default]
    Percent,
    /// As UTF-8; control characters and `%` as in `Percent`.
    Utf8,
    /// Encoded words, as in mail.
    Rfc2047,
}

impl HeaderEncoding {
    /// A single value.
    pub(super) fn value(self, text: &str) -> String {
        self.encode(text, false)
    }

    /// A list, joined by commas. No member has one of its own.
    pub(super) fn list<'t>(self, texts: impl Iterator<Item = &'t str>) -> String {
        let encoded: Vec<String> = texts.map(|text| self.encode(text, true)).collect();
        encoded.join(",")
    }

    fn encode(self, text: &str, is_member: bool) -> String {
        match self {
            Self::Percent => percent(text, is_member, |c| !c.is_ascii()),
            Self::Utf8 => percent(text, is_member, |_| false),
            Self::Rfc2047 => words(text, is_member),
        }
    }
}

/// Escapes control characters, `%`, white space at an end (a parser takes it away), the separator, and what else is said.
fn percent(text: &str, is_member: bool, also: impl Fn(char) -> bool) -> String {
    let inner_from = text.len() - text.trim_start().len();
    let inner_to = text.trim_end().len();
    let mut encoded = String::with_capacity(text.len());
    for (at, c) in text.char_indices() {
        let is_outer = !(inner_from..inner_to).contains(&at);
        let is_separator = is_member && c == ',';
        if c == '%' || c.is_control() || is_outer || is_separator || also(c) {
            let mut octets = [0; 4];
            for octet in c.encode_utf8(&mut octets).bytes() {
                let _ = write!(encoded, "%{octet:02X}");
            }
        } else {
            encoded.push(c);
        }
    }
    encoded
}

/// Encoded words of `q` (RFC 2047, section 4.2), or the text where it needs none and looks like none.
fn words(text: &str, is_member: bool) -> String {
    let is_visible = text.chars().all(|c| matches!(c, ' '..='~'));
    let is_whole = text.trim().len() == text.len();
    if is_visible && is_whole && !text.contains("=?") && !(is_member && text.contains(',')) {
        return text.to_owned();
    }
    let mut encoded = String::from(WORD_BEGINS);
    let mut length = encoded.len();
    for c in text.chars() {
        let mut sign = String::new();
        match c {
            ' ' => sign.push('_'),
            // What is safe wherever a word may stand (section 5).
            c if c.is_ascii_alphanumeric() || "!*+-/".contains(c) => sign.push(c),
            c => {
                for octet in c.encode_utf8(&mut [0; 4]).bytes() {
                    let _ = write!(sign, "={octet:02X}");
                }
            }
        }
        // A character is not parted.
        if length + sign.len() + WORD_ENDS.len() > LONGEST_WORD {
            encoded.push_str(WORD_ENDS);
            encoded.push(' ');
            encoded.push_str(WORD_BEGINS);
            length = WORD_BEGINS.len();
        }
        length += sign.len();
        encoded.push_str(&sign);
    }
    encoded.push_str(WORD_ENDS);
    encoded
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use percent_encoding::percent_decode_str;

    use super::*;

    const ALL: [HeaderEncoding; 3] = [
        HeaderEncoding::Percent,
        HeaderEncoding::Utf8,
        HeaderEncoding::Rfc2047,
    ];

    // Q39
    #[test]
    fn ordinary_text_is_left_alone() {
        for encoding in ALL {
            assert_eq!(encoding.value("Ada King, Countess"), "Ada King, Countess");
            assert_eq!(encoding.value("ada@example.com"), "ada@example.com");
            assert_eq!(encoding.value(""), "");
            assert_eq!(encoding.list(["admin", "staff"].into_iter()), "admin,staff");
            assert_eq!(encoding.list(std::iter::empty()), "");
        }
    }

    // Q39
    #[test]
    fn other_text_is_encoded_as_the_setting_says() {
        let [percent, utf8, rfc2047] = ALL.map(|encoding| encoding.value("Zoë 100%"));
        assert_eq!(percent, "Zo%C3%AB 100%25");
        assert_eq!(utf8, "Zoë 100%25");
        assert_eq!(rfc2047, "=?utf-8?q?Zo=C3=AB_100=25?=");
        let [percent, utf8, rfc2047] =
            ALL.map(|encoding| encoding.list(["a,b", "c d"].into_iter()));
        assert_eq!(percent, "a%2Cb,c d");
        assert_eq!(utf8, "a%2Cb,c d");
        assert_eq!(rfc2047, "=?utf-8?q?a=2Cb?=,c d");
    }

    // Q39: CR, LF and NUL are fed, and no header is parted.
    #[test]
    fn nothing_parts_a_header() {
        let hostile = [
            "a\r\nRemote-User: root",
            "a\nb",
            "a\0b",
            "\t\u{7f}\u{85}\u{2028}",
            " a ",
            "   ",
            "=?utf-8?q?root?=",
        ];
        for encoding in ALL {
            for text in hostile {
                let value = encoding.value(text);
                assert!(!value.contains(char::is_control), "{value:?}");
                assert_eq!(value.trim(), value);
                assert!(
                    HeaderValue::from_bytes(value.as_bytes()).is_ok(),
                    "{value:?}"
                );
                assert_eq!(decode(encoding, &value), text, "{value:?}");
                let member = encoding.list([text, "x,y"].into_iter());
                let parts: Vec<_> = member.split(',').map(|it| decode(encoding, it)).collect();
                assert_eq!(parts, [text, "x,y"]);
            }
        }
    }

    // Q39, RFC 2047, section 2: 75 characters, and no character parted.
    #[test]
    fn encoded_words_are_short() {
        let text = "Ünïcödé name ".repeat(30);
        let value = HeaderEncoding::Rfc2047.value(&text);
        assert!(value.split(' ').count() > 5);
        assert!(value.split(' ').all(|word| word.len() <= LONGEST_WORD));
        assert_eq!(decode(HeaderEncoding::Rfc2047, &value), text);
    }

    fn decode(encoding: HeaderEncoding, value: &str) -> String {
        if encoding != HeaderEncoding::Rfc2047 {
            return percent_decode_str(value)
                .decode_utf8()
                .unwrap()
                .into_owned();
        }
        if !value.starts_with(WORD_BEGINS) {
            return value.to_owned();
        }
        let word = |word: &str| {
            let inner = word.strip_prefix(WORD_BEGINS).unwrap();
            let inner = inner.strip_suffix(WORD_ENDS).unwrap();
            let escaped = inner.replace('_', " ").replace('=', "%");
            percent_decode_str(&escaped)
                .decode_utf8()
                .unwrap()
                .into_owned()
        };
        value.split(' ').map(word).collect()
    }
}
