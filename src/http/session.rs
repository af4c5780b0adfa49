//! The session of a request's browser, and its cookie.
//!
//! Invariant: a session counts on the site of the company that it was begun on, and nowhere else.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

use super::client_address::ClientAddress;
use super::cookies::Cookie;
use super::current_site::CurrentSite;
use super::error::Error;
use crate::app::{App, SessionError};
use crate::domain::SessionId;
use crate::site::Site;
use crate::store::{self, SignedIn};

/// Who is signed in on this site in this browser, if anyone is. Asks the database.
#[derive(Debug, Clone)]
pub struct CurrentSession(pub Option<SignedIn>);

impl FromRequestParts<Arc<App>> for CurrentSession {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Error> {
        let CurrentSite(site) = CurrentSite::from_request_parts(parts, app).await?;
        let Some(id) = session_id(&parts.headers, &site) else {
            return Ok(Self(None));
        };
        let Ok(ClientAddress(client)) = ClientAddress::from_request_parts(parts, app).await;
        let asker = app.asker(&site.company, client);
        let signed_in = app.sessions.signed_in_for(id, asker).await?;
        Ok(Self(
            signed_in.filter(|it| it.session.company_id == site.company.id),
        ))
    }
}

/// The secret in the request's session cookie, whatever it is worth.
#[derive(Debug, Clone, Copy)]
pub struct PresentedSession(pub Option<SessionId>);

impl<S: Sync> FromRequestParts<S> for PresentedSession {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Error> {
        let CurrentSite(site) = CurrentSite::from_request_parts(parts, state).await?;
        Ok(Self(session_id(&parts.headers, &site)))
    }
}

/// The secret in the request's session cookie.
pub fn session_id(headers: &HeaderMap, site: &Site) -> Option<SessionId> {
    Cookie::Session
        .read(headers, site.is_https())
        .and_then(secret_of)
}

/// The secret that a session cookie's value is.
pub(crate) fn secret_of(value: &str) -> Option<SessionId> {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(value).ok()?;
    bytes.try_into().ok().map(SessionId::from_bytes)
}

/// The value of a session's cookie; a form's token is made for it as well.
pub fn cookie_value(id: SessionId) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(id.as_bytes())
}

/// `Set-Cookie` for a session that has just begun.
pub fn begin(id: SessionId, site: &Site) -> Option<HeaderValue> {
    Cookie::Session.set(&cookie_value(id), site.is_https())
}

impl From<SessionError> for Error {
    fn from(cause: SessionError) -> Self {
        match cause {
            SessionError::TooMany(wait) => wait.into(),
            SessionError::Store(cause) => cause.into(),
        }
    }
}

impl From<store::Error> for Error {
    fn from(cause: store::Error) -> Self {
        if cause.is_away() {
            Self::Unavailable(cause.to_string().into())
        } else {
            Self::internal(cause)
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::http::{Request, header};

    use super::*;
    use crate::app::tests::signed_in;
    use crate::domain::{CompanyId, Email};
    use crate::http::current_site::FoundSite;

    async fn current(app: &Arc<App>, site: &Arc<Site>, cookie: &str) -> Option<Email> {
        let request = Request::get("/")
            .header(header::COOKIE, cookie)
            .body(Body::empty())
            .unwrap();
        let (mut parts, _) = request.into_parts();
        parts.extensions.insert(FoundSite(Arc::clone(site)));
        let CurrentSession(found) = CurrentSession::from_request_parts(&mut parts, app)
            .await
            .unwrap();
        found.map(|it| it.user.email.clone())
    }

    #[tokio::test]
    async fn a_cookie_counts_on_its_own_site_until_its_session_ends() {
        let (app, _dir) = App::for_test(|_| {}).await;
        let (user, id) = signed_in(&app).await;
        app.catch_up().await.unwrap();
        let site = app.directory.site_of(user.company_id).unwrap();
        let cookie = begin(id, &site).unwrap();
        let cookie = cookie.to_str().unwrap().split(';').next().unwrap();
        assert_eq!(
            current(&app, &site, cookie).await.as_ref(),
            Some(&user.email)
        );
        assert_eq!(current(&app, &site, "").await, None);
        assert_eq!(current(&app, &site, "vestibule-session=AAAA").await, None);

        let mut other = site.company.clone();
        other.id = CompanyId::from_bytes([7; 16]);
        let other = Arc::new(Site::new(other, Vec::new(), &app.sp_keys()));
        assert_eq!(
            current(&app, &other, cookie).await,
            None,
            "another company's site"
        );

        let headers =
            HeaderMap::from_iter([(header::COOKIE, HeaderValue::from_str(cookie).unwrap())]);
        let id = session_id(&headers, &site).unwrap();
        assert!(crate::logout::local(&app, id).await.unwrap());
        assert_eq!(current(&app, &site, cookie).await, None);
    }
}
