//! `GET /.vestibule/start`: a browser at an application's host is sent to where it signs in (rules Q29 and R39).
//!
//! Invariant: nothing is stored; what has to be known later is sealed in an address and bound to a cookie of this browser.

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;

use super::place::CurrentPlace;
use super::visitor::Browser;
use super::{BASE, pages, start_cookie, visitor};
use crate::app::{App, HandOverState};
use crate::domain::ReturnTo;
use crate::http::address::address;
use crate::http::client_address::ClientAddress;
use crate::http::cookies::Cookie;
use crate::http::error::Error;
use crate::http::pages::Link;
use crate::http::response::Page;
use crate::keys;
use crate::policy::{CheckRefusal, KnownVisitor, Visit};
use crate::site::ApplicationPlace;

/// The longest path that a hand-over carries, in octets.
const LONGEST: usize = 2_000;

#[derive(Debug, Deserialize)]
pub(super) struct StartQuery {
    /// Where to go back to: a path at this host.
    rd: Option<String>,
    /// The slug or the identifier of the company.
    organization: Option<String>,
    /// Who wants to sign in.
    login_hint: Option<String>,
    /// `1`: the browser has sent something that is lost (rule Q48).
    lost: Option<String>,
}

pub(super) async fn show(
    State(app): State<Arc<App>>,
    ClientAddress(client): ClientAddress,
    CurrentPlace(place): CurrentPlace,
    Query(query): Query<StartQuery>,
    headers: HeaderMap,
) -> Result<Response, Error> {
    if Visit::of(Method::GET.as_str(), &headers) != Visit::Navigation {
        return Err(Error::BadRequest(
            "This address is for browsers that open it as a page.".into(),
        ));
    }
    let application = &place.application;
    let back_to = query.rd.as_deref().filter(|path| is_back_to(path));
    let back_to = back_to.unwrap_or(&application.rules.start_path).to_owned();
    if application.is_at_site() {
        let login = address("/sso/login", &[("return_to", Some(back_to.as_str()))]);
        return see_other(&login, []);
    }
    let known = visitor::find(
        &app,
        application,
        Browser::new(&place.origin, &headers, client),
    )
    .await;
    match known {
        KnownVisitor::Allowed(_) => return led_back(&place, &back_to, &headers),
        KnownVisitor::Refused { .. } => {
            let name = &application.application.display_name;
            let page = pages::refused(CheckRefusal::NotAllowed, name);
            return Ok(Page::new(page)
                .with_status(StatusCode::FORBIDDEN)
                .into_response());
        }
        KnownVisitor::Unasked => {
            return Err(Error::Unavailable(
                "who is there could not be found out".into(),
            ));
        }
        KnownVisitor::Nobody | KnownVisitor::UnusableToken => {}
    }
    let target = target(&app, &place, query.organization.as_deref())?;
    let cookie = start_cookie::add(&headers, place.origin.is_https(), app.clock.now());
    let state = HandOverState::new(
        application.id(),
        place.origin.to_string(),
        back_to,
        cookie.binding,
        app.clock.now(),
    );
    let state = state.with_lost(query.lost.as_deref() == Some("1"));
    let state = app
        .seal_hand_over(&state)
        .ok_or_else(|| Error::internal("a hand-over could not be sealed"))?;
    let parameters = [
        ("state", Some(state.as_str())),
        ("login_hint", query.login_hint.as_deref()),
    ];
    let target = format!("{target}{}", address("/sso/hand-over", &parameters));
    see_other(&target, cookie.set)
}

/// Whether a text is a path of the application's own host, and none of ours.
fn is_back_to(path: &str) -> bool {
    let path = ReturnTo::own_path(LONGEST, path);
    path.is_ok_and(|path| !path.as_str().starts_with(BASE))
}

/// Where the hand-over goes: the company's site where only one can be meant, else the hub.
fn target(
    app: &App,
    place: &ApplicationPlace,
    organization: Option<&str>,
) -> Result<String, Error> {
    let application = &place.application;
    let served = &application.rules.companies;
    let named = place.company.as_deref().or(organization);
    let only = || served.first().filter(|_| served.len() == 1);
    let found = match named {
        Some(named) => app.directory.site_named(named).or_else(|| {
            let id = named.parse().ok()?;
            app.directory.site_of(id)
        }),
        None => only().and_then(|slug| app.directory.site_named(slug)),
    };
    let found = found.filter(|site| application.application.companies.has(site.company.id));
    if let Some(site) = found {
        return Ok(site.company.origin.to_string());
    }
    match &app.hub {
        Some(hub) => Ok(hub.to_string()),
        None => Err(Error::BadRequest(
            "It is not known which company you are of. Open the application from your company's own address, or from its tile.".into(),
        )),
    }
}

/// Who is signed in here goes on. Who comes again at once with the same wish would go round for ever.
fn led_back(
    place: &ApplicationPlace,
    back_to: &str,
    headers: &HeaderMap,
) -> Result<Response, Error> {
    let https = place.origin.is_https();
    let mark = keys::hex(&keys::hash(back_to.as_bytes())[..16]);
    if Cookie::Returned.read(headers, https) == Some(mark.as_str()) {
        let name = &place.application.application.display_name;
        tracing::warn!(
            application = %place.application.application.name,
            "a browser that is signed in was sent to sign in again: does the proxy hand the cookies to the check?"
        );
        let page = pages::notice(
            "You are signed in, and the application did not notice",
            format!("{name} has sent you here twice within a few seconds."),
            &[
                "Allow cookies for this site in your browser, then try again.",
                "If you run the application: its proxy has to hand the Cookie header to the check.",
            ],
            Some(Link {
                href: back_to.to_owned(),
                text: "Try again".to_owned(),
            }),
        );
        return Ok(Page::new(page)
            .with_status(StatusCode::CONFLICT)
            .into_response());
    }
    see_other(back_to, Cookie::Returned.set(&mark, https))
}

/// A redirect whose address tells nobody where the browser came from.
pub(super) fn see_other(
    target: &str,
    cookies: impl IntoIterator<Item = HeaderValue>,
) -> Result<Response, Error> {
    let location = HeaderValue::try_from(target).map_err(Error::internal)?;
    let mut response = (StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response();
    let headers = response.headers_mut();
    headers.insert(
        header::REFERRER_POLICY,
        HeaderValue::from_static("no-referrer"),
    );
    for cookie in cookies {
        headers.append(header::SET_COOKIE, cookie);
    }
    Ok(response)
}
