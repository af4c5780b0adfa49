//! Forms that came from a page of this site in this browser.
//!
//! Invariant: nothing is changed by a form whose token is missing, wrong, of another purpose or of another browser.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Form, FromRequest, FromRequestParts as _, Request};
use axum::http::HeaderMap;
use axum::response::IntoResponse as _;
use serde::de::DeserializeOwned;

use super::cookies::Cookie;
use super::current_site::CurrentSite;
use super::error::Error;
use super::request_body::RequestBody;
use crate::app::App;

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
        let posted = RequestBody::read(&mut parts, body, app).await?;
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
pub(crate) fn is_same_origin(headers: &HeaderMap) -> bool {
    headers
        .get("sec-fetch-site")
        .is_none_or(|site| site == "same-origin" || site == "none")
}

pub(crate) fn framework_error(response: &axum::response::Response) -> Error {
    Error::from_status(response.status())
        .unwrap_or(Error::BadRequest("The form could not be read.".into()))
}

#[cfg(test)]
mod tests {
    use axum::http::header;

    use super::*;

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
