//! `config`.

use super::error::Result;
use super::installation::Setting;
use super::output::Output;
use crate::config::DEFAULT_FILE;

#[derive(Debug, clap::Args)]
pub(super) struct Configuration {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Configuration {
    pub(super) fn run(self, setting: &Setting, out: &mut Output) -> Result<()> {
        let config = setting.config()?;
        if self.json {
            return out.json(&config.masked());
        }
        out.line(format!("# {}", sources(setting)))?;
        out.raw(&config.to_toml())
    }
}

/// Where the configuration comes from.
pub(super) fn sources(setting: &Setting) -> String {
    let file = match &setting.file {
        Some(file) => file.display().to_string(),
        None if std::path::Path::new(DEFAULT_FILE).is_file() => DEFAULT_FILE.to_owned(),
        None => "no file".to_owned(),
    };
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
