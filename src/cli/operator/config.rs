//! `config`.

use crate::cli::error::Result;
use crate::cli::invocation::Invocation;
use crate::cli::output::Output;
use crate::cli::text::full_path;

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct ConfigCommand {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl ConfigCommand {
    pub(in crate::cli) fn run(self, invocation: &Invocation, out: &mut Output) -> Result<()> {
        let config = invocation.config()?;
        if self.json {
            return out.json(&config.masked());
        }
        out.line(format!("# {}", sources(invocation)))?;
        out.line(format!("# database: {}", config.database_for_people()))?;
        out.raw(&config.to_toml())
    }
}

/// Where the configuration comes from.
pub(in crate::cli) fn sources(invocation: &Invocation) -> String {
    let file = invocation
        .chosen_file()
        .map_or_else(|| "no file".to_owned(), |file| full_path(&file));
    let mut variables: Vec<String> = std::env::vars_os()
        .filter_map(|(name, _)| name.into_string().ok())
        .filter(|name| name.starts_with("VESTIBULE_"))
        .collect();
    variables.sort();
    if variables.is_empty() {
        format!("defaults, then {file}")
    } else {
        format!("defaults, then {file}, then {}", variables.join(", "))
    }
}
