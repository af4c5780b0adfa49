//! The path of a request, as far as a rule may be decided on it (rule Q50).
//!
//! Invariant: a path that two programs may understand differently has no plain form, so nothing can be matched against it. Whoever
//! decides on a prefix of it decides on another path than somebody behind it.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Whether a path, as it came, is one that two programs may understand differently.
pub fn is_ambiguous(path: &[u8]) -> bool {
    plain(path).is_none()
}

/// The path with unreserved characters decoded, once, and the digits of other escapes in upper case; `None` when it is ambiguous.
pub(super) fn plain(path: &[u8]) -> Option<String> {
    let mut plain = Vec::with_capacity(path.len());
    // Every escape taken away: what somebody behind may see.
    let mut meant = Vec::with_capacity(path.len());
    let mut rest = path;
    while let Some((&octet, after)) = rest.split_first() {
        rest = after;
        match octet {
            b'%' => {
                let escaped = escape(after)?;
                rest = after.get(2..)?;
                meant.push(escaped);
                match escaped {
                    b'/' | b'\\' => return None,
                    it if is_unreserved(it) => plain.push(it),
                    it => plain.extend_from_slice(format!("%{it:02X}").as_bytes()),
                }
            }
            // Where a path ends and what belongs to it is not the same to everybody.
            b'\\' | b';' | b'#' | b'?' | b' ' => return None,
            it => {
                meant.push(it);
                plain.push(it);
            }
        }
    }
    // Not UTF-8, or a control character, written out or escaped (%00 among them).
    let meant = String::from_utf8(meant).ok()?;
    let plain = String::from_utf8(plain).ok()?;
    let is_clear = !meant.contains(char::is_control) && has_clear_segments(&plain);
    // An escape of an escape: whoever decodes twice sees another path.
    let is_once = plain.match_indices("%25").all(|(at, sign)| {
        plain
            .as_bytes()
            .get(at + sign.len()..)
            .and_then(escape)
            .is_none()
    });
    (is_clear && is_once).then_some(plain)
}

/// A slash first, no empty segment but the last, no dot segment.
fn has_clear_segments(plain: &str) -> bool {
    let Some(segments) = plain.strip_prefix('/') else {
        return false;
    };
    !plain.contains("//") && !segments.split('/').any(|it| matches!(it, "." | ".."))
}

/// The octet that two hexadecimal digits stand for.
fn escape(digits: &[u8]) -> Option<u8> {
    let digit = |at: usize| char::from(*digits.get(at)?).to_digit(16);
    u8::try_from(digit(0)? * 16 + digit(1)?).ok()
}

/// RFC 3986, section 2.3.
const fn is_unreserved(octet: u8) -> bool {
    octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'.' | b'_' | b'~')
}

/// An exact path, or everything below one that ends in `/` (rule Q49).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PathPattern(String);

/// Text that is no pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PathPatternError {
    /// No path that everybody understands alike.
    #[error(
        "a path begins with / and has neither query, nor *, nor escapes of ordinary characters, nor dot segments, //, ; or \\; write other than ASCII in its % form"
    )]
    Unclear,
    /// `/`, which is below everything.
    #[error("/ is every path; name the paths that are meant")]
    Everything,
}

impl PathPattern {
    /// Whether a path in its plain form is meant.
    pub(super) fn matches(&self, plain: &str) -> bool {
        if self.0.ends_with('/') {
            plain.starts_with(&self.0)
        } else {
            plain == self.0
        }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for PathPattern {
    type Err = PathPatternError;

    fn from_str(text: &str) -> Result<Self, PathPatternError> {
        if text == "/" {
            return Err(PathPatternError::Everything);
        }
        // A star would be taken literally, and nobody means that.
        let is_written_plainly = text.is_ascii() && !text.contains('*');
        match plain(text.as_bytes()) {
            Some(plain) if is_written_plainly && plain.eq_ignore_ascii_case(text) => {
                Ok(Self(plain))
            }
            _ => Err(PathPatternError::Unclear),
        }
    }
}

impl TryFrom<String> for PathPattern {
    type Error = PathPatternError;

    fn try_from(text: String) -> Result<Self, PathPatternError> {
        text.parse()
    }
}

impl From<PathPattern> for String {
    fn from(pattern: PathPattern) -> Self {
        pattern.0
    }
}

impl fmt::Display for PathPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Q50
    #[test]
    fn every_case_of_the_law_is_ambiguous() {
        for path in [
            &b"/public/../admin"[..],
            b"/public/.",
            b"/public/..",
            b"/./public/",
            b"/public/%2e%2e/admin",
            b"/public/%2E./admin",
            b"/public/.%2e",
            b"//public/",
            b"/public//x",
            b"/public/x//",
            b"/public\\x",
            b"/public/..\\admin",
            b"/public;a=1/x",
            b"/public/..;/admin",
            b"/public#x",
            b"/public/%2f",
            b"/public/..%2Fadmin",
            b"/public/%5c",
            b"/public/%5C..",
            b"/public/%00",
            b"/public/%2541",
            b"/public/%252e%252e/admin",
            b"/public/%",
            b"/public/%4",
            b"/public/%zz",
            b"/public/%u002e",
            b"/public/\xff",
            b"/public/%ff",
            b"/public/%c0%ae%c0%ae/admin",
            b"/public/\x00",
            b"/public/\t",
            b"/public/\x7f",
            b"/public/%0d%0aX",
            b"/public/%c2%85",
        ] {
            assert!(is_ambiguous(path), "{}", String::from_utf8_lossy(path));
        }
    }

    // Q50, what the law means by it: an escape that decodes to an escape, and where a path is no path.
    #[test]
    fn what_comes_to_the_same_is_ambiguous() {
        for path in [
            &b"/public/%25%34%31"[..],
            b"/public/%25%32e",
            b"/public/ x",
            b"/public?x",
            b"public/",
            b"*",
            b"",
        ] {
            assert!(is_ambiguous(path), "{}", String::from_utf8_lossy(path));
        }
    }

    // Q50
    #[test]
    fn other_paths_have_a_plain_form() {
        for (path, form) in [
            ("/", "/"),
            ("/public/", "/public/"),
            ("/%70ublic/%7ex%2Ecss", "/public/~x.css"),
            ("/a/...", "/a/..."),
            ("/a/.x/..y/z..", "/a/.x/..y/z.."),
            ("/a/%c3%a4", "/a/%C3%A4"),
            ("/a/ä", "/a/ä"),
            ("/a%20b", "/a%20b"),
            ("/100%25", "/100%25"),
            ("/100%25zz", "/100%25zz"),
            ("/a:b@c!$&'()*+,=", "/a:b@c!$&'()*+,="),
        ] {
            assert_eq!(plain(path.as_bytes()).as_deref(), Some(form));
            assert!(!is_ambiguous(path.as_bytes()), "{path}");
        }
    }

    // Q49
    #[test]
    fn a_pattern_is_exact_or_a_prefix_that_ends_in_a_slash() {
        let matches = |pattern: &str, path: &str| {
            let pattern: PathPattern = pattern.parse().unwrap();
            pattern.matches(path)
        };
        assert!(matches("/public/", "/public/"));
        assert!(matches("/public/", "/public/a/b.css"));
        assert!(!matches("/public/", "/public"));
        assert!(!matches("/public/", "/publicity"));
        assert!(!matches("/public/", "/x/public/"));
        assert!(!matches("/public/", "/Public/"));
        assert!(matches("/hook", "/hook"));
        assert!(!matches("/hook", "/hook/"));
        assert!(!matches("/hook", "/hooks"));
        assert!(matches("/a%2Cb/", "/a%2Cb/x"));
        assert!(matches("/a%2cb/", "/a%2Cb/x"));
    }

    // Q49
    #[test]
    fn a_pattern_is_written_plainly() {
        for text in [
            "",
            "public/",
            "/public/*",
            "/public?x",
            "/p/../x",
            "//",
            "/%70ublic/",
            "/a;b",
            "/ä/",
            "/a#b",
            "/a%2fb",
            "/^public$\\/",
        ] {
            assert_eq!(
                text.parse::<PathPattern>(),
                Err(PathPatternError::Unclear),
                "{text}"
            );
        }
        assert_eq!(
            "/".parse::<PathPattern>(),
            Err(PathPatternError::Everything)
        );
    }
}
