//! `group add`, `group list`.

use clap::Subcommand;
use serde_json::json;

use super::company::required_text;
use super::error::{CliError, Result};
use super::installation::{Installation, Setting};
use super::output::{Output, timestamp};
use crate::domain::{self, GroupId, GroupKind};
use crate::keys::random;
use crate::store;

#[derive(Debug, Subcommand)]
pub(super) enum Group {
    /// Add a permission group
    Add(Add),
    /// List a company's permission groups
    List {
        /// The company's slug, such as acme
        #[arg(long)]
        company: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, clap::Args)]
pub(super) struct Add {
    /// Its title
    title: String,
    /// The company's slug, such as acme
    #[arg(long)]
    company: String,
    /// This group can only sign in via single sign-on
    #[arg(long)]
    sso_only: bool,
    /// Its members administer the company
    #[arg(long)]
    administrator: bool,
}

impl Group {
    pub(super) async fn run(self, setting: &Setting, out: &mut Output) -> Result<()> {
        match self {
            Self::Add(add) => add.run(&setting.open().await?, out).await,
            Self::List { company, json } => list(&setting.open().await?, &company, json, out).await,
        }
    }
}

impl Add {
    async fn run(self, installation: &Installation, out: &mut Output) -> Result<()> {
        let title = required_text("The title", &self.title)?;
        let company = installation.company(&self.company).await?;
        let kind = if self.administrator {
            GroupKind::Administrator
        } else {
            GroupKind::Member
        };
        let group = add(installation, &company, &title, kind, self.sso_only).await?;
        out.line(format!(
            "Added the permission group \"{}\" to {} ({}{}).",
            group.title,
            company.name,
            group.kind,
            if group.sso_only {
                ", single sign-on only"
            } else {
                ""
            }
        ))
    }
}

/// Adds a group to a company.
pub(super) async fn add(
    installation: &Installation,
    company: &domain::Company,
    title: &str,
    kind: GroupKind,
    sso_only: bool,
) -> Result<domain::Group> {
    let groups = installation.store.groups(company.id).await?;
    let alike = groups
        .iter()
        .find(|group| group.title != title && group.title.eq_ignore_ascii_case(title));
    if let Some(other) = alike {
        return Err(CliError::refused(
            format!(
                "{} has a permission group \"{}\", which differs in upper and lower case only.",
                company.name, other.title
            ),
            "Use that group, or a title that people can tell apart.",
        ));
    }
    let group = domain::Group {
        id: GroupId::from_bytes(random()),
        company_id: company.id,
        title: title.to_owned(),
        kind,
        sso_only,
        created_at: installation.now,
    };
    match installation.store.add_group(&group, installation.now).await {
        Err(store::Error::Taken(_)) => {
            return Err(CliError::refused(
                format!(
                    "{} has a permission group \"{title}\" already.",
                    company.name
                ),
                format!(
                    "See it with: vestibule group list --company {}. Use another title for another group.",
                    company.slug
                ),
            ));
        }
        other => other?,
    }
    installation
        .audit(company.id, "group.add", title, kind.as_str())
        .await?;
    Ok(group)
}

async fn list(
    installation: &Installation,
    company: &str,
    json: bool,
    out: &mut Output,
) -> Result<()> {
    let company = installation.company(company).await?;
    let groups = installation.store.groups(company.id).await?;
    if json {
        let all: Vec<_> = groups
            .iter()
            .map(|group| {
                json!({
                    "title": group.title,
                    "type": group.kind,
                    "sso_only": group.sso_only,
                    "created_at": timestamp(group.created_at),
                })
            })
            .collect();
        return out.json(&all);
    }
    if groups.is_empty() {
        return out.line(format!(
            "{} has no permission group yet. Add one: vestibule group add TITLE --company {}",
            company.name, company.slug
        ));
    }
    let rows: Vec<_> = groups
        .iter()
        .map(|group| {
            [
                group.title.clone(),
                group.kind.to_string(),
                if group.sso_only {
                    "single sign-on only"
                } else {
                    "any"
                }
                .to_owned(),
            ]
        })
        .collect();
    out.table(["TITLE", "TYPE", "SIGN-IN"], &rows)
}
