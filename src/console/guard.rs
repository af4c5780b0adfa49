//! Who may enter the console.
//!
//! Invariant: a handler behind the guard runs for an administrator of the company of the host, and finds a [`Console`].
//! Whoever is nobody is led to the sign-in and back, with the form that was filled in ([`kept_form`]); whoever is a member is told so,
//! whoever sends more forms than the limits allow is told to wait, and no body is read.

use std::sync::Arc;

use axum::extract::{FromRequestParts as _, Request, State};
use axum::http::{Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};

use super::session_data::{PendingMessage, SessionData};
use super::{Console, banner, failure, form_token, kept_form};
use crate::app::App;
use crate::domain::ReturnTo;
use crate::http::address::choice;
use crate::http::client_address::ClientAddress;
use crate::http::cookies::Cookie;
use crate::http::current_site::{CameByAlias, CurrentSite};
use crate::http::error::Error;
use crate::http::failure::prefers_json;
use crate::http::session::{CurrentSession, session_id};

pub(super) async fn admit(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let is_read = matches!(parts.method, Method::GET | Method::HEAD);
    let wants_json = prefers_json(&parts.headers);
    let path = parts
        .uri
        .path_and_query()
        .map_or("/admin", |it| it.as_str());
    let path = path.to_owned();
    if is_read
        && let Ok(CameByAlias(true)) = CameByAlias::from_request_parts(&mut parts, &app).await
        && let Ok(CurrentSite(site)) = CurrentSite::from_request_parts(&mut parts, &app).await
    {
        return Redirect::to(&format!("{}{path}", site.company.origin)).into_response();
    }
    let (console, messages) = match enter(&app, &mut parts, is_read).await {
        Ok(Some(entered)) => entered,
        Ok(None) if is_read && !wants_json => {
            // A long filter is not worth the way back to the page.
            let is_short = path.len() <= ReturnTo::LONGEST;
            let back = if is_short { path.as_str() } else { "/admin" };
            return Redirect::to(&choice(Some(back))).into_response();
        }
        // The session has ended while the page was open.
        Ok(None) if !is_read && !wants_json => {
            return kept_form::keep(&app, parts, body).await.into_response();
        }
        Ok(None) => return Error::ForeignForm.into_response(),
        Err(cause) => return cause.into_response(),
    };
    parts.extensions.insert(console.clone());
    let answer = next.run(Request::from_parts(parts, body)).await;
    let answer = if wants_json {
        answer
    } else {
        failure::in_frame(answer, &console)
    };
    if is_page(&answer) {
        console.data.told(messages);
    }
    save_data(&console, answer, is_read).await
}

/// Saves what the pages of the session are to keep. A page that asks for what is not kept is none; what was only told is not worth
/// that somebody takes a change for undone.
async fn save_data(console: &Console, answer: Response, is_read: bool) -> Response {
    match console.data.save(console.now()).await {
        Ok(()) => answer,
        Err(cause) if is_read || answer.status().is_redirection() => {
            tracing::warn!(%cause, "what a session's pages keep could not be saved");
            answer
        }
        Err(cause) => cause.into_response(),
    }
}

fn is_page(answer: &Response) -> bool {
    answer
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"))
}

/// The administrator who asks, and what waits to be told on the page; none when nobody is signed in.
async fn enter(
    app: &Arc<App>,
    parts: &mut axum::http::request::Parts,
    is_read: bool,
) -> Result<Option<(Console, Vec<PendingMessage>)>, Error> {
    let CurrentSite(site) = CurrentSite::from_request_parts(parts, app).await?;
    let CurrentSession(session) = CurrentSession::from_request_parts(parts, app).await?;
    let Some(me) = session else { return Ok(None) };
    if !me.is_administrator() {
        return Err(Error::NotAdministrator);
    }
    if !is_read {
        app.throttle.admit_to_console(me.key, &site.company)?;
    }
    let Ok(ClientAddress(client)) = ClientAddress::from_request_parts(parts, app).await;
    let cookie = Cookie::Session.read(&parts.headers, site.is_https());
    let (Some(cookie), Some(id)) = (cookie, session_id(&parts.headers, &site)) else {
        return Ok(None);
    };
    let csrf = form_token::of(app, cookie, site.company.id, me.user.id);
    let data = SessionData::new(app.sessions.data(id));
    let messages = match parts.method {
        Method::GET => data.messages_at(parts.uri.path(), app.clock.now()).await?,
        _ => Vec::new(),
    };
    let flash = messages.last().map(|message| message.flash.clone());
    let mut console = Console {
        app: Arc::clone(app),
        site,
        me: Arc::new(me),
        client,
        csrf: csrf.into(),
        data,
        flash: flash.map(Arc::new),
        banners: Arc::new([]),
        break_glass: 0,
    };
    // The answer to a form leads to a page.
    if is_read {
        banner::load_banners(&mut console, parts.uri.path()).await?;
    }
    Ok(Some((console, messages)))
}
