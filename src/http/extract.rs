//! What handlers take from a request: the site, the client's address, a form that is surely ours.
//!
//! Invariant: the host picks the company and nothing more. Addresses that we tell anyone come from the company's configured
//! origin.

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Form, FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use axum::response::IntoResponse as _;
use serde::de::DeserializeOwned;

use super::cookies::Cookie;
use super::error::Error;
use super::posted::Posted;
use crate::app::App;
use crate::config::IpBlock;
use crate::domain::origin::host_key_of;
use crate::site::{Directory, Site};

/// The site that the edge found.
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
            .ok_or_else(|| Error::UnknownSite(told_host(&parts.headers)))
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
        let host = host_in(&parts.headers).and_then(host_key_of);
        let company = &site.company;
        let is = |host: &str| company.aliases.iter().any(|alias| alias.host_key() == host);
        Ok(Self(host.is_some_and(|host| is(&host))))
    }
}

/// The site of the host that the request names: one `Host` header, and no other authority beside it (RFC 9112 3.2).
pub(super) fn site_of<B>(request: &Request<B>, directory: &Directory) -> Option<Arc<Site>> {
    let host = host_of(request)?;
    // Most clients write it as we do.
    directory
        .site_at(host)
        .or_else(|| directory.site(&host_key_of(host)?))
}

fn host_of<B>(request: &Request<B>) -> Option<&str> {
    let host = host_in(request.headers())?;
    match request.uri().authority() {
        Some(authority) if host_key_of(authority.as_str())? != host_key_of(host)? => None,
        _ => Some(host),
    }
}

/// The host name that came, to tell it where no company has it; none where it is no host name, or several.
pub(super) fn told_host(headers: &HeaderMap) -> Option<String> {
    const LONGEST: usize = 260;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:[]".contains(&byte);
    host_in(headers)
        .filter(|host| !host.is_empty() && host.len() <= LONGEST && host.bytes().all(plain))
        .map(str::to_owned)
}

/// The one `Host` header.
fn host_in(headers: &HeaderMap) -> Option<&str> {
    let mut hosts = headers.get_all(header::HOST).iter();
    let host = hosts.next()?.to_str().ok()?;
    hosts.next().is_none().then_some(host)
}

/// Whether the client asks for JSON and not for HTML.
pub(super) fn prefers_json(headers: &HeaderMap) -> bool {
    let accepts = |kind: &str| {
        headers
            .get_all(header::ACCEPT)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .any(|range| {
                range
                    .split(';')
                    .next()
                    .unwrap_or_default()
                    .trim()
                    .eq_ignore_ascii_case(kind)
            })
    };
    (accepts("application/json") || accepts("application/problem+json")) && !accepts("text/html")
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
///
/// What stands left of it was written by the client, and is not even read. Where a trusted proxy wrote no address, that
/// proxy is the client: nothing further to the left is worth more.
fn client_address(peer: IpAddr, headers: &HeaderMap, trusted: &[IpBlock]) -> IpAddr {
    let is_trusted = |address: IpAddr| trusted.iter().any(|block| block.contains(address));
    let mut nearest = peer;
    let lines = headers.get_all("x-forwarded-for").iter().rev();
    let mut hops = lines.flat_map(|line| line.as_bytes().rsplit(|byte| *byte == b','));
    while is_trusted(nearest)
        && let Some(address) = hops.next().and_then(forwarded_address)
    {
        nearest = address;
    }
    nearest
}

/// An address, as proxies write it: bare, in brackets, or with a port.
fn forwarded_address(hop: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(hop).ok()?.trim_matches([' ', '\t']);
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
        let posted = Posted::read(&mut parts, body, app).await?;
        let bytes = posted.octets();
        if !is_same_origin(&parts.headers)
            || !has_token(app, T::PURPOSE, &parts.headers, site.is_https(), bytes)
        {
            return Err(Error::ForeignForm);
        }
        let Form(form) =
            Form::<T>::from_request(Request::from_parts(parts, Body::from(bytes.clone())), app)
                .await
                .map_err(|rejection| framework_error(&rejection.into_response()))?;
        Ok(Self(form))
    }
}

/// The token for a form of this purpose, bound to a cookie's value.
pub fn csrf_token(app: &App, purpose: &str, cookie: Cookie, value: &str) -> String {
    let kind = match cookie {
        Cookie::Session => "session",
        Cookie::Login
        | Cookie::Bounced
        | Cookie::Through
        | Cookie::Known
        | Cookie::Flash
        | Cookie::Form => "login",
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
pub(super) fn is_same_origin(headers: &HeaderMap) -> bool {
    headers
        .get("sec-fetch-site")
        .is_none_or(|site| site == "same-origin" || site == "none")
}

pub(super) fn framework_error(response: &axum::response::Response) -> Error {
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
        let key = |uri, hosts: &[&str]| host_of(&request(uri, hosts)).and_then(host_key_of);
        assert_eq!(
            key("/", &["Acme.localhost:8080"]).as_deref(),
            Some("acme.localhost:8080")
        );
        assert_eq!(
            key("http://acme.example/", &["Acme.example"]).as_deref(),
            Some("acme.example")
        );
        assert_eq!(key("http://beta.example/", &["acme.example"]), None);
        assert_eq!(key("/", &["acme.example", "acme.example"]), None);
        assert_eq!(key("/", &[]), None);
        assert_eq!(key("/", &["acme.example/x"]), None);
        assert_eq!(key("/", &["user@acme.example"]), None);
    }

    fn client(peer: &str, forwarded: &[&[u8]]) -> String {
        let trusted = ["127.0.0.1", "10.0.0.0/8", "fd00::/8"];
        let trusted = trusted.map(|block| block.parse::<IpBlock>().unwrap());
        let name = header::HeaderName::from_static("x-forwarded-for");
        let headers = forwarded
            .iter()
            .map(|value| {
                let value = header::HeaderValue::from_bytes(value).unwrap();
                (name.clone(), value)
            })
            .collect();
        client_address(peer.parse().unwrap(), &headers, &trusted).to_string()
    }

    #[test]
    fn a_proxys_word_counts_when_it_is_trusted() {
        assert_eq!(client("127.0.0.1", &[]), "127.0.0.1");
        assert_eq!(client("127.0.0.1", &[b"198.51.100.1"]), "198.51.100.1");
        // Two proxies, in one line and in lines of their own.
        for hops in [
            &[&b"198.51.100.1, 10.1.1.1"[..]][..],
            &[b"198.51.100.1", b"10.1.1.1"],
            &[b"198.51.100.1,10.2.2.2", b" 10.1.1.1\t,fd00::1"],
        ] {
            assert_eq!(client("127.0.0.1", hops), "198.51.100.1");
        }
        // A client within the trusted network.
        assert_eq!(client("127.0.0.1", &[b"10.2.2.2"]), "10.2.2.2");
        assert_eq!(client("127.0.0.1", &[b"10.3.3.3, 10.2.2.2"]), "10.3.3.3");
        assert_eq!(client("fd00::1", &[b"2001:db8::1"]), "2001:db8::1");
    }

    #[test]
    fn an_address_is_read_as_proxies_write_it() {
        for (written, address) in [
            ("198.51.100.1:4711", "198.51.100.1"),
            ("2001:db8::1", "2001:db8::1"),
            ("[2001:db8::1]", "2001:db8::1"),
            ("[2001:db8::1]:4711", "2001:db8::1"),
            ("2001:DB8:0:0::1", "2001:db8::1"),
            ("::ffff:198.51.100.1", "198.51.100.1"),
            ("[::ffff:198.51.100.1]:80", "198.51.100.1"),
        ] {
            assert_eq!(client("127.0.0.1", &[written.as_bytes()]), address);
        }
    }

    #[test]
    fn nobody_else_decides_who_the_client_is() {
        // Who is not a trusted proxy is the client, whatever it says.
        for spoofed in ["198.51.100.1", "127.0.0.1", "10.1.1.1", "rubbish", ""] {
            assert_eq!(client("203.0.113.9", &[spoofed.as_bytes()]), "203.0.113.9");
        }
        assert_eq!(client("::1", &[b"198.51.100.1"]), "::1", "not 127.0.0.1");
        // What the client wrote stands to the left of what the proxy saw, and is not read.
        for written in [
            &b"1.2.3.4"[..],
            b"127.0.0.1",
            b"10.9.9.9",
            b"\xff\xfe",
            b"",
            b",,",
        ] {
            let line = [written, b", 198.51.100.1"].concat();
            assert_eq!(client("127.0.0.1", &[&line]), "198.51.100.1");
            assert_eq!(
                client("127.0.0.1", &[written, b"198.51.100.1"]),
                "198.51.100.1"
            );
            let line = [written, b", 198.51.100.1, 10.1.1.1"].concat();
            assert_eq!(client("127.0.0.1", &[&line]), "198.51.100.1");
        }
        // A trusted proxy that writes no address stands for its clients itself.
        for garbage in [
            "",
            " ",
            "unknown",
            "_hidden",
            "\"198.51.100.1\"",
            "198.51.100.1;",
            "198.51.100",
            "198.51.100.1.",
            "198.51.100.1:99999",
            "2001:db8::1%eth0",
            "1.2.3.4 5.6.7.8",
        ] {
            let line = format!("198.51.100.1, {garbage}");
            assert_eq!(
                client("127.0.0.1", &[line.as_bytes()]),
                "127.0.0.1",
                "{garbage}"
            );
            let line = format!("198.51.100.1, {garbage}, 10.1.1.1");
            assert_eq!(
                client("127.0.0.1", &[line.as_bytes()]),
                "10.1.1.1",
                "{garbage}"
            );
        }
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
