//! `company set`, `company show`.

use serde_json::Value;
use url::Url;

use super::quota;
use super::{describe, note_plain_http, print_values, taken_error};
use crate::cli::error::{CliError, Result};
use crate::cli::installation::Installation;
use crate::cli::output::Output;
use crate::cli::settings::{self, Settable};
use crate::domain::{AuditAction, AuditDetail, Company, Logo, Origin, SettingError};
use crate::store;

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct SetCompany {
    /// The company's short name
    slug: String,
    /// What to change, such as `landing=https://app.example.com/`
    #[arg(value_name = "KEY=VALUE")]
    pairs: Vec<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct ShowCompany {
    /// The company's short name
    slug: String,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Settable for Company {
    const EXPLAINED_BELOW: bool = false;

    fn keys() -> impl Iterator<Item = (&'static str, &'static str)> {
        Self::KEYS.iter().copied()
    }

    fn value(&self, key: &str) -> Option<String> {
        self.value(key)
    }

    fn name(&self) -> String {
        self.slug.to_string()
    }
}

impl SetCompany {
    pub(super) async fn run(self, installation: &Installation, out: &mut Output) -> Result<()> {
        let before = installation.company(&self.slug).await?;
        if self.pairs.is_empty() {
            return settings::print(&before, self.json, out);
        }
        let pairs = settings::split_pairs(&self.pairs, "landing=https://app.example.com/")?;
        let after = before.changed(pairs.iter().copied()).map_err(|error| {
            let known: Vec<&str> = Company::KEYS.iter().map(|(key, _)| *key).collect();
            let list_with = format!("vestibule company set {}", before.slug);
            match unknown_landing_error(&before, &error) {
                Some(error) => error,
                None => settings::setting_error(&error, &known, &list_with),
            }
        })?;
        write(installation, &before, &after).await?;
        if self.json {
            return settings::print(&after, true, out);
        }
        settings::print_changed(&after, pairs.iter().map(|(key, _)| *key), out)?;
        if after.origin != before.origin {
            print_move(installation, &before, &after, out)?;
        }
        Ok(())
    }
}

/// A landing page at an origin that the company's sign-ins may not return to yet.
fn unknown_landing_error(company: &Company, error: &SettingError) -> Option<CliError> {
    let SettingError::Value { key, value, .. } = error else {
        return None;
    };
    let at = Url::parse(value).ok().filter(|_| key == "landing")?;
    let origin: Origin = at.origin().ascii_serialization().parse().ok()?;
    let mut known = company.origins().chain(&company.return_origins);
    if known.any(|it| *it == origin) {
        return None;
    }
    let all = company.return_origins.iter().chain([&origin]);
    let all: Vec<&str> = all.map(Origin::as_str).collect();
    Some(CliError::unusable(
        format!("No sign-in of {} may return to {origin} yet.", company.name),
        format!(
            "If it is an application of yours: vestibule company set {} return_origins={} landing={value}",
            company.slug,
            all.join(",")
        ),
    ))
}

impl ShowCompany {
    pub(super) async fn run(self, installation: &Installation, out: &mut Output) -> Result<()> {
        let company = installation.company(&self.slug).await?;
        let usage = installation
            .store
            .usage(company.id, installation.now)
            .await?;
        if self.json {
            let mut all = describe(&company);
            if let Value::Object(all) = &mut all {
                all.insert("settings".to_owned(), settings::to_json(&company));
                all.insert("quota".to_owned(), quota::to_json(&usage).into());
            }
            return out.json(&all);
        }
        settings::print(&company, false, out)?;
        let logo = company.logo.as_ref();
        let logo = logo.map_or_else(|| "none".to_owned(), Logo::told);
        out.line(format!("Logo: {logo}"))?;
        print_values(&company, out)?;
        out.line("")?;
        quota::print(&usage, false, out)
    }
}

async fn write(installation: &Installation, before: &Company, after: &Company) -> Result<()> {
    let written = installation
        .store
        .update_company(after, installation.now)
        .await;
    match written {
        Ok(true) => {}
        Ok(false) => {
            return Err(CliError::refused(
                format!(
                    "The company \"{}\" was changed by someone else just now.",
                    after.slug
                ),
                "Nothing was written. Run the command again.",
            ));
        }
        Err(store::Error::Taken(_)) => return Err(taken_error(installation, after).await?),
        Err(error) => return Err(error.into()),
    }
    let changes: Vec<String> = Company::KEYS
        .iter()
        .filter_map(|(key, _)| {
            let (old, new) = (before.value(key)?, after.value(key)?);
            (old != new).then(|| format!("{key}: {old} → {new}"))
        })
        .collect();
    let slug = after.slug.to_string();
    installation
        .audit(
            after.id,
            AuditAction::CompanySet,
            slug,
            AuditDetail::Differences(&changes),
        )
        .await
}

/// The origin makes the entity ID, which the identity provider knows.
fn print_move(
    installation: &Installation,
    before: &Company,
    after: &Company,
    out: &mut Output,
) -> Result<()> {
    out.line(format!(
        "The entity ID was {} and is {} now. Tell the identity provider: until it has the new values, nobody signs in through it.",
        before.entity_id(),
        after.entity_id()
    ))?;
    if !after.origins().any(|origin| *origin == before.origin) {
        out.line(format!(
            "{} does not lead here any more. To keep it: vestibule company set {} aliases={}",
            before.origin,
            after.slug,
            with_old_origin(before, after)
        ))?;
    }
    note_plain_http(installation, after, out)?;
    print_values(after, out)
}

/// The aliases with the old origin among them.
fn with_old_origin(before: &Company, after: &Company) -> String {
    let aliases = after.aliases.iter().chain([&before.origin]);
    let texts: Vec<&str> = aliases.map(Origin::as_str).collect();
    texts.join(",")
}
