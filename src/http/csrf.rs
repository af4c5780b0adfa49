//! Forms that came from a page of this site in this browser.
//!
//! Invariant: nothing is changed by a form whose token is missing, double, wrong, of another purpose or of another browser.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{FromRequest, FromRequestParts as _, Request};
use axum::http::HeaderMap;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use super::cookies::Cookie;
use super::current_site::CurrentSite;
use super::error::Error;
use super::form::{Encoding, PostedForm};
use crate::app::App;
use crate::keys;

/// The field of the token.
pub(crate) const TOKEN: &str = "csrf";

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
        let form = own_form(&mut parts, body, app).await?;
        let cookies = [Cookie::Session, Cookie::Login].into_iter();
        let tokens = cookies.filter_map(|cookie| {
            let value = cookie.read(&parts.headers, site.is_https())?;
            Some(csrf_token(app, T::PURPOSE, cookie, value))
        });
        if !has_token(&form, tokens) {
            return Err(Error::ForeignForm);
        }
        form.parse().map(Self)
    }
}

/// The form that came, from a page of this site as far as the browser says.
pub(crate) async fn own_form(
    parts: &mut Parts,
    body: Body,
    app: &Arc<App>,
) -> Result<PostedForm, Error> {
    check_origin(&parts.headers)?;
    Encoding::Urlencoded.expect(&parts.headers)?;
    PostedForm::read(parts, body, app, app.config.limits.body_bytes).await
}

/// The token for a form of this purpose, bound to a cookie's value.
pub fn csrf_token(app: &App, purpose: &str, cookie: Cookie, value: &str) -> String {
    let kind = match cookie {
        Cookie::Session => "session",
        Cookie::Gate => "gate",
        Cookie::Login
        | Cookie::Returned
        | Cookie::Companies
        | Cookie::Bounced
        | Cookie::Through
        | Cookie::Known
        | Cookie::Form => "login",
    };
    app.keys
        .token(&format!("csrf {kind} {purpose}"), value.as_bytes())
}

/// Whether a form has exactly one token, and one of these.
pub(crate) fn has_token(form: &PostedForm, tokens: impl IntoIterator<Item = String>) -> bool {
    form.only(TOKEN).is_some_and(|sent| {
        let same = |token: String| keys::same(token.as_bytes(), sent.as_bytes());
        tokens.into_iter().any(same)
    })
}

/// Browsers say where a form comes from. A sibling host (`same-site`) may be another company's.
pub(crate) fn check_origin(headers: &HeaderMap) -> Result<(), Error> {
    headers
        .get("sec-fetch-site")
        .is_none_or(|site| site == "same-origin" || site == "none")
        .then_some(())
        .ok_or(Error::ForeignForm)
}

#[cfg(test)]
mod tests {
    use axum::http::header;

    use super::*;

    #[test]
    fn a_sibling_site_is_not_this_one() {
        let from = |site: &'static str| {
            check_origin(&HeaderMap::from_iter([(
                header::HeaderName::from_static("sec-fetch-site"),
                header::HeaderValue::from_static(site),
            )]))
            .is_ok()
        };
        assert!(from("same-origin") && from("none") && check_origin(&HeaderMap::new()).is_ok());
        assert!(!from("same-site") && !from("cross-site"));
    }
}
