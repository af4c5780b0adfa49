//! `/.vestibule/sign-out`: the end of the session behind a gate session, and of all its children (rule Q53).
//!
//! Invariants: the local session ends first; a link on another site, or one that is fetched before somebody clicks it, signs nobody
//! out.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, header};
use axum::response::{IntoResponse as _, Response};

use super::pages::{SignOutPage, notice};
use super::place::CurrentPlace;
use super::start::see_other;
use super::{BASE, visitor};
use crate::app::App;
use crate::http::client_address::ClientAddress;
use crate::http::cookies::Cookie;
use crate::http::csrf::{csrf_token, has_token, own_form};
use crate::http::error::Error;
use crate::http::pages::{Frame, Link};
use crate::http::response::Page;
use crate::logout;
use crate::policy::Visit;
use crate::site::ApplicationPlace;

const PURPOSE: &str = "sign out";

pub(super) async fn show(
    State(app): State<Arc<App>>,
    ClientAddress(client): ClientAddress,
    CurrentPlace(place): CurrentPlace,
    headers: HeaderMap,
) -> Result<Response, Error> {
    if is_meant(&headers) {
        return end(&app, &place, &headers, client).await;
    }
    let https = place.origin.is_https();
    let page = SignOutPage {
        frame: Frame::at_application(BASE),
        application: place.application.application.display_name.clone(),
        csrf: token(&app, &place, &headers).unwrap_or_default(),
    };
    // The form leads to the company's site, and from there perhaps to the identity provider.
    let page = Page::new(page).leading_to_identity_provider(!https);
    Ok(page.into_response())
}

pub(super) async fn submit(
    State(app): State<Arc<App>>,
    ClientAddress(client): ClientAddress,
    CurrentPlace(place): CurrentPlace,
    request: Request,
) -> Result<Response, Error> {
    let (mut parts, body) = request.into_parts();
    let form = own_form(&mut parts, body, &app).await?;
    if !has_token(&form, token(&app, &place, &parts.headers)) {
        return Err(Error::ForeignForm);
    }
    end(&app, &place, &parts.headers, client).await
}

/// The form's token, of the cookie that says who is signed in here; none where there is none.
fn token(app: &App, place: &ApplicationPlace, headers: &HeaderMap) -> Option<String> {
    let cookie = if place.application.is_at_site() {
        Cookie::Session
    } else {
        Cookie::Gate
    };
    let value = cookie.read(headers, place.origin.is_https())?;
    Some(csrf_token(app, PURPOSE, cookie, value))
}

/// Whether a page of the application, or of one beside it, has led the person here by a click.
fn is_meant(headers: &HeaderMap) -> bool {
    let site = headers.get("sec-fetch-site").map(HeaderValue::as_bytes);
    let is_near = matches!(site, Some(b"same-origin" | b"same-site"));
    let is_fetched_ahead = headers.contains_key("sec-purpose") || headers.contains_key("purpose");
    is_near && !is_fetched_ahead && Visit::of(Method::GET.as_str(), headers) == Visit::Navigation
}

async fn end(
    app: &App,
    place: &ApplicationPlace,
    headers: &HeaderMap,
    client: Option<IpAddr>,
) -> Result<Response, Error> {
    let https = place.origin.is_https();
    let parent = visitor::parent(app, &place.application, &place.origin, headers, client).await?;
    let ended = match parent {
        Some(parent) => logout::end_session(app, parent).await?,
        None => None,
    };
    let cleared = [Cookie::Gate, Cookie::Returned].map(|cookie| cookie.clear(https));
    let target = match &ended {
        Some(ended) => logout::address_of_end(app, ended).await?,
        None => None,
    };
    if let Some(target) = target {
        return see_other(&target, cleared);
    }
    let name = &place.application.application.display_name;
    let link = Link {
        href: format!("{BASE}/start"),
        text: "Sign in again".to_owned(),
    };
    let what = format!("{name} has forgotten you in this browser.");
    let page = notice("You are signed out", what, &[], Some(link));
    let mut response = Page::new(page).into_response();
    for cookie in cleared {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    Ok(response)
}
