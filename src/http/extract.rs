//! What handlers take from a request: the site, the client's address, a form that is surely ours.
//!
//! Invariant: the host picks the company and nothing more. Addresses that we tell anyone come from the company's configured
//! origin.

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::{Form, FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use axum::response::IntoResponse as _;
use serde::de::DeserializeOwned;

use super::cookies::Cookie;
use super::error::Error;
use crate::app::App;
use crate::config::IpBlock;
use crate::domain::origin::host_key_of;
use crate::site::Site;

/// The site that the middleware found.
#[derive(Debug, Clone)]
pub(super) struct FoundSite(pub(super) Arc<Site>);

/// The site of this request; without one the answer is 421.
#[derive(Debug, Clone)]
pub struct CurrentSite(pub Arc<Site>);

impl<S: Sync> FromRequestParts<S> for CurrentSite {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Error> {
        parts
            .extensions
            .get::<FoundSite>()
            .map(|found| Self(Arc::clone(&found.0)))
            .ok_or(Error::UnknownSite)
    }
}

/// Whether the request came by one of the company's further host names. Cookies and identity providers know the public
/// origin only, so a sign-in that begins elsewhere must go there first.
#[derive(Debug, Clone, Copy)]
pub struct CameByAlias(pub bool);

impl<S: Sync> FromRequestParts<S> for CameByAlias {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Error> {
        let CurrentSite(site) = CurrentSite::from_request_parts(parts, state).await?;
        let host = host_in(&parts.headers);
        let company = &site.company;
        let is = |host: &str| company.aliases.iter().any(|alias| alias.host_key() == host);
        Ok(Self(host.is_some_and(|host| is(&host))))
    }
}

/// The key of the host that the request names: one `Host` header, and no other authority beside it (RFC 9112 3.2).
pub(super) fn host_of(request: &Request) -> Option<String> {
    let host = host_in(request.headers())?;
    match request.uri().authority() {
        Some(authority) if host_key_of(authority.as_str())? != host => None,
        _ => Some(host),
    }
}

fn host_in(headers: &HeaderMap) -> Option<String> {
    let mut hosts = headers.get_all(header::HOST).iter();
    let host = hosts.next()?.to_str().ok()?;
    if hosts.next().is_some() {
        None
    } else {
        host_key_of(host)
    }
}

/// The other end of the connection; the server puts it beside each request.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub SocketAddr);

/// The client's address, for rate limits and the audit log. A proxy's word counts only when the proxy is trusted.
#[derive(Debug, Clone, Copy)]
pub struct ClientAddress(pub Option<IpAddr>);

impl FromRequestParts<Arc<App>> for ClientAddress {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Infallible> {
        let peer = parts
            .extensions
            .get::<Peer>()
            .map(|peer| peer.0.ip().to_canonical());
        Ok(Self(peer.map(|peer| {
            client_address(peer, &parts.headers, &app.config.trusted_proxies)
        })))
    }
}

/// From right to left, as the proxies appended: the first address that is not a trusted proxy is the client.
fn client_address(peer: IpAddr, headers: &HeaderMap, trusted: &[IpBlock]) -> IpAddr {
    let is_trusted = |address: IpAddr| trusted.iter().any(|block| block.contains(address));
    let mut nearest = peer;
    if !is_trusted(peer) {
        return nearest;
    }
    for header in headers.get_all("x-forwarded-for").iter().rev() {
        let Ok(list) = header.to_str() else {
            return nearest;
        };
        for entry in list.rsplit(',') {
            let Some(address) = forwarded_address(entry.trim()) else {
                return nearest;
            };
            nearest = address;
            if !is_trusted(address) {
                return nearest;
            }
        }
    }
    nearest
}

/// An address, as proxies write it: bare, in brackets, or with a port.
fn forwarded_address(text: &str) -> Option<IpAddr> {
    text.parse::<IpAddr>()
        .ok()
        .or_else(|| text.parse::<SocketAddr>().ok().map(|socket| socket.ip()))
        .or_else(|| text.strip_prefix('[')?.strip_suffix(']')?.parse().ok())
        .map(|address| address.to_canonical())
}

/// A form that changes state. It names the purpose that its token is made for.
pub trait Purpose {
    const PURPOSE: &'static str;
}

/// A form that came from a page of this site in this browser; anything else is answered 403.
///
/// The token is a MAC over the purpose and a cookie that only this browser has: the session's, or before there is a session
/// the login cookie.
#[derive(Debug)]
pub struct CsrfForm<T>(pub T);

impl<T: Purpose + DeserializeOwned> FromRequest<Arc<App>> for CsrfForm<T> {
    type Rejection = Error;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, Error> {
        let (mut parts, body) = request.into_parts();
        let CurrentSite(site) = CurrentSite::from_request_parts(&mut parts, app).await?;
        let bytes = Bytes::from_request(Request::from_parts(parts.clone(), body), app)
            .await
            .map_err(|rejection| framework_error(&rejection.into_response()))?;
        if !is_same_origin(&parts.headers)
            || !has_token(app, T::PURPOSE, &parts.headers, site.is_https(), &bytes)
        {
            return Err(Error::ForeignForm);
        }
        let Form(form) =
            Form::<T>::from_request(Request::from_parts(parts, Body::from(bytes)), app)
                .await
                .map_err(|rejection| framework_error(&rejection.into_response()))?;
        Ok(Self(form))
    }
}

/// The token for a form of this purpose, bound to a cookie's value.
pub fn csrf_token(app: &App, purpose: &str, cookie: Cookie, value: &str) -> String {
    let kind = match cookie {
        Cookie::Session => "session",
        Cookie::Login | Cookie::Bounced => "login",
    };
    app.keys
        .token(&format!("csrf {kind} {purpose}"), value.as_bytes())
}

fn has_token(app: &App, purpose: &str, headers: &HeaderMap, https: bool, body: &[u8]) -> bool {
    let mut tokens = form_urlencoded::parse(body)
        .filter(|(name, _)| name == "csrf")
        .map(|(_, token)| token);
    let (Some(token), None) = (tokens.next(), tokens.next()) else {
        return false;
    };
    [Cookie::Session, Cookie::Login].into_iter().any(|cookie| {
        cookie.read(headers, https).is_some_and(|value| {
            crate::keys::same(
                csrf_token(app, purpose, cookie, value).as_bytes(),
                token.as_bytes(),
            )
        })
    })
}

/// Browsers say where a request comes from. A sibling host (`same-site`) may be another company's.
fn is_same_origin(headers: &HeaderMap) -> bool {
    headers
        .get("sec-fetch-site")
        .is_none_or(|site| site == "same-origin" || site == "none")
}

fn framework_error(response: &axum::response::Response) -> Error {
    Error::from_status(response.status())
        .unwrap_or(Error::BadRequest("The form could not be read.".into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(uri: &str, hosts: &[&str]) -> Request {
        let mut request = Request::builder().uri(uri);
        for host in hosts {
            request = request.header(header::HOST, *host);
        }
        request.body(Body::empty()).unwrap()
    }

    #[test]
    fn the_host_is_named_once() {
        assert_eq!(
            host_of(&request("/", &["Acme.localhost:8080"])).as_deref(),
            Some("acme.localhost:8080")
        );
        assert_eq!(
            host_of(&request("http://acme.example/", &["acme.example"])).as_deref(),
            Some("acme.example")
        );
        assert_eq!(
            host_of(&request("http://beta.example/", &["acme.example"])),
            None
        );
        assert_eq!(
            host_of(&request("/", &["acme.example", "acme.example"])),
            None
        );
        assert_eq!(host_of(&request("/", &[])), None);
        assert_eq!(host_of(&request("/", &["acme.example/x"])), None);
        assert_eq!(host_of(&request("/", &["user@acme.example"])), None);
    }

    #[test]
    fn a_proxys_word_counts_when_it_is_trusted() {
        let trusted: Vec<IpBlock> =
            vec!["127.0.0.1".parse().unwrap(), "10.0.0.0/8".parse().unwrap()];
        let client = |peer: &str, forwarded: &[&str]| {
            let headers = forwarded
                .iter()
                .map(|value| {
                    (
                        header::HeaderName::from_static("x-forwarded-for"),
                        value.parse().unwrap(),
                    )
                })
                .collect();
            client_address(peer.parse().unwrap(), &headers, &trusted).to_string()
        };
        assert_eq!(client("203.0.113.9", &["198.51.100.1"]), "203.0.113.9");
        assert_eq!(client("127.0.0.1", &[]), "127.0.0.1");
        assert_eq!(client("127.0.0.1", &["198.51.100.1"]), "198.51.100.1");
        // What stands left of the first untrusted address was written by the client itself.
        assert_eq!(
            client("127.0.0.1", &["1.2.3.4, 198.51.100.1, 10.1.1.1"]),
            "198.51.100.1"
        );
        assert_eq!(
            client("127.0.0.1", &["1.2.3.4", "198.51.100.1", "10.1.1.1"]),
            "198.51.100.1"
        );
        assert_eq!(client("127.0.0.1", &["198.51.100.1, rubbish"]), "127.0.0.1");
        assert_eq!(client("127.0.0.1", &["[2001:db8::1]:4711"]), "2001:db8::1");
        assert_eq!(client("127.0.0.1", &["10.2.2.2"]), "10.2.2.2");
    }

    #[test]
    fn a_sibling_site_is_not_this_one() {
        let from = |site: &'static str| {
            is_same_origin(&HeaderMap::from_iter([(
                header::HeaderName::from_static("sec-fetch-site"),
                header::HeaderValue::from_static(site),
            )]))
        };
        assert!(from("same-origin") && from("none") && is_same_origin(&HeaderMap::new()));
        assert!(!from("same-site") && !from("cross-site"));
    }
}
