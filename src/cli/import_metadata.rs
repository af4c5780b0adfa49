//! `connection import-metadata`.

use std::path::Path;

use serde_json::json;

use super::company::required_text;
use super::connection::{check_usable, save, write_new};
use super::error::{CliError, Result};
use super::installation::Installation;
use super::output::Output;
use crate::domain::{
    Company, Connection, ConnectionId, ConnectionName, GroupId, GroupKind, SamlSettings,
};
use crate::import::{self, Change};
use crate::keys::random;
use crate::outbound::{LARGEST, Reach, fetch_metadata};
use crate::saml::metadata::{IdpMetadata, Imported, MetadataError};

#[derive(Debug, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option")]
pub(super) struct ImportMetadata {
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
    pub(super) async fn run(self, installation: &Installation, out: &mut Output) -> Result<()> {
        let name = connection_name(&self.name)?;
        let display_name = match &self.display_name {
            Some(text) => Some(required_text("--display-name", text)?),
            None => None,
        };
        let company = installation.company(&self.company).await?;
        let jit = match &self.jit_group {
            Some(title) => Some(jit_group(installation, &company, title).await?),
            None => None,
        };
        let bytes = self.read().await?;
        let imported = IdpMetadata::parse(&bytes, self.entity_id.as_deref(), installation.now)
            .map_err(|error| match import::certificate(&bytes) {
                Ok(_) => self.is_certificate(),
                Err(_) => refused(&error),
            })?;
        let existing = installation
            .store
            .connection_by_name(company.id, &name)
            .await?;
        let is_new = existing.is_none();
        let before = existing
            .as_ref()
            .map(|connection| connection.settings.clone());
        let connection = match existing {
            Some(connection) => self.updated(connection, &imported, display_name, jit, &company)?,
            None => self.made(name, &imported, display_name, jit, installation, &company)?,
        };
        let other = before
            .as_ref()
            .filter(|_| !self.replace)
            .and_then(|before| other_identity_provider(before, &connection));
        match other {
            Some(refusal) if !self.dry_run => return Err(refusal),
            None if !self.dry_run => {
                self.write(installation, &company, &connection, is_new)
                    .await?;
            }
            _ => {}
        }
        let report = Report {
            company: &company,
            connection: &connection,
            is_new,
            dry_run: self.dry_run,
            changes: import::changes(
                &before.unwrap_or_else(|| SamlSettings {
                    binding: connection.settings.binding,
                    sign_requests: connection.settings.sign_requests,
                    ..SamlSettings::default()
                }),
                &connection.settings,
            ),
            imported: &imported,
        };
        if self.json {
            out.json(&report.to_json())?;
        } else {
            report.print(out)?;
        }
        other.map_or(Ok(()), Err)
    }

    fn is_certificate(&self) -> CliError {
        CliError::unusable(
            format!(
                "The metadata was not imported. {} is a certificate.",
                self.source
            ),
            format!(
                "Give the federation metadata XML. Or give the certificate to `vestibule connection add --certificate`, or to a connection that is there: vestibule connection set --company {} --name {} add_certificate={}",
                self.company, self.name, self.source
            ),
        )
    }

    async fn read(&self) -> Result<Vec<u8>> {
        if self.source.contains("://") {
            return fetch_metadata(&self.source, Reach::Private, LARGEST)
                .await
                .map_err(|error| {
                    CliError::unusable(error.to_string(), "Or download the file and give its path.")
                });
        }
        read_file(Path::new(&self.source))
    }

    fn made(
        &self,
        name: ConnectionName,
        imported: &Imported,
        display_name: Option<String>,
        jit: Option<GroupId>,
        installation: &Installation,
        company: &Company,
    ) -> Result<Connection> {
        let own_name = || {
            let names = &imported.idp.display_names;
            let english = names.iter().find(|name| name.lang.starts_with("en"));
            let name = english.or_else(|| names.first());
            required_text("", &name?.value).ok()
        };
        let connection = Connection {
            id: ConnectionId::from_bytes(random()),
            company_id: company.id,
            display_name: display_name
                .or_else(own_name)
                .unwrap_or_else(|| name.to_string()),
            name,
            sort_order: 0,
            enabled: self.enable,
            settings: SamlSettings {
                jit,
                ..import::settings(&imported.idp)
            },
            revision: 0,
            created_at: installation.now,
        };
        if connection.enabled {
            check_usable(company, &connection)?;
        }
        Ok(connection)
    }

    fn updated(
        &self,
        mut connection: Connection,
        imported: &Imported,
        display_name: Option<String>,
        jit: Option<GroupId>,
        company: &Company,
    ) -> Result<Connection> {
        import::update(&mut connection.settings, &imported.idp);
        connection.display_name = display_name.unwrap_or(connection.display_name);
        connection.settings.jit = jit.or(connection.settings.jit);
        connection.enabled |= self.enable;
        if connection.enabled {
            check_usable(company, &connection)?;
        }
        Ok(connection)
    }

    async fn write(
        &self,
        installation: &Installation,
        company: &Company,
        connection: &Connection,
        is_new: bool,
    ) -> Result<()> {
        if !is_new {
            return save(
                installation,
                connection,
                "connection.import",
                Some(&self.source),
            )
            .await;
        }
        write_new(installation, company, connection, &self.source).await
    }
}

/// Refuses to hand accounts over by mistake: they are bound to the connection (rule F2), so the new identity provider would
/// speak for those of the old one.
fn other_identity_provider(before: &SamlSettings, after: &Connection) -> Option<CliError> {
    let (old, new) = (&before.idp_entity_id, &after.settings.idp_entity_id);
    (old != new).then(|| {
        CliError::refused(
            format!(
                "The connection \"{}\" is not changed: this is another identity provider ({old} → {new}). Accounts bound to the old one would answer to the new one.",
                after.name
            ),
            "Add a new connection with another --name, or repeat with --replace when the new one is to speak for these accounts.",
        )
    })
}

/// The group of accounts that are made at first sign-in. Whoever the identity provider lets in gets one of those.
pub(super) async fn jit_group(
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
pub(super) fn administrators(title: &str) -> CliError {
    CliError::refused(
        format!(
            "\"{title}\" is a group of administrators: everybody would be one from the first sign-in."
        ),
        "Name another group, and make administrators one by one: vestibule user --help",
    )
}

/// A connection's name, as an option gives it.
pub(super) fn connection_name(text: &str) -> Result<ConnectionName> {
    text.parse().map_err(|_| {
        CliError::unusable(
            format!("\"{text}\" is not a connection's name."),
            "Use 1 to 63 characters of a-z, 0-9 and -, such as entra.",
        )
    })
}

/// A file that an option names, not larger than what is fetched.
pub(super) fn read_file(path: &Path) -> Result<Vec<u8>> {
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

fn refused(error: &MetadataError) -> CliError {
    let next = match error {
        MetadataError::SeveralIdentityProviders { .. } | MetadataError::UnknownEntity { .. } => {
            "Name the one you want with --entity-id."
        }
        _ => "",
    };
    CliError::refused(format!("The metadata was not imported. {error}"), next)
}

/// What an import did, for people and for scripts.
struct Report<'a> {
    company: &'a Company,
    connection: &'a Connection,
    is_new: bool,
    dry_run: bool,
    changes: Vec<Change>,
    imported: &'a Imported,
}

impl Report<'_> {
    fn print(&self, out: &mut Output) -> Result<()> {
        let verb = match (self.is_new, self.dry_run) {
            (true, false) => "Added",
            (true, true) => "Would add",
            (false, false) => "Updated",
            (false, true) => "Would update",
        };
        out.line(format!(
            "{verb} the connection \"{}\" of {} ({}): {}",
            self.connection.name,
            self.company.name,
            if self.connection.enabled {
                "enabled"
            } else {
                "not enabled"
            },
            self.connection.settings.idp_entity_id
        ))?;
        if self.changes.is_empty() {
            out.line("  nothing in it changes")?;
        }
        for change in &self.changes {
            let (sign, text) = match (&change.before, &change.after) {
                (Some(before), Some(after)) => ("~", format!("{before} → {after}")),
                (None, Some(after)) => ("+", after.clone()),
                (Some(before), None) => ("-", before.clone()),
                (None, None) => continue,
            };
            out.line(format!("  {sign} {}: {text}", change.what))?;
        }
        for warning in &self.imported.warnings {
            out.line(format!("  ! {warning}"))?;
        }
        if !self.connection.enabled && !self.dry_run {
            out.line(format!(
                "Enable it with: vestibule connection enable --company {} --name {}",
                self.company.slug, self.connection.name
            ))?;
        }
        Ok(())
    }

    fn to_json(&self) -> serde_json::Value {
        let warnings: Vec<String> = self
            .imported
            .warnings
            .iter()
            .map(ToString::to_string)
            .collect();
        json!({
            "company": self.company.slug,
            "connection": self.connection.name,
            "added": self.is_new,
            "dry_run": self.dry_run,
            "enabled": self.connection.enabled,
            "idp_entity_id": self.connection.settings.idp_entity_id,
            "changes": self.changes,
            "warnings": warnings,
        })
    }
}
