//! `connection list`, `enable`, `disable`; `import-metadata`, `add` and `set` have files of their own.

mod accept_provider;
mod add;
mod add_oidc;
mod certificates;
mod check_manifest;
mod danger;
mod delete;
mod import_metadata;
mod import_report;
mod jit_group;
mod key;
mod provider;
mod set;
mod settings;
mod verify;

use clap::Subcommand;
use serde_json::{Value, json};

use super::arguments::CompanyList;
use super::error::{CliError, Result};
use super::installation::Installation;
use super::invocation::Invocation;
use super::listing::{ListForm, Listing};
use super::output::{Output, timestamp};
use super::settings::to_json;
use crate::admin::{Refused, missing};
use crate::domain::{AuditAction, Company, Connection};
use crate::import;

use import_metadata::ImportMetadata;
use settings::CommandSettings;

#[derive(Debug, Subcommand)]
pub(super) enum ConnectionCommand {
    /// Make or update a connection from an identity provider's federation metadata
    ImportMetadata(ImportMetadata),
    /// Make a connection by hand: addresses, entity ID and certificate
    Add(Box<add::AddConnection>),
    /// Make a connection to a provider of OpenID Connect
    AddOidc(Box<add_oidc::AddOidcConnection>),
    /// Look at a provider of OpenID Connect, line by line
    Verify(verify::VerifyConnection),
    /// Compare an app registration's manifest of Entra ID with a connection
    CheckManifest(check_manifest::CheckManifest),
    /// List a company's connections
    List(CompanyList),
    /// Let users sign in through a connection
    Enable(NamedConnection),
    /// Keep users from signing in through a connection
    Disable(NamedConnection),
    /// Change settings; without key=value pairs, list them
    Set(set::SetConnection),
    /// Use the addresses of a provider that has moved to another host
    AcceptProvider(accept_provider::AcceptProvider),
    /// Key pairs that show the provider who we are, in the place of a secret
    #[command(subcommand)]
    Key(key::ConnectionKeyCommand),
    /// Delete a connection and the records of its sign-ins
    Delete(delete::DeleteConnection),
}

#[derive(Debug, clap::Args)]
pub(super) struct NamedConnection {
    /// The company's slug, such as acme
    #[arg(long)]
    company: String,
    /// The connection's name; may be left out when the company has one only
    #[arg(long)]
    name: Option<String>,
}

impl ConnectionCommand {
    pub(super) async fn run(self, invocation: &Invocation, out: &mut Output) -> Result<()> {
        let installation = invocation.open().await?;
        match self {
            Self::ImportMetadata(import) => import.run(&installation, out).await,
            Self::Add(add) => add.run(&installation, out).await,
            Self::AddOidc(add) => add.run(&installation, out).await,
            Self::Verify(verify) => verify.run(&installation, out).await,
            Self::CheckManifest(check) => check.run(&installation, out).await,
            Self::List(arguments) => list(&installation, &arguments, out).await,
            Self::Enable(named) => named.switch(&installation, true, out).await,
            Self::Disable(named) => named.switch(&installation, false, out).await,
            Self::Set(set) => set.run(&installation, out).await,
            Self::AcceptProvider(accept) => accept.run(&installation, out).await,
            Self::Key(key) => key.run(&installation, out).await,
            Self::Delete(delete) => delete.run(&installation, out).await,
        }
    }
}

impl NamedConnection {
    async fn find(&self, installation: &Installation) -> Result<(Company, Connection)> {
        let company = installation.company(&self.company).await?;
        let connection = installation
            .connection(&company, self.name.as_deref(), "--name")
            .await?;
        Ok((company, connection))
    }

    async fn switch(&self, installation: &Installation, on: bool, out: &mut Output) -> Result<()> {
        let (company, mut connection) = self.find(installation).await?;
        let word = if on { "enabled" } else { "disabled" };
        if connection.enabled == on {
            return out.line(format!(
                "The connection \"{}\" of {} is {word} already.",
                connection.name, company.name
            ));
        }
        if on {
            check_usable(&company, &connection)?;
        }
        connection.enabled = on;
        save(
            installation,
            &connection,
            if on {
                AuditAction::ConnectionEnable
            } else {
                AuditAction::ConnectionDisable
            },
            Some(""),
        )
        .await?;
        let waiting = if on {
            String::new()
        } else {
            let admin = installation.admin(company.id).await?;
            waiting_users(admin.connection_use(connection.id).await?.waiting)
        };
        out.line(format!(
            "The connection \"{}\" of {} is {word} now{waiting}.",
            connection.name, company.name
        ))
    }
}

/// What to do with those who would have signed in through a connection for the first time.
fn waiting_users(users: i64) -> String {
    match users {
        0 => String::new(),
        1 => "; 1 user waits for a first sign-in through it (vestibule user list), and needs another one: vestibule user set --connection NAME".to_owned(),
        _ => format!("; {users} users wait for a first sign-in through it (vestibule user list), and need another one: vestibule user set --connection NAME"),
    }
}

/// Rule B2: refuses what cannot work.
pub(super) fn check_usable(company: &Company, connection: &Connection) -> Result<()> {
    let missing = missing(connection);
    if missing.is_empty() {
        return Ok(());
    }
    let what: Vec<String> = missing.into_iter().map(|problem| problem.what).collect();
    Err(CliError::refused(
        format!(
            "The connection \"{}\" cannot be enabled. {}",
            connection.name,
            what.join(" ")
        ),
        format!(
            "Import the identity provider's metadata: vestibule connection import-metadata FILE|URL --company {} --name {} (or `connection set` its addresses and certificates)",
            company.slug, connection.name
        ),
    ))
}

/// Writes a connection that was read before. Without a detail, the audit log tells every difference.
pub(super) async fn save(
    installation: &Installation,
    connection: &Connection,
    action: AuditAction,
    detail: Option<&str>,
) -> Result<()> {
    let admin = installation.admin(connection.company_id).await?;
    match admin.change_connection(connection, action, detail).await {
        Ok(_) => Ok(()),
        Err(Refused::Changed { by, .. }) => Err(CliError::refused(
            format!(
                "The connection \"{}\" was changed by {by} just now.",
                connection.name
            ),
            "Nothing was written. Run the command again.",
        )),
        Err(other) => Err(other.into()),
    }
}

/// Writes a new connection.
pub(super) async fn write_new(
    installation: &Installation,
    company: &Company,
    connection: &Connection,
    source: &str,
) -> Result<()> {
    let admin = installation.admin(company.id).await?;
    match admin.add_connection(connection, source).await {
        Ok(_) => Ok(()),
        Err(Refused::Taken(_)) => Err(CliError::refused(
            format!(
                "{} has a connection \"{}\" already.",
                company.name, connection.name
            ),
            format!(
                "Change it with: vestibule connection set --company {} --name {}. Use another name for another connection.",
                company.slug, connection.name
            ),
        )),
        Err(other) => Err(other.into()),
    }
}

async fn list(
    installation: &Installation,
    arguments: &CompanyList,
    out: &mut Output,
) -> Result<()> {
    let company = installation.company(&arguments.company).await?;
    let connections = installation.store.connections(company.id).await?;
    let groups = installation.store.groups(company.id).await?;
    let jit_group = |connection: &Connection| {
        let id = connection.settings.jit?;
        let group = groups.iter().find(|group| group.id == id)?;
        Some(group.title.clone())
    };
    let settings = CommandSettings::load(installation, &company).await?;
    let listing = Listing {
        form: ListForm::new(arguments.json),
        describe: &|connection: &Connection| {
            let jit_group = jit_group(connection);
            describe(&company, &settings, connection, jit_group.as_deref())
        },
        header: [
            "NAME",
            "DISPLAY NAME",
            "STATE",
            "BINDING",
            "JIT GROUP",
            "IDENTITY PROVIDER",
        ],
        row: &|connection| {
            let state = if connection.enabled {
                "enabled"
            } else {
                "disabled"
            };
            [
                connection.name.to_string(),
                connection.display_name.clone(),
                state.to_owned(),
                match connection.settings.oidc() {
                    Some(oidc) => oidc.response_mode.to_string(),
                    None => connection.settings.saml().binding.to_string(),
                },
                jit_group(connection).unwrap_or_else(|| "-".to_owned()),
                connection.settings.provider_name(),
            ]
        },
        none: format!(
            "{} has no connection yet. Add one: vestibule connection import-metadata FILE|URL --company {} --name entra --display-name \"{} Entra ID\"",
            company.name, company.slug, company.name
        ),
    };
    listing.write(&connections, out)
}

fn describe(
    company: &Company,
    settings: &CommandSettings<'_>,
    connection: &Connection,
    jit_group: Option<&str>,
) -> Value {
    let certificates: Vec<Value> = import::keys(&connection.settings.saml().certificates)
        .map(|key| match key {
            Ok(key) => json!({
                "sha1_thumbprint": key.sha1_thumbprint(),
                "sha256_thumbprint": key.sha256_thumbprint(),
                "subject": key.subject(),
                "not_before": timestamp(key.validity().0),
                "not_after": timestamp(key.validity().1),
            }),
            Err(error) => json!({"error": error.to_string()}),
        })
        .collect();
    let mut described = json!({
        "name": connection.name,
        "protocol": connection.settings.protocol.name(),
        "display_name": connection.display_name,
        "enabled": connection.enabled,
        "sort_order": connection.sort_order,
        "jit_group": jit_group,
        "certificates": certificates,
        "settings": to_json(&settings.on(connection)),
        "created_at": timestamp(connection.created_at),
    });
    if let Some(members) = described.as_object_mut() {
        members.extend(provider::addresses_json(company, connection));
    }
    described
}
