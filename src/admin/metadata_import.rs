//! An identity provider's metadata, as a proposal for a connection.

use super::connection::{ConnectionSettings, Difference, differences};
use super::{Admin, Refused};
use crate::domain::{Connection, ConnectionId, GroupId, SamlSettings};
use crate::import;
use crate::outbound::{FetchError, Reach, fetch_metadata};
use crate::saml::metadata::{IdpMetadata, Imported, MetadataError};
use time::OffsetDateTime;

/// The largest document that the console takes, in bytes. (A command takes larger ones.)
pub const LARGEST_METADATA: usize = 4 * 1024 * 1024;

/// What an import would do.
#[derive(Debug)]
pub struct MetadataImport {
    /// The connection as it would be.
    pub connection: Connection,
    pub is_new: bool,
    /// What would change.
    pub differences: Vec<Difference>,
    /// What was left out of the metadata, or needs attention.
    pub warnings: Vec<String>,
    /// The entity ID that the connection has now, when the metadata is another identity provider's: its accounts would go
    /// over to the new one (rule F2).
    pub other: Option<String>,
}

/// Fetches a metadata document.
pub async fn fetched_metadata(url: &str, reach: Reach) -> Result<Vec<u8>, Refused> {
    let url = url.trim();
    if url.is_empty() {
        return Err(Refused::invalid(
            "url",
            "Paste the address of the metadata. Entra ID: SAML Certificates, App Federation Metadata Url.",
        ));
    }
    let fetched = fetch_metadata(url, reach, LARGEST_METADATA).await;
    fetched.map_err(|error| match error {
        FetchError::TooLarge(_) => Refused::invalid("url", too_large()),
        other => Refused::invalid("url", other.to_string()),
    })
}

/// Reads a metadata document; `entity_id` picks one of several identity providers. `field` is where it came from.
pub fn read_metadata(
    bytes: &[u8],
    entity_id: &str,
    field: &'static str,
    now: OffsetDateTime,
) -> Result<Imported, Refused> {
    if bytes.len() > LARGEST_METADATA {
        return Err(Refused::invalid(field, too_large()));
    }
    let entity_id = Some(entity_id.trim()).filter(|id| !id.is_empty());
    IdpMetadata::parse(bytes, entity_id, now).map_err(|error| match error {
        MetadataError::SeveralIdentityProviders { .. }
        | MetadataError::UnknownEntity { .. }
        | MetadataError::DuplicateEntity { .. } => {
            Refused::invalid("entity_id", error.to_string())
        }
        // A certificate is the other file that Entra's page offers.
        _ if import::certificate(bytes).is_ok() => Refused::invalid(
            field,
            "This is a certificate, not metadata. Give the Federation Metadata XML, or set the connection up by hand and paste the certificate there.",
        ),
        _ if is_web_page(bytes) && field == "url" => Refused::invalid(
            field,
            "There is a web page at this address, not SAML metadata. Does it ask for a sign-in first? Then save the metadata there, and give the file.",
        ),
        _ if is_web_page(bytes) => Refused::invalid(
            field,
            "This is a web page, not SAML metadata. Give the XML file that your identity provider offers for download.",
        ),
        _ => Refused::invalid(field, error.to_string()),
    })
}

/// The identity providers among which one has to be picked; empty where there is nothing to pick.
pub fn providers_to_pick(bytes: &[u8], now: OffsetDateTime) -> Vec<String> {
    match IdpMetadata::parse(bytes, None, now) {
        Err(MetadataError::SeveralIdentityProviders { entity_ids }) => entity_ids,
        _ => Vec::new(),
    }
}

fn is_web_page(bytes: &[u8]) -> bool {
    let start = String::from_utf8_lossy(bytes.get(..512).unwrap_or(bytes));
    let start = start.trim_start_matches('\u{feff}').trim_start();
    let start = start.to_ascii_lowercase();
    start.starts_with("<!doctype html") || start.starts_with("<html")
}

fn too_large() -> String {
    format!(
        "The document is larger than {} MiB. Ask the identity provider for its own metadata; whole federations are imported with the command `vestibule connection import-metadata`.",
        LARGEST_METADATA / 1024 / 1024
    )
}

impl Admin<'_> {
    /// What metadata would make of a new connection. Without a display name it has the metadata's own.
    pub async fn import_new(
        &self,
        imported: &Imported,
        display_name: &str,
        jit: Option<GroupId>,
    ) -> Result<MetadataImport, Refused> {
        let own = own_name(imported);
        let display_name = match display_name.trim() {
            "" => own.unwrap_or_else(|| product(imported).to_owned()),
            text => text.to_owned(),
        };
        let name = self.free_name(&display_name).await?;
        let settings = SamlSettings {
            jit,
            ..import::settings(&imported.idp)
        };
        let connection = self.draft(name, display_name, settings).await?;
        let blank = Connection {
            settings: SamlSettings::default(),
            ..connection.clone()
        };
        self.told(blank, connection, imported, true).await
    }

    /// What metadata would make of a connection.
    pub async fn import_into(
        &self,
        id: ConnectionId,
        imported: &Imported,
    ) -> Result<MetadataImport, Refused> {
        let before = self.connection(id).await?;
        let mut after = before.clone();
        import::update(&mut after.settings, &imported.idp);
        self.told(before, after, imported, false).await
    }

    async fn told(
        &self,
        before: Connection,
        after: Connection,
        imported: &Imported,
        is_new: bool,
    ) -> Result<MetadataImport, Refused> {
        let groups = self.store.groups(self.company).await?;
        let settings = ConnectionSettings::of(groups);
        let old = &before.settings.idp_entity_id;
        let other = (!is_new && !old.is_empty() && *old != after.settings.idp_entity_id)
            .then(|| old.clone());
        Ok(MetadataImport {
            differences: differences(&settings, &before, &after),
            connection: after,
            is_new,
            warnings: imported.warnings.iter().map(ToString::to_string).collect(),
            other,
        })
    }
}

/// The name that the identity provider gives itself, English before others.
pub fn own_name(imported: &Imported) -> Option<String> {
    let names = &imported.idp.display_names;
    let english = names.iter().find(|name| name.lang.starts_with("en"));
    let name = english.or_else(|| names.first())?.value.trim();
    let fits =
        !name.is_empty() && name.chars().count() <= 100 && !name.chars().any(char::is_control);
    fits.then(|| name.to_owned())
}

fn product(imported: &Imported) -> &'static str {
    if imported.idp.is_entra() {
        "Microsoft Entra ID"
    } else {
        "Single sign-on"
    }
}
