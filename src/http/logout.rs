//! The end of a session, here only: the identity provider is not told.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::cookies::Cookie;
use super::error::Error;
use super::extract::{CsrfForm, CurrentSite, Purpose, csrf_token};
use super::pages::{Frame, SignOut, SignedOut};
use super::response::Page;
use super::session::{self, CurrentSession};
use crate::app::App;
use crate::logout;

/// What the sign-out form sends: nothing but its token.
#[derive(Debug, Deserialize)]
pub(super) struct SignOutForm {}

impl Purpose for SignOutForm {
    const PURPOSE: &'static str = "sign out";
}

/// `GET /sso/logout`: asks, because a link on another site must not sign anyone out.
pub(super) async fn show(
    State(app): State<Arc<App>>,
    CurrentSite(site): CurrentSite,
    CurrentSession(signed_in): CurrentSession,
    headers: HeaderMap,
) -> Response {
    let frame = Frame::of(&site.company.name);
    match (signed_in, session::session_id(&headers, &site)) {
        (Some(signed_in), Some(id)) => Page::new(SignOut {
            frame,
            email: signed_in.user.email.as_str().to_owned(),
            csrf: csrf_token(
                &app,
                SignOutForm::PURPOSE,
                Cookie::Session,
                &session::cookie_value(id),
            ),
        })
        .into_response(),
        _ => Page::new(SignedOut { frame }).into_response(),
    }
}

/// `POST /sso/logout`
pub(super) async fn submit(
    State(app): State<Arc<App>>,
    CurrentSite(site): CurrentSite,
    headers: HeaderMap,
    _: CsrfForm<SignOutForm>,
) -> Result<Response, Error> {
    if let Some(id) = session::session_id(&headers, &site) {
        logout::local(&app, id).await?;
    }
    let mut response = Page::new(SignedOut {
        frame: Frame::of(&site.company.name),
    })
    .into_response();
    response
        .headers_mut()
        .append(header::SET_COOKIE, Cookie::Session.clear(site.is_https()));
    Ok(response)
}
