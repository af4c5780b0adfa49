//! `connection import-metadata`.

use std::path::Path;

use serde::Serialize;
use serde_json::json;

use super::{check_usable, save, write_new};
use crate::admin::{ImportChoices, MetadataImport};
use crate::cli::company::required_text;
use crate::cli::error::{CliError, Result};
use crate::cli::installation::Installation;
use crate::cli::output::Output;
use crate::domain::{AuditAction, Company, Connection, ConnectionName, GroupId, GroupKind};
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
        let bytes = self.fetched().await?;
        let imported = import::read(&bytes, self.entity_id.as_deref(), installation.now)
            .map_err(|error| self.not_imported(&error))?;
        let existing = installation
            .store
            .connection_by_name(company.id, &name)
            .await?;
        let keys = installation.keys().await?;
        let admin = installation.admin(&keys, company.id);
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
            .map(|old| another_identity_provider(old, &found.connection));
        match other {
            Some(refusal) if !self.dry_run => return Err(refusal),
            None if !self.dry_run => self.write(installation, &company, &found).await?,
            _ => {}
        }
        let report = Report {
            company: &company,
            found: &found,
            dry_run: self.dry_run,
        };
        if self.json {
            out.json(&report.to_json())?;
        } else {
            report.print(out)?;
        }
        other.map_or(Ok(()), Err)
    }

    fn not_imported(&self, error: &NotMetadata) -> CliError {
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

    async fn fetched(&self) -> Result<Vec<u8>> {
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
fn another_identity_provider(old: &str, after: &Connection) -> CliError {
    CliError::refused(
        format!(
            "The connection \"{}\" is not changed: this is another identity provider ({old} → {}). Accounts bound to the old one would answer to the new one.",
            after.name,
            after.settings.saml().idp_entity_id
        ),
        "Add a new connection with another --name, or repeat with --replace when the new one is to speak for these accounts.",
    )
}

/// The group of accounts that are made at first sign-in. Whoever the identity provider lets in gets one of those.
pub(in crate::cli) async fn jit_group(
    installation: &Installation,
    company: &Company,
    title: &str,
) -> Result<GroupId> {
    let group = installation.group(company, title).await?;
    if group.kind == GroupKind::Administrator {
        return Err(administrators(&group.title));
    }
    Ok(group.id)
}

/// Why that group is no group of new accounts.
pub(in crate::cli) fn administrators(title: &str) -> CliError {
    CliError::refused(
        format!(
            "\"{title}\" is a group of administrators: everybody would be one from the first sign-in."
        ),
        "Name another group, and make administrators one by one: vestibule user --help",
    )
}

/// A connection's name, as an option gives it.
pub(in crate::cli) fn connection_name(text: &str) -> Result<ConnectionName> {
    text.parse().map_err(|_| {
        CliError::unusable(
            format!("\"{text}\" is not a connection's name."),
            "Use 1 to 63 characters of a-z, 0-9 and -, such as entra.",
        )
    })
}

/// A file that an option names, not larger than what is fetched.
pub(in crate::cli) fn read_file(path: &Path) -> Result<Vec<u8>> {
    let unreadable = |cause: std::io::Error| {
        CliError::unusable(
            format!("The file {} cannot be read: {cause}.", path.display()),
            "Check its path and its permissions.",
        )
    };
    let size = std::fs::metadata(path).map_err(unreadable)?.len();
    if size > LARGEST as u64 {
        return Err(CliError::unusable(
            format!(
                "The file {} is larger than {} MiB.",
                path.display(),
                LARGEST / 1024 / 1024
            ),
            "Check that it is the right file.",
        ));
    }
    std::fs::read(path).map_err(unreadable)
}

/// What an import did, for people and for scripts.
struct Report<'a> {
    company: &'a Company,
    found: &'a MetadataImport,
    dry_run: bool,
}

impl Report<'_> {
    /// What changes; of a new connection, what it has.
    fn changes(&self) -> Vec<Change> {
        let connection = &self.found.connection;
        let certificates = connection.settings.saml().certificates.iter();
        let new = certificates
            .filter(|_| self.found.is_new)
            .map(|one| Change {
                what: "signing certificate",
                before: None,
                after: Some(import::describe(one)),
            });
        let differences = self.found.differences.iter();
        let differences = differences
            .filter(|it| !self.found.is_new || !matches!(it.key, "name" | "display_name"))
            .map(|it| Change {
                what: name_of(it.key),
                before: it.before.clone(),
                after: it.after.clone(),
            });
        differences.chain(new).collect()
    }

    fn print(&self, out: &mut Output) -> Result<()> {
        let connection = &self.found.connection;
        let verb = match (self.found.is_new, self.dry_run) {
            (true, false) => "Added",
            (true, true) => "Would add",
            (false, false) => "Updated",
            (false, true) => "Would update",
        };
        out.line(format!(
            "{verb} the connection \"{}\" of {} ({}): {}",
            connection.name,
            self.company.name,
            if connection.enabled {
                "enabled"
            } else {
                "not enabled"
            },
            connection.settings.saml().idp_entity_id
        ))?;
        let changes = self.changes();
        if changes.is_empty() {
            out.line("  nothing in it changes")?;
        }
        for change in &changes {
            let (sign, text) = match (&change.before, &change.after) {
                (Some(before), Some(after)) => ("~", format!("{before} → {after}")),
                (None, Some(after)) => ("+", after.clone()),
                (Some(before), None) => ("-", before.clone()),
                (None, None) => continue,
            };
            out.line(format!("  {sign} {}: {text}", change.what))?;
        }
        for warning in &self.found.warnings {
            out.line(format!("  ! {warning}"))?;
        }
        if !connection.enabled && !self.dry_run {
            out.line(format!(
                "Enable it with: vestibule connection enable --company {} --name {}",
                self.company.slug, connection.name
            ))?;
        }
        Ok(())
    }

    fn to_json(&self) -> serde_json::Value {
        let connection = &self.found.connection;
        json!({
            "company": self.company.slug,
            "connection": connection.name,
            "added": self.found.is_new,
            "dry_run": self.dry_run,
            "enabled": connection.enabled,
            "idp_entity_id": connection.settings.saml().idp_entity_id,
            "changes": self.changes(),
            "warnings": self.found.warnings,
        })
    }
}

/// One thing that an import changes.
#[derive(Debug, Serialize)]
struct Change {
    what: &'static str,
    /// What was there; none when it is added.
    before: Option<String>,
    /// What will be there; none when it is removed.
    after: Option<String>,
}

/// What the parts of metadata are called; a setting by its own name.
fn name_of(key: &'static str) -> &'static str {
    match key {
        "idp_entity_id" => "entity ID",
        "sso_post_url" => "sign-on address (POST)",
        "sso_redirect_url" => "sign-on address (Redirect)",
        "slo_url" => "logout address",
        "slo_response_url" => "logout response address",
        "slo_post_url" => "logout address (POST)",
        "slo_post_response_url" => "logout response address (POST)",
        "slo_binding" => "logout binding",
        "sign_requests" => "signed requests",
        "name_id_format" => "NameID format",
        "authn_statement" => "AuthnStatement",
        "metadata_url" => "metadata URL",
        "certificates" => "signing certificate",
        _ => key,
    }
}
