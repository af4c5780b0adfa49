//! A web origin: scheme, host and port, as an operator configures it.
//!
//! Invariant: the text form is the one that browsers send (lower case, no default port, no path), so that two origins are
//! the same when their texts are. Plain http is for loopback names only.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::email::is_label;

/// Text that is not an origin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OriginError {
    /// Neither `https://` nor `http://` stands at its beginning.
    #[error("an origin begins with https:// (or http:// for a loopback name)")]
    Scheme,
    /// A path, query, fragment or user name follows.
    #[error("an origin is only scheme, host and port, without a path: https://acme.example.com")]
    NotOnlyOrigin,
    /// The host is not a host name in ASCII, nor an IP address.
    #[error(
        "the host is not a host name or an IP address (write international names in their xn-- form)"
    )]
    Host,
    /// The port is not a number of 1 to 65535.
    #[error("the port is a number of 1 to 65535")]
    Port,
    /// Plain http for a name that is not loopback.
    #[error("plain http is for loopback names only (127.0.0.1, localhost, *.localhost); use https")]
    PlainHttp,
}

/// `scheme://host[:port]`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Origin {
    text: String,
    scheme_length: usize,
}

impl Origin {
    /// The text form: `https://acme.example.com`, `http://127.0.0.1:8080`.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// What a browser sends as `Host`: the host, with its port unless that is the scheme's default.
    pub fn host_key(&self) -> &str {
        self.text.get(self.scheme_length..).unwrap_or_default()
    }

    /// The host without its port.
    pub fn host(&self) -> &str {
        split_port(self.host_key()).0
    }

    /// True for https.
    pub fn is_https(&self) -> bool {
        self.text.starts_with("https://")
    }

    /// True for 127.0.0.0/8, `[::1]`, `localhost` and `*.localhost`.
    pub fn is_loopback_name(&self) -> bool {
        is_loopback_name(self.host())
    }
}

/// The key of a `Host` header (or an HTTP/1.1 authority) to look a company up by; `None` when it is no host.
pub fn host_key_of(header: &str) -> Option<String> {
    let (host, port) = split_port(header);
    let host = canonical_host(host)?;
    match port {
        None => Some(host),
        Some(port) => Some(format!("{host}:{}", parse_port(port)?)),
    }
}

impl FromStr for Origin {
    type Err = OriginError;

    fn from_str(text: &str) -> Result<Self, OriginError> {
        let lower = text.to_ascii_lowercase();
        let (scheme, authority, default_port) = if let Some(rest) = lower.strip_prefix("https://") {
            ("https://", rest, 443)
        } else {
            (
                "http://",
                lower.strip_prefix("http://").ok_or(OriginError::Scheme)?,
                80,
            )
        };
        if authority.contains(['/', '?', '#', '@', '\\']) {
            return Err(OriginError::NotOnlyOrigin);
        }
        let (host, port) = split_port(authority);
        let host = canonical_host(host).ok_or(OriginError::Host)?;
        let port = port
            .map(|port| parse_port(port).ok_or(OriginError::Port))
            .transpose()?;
        if scheme == "http://" && !is_loopback_name(&host) {
            return Err(OriginError::PlainHttp);
        }
        let text = match port.filter(|&port| port != default_port) {
            Some(port) => format!("{scheme}{host}:{port}"),
            None => format!("{scheme}{host}"),
        };
        Ok(Self {
            text,
            scheme_length: scheme.len(),
        })
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl TryFrom<String> for Origin {
    type Error = OriginError;

    fn try_from(text: String) -> Result<Self, OriginError> {
        text.parse()
    }
}

impl From<Origin> for String {
    fn from(origin: Origin) -> Self {
        origin.text
    }
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
    let digits = !text.is_empty()
        && !text.starts_with('0')
        && text.bytes().all(|byte| byte.is_ascii_digit());
    if digits { text.parse().ok() } else { None }
}

/// The host in the form that browsers use, or `None` when it is none.
fn canonical_host(host: &str) -> Option<String> {
    if let Some(address) = host.strip_prefix('[') {
        let address: Ipv6Addr = address.strip_suffix(']')?.parse().ok()?;
        return Some(format!("[{address}]"));
    }
    let host = host.to_ascii_lowercase();
    // A name whose last label is a number is an IPv4 address to a browser (WHATWG URL, "ends in a number").
    let last = host.rsplit('.').next().unwrap_or_default();
    if last.starts_with(|first: char| first.is_ascii_digit())
        && (last.starts_with("0x") || last.bytes().all(|byte| byte.is_ascii_digit()))
    {
        return host
            .parse::<Ipv4Addr>()
            .ok()
            .map(|address| address.to_string());
    }
    (host.len() <= 253 && host.split('.').all(is_label)).then_some(host)
}

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

    #[test]
    fn origins_have_one_text() {
        for (given, text, key) in [
            (
                "https://acme.example.com",
                "https://acme.example.com",
                "acme.example.com",
            ),
            (
                "HTTPS://Acme.Example.COM:443",
                "https://acme.example.com",
                "acme.example.com",
            ),
            (
                "https://acme.example.com:8443",
                "https://acme.example.com:8443",
                "acme.example.com:8443",
            ),
            (
                "http://127.0.0.2:8080",
                "http://127.0.0.2:8080",
                "127.0.0.2:8080",
            ),
            (
                "http://acme.localhost:80",
                "http://acme.localhost",
                "acme.localhost",
            ),
            ("http://[::1]:8080", "http://[::1]:8080", "[::1]:8080"),
            (
                "https://[2001:DB8::1]",
                "https://[2001:db8::1]",
                "[2001:db8::1]",
            ),
        ] {
            let origin: Origin = given.parse().unwrap();
            assert_eq!((origin.as_str(), origin.host_key()), (text, key));
        }
    }

    #[test]
    fn other_texts_are_refused_with_the_reason() {
        for (given, error) in [
            ("acme.example.com", OriginError::Scheme),
            ("ftp://acme.example.com", OriginError::Scheme),
            ("https://acme.example.com/", OriginError::NotOnlyOrigin),
            ("https://user@acme.example.com", OriginError::NotOnlyOrigin),
            ("https://acme.example.com?x", OriginError::NotOnlyOrigin),
            ("https://", OriginError::Host),
            ("https://a..b", OriginError::Host),
            ("https://acme_example.com", OriginError::Host),
            ("https://bücher.example", OriginError::Host),
            ("https://1.2.3", OriginError::Host),
            ("https://127.1", OriginError::Host),
            ("https://a b", OriginError::Host),
            ("https://[::1", OriginError::Host),
            ("https://a:0", OriginError::Port),
            ("https://a:65536", OriginError::Port),
            ("https://a:", OriginError::Port),
            ("https://a:+1", OriginError::Port),
            ("http://acme.example.com", OriginError::PlainHttp),
            ("http://localhost.example.com", OriginError::PlainHttp),
            ("http://10.0.0.1", OriginError::PlainHttp),
        ] {
            assert_eq!(given.parse::<Origin>().unwrap_err(), error, "{given}");
        }
    }

    #[test]
    fn host_headers() {
        assert_eq!(
            host_key_of("Acme.LOCALHOST:8080").as_deref(),
            Some("acme.localhost:8080")
        );
        assert_eq!(host_key_of("[::1]:8080").as_deref(), Some("[::1]:8080"));
        for header in ["", ":80", "a:b", "a/b", "a@b", "a b", "a,b"] {
            assert_eq!(host_key_of(header), None, "{header}");
        }
    }
}
