//! Test connection: a real way to the identity provider and back, after which nobody is signed in.

use askama::Template;
use axum::extract::{Path, Query};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use serde::Deserialize;

use super::head::{ConnectionHead, ConnectionTab};
use crate::app::Counted;
use crate::console::people::words::ConnectionNames;
use crate::console::sign_ins::{SignInLine, sign_in_line};
use crate::console::{Console, ConsoleForm, ConsoleFrame, Section};
use crate::domain::login_attempt::LIFETIME;
use crate::domain::{Connection, ConnectionId, Outcome, Protocol};
use crate::http::error::Error;
use crate::http::login_cookie::browser;
use crate::http::response::Page;
use crate::http::routes::Routes;
use crate::http::send_off::send_off;
use crate::login::{self, Ask, Start};

pub(super) fn routes(routes: Routes) -> Routes {
    routes.route("/admin/connections/{id}/test", get(show).post(begin))
}

#[derive(Debug, Template)]
#[template(path = "console/connection/test_connection.html")]
struct TestConnection {
    frame: ConsoleFrame,
    head: ConnectionHead,
    /// What has to be there before a test; none when it can begin.
    missing: Option<&'static str>,
    tests: Vec<SignInLine>,
    /// Whether the last test that came to an end passed.
    has_passed: bool,
    /// Whether another connection is enabled.
    is_further: bool,
    /// Whether the newest test waits for the identity provider.
    is_under_way: bool,
    /// Where a browser without script looks for the result; none when it has looked for as long as a test lasts.
    look_again: Option<String>,
}

/// `GET /admin/connections/{id}/test`
async fn show(
    console: Console,
    Path(id): Path<ConnectionId>,
    Query(seen): Query<Seen>,
) -> Result<Response, Error> {
    let connection = console.admin().connection_to_test(id).await?;
    page(&console, &connection, StatusCode::OK, seen.looks).await
}

/// How often a browser without script has looked.
#[derive(Debug, Default, Deserialize)]
struct Seen {
    #[serde(default)]
    looks: u32,
}

/// Every ten seconds for as long as a sign-in may take. A page that is left open for ever must not keep its session.
const LOOKS: u32 = 60;

#[derive(Debug, Deserialize)]
struct TestForm {
    /// Whether the user has to be asked again, whatever the identity provider remembers.
    force: Option<String>,
    /// Whether the user has to consent again to what we ask for.
    consent: Option<String>,
}

impl TestForm {
    const fn ask(&self) -> Ask {
        match (&self.force, &self.consent) {
            (Some(_), _) => Ask::Credentials,
            (None, Some(_)) => Ask::Consent,
            (None, None) => Ask::Nothing,
        }
    }
}

/// `POST /admin/connections/{id}/test`
async fn begin(
    Path(id): Path<ConnectionId>,
    headers: HeaderMap,
    ConsoleForm(console, fields): ConsoleForm<TestForm>,
) -> Result<Response, Error> {
    let admin = console.admin();
    let connection = admin.connection_to_test(id).await?;
    if missing(&connection).is_some() {
        return page(
            &console,
            &connection,
            StatusCode::UNPROCESSABLE_ENTITY,
            LOOKS,
        )
        .await;
    }
    let (app, site) = (&console.app, &console.site);
    app.throttle
        .admit(Counted::Start, console.client, &site.company)?;
    let (browser, cookie) = browser(site, &headers);
    let start = Start {
        connection: &connection,
        return_to: None,
        login_hint: None,
        ask: fields.ask(),
        browser: &browser,
        tested_by: Some(console.me.user.id),
    };
    let begun = login::begin(app, site, start).await?;
    admin.note_test(&connection, &begun.code).await?;
    send_off(site, &connection, begun, cookie)
}

async fn page(
    console: &Console,
    connection: &Connection,
    status: StatusCode,
    looks: u32,
) -> Result<Response, Error> {
    let tests = console.admin().tests_of(connection.id).await?;
    let connections = ConnectionNames::of(console);
    let view = TestConnection {
        frame: console.frame(Section::Connections, connection.display_name.clone()),
        head: ConnectionHead::of(connection, ConnectionTab::Test),
        missing: missing(connection),
        is_under_way: tests.first().is_some_and(|newest| {
            newest.outcome == Outcome::Open && console.now() - newest.started_at < LIFETIME
        }),
        look_again: (looks < LOOKS).then(|| {
            let looks = looks + 1;
            format!("/admin/connections/{}/test?looks={looks}", connection.id)
        }),
        has_passed: tests
            .iter()
            .find(|test| test.outcome != Outcome::Open)
            .is_some_and(|test| test.outcome == Outcome::Tested),
        is_further: console
            .site
            .enabled_connections()
            .any(|other| other.connection.id != connection.id),
        tests: tests
            .into_iter()
            .map(|row| sign_in_line(row, &connections, console.now()))
            .collect(),
    };
    Ok(Page::new(view)
        .with_status(status)
        .leading_to_identity_provider(is_plain_http(connection))
        .into_response())
}

/// Whether the test leads to an address without TLS, as a provider of a developer's has it.
fn is_plain_http(connection: &Connection) -> bool {
    let is_plain = |address: &str| address.starts_with("http:");
    match &connection.settings.protocol {
        Protocol::Saml(saml) => {
            let addresses = [&saml.sso_post_url, &saml.sso_redirect_url];
            addresses.into_iter().flatten().any(|it| is_plain(it))
        }
        Protocol::Oidc(oidc) => match &oidc.discovery {
            Some(discovery) => is_plain(&discovery.authorization_endpoint),
            None => is_plain(&oidc.issuer.discovery_url()),
        },
    }
}

fn missing(connection: &Connection) -> Option<&'static str> {
    let settings = &connection.settings;
    if let Some(oidc) = settings.oidc() {
        return if oidc.client_id.is_empty() {
            Some("Enter the client ID first: the provider knows us by it.")
        } else if !oidc.has_credential() {
            Some(
                "Add the client secret or a key pair first: without one no answer can be redeemed.",
            )
        } else {
            None
        };
    }
    if settings.saml().sso_post_url.is_none() && settings.saml().sso_redirect_url.is_none() {
        return Some("Enter the Login URL first: a test begins at the identity provider.");
    }
    if settings.saml().certificates.is_empty() {
        return Some("Add the x.509 Certificate first: without it no answer can be believed.");
    }
    None
}
