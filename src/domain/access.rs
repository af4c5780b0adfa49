//! Where a sign-in may send a browser afterwards (rule E3).
//!
//! Invariant: a `ReturnTo` is a path of the company's own site, or an absolute URL at an origin that the company allows,
//! spelt so that every browser and proxy reads the same target in it. What is unclear is refused, never repaired.

use std::fmt;

use super::{Company, Origin};

/// The longest target that is kept: whoever begins sign-ins that nobody finishes fills the database with it.
const LONGEST: usize = 512;

/// The same of a hand-over to an application, whose state is sealed and holds an address of that.
const LONGEST_HAND_OVER: usize = 4096;

/// A target that is safe to redirect to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReturnTo(String);

/// Why a target is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ReturnToError {
    /// It is longer than 512 octets.
    #[error("the return address is longer than 512 octets")]
    TooLong,
    /// It holds a control character, a space, a backslash or a character outside ASCII.
    #[error("the return address holds a character that is not allowed there")]
    Character,
    /// It is neither a path of this site nor at an allowed origin.
    #[error(
        "the return address is neither a path of this site nor at an origin that the company allows"
    )]
    Elsewhere,
    /// Its path climbs: `.` or `..`, also percent-encoded.
    #[error("the return address has a path with dot segments")]
    DotSegment,
}

impl ReturnTo {
    /// What the address of a hand-over to an application begins with. Its state is the caller's to look at: only what we have sealed
    /// may be so long.
    pub const HAND_OVER: &'static str = "/sso/hand-over?state=";
    /// The most octets that one has.
    pub const LONGEST: usize = LONGEST;

    /// Checks a target for a company.
    ///
    /// The company's own origins are allowed beside its return origins.
    pub fn parse(company: &Company, text: &str) -> Result<Self, ReturnToError> {
        Self::among(company.origins().chain(&company.return_origins), text)
    }

    /// Checks a target against a list of origins.
    pub fn among<'a>(
        origins: impl Iterator<Item = &'a Origin>,
        text: &str,
    ) -> Result<Self, ReturnToError> {
        let longest = if text.starts_with(Self::HAND_OVER) {
            LONGEST_HAND_OVER
        } else {
            LONGEST
        };
        Self::within(longest, origins, text)
    }

    /// Checks a path of whatever host asks, which is not stored: no more than `longest` octets.
    pub fn own_path(longest: usize, text: &str) -> Result<Self, ReturnToError> {
        Self::within(longest, std::iter::empty(), text)
    }

    fn within<'a>(
        longest: usize,
        mut origins: impl Iterator<Item = &'a Origin>,
        text: &str,
    ) -> Result<Self, ReturnToError> {
        if text.len() > longest {
            return Err(ReturnToError::TooLong);
        }
        // Browsers drop tabs and line breaks and read a backslash as a slash (WHATWG URL 4.4): neither may be there.
        if !text
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && byte != b'\\')
        {
            return Err(ReturnToError::Character);
        }
        let path = if text.starts_with('/') {
            // A second slash would begin a host name.
            if text.starts_with("//") {
                return Err(ReturnToError::Elsewhere);
            }
            text
        } else {
            origins
                .find_map(|origin| behind_origin(text, origin))
                .ok_or(ReturnToError::Elsewhere)?
        };
        if has_dot_segment(path) {
            return Err(ReturnToError::DotSegment);
        }
        Ok(Self(text.to_owned()))
    }

    /// The target as it goes into a `Location` header.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The target as owned text.
    pub fn into_string(self) -> String {
        self.0
    }
}

impl fmt::Display for ReturnTo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What follows the origin, when `text` is at exactly that origin: nothing, or a path, a query or a fragment. A user name,
/// a port or a longer host name begins with another character.
fn behind_origin<'t>(text: &'t str, origin: &Origin) -> Option<&'t str> {
    let rest = text.strip_prefix(origin.as_str())?;
    (rest.is_empty() || rest.starts_with(['/', '?', '#'])).then_some(rest)
}

/// Dot segments change the path after it was checked, in browsers and differently in proxies.
fn has_dot_segment(path: &str) -> bool {
    let path = path.split(['?', '#']).next().unwrap_or_default();
    path.split('/').any(|segment| {
        let dots = segment.to_ascii_lowercase().replace("%2e", ".");
        dots == "." || dots == ".."
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str) -> Result<ReturnTo, ReturnToError> {
        let origins: Vec<Origin> = [
            "https://app.example.com",
            "https://app.example.com:8443",
            "http://127.0.0.1:3000",
        ]
        .iter()
        .map(|origin| origin.parse().unwrap())
        .collect();
        ReturnTo::among(origins.iter(), text)
    }

    #[test]
    fn allowed() {
        for text in [
            "/",
            "/reports?id=1&next=//x#top",
            "/a/b%20c",
            "/a?next=https://evil.example/",
            "/a//b",
            "/...",
            "https://app.example.com",
            "https://app.example.com/",
            "https://app.example.com?x",
            "https://app.example.com#x",
            "https://app.example.com:8443/x",
            "http://127.0.0.1:3000/deep/link",
        ] {
            assert_eq!(check(text).unwrap().as_str(), text);
        }
    }

    #[test]
    fn refused() {
        use ReturnToError::{Character, DotSegment, Elsewhere, TooLong};
        for (text, error) in [
            ("", Elsewhere),
            ("reports", Elsewhere),
            ("?x", Elsewhere),
            ("//evil.example", Elsewhere),
            ("///evil.example", Elsewhere),
            ("/\\evil.example", Character),
            ("\\\\evil.example", Character),
            ("/\t/evil.example", Character),
            ("/\n/evil.example", Character),
            ("\u{0}/", Character),
            ("/a\r\nSet-Cookie: x=y", Character),
            (" /", Character),
            ("/ö", Character),
            ("/a\u{2028}", Character),
            ("https://evil.example", Elsewhere),
            ("https://app.example.com.evil.example", Elsewhere),
            ("https://app.example.com@evil.example", Elsewhere),
            ("https://app.example.com:443@evil.example", Elsewhere),
            ("https://app.example.com:84433", Elsewhere),
            ("https://app.example.com:8443.evil.example", Elsewhere),
            ("https://app.example.com%2eevil.example", Elsewhere),
            ("https://app.example.com\\@evil.example", Character),
            ("https://user@app.example.com/", Elsewhere),
            ("https:/app.example.com", Elsewhere),
            ("https:app.example.com", Elsewhere),
            ("HTTPS://app.example.com", Elsewhere),
            ("http://app.example.com", Elsewhere),
            ("https://APP.example.com", Elsewhere),
            ("javascript:alert(1)//https://app.example.com", Elsewhere),
            ("data:text/html,x", Elsewhere),
            ("http://127.0.0.1:30000/", Elsewhere),
            ("/..//evil.example", DotSegment),
            ("/a/%2E%2e/b", DotSegment),
            ("/./x", DotSegment),
            ("https://app.example.com/../x", DotSegment),
        ] {
            assert_eq!(check(text).unwrap_err(), error, "{text:?}");
        }
        assert!(check(&format!("/{}", "a".repeat(511))).is_ok());
        assert_eq!(
            check(&format!("/{}", "a".repeat(512))).unwrap_err(),
            TooLong
        );
    }

    #[test]
    fn no_origin_allows_paths_only() {
        assert!(ReturnTo::among(std::iter::empty(), "/x").is_ok());
        assert!(ReturnTo::among(std::iter::empty(), "https://app.example.com/").is_err());
    }
}
