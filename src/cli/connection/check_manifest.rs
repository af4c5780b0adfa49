//! `connection check-manifest`: what of an app registration's manifest does not fit a connection.

use std::path::PathBuf;

use super::NamedConnection;
use super::verify::print_check;
use crate::admin::compare_manifest;
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
        let check = compare_manifest(&company, &connection, &String::from_utf8_lossy(&octets))?;
        print_check(&check, self.json, out)?;
        if check.passed() {
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
