//! `connection check-manifest`: what of an app registration's manifest does not fit a connection.

use std::path::PathBuf;

use serde_json::json;

use super::NamedConnection;
use super::verify::{line_json, print_lines};
use crate::admin::{LineState, manifest_lines};
use crate::cli::arguments::read_file;
use crate::cli::error::{CliError, Result};
use crate::cli::installation::Installation;
use crate::cli::output::Output;

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct CheckManifest {
    #[command(flatten)]
    named: NamedConnection,
    /// The manifest: App registrations, the application, Manifest, Download
    #[arg(long)]
    file: PathBuf,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl CheckManifest {
    pub(super) async fn run(self, installation: &Installation, out: &mut Output) -> Result<()> {
        let (company, connection) = self.named.find(installation).await?;
        let octets = read_file(&self.file)?;
        let lines = manifest_lines(&company, &connection, &String::from_utf8_lossy(&octets))?;
        let passed = lines.iter().all(|line| line.state != LineState::Failed);
        if self.json {
            let lines: Vec<_> = lines.iter().map(line_json).collect();
            out.json(&json!({"passed": passed, "lines": lines}))?;
        } else {
            print_lines(&lines, out)?;
        }
        if passed {
            return Ok(());
        }
        Err(CliError::refused(
            format!(
                "The app registration does not fit the connection \"{}\".",
                connection.name
            ),
            "Correct what failed above at Entra ID, and run the command with its manifest again.",
        ))
    }
}
