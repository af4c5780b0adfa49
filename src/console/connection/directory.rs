//! Directory: where a connection's people and groups are looked up in Microsoft Graph, and what it is asked with.
//!
//! Rules N1, N6 and N7. Invariants: a secret is never shown; switching off is behind one more click. The test of a directory is
//! `directory_check.rs`. Tests: `tests/it/console/directory.rs`.

use askama::Template;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use serde::Deserialize;

use super::directory_view::{ConsentView, DirectoryLook, consent_address};
use super::head::{ConnectionHead, ConnectionTab};
use super::provider_settings::SecretView;
use super::ways_out::ways_out;
use crate::admin::{DirectoryEdit, Problems, Refused, end_of_day, own_tenant};
use crate::console::{
    Console, ConsoleForm, ConsoleFrame, Item, Nothing, Section, tell_at, tell_at_with,
    unprocessable_page,
};
use crate::domain::{
    Connection, ConnectionId, DIRECTORY_MINUTES, DirectoryCredential, DirectorySettings, GraphCloud,
};
use crate::http::error::Error;
use crate::http::pages::Moment;
use crate::http::response::Page;
use crate::http::routes::Routes;

pub(super) fn routes(routes: Routes) -> Routes {
    routes
        .route("/admin/connections/{id}/directory", get(show).post(save))
        .route("/admin/connections/{id}/directory/off", post(switch_off))
        .route(
            "/admin/connections/{id}/directory/secret/retire",
            post(retire),
        )
}

#[derive(Debug, Template)]
#[template(path = "console/connection/directory.html")]
pub(super) struct DirectoryPage {
    frame: ConsoleFrame,
    head: ConnectionHead,
    problems: Problems,
    /// Whether there is a directory.
    is_set: bool,
    /// Whether the client of the sign-ins can ask it.
    asks_entra: bool,
    /// The name that is proposed for a registration of its own.
    proposed_name: String,
    /// Whose directory the connection itself says that it is.
    own_tenant: String,
    form: DirectoryForm,
    clouds: Vec<Item>,
    secrets: Vec<SecretView>,
    /// The tenant's page of consent.
    consent: Option<ConsentView>,
    /// The test that was asked for.
    look: Option<DirectoryLook>,
    /// How soon somebody who is deactivated at the provider is out here (rule T7).
    ways_out: Vec<String>,
    revision: i64,
    /// Who saved the page first, and when.
    changed: Option<(String, Moment)>,
}

#[derive(Debug, Default, Deserialize)]
struct DirectoryForm {
    #[serde(default)]
    tenant: String,
    #[serde(default)]
    cloud: String,
    #[serde(default)]
    credential: String,
    #[serde(default)]
    client_id: String,
    #[serde(default)]
    client_secret: String,
    #[serde(default)]
    expires_on: String,
    synchronise: Option<String>,
    #[serde(default)]
    every_minutes: String,
    remove_gone_groups: Option<String>,
    /// The state of the connection that its sender saw.
    revision: Option<i64>,
}

impl DirectoryForm {
    fn of(connection: &Connection, settings: &DirectorySettings) -> Self {
        let (credential, client_id) = match &settings.credential {
            DirectoryCredential::SignIn => ("sign_in", String::new()),
            DirectoryCredential::Own { client_id, .. } => ("own", client_id.clone()),
        };
        let on = |is: bool| is.then(|| "on".to_owned());
        let own = own_tenant(connection).map(|(tenant, _)| tenant);
        Self {
            tenant: match own {
                Some(own) if own == settings.tenant => String::new(),
                _ => settings.tenant.to_string(),
            },
            cloud: settings.cloud.to_string(),
            credential: credential.to_owned(),
            client_id,
            client_secret: String::new(),
            expires_on: String::new(),
            synchronise: on(settings.synchronise),
            every_minutes: settings.every_minutes.to_string(),
            remove_gone_groups: on(settings.remove_gone_groups),
            revision: None,
        }
    }

    fn blank(connection: &Connection) -> Self {
        Self {
            cloud: GraphCloud::Global.to_string(),
            credential: if connection.settings.asks_entra() {
                "sign_in"
            } else {
                "own"
            }
            .to_owned(),
            every_minutes: DIRECTORY_MINUTES.to_string(),
            ..Self::default()
        }
    }

    fn is_own(&self) -> bool {
        self.credential == "own"
    }

    fn change(&self) -> Result<DirectoryEdit, Refused> {
        let mut change = DirectoryEdit {
            tenant: Some(self.tenant.trim().to_owned()),
            ..DirectoryEdit::default()
        };
        let mut problems = Problems::default();
        let mut texts = vec![
            ("cloud", self.cloud.as_str()),
            ("credential", &self.credential),
            ("every_minutes", &self.every_minutes),
        ];
        if self.is_own() {
            texts.push(("client_id", &self.client_id));
            if !self.client_secret.trim().is_empty() {
                texts.push(("client_secret_file", &self.client_secret));
            }
        }
        for (key, text) in texts {
            if let Err(problem) = change.set(key, text) {
                problems.add(problem.field, problem.what);
            }
        }
        if self.is_own() {
            match end_of_day("expires_on", &self.expires_on) {
                Ok(end) => change.secret_expires = end,
                Err(problem) => problems.add(problem.field, problem.what),
            }
        }
        change.synchronise = Some(self.synchronise.is_some());
        change.remove_gone_groups = Some(self.remove_gone_groups.is_some());
        problems.check()?;
        Ok(change)
    }
}

impl DirectoryPage {
    fn tenant_hint(&self) -> String {
        let own = if self.own_tenant.is_empty() {
            String::new()
        } else {
            format!(" Empty is the tenant of the sign-ins, {}.", self.own_tenant)
        };
        format!("Entra ID: App registrations, the application, Overview.{own}")
    }

    fn secret_hint(&self) -> &'static str {
        if self.secrets.is_empty() {
            "Certificates & secrets, New client secret: copy the Value, not the Secret ID. Entra shows it once, and this page never."
        } else {
            "Empty keeps what is there. A new one is tried first, and the one before it stays until you forget it."
        }
    }
}

/// `GET /admin/connections/{id}/directory`
async fn show(Path(id): Path<ConnectionId>, console: Console) -> Result<Response, Error> {
    let connection = console.admin().connection(id).await?;
    Ok(Page::new(page(&console, &connection, None)).into_response())
}

/// The page of a connection's directory, with what a test has found.
pub(super) fn page(
    console: &Console,
    connection: &Connection,
    look: Option<DirectoryLook>,
) -> DirectoryPage {
    let settings = connection.settings.directory.as_deref();
    let form = settings.map_or_else(
        || DirectoryForm::blank(connection),
        |settings| DirectoryForm::of(connection, settings),
    );
    let own_secrets = match settings.map(|settings| &settings.credential) {
        Some(DirectoryCredential::Own { client_secrets, .. }) => client_secrets.as_slice(),
        _ => &[],
    };
    DirectoryPage {
        frame: console.frame(Section::Connections, connection.display_name.as_str()),
        head: ConnectionHead::of(connection, ConnectionTab::Directory),
        problems: Problems::default(),
        is_set: settings.is_some(),
        asks_entra: connection.settings.asks_entra(),
        proposed_name: format!("{} directory look-up", console.site.company.name),
        own_tenant: own_tenant(connection).map_or_else(String::new, |(own, _)| own.to_string()),
        clouds: clouds(&form.cloud),
        form,
        secrets: own_secrets
            .iter()
            .map(|secret| SecretView::of(secret, None, console))
            .collect(),
        consent: consent_address(console, connection),
        look,
        ways_out: ways_out(connection),
        revision: connection.revision,
        changed: None,
    }
}

fn clouds(chosen: &str) -> Vec<Item> {
    Item::list(
        [
            (GraphCloud::Global.as_str(), "Global"),
            (
                GraphCloud::UsGovernment.as_str(),
                "US Government (GCC High)",
            ),
            (GraphCloud::UsGovernmentDod.as_str(), "US Government (DoD)"),
            (GraphCloud::China.as_str(), "China (21Vianet)"),
        ],
        chosen,
    )
}

/// `POST /admin/connections/{id}/directory`
async fn save(
    Path(id): Path<ConnectionId>,
    ConsoleForm(console, form): ConsoleForm<DirectoryForm>,
) -> Result<Response, Error> {
    let admin = console.admin();
    let connection = admin.connection(id).await?;
    let seen = form.revision.unwrap_or(connection.revision);
    let saved = async {
        admin.check_revision(&connection, seen).await?;
        let change = form.change()?;
        let after = admin.with_directory(&connection, &change, console.app.cloud())?;
        admin.change_directory(&after).await
    };
    match saved.await {
        Ok(_) => {
            console.changed().await?;
            let at = format!("/admin/connections/{id}/directory");
            let test = format!("{at}#test");
            tell_at_with(
                &console,
                &at,
                "The directory is saved.",
                (&test, "Next: test the directory"),
            )
        }
        Err(refused @ Refused::Invalid(_)) => {
            let page = typed(&console, &connection, form);
            let problems = refused.problems();
            Ok(unprocessable_page(DirectoryPage { problems, ..page }).into_response())
        }
        Err(Refused::Changed { by, at }) => {
            let page = typed(&console, &connection, form);
            let changed = Some((by, at.into()));
            Ok(Page::new(DirectoryPage { changed, ..page })
                .with_status(StatusCode::CONFLICT)
                .into_response())
        }
        Err(refused) => Err(refused.into()),
    }
}

/// The page with what was typed, but for the secret.
fn typed(console: &Console, connection: &Connection, form: DirectoryForm) -> DirectoryPage {
    DirectoryPage {
        clouds: clouds(&form.cloud),
        form: DirectoryForm {
            client_secret: String::new(),
            ..form
        },
        ..page(console, connection, None)
    }
}

/// `POST /admin/connections/{id}/directory/off`
async fn switch_off(
    Path(id): Path<ConnectionId>,
    ConsoleForm(console, Nothing {}): ConsoleForm<Nothing>,
) -> Result<Response, Error> {
    let admin = console.admin();
    let connection = admin.connection(id).await?;
    admin.remove_directory(&connection).await?;
    console.changed().await?;
    tell_at(
        &console,
        &format!("/admin/connections/{id}/directory"),
        "The directory is off. What it gave to users is taken back; groups and users stay.",
    )
}

/// `POST /admin/connections/{id}/directory/secret/retire`
async fn retire(
    Path(id): Path<ConnectionId>,
    ConsoleForm(console, Nothing {}): ConsoleForm<Nothing>,
) -> Result<Response, Error> {
    let admin = console.admin();
    let connection = admin.connection(id).await?;
    let after = admin.with_directory_secret_retired(&connection)?;
    admin.change_directory(&after).await?;
    console.changed().await?;
    tell_at(
        &console,
        &format!("/admin/connections/{id}/directory"),
        "The old client secret is forgotten.",
    )
}
