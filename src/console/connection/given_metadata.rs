//! Metadata that comes with a form: from its file, or from the address that it names.

use std::time::Duration;

use axum::body::Bytes;
use base64::prelude::{BASE64_STANDARD, Engine as _};

use crate::admin::{
    LARGEST_METADATA, Obstacle, Refused, fetched_metadata, providers_to_pick, read_metadata,
};
use crate::console::{Console, ConsoleUpload, Item};
use crate::saml::metadata::ParsedMetadata;
use crate::text::is_unseen;

/// The largest document, for the page's hint.
pub(super) const LARGEST_MIB: usize = LARGEST_METADATA / 1024 / 1024;
/// What the audit log says before the name of a file.
pub(super) const FROM_FILE: &str = "file ";

/// How long the identity provider may take to answer.
const TIMEOUT: Duration = Duration::from_secs(15);

/// Metadata that came with a form.
#[derive(Debug, Default)]
pub(super) struct Given {
    /// The identity providers in it, when there are several and none was picked.
    providers: Vec<String>,
    /// The file, to be sent once more with the choice: its name and what is in it.
    file: Option<(String, Bytes)>,
}

/// A document of several identity providers, to pick one.
#[derive(Debug)]
pub(super) struct Several {
    pub(super) picks: Vec<Item>,
    /// The file in base64, and its name; empty for a URL, and for one that is too large to be sent again.
    pub(super) document: String,
    pub(super) name: String,
}

/// A larger file is chosen once more. In base64 and with its other fields it has to be an upload again.
const KEPT_BYTES: usize = 2 * 1024 * 1024;

impl Given {
    /// Reads the document of a form's file, or else fetches that of its URL; with where it came from.
    pub(super) async fn read(
        &mut self,
        upload: &ConsoleUpload,
    ) -> Result<(ParsedMetadata, String), Refused> {
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
        let turn = turn.map_err(|_| Refused::from(Obstacle::OtherMetadataRead))?;
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
    pub(super) fn fetched_from<'u>(&self, upload: &'u ConsoleUpload) -> Option<&'u str> {
        let url = upload.text("url").trim();
        (self.file.is_none() && !url.is_empty()).then_some(url)
    }

    /// The URL for the form that is shown again: none where a file went before it, which would come after it the next time.
    pub(super) fn url(&self, upload: &ConsoleUpload) -> String {
        match self.file {
            Some(_) => String::new(),
            None => upload.text("url").to_owned(),
        }
    }

    /// The choice of an identity provider, where there are several.
    pub(super) fn several(self, chosen: &str) -> Option<Several> {
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
    let content = upload.sent_along("document").ok_or_else(|| {
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
    let _turn = turn.map_err(|_| Refused::from(Obstacle::OtherAddressesAsked))?;
    let fetching = fetched_metadata(url, console.app.reach(&console.site.company));
    let fetched = tokio::time::timeout(TIMEOUT, fetching).await;
    fetched.unwrap_or_else(|_| {
        Err(Refused::invalid(
            "url",
            "The server there took too long to answer. Open the address in your browser, save the document, and give the file.",
        ))
    })
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
