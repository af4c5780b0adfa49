//! Account Settings, Single Sign On Settings: the connections, in the order of the sign-in page.

use askama::Template;
use axum::extract::Path;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use serde::Deserialize;
use time::OffsetDateTime;

use super::saml_settings;
use crate::admin::{CertificateFacts, CertificateState, Refused, certificate_warning, missing};
use crate::console::{Console, ConsoleForm, ConsoleFrame, Section, done};
use crate::domain::{Connection, ConnectionId};
use crate::http::error::Error;
use crate::http::pages::Moment;
use crate::http::response::Page;
use crate::http::routes::Routes;
use crate::store::ConnectionUse;

pub(in crate::console) fn routes(routes: Routes) -> Routes {
    routes
        .route("/admin/connections", get(list))
        .route("/admin/connections/{id}/switch", post(switch))
        .route("/admin/connections/{id}/enabled", get(enabled))
        .route("/admin/connections/{id}/delete", get(ask).post(delete))
}

/// What stands above every page of one connection.
#[derive(Debug)]
pub(in crate::console) struct ConnectionHead {
    pub(in crate::console) id: ConnectionId,
    pub(in crate::console) display_name: String,
    pub(in crate::console) is_enabled: bool,
    /// Whether it has all that it needs to be enabled.
    pub(in crate::console) is_ready: bool,
    pub(in crate::console) tab: Tab,
}

/// A page of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::console) enum Tab {
    Settings,
    Claims,
    Certificates,
    Metadata,
    Copy,
    Test,
    Versions,
    /// One that has no tab of its own.
    Other,
}

const TABS: [(Tab, &str, &str); 7] = [
    (Tab::Settings, "", "SAML Settings"),
    (Tab::Claims, "/claims", "Claims and groups"),
    (Tab::Certificates, "/certificates", "x.509 Certificate"),
    (Tab::Metadata, "/metadata", "Metadata"),
    (Tab::Copy, "/copy", "Copy into Entra"),
    (Tab::Test, "/test", "Test"),
    (Tab::Versions, "/versions", "Versions"),
];

impl ConnectionHead {
    pub(in crate::console) fn of(connection: &Connection, tab: Tab) -> Self {
        Self {
            id: connection.id,
            display_name: connection.display_name.clone(),
            is_enabled: connection.enabled,
            is_ready: missing(connection).is_empty(),
            tab,
        }
    }

    /// The address of its settings; those of its other pages begin with it.
    pub(in crate::console) fn href(&self) -> String {
        format!("/admin/connections/{}", self.id)
    }

    /// Where the form of its switch goes.
    pub(in crate::console) fn switch(&self) -> String {
        format!("{}/switch", self.href())
    }

    /// Address, name, and whether it is this one.
    pub(in crate::console) fn tabs(&self) -> Vec<(String, &'static str, bool)> {
        let tab = |(tab, path, name)| (format!("{}{path}", self.href()), name, tab == self.tab);
        TABS.map(tab).into()
    }
}

#[derive(Debug, Template)]
#[template(path = "console/connection/connections.html")]
struct Connections {
    frame: ConsoleFrame,
    connections: Vec<Line>,
}

/// One connection in the list.
#[derive(Debug)]
struct Line {
    id: ConnectionId,
    name: String,
    display_name: String,
    sort_order: i64,
    is_enabled: bool,
    /// What it still needs, in a sentence each.
    missing: Vec<String>,
    certificates: (&'static str, String),
}

impl Line {
    fn of(connection: Connection, now: OffsetDateTime) -> Self {
        Self {
            id: connection.id,
            name: connection.name.to_string(),
            sort_order: connection.sort_order,
            is_enabled: connection.enabled,
            missing: missing(&connection).into_iter().map(|it| it.what).collect(),
            certificates: certificates_state(&connection, now),
            display_name: connection.display_name,
        }
    }
}

/// The tone and the words for a connection's certificates.
pub(in crate::console) fn certificates_state(
    connection: &Connection,
    now: OffsetDateTime,
) -> (&'static str, String) {
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

/// A day as people read it.
pub(in crate::console) fn day(at: OffsetDateTime) -> String {
    let text = Moment::from(at).text;
    let day = text.split_once(',').map(|(day, _)| day.to_owned());
    day.unwrap_or(text)
}

/// `GET /admin/connections`
async fn list(console: Console) -> Result<Response, Error> {
    let connections = console.admin().connections().await?;
    let now = console.now();
    Ok(Page::new(Connections {
        connections: connections
            .into_iter()
            .map(|connection| Line::of(connection, now))
            .collect(),
        frame: console.frame(Section::Connections, "Single Sign On Settings"),
    })
    .into_response())
}

#[derive(Debug, Deserialize)]
struct Switch {
    on: bool,
}

/// `POST /admin/connections/{id}/switch`
async fn switch(
    Path(id): Path<ConnectionId>,
    ConsoleForm(console, wanted): ConsoleForm<Switch>,
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
            done(
                &console,
                &next,
                &format!("{} {what}", connection.display_name),
            )
        }
        Err(refused @ Refused::Invalid(_)) => {
            let connection = admin.connection(id).await?;
            saml_settings::incomplete(&console, &connection, refused.problems()).await
        }
        Err(refused) => Err(refused.into()),
    }
}

#[derive(Debug, Template)]
#[template(path = "console/connection/connection_enabled.html")]
struct Enabled {
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
    Ok(Page::new(Enabled {
        frame: console.frame(Section::Connections, connection.display_name.as_str()),
        head: ConnectionHead::of(&connection, Tab::Other),
        sign_on_url: console.site.company.sign_on_url(),
        others: others
            .filter(|other| other.connection.id != id)
            .map(|other| other.connection.display_name.clone())
            .collect(),
        takes_new: connection.settings.jit.is_some(),
    })
    .into_response())
}

#[derive(Debug, Template)]
#[template(path = "console/connection/connection_delete.html")]
struct Delete {
    frame: ConsoleFrame,
    head: ConnectionHead,
    uses: ConnectionUse,
    revision: i64,
    /// Whether the session of this administrator would end.
    own: bool,
}

/// `GET /admin/connections/{id}/delete`
async fn ask(Path(id): Path<ConnectionId>, console: Console) -> Result<Response, Error> {
    let admin = console.admin();
    let connection = admin.connection(id).await?;
    let uses = admin.connection_use(id).await?;
    Ok(Page::new(Delete {
        frame: console.frame(
            Section::Connections,
            format!("Delete {}?", connection.display_name),
        ),
        own: console.me.session.connection_id == Some(id),
        revision: connection.revision,
        head: ConnectionHead::of(&connection, Tab::Other),
        uses,
    })
    .into_response())
}

#[derive(Debug, Deserialize)]
struct DeleteFields {
    revision: i64,
}

/// `POST /admin/connections/{id}/delete`
async fn delete(
    Path(id): Path<ConnectionId>,
    ConsoleForm(console, fields): ConsoleForm<DeleteFields>,
) -> Result<Response, Error> {
    let admin = console.admin();
    let connection = admin.connection(id).await?;
    admin.remove_connection(id, fields.revision).await?;
    console.changed().await?;
    done(
        &console,
        "/admin/connections",
        &format!("{} is deleted.", connection.display_name),
    )
}
