//! Metadata of an identity provider: for a new connection, and for one that is there.
//!
//! Invariant: an import shows what it would change; only the review's button saves.

use std::time::Duration;

use askama::Template;
use axum::body::Bytes;
use axum::extract::Path;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use base64::prelude::{BASE64_STANDARD, Engine as _};

use super::connections::{ConnectionHead, Tab};
use super::new_connection;
use super::review::{Review, Shown};
use crate::admin::{
    ImportChoices, LARGEST_METADATA, MetadataImport, Problems, Refused, fetched_metadata,
    providers_to_pick, read_metadata,
};
use crate::console::{Console, ConsoleForm, ConsoleFrame, ConsoleUpload, Item, Section, corrected};
use crate::domain::{Connection, ConnectionId};
use crate::http::error::Error;
use crate::http::response::Page;
use crate::http::routes::Routes;
use crate::saml::metadata::Imported;
use crate::text::is_unseen;

pub(in crate::console) fn routes(routes: Routes) -> Routes {
    routes
        .route("/admin/connections/{id}/metadata", get(show).post(import))
        .route("/admin/connections/{id}/metadata/change", post(change))
}

/// What the audit log says before the name of a file.
const FROM_FILE: &str = "file ";

/// How long the identity provider may take to answer.
const PATIENCE: Duration = Duration::from_secs(15);

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
    let connection = console.admin().connection(id).await?;
    Ok(Page::new(page(&console, &connection)).into_response())
}

fn page(console: &Console, connection: &Connection) -> Metadata {
    Metadata {
        frame: console.frame(Section::Connections, connection.display_name.as_str()),
        head: ConnectionHead::of(connection, Tab::Metadata),
        url: connection.settings.metadata_url.clone().unwrap_or_default(),
        file_before: String::new(),
        several: None,
        is_same: false,
        problems: Problems::default(),
    }
}

/// `POST /admin/connections/{id}/metadata/change`: the form with what was given before its review.
async fn change(
    Path(id): Path<ConnectionId>,
    ConsoleForm(console, shown): ConsoleForm<Shown>,
) -> Result<Response, Error> {
    let (connection, _) = shown.of(&console, id).await?;
    let proposal = console.admin().open(&shown.proposal)?;
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
    let before = admin.connection(id).await?;
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
        Ok((found, source)) => review(console, Some(&before), found, &source).await,
        Err(refused @ Refused::Invalid(_)) => Ok(corrected(Metadata {
            problems: refused.problems(),
            url: given.url(&upload),
            several: given.several(upload.text("entity_id")),
            ..page(console, &before)
        })
        .into_response()),
        Err(refused) => Err(refused.into()),
    }
}

/// Metadata that came with a form.
#[derive(Debug, Default)]
pub(in crate::console) struct Given {
    /// The identity providers in it, when there are several and none was picked.
    providers: Vec<String>,
    /// The file, to be sent once more with the choice: its name and what is in it.
    file: Option<(String, Bytes)>,
}

/// A document of several identity providers, to pick one.
#[derive(Debug)]
pub(in crate::console) struct Several {
    pub(in crate::console) picks: Vec<Item>,
    /// The file in base64, and its name; empty for a URL, and for one that is too large to be sent again.
    pub(in crate::console) document: String,
    pub(in crate::console) name: String,
}

/// A larger file is chosen once more. In base64 and with its other fields it has to be an upload again.
const KEPT_BYTES: usize = 2 * 1024 * 1024;

impl Given {
    /// Reads the document of a form's file, or else fetches that of its URL; with where it came from.
    pub(in crate::console) async fn read(
        &mut self,
        upload: &ConsoleUpload,
    ) -> Result<(Imported, String), Refused> {
        let console = &upload.console;
        let entity_id = upload.text("entity_id").to_owned();
        let now = console.now();
        let url = upload.text("url").trim();
        self.file = if let Some(file) = upload.file("file") {
            Some((shown(&file.name), file.content.clone()))
        } else if url.is_empty() {
            kept(upload)?
        } else {
            None
        };
        let (bytes, field, source) = match &self.file {
            Some((name, content)) => (content.clone(), "file", format!("{FROM_FILE}{name}")),
            None => (fetched(console, url).await?.into(), "url", url.to_owned()),
        };
        // Only now: who has a file does not wait for whose address is silent. A large document takes a while.
        let turn = console.app.turns.read(console.company()).await;
        let turn = turn.map_err(|_| busy("Other metadata is being read"))?;
        let reading = move || {
            let _turn = turn;
            let read = read_metadata(&bytes, &entity_id, field, now);
            let providers = match &read {
                Err(refused) if !refused.problems().of("entity_id").is_empty() => {
                    providers_to_pick(&bytes, now)
                }
                _ => Vec::new(),
            };
            (read, providers)
        };
        let read = tokio::task::spawn_blocking(reading).await;
        let (read, providers) = read.unwrap_or_else(|_| {
            let refused = Refused::invalid(field, "The document cannot be read.");
            (Err(refused), Vec::new())
        });
        self.providers = providers;
        Ok((read?, source))
    }

    /// Where the document was fetched from; none where a file was read.
    pub(in crate::console) fn fetched_from<'u>(
        &self,
        upload: &'u ConsoleUpload,
    ) -> Option<&'u str> {
        let url = upload.text("url").trim();
        (self.file.is_none() && !url.is_empty()).then_some(url)
    }

    /// The URL for the form that is shown again: none where a file went before it, which would come after it the next time.
    pub(in crate::console) fn url(&self, upload: &ConsoleUpload) -> String {
        match self.file {
            Some(_) => String::new(),
            None => upload.text("url").to_owned(),
        }
    }

    /// The choice of an identity provider, where there are several.
    pub(in crate::console) fn several(self, chosen: &str) -> Option<Several> {
        if self.providers.is_empty() {
            return None;
        }
        let mut items = Item::list(
            self.providers.into_iter().map(|id| (id.clone(), id)),
            chosen,
        );
        items.insert(0, Item::nothing("Choose one", chosen));
        let file = self.file.filter(|(_, content)| content.len() <= KEPT_BYTES);
        let (name, content) = file.unwrap_or_default();
        Some(Several {
            picks: items,
            document: BASE64_STANDARD.encode(content),
            name,
        })
    }
}

/// The file that an answer with a choice has sent back.
fn kept(upload: &ConsoleUpload) -> Result<Option<(String, Bytes)>, Refused> {
    if upload.text("document").is_empty() {
        return Ok(None);
    }
    let content = upload.kept("document").ok_or_else(|| {
        Refused::invalid(
            "file",
            "The file has not come back whole. Choose it once more.",
        )
    })?;
    Ok(Some((shown(upload.text("document_name")), content.into())))
}

async fn fetched(console: &Console, url: &str) -> Result<Vec<u8>, Refused> {
    if url.is_empty() {
        return Err(Refused::invalid(
            "file",
            "Choose the metadata file, or paste its address.",
        ));
    }
    let turn = console.app.turns.fetch(console.company()).await;
    let _turn = turn.map_err(|_| busy("Other addresses are being asked"))?;
    let fetching = fetched_metadata(url, console.app.reach(&console.site.company));
    let fetched = tokio::time::timeout(PATIENCE, fetching).await;
    fetched.unwrap_or_else(|_| {
        Err(Refused::invalid(
            "url",
            "The server there took too long to answer. Open the address in your browser, save the document, and give the file.",
        ))
    })
}

fn busy(what: &str) -> Refused {
    Refused::InTheWay(format!(
        "{what} at this moment. Try again in a few seconds."
    ))
}

/// A file's name for the audit log.
fn shown(name: &str) -> String {
    let name: String = name.chars().filter(|c| !is_unseen(*c)).take(100).collect();
    if name.is_empty() {
        "without a name".to_owned()
    } else {
        name
    }
}

/// The review of an import.
pub(in crate::console) async fn review(
    console: &Console,
    before: Option<&Connection>,
    found: MetadataImport,
    source: &str,
) -> Result<Response, Error> {
    let admin = console.admin();
    let MetadataImport {
        connection: after,
        warnings,
        ..
    } = found;
    let review = match before {
        Some(before) => Review {
            proposal: admin.propose(&after, "connection.import", Some(source)),
            before: Some(before),
            after: &after,
            title: "Import metadata".to_owned(),
            lead: "This is what the metadata changes. Nothing is saved yet.".to_owned(),
            warnings,
            button: "Save these changes",
            change: Some(format!("/admin/connections/{}/metadata/change", before.id)),
            back: format!("/admin/connections/{}/metadata", before.id),
            tab: Tab::Metadata,
        },
        None => Review {
            proposal: admin.propose_new(&after, source),
            before: None,
            after: &after,
            title: format!("Add {}", after.display_name),
            lead: "This is what the metadata says. Nothing is saved yet, and nobody can sign in through it before you enable it."
                .to_owned(),
            warnings,
            button: "Add this connection",
            change: Some(new_connection::CHANGE.to_owned()),
            back: "/admin/connections/new".to_owned(),
            tab: Tab::Other,
        },
    };
    review.page(console).await
}

/// The limit, for the page's hint.
pub(in crate::console) const LARGEST_MIB: usize = LARGEST_METADATA / 1024 / 1024;
