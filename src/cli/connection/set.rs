//! `connection set`.

use std::path::Path;

use super::danger::print_dangers;
use super::settings::CommandSettings;
use super::{NamedConnection, certificates, check_usable, save};
use crate::cli::arguments::read_secret;
use crate::cli::error::Result;
use crate::cli::installation::Installation;
use crate::cli::output::Output;
use crate::cli::settings::{self, Settable as _};
use crate::domain::AuditAction;

/// The setting of a secret, whose value is a file.
const CLIENT_SECRET: &str = "client_secret_file";

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct SetConnection {
    #[command(flatten)]
    named: NamedConnection,
    /// What to change, such as binding=redirect
    #[arg(value_name = "KEY=VALUE")]
    pairs: Vec<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl SetConnection {
    pub(super) async fn run(self, installation: &Installation, out: &mut Output) -> Result<()> {
        let (company, mut connection) = self.named.find(installation).await?;
        let by_command = CommandSettings::load(installation, &company).await?;
        if self.pairs.is_empty() {
            return settings::print(&by_command.on(&connection), self.json, out);
        }
        let pairs = settings::split_pairs(&self.pairs, "binding=redirect")?;
        for &pair in &pairs {
            if pair.0 == CLIENT_SECRET {
                let secret = read_secret(CLIENT_SECRET, Path::new(pair.1))?;
                let admin = installation.admin(company.id).await?;
                connection = admin.with_client_secret(&connection, &secret, None)?;
            } else {
                by_command.set(&mut connection, pair).await?;
            }
        }
        if connection.enabled {
            check_usable(&company, &connection)?;
        }
        save(installation, &connection, AuditAction::ConnectionSet, None).await?;
        let after = by_command.on(&connection);
        if self.json {
            return settings::print(&after, true, out);
        }
        let is_certificate = |key: &str| matches!(key, "certificates" | "add_certificate");
        if pairs.iter().any(|(key, _)| *key == CLIENT_SECRET) {
            let value = after.value("client_secret").unwrap_or_default();
            out.line(format!(
                "client_secret of \"{}\" is {value} now.",
                connection.name
            ))?;
        }
        let keys = pairs.iter().map(|(key, _)| *key);
        settings::print_changed(
            &after,
            keys.filter(|key| !is_certificate(key) && *key != CLIENT_SECRET),
            out,
        )?;
        if pairs.iter().any(|(key, _)| is_certificate(key)) {
            certificates::print(&connection, installation.now, out)?;
        }
        print_dangers(&pairs, &connection, out)
    }
}
