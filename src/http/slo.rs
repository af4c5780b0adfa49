//! Single logout: what identity providers send here through the browser.
//!
//! No CSRF token here: a request counts by its signature, and an answer changes nothing.

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};

use super::acs::is_form;
use super::cookies::Cookie;
use super::error::Error;
use super::extract::CurrentSite;
use super::limit::{Logouts, Within};
use super::pages::{Frame, MessageField, PostBinding, Reach, SignedOut};
use super::posted::Posted;
use super::response::Page;
use super::session::{self, CurrentSession};
use crate::app::App;
use crate::domain::SessionKey;
use crate::logout::{self, Arrival, Ending, Message, Outgoing, Refusal};
use crate::saml::binding::{BindingError, MessageKind, decode_post, decode_redirect};
use crate::site::Site;

/// `GET /sso/slo`
pub(super) async fn redirected(
    State(app): State<Arc<App>>,
    CurrentSite(site): CurrentSite,
    _: Within<Logouts>,
    session: CurrentSession,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Error> {
    // The signature covers the query as it was received (rule A2).
    let message = decode_redirect(&query.unwrap_or_default()).map_err(unreadable)?;
    let arrival = Arrival::Redirect(&message);
    receive(&app, &site, arrival, &session, &headers).await
}

/// `HEAD /sso/slo`: a look ends nobody's session (RFC 9110 9.2.1).
pub(super) async fn head(_: CurrentSite) -> Response {
    let allowed = [(header::ALLOW, HeaderValue::from_static("GET,POST"))];
    (allowed, Error::MethodNotAllowed).into_response()
}

/// `POST /sso/slo`
pub(super) async fn posted(
    State(app): State<Arc<App>>,
    CurrentSite(site): CurrentSite,
    _: Within<Logouts>,
    session: CurrentSession,
    headers: HeaderMap,
    body: Posted,
) -> Result<Response, Error> {
    if !is_form(&headers) {
        return Err(Error::UnsupportedMediaType);
    }
    let (shared, length) = (Arc::clone(&app), body.octets().len());
    let judgement = async move {
        let limit = app.config.limits.body_bytes;
        let message = decode_post(body.octets(), limit).map_err(unreadable)?; // rule A1
        receive(&app, &site, Arrival::Post(&message), &session, &headers).await
    };
    shared.turns.judge(length, judgement).await?
}

/// Takes a message of ours to the identity provider.
pub(super) fn deliver(site: &Site, outgoing: Outgoing) -> Result<Response, Error> {
    match outgoing.message {
        Message::Redirect(location) => {
            let location = HeaderValue::try_from(location).map_err(Error::internal)?;
            Ok((StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response())
        }
        Message::Post(page) => {
            let plain_http = page.action.starts_with("http:");
            Ok(Page::new(PostBinding {
                frame: Frame::of(&site.company.name),
                destination: page.action,
                destination_name: outgoing.to,
                message: match outgoing.kind {
                    MessageKind::Request => MessageField::Request,
                    MessageKind::Response => MessageField::Response,
                },
                encoded: page.value,
                relay_state: page.relay_state,
            })
            .leading_to_identity_provider(plain_http)
            .into_response())
        }
    }
}

async fn receive(
    app: &App,
    site: &Site,
    arrival: Arrival<'_>,
    session: &CurrentSession,
    headers: &HeaderMap,
) -> Result<Response, Error> {
    let company = &site.company.slug;
    match logout::receive(app, site, arrival).await? {
        Ending::Ended { sessions, answer } => {
            tracing::info!(%company, ended = sessions.len(), "the identity provider ended sessions");
            let mut response = match answer {
                Some(answer) => deliver(site, answer)?,
                None => signed_out(site, Reach::Here).into_response(),
            };
            if is_own(app, site, &sessions, headers) {
                response
                    .headers_mut()
                    .append(header::SET_COOKIE, Cookie::Session.clear(site.is_https()));
            }
            Ok(response)
        }
        Ending::Answered { everywhere: true } => {
            Ok(answered(site, session, Reach::Everywhere, StatusCode::OK))
        }
        Ending::Answered { everywhere: false } => {
            Ok(answered(site, session, Reach::Unconfirmed, StatusCode::OK))
        }
        Ending::Refused(refusal) => {
            // As a quoted text: a part of it may be the sender's.
            let cause = refusal.to_string();
            tracing::warn!(%company, ?cause, "a logout message was refused");
            match arrival.kind() {
                MessageKind::Request => Err(refused(&refusal)),
                MessageKind::Response => {
                    let status = StatusCode::FORBIDDEN;
                    Ok(answered(site, session, Reach::Unconfirmed, status))
                }
            }
        }
    }
}

/// The page after our own request was answered. It never says "signed out" to a browser that is signed in.
fn answered(site: &Site, session: &CurrentSession, reach: Reach, status: StatusCode) -> Response {
    if session.0.is_some() {
        return Redirect::to("/sso/logout").into_response();
    }
    signed_out(site, reach).with_status(status).into_response()
}

fn signed_out(site: &Site, reach: Reach) -> Page<SignedOut> {
    Page::new(SignedOut {
        frame: Frame::of(&site.company.name),
        reach,
    })
}

fn is_own(app: &App, site: &Site, ended: &[SessionKey], headers: &HeaderMap) -> bool {
    session::session_id(headers, site).is_some_and(|id| ended.contains(&app.store.session_key(&id)))
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "the shape that map_err wants"
)]
fn unreadable(cause: BindingError) -> Error {
    Error::BadRequest(format!("The sign-out message cannot be read: {cause}.").into())
}

fn refused(refusal: &Refusal) -> Error {
    match refusal {
        Refusal::Unreadable => {
            Error::BadRequest("The sign-out message cannot be read: it is not SAML.".into())
        }
        unsigned if unsigned.is_unsigned() => Error::SignOutRefused(
            "A request to sign you out came without a signature. Such a request is never followed.",
        ),
        _ => Error::SignOutRefused("A request to sign you out came, and it could not be accepted."),
    }
}
