//! The end of a session: by the portal's link, by an application's `LogoutRequest`, or by its `end_session_endpoint`.

use super::{FramesOthers, cookies};
use crate::demo_idp::refusal::IdpRefusal;
use crate::demo_idp::request::{IdpLogoutRequest, ReceivedMessage};
use crate::demo_idp::site::IdpSession;
use crate::demo_idp::{DemoIdp, guid, pages};
use crate::saml::binding::{MessageKind, encode_redirect};
use crate::saml::signature::{SignError, SigningKey};
use crate::saml::{instant, names};
use crate::xml::XmlWriter;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Redirect, Response};

/// `GET` and `POST /signout`
pub(super) async fn sign_out(State(idp): State<DemoIdp>, headers: HeaderMap) -> Response {
    end(&idp, &headers, None)
}

/// Ends the session and answers a `LogoutRequest`, whatever NameID it names, as Entra does.
pub(super) fn answer(
    idp: &DemoIdp,
    request: &IdpLogoutRequest,
    received: &ReceivedMessage,
    headers: &HeaderMap,
) -> Result<Response, IdpRefusal> {
    let app = idp.app_of_issuer(&request.issuer)?;
    received.check_signature(&app)?;
    let Some(logout_url) = &app.logout_url else {
        return Ok(end(idp, headers, None));
    };
    end_session(idp, headers);
    let location = logout_response(idp, request, logout_url, received.relay_state.as_deref())
        .map_err(|error| {
            IdpRefusal::new(50_061, format!("The logout cannot be answered: {error}"))
        })?;
    let cookie = [(header::SET_COOKIE, cookies::clear_session())];
    Ok((cookie, Redirect::to(&location)).into_response())
}

/// Ends the session, tells the applications of OpenID Connect that it signed in to, and goes on.
pub(super) fn end(idp: &DemoIdp, headers: &HeaderMap, next: Option<String>) -> Response {
    let session = end_session(idp, headers);
    let frames = session.map(|session| front_channel(idp, &session));
    match (frames.unwrap_or_default(), next) {
        (frames, Some(next)) if frames.is_empty() => {
            let cookie = [(header::SET_COOKIE, cookies::clear_session())];
            (cookie, Redirect::to(&next)).into_response()
        }
        (frames, next) => signed_out(idp, frames, next),
    }
}

/// The page after a logout.
pub(super) fn signed_out(idp: &DemoIdp, frames: Vec<String>, next: Option<String>) -> Response {
    let mut page = pages::show(&pages::IdpSignedOutPage {
        frame: pages::IdpFrame::of(idp, None),
        frames,
        next,
    });
    page.extensions_mut().insert(FramesOthers);
    ([(header::SET_COOKIE, cookies::clear_session())], page).into_response()
}

fn end_session(idp: &DemoIdp, headers: &HeaderMap) -> Option<IdpSession> {
    idp.sessions().take(cookies::session(headers)?)
}

/// The front-channel logout URLs: with `sid` and without `iss`, as Entra calls them.
fn front_channel(idp: &DemoIdp, session: &IdpSession) -> Vec<String> {
    let visited = session.visited();
    idp.oidc_apps()
        .iter()
        .filter(|app| visited.contains(&app.client_id))
        .filter_map(|app| app.front_channel_logout_url.as_deref())
        .map(|url| {
            let mark = if url.contains('?') { '&' } else { '?' };
            format!("{url}{mark}sid={}", session.sid)
        })
        .collect()
}

fn logout_response(
    idp: &DemoIdp,
    request: &IdpLogoutRequest,
    logout_url: &str,
    relay_state: Option<&str>,
) -> Result<String, SignError> {
    let mut writer = XmlWriter::new();
    writer
        .open("samlp:LogoutResponse")
        .attribute("ID", &format!("_{}", guid(idp.random())))
        .attribute("Version", "2.0")
        .attribute("IssueInstant", &instant::format(idp.now()))
        .attribute("Destination", logout_url)
        .attribute("InResponseTo", &request.id)
        .attribute("xmlns:samlp", names::SAMLP);
    writer
        .open("Issuer")
        .attribute("xmlns", names::SAML)
        .text(&idp.tenant().logout_issuer())
        .close();
    writer
        .open("samlp:Status")
        .open("samlp:StatusCode")
        .attribute("Value", names::STATUS_SUCCESS);
    let key = SigningKey::new(idp.signing_key().private_key().clone(), None)?;
    encode_redirect(
        logout_url,
        MessageKind::Response,
        &writer.finish(),
        relay_state,
        Some(&key),
    )
}
