//! `connection set`.

use super::settings::CommandSettings;
use super::{NamedConnection, certificates, check_usable, save};
use crate::cli::error::Result;
use crate::cli::installation::Installation;
use crate::cli::output::Output;
use crate::cli::settings;
use crate::domain::Connection;

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
        save(installation, &connection, "connection.set", None).await?;
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
        warn(&pairs, &connection, out)
    }
}

/// Says what a setting that was just given puts at risk.
pub(super) fn warn(
    pairs: &[(&str, &str)],
    connection: &Connection,
    out: &mut Output,
) -> Result<()> {
    let is_given = pairs.iter().any(|(key, _)| *key == "danger_allow_sha1");
    if is_given && connection.settings.saml().danger_allow_sha1 {
        out.line("  ! Signatures with SHA-1 are believed now. They can be forged with enough work: let the identity provider sign with SHA-256, then set danger_allow_sha1=false.")?;
    }
    let is_given = pairs.iter().any(|(key, _)| *key == "danger_accept_cbc");
    if is_given && connection.settings.saml().danger_accept_cbc {
        out.line("  ! AES-CBC is opened now where nothing signed stands around it. Who has such a message can change it and learn what is in it: switch encryption off at the identity provider, then set danger_accept_cbc=false.")?;
    }
    Ok(())
}
