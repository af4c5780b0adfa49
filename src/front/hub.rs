//! The hub: the installation's own origin, where somebody says which company they are of (rules R39, R40 and R42).
//!
//! Invariants: it has no session; an e-mail address leads by a verified domain only, and an unknown domain looks like a known one
//! without single sign-on, so that nobody lists the customers of this server by asking.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{FromRequestParts as _, Query, Request, State};
use axum::http::request::Parts;
use axum::http::{Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::hand_over::{found, without_referrer};
use super::pages::WhichCompany;
use super::signed_in::see_other;
use crate::app::App;
use crate::domain::{Email, Origin};
use crate::http::address::address;
use crate::http::client_address::ClientAddress;
use crate::http::cookies::Cookie;
use crate::http::csrf::own_form;
use crate::http::current_site::host_key;
use crate::http::error::Error;
use crate::http::pages::Frame;
use crate::http::response::Page;
use crate::site::{ReadyApplication, Site};

/// The most companies that a browser's cookie names.
const MOST_COMPANIES: usize = 8;
/// What stands between their slugs, which have none of it.
const BETWEEN: char = '_';
/// As long as a cookie of ours may be.
const LONGEST: usize = 128;
const NO_COMPANY: &str = "No company here is found by this address. Check its spelling, or open the application from your company's own page.";

#[derive(Debug, Default, Deserialize)]
struct HubQuery {
    state: Option<String>,
    login_hint: Option<String>,
}

#[derive(Debug, Deserialize)]
struct WhichForm {
    state: Option<String>,
    email: String,
}

/// Answers where the host is the hub's, and leaves the rest to who comes next.
pub(super) async fn answer_at_hub(
    State(app): State<Arc<App>>,
    request: Request,
    next: Next,
) -> Response {
    let hub = app.hub.as_ref().map(Origin::host_key);
    let is_hub = hub.is_some() && host_key(request.headers()).as_deref() == hub;
    if !is_hub {
        return next.run(request).await;
    }
    let (mut parts, body) = request.into_parts();
    let Ok(ClientAddress(client)) = ClientAddress::from_request_parts(&mut parts, &app).await;
    let answer = match parts.method {
        Method::GET => ask(&app, &parts, client),
        Method::HEAD => Ok(StatusCode::OK.into_response()),
        Method::POST => match own_form(&mut parts, body, &app).await {
            Ok(form) => form
                .parse()
                .and_then(|form| answered(&app, &parts, client, form)),
            Err(error) => Err(error),
        },
        _ => Err(Error::MethodNotAllowed),
    };
    answer.unwrap_or_else(IntoResponse::into_response)
}

/// Leads on whoever has said it before, and asks the others.
fn ask(app: &App, parts: &Parts, client: Option<IpAddr>) -> Result<Response, Error> {
    let query = Query::<HubQuery>::try_from_uri(&parts.uri);
    let Query(query) = query.unwrap_or_default();
    let opened = query.state.as_deref().and_then(|state| found(app, state));
    if query.state.is_some() && opened.is_none() {
        return Err(Error::BadRequest(
            "This sign-in took too long. Open the application again.".into(),
        ));
    }
    let application = opened.as_ref().map(|(_, place)| place.application.as_ref());
    let hinted = query.login_hint.as_deref().and_then(|it| it.parse().ok());
    if let Some(email) = &hinted {
        app.throttle.admit_stranger(client)?;
        if let Some(site) = site_of(app, email, application) {
            // A link of somebody else says it for this once.
            return way_on(&site, query.state.as_deref(), Some(email));
        }
    }
    let mut known = known_companies(app, parts).into_iter();
    let known = known.find(|site| serves(application, site));
    if let Some(site) = known.filter(|_| query.state.is_some() && hinted.is_none()) {
        return way_on(&site, query.state.as_deref(), None);
    }
    Ok(page(app, application, query.state, String::new(), None))
}

fn answered(
    app: &App,
    parts: &Parts,
    client: Option<IpAddr>,
    form: WhichForm,
) -> Result<Response, Error> {
    app.throttle.admit_stranger(client)?;
    let opened = form.state.as_deref().and_then(|state| found(app, state));
    if form.state.is_some() && opened.is_none() {
        return Err(Error::BadRequest(
            "This sign-in took too long. Open the application again.".into(),
        ));
    }
    let application = opened.as_ref().map(|(_, place)| place.application.as_ref());
    let email: Option<Email> = form.email.trim().parse().ok();
    let site = email.as_ref().and_then(|it| site_of(app, it, application));
    if let Some(site) = site {
        return lead_on(app, parts, &site, form.state.as_deref(), email.as_ref());
    }
    let notice = Some(NO_COMPANY.to_owned());
    Ok(page(app, application, form.state, form.email, notice))
}

/// The company that an address's domain is verified for, when somebody can sign in there.
fn site_of(app: &App, email: &Email, application: Option<&ReadyApplication>) -> Option<Arc<Site>> {
    let company = app.applications.verified_company(&email.domain_name())?;
    let site = app.directory.site_of(company)?;
    let can_sign_in = site.enabled_connections().next().is_some();
    (can_sign_in && serves(application, &site)).then_some(site)
}

fn serves(application: Option<&ReadyApplication>, site: &Site) -> bool {
    application.is_none_or(|it| it.application.companies.has(site.company.id))
}

/// To the company's own site, which is the first one that this browser names from now on.
fn lead_on(
    app: &App,
    parts: &Parts,
    site: &Site,
    state: Option<&str>,
    email: Option<&Email>,
) -> Result<Response, Error> {
    let hint = email.map(Email::as_str);
    let path = match state {
        Some(_) => address("/sso/hand-over", &[("state", state), ("login_hint", hint)]),
        None => "/".to_owned(),
    };
    let mut response = see_other(&format!("{}{path}", site.company.origin))?;
    let own = site.company.slug.to_string();
    let before = known_companies(app, parts);
    let before = before.iter().map(|site| site.company.slug.to_string());
    let mut slugs = String::new();
    let others = before.filter(|slug| *slug != own);
    for slug in std::iter::once(own.clone())
        .chain(others)
        .take(MOST_COMPANIES)
    {
        if slugs.len() + slug.len() < LONGEST {
            if !slugs.is_empty() {
                slugs.push(BETWEEN);
            }
            slugs.push_str(&slug);
        }
    }
    let https = app.hub.as_ref().is_some_and(Origin::is_https);
    let cookie = Cookie::Companies.set(&slugs, https);
    let cookie = cookie.map(|cookie| (header::SET_COOKIE, cookie));
    response.headers_mut().extend(cookie);
    Ok(response)
}

/// To a company's own site.
fn way_on(site: &Site, state: Option<&str>, email: Option<&Email>) -> Result<Response, Error> {
    let hint = email.map(Email::as_str);
    let path = match state {
        Some(_) => address("/sso/hand-over", &[("state", state), ("login_hint", hint)]),
        None => "/".to_owned(),
    };
    see_other(&format!("{}{path}", site.company.origin)).map(without_referrer)
}

/// The companies that this browser has said before, the last one first.
fn known_companies(app: &App, parts: &Parts) -> Vec<Arc<Site>> {
    let https = app.hub.as_ref().is_some_and(Origin::is_https);
    let Some(slugs) = Cookie::Companies.read(&parts.headers, https) else {
        return Vec::new();
    };
    let known = |slug| app.directory.site_named(slug);
    slugs
        .split(BETWEEN)
        .take(MOST_COMPANIES)
        .filter_map(known)
        .collect()
}

fn page(
    app: &App,
    application: Option<&ReadyApplication>,
    state: Option<String>,
    email: String,
    notice: Option<String>,
) -> Response {
    let plain_http = app.hub.as_ref().is_some_and(|hub| !hub.is_https());
    Page::new(WhichCompany {
        frame: Frame::default(),
        application: application.map(|it| it.application.display_name.clone()),
        state,
        email,
        notice,
    })
    // The form leads, by a redirect, to the company's own site.
    .leading_to_identity_provider(plain_http)
    .into_response()
}
