//! `connection import-metadata`.

use std::path::Path;

use super::import_report::ImportReport;
use super::jit_group::jit_group;
use super::{check_usable, save, write_new};
use crate::admin::{ImportChoices, MetadataImport};
use crate::cli::arguments::{connection_name, read_file, required_text};
use crate::cli::error::{CliError, Result};
use crate::cli::installation::Installation;
use crate::cli::output::Output;
use crate::domain::{AuditAction, Company, Connection};
use crate::import::{self, NotMetadata};
use crate::outbound::{LARGEST, Reach, fetch_metadata};
use crate::saml::metadata::MetadataError;

#[derive(Debug, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option")]
pub(in crate::cli) struct ImportMetadata {
    /// The federation metadata XML: a file, or an https:// URL (Entra ID: App Federation Metadata Url, with ?appid=)
    #[arg(value_name = "FILE|URL")]
    source: String,
    /// The company's slug, such as acme
    #[arg(long)]
    company: String,
    /// The connection's name: a-z, 0-9 and -; an existing one is updated
    #[arg(long)]
    name: String,
    /// Its name on the sign-in page [default: what the metadata says]
    #[arg(long)]
    display_name: Option<String>,
    /// Make accounts at first sign-in, in this permission group
    #[arg(long, value_name = "GROUP")]
    jit_group: Option<String>,
    /// Let users sign in through it
    #[arg(long)]
    enable: bool,
    /// Which one, when the metadata holds several identity providers
    #[arg(long, value_name = "E")]
    entity_id: Option<String>,
    /// Put another identity provider in the place of the one that the connection has; its accounts go over to the new one
    #[arg(long)]
    replace: bool,
    /// Print what would change, and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl ImportMetadata {
    pub(in crate::cli) async fn run(
        self,
        installation: &Installation,
        out: &mut Output,
    ) -> Result<()> {
        let name = connection_name(&self.name)?;
        let display_name = match &self.display_name {
            Some(text) => required_text("--display-name", text)?,
            None => String::new(),
        };
        let company = installation.company(&self.company).await?;
        let jit = match &self.jit_group {
            Some(title) => Some(jit_group(installation, &company, title).await?),
            None => None,
        };
        let bytes = self.load().await?;
        let imported = import::read(&bytes, self.entity_id.as_deref(), installation.now)
            .map_err(|error| self.metadata_error(&error))?;
        let existing = installation
            .store
            .connection_by_name(company.id, &name)
            .await?;
        let admin = installation.admin(company.id).await?;
        let choices = ImportChoices {
            name: Some(name),
            display_name: &display_name,
            jit,
            enable: self.enable,
            url: self.is_url().then_some(self.source.as_str()),
        };
        let found = match existing {
            Some(it) => admin.import_into(it.id, &imported, choices).await?,
            None => admin.import_new(&imported, choices).await?,
        };
        if found.connection.enabled {
            check_usable(&company, &found.connection)?;
        }
        let other = found
            .other
            .as_deref()
            .filter(|_| !self.replace)
            .map(|old| another_identity_provider_error(old, &found.connection));
        match other {
            Some(refusal) if !self.dry_run => return Err(refusal),
            None if !self.dry_run => self.write(installation, &company, &found).await?,
            _ => {}
        }
        let report = ImportReport {
            company: &company,
            import: &found,
            dry_run: self.dry_run,
        };
        if self.json {
            out.json(&report.to_json())?;
        } else {
            report.print(out)?;
        }
        other.map_or(Ok(()), Err)
    }

    fn metadata_error(&self, error: &NotMetadata) -> CliError {
        let what = format!("The metadata was not imported. {error}");
        match error {
            NotMetadata::Certificate => CliError::unusable(
                what,
                format!(
                    "By hand: vestibule connection add --certificate. For a connection that is there: vestibule connection set --company {} --name {} add_certificate={}",
                    self.company, self.name, self.source
                ),
            ),
            NotMetadata::Metadata(
                MetadataError::SeveralIdentityProviders { .. }
                | MetadataError::UnknownEntity { .. },
            ) => CliError::refused(what, "Name the one you want with --entity-id."),
            _ => CliError::refused(what, ""),
        }
    }

    fn is_url(&self) -> bool {
        self.source.contains("://")
    }

    async fn load(&self) -> Result<Vec<u8>> {
        if self.is_url() {
            return fetch_metadata(&self.source, Reach::Private, LARGEST)
                .await
                .map_err(|error| {
                    CliError::unusable(error.to_string(), "Or download the file and give its path.")
                });
        }
        read_file(Path::new(&self.source))
    }

    async fn write(
        &self,
        installation: &Installation,
        company: &Company,
        found: &MetadataImport,
    ) -> Result<()> {
        if found.is_new {
            return write_new(installation, company, &found.connection, &self.source).await;
        }
        let action = AuditAction::ConnectionImport;
        save(installation, &found.connection, action, Some(&self.source)).await
    }
}

/// Refuses to hand accounts over by mistake: they are bound to the connection (rule F2), so the new identity provider would
/// speak for those of the old one.
fn another_identity_provider_error(old: &str, after: &Connection) -> CliError {
    CliError::refused(
        format!(
            "The connection \"{}\" is not changed: this is another identity provider ({old} → {}). Accounts bound to the old one would answer to the new one.",
            after.name,
            after.settings.saml().idp_entity_id
        ),
        "Add a new connection with another --name, or repeat with --replace when the new one is to speak for these accounts.",
    )
}
