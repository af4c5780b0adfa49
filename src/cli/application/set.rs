//! `application set`, `application show`.

use serde_json::{Value, json};

use super::add::check_path;
use super::{application_error, check_issuer, find, operator, served, slugs};
use crate::cli::error::Result;
use crate::cli::installation::Installation;
use crate::cli::output::{Output, timestamp};
use crate::cli::settings::{self, Settable};
use crate::domain::{Application, Company};

/// The setting that names companies by their slugs.
const COMPANIES: (&str, &str) = (
    "companies",
    "slugs of the companies whose users it serves, separated by commas, or every",
);

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct SetApplication {
    /// The application's name
    name: String,
    /// What to change, such as `launch_url=/start`
    #[arg(value_name = "KEY=VALUE")]
    pairs: Vec<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct ShowApplication {
    /// The application's name
    name: String,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// An application with the slugs of its companies.
struct ShownApplication {
    application: Application,
    slugs: Vec<String>,
}

impl ShownApplication {
    fn new(application: Application, companies: &[Company]) -> Self {
        Self {
            slugs: slugs(&application, companies),
            application,
        }
    }
}

impl Settable for ShownApplication {
    const EXPLAINED_BELOW: bool = true;

    fn keys() -> impl Iterator<Item = (&'static str, &'static str)> {
        Application::KEYS.iter().copied().chain([COMPANIES])
    }

    fn value(&self, key: &str) -> Option<String> {
        if key == COMPANIES.0 {
            return Some(match self.slugs.as_slice() {
                [] => "none".to_owned(),
                slugs => slugs.join(","),
            });
        }
        self.application.value(key)
    }

    fn name(&self) -> String {
        self.application.name.to_string()
    }
}

impl SetApplication {
    pub(super) async fn run(self, installation: &Installation, out: &mut Output) -> Result<()> {
        let before = find(installation, &self.name).await?.application;
        let companies = installation.store.companies().await?;
        if self.pairs.is_empty() {
            return settings::print(&ShownApplication::new(before, &companies), self.json, out);
        }
        let pairs = settings::split_pairs(&self.pairs, "launch_url=/start")?;
        let own = pairs.iter().copied().filter(|(key, _)| *key != COMPANIES.0);
        let mut after = before.changed(own).map_err(|error| {
            let known: Vec<&str> = ShownApplication::keys().map(|(key, _)| key).collect();
            let list_with = format!("vestibule application set {}", before.name);
            settings::setting_error(&error, &known, &list_with)
        })?;
        if let Some((_, value)) = pairs.iter().rfind(|(key, _)| *key == COMPANIES.0) {
            let slugs = value.split(',').map(str::trim);
            let slugs: Vec<String> = slugs
                .filter(|slug| !matches!(*slug, "" | "every"))
                .map(str::to_owned)
                .collect();
            after.companies = served(installation, &slugs).await?;
            check_issuer(installation, &after.companies).await?;
        }
        operator(installation)
            .change_application(&before, &after)
            .await
            .map_err(application_error)?;
        let after = ShownApplication::new(after, &companies);
        if self.json {
            return settings::print(&after, true, out);
        }
        settings::print_changed(&after, pairs.iter().map(|(key, _)| *key), out)
    }
}

impl ShowApplication {
    pub(super) async fn run(self, installation: &Installation, out: &mut Output) -> Result<()> {
        let known = find(installation, &self.name).await?;
        let companies = installation.store.companies().await?;
        let sessions = installation
            .store
            .gate_sessions(known.application.id)
            .await?;
        let keys = known.key_hashes.len();
        let shown = ShownApplication::new(known.application, &companies);
        if self.json {
            let mut all = json!({
                "name": shown.application.name,
                "check": check_path(&shown.application),
                "proxy_keys": keys,
                "sessions": sessions,
                "created_at": timestamp(shown.application.created_at),
            });
            if let Value::Object(all) = &mut all {
                all.insert("settings".to_owned(), settings::to_json(&shown));
            }
            return out.json(&all);
        }
        settings::print(&shown, false, out)?;
        out.line(format!(
            "Its proxy asks at: {}",
            check_path(&shown.application)
        ))?;
        out.line(format!("Keys of its proxy that count: {keys}"))?;
        out.line(format!("Browsers that are signed in there: {sessions}"))
    }
}
