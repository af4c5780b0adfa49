//! `connection add-oidc`: a provider of OpenID Connect.

use std::path::PathBuf;

use super::jit_group::jit_group;
use super::provider::client;
use super::settings::CommandSettings;
use super::{check_usable, describe, write_new};
use crate::admin::{ChosenProvider, registered_addresses};
use crate::cli::arguments::{connection_name, read_secret, required_text};
use crate::cli::error::Result;
use crate::cli::installation::Installation;
use crate::cli::output::Output;
use crate::cli::settings::{Settable as _, split_pairs};

#[derive(Debug, clap::Args)]
#[command(group(clap::ArgGroup::new("provider").required(true).args(["tenants", "issuer"])))]
pub(in crate::cli) struct AddOidcConnection {
    /// The company's slug, such as acme
    #[arg(long)]
    company: String,
    /// The connection's name: a-z, 0-9 and -
    #[arg(long)]
    name: String,
    /// Its name on the sign-in page
    #[arg(long)]
    display_name: String,
    /// The tenant of Entra ID: its Directory (tenant) ID, or a domain such as contoso.onmicrosoft.com; given several times, people of
    /// these tenants may come, and of no other
    #[arg(long = "tenant", value_name = "GUID")]
    tenants: Vec<String>,
    /// The issuer of any other provider, or the address of its discovery document
    #[arg(long, value_name = "URL")]
    issuer: Option<String>,
    /// Our name at the provider (Entra ID: Application (client) ID)
    #[arg(long, value_name = "ID")]
    client_id: String,
    /// A file with the client secret (Entra ID: the Value of it); - for standard input
    #[arg(long, value_name = "FILE")]
    client_secret_file: Option<PathBuf>,
    /// Make accounts at first sign-in, in this permission group
    #[arg(long, value_name = "GROUP")]
    jit_group: Option<String>,
    /// Let users sign in through it
    #[arg(long)]
    enable: bool,
    /// Further settings, as `connection set` takes them, such as userinfo=on
    #[arg(value_name = "KEY=VALUE")]
    pairs: Vec<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl AddOidcConnection {
    pub(super) async fn run(self, installation: &Installation, out: &mut Output) -> Result<()> {
        let company = installation.company(&self.company).await?;
        let name = connection_name(&self.name)?;
        let display_name = required_text("--display-name", &self.display_name)?;
        let client_id = required_text("--client-id", &self.client_id)?;
        let (client, reach) = (client()?, installation.reach(&company));
        let cloud = installation.cloud();
        let mut pasted = self.tenants.iter().chain(&self.issuer);
        let first = pasted.next().map(String::as_str).unwrap_or_default();
        let mut chosen = ChosenProvider::find(cloud, first, &client, reach).await?;
        for one in pasted {
            let more = ChosenProvider::find(cloud, one, &client, reach).await?;
            chosen = chosen.and(more)?;
        }
        let admin = installation.admin(company.id).await?;
        let draft = admin.provider_draft(name, display_name, chosen.issuer, &client_id);
        let mut connection = draft.await?;
        if let Some(file) = &self.client_secret_file {
            let secret = read_secret("--client-secret-file", file)?;
            connection = admin.with_client_secret(&connection, &secret, None)?;
        }
        if let Some(title) = &self.jit_group {
            connection.settings.jit = Some(jit_group(installation, &company, title).await?);
        }
        let settings = CommandSettings::load(installation, &company).await?;
        for &pair in &split_pairs(&self.pairs, "userinfo=on")? {
            settings.set(&mut connection, pair).await?;
        }
        let (mut connection, looked) = admin.with_discovery(&connection, &client, reach).await?;
        connection.enabled = self.enable;
        if connection.enabled {
            check_usable(&company, &connection)?;
        }
        let issuer = settings.on(&connection).value("issuer").unwrap_or_default();
        write_new(installation, &company, &connection, &issuer).await?;
        if self.json {
            let group = settings.on(&connection).value("jit_group");
            let group = group.filter(|_| connection.settings.jit.is_some());
            let described = describe(&company, &settings, &connection, group.as_deref());
            return out.json(&described);
        }
        let state = if connection.enabled {
            "enabled"
        } else {
            "not enabled"
        };
        out.line(format!(
            "Added the connection \"{}\" of {} ({state}): {issuer}",
            connection.name, company.name
        ))?;
        if let Some(note) = chosen.note {
            out.line(note)?;
        }
        if let Err(cause) = looked {
            out.line(format!("The provider could not be looked at: {cause}"))?;
            out.line(format!(
                "Look again with: vestibule connection verify --company {} --name {}",
                company.slug, connection.name
            ))?;
        }
        out.line("Enter these at the provider:")?;
        out.fields("  ", 27, registered_addresses(&company, &connection))?;
        if !connection.enabled {
            out.line(format!(
                "Enable it with: vestibule connection enable --company {} --name {}",
                company.slug, connection.name
            ))?;
        }
        Ok(())
    }
}
