//! `connection verify`: looks at a provider of OpenID Connect, line by line.

use serde_json::json;

use super::NamedConnection;
use super::provider::client;
use crate::admin::ProviderCheck;
use crate::cli::error::{CliError, Result};
use crate::cli::installation::Installation;
use crate::cli::output::Output;

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct VerifyConnection {
    #[command(flatten)]
    named: NamedConnection,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl VerifyConnection {
    pub(super) async fn run(self, installation: &Installation, out: &mut Output) -> Result<()> {
        let (company, connection) = self.named.find(installation).await?;
        let (client, reach) = (client()?, installation.reach(&company));
        let admin = installation.admin(company.id).await?;
        let looked = admin.verify_provider(&connection, &client, reach).await;
        let (check, connection) = looked?;
        print_check(&check, self.json, out)?;
        if check.passed() {
            return Ok(());
        }
        Err(CliError::refused(
            format!(
                "The connection \"{}\" cannot work like this.",
                connection.name
            ),
            "Correct what failed above, and run the command again.",
        ))
    }
}

/// What was looked at, for scripts or for people.
pub(super) fn print_check(check: &ProviderCheck, as_json: bool, out: &mut Output) -> Result<()> {
    if as_json {
        let lines = check.lines.iter().map(|line| {
            json!({
                "subject": line.subject,
                "state": line.state.name(),
                "found": line.found,
                "next": line.next,
            })
        });
        let lines: Vec<_> = lines.collect();
        return out.json(&json!({"passed": check.passed(), "lines": lines}));
    }
    for line in &check.lines {
        out.line(format!(
            "{:<6} {}: {}",
            line.state.word(),
            line.subject,
            line.found
        ))?;
        if !line.next.is_empty() {
            out.line(format!("       {}", line.next))?;
        }
    }
    Ok(())
}
