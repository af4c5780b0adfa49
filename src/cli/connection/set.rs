//! `connection set`.

use super::settings::Settings;
use super::{Named, certificates, check_usable, save};
use crate::cli::error::Result;
use crate::cli::installation::Installation;
use crate::cli::output::Output;
use crate::cli::pairs;
use crate::domain::{AuditAction, Connection};

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Set {
    #[command(flatten)]
    named: Named,
    /// What to change, such as binding=redirect
    #[arg(value_name = "KEY=VALUE")]
    pairs: Vec<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Set {
    pub(super) async fn run(self, installation: &Installation, out: &mut Output) -> Result<()> {
        let (company, mut connection) = self.named.find(installation).await?;
        let settings = Settings::of(installation, &company).await?;
        if self.pairs.is_empty() {
            return show(&settings, &connection, self.json, out);
        }
        let pairs = pairs::split(&self.pairs, "binding=redirect")?;
        for &pair in &pairs {
            settings.set(&mut connection, pair).await?;
        }
        if connection.enabled {
            check_usable(&company, &connection)?;
        }
        save(installation, &connection, AuditAction::ConnectionSet, None).await?;
        if self.json {
            return show(&settings, &connection, true, out);
        }
        let is_certificate = |key: &str| matches!(key, "certificates" | "add_certificate");
        for (key, _) in pairs.iter().filter(|(key, _)| !is_certificate(key)) {
            let value = settings.value(&connection, key).unwrap_or_default();
            out.line(format!("{key} of \"{}\" is {value} now.", connection.name))?;
        }
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

fn show(
    settings: &Settings<'_>,
    connection: &Connection,
    json: bool,
    out: &mut Output,
) -> Result<()> {
    if json {
        return out.json(&settings.values(connection));
    }
    let width = Settings::keys().map(|(key, _)| key.len()).max();
    let width = width.unwrap_or_default();
    out.line(format!("{:<width$}  VALUE", "KEY"))?;
    for (key, allowed) in Settings::keys() {
        let value = settings.value(connection, key).unwrap_or_default();
        out.line(format!("{key:<width$}  {value}").trim_end())?;
        for line in lines(allowed) {
            out.line(format!("{:width$}    {line}", ""))?;
        }
    }
    Ok(())
}

/// A text in lines that fit beside the keys on a terminal of 100 columns.
fn lines(text: &str) -> Vec<String> {
    const COLUMNS: usize = 66;
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.chars().count() + word.chars().count() < COLUMNS => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}
