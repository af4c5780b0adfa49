//! The origin of a request, from what a proxy or a browser says (rules Q13 and Q14).
//!
//! Invariant: the text is the canonical form (lower-case ASCII, no trailing dot, no default port), so that two origins are the
//! same when their texts are. Plain http is for loopback names only.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Text that is no origin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RequestOriginError {
    /// Neither `https://` nor `http://` stands at its beginning.
    #[error("an origin begins with https:// (or http:// for a loopback name)")]
    WebScheme,
    /// No host name in ASCII, no address, or something behind it.
    #[error(
        "the host is a host name in ASCII or an IP address, and nothing follows it but a port: https://app.example.com"
    )]
    Host,
    /// No number of 1 to 65535.
    #[error("the port is a number of 1 to 65535")]
    Port,
    /// Plain http for a name that is not loopback.
    #[error("plain http is for loopback names only (127.0.0.1, localhost, *.localhost); use https")]
    PlainHttp,
    /// `{company}` in another place, or before something that is no domain.
    #[error(
        "{{company}} is the whole first label, and a domain of two labels or localhost follows: https://{{company}}.app.example.com"
    )]
    Company,
}

/// A scheme that a request can come by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WebScheme {
    /// `https`, or a WebSocket's `wss`.
    Https,
    /// `http`, or a WebSocket's `ws`.
    Http,
}

/// `scheme://host[:port]`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RequestOrigin {
    text: String,
    host_from: usize,
    host_to: usize,
}

impl WebScheme {
    /// What a proxy calls it: Traefik says `wss` or `ws` of a WebSocket.
    pub(super) fn of_proxy(text: &str) -> Option<Self> {
        match text {
            "https" | "wss" => Some(Self::Https),
            "http" | "ws" => Some(Self::Http),
            _ => None,
        }
    }

    const fn prefix(self) -> &'static str {
        match self {
            Self::Https => "https://",
            Self::Http => "http://",
        }
    }

    const fn default_port(self) -> u16 {
        match self {
            Self::Https => 443,
            Self::Http => 80,
        }
    }
}

impl RequestOrigin {
    /// The origin of a scheme and what stands as `Host`.
    pub fn new(scheme: WebScheme, authority: &str) -> Result<Self, RequestOriginError> {
        let (host, port) = split_port(authority);
        let host = canonical_host(host).ok_or(RequestOriginError::Host)?;
        let port = port
            .map(|port| parse_port(port).ok_or(RequestOriginError::Port))
            .transpose()?;
        if scheme == WebScheme::Http && !is_loopback_name(&host) {
            return Err(RequestOriginError::PlainHttp);
        }
        let mut text = format!("{}{host}", scheme.prefix());
        let (host_from, host_to) = (scheme.prefix().len(), text.len());
        if let Some(port) = port.filter(|&port| port != scheme.default_port()) {
            text.push(':');
            text.push_str(&port.to_string());
        }
        Ok(Self {
            text,
            host_from,
            host_to,
        })
    }

    /// The text: `https://app.example.com`, `http://127.0.0.1:8080`.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// True for https.
    pub fn is_https(&self) -> bool {
        self.text.starts_with("https:")
    }

    /// The host without its port.
    pub fn host(&self) -> &str {
        self.text
            .get(self.host_from..self.host_to)
            .unwrap_or_default()
    }

    /// `https://` or `http://`.
    pub(super) fn prefix(&self) -> &str {
        self.text.get(..self.host_from).unwrap_or_default()
    }

    /// `:8443`, or nothing where the port is the scheme's.
    pub(super) fn port(&self) -> &str {
        self.text.get(self.host_to..).unwrap_or_default()
    }
}

impl FromStr for RequestOrigin {
    type Err = RequestOriginError;

    fn from_str(text: &str) -> Result<Self, RequestOriginError> {
        let (scheme, authority) = text
            .split_once("://")
            .ok_or(RequestOriginError::WebScheme)?;
        let scheme = match scheme.to_ascii_lowercase().as_str() {
            "https" => WebScheme::Https,
            "http" => WebScheme::Http,
            _ => return Err(RequestOriginError::WebScheme),
        };
        Self::new(scheme, authority)
    }
}

impl TryFrom<String> for RequestOrigin {
    type Error = RequestOriginError;

    fn try_from(text: String) -> Result<Self, RequestOriginError> {
        text.parse()
    }
}

impl From<RequestOrigin> for String {
    fn from(origin: RequestOrigin) -> Self {
        origin.text
    }
}

impl fmt::Display for RequestOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// The origin of an absolute address, and its path with query as it came. An address without a path is none here: what a proxy
/// writes always has one.
pub(super) fn split_address(address: &[u8]) -> Option<(RequestOrigin, &[u8])> {
    let text_end = address
        .iter()
        .position(|octet| !octet.is_ascii())
        .unwrap_or(address.len());
    let ascii = str::from_utf8(address.get(..text_end)?).ok()?;
    let (scheme, rest) = ascii.split_once("://")?;
    let authority_to = rest.find('/')?;
    let path_from = scheme.len() + "://".len() + authority_to;
    let origin =
        RequestOrigin::new(WebScheme::of_proxy(scheme)?, rest.get(..authority_to)?).ok()?;
    Some((origin, address.get(path_from..)?))
}

/// Whether a label of a host name is one: the shape of a company's slug as a label, too.
pub(super) fn is_label(label: &str) -> bool {
    (1..=63).contains(&label.len())
        && label
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        && !label.starts_with('-')
        && !label.ends_with('-')
}

/// Whether a host in canonical form is a name, and no address.
pub(super) fn is_name(host: &str) -> bool {
    !host.starts_with('[') && host.parse::<Ipv4Addr>().is_err()
}

/// The host and the text behind its colon; the colons inside an IPv6 address's brackets do not count.
fn split_port(authority: &str) -> (&str, Option<&str>) {
    let from = authority.find(']').unwrap_or(0);
    match authority.get(from..).and_then(|tail| tail.find(':')) {
        Some(at) => {
            let (host, port) = authority.split_at(from + at);
            (host, port.get(1..))
        }
        None => (authority, None),
    }
}

fn parse_port(text: &str) -> Option<u16> {
    let is_number = !text.is_empty()
        && !text.starts_with('0')
        && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_number { text.parse().ok() } else { None }
}

fn canonical_host(host: &str) -> Option<String> {
    if let Some(address) = host.strip_prefix('[') {
        let address: Ipv6Addr = address.strip_suffix(']')?.parse().ok()?;
        return Some(format!("[{address}]"));
    }
    // One dot at the end is the root's, and the name is the same without it.
    let host = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
    // A name whose last label is a number is an IPv4 address to a browser (WHATWG URL, "ends in a number").
    let last = host.rsplit('.').next().unwrap_or_default();
    if last.starts_with(|first: char| first.is_ascii_digit())
        && (last.starts_with("0x") || last.bytes().all(|byte| byte.is_ascii_digit()))
    {
        let address: Ipv4Addr = host.parse().ok()?;
        return Some(address.to_string());
    }
    (host.len() <= 253 && host.split('.').all(is_label)).then_some(host)
}

/// 127.0.0.0/8, `[::1]`, `localhost` and `*.localhost`, which browsers resolve to this machine (RFC 6761, section 6.3).
fn is_loopback_name(host: &str) -> bool {
    host == "localhost"
        || host.ends_with(".localhost")
        || host == "[::1]"
        || host
            .parse::<Ipv4Addr>()
            .is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    // Q14
    #[test]
    fn an_origin_has_one_form() {
        for (given, form) in [
            ("https://app.example.com", "https://app.example.com"),
            ("HTTPS://App.Example.COM.:443", "https://app.example.com"),
            (
                "https://app.example.com:8443",
                "https://app.example.com:8443",
            ),
            ("https://app.example.com:80", "https://app.example.com:80"),
            ("http://app.localhost.:80", "http://app.localhost"),
            ("http://127.0.0.2:8080", "http://127.0.0.2:8080"),
            ("http://[::1]:8080", "http://[::1]:8080"),
            ("https://[2001:DB8:0::1]", "https://[2001:db8::1]"),
        ] {
            let origin: RequestOrigin = given.parse().unwrap();
            assert_eq!(origin.as_str(), form);
            let parts = [origin.prefix(), origin.host(), origin.port()];
            assert_eq!(parts.concat(), form);
        }
    }

    // Q13, Q14
    #[test]
    fn what_is_no_origin_is_told_apart() {
        for (given, error) in [
            ("app.example.com", RequestOriginError::WebScheme),
            ("wss://app.example.com", RequestOriginError::WebScheme),
            ("null", RequestOriginError::WebScheme),
            ("https://", RequestOriginError::Host),
            ("https://.", RequestOriginError::Host),
            ("https://app.example.com..", RequestOriginError::Host),
            ("https://app.example.com/", RequestOriginError::Host),
            ("https://app.example.com?", RequestOriginError::Host),
            ("https://user@app.example.com", RequestOriginError::Host),
            ("https://app_x.example.com", RequestOriginError::Host),
            (
                "https://app.example.com, app.example.com",
                RequestOriginError::Host,
            ),
            ("https://app.example.com%2e", RequestOriginError::Host),
            ("https://bücher.example", RequestOriginError::Host),
            ("https://127.1", RequestOriginError::Host),
            ("https://[::1", RequestOriginError::Host),
            ("https://app.example.com:", RequestOriginError::Port),
            ("https://app.example.com:0443", RequestOriginError::Port),
            ("https://app.example.com:65536", RequestOriginError::Port),
            ("https://app.example.com:+443", RequestOriginError::Port),
            ("http://app.example.com", RequestOriginError::PlainHttp),
            (
                "http://localhost.example.com",
                RequestOriginError::PlainHttp,
            ),
            ("http://10.0.0.1", RequestOriginError::PlainHttp),
        ] {
            assert_eq!(given.parse::<RequestOrigin>(), Err(error), "{given}");
        }
    }

    // Q12, Q48: an address keeps its octets behind the origin.
    #[test]
    fn an_address_is_parted_behind_its_origin() {
        let parts = |address: &[u8]| {
            split_address(address).map(|(origin, uri)| (origin.to_string(), uri.to_vec()))
        };
        let same = |uri: &[u8]| Some(("https://a.example".to_owned(), uri.to_vec()));
        assert_eq!(
            parts(b"https://A.example:443//x/../y?q=a://b"),
            same(b"//x/../y?q=a://b")
        );
        assert_eq!(parts(b"wss://a.example/\xff"), same(b"/\xff"));
        for other in [
            &b"https://a.example"[..],
            b"https://a.example?x/",
            b"https://a.example#/",
            b"https:///x",
            b"https://a.example@b.example/",
            b"https://a.ex\xffmple/",
            b"https://a.examplehttp://b.example/",
            b"ftp://a.example/",
            b"http://a.example/",
            b"/x",
            b"",
        ] {
            assert_eq!(parts(other), None, "{}", String::from_utf8_lossy(other));
        }
    }
}
