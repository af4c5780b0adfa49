//! The end of a session that its user wants. The identity provider is told when the connection says so.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::pages::{SignOutPage, SignOutReach, SignedOutPage};
use super::slo;
use crate::app::{App, Counted};
use crate::domain::Session;
use crate::http::client_address::ClientAddress;
use crate::http::cookies::Cookie;
use crate::http::csrf::{CsrfForm, Purpose, csrf_token};
use crate::http::current_site::CurrentSite;
use crate::http::error::Error;
use crate::http::pages::Frame;
use crate::http::response::Page;
use crate::http::session::{self, CurrentSession};
use crate::logout;
use crate::site::Site;

#[derive(Debug, Deserialize)]
pub(super) struct LogoutQuery {
    /// What an application's host says of the session that it has ended.
    handle: Option<String>,
}

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
    ClientAddress(client): ClientAddress,
    CurrentSession(signed_in): CurrentSession,
    Query(query): Query<LogoutQuery>,
    headers: HeaderMap,
) -> Result<Response, Error> {
    if let Some(handle) = query.handle {
        app.throttle.admit(Counted::Logout, client, &site.company)?;
        return go_on(&app, &site, &handle).await;
    }
    let frame = Frame::of(&site.company);
    Ok(match (signed_in, session::session_id(&headers, &site)) {
        (Some(signed_in), Some(id)) => {
            let page = Page::new(SignOutPage {
                frame,
                email: signed_in.user.email.as_str().to_owned(),
                csrf: csrf_token(
                    &app,
                    SignOutForm::PURPOSE,
                    Cookie::Session,
                    &session::cookie_value(id),
                ),
            });
            with_sign_out(page, &site, &signed_in.session).into_response()
        }
        _ => signed_out(frame),
    })
}

/// A session of this browser was ended at an application's host: its identity provider is told (rule Q53).
async fn go_on(app: &App, site: &Site, handle: &str) -> Result<Response, Error> {
    let outgoing = match logout::ended_by_handle(app, site, handle).await? {
        Some(ended) => logout::tell(app, site, ended).await,
        None => None,
    };
    let mut response = match outgoing {
        Some(outgoing) => slo::deliver(site, outgoing)?,
        None => signed_out(Frame::of(&site.company)),
    };
    response.headers_mut().insert(
        header::REFERRER_POLICY,
        HeaderValue::from_static("no-referrer"),
    );
    Ok(response)
}

/// A page whose sign-out form may end at the identity provider.
pub(super) fn with_sign_out<T: Template>(page: Page<T>, site: &Site, session: &Session) -> Page<T> {
    match logout::leads_over_plain_http(site, session) {
        Some(plain_http) => page.leading_to_identity_provider(plain_http),
        None => page,
    }
}

fn signed_out(frame: Frame) -> Response {
    let reach = SignOutReach::Here;
    Page::new(SignedOutPage { frame, reach }).into_response()
}

/// `POST /sso/logout`
pub(super) async fn submit(
    State(app): State<Arc<App>>,
    CurrentSite(site): CurrentSite,
    headers: HeaderMap,
    _: CsrfForm<SignOutForm>,
) -> Result<Response, Error> {
    let outgoing = match session::session_id(&headers, &site) {
        Some(id) => logout::sign_out(&app, &site, id).await?,
        None => None,
    };
    let mut response = match outgoing {
        Some(outgoing) => slo::deliver(&site, outgoing)?,
        None => signed_out(Frame::of(&site.company)),
    };
    response
        .headers_mut()
        .append(header::SET_COOKIE, Cookie::Session.clear(site.is_https()));
    Ok(response)
}
