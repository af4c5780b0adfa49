//! Account Settings, Single Sign On Settings: the connections, in the order of the sign-in page.

use askama::Template;
use axum::extract::Path;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use serde::Deserialize;
use time::OffsetDateTime;

use super::certificate_days::Remaining;
use super::head::{ConnectionHead, ConnectionTab};
use super::{set_up_steps, settings};
use crate::admin::{CertificateFacts, CertificateState, Refused, certificate_warning, missing};
use crate::console::times::day;
use crate::console::{Console, ConsoleForm, ConsoleFrame, Section, Tone, tell_at};
use crate::domain::{ClientAuthMethod, Connection, ConnectionId, OidcSettings, Protocol};
use crate::http::error::Error;
use crate::http::response::Page;
use crate::http::routes::Routes;

pub(super) fn routes(routes: Routes) -> Routes {
    routes
        .route("/admin/connections", get(list))
        .route("/admin/connections/{id}/switch", post(switch))
        .route("/admin/connections/{id}/enabled", get(enabled))
}

#[derive(Debug, Template)]
#[template(path = "console/connection/connections.html")]
struct ConnectionsPage {
    frame: ConsoleFrame,
    connections: Vec<ConnectionLine>,
}

/// One connection in the list.
#[derive(Debug)]
struct ConnectionLine {
    id: ConnectionId,
    name: String,
    display_name: String,
    /// What it speaks, and with whom.
    protocol: &'static str,
    provider: String,
    sort_order: i64,
    is_enabled: bool,
    /// Where its set-up goes on, until it is enabled.
    unfinished_page: String,
    /// What it still needs, and what deserves a look, in a sentence each.
    missing: Vec<String>,
    /// How long its certificate or its client secret lasts, and where it is changed.
    credential: (&'static str, String),
    credential_page: &'static str,
}

impl ConnectionLine {
    fn of(connection: Connection, now: OffsetDateTime) -> Self {
        let (protocol, credential, credential_page) = match &connection.settings.protocol {
            Protocol::Saml(_) => (
                "SAML 2.0",
                certificates_state(&connection, now),
                "/certificates",
            ),
            Protocol::Oidc(oidc) if oidc.key_in_use().is_some() => {
                ("OpenID Connect", secret_state(oidc, now), "#keys")
            }
            Protocol::Oidc(oidc) => ("OpenID Connect", secret_state(oidc, now), "#secret"),
        };
        let missing = missing(&connection).into_iter().map(|it| it.what);
        let is_unverified = connection
            .settings
            .oidc()
            .is_some_and(|oidc| oidc.discovery.is_none());
        let verify = "Never verified: press Verify on its page.".to_owned();
        Self {
            id: connection.id,
            unfinished_page: set_up_steps::unfinished_page(&connection),
            name: connection.name.to_string(),
            protocol,
            provider: connection.settings.provider_name(),
            sort_order: connection.sort_order,
            is_enabled: connection.enabled,
            missing: missing.chain(is_unverified.then_some(verify)).collect(),
            credential,
            credential_page,
            display_name: connection.display_name,
        }
    }
}

/// The tone and the words for a connection's client secret or key pair.
fn secret_state(oidc: &OidcSettings, now: OffsetDateTime) -> (&'static str, String) {
    let name = credential_name(oidc);
    if !oidc.has_credential() {
        return ("bad", format!("No {name} yet"));
    }
    match oidc.credential_end().map(|until| Remaining::of(until, now)) {
        None => ("off", "No expiry date given".to_owned()),
        Some(remaining) if remaining.tone() == Tone::Good => {
            ("good", format!("Until {}", day(remaining.until)))
        }
        Some(remaining) => {
            let tone = if remaining.days < 0 { "bad" } else { "warn" };
            (tone, format!("The {name} {}", remaining.text()))
        }
    }
}

/// What the provider knows us by.
fn credential_name(oidc: &OidcSettings) -> &'static str {
    match oidc.client_authentication {
        ClientAuthMethod::PrivateKey => "key pair",
        ClientAuthMethod::SecretPost | ClientAuthMethod::SecretBasic => "client secret",
    }
}

/// The tone and the words for a connection's certificates.
fn certificates_state(connection: &Connection, now: OffsetDateTime) -> (&'static str, String) {
    let facts = CertificateFacts::all(connection, now);
    let in_force = facts.iter().filter_map(|one| match one.state {
        CertificateState::InForce(_) => one.validity.map(|(_, until)| until),
        _ => None,
    });
    match (certificate_warning(connection, now), in_force.max()) {
        (Some(warning), None) => ("bad", warning),
        (Some(warning), Some(_)) => ("warn", warning),
        (None, Some(until)) => ("good", format!("Until {}", day(until))),
        (None, None) => ("off", String::new()),
    }
}

/// `GET /admin/connections`
async fn list(console: Console) -> Result<Response, Error> {
    let connections = console.admin().connections().await?;
    let now = console.now();
    Ok(Page::new(ConnectionsPage {
        connections: connections
            .into_iter()
            .map(|connection| ConnectionLine::of(connection, now))
            .collect(),
        frame: console.frame(Section::Connections, "Single Sign On Settings"),
    })
    .into_response())
}

#[derive(Debug, Deserialize)]
struct SwitchForm {
    on: bool,
}

/// `POST /admin/connections/{id}/switch`
async fn switch(
    Path(id): Path<ConnectionId>,
    ConsoleForm(console, wanted): ConsoleForm<SwitchForm>,
) -> Result<Response, Error> {
    let admin = console.admin();
    match admin.switch_connection(id, wanted.on).await {
        Ok((connection, switched)) => {
            console.changed().await?;
            let what = match (switched, wanted.on) {
                (true, true) => "is enabled. Users can sign in through it.",
                (true, false) => {
                    "is disabled. Nobody can sign in through it; who is signed in stays signed in."
                }
                (false, true) => "is enabled already. Nothing was changed.",
                (false, false) => "is disabled already. Nothing was changed.",
            };
            let page = if wanted.on { "/enabled" } else { "" };
            let next = format!("/admin/connections/{id}{page}");
            tell_at(
                &console,
                &next,
                &format!("{} {what}", connection.display_name),
            )
        }
        Err(refused @ Refused::Invalid(_)) => {
            let connection = admin.connection(id).await?;
            settings::incomplete(&console, &connection, refused.problems()).await
        }
        Err(refused) => Err(refused.into()),
    }
}

#[derive(Debug, Template)]
#[template(path = "console/connection/connection_enabled.html")]
struct EnabledPage {
    frame: ConsoleFrame,
    head: ConnectionHead,
    sign_on_url: String,
    /// The other connections that are enabled, by the names that users see.
    others: Vec<String>,
    /// Whether it makes accounts at the first sign-in.
    takes_new: bool,
}

/// `GET /admin/connections/{id}/enabled`: what comes after the switch.
async fn enabled(Path(id): Path<ConnectionId>, console: Console) -> Result<Response, Error> {
    let connection = console.admin().connection(id).await?;
    let others = console.site.enabled_connections();
    Ok(Page::new(EnabledPage {
        frame: console.frame(Section::Connections, connection.display_name.as_str()),
        head: ConnectionHead::of(&connection, ConnectionTab::Other),
        sign_on_url: console.site.company.sign_on_url(),
        others: others
            .filter(|other| other.connection.id != id)
            .map(|other| other.connection.display_name.clone())
            .collect(),
        takes_new: connection.settings.jit.is_some(),
    })
    .into_response())
}
