//! The origins of an application (rule Q14).
//!
//! Invariant: an origin is compared in its canonical form, whole; a pattern has one free place, its first label, and what stands
//! there is a company's slug and nothing else.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::origin::{RequestOrigin, RequestOriginError, is_label, is_name};

/// What stands for a company's slug.
const COMPANY: &str = "{company}";

/// An origin written out, or one whose first label is a company's slug.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ApplicationOrigin(Shape);

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Shape {
    Exact(RequestOrigin),
    /// What follows the label and its dot.
    BelowCompany(RequestOrigin),
}

/// How an origin fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fit<'o> {
    /// It is the one written out.
    Exact,
    /// Its first label stands where a company's slug does.
    Company(&'o str),
}

impl ApplicationOrigin {
    /// How a request's origin fits this one.
    pub fn fit<'o>(&self, origin: &'o RequestOrigin) -> Option<Fit<'o>> {
        match &self.0 {
            Shape::Exact(own) => (own == origin).then_some(Fit::Exact),
            Shape::BelowCompany(rest) => {
                let has_same_ends =
                    rest.prefix() == origin.prefix() && rest.port() == origin.port();
                let slug = label_above(rest, origin).filter(|_| has_same_ends)?;
                Some(Fit::Company(slug))
            }
        }
    }

    /// Whether some origin fits both.
    pub fn overlaps(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Shape::Exact(_), Shape::BelowCompany(_)) => other.overlaps(self),
            (Shape::BelowCompany(_), Shape::Exact(origin)) => self.fit(origin).is_some(),
            (one, other) => one == other,
        }
    }

    /// Whether some host name fits both, whatever scheme and port: cookies know neither (rule Q55).
    pub fn shares_host(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Shape::Exact(_), Shape::BelowCompany(_)) => other.shares_host(self),
            (Shape::BelowCompany(rest), Shape::Exact(origin)) => {
                label_above(rest, origin).is_some()
            }
            (Shape::Exact(one), Shape::Exact(other))
            | (Shape::BelowCompany(one), Shape::BelowCompany(other)) => one.host() == other.host(),
        }
    }

    /// Its host, with `{company}` where a slug stands.
    pub fn host(&self) -> String {
        match &self.0 {
            Shape::Exact(origin) => origin.host().to_owned(),
            Shape::BelowCompany(rest) => format!("{COMPANY}.{}", rest.host()),
        }
    }

    /// The origin itself, with a company's slug where it has a place for one.
    pub fn of_company(&self, slug: &str) -> Result<RequestOrigin, RequestOriginError> {
        self.to_string().replace(COMPANY, slug).parse()
    }

    /// Whether it has a place for a company's slug.
    pub const fn is_of_company(&self) -> bool {
        matches!(self.0, Shape::BelowCompany(_))
    }
}

/// The one label that an origin has before a domain.
fn label_above<'o>(domain: &RequestOrigin, origin: &'o RequestOrigin) -> Option<&'o str> {
    let (label, rest) = origin.host().split_once('.')?;
    (rest == domain.host() && is_label(label)).then_some(label)
}

impl FromStr for ApplicationOrigin {
    type Err = RequestOriginError;

    fn from_str(text: &str) -> Result<Self, RequestOriginError> {
        if !text.contains(['{', '}']) {
            return Ok(Self(Shape::Exact(text.parse()?)));
        }
        let (scheme, authority) = text
            .split_once("://")
            .ok_or(RequestOriginError::WebScheme)?;
        let rest = authority
            .strip_prefix(COMPANY)
            .and_then(|rest| rest.strip_prefix('.'))
            .filter(|rest| !rest.contains(['{', '}']))
            .ok_or(RequestOriginError::Company)?;
        let rest: RequestOrigin = format!("{scheme}://{rest}").parse()?;
        let host = rest.host();
        // Directly below a top-level domain the label would be anybody's.
        let is_domain = is_name(host) && (host.contains('.') || host == "localhost");
        // A slug has up to 63 characters, a name up to 253.
        if is_domain && host.len() + 64 <= 253 {
            Ok(Self(Shape::BelowCompany(rest)))
        } else {
            Err(RequestOriginError::Company)
        }
    }
}

impl fmt::Display for ApplicationOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Shape::Exact(origin) => origin.fmt(f),
            Shape::BelowCompany(rest) => {
                let (prefix, host, port) = (rest.prefix(), rest.host(), rest.port());
                write!(f, "{prefix}{COMPANY}.{host}{port}")
            }
        }
    }
}

impl TryFrom<String> for ApplicationOrigin {
    type Error = RequestOriginError;

    fn try_from(text: String) -> Result<Self, RequestOriginError> {
        text.parse()
    }
}

impl From<ApplicationOrigin> for String {
    fn from(origin: ApplicationOrigin) -> Self {
        origin.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(text: &str) -> ApplicationOrigin {
        text.parse().unwrap()
    }

    fn origin(text: &str) -> RequestOrigin {
        text.parse().unwrap()
    }

    // Q14
    #[test]
    fn an_origin_written_out_fits_itself_only() {
        let own = pattern("https://App.Example.com.:443");
        assert_eq!(own.to_string(), "https://app.example.com");
        let fits = |other: &str| own.fit(&origin(other)).is_some();
        assert_eq!(
            own.fit(&origin("https://APP.example.com")),
            Some(Fit::Exact)
        );
        for other in [
            "https://app.example.com:8443",
            "https://app.example.com.evil.example",
            "https://xapp.example.com",
            "https://a.app.example.com",
            "https://example.com",
        ] {
            assert!(!fits(other), "{other}");
        }
        let local = pattern("http://app.localhost:3000");
        assert!(local.fit(&origin("http://app.localhost:3000")).is_some());
        assert!(local.fit(&origin("https://app.localhost:3000")).is_none());
    }

    // Q14
    #[test]
    fn a_pattern_has_one_free_label() {
        let own = pattern("HTTPS://{company}.App.example.com:443");
        assert_eq!(own.to_string(), "https://{company}.app.example.com");
        assert!(own.is_of_company());
        let acme = origin("https://ACME.app.example.com.");
        assert_eq!(own.fit(&acme), Some(Fit::Company("acme")));
        for other in [
            "https://app.example.com",
            "https://a.acme.app.example.com",
            "https://acmeapp.example.com",
            "https://acme.xapp.example.com",
            "https://acme.app.example.com:8443",
            "https://acme.app.example.com.evil.example",
        ] {
            assert_eq!(own.fit(&origin(other)), None, "{other}");
        }
        let local = pattern("http://{company}.localhost:3000");
        assert_eq!(
            local.fit(&origin("http://acme.localhost:3000")),
            Some(Fit::Company("acme"))
        );
        assert_eq!(local.fit(&origin("http://acme.localhost")), None);
    }

    // Q14
    #[test]
    fn the_slug_is_the_whole_first_label_below_a_domain() {
        for text in [
            "https://x{company}.app.example.com",
            "https://{company}x.app.example.com",
            "https://app.{company}.example.com",
            "https://{company}.{company}.example.com",
            "https://{company}",
            "https://{company}.com",
            "https://{company}.[::1]",
            "https://{tenant}.example.com",
            "https://{Company}.example.com",
            "https://{company}.127.0.0.1",
        ] {
            assert_eq!(
                text.parse::<ApplicationOrigin>(),
                Err(RequestOriginError::Company),
                "{text}"
            );
        }
        for (text, error) in [
            (
                "http://{company}.example.com",
                RequestOriginError::PlainHttp,
            ),
            ("{company}.example.com", RequestOriginError::WebScheme),
            ("https://{company}.example.com/", RequestOriginError::Host),
            ("https://{company}.example.com:x", RequestOriginError::Port),
        ] {
            assert_eq!(text.parse::<ApplicationOrigin>(), Err(error), "{text}");
        }
    }

    // Q14, Q55
    #[test]
    fn what_overlaps_is_known() {
        let below = pattern("https://{company}.example.com");
        for (other, is_same_origin, is_same_host) in [
            ("https://{company}.example.com", true, true),
            ("https://www.example.com", true, true),
            ("https://www.example.com:8443", false, true),
            ("https://{company}.example.com:8443", false, true),
            ("https://example.com", false, false),
            ("https://a.b.example.com", false, false),
            ("https://{company}.app.example.com", false, false),
        ] {
            let other = pattern(other);
            assert_eq!(below.overlaps(&other), is_same_origin, "{other}");
            assert_eq!(other.overlaps(&below), is_same_origin, "{other}");
            assert_eq!(below.shares_host(&other), is_same_host, "{other}");
            assert_eq!(other.shares_host(&below), is_same_host, "{other}");
        }
        let one = pattern("http://app.localhost:3000");
        assert!(one.overlaps(&one));
        assert!(!one.overlaps(&pattern("http://app.localhost:3001")));
        assert!(one.shares_host(&pattern("http://app.localhost:3001")));
        assert!(!one.shares_host(&pattern("http://crm.localhost:3000")));
    }

    #[test]
    fn it_is_text_in_a_configuration() {
        let json = "\"https://{company}.app.example.com\"";
        let own: ApplicationOrigin = serde_json::from_str(json).unwrap();
        assert_eq!(serde_json::to_string(&own).unwrap(), json);
        assert!(serde_json::from_str::<ApplicationOrigin>("\"https://a/\"").is_err());
    }
}
