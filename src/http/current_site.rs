//! The site of a request: the company whose host it names.
//!
//! Invariant: the host picks the company and nothing more. Addresses that we tell anyone come from the company's configured
//! origin.

use std::sync::Arc;

use axum::extract::{FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};

use super::error::Error;
use crate::domain::origin::host_key_of;
use crate::site::{Directory, Site};

/// The site that the edge found.
#[derive(Debug, Clone)]
pub(crate) struct FoundSite(pub(crate) Arc<Site>);

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
pub(crate) fn site_of<B>(request: &Request<B>, directory: &Directory) -> Option<Arc<Site>> {
    let host = host_of(request)?;
    // Most clients write it as we do.
    directory
        .site_at(host)
        .or_else(|| directory.site(&host_key_of(host)?))
}

/// The one host that a request names.
pub(crate) fn host_of<B>(request: &Request<B>) -> Option<&str> {
    let host = host_in(request.headers())?;
    match request.uri().authority() {
        Some(authority) if host_key_of(authority.as_str())? != host_key_of(host)? => None,
        _ => Some(host),
    }
}

/// The host name that came, to tell it where no company has it; none where it is no host name, or several.
pub(crate) fn told_host(headers: &HeaderMap) -> Option<String> {
    const LONGEST: usize = 260;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:[]".contains(&byte);
    host_in(headers)
        .filter(|host| !host.is_empty() && host.len() <= LONGEST && host.bytes().all(plain))
        .map(str::to_owned)
}

/// The host that a request names, in the form by which sites and applications are looked up.
pub(crate) fn host_key(headers: &HeaderMap) -> Option<String> {
    host_in(headers).and_then(host_key_of)
}

/// The one `Host` header.
fn host_in(headers: &HeaderMap) -> Option<&str> {
    let mut hosts = headers.get_all(header::HOST).iter();
    let host = hosts.next()?.to_str().ok()?;
    hosts.next().is_none().then_some(host)
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

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
}
