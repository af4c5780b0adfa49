//! Where the sign-in of an application begins (rules Q22, Q28 and Q48).
//!
//! Invariant: the address is absolute and at the origin that the request was found to be for. All that it carries of the request is
//! where to go back to.

use std::str::FromStr;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};
use serde::{Deserialize, Serialize};

use super::origin::RequestOrigin;
use super::path::plain;

/// The longest address, in octets: an answer beyond the buffer of nginx is a failure.
const LONGEST: usize = 2_000;
/// What a company's site has at the host of a set-up by path.
const SITE: &str = "/sso/";
/// What stands for itself in the value of a query.
const VALUE: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'/');

/// The paths of an application's host that are ours: `/.vestibule/`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ReservedPrefix(String);

/// Text that is no prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "the reserved prefix begins and ends with / and has letters, digits, -, . and _ between: /.vestibule/"
)]
pub struct ReservedPrefixError;

/// Where users of an application sign in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entrance {
    /// By a hand-over, at `start` below this prefix.
    HandOver(ReservedPrefix),
    /// At the company's own site, which has the same host (set-up A).
    CompanySite(ReservedPrefix),
}

/// The two addresses of one sign-in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Addresses {
    /// With where to go back to, unless that is too long.
    pub(super) returning: String,
    /// Without.
    pub(super) bare: String,
}

impl Entrance {
    /// The addresses for a sign-in that leads back to a path with query, and perhaps says that what was sent is lost (rule Q48).
    pub(super) fn addresses(
        &self,
        origin: &RequestOrigin,
        back_to: &[u8],
        is_lost: bool,
    ) -> Addresses {
        let (path, parameter) = match self {
            Self::HandOver(prefix) => (format!("{}start", prefix.0), "rd"),
            Self::CompanySite(_) => (format!("{SITE}login"), "return_to"),
        };
        let bare = format!("{origin}{path}");
        let back_to = percent_encode(back_to, VALUE);
        // A company's site leads back and says nothing.
        let lost = match self {
            Self::HandOver(_) if is_lost => "&lost=1",
            Self::HandOver(_) | Self::CompanySite(_) => "",
        };
        let returning = format!("{bare}?{parameter}={back_to}{lost}");
        let returning = if returning.len() > LONGEST {
            bare.clone()
        } else {
            returning
        };
        Addresses { returning, bare }
    }

    /// Whether a path is one of ours, however its characters are escaped.
    pub(super) fn owns(&self, path: &[u8]) -> bool {
        let prefix = match self {
            Self::HandOver(prefix) | Self::CompanySite(prefix) => &prefix.0,
        };
        let has_site = matches!(self, Self::CompanySite(_));
        let is_below = |path: &[u8]| {
            path.starts_with(prefix.as_bytes()) || has_site && path.starts_with(SITE.as_bytes())
        };
        is_below(path) || plain(path).is_some_and(|path| is_below(path.as_bytes()))
    }
}

impl Default for ReservedPrefix {
    fn default() -> Self {
        Self("/.vestibule/".to_owned())
    }
}

impl FromStr for ReservedPrefix {
    type Err = ReservedPrefixError;

    fn from_str(text: &str) -> Result<Self, ReservedPrefixError> {
        let is_usual = |octet: u8| octet.is_ascii_alphanumeric() || b"/-._".contains(&octet);
        let is_prefix = text.len() > 2 && text.starts_with('/') && text.ends_with('/');
        let is_plain = plain(text.as_bytes()).is_some();
        if is_prefix && is_plain && text.bytes().all(is_usual) {
            Ok(Self(text.to_owned()))
        } else {
            Err(ReservedPrefixError)
        }
    }
}

impl TryFrom<String> for ReservedPrefix {
    type Error = ReservedPrefixError;

    fn try_from(text: String) -> Result<Self, ReservedPrefixError> {
        text.parse()
    }
}

impl From<ReservedPrefix> for String {
    fn from(prefix: ReservedPrefix) -> Self {
        prefix.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hand_over() -> Entrance {
        Entrance::HandOver(ReservedPrefix::default())
    }

    fn addresses(entrance: &Entrance, back_to: &[u8]) -> [String; 2] {
        let origin = "https://app.example.com:8443".parse().unwrap();
        let Addresses { returning, bare } = entrance.addresses(&origin, back_to, false);
        [returning, bare]
    }

    // Q22
    #[test]
    fn the_address_is_absolute_and_says_where_to_go_back_to() {
        assert_eq!(
            addresses(&hand_over(), b"/a?b=c&d=\"%2f#\xff\r\n"),
            [
                "https://app.example.com:8443/.vestibule/start?rd=/a%3Fb%3Dc%26d%3D%22%252f%23%FF%0D%0A",
                "https://app.example.com:8443/.vestibule/start",
            ]
        );
        let site = Entrance::CompanySite(ReservedPrefix::default());
        assert_eq!(
            addresses(&site, b"/a?b"),
            [
                "https://app.example.com:8443/sso/login?return_to=/a%3Fb",
                "https://app.example.com:8443/sso/login",
            ]
        );
    }

    // Q22: 2,000 octets and one more.
    #[test]
    fn a_long_address_goes_without() {
        let [_, bare] = addresses(&hand_over(), b"/");
        let room = LONGEST - bare.len() - "?rd=".len();
        let fits = format!("/{}", "a".repeat(room - 1));
        let [returning, _] = addresses(&hand_over(), fits.as_bytes());
        assert_eq!(returning.len(), LONGEST);
        assert!(returning.ends_with(&fits));
        let [returning, bare] = addresses(&hand_over(), format!("{fits}a").as_bytes());
        assert_eq!(returning, bare);
    }

    // Q28
    #[test]
    fn its_own_paths_are_known_in_every_spelling() {
        for path in [
            "/.vestibule/start",
            "/%2evestibule/",
            "/.%76estibule/who",
            "/.vestibule//x;y",
        ] {
            assert!(hand_over().owns(path.as_bytes()), "{path}");
        }
        for path in [
            "/",
            "/.vestibule",
            "/.vestibulex/",
            "/a/.vestibule/",
            "/sso/login",
        ] {
            assert!(!hand_over().owns(path.as_bytes()), "{path}");
        }
        let site = Entrance::CompanySite(ReservedPrefix::default());
        assert!(site.owns(b"/sso/login") && site.owns(b"/.vestibule/start"));
        assert!(!site.owns(b"/ssologin") && !site.owns(b"/a"));
        let other = Entrance::HandOver("/-/gate/".parse().unwrap());
        assert!(other.owns(b"/-/gate/start") && !other.owns(b"/.vestibule/start"));
        assert!(addresses(&other, b"/")[1].ends_with("/-/gate/start"));
    }

    // Q28
    #[test]
    fn a_prefix_is_a_plain_path() {
        for text in [
            "", "/", "//", "x/", "/x", "/../", "/a//", "/a b/", "/%2e/", "/ä/", "/a?/",
        ] {
            assert_eq!(
                text.parse::<ReservedPrefix>(),
                Err(ReservedPrefixError),
                "{text}"
            );
        }
        let prefix: ReservedPrefix = "/.vestibule/".parse().unwrap();
        assert_eq!(prefix, ReservedPrefix::default());
        let json = serde_json::to_string(&prefix).unwrap();
        assert_eq!(json, "\"/.vestibule/\"");
        assert_eq!(
            serde_json::from_str::<ReservedPrefix>(&json).unwrap(),
            prefix
        );
    }
}
