//! The sign-on URL: the My Apps tile opens it.

use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Redirect, Response};

use super::logout::{SignOutForm, with_sign_out};
use super::pages::{SignedInPage, Tile};
use super::signed_in::see_other;
use super::start;
use crate::app::App;
use crate::http::client_address::ClientAddress;
use crate::http::cookies::Cookie;
use crate::http::csrf::{Purpose, csrf_token};
use crate::http::current_site::CurrentSite;
use crate::http::error::Error;
use crate::http::pages::{Frame, Moment};
use crate::http::response::Page;
use crate::http::session::{self, CurrentSession};
use crate::site::Site;
use crate::store::SignedIn;

/// `GET /`
pub(super) async fn show(
    State(app): State<Arc<App>>,
    CurrentSite(site): CurrentSite,
    ClientAddress(client): ClientAddress,
    CurrentSession(signed_in): CurrentSession,
    headers: HeaderMap,
) -> Result<Response, Error> {
    if let Some(signed_in) = signed_in {
        let tiles = tiles(&app, &site, &signed_in);
        return Ok(match (&site.company.landing, tiles.as_slice()) {
            (Some(landing), _) if landing != "/" => Redirect::to(landing).into_response(),
            // An administrator has the console to go to as well.
            (_, [only]) if !signed_in.is_administrator() => see_other(&only.href)?,
            _ => {
                let page = Page::new(landing_page(&app, &site, &signed_in, tiles, &headers));
                with_sign_out(page, &site, &signed_in.session).into_response()
            }
        });
    }
    let mut enabled = site.enabled_connections();
    match (enabled.next(), enabled.next()) {
        (Some(only), None) => {
            start::begin(
                &app,
                &site,
                client,
                &only.connection,
                &start::Query::default(),
                &headers,
            )
            .await
        }
        _ => Ok(Redirect::to("/sign-in").into_response()),
    }
}

/// The applications that somebody may use, by name.
fn tiles(app: &App, site: &Site, signed_in: &SignedIn) -> Vec<Tile> {
    let all = app.applications.all();
    let may = all.iter().filter(|it| {
        it.application.companies.has(site.company.id) && site.allows(it.id(), &signed_in.groups)
    });
    may.filter_map(|it| {
        Some(Tile {
            name: it.application.display_name.clone(),
            description: it.application.settings.description.clone(),
            href: it.launch_address(site.company.slug.as_str())?,
        })
    })
    .collect()
}

/// The launch page: who is signed in, and where to go on.
fn landing_page(
    app: &App,
    site: &Site,
    signed_in: &SignedIn,
    tiles: Vec<Tile>,
    headers: &HeaderMap,
) -> SignedInPage {
    let (user, session) = (&signed_in.user, &signed_in.session);
    let full_name = format!("{} {}", user.first_name, user.last_name);
    let name = match full_name.trim() {
        "" => user.email.as_str(),
        full => full,
    };
    let connection = session.connection_id.and_then(|id| site.connection(id));
    let cookie = session::session_id(headers, site)
        .map(session::cookie_value)
        .unwrap_or_default();
    SignedInPage {
        frame: Frame::of(&site.company),
        is_administrator: signed_in.is_administrator(),
        name: name.to_owned(),
        email: user.email.as_str().to_owned(),
        company_name: (!user.company_name.is_empty()).then(|| user.company_name.clone()),
        groups: signed_in
            .groups
            .iter()
            .map(|group| group.title.clone())
            .collect(),
        connection: connection.map_or_else(
            || "Password".to_owned(),
            |it| it.connection.display_name.clone(),
        ),
        tiles,
        application: site.company.return_origins.first().map(|origin| {
            let host = origin.as_str().split("//").nth(1).unwrap_or_default();
            (origin.to_string(), host.to_owned())
        }),
        since: Moment::from(session.signed_in_at),
        expires_at: Moment::from(session.expires_at),
        csrf: csrf_token(app, SignOutForm::PURPOSE, Cookie::Session, &cookie),
    }
}
