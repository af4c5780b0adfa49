//! A provider's tile: a sign-in that begins there (OpenID Connect Core 1.0, section 4; rule L9).

use std::sync::Arc;

use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};

use super::pages::FramedStart;
use super::start::{self, Query};
use crate::app::App;
use crate::http::client_address::ClientAddress;
use crate::http::current_site::CurrentSite;
use crate::http::error::Error;
use crate::http::form::Encoding;
use crate::http::pages::Frame;
use crate::http::request_body::RequestBody;
use crate::http::response::Page;
use crate::site::Site;

/// `GET /sso/oidc/initiate/{connection}`
pub(super) async fn show(
    state: State<Arc<App>>,
    site: CurrentSite,
    client: ClientAddress,
    Path(name): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Error> {
    let query = query.unwrap_or_default();
    initiate(state, site, client, &name, query.as_bytes(), &headers).await
}

/// `POST /sso/oidc/initiate/{connection}`
pub(super) async fn submit(
    state: State<Arc<App>>,
    site: CurrentSite,
    client: ClientAddress,
    Path(name): Path<String>,
    headers: HeaderMap,
    body: RequestBody,
) -> Result<Response, Error> {
    Encoding::Urlencoded.expect(&headers)?;
    initiate(state, site, client, &name, body.octets(), &headers).await
}

async fn initiate(
    State(app): State<Arc<App>>,
    CurrentSite(site): CurrentSite,
    ClientAddress(client): ClientAddress,
    name: &str,
    encoded: &[u8],
    headers: &HeaderMap,
) -> Result<Response, Error> {
    let found = site.connection_named(name).filter(|found| {
        let settings = &found.connection.settings;
        settings.oidc().is_some()
    });
    let found = found.ok_or(Error::NotFound)?;
    let mut asked = Query::default();
    for (name, value) in form_urlencoded::parse(encoded) {
        let (place, value) = match &*name {
            "iss" => {
                check_issuer(&found.connection, &value)?;
                continue;
            }
            "login_hint" => (&mut asked.login_hint, value),
            "target_link_uri" => (&mut asked.return_to, value),
            _ => continue,
        };
        if place.replace(value.into_owned()).is_some() {
            return Err(Error::BadRequest(format!("{name} came twice.").into()));
        }
    }
    if !found.is_enabled() {
        return Err(Error::Conflict(
            "This way to sign in is not enabled yet. An administrator switches it on.".into(),
        ));
    }
    if is_framed(headers) {
        return Ok(framed(&site, name));
    }
    start::begin(&app, &site, client, &found.connection, &asked, headers).await
}

fn check_issuer(connection: &crate::domain::Connection, iss: &str) -> Result<(), Error> {
    let is_issuer = connection
        .settings
        .oidc()
        .is_some_and(|oidc| oidc.issuer.is_in_callback(iss));
    if is_issuer {
        return Ok(());
    }
    Err(Error::BadRequest(
        "It comes from another identity provider than this way to sign in has.".into(),
    ))
}

/// Whether the page is to stand inside another one, where nobody sees who asks (Core, section 4).
fn is_framed(headers: &HeaderMap) -> bool {
    let destination = headers.get("sec-fetch-dest").map(HeaderValue::as_bytes);
    matches!(
        destination,
        Some(b"iframe" | b"frame" | b"embed" | b"object")
    )
}

fn framed(site: &Site, name: &str) -> Response {
    Page::new(FramedStart {
        frame: Frame::of(&site.company),
        address: format!("/sso/oidc/initiate/{name}"),
    })
    .with_status(StatusCode::FORBIDDEN)
    .into_response()
}
