//! What arrived at a check, as far as it shows how the proxy that asks is set up (rule Q66).
//!
//! Invariants: it holds the names of headers and no header's value, but for what the proxy itself has to write; whatever arrives, it
//! stays small; nothing is decided by it.

use std::net::IpAddr;

use http::{HeaderMap, HeaderName, header};
use serde::{Deserialize, Serialize};

use super::identity_headers::IdentityHeaders;
use super::misreport::Misreport;
use super::original::OriginalRequest;
use super::visit::NEEDED_HEADERS;

/// What a question of `doctor gate` has: its token, a point, and its number. It does not begin as our other headers do, because a
/// proxy takes those away from its clients.
pub const PROBE_HEADER: &str = "x-vestibule-probe";
/// What stands behind the number where the answer is to come late, as that of a check that fails.
pub const PROBE_LATE: &str = ".late";
/// The cookie of such a question, which only has to arrive.
pub const PROBE_COOKIE: &str = "vestibule-probe";

/// The longest text of a request, in octets; what is longer is cut.
const LONGEST_TEXT: usize = 1_024;
/// The longest name of a header, and the most of them.
const LONGEST_NAME: usize = 64;
const MOST_NAMES: usize = 64;
/// Headers that say which product the proxy is.
const OF_PRODUCTS: [&str; 1] = ["x-forwarded-server"];

/// A check that bore a probe.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckObservation {
    /// Which question it is about.
    pub number: u16,
    /// The application that its address names.
    pub application: String,
    /// Whether whoever asked is answered.
    pub entry: CheckEntry,
    /// The request that it is about.
    pub told: ToldRequest,
    /// The names of headers that matter, in small letters.
    pub names: Vec<String>,
    /// The last entry of `X-Forwarded-For`.
    pub forwarded_for: Option<String>,
    /// The client, as it was judged.
    pub client: Option<IpAddr>,
    /// Whether the probe's cookie came.
    pub cookie: bool,
    /// The status of the answer.
    pub status: u16,
}

/// Whether whoever asked is answered (rule Q15).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CheckEntry {
    /// At the listener for checks.
    Listener,
    /// From a trusted address, with the key.
    Key(Option<IpAddr>),
    /// Not from a trusted address.
    NoAddress(Option<IpAddr>),
    /// Without a key, or with one that does not count.
    NoKey(Option<IpAddr>),
    /// There is no such application.
    NoApplication,
}

/// The request that a check is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ToldRequest {
    /// Nobody has looked.
    Unread,
    /// It was read.
    Read {
        /// The method.
        method: String,
        /// The origin.
        origin: String,
        /// Path and query.
        uri: String,
    },
    /// It cannot be judged.
    Wrong(Misreport),
}

impl CheckEntry {
    /// Whether it is answered.
    pub const fn is_answered(self) -> bool {
        matches!(self, Self::Listener | Self::Key(_))
    }
}

impl From<&Result<OriginalRequest, Misreport>> for ToldRequest {
    fn from(read: &Result<OriginalRequest, Misreport>) -> Self {
        match read {
            Ok(asked) => Self::Read {
                method: cut(asked.method(), LONGEST_TEXT),
                origin: asked.origin().to_string(),
                uri: cut(&String::from_utf8_lossy(asked.uri()), LONGEST_TEXT),
            },
            Err(Misreport::ForeignOrigin(origin)) if origin.as_str().len() > LONGEST_TEXT => {
                Self::Unread
            }
            Err(misreport) => Self::Wrong(misreport.clone()),
        }
    }
}

/// The names of the headers that came and matter: those that the check needs, identity headers in any spelling, and what has `_` or
/// `.` in its name.
pub fn names_that_matter(headers: &HeaderMap, identity: Option<&IdentityHeaders>) -> Vec<String> {
    let matters = |name: &str| {
        NEEDED_HEADERS.contains(&name)
            || OF_PRODUCTS.contains(&name)
            || name.contains(['_', '.'])
            || identity.is_some_and(|identity| identity.covers(name))
    };
    let names = headers.keys().map(HeaderName::as_str);
    names
        .filter(|name| name.len() <= LONGEST_NAME && matters(name))
        .take(MOST_NAMES)
        .map(str::to_owned)
        .collect()
}

/// The last entry of `X-Forwarded-For`: what the proxy has written, or left as it came.
pub fn last_forwarded_for(headers: &HeaderMap) -> Option<String> {
    let last = headers.get_all("x-forwarded-for").iter().next_back()?;
    let text = String::from_utf8_lossy(last.as_bytes());
    let entry = text.rsplit(',').next().unwrap_or_default();
    Some(cut(entry.trim(), LONGEST_NAME))
}

impl CheckObservation {
    /// Whether a question's cookie is among the headers.
    pub fn has_cookie(headers: &HeaderMap) -> bool {
        let lines = headers.get_all(header::COOKIE).iter();
        let texts = lines.filter_map(|line| line.to_str().ok());
        texts.flat_map(|text| text.split(';')).any(|pair| {
            let name = pair.split('=').next().unwrap_or_default();
            name.trim() == PROBE_COOKIE
        })
    }
}

/// A text of at most so many octets.
fn cut(text: &str, longest: usize) -> String {
    let end = text.floor_char_boundary(longest);
    text[..end].to_owned()
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;
    use crate::policy::kind::ProxyKind;
    use crate::policy::original::ProxyCheck;
    use crate::policy::samples::application;

    fn headers(lines: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(*name, HeaderValue::from_static(value));
        }
        headers
    }

    // Q66
    #[test]
    fn names_are_kept_and_values_are_not() {
        let rules = application(ProxyKind::Nginx);
        let came = headers(&[
            ("cookie", "a=secret; vestibule-probe=7"),
            ("remote_user", "evil"),
            ("remote-user", "evil"),
            ("x.y", "1"),
            ("authorization", "Bearer secret"),
            ("user-agent", "x"),
        ]);
        let mut names = names_that_matter(&came, Some(&rules.headers));
        names.sort();
        assert_eq!(names, ["cookie", "remote-user", "remote_user", "x.y"]);
        assert!(CheckObservation::has_cookie(&came));
        assert!(!CheckObservation::has_cookie(&headers(&[(
            "cookie",
            "x-vestibule-probe=1"
        )])));
    }

    // Q66
    #[test]
    fn it_stays_small_whatever_arrives() {
        let mut came = HeaderMap::new();
        for number in 0..500 {
            let name = format!("a_{number}_{}", "x".repeat(number % 100));
            let name = http::HeaderName::try_from(name).unwrap();
            came.append(name, HeaderValue::from_static("1"));
        }
        let far = format!("1.2.3.4, {}", "9".repeat(5_000));
        came.append("x-forwarded-for", far.parse().unwrap());
        let url = format!("https://app.example.com/{}", "ä".repeat(9_000));
        let url = HeaderValue::from_bytes(url.as_bytes()).unwrap();
        came.append("x-original-url", url);
        came.append("x-original-method", HeaderValue::from_static("GET"));
        let check = ProxyCheck {
            method: "GET",
            rest: b"",
            headers: &came,
        };
        let read = OriginalRequest::read(&application(ProxyKind::Nginx), &check);
        let observation = CheckObservation {
            number: 1,
            application: "crm".to_owned(),
            entry: CheckEntry::Listener,
            told: ToldRequest::from(&read),
            names: names_that_matter(&came, None),
            forwarded_for: last_forwarded_for(&came),
            client: None,
            cookie: false,
            status: 401,
        };
        let text = serde_json::to_string(&observation).unwrap();
        assert!(text.len() < 8 * 1024, "{}", text.len());
        assert_eq!(observation, serde_json::from_str(&text).unwrap());
    }

    #[test]
    fn the_last_entry_is_the_proxys() {
        for (lines, last) in [
            (&["1.2.3.4"][..], Some("1.2.3.4")),
            (&["1.2.3.4, 5.6.7.8"], Some("5.6.7.8")),
            (&["1.2.3.4", " 9.9.9.9 "], Some("9.9.9.9")),
            (&[], None),
        ] {
            let lines: Vec<_> = lines.iter().map(|it| ("x-forwarded-for", *it)).collect();
            assert_eq!(last_forwarded_for(&headers(&lines)).as_deref(), last);
        }
    }

    // Q13, Q66: what was misreported goes to the doctor as it is.
    #[test]
    fn a_misreport_can_be_read_back() {
        let check = ProxyCheck {
            method: "GET",
            rest: b"",
            headers: &headers(&[
                ("x-original-method", "GET"),
                ("x-original-url", "https://other.example.com/"),
            ]),
        };
        let read = OriginalRequest::read(&application(ProxyKind::Nginx), &check);
        let told = ToldRequest::from(&read);
        assert!(matches!(
            told,
            ToldRequest::Wrong(Misreport::ForeignOrigin(_))
        ));
        let text = serde_json::to_string(&told).unwrap();
        assert_eq!(told, serde_json::from_str(&text).unwrap());
    }
}
