//! `connection verify`: looks at a provider of OpenID Connect, line by line.

use serde_json::json;

use super::provider::client;
use super::{NamedConnection, save};
use crate::admin::{LineState, Obstacle, ProviderCheck, Refused};
use crate::cli::error::{CliError, Result};
use crate::cli::installation::Installation;
use crate::cli::output::Output;
use crate::domain::AuditAction;

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
        let (company, mut connection) = self.named.find(installation).await?;
        if connection.settings.oidc().is_none() {
            return Err(Refused::from(Obstacle::NotOidc).into());
        }
        let (client, reach) = (client()?, installation.reach(&company));
        let check = ProviderCheck::run(&connection, &client, reach, installation.now).await;
        let passed = check.passed();
        if let Some(oidc) = connection.settings.oidc_mut()
            && check.discovery.is_some()
            && oidc.discovery != check.discovery
        {
            oidc.discovery.clone_from(&check.discovery);
            save(installation, &connection, AuditAction::ConnectionSet, None).await?;
        }
        if self.json {
            let lines: Vec<_> = check
                .lines
                .iter()
                .map(|line| {
                    json!({
                        "subject": line.subject,
                        "state": state(line.state),
                        "found": line.found,
                        "next": line.next,
                    })
                })
                .collect();
            out.json(&json!({"passed": passed, "lines": lines}))?;
        } else {
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

const fn state(state: LineState) -> &'static str {
    match state {
        LineState::Passed => "passed",
        LineState::Warned => "warned",
        LineState::Failed => "failed",
    }
}
