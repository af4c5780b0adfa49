//! The head of a request as an application is sent it (rules Q36 to Q38, Q55, Q58 and Q59).
//!
//! Invariants: no name that tells who somebody is comes from the client, in whatever spelling; what we say is said last, once, and for
//! every configured name; our cookies stay here.

use std::net::IpAddr;

use axum::http::request::Parts;
use axum::http::uri::PathAndQuery;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Request, Uri, Version, header};

use super::hop::{Hop, switch_to_socket, tokens};
use crate::http::cookies::without_ours;
use crate::policy::ForwardedIdentity;
use crate::site::ApplicationPlace;

/// What we call ourselves in `Via` (RFC 9110, section 7.6.3).
pub(super) const NAME: &str = "vestibule";
/// The same as a whole entry.
pub(super) const VIA: HeaderValue = HeaderValue::from_static("1.1 vestibule");

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// What begins a name that only a proxy may say, or that only we may.
const OF_PROXIES: [&str; 5] = [
    "vestibule-",
    "x-envoy-",
    "x-forwarded-",
    "x-original-",
    "x-rewrite-",
];
/// The same as whole names.
const OF_PROXY: [&str; 3] = ["expect", "forwarded", "x-real-ip"];

/// A request that is handed on.
pub(super) struct Outgoing<'r> {
    pub(super) parts: &'r Parts,
    pub(super) place: &'r ApplicationPlace,
    pub(super) client: Option<IpAddr>,
    /// Who it is; nobody where it is open.
    pub(super) identity: Option<&'r ForwardedIdentity>,
    /// Whether it is a WebSocket's handshake.
    pub(super) is_socket: bool,
}

impl Outgoing<'_> {
    /// The head.
    pub(super) fn head(&self) -> Parts {
        let (mut head, ()) = Request::new(()).into_parts();
        head.method = self.parts.method.clone();
        head.uri = path_of(&self.parts.uri);
        head.version = Version::HTTP_11;
        head.headers = self.headers();
        head
    }

    fn headers(&self) -> HeaderMap {
        let came = &self.parts.headers;
        let application = &self.place.application;
        let identity = &application.rules.headers;
        let hop = Hop::of(came);
        let mut headers = HeaderMap::with_capacity(came.len() + 12);
        for (name, value) in came {
            if hop.ends(name) || is_of_a_proxy(name) || identity.strips(name) {
                continue;
            }
            if name == header::COOKIE {
                headers.extend(without_ours(value).map(|value| (header::COOKIE, value)));
            } else if name != header::HOST {
                headers.append(name, value.clone());
            }
        }
        let origin = &self.place.origin;
        let (_, public) = origin.as_str().split_once("://").unwrap_or_default();
        let settings = &application.application.settings.upstream;
        let host = settings.host.as_deref().unwrap_or(public);
        let scheme = if origin.is_https() { "https" } else { "http" };
        let client = self.client.map(|client| client.to_string());
        let said = [
            (header::HOST, Some(host)),
            (FORWARDED_FOR, client.as_deref()),
            (FORWARDED_HOST, Some(public)),
            (FORWARDED_PROTO, Some(scheme)),
        ];
        for (name, value) in said {
            if let Some(Ok(value)) = value.map(HeaderValue::from_str) {
                headers.insert(name, value);
            }
        }
        headers.append(header::VIA, VIA);
        if self.is_socket {
            switch_to_socket(&mut headers);
        }
        for (name, value) in identity.render(self.identity) {
            headers.insert(name, value);
        }
        headers
    }
}

/// Whether a request has come through us already, so that it would go round for ever.
pub(super) fn comes_from_us(headers: &HeaderMap) -> bool {
    tokens(headers, &header::VIA).any(|entry| {
        entry
            .split(' ')
            .nth(1)
            .is_some_and(|by| by.eq_ignore_ascii_case(NAME))
    })
}

fn is_of_a_proxy(name: &HeaderName) -> bool {
    let name = name.as_str();
    OF_PROXY.contains(&name) || OF_PROXIES.iter().any(|it| name.starts_with(it))
}

/// Path and query, as they came.
fn path_of(uri: &Uri) -> Uri {
    let path = uri.path_and_query().cloned();
    Uri::from(path.unwrap_or(PathAndQuery::from_static("/")))
}
