//! Metadata of an identity provider: for a new connection, and for one that is there.
//!
//! Invariant: an import shows what it would change; only the review's button saves.

use askama::Template;
use axum::extract::Path;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};

use super::given_metadata::{FROM_FILE, Given, Several};
use super::head::{ConnectionHead, ConnectionTab};
use super::protocol::saml_connection;
use super::review::{Review, ReviewForm};
use crate::admin::{ImportChoices, MetadataImport, Problems, Refused};
use crate::console::{
    Console, ConsoleForm, ConsoleFrame, ConsoleUpload, Section, unprocessable_page,
};
use crate::domain::{AuditAction, Connection, ConnectionId};
use crate::http::error::Error;
use crate::http::response::Page;
use crate::http::routes::Routes;

pub(super) fn routes(routes: Routes) -> Routes {
    routes
        .route("/admin/connections/{id}/metadata", get(show).post(import))
        .route("/admin/connections/{id}/metadata/change", post(change))
}

#[derive(Debug, Template)]
#[template(path = "console/connection/metadata_import.html")]
struct Metadata {
    frame: ConsoleFrame,
    head: ConnectionHead,
    url: String,
    /// The file that was given before, which no browser sends again by itself.
    file_before: String,
    several: Option<Several>,
    /// Whether what was given says nothing new.
    is_same: bool,
    problems: Problems,
}

/// `GET /admin/connections/{id}/metadata`
async fn show(Path(id): Path<ConnectionId>, console: Console) -> Result<Response, Error> {
    let connection = saml_connection(&console, id).await?;
    Ok(Page::new(page(&console, &connection)).into_response())
}

fn page(console: &Console, connection: &Connection) -> Metadata {
    Metadata {
        frame: console.frame(Section::Connections, connection.display_name.as_str()),
        head: ConnectionHead::of(connection, ConnectionTab::Metadata),
        url: connection
            .settings
            .saml()
            .metadata_url
            .clone()
            .unwrap_or_default(),
        file_before: String::new(),
        several: None,
        is_same: false,
        problems: Problems::default(),
    }
}

/// `POST /admin/connections/{id}/metadata/change`: the form with what was given before its review.
async fn change(
    Path(id): Path<ConnectionId>,
    ConsoleForm(console, shown): ConsoleForm<ReviewForm>,
) -> Result<Response, Error> {
    saml_connection(&console, id).await?;
    let (connection, _) = shown.of(&console, id).await?;
    let proposal = shown.proposal(&console).await?;
    let source = proposal.source().unwrap_or_default();
    let (url, file_before) = match source.strip_prefix(FROM_FILE) {
        Some(file) => (String::new(), file.to_owned()),
        None => (source.to_owned(), String::new()),
    };
    Ok(Page::new(Metadata {
        url,
        file_before,
        ..page(&console, &connection)
    })
    .into_response())
}

/// `POST /admin/connections/{id}/metadata`: shows what would change, and saves nothing.
async fn import(Path(id): Path<ConnectionId>, upload: ConsoleUpload) -> Result<Response, Error> {
    let console = &upload.console;
    let admin = console.admin();
    let before = saml_connection(console, id).await?;
    let mut given = Given::default();
    let found = match given.read(&upload).await {
        Ok((imported, source)) => {
            let choices = ImportChoices {
                url: given.fetched_from(&upload),
                ..ImportChoices::default()
            };
            let found = admin.import_into(id, &imported, choices).await;
            found.map(|found| (found, source))
        }
        Err(refused) => Err(refused),
    };
    match found {
        Ok((found, _)) if found.differences.is_empty() => {
            let page = Metadata {
                is_same: true,
                ..page(console, &before)
            };
            Ok(Page::new(page).into_response())
        }
        Ok((found, source)) => review(console, &before, found, &source).await,
        Err(refused @ Refused::Invalid(_)) => Ok(unprocessable_page(Metadata {
            problems: refused.problems(),
            url: given.url(&upload),
            several: given.several(upload.text("entity_id")),
            ..page(console, &before)
        })
        .into_response()),
        Err(refused) => Err(refused.into()),
    }
}

/// The review of an import.
async fn review(
    console: &Console,
    before: &Connection,
    found: MetadataImport,
    source: &str,
) -> Result<Response, Error> {
    let after = found.connection;
    let review = Review {
        proposal: console
            .admin()
            .propose(&after, AuditAction::ConnectionImport, Some(source)),
        before: Some(before),
        after: &after,
        title: "Import metadata".to_owned(),
        lead: "This is what the metadata changes. Nothing is saved yet.".to_owned(),
        warnings: found.warnings,
        button: "Save these changes",
        change: Some(format!("/admin/connections/{}/metadata/change", before.id)),
        back: format!("/admin/connections/{}/metadata", before.id),
        tab: ConnectionTab::Metadata,
    };
    review.page(console).await
}
