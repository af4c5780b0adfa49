//! `connection set`.

use super::danger::print_dangers;
use super::settings::CommandSettings;
use super::{NamedConnection, certificates, check_usable, save};
use crate::cli::error::Result;
use crate::cli::installation::Installation;
use crate::cli::output::Output;
use crate::cli::settings;
use crate::domain::AuditAction;

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
            by_command.set(&mut connection, pair).await?;
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
        let keys = pairs.iter().map(|(key, _)| *key);
        settings::print_changed(&after, keys.filter(|key| !is_certificate(key)), out)?;
        if pairs.iter().any(|(key, _)| is_certificate(key)) {
            certificates::print(&connection, installation.now, out)?;
        }
        print_dangers(&pairs, &connection, out)
    }
}
