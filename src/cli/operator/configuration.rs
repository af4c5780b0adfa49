//! `config`.

use crate::cli::error::Result;
use crate::cli::installation::Setting;
use crate::cli::output::Output;
use crate::cli::text::full;

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Configuration {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Configuration {
    pub(in crate::cli) fn run(self, setting: &Setting, out: &mut Output) -> Result<()> {
        let config = setting.config()?;
        if self.json {
            return out.json(&config.masked());
        }
        out.line(format!("# {}", sources(setting)))?;
        out.line(format!("# database: {}", config.database_for_people()))?;
        out.raw(&config.to_toml())
    }
}

/// Where the configuration comes from.
pub(in crate::cli) fn sources(setting: &Setting) -> String {
    let file = setting
        .chosen_file()
        .map_or_else(|| "no file".to_owned(), |file| full(&file));
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
