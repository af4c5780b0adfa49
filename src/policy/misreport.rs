//! What is wrong with a check (rules Q11, Q13, Q14 and Q28), and what the operator does about it.
//!
//! Invariant: each of them is the configuration's, never the user's: the answer is 400 or 404, and the console names the directive.

use serde::{Deserialize, Serialize};

use super::kind::ProxyKind;
use super::origin::RequestOrigin;

/// A part of the original request, and where this kind of proxy writes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReportedField {
    /// nginx: the method.
    OriginalMethod,
    /// nginx: scheme, host, path and query.
    OriginalUrl,
    /// Caddy, Traefik, `HAProxy`: the method.
    ForwardedMethod,
    /// Caddy, Traefik, `HAProxy`, Envoy: the scheme.
    ForwardedProto,
    /// Caddy, Traefik, `HAProxy`: the host.
    ForwardedHost,
    /// Caddy, Traefik, `HAProxy`: path and query.
    ForwardedUri,
    /// Envoy, our own proxy: the request's method itself.
    Method,
    /// Envoy, our own proxy: the request's host itself.
    Host,
    /// Envoy: what follows the application's name; our own proxy: the request's target.
    Target,
}

/// Why a check cannot be judged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Misreport {
    /// A field did not come, or came empty.
    #[error("{} did not come with the check, or it is empty", .0.name())]
    Missing(ReportedField),
    /// A field came more than once: one of them is the client's.
    #[error("{} came more than once with the check", .0.name())]
    Doubled(ReportedField),
    /// A field says nothing that is taken.
    #[error("{} of the check cannot be read", .0.name())]
    Unreadable(ReportedField),
    /// The request is for an origin that is not the application's.
    #[error("the check is about {0}, which is no origin of the application")]
    ForeignOrigin(RequestOrigin),
    /// The request is for an address of ours: a check of it leads in a circle.
    #[error("the check is about an address of Vestibule's own, which is not to be checked")]
    OwnAddress,
    /// Something follows the application's name, and nothing is read there.
    #[error("a path follows the application's name in the address of the check")]
    PathAfterName,
    /// The application stands behind our own proxy.
    #[error("the application is behind Vestibule's own proxy, and no other is answered")]
    NoCheck,
}

impl ReportedField {
    /// What it is called.
    pub const fn name(self) -> &'static str {
        match self {
            Self::OriginalMethod => "X-Original-Method",
            Self::OriginalUrl => "X-Original-URL",
            Self::ForwardedMethod => "X-Forwarded-Method",
            Self::ForwardedProto => "X-Forwarded-Proto",
            Self::ForwardedHost => "X-Forwarded-Host",
            Self::ForwardedUri => "X-Forwarded-Uri",
            Self::Method => "the method",
            Self::Host => "Host",
            Self::Target => "the path",
        }
    }

    const fn advice(self, kind: ProxyKind) -> &'static str {
        match self {
            Self::OriginalMethod => {
                "In the check's location of nginx, write: proxy_set_header X-Original-Method $request_method;"
            }
            Self::OriginalUrl => {
                "In the check's location of nginx, write: proxy_set_header X-Original-URL $scheme://$host$request_uri; with the \
                 port behind $host where it is not the default, and https for $scheme where TLS ends before nginx."
            }
            Self::ForwardedMethod => {
                "Caddy: ask with forward_auth, which sets it, and no header_up that changes it. Traefik: forwardAuth with \
                 trustForwardHeader false, or an outer proxy that deletes the client's X-Forwarded-Method. HAProxy: http-request \
                 set-header X-Forwarded-Method %[method] before the action."
            }
            Self::ForwardedProto if matches!(kind, ProxyKind::Envoy) => {
                "Envoy: use_remote_address true in the connection manager, and x-forwarded-proto among allowed_headers of ext_authz."
            }
            Self::ForwardedProto => {
                "Caddy: ask with forward_auth, which sets it. Traefik: forwardAuth with trustForwardHeader false where Traefik is the \
                 outermost proxy. HAProxy: http-request set-header X-Forwarded-Proto https before the action. Plain http is for \
                 loopback names only."
            }
            Self::ForwardedHost => {
                "Caddy: ask with forward_auth, which sets it. Traefik: forwardAuth with trustForwardHeader false where Traefik is the \
                 outermost proxy. HAProxy: http-request set-header X-Forwarded-Host %[req.hdr(host)] before the action."
            }
            Self::ForwardedUri => {
                "Caddy: ask with forward_auth, which sets it. Traefik: forwardAuth with trustForwardHeader false, or an outer proxy \
                 that deletes the client's X-Forwarded-Uri. HAProxy: http-request set-header X-Forwarded-Uri %[pathq] before the \
                 action."
            }
            Self::Method => "The request has a method that is not taken.",
            Self::Host if matches!(kind, ProxyKind::Envoy) => {
                "Envoy: ext_authz with http_service, and no header of headers_to_add that is Host."
            }
            Self::Host => "The request has no host name, or more than one.",
            Self::Target if matches!(kind, ProxyKind::Envoy) => {
                "Envoy: path_prefix /sso/check/NAME in http_service of ext_authz, without a slash at its end."
            }
            Self::Target => "The request has a target that is not taken.",
        }
    }
}

impl Misreport {
    /// What to do about it, for the console.
    pub fn advice(&self, kind: ProxyKind) -> &'static str {
        match self {
            Self::Missing(field) | Self::Doubled(field) | Self::Unreadable(field) => {
                field.advice(kind)
            }
            Self::ForeignOrigin(_) => {
                "Add the origin to the application if it is the application's; else ask for another application there."
            }
            Self::OwnAddress => match kind {
                ProxyKind::Nginx => {
                    "nginx: location ^~ /.vestibule/ with proxy_pass to Vestibule, proxy_set_header Host $host, and no auth_request."
                }
                ProxyKind::Forwarded => {
                    "Caddy: one route { … } with reverse_proxy /.vestibule/* before forward_auth. Traefik: a router for /.vestibule/ with a \
                     higher priority and no middleware. HAProxy: leave out path_beg /.vestibule/ from the action, and give it its backend."
                }
                ProxyKind::Envoy => {
                    "Envoy: a route for /.vestibule/ with ExtAuthzPerRoute disabled."
                }
                ProxyKind::BuiltIn => "This is a defect of Vestibule: tell us.",
            },
            Self::PathAfterName => {
                "Ask at /sso/check/NAME and nothing behind it; only for envoy does the path follow."
            }
            Self::NoCheck => {
                "Set the application's kind to that of the proxy: nginx, forwarded or envoy."
            }
        }
    }

    /// Whether it is answered as an address that there is not (rules Q11 and Q25).
    pub(super) const fn is_not_found(&self) -> bool {
        matches!(self, Self::PathAfterName | Self::NoCheck)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Q13
    #[test]
    fn a_finding_names_the_field_and_the_directive() {
        for (field, kind, directive) in [
            (
                ReportedField::OriginalUrl,
                ProxyKind::Nginx,
                "proxy_set_header X-Original-URL $scheme://$host$request_uri;",
            ),
            (
                ReportedField::OriginalMethod,
                ProxyKind::Nginx,
                "proxy_set_header X-Original-Method $request_method;",
            ),
            (
                ReportedField::ForwardedMethod,
                ProxyKind::Forwarded,
                "set-header X-Forwarded-Method %[method]",
            ),
            (
                ReportedField::ForwardedUri,
                ProxyKind::Forwarded,
                "set-header X-Forwarded-Uri %[pathq]",
            ),
            (
                ReportedField::ForwardedHost,
                ProxyKind::Forwarded,
                "set-header X-Forwarded-Host",
            ),
            (
                ReportedField::ForwardedProto,
                ProxyKind::Forwarded,
                "set-header X-Forwarded-Proto",
            ),
            (
                ReportedField::ForwardedProto,
                ProxyKind::Envoy,
                "x-forwarded-proto among allowed_headers",
            ),
            (
                ReportedField::Target,
                ProxyKind::Envoy,
                "path_prefix /sso/check/NAME",
            ),
        ] {
            for misreport in [
                Misreport::Missing(field),
                Misreport::Doubled(field),
                Misreport::Unreadable(field),
            ] {
                let advice = misreport.advice(kind);
                assert!(advice.contains(directive), "{advice}");
                assert!(misreport.to_string().contains(field.name()));
            }
        }
    }

    // Q28
    #[test]
    fn a_circle_has_its_directive_for_each_kind() {
        for (kind, directive) in [
            (ProxyKind::Nginx, "location ^~ /.vestibule/"),
            (ProxyKind::Forwarded, "reverse_proxy /.vestibule/*"),
            (ProxyKind::Envoy, "ExtAuthzPerRoute"),
        ] {
            assert!(Misreport::OwnAddress.advice(kind).contains(directive));
        }
    }
}
