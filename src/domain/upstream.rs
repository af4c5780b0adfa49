//! Where our own reverse proxy finds an application (rules Q57 and Q59).
//!
//! Invariant: it is configuration and nothing else: no part of a request is in it.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::policy::{ProxyKind, RequestOrigin, WebScheme};

/// The most upstreams of one application.
pub const MOST_UPSTREAMS: usize = 8;

/// What our own reverse proxy is told of an application.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct UpstreamSettings {
    /// Where the application is found; the first that answers is asked.
    pub upstreams: Vec<Upstream>,
    /// The `Host` that it is sent, in place of the public one (rule Q59).
    pub host: Option<String>,
    /// Whether paths pass that two programs may understand differently (rule Q50).
    pub danger_ambiguous_paths: bool,
}

/// Why they do not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UpstreamSettingsError {
    /// None, too many, or one twice.
    #[error("an application with kind=built-in has 1 to {MOST_UPSTREAMS} upstreams, each once")]
    Upstreams,
    /// Upstreams behind somebody else's proxy.
    #[error("upstreams are for kind=built-in; write upstreams=none beside another kind")]
    OtherKind,
    /// A host that is none.
    #[error("upstream_host is a host name with or without a port, such as app.internal:3000")]
    Host,
}

impl UpstreamSettings {
    /// Judges them for a kind of proxy.
    pub fn check(&self, kind: ProxyKind) -> Result<(), UpstreamSettingsError> {
        let upstreams = &self.upstreams;
        let is_twice = |at: usize, it| upstreams.iter().skip(at + 1).any(|other| other == it);
        let mut numbered = upstreams.iter().enumerate();
        match kind {
            ProxyKind::BuiltIn
                if !(1..=MOST_UPSTREAMS).contains(&upstreams.len())
                    || numbered.any(|(at, it)| is_twice(at, it)) =>
            {
                return Err(UpstreamSettingsError::Upstreams);
            }
            ProxyKind::Nginx | ProxyKind::Forwarded | ProxyKind::Envoy if !upstreams.is_empty() => {
                return Err(UpstreamSettingsError::OtherKind);
            }
            _ => {}
        }
        let is_host = |text: &String| RequestOrigin::new(WebScheme::Https, text).is_ok();
        if self.host.as_ref().is_none_or(is_host) {
            Ok(())
        } else {
            Err(UpstreamSettingsError::Host)
        }
    }
}

/// Text that is no upstream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "an upstream is http://HOST:PORT, https://HOST or unix:/run/app.sock, without a path, a query or a name of a user"
)]
pub struct UpstreamError;

/// A server that answers for an application: `http://127.0.0.1:3000`, `https://app.internal`, `unix:/run/app.sock`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Upstream {
    /// A port, with TLS or without.
    Port {
        /// A name, or an address; an IPv6 address without its brackets.
        host: String,
        /// The port.
        port: u16,
        /// Whether it speaks TLS.
        tls: bool,
    },
    /// A socket of this machine.
    Socket(PathBuf),
}

impl FromStr for Upstream {
    type Err = UpstreamError;

    fn from_str(text: &str) -> Result<Self, UpstreamError> {
        if let Some(path) = text.strip_prefix("unix:") {
            let path = Path::new(path);
            let is_meant = path.is_absolute() && !text.contains(char::is_control);
            return if is_meant {
                Ok(Self::Socket(path.to_owned()))
            } else {
                Err(UpstreamError)
            };
        }
        let address: url::Url = text.parse().map_err(|_| UpstreamError)?;
        let tls = match address.scheme() {
            "http" => false,
            "https" => true,
            _ => return Err(UpstreamError),
        };
        let is_bare = address.username().is_empty()
            && address.password().is_none()
            && address.path() == "/"
            && address.query().is_none()
            && address.fragment().is_none();
        let host = address.host_str().ok_or(UpstreamError)?;
        let port = address.port_or_known_default().ok_or(UpstreamError)?;
        if !is_bare || port == 0 {
            return Err(UpstreamError);
        }
        Ok(Self::Port {
            host: host.trim_matches(['[', ']']).to_owned(),
            port,
            tls,
        })
    }
}

impl fmt::Display for Upstream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (host, port, tls) = match self {
            Self::Socket(path) => return write!(f, "unix:{}", path.display()),
            Self::Port { host, port, tls } => (host, *port, *tls),
        };
        let (scheme, usual) = if tls { ("https", 443) } else { ("http", 80) };
        if host.contains(':') {
            write!(f, "{scheme}://[{host}]")?;
        } else {
            write!(f, "{scheme}://{host}")?;
        }
        if port == usual {
            return Ok(());
        }
        write!(f, ":{port}")
    }
}

impl TryFrom<String> for Upstream {
    type Error = UpstreamError;

    fn try_from(text: String) -> Result<Self, UpstreamError> {
        text.parse()
    }
}

impl From<Upstream> for String {
    fn from(upstream: Upstream) -> Self {
        upstream.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Q57
    #[test]
    fn upstreams_belong_to_our_own_proxy() {
        let one: Upstream = "http://127.0.0.1:3000".parse().unwrap();
        let settings = |upstreams: &[&Upstream], host: Option<&str>| UpstreamSettings {
            upstreams: upstreams.iter().copied().cloned().collect(),
            host: host.map(str::to_owned),
            danger_ambiguous_paths: false,
        };
        let check = |settings: UpstreamSettings, kind| settings.check(kind);
        assert_eq!(check(settings(&[&one], None), ProxyKind::BuiltIn), Ok(()));
        assert_eq!(check(settings(&[], None), ProxyKind::Nginx), Ok(()));
        let several = settings(&[&one, &one], None);
        for none in [settings(&[], None), several] {
            let unfit = check(none, ProxyKind::BuiltIn);
            assert_eq!(unfit, Err(UpstreamSettingsError::Upstreams));
        }
        let unfit = check(settings(&[&one], None), ProxyKind::Envoy);
        assert_eq!(unfit, Err(UpstreamSettingsError::OtherKind));
        for (host, expected) in [
            ("app.internal:3000", Ok(())),
            ("a b", Err(UpstreamSettingsError::Host)),
            ("http://app.internal", Err(UpstreamSettingsError::Host)),
        ] {
            let found = check(settings(&[&one], Some(host)), ProxyKind::BuiltIn);
            assert_eq!(found, expected, "{host}");
        }
    }

    // Q57
    #[test]
    fn an_upstream_is_a_server_and_nothing_more() {
        for (text, form) in [
            ("http://127.0.0.1:3000", "http://127.0.0.1:3000"),
            ("http://127.0.0.1:3000/", "http://127.0.0.1:3000"),
            ("http://[::1]:3000", "http://[::1]:3000"),
            ("https://App.internal", "https://app.internal"),
            ("https://app.internal:8443", "https://app.internal:8443"),
            ("http://app:80", "http://app"),
            ("unix:/run/app.sock", "unix:/run/app.sock"),
        ] {
            let upstream: Upstream = text.parse().unwrap();
            assert_eq!(upstream.to_string(), form);
            assert_eq!(form.parse(), Ok(upstream));
        }
        for text in [
            "",
            "127.0.0.1:3000",
            "ftp://app",
            "http://",
            "http://user@app",
            "http://app/path",
            "http://app?x",
            "http://app#x",
            "http://app:0",
            "unix:run/app.sock",
            "unix:",
            "unix:/run/a\nb",
        ] {
            assert_eq!(text.parse::<Upstream>(), Err(UpstreamError), "{text}");
        }
    }
}
