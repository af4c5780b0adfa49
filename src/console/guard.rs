//! Who may enter the console.
//!
//! Invariant: a handler behind the guard runs for an administrator of the company of the host, and finds a [`Console`].
//! Whoever is nobody is led to the sign-in and back, with the form that was filled in ([`kept_form`]); whoever is a member is told so,
//! whoever sends more forms than the limits allow is told to wait, and no body is read.

use std::sync::Arc;

use axum::extract::{FromRequestParts as _, Request, State};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};

use super::{Console, banner, failure, flash, form_token, kept_form};
use crate::app::App;
use crate::domain::ReturnTo;
use crate::http::address::choice;
use crate::http::client_address::ClientAddress;
use crate::http::cookies::Cookie;
use crate::http::current_site::{CameByAlias, CurrentSite};
use crate::http::error::Error;
use crate::http::failure::prefers_json;
use crate::http::session::CurrentSession;

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
    let console = match enter(&app, &mut parts, is_read).await {
        Ok(Some(console)) => console,
        Ok(None) if is_read && !wants_json => {
            // A long filter is not worth the way back to the page.
            let is_short = path.len() <= ReturnTo::LONGEST;
            let back = if is_short { path.as_str() } else { "/admin" };
            return Redirect::to(&choice(Some(back))).into_response();
        }
        // The session has ended while the page was open.
        Ok(None) if !is_read && !wants_json => {
            return kept_form::over(&app, parts, body).await.into_response();
        }
        Ok(None) => return Error::ForeignForm.into_response(),
        Err(cause) => return cause.into_response(),
    };
    let https = console.site.is_https();
    parts.extensions.insert(console.clone());
    let answer = next.run(Request::from_parts(parts, body)).await;
    let answer = if wants_json {
        answer
    } else {
        failure::in_frame(answer, &console)
    };
    flash::taken(answer, console.flash.is_some(), https)
}

/// The administrator who asks; none when nobody is signed in.
async fn enter(
    app: &Arc<App>,
    parts: &mut axum::http::request::Parts,
    is_read: bool,
) -> Result<Option<Console>, Error> {
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
    let https = site.is_https();
    let Some(cookie) = Cookie::Session.read(&parts.headers, https) else {
        return Ok(None);
    };
    let csrf = form_token::of(app, cookie, site.company.id, me.user.id);
    let flash = flash::read(app, &parts.headers, https, &csrf);
    let mut console = Console {
        app: Arc::clone(app),
        site,
        me: Arc::new(me),
        client,
        csrf: csrf.into(),
        flash: flash.map(Arc::new),
        banners: Arc::new([]),
        break_glass: 0,
    };
    // The answer to a form leads to a page.
    if is_read {
        banner::tell(&mut console, parts.uri.path()).await?;
    }
    Ok(Some(console))
}
