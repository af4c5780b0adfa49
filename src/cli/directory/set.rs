//! `directory set`.

use std::path::Path;

use super::NamedDirectory;
use crate::admin::{DIRECTORY_KEYS, DirectoryEdit};
use crate::cli::arguments::read_secret;
use crate::cli::error::{CliError, Result};
use crate::cli::installation::Installation;
use crate::cli::output::Output;
use crate::cli::settings::split_pairs;
use crate::cli::text::choices;

/// The setting of a secret, whose value is a file.
const CLIENT_SECRET: &str = "client_secret_file";

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct SetDirectory {
    #[command(flatten)]
    named: NamedDirectory,
    /// What to change, such as synchronise=true
    #[arg(value_name = "KEY=VALUE")]
    pairs: Vec<String>,
}

impl SetDirectory {
    pub(super) async fn run(self, installation: &Installation, out: &mut Output) -> Result<()> {
        let (company, connection) = self.named.find(installation).await?;

        if self.pairs.is_empty() {
            let rows = DIRECTORY_KEYS.map(|(key, takes)| [key.to_owned(), takes.to_owned()]);
            return out.table(["KEY", "ALLOWED"], &rows);
        }
        let mut change = DirectoryEdit::default();
        for (key, value) in split_pairs(&self.pairs, "synchronise=true")? {
            let secret;
            let value = if key == CLIENT_SECRET {
                secret = read_secret(CLIENT_SECRET, Path::new(value))?;
                if secret.is_empty() {
                    return Err(CliError::unusable(
                        "The client secret is empty.",
                        "Give a file with the Value of the client secret on one line.",
                    ));
                }
                secret.as_str()
            } else {
                value
            };
            let known = change
                .set(key, value)
                .map_err(|problem| CliError::unusable(format!("{key}: {problem}"), ""))?;
            if !known {
                let keys = DIRECTORY_KEYS.map(|(key, _)| key);
                return Err(CliError::unusable(
                    format!("There is no setting \"{key}\"."),
                    choices("settings", key, &keys, ""),
                ));
            }
        }
        let admin = installation.admin(company.id).await?;
        let after = admin.with_directory(&connection, &change, installation.cloud())?;
        let after = admin.change_directory(&after).await?;
        if !self.named.json {
            out.line(format!("The directory of \"{}\" is set.", after.name))?;
        }
        super::print(&company, &after, self.named.json, out)
    }
}
