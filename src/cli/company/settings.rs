//! `company set`, `company show`.

use serde_json::{Map, Value};
use url::Url;

use super::quota::{self, described};
use super::{describe, note_plain_http, print_values, taken};
use crate::cli::error::{CliError, Result};
use crate::cli::installation::Installation;
use crate::cli::output::Output;
use crate::cli::pairs;
use crate::domain::{AuditAction, AuditDetail, Company, Logo, Origin, SettingError};
use crate::store;

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Set {
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
pub(in crate::cli) struct Show {
    /// The company's short name
    slug: String,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Set {
    pub(super) async fn run(self, installation: &Installation, out: &mut Output) -> Result<()> {
        let before = installation.company(&self.slug).await?;
        if self.pairs.is_empty() {
            return print_settings(&before, self.json, out);
        }
        let pairs = pairs::split(&self.pairs, "landing=https://app.example.com/")?;
        let after = before.changed(pairs.iter().copied()).map_err(|error| {
            let known: Vec<&str> = Company::KEYS.iter().map(|(key, _)| *key).collect();
            let list_with = format!("vestibule company set {}", before.slug);
            match unknown_landing(&before, &error) {
                Some(error) => error,
                None => pairs::unfit(&error, &known, &list_with),
            }
        })?;
        write(installation, &before, &after).await?;
        if self.json {
            return print_settings(&after, true, out);
        }
        for (key, _) in pairs {
            let value = after.value(key).unwrap_or_default();
            out.line(format!("{key} of {} is {value} now.", after.slug))?;
        }
        if after.origin != before.origin {
            print_move(installation, &before, &after, out)?;
        }
        Ok(())
    }
}

/// A landing page at an origin that the company's sign-ins may not return to yet.
fn unknown_landing(company: &Company, error: &SettingError) -> Option<CliError> {
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

impl Show {
    pub(super) async fn run(self, installation: &Installation, out: &mut Output) -> Result<()> {
        let company = installation.company(&self.slug).await?;
        let usage = installation
            .store
            .usage(company.id, installation.now)
            .await?;
        if self.json {
            let mut all = describe(&company);
            if let Value::Object(all) = &mut all {
                all.insert("settings".to_owned(), settings(&company));
                all.insert("quota".to_owned(), described(&usage).into());
            }
            return out.json(&all);
        }
        print_settings(&company, false, out)?;
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
        Err(store::Error::Taken(_)) => return Err(taken(installation, after).await?),
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
            kept(before, after)
        ))?;
    }
    note_plain_http(installation, after, out)?;
    print_values(after, out)
}

/// The aliases with the old origin among them.
fn kept(before: &Company, after: &Company) -> String {
    let aliases = after.aliases.iter().chain([&before.origin]);
    let texts: Vec<&str> = aliases.map(Origin::as_str).collect();
    texts.join(",")
}

fn print_settings(company: &Company, json: bool, out: &mut Output) -> Result<()> {
    if json {
        return out.json(&settings(company));
    }
    let rows: Vec<_> = Company::KEYS
        .iter()
        .map(|(key, allowed)| {
            let value = company.value(key).unwrap_or_default();
            [(*key).to_owned(), value, (*allowed).to_owned()]
        })
        .collect();
    out.table(["KEY", "VALUE", "ALLOWED"], &rows)
}

fn settings(company: &Company) -> Value {
    Company::KEYS
        .iter()
        .filter_map(|(key, _)| Some(((*key).to_owned(), Value::from(company.value(key)?))))
        .collect::<Map<_, _>>()
        .into()
}
