//! `application new-key`, `application retire-key`: what the proxy shows with a check (rule Q15).

use serde_json::json;

use super::{application_error, find, operator};
use crate::cli::error::Result;
use crate::cli::installation::Installation;
use crate::cli::output::Output;
use crate::cli::text::count;

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct KeyOfApplication {
    /// The application's name, such as crm
    name: String,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl KeyOfApplication {
    pub(super) async fn run(self, installation: &Installation, out: &mut Output) -> Result<()> {
        let application = find(installation, &self.name).await?.application;
        let key = operator(installation)
            .add_proxy_key(&application)
            .await
            .map_err(application_error)?;
        if self.json {
            return out.json(&json!({"name": application.name, "proxy_key": key}));
        }
        out.line(format!(
            "The new key of {} is shown this once:",
            application.display_name
        ))?;
        out.line(format!("  {key}"))?;
        out.line(format!(
            "Give it to the proxy, as Vestibule-Proxy-Key, and then end the one before: vestibule application retire-key {}",
            application.name
        ))
    }
}

pub(super) async fn retire(
    installation: &Installation,
    name: &str,
    out: &mut Output,
) -> Result<()> {
    let application = find(installation, name).await?.application;
    let ended = operator(installation)
        .retire_proxy_keys(&application)
        .await
        .map_err(application_error)?;
    let ended = count(usize::try_from(ended).unwrap_or(usize::MAX), "key");
    out.line(format!(
        "Ended {ended} of {}; the newest counts.",
        application.display_name
    ))
}
