//! The kinds of proxy that ask (rule Q12).
//!
//! Invariant: a kind decides the one place that a request is read from, and how each decision looks; nothing else is asked what
//! proxy there is.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// What stands before an application.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProxyKind {
    /// nginx's `auth_request`, and what speaks like it.
    Nginx,
    /// Caddy, Traefik and `HAProxy`: the request is told in `X-Forwarded-*`.
    Forwarded,
    /// Envoy's `ext_authz` over HTTP: the check is the request, behind a prefix.
    Envoy,
    /// Our own reverse proxy.
    BuiltIn,
}

/// Text that names no kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a kind of proxy is nginx, forwarded (Caddy, Traefik, HAProxy), envoy or built-in")]
pub struct ProxyKindError;

impl ProxyKind {
    /// All kinds.
    pub const ALL: [Self; 4] = [Self::Nginx, Self::Forwarded, Self::Envoy, Self::BuiltIn];

    /// The name that configuration has for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Nginx => "nginx",
            Self::Forwarded => "forwarded",
            Self::Envoy => "envoy",
            Self::BuiltIn => "built-in",
        }
    }
}

impl FromStr for ProxyKind {
    type Err = ProxyKindError;

    fn from_str(text: &str) -> Result<Self, ProxyKindError> {
        let mut all = Self::ALL.into_iter();
        all.find(|kind| kind.as_str() == text).ok_or(ProxyKindError)
    }
}

impl fmt::Display for ProxyKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Q12
    #[test]
    fn a_kind_has_one_name_everywhere() {
        for kind in ProxyKind::ALL {
            let name = kind.to_string();
            assert_eq!(name.parse(), Ok(kind));
            let json = serde_json::to_string(&kind).unwrap();
            assert_eq!(json, format!("\"{name}\""));
            assert_eq!(serde_json::from_str::<ProxyKind>(&json).unwrap(), kind);
        }
        for other in ["", "Nginx", "legacy", "built_in", "traefik"] {
            assert_eq!(other.parse::<ProxyKind>(), Err(ProxyKindError), "{other}");
        }
    }
}
