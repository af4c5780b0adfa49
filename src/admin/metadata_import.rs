//! An identity provider's metadata, as a proposal for a connection.

use super::connection::{ConnectionSettings, Difference, differences, introduction};
use super::{Admin, Obstacle, Refused, certificate_findings};
use crate::domain::{Connection, ConnectionId, ConnectionName, GroupId};
use crate::import::{self, NotMetadata};
use crate::outbound::{FetchError, Reach, fetch_metadata};
use crate::saml::metadata::{IdpMetadata, MetadataError, ParsedMetadata};
use crate::text::is_unseen;
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
    if import::holds_private_key(url.as_bytes()) {
        return Err(Refused::invalid("url", NotMetadata::PrivateKey.to_string()));
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
) -> Result<ParsedMetadata, Refused> {
    if bytes.len() > LARGEST_METADATA {
        return Err(Refused::invalid(field, too_large()));
    }
    let entity_id = Some(entity_id.trim()).filter(|id| !id.is_empty());
    import::read(bytes, entity_id, now).map_err(|error| match error {
        NotMetadata::Metadata(
            MetadataError::SeveralIdentityProviders { .. }
            | MetadataError::UnknownEntity { .. }
            | MetadataError::DuplicateEntity { .. },
        ) => Refused::invalid("entity_id", error.to_string()),
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

fn too_large() -> String {
    format!(
        "The document is larger than {} MiB. Ask the identity provider for its own metadata; whole federations are imported with the command `vestibule connection import-metadata`.",
        LARGEST_METADATA / 1024 / 1024
    )
}

/// What is chosen beside the metadata.
#[derive(Debug, Default)]
pub struct ImportChoices<'a> {
    /// The name of a new connection; none makes one from its display name.
    pub name: Option<ConnectionName>,
    /// Empty takes the metadata's own for a new connection, and leaves that of one that is there.
    pub display_name: &'a str,
    /// The group of accounts that are made at the first sign-in; none leaves it.
    pub jit: Option<GroupId>,
    /// Whether users may sign in through it; `false` leaves it.
    pub enable: bool,
    /// Where the metadata was fetched from; none for a file.
    pub url: Option<&'a str>,
}

impl Admin<'_> {
    /// What metadata would make of a new connection.
    pub async fn import_new(
        &self,
        imported: &ParsedMetadata,
        choices: ImportChoices<'_>,
    ) -> Result<MetadataImport, Refused> {
        let display_name = match choices.display_name.trim() {
            "" => own_name(imported).unwrap_or_else(|| product(imported).to_owned()),
            text => text.to_owned(),
        };
        let name = match choices.name {
            Some(name) => name,
            None => self.free_name(&display_name).await?,
        };
        let mut settings = import::settings(&imported.idp);
        settings.jit = choices.jit;
        if let Some(saml) = settings.saml_mut() {
            saml.metadata_url = choices.url.map(str::to_owned);
        }
        let mut connection = self.draft(name, display_name, settings).await?;
        connection.enabled = choices.enable;
        self.told(None, connection, imported).await
    }

    /// What metadata would make of a connection.
    pub async fn import_into(
        &self,
        id: ConnectionId,
        imported: &ParsedMetadata,
        choices: ImportChoices<'_>,
    ) -> Result<MetadataImport, Refused> {
        let before = self.connection(id).await?;
        let mut after = before.clone();
        let Some(saml) = after.settings.saml_mut() else {
            return Err(Obstacle::NotSaml.into());
        };
        import::update(saml, &imported.idp);
        let is_other = !is_one(&before.settings.saml().idp_entity_id, &saml.idp_entity_id);
        if choices.url.is_some() || is_other {
            saml.metadata_url = choices.url.map(str::to_owned);
        }
        if !choices.display_name.trim().is_empty() {
            choices
                .display_name
                .trim()
                .clone_into(&mut after.display_name);
        }
        after.settings.jit = choices.jit.or(after.settings.jit);
        after.enabled |= choices.enable;
        self.told(Some(before), after, imported).await
    }

    async fn told(
        &self,
        before: Option<Connection>,
        after: Connection,
        imported: &ParsedMetadata,
    ) -> Result<MetadataImport, Refused> {
        let groups = self.store.groups(self.company).await?;
        let settings = ConnectionSettings::of(groups);
        let is_new = before.is_none();
        let remark = import::name_id_remark(&after.settings, &imported.idp, is_new);
        let old = before
            .as_ref()
            .map(|it| it.settings.saml().idp_entity_id.clone());
        let other =
            old.filter(|old| !old.is_empty() && !is_one(old, &after.settings.saml().idp_entity_id));
        let mut warnings: Vec<String> = other.iter().map(|old| format!(
            "This is another identity provider. The connection belongs to {old} now. The accounts bound to it would answer to the new one. If you only want to add a second identity provider, add a new connection instead."
        )).collect();
        warnings.extend(imported.warnings.iter().map(ToString::to_string));
        warnings.extend(remark);
        // A new connection has those of its metadata alone, which say the same.
        if before.is_some() {
            warnings.extend(certificate_findings(before.as_ref(), &after, self.now));
        }
        Ok(MetadataImport {
            warnings,
            differences: match &before {
                Some(before) => differences(&settings, before, &after),
                None => introduction(&settings, &after),
            },
            is_new,
            other,
            connection: after,
        })
    }
}

/// Whether two entity IDs are one identity provider's. White space around them is none of them.
fn is_one(old: &str, new: &str) -> bool {
    old.trim() == new.trim()
}

/// The name that the identity provider gives itself, English before others.
fn own_name(imported: &ParsedMetadata) -> Option<String> {
    let names = &imported.idp.display_names;
    let english = names.iter().find(|name| name.lang.starts_with("en"));
    let name = english.or_else(|| names.first())?.value.trim();
    let fits = !name.is_empty() && name.chars().count() <= 100 && !name.contains(is_unseen);
    fits.then(|| name.to_owned())
}

fn product(imported: &ParsedMetadata) -> &'static str {
    if imported.idp.is_entra() {
        "Microsoft Entra ID"
    } else {
        "Single sign-on"
    }
}
