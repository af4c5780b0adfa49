//! `GET /sso/hand-over`: a hand-over to an application on its way (rule Q30): who is it, may they, then a code.
//!
//! Invariants: what is asked for is what we have sealed; whether somebody may use the application is decided here, before there is a
//! code; the code leads to the origin that the hand-over came from and nowhere else (rule Q32).

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;
use time::Duration;

use super::signed_in::see_other;
use crate::app::{App, HandOverState};
use crate::domain::ReturnTo;
use crate::http::address::address;
use crate::http::current_site::CurrentSite;
use crate::http::error::Error;
use crate::http::pages::{FailurePage, Frame, Link};
use crate::http::response::Page;
use crate::http::session::CurrentSession;
use crate::keys;
use crate::site::{ApplicationPlace, Site};
use crate::store::{CodeKind, OneTimeCode, SignedIn};

/// How long a code counts.
const CODE_LIFE: Duration = Duration::seconds(60);

#[derive(Debug, Deserialize)]
pub(super) struct HandOverQuery {
    state: String,
    login_hint: Option<String>,
}

pub(super) async fn show(
    State(app): State<Arc<App>>,
    CurrentSite(site): CurrentSite,
    CurrentSession(signed_in): CurrentSession,
    Query(query): Query<HandOverQuery>,
) -> Result<Response, Error> {
    let Some((state, place)) = found(&app, &query.state) else {
        return Ok(over(&site));
    };
    let application = &place.application;
    let slug = site.company.slug.as_str();
    let is_served = application.application.companies.has(site.company.id)
        && place.company.as_deref().is_none_or(|label| label == slug);
    if !is_served {
        return Ok(refused(&site, &application.application.display_name, false));
    }
    let Some(signed_in) = signed_in else {
        let target = format!("{}{}", ReturnTo::HAND_OVER, query.state);
        let parameters = [
            ("return_to", Some(target.as_str())),
            ("login_hint", query.login_hint.as_deref()),
        ];
        return see_other(&address("/sso/login", &parameters)).map(without_referrer);
    };
    if !site.allows(application.id(), &signed_in.groups) {
        return Ok(refused(&site, &application.application.display_name, true));
    }
    let code = issue(&app, &state, &signed_in).await?;
    let target = format!("{}/.vestibule/finish?code={code}", place.origin);
    see_other(&target).map(without_referrer)
}

/// A form is the hub's.
pub(super) async fn nobody(_: CurrentSite) -> Error {
    Error::MethodNotAllowed
}

/// What was sealed, and the place that it comes from, if that is still the application's.
pub(super) fn found(app: &App, state: &str) -> Option<(HandOverState, ApplicationPlace)> {
    let state = app.open_hand_over(state)?;
    let place = app.applications.at_origin(&state.origin)?;
    (place.application.id() == state.application).then_some((state, place))
}

async fn issue(app: &App, state: &HandOverState, signed_in: &SignedIn) -> Result<String, Error> {
    let (text, hash) = keys::new_secret();
    let code = OneTimeCode {
        hash,
        kind: CodeKind::Gate,
        application_id: state.application,
        origin: state.origin.clone(),
        session: signed_in.key,
        binding: state.binding,
        back_to: state.back_to.clone(),
        lost: state.lost,
        expires_at: app.clock.now().saturating_add(CODE_LIFE),
    };
    app.store.add_code(&code).await?;
    Ok(text)
}

pub(super) fn without_referrer(mut response: Response) -> Response {
    response.headers_mut().insert(
        header::REFERRER_POLICY,
        HeaderValue::from_static("no-referrer"),
    );
    response
}

fn over(site: &Site) -> Response {
    page(
        site,
        StatusCode::BAD_REQUEST,
        "This sign-in is over",
        "It took too long, or its address was not copied whole.".to_owned(),
        &["Open the application again."],
        None,
    )
}

fn refused(site: &Site, name: &str, is_signed_in: bool) -> Response {
    let (what, link) = if is_signed_in {
        (
            format!(
                "You are signed in, and {} does not let your account use {name}.",
                site.company.name
            ),
            Some(Link {
                href: "/sso/logout".to_owned(),
                text: "Sign out".to_owned(),
            }),
        )
    } else {
        (
            format!("{name} is not for users of {}.", site.company.name),
            None,
        )
    };
    page(
        site,
        StatusCode::FORBIDDEN,
        "You may not use this application",
        what,
        &["Ask your company's administrator to let one of your permission groups use it."],
        link,
    )
}

fn page(
    site: &Site,
    status: StatusCode,
    title: &str,
    what: String,
    next: &[&str],
    link: Option<Link>,
) -> Response {
    let page = FailurePage::notice(Frame::of(&site.company), title, what, next, link);
    Page::new(page).with_status(status).into_response()
}
