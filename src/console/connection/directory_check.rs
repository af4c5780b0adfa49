//! "Test the directory": what may be read of it, line by line, with the exact permission that is missing; and the way to the
//! tenant's page of consent.
//!
//! Invariant: what the page of consent answers is not believed: a token is asked for, and the lines say what it may read.

use axum::extract::Path;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};

use super::directory::{ConsentView, page};
use crate::console::{Console, ConsoleForm, Nothing};
use crate::directory::{DirectoryCheck, DirectoryError, DirectoryLine, DirectoryOutcome};
use crate::domain::{Connection, ConnectionId, DirectoryCredential, ObjectId};
use crate::http::error::Error;
use crate::http::response::Page;
use crate::http::routes::Routes;

pub(super) fn routes(routes: Routes) -> Routes {
    routes
        .route("/admin/connections/{id}/directory/check", post(check))
        .route(
            "/admin/connections/{id}/directory/consented",
            get(consented),
        )
}

/// What a test has found.
#[derive(Debug)]
pub(super) struct DirectoryLook {
    pub(super) tone: &'static str,
    pub(super) sentence: String,
    pub(super) lines: Vec<LineView>,
}

/// One line of it.
#[derive(Debug)]
pub(super) struct LineView {
    pub(super) subject: &'static str,
    pub(super) tone: &'static str,
    pub(super) word: &'static str,
    /// The permission to tick, by its exact name.
    pub(super) permission: &'static str,
    pub(super) found: String,
    pub(super) advice: String,
}

/// `POST /admin/connections/{id}/directory/check`
async fn check(
    Path(id): Path<ConnectionId>,
    ConsoleForm(console, Nothing {}): ConsoleForm<Nothing>,
) -> Result<Response, Error> {
    tested(&console, id).await
}

/// `GET /admin/connections/{id}/directory/consented`: where the page of consent leads back to. Nothing of its answer is read.
async fn consented(Path(id): Path<ConnectionId>, console: Console) -> Result<Response, Error> {
    tested(&console, id).await
}

async fn tested(console: &Console, id: ConnectionId) -> Result<Response, Error> {
    let connection = console.admin().connection(id).await?;
    if connection.settings.directory.is_none() {
        return Err(Error::NotFound);
    }
    let look = look(console, &connection).await?;
    Ok(Page::new(page(console, &connection, Some(look))).into_response())
}

async fn look(console: &Console, connection: &Connection) -> Result<DirectoryLook, Error> {
    let (app, company) = (&console.app, &console.site.company);
    let turn = match app.provider_turn(company) {
        Ok(turn) => turn,
        Err(cause) => {
            return Ok(DirectoryLook {
                tone: "warn",
                sentence: format!("{cause} Try again in a few seconds."),
                lines: Vec::new(),
            });
        }
    };
    let me = own_object_id(console, connection).await?;
    let look = match app.directory_keeper(company).open(connection) {
        Ok(directory) => DirectoryLook::of(&directory.check(me.as_ref()).await),
        Err(cause) => DirectoryLook::failed(&cause),
    };
    drop(turn);
    Ok(look)
}

/// By what the directory knows the administrator who asks, where this connection has signed them in.
async fn own_object_id(
    console: &Console,
    connection: &Connection,
) -> Result<Option<ObjectId>, Error> {
    let mine = console.app.desk.identities_of(console.me.user.id).await?;
    let subject = mine
        .into_iter()
        .find(|identity| identity.connection_id == connection.id);
    let prefix = connection.settings.directory_prefix();
    let id = subject.and_then(|it| it.subject.strip_prefix(&prefix)?.parse().ok());
    Ok(id)
}

/// Where the tenant's administrator grants what the application asks for.
pub(super) fn consent_address(console: &Console, connection: &Connection) -> Option<ConsentView> {
    let settings = connection.settings.directory.as_deref()?;
    let client_id = match &settings.credential {
        DirectoryCredential::SignIn => connection.settings.oidc()?.client_id.as_str(),
        DirectoryCredential::Own { client_id, .. } => client_id.as_str(),
    };
    let company = &console.site.company;
    let keeper = console.app.directory_keeper(company);
    let directory = keeper.open(connection).ok()?;
    let redirect_uri = format!(
        "{}/admin/connections/{}/directory/consented",
        company.origin, connection.id
    );
    Some(ConsentView {
        href: directory
            .addresses()
            .admin_consent(client_id, "consent", &redirect_uri),
        redirect_uri,
    })
}

impl DirectoryLook {
    fn of(check: &DirectoryCheck) -> Self {
        let missing = check.missing();
        let (tone, sentence) = if check.is_passed() {
            ("good", "The directory can be read.".to_owned())
        } else if missing.is_empty() {
            ("bad", "The directory cannot be used like this.".to_owned())
        } else {
            let names = missing.join(" and ");
            (
                "bad",
                format!("Add the application permission {names}, and grant admin consent."),
            )
        };
        Self {
            tone,
            sentence,
            lines: check.lines.iter().map(LineView::of).collect(),
        }
    }

    fn failed(cause: &DirectoryError) -> Self {
        let advice = cause.advice().unwrap_or_default();
        Self {
            tone: "bad",
            sentence: format!("{cause} {advice}").trim_end().to_owned(),
            lines: Vec::new(),
        }
    }
}

impl LineView {
    fn of(line: &DirectoryLine) -> Self {
        let (tone, word, permission) = match line.outcome {
            DirectoryOutcome::Passed => ("good", "Passed", ""),
            DirectoryOutcome::Missing(name) => ("bad", "Missing", name),
            DirectoryOutcome::Failed => ("bad", "Failed", ""),
            DirectoryOutcome::NotNeeded => ("off", "Not needed", ""),
            DirectoryOutcome::NotAsked => ("off", "Not asked", ""),
        };
        Self {
            subject: line.question.title(),
            tone,
            word,
            permission,
            found: line.found.clone(),
            advice: line.advice.clone().unwrap_or_default(),
        }
    }
}
