//! The start of a sign-in through a connection.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::signed_in::send_on;
use crate::app::{App, Counted};
use crate::domain::{Connection, ReturnTo, ReturnToError};
use crate::http::address::choice;
use crate::http::client_address::ClientAddress;
use crate::http::cookies::Cookie;
use crate::http::current_site::CurrentSite;
use crate::http::error::Error;
use crate::http::login_cookie::browser;
use crate::http::send_off::send_off;
use crate::http::session;
use crate::login::{self, Ask, Start};
use crate::site::Site;

/// What an application or a link asks for.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Query {
    /// The name of the connection; not needed where there is one only.
    pub(super) connection: Option<String>,
    /// Where to go afterwards (rule E3).
    pub(super) return_to: Option<String>,
    /// Who wants to sign in.
    pub(super) login_hint: Option<String>,
    /// Ask the user again, whatever the identity provider remembers: `1` or `true`.
    pub(super) force: Option<String>,
    /// Let the user choose the account, where the identity provider speaks OpenID Connect: `1` or `true`.
    pub(super) another_account: Option<String>,
}

impl Query {
    fn ask(&self) -> Ask {
        let is_on = |value: &Option<String>| matches!(value.as_deref(), Some("1" | "true"));
        if is_on(&self.force) {
            Ask::Credentials
        } else if is_on(&self.another_account) {
            Ask::Account
        } else {
            Ask::Nothing
        }
    }
}

/// `GET /sso/login`
pub(super) async fn show(
    State(app): State<Arc<App>>,
    CurrentSite(site): CurrentSite,
    ClientAddress(client): ClientAddress,
    axum::extract::Query(query): axum::extract::Query<Query>,
    headers: HeaderMap,
) -> Result<Response, Error> {
    let named = query.connection.as_deref();
    let mut candidates = site
        .enabled_connections()
        .filter(|it| named.is_none_or(|name| it.connection.name.as_str() == name));
    match (candidates.next(), candidates.next()) {
        (Some(only), None) => {
            let connection = &only.connection;
            match still_signed_in(&app, &site, client, connection, &query, &headers).await? {
                Some(sent_on) => Ok(sent_on),
                None => begin(&app, &site, client, connection, &query, &headers).await,
            }
        }
        (None, _) if named.is_some() => Err(Error::BadRequest(
            "There is no such way to sign in here.".into(),
        )),
        _ => Ok(Redirect::to(&choice(query.return_to.as_deref())).into_response()),
    }
}

/// Rule E5: who was bounced to here and is signed in through the connection is sent on. (The session's cookie does not come with the
/// identity provider's POST, but with the redirect that answers it.)
async fn still_signed_in(
    app: &App,
    site: &Site,
    client: Option<IpAddr>,
    connection: &Connection,
    query: &Query,
    headers: &HeaderMap,
) -> Result<Option<Response>, Error> {
    let bounced = Cookie::Bounced.read(headers, site.is_https()).is_some();
    let Some(id) =
        session::session_id(headers, site).filter(|_| bounced && query.ask() == Ask::Nothing)
    else {
        return Ok(None);
    };
    let asker = app.asker(&site.company, client);
    let signed_in = app.sessions.signed_in_for(id, asker).await?;
    if signed_in.is_none_or(|it| it.session.connection_id != Some(connection.id)) {
        return Ok(None);
    }
    let target = check_return_to(app, site, query.return_to.as_deref())?
        .map_or_else(|| login::landing(site), |it| it.as_str().to_owned());
    send_on(site, headers, &target).map(Some)
}

/// `HEAD /` and `HEAD /sso/login`: a link is checked, nobody wants to sign in. Nothing is written down.
pub(super) async fn head(_: CurrentSite) -> StatusCode {
    StatusCode::OK
}

/// Begins a sign-in and sends the browser off.
pub(super) async fn begin(
    app: &App,
    site: &Site,
    client: Option<IpAddr>,
    connection: &Connection,
    query: &Query,
    headers: &HeaderMap,
) -> Result<Response, Error> {
    let return_to = check_return_to(app, site, query.return_to.as_deref())?;
    app.throttle.admit(Counted::Start, client, &site.company)?;
    let (browser, cookie) = browser(site, headers);
    let start = Start {
        connection,
        return_to: return_to.as_ref(),
        login_hint: query.login_hint.as_deref(),
        ask: query.ask(),
        browser: &browser,
        tested_by: None,
    };
    let begun = login::begin(app, site, start).await?;
    send_off(site, connection, begun, cookie)
}

/// A target that was asked for, checked (rule E3).
pub(super) fn check_return_to(
    app: &App,
    site: &Site,
    return_to: Option<&str>,
) -> Result<Option<ReturnTo>, Error> {
    let parse = |text: &str| {
        if text.starts_with(ReturnTo::HAND_OVER) && !is_hand_over(app, text) {
            return Err(Error::ForeignTarget);
        }
        ReturnTo::among(site.targets(), text).map_err(|why| match why {
            ReturnToError::TooLong => Error::BadRequest(
                "The address to return to is too long: 512 characters are the most. Keep what is longer in your application, and return to a short address.".into(),
            ),
            _ => Error::ForeignTarget,
        })
    };
    return_to
        .filter(|text| !text.is_empty())
        .map(parse)
        .transpose()
}

/// Whether a target is a hand-over that we have sealed, and that is in time.
fn is_hand_over(app: &App, target: &str) -> bool {
    let state = target.strip_prefix(ReturnTo::HAND_OVER);
    state.is_some_and(|state| app.open_hand_over(state).is_some())
}
