//! `connection add`: set up by hand, with what an identity provider's page shows.

use std::path::PathBuf;

use super::danger::print_dangers;
use super::jit_group::jit_group;
use super::settings::CommandSettings;
use super::{certificates, check_usable, describe, write_new};
use crate::cli::arguments::{connection_name, required_text};
use crate::cli::error::{CliError, Result};
use crate::cli::installation::Installation;
use crate::cli::output::Output;
use crate::cli::settings::{Settable as _, split_pairs};
use crate::domain::{self, Company, Connection, SamlSettings};

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct AddConnection {
    /// The company's slug, such as acme
    #[arg(long)]
    company: String,
    /// The connection's name: a-z, 0-9 and -
    #[arg(long)]
    name: String,
    /// Its name on the sign-in page
    #[arg(long)]
    display_name: String,
    /// The identity provider's entity ID (Entra ID: Microsoft Entra Identifier)
    #[arg(long, value_name = "E")]
    entity_id: String,
    /// Where users are sent to sign in (Entra ID: Login URL); it serves both bindings
    #[arg(long, value_name = "URL")]
    login_url: String,
    /// Where users are sent to sign out (Entra ID: Logout URL)
    #[arg(long, value_name = "URL")]
    logout_url: Option<String>,
    /// The identity provider's signing certificate (PEM, Base64 or DER); may be given several times
    #[arg(long = "certificate", value_name = "FILE", required = true)]
    certificates: Vec<PathBuf>,
    /// Make accounts at first sign-in, in this permission group
    #[arg(long, value_name = "GROUP")]
    jit_group: Option<String>,
    /// Let users sign in through it
    #[arg(long)]
    enable: bool,
    /// Further settings, as `connection set` takes them, such as binding=redirect
    #[arg(value_name = "KEY=VALUE")]
    pairs: Vec<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl AddConnection {
    pub(super) async fn run(self, installation: &Installation, out: &mut Output) -> Result<()> {
        let company = installation.company(&self.company).await?;
        let settings = CommandSettings::load(installation, &company).await?;
        let mut connection = self.connection(installation, &company).await?;
        let pairs = split_pairs(&self.pairs, "binding=redirect")?;
        for &pair in &pairs {
            settings.set(&mut connection, pair).await?;
        }
        if connection.enabled {
            check_usable(&company, &connection)?;
        }
        let entity_id = &connection.settings.saml().idp_entity_id;
        write_new(installation, &company, &connection, entity_id).await?;
        if self.json {
            let group = settings.on(&connection).value("jit_group");
            let group = group.filter(|_| connection.settings.jit.is_some());
            return out.json(&describe(
                &company,
                &settings,
                &connection,
                group.as_deref(),
            ));
        }
        let state = if connection.enabled {
            "enabled"
        } else {
            "not enabled"
        };
        out.line(format!(
            "Added the connection \"{}\" of {} ({state}): {}",
            connection.name,
            company.name,
            connection.settings.saml().idp_entity_id
        ))?;
        certificates::print(&connection, installation.now, out)?;
        print_dangers(&pairs, &connection, out)?;
        if !connection.enabled {
            out.line(format!(
                "Enable it with: vestibule connection enable --company {} --name {}",
                company.slug, connection.name
            ))?;
        }
        Ok(())
    }

    async fn connection(
        &self,
        installation: &Installation,
        company: &Company,
    ) -> Result<Connection> {
        let name = connection_name(&self.name)?;
        let display_name = required_text("--display-name", &self.display_name)?;
        let mut certificates = Vec::new();
        for file in &self.certificates {
            let certificate = certificates::read(file)?;
            if !certificates.contains(&certificate) {
                certificates.push(certificate);
            }
        }
        let mut settings = domain::Settings::from(SamlSettings {
            idp_entity_id: required_text("--entity-id", &self.entity_id)?,
            certificates,
            ..SamlSettings::default()
        });
        set_address(
            &mut settings,
            "sso_post_url",
            "--login-url",
            &self.login_url,
        )?;
        set_address(
            &mut settings,
            "sso_redirect_url",
            "--login-url",
            &self.login_url,
        )?;
        if let Some(url) = &self.logout_url {
            set_address(&mut settings, "slo_url", "--logout-url", url)?;
        }
        if let Some(title) = &self.jit_group {
            settings.jit = Some(jit_group(installation, company, title).await?);
        }
        let admin = installation.admin(company.id).await?;
        let draft = admin.draft(name, display_name, settings).await?;
        Ok(Connection {
            enabled: self.enable,
            ..draft
        })
    }
}

/// Sets an address that an option gives.
fn set_address(settings: &mut domain::Settings, key: &str, option: &str, url: &str) -> Result<()> {
    settings.set(key, url.trim()).map_err(|_| {
        CliError::unusable(
            format!("\"{url}\" is not an address for {option}."),
            "Use an https address, copied from the identity provider (http for loopback names only).",
        )
    })
}
