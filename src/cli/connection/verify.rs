//! `connection verify`: looks at a provider of OpenID Connect, line by line.

use serde_json::{Value, json};

use super::NamedConnection;
use super::provider::client;
use crate::admin::ProviderLine;
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
        let passed = check.passed();
        if self.json {
            let lines: Vec<_> = check.lines.iter().map(line_json).collect();
            out.json(&json!({"passed": passed, "lines": lines}))?;
        } else {
            print_lines(&check.lines, out)?;
        }
        if passed {
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

/// A line for scripts.
pub(super) fn line_json(line: &ProviderLine) -> Value {
    json!({
        "subject": line.subject,
        "state": line.state.name(),
        "found": line.found,
        "next": line.next,
    })
}

/// Lines for people.
pub(super) fn print_lines(lines: &[ProviderLine], out: &mut Output) -> Result<()> {
    for line in lines {
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
