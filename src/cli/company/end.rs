//! `company suspend`, `company resume`, `company delete`.

use crate::cli::confirmation::YesFlag;
use crate::cli::error::{CliError, Result};
use crate::cli::installation::Installation;
use crate::cli::output::Output;
use crate::cli::text::counts;

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct EndCompany {
    /// The company's short name
    slug: String,
    #[command(flatten)]
    yes: YesFlag,
}

pub(super) async fn suspend(
    asked: &EndCompany,
    installation: &Installation,
    out: &mut Output,
) -> Result<()> {
    let company = installation.company(&asked.slug).await?;
    let keys = installation.keys().await?;
    let admin = installation.admin(&keys, company.id);
    let uses = admin.company_use().await?;
    if company.suspended_at.is_none() {
        asked.yes.require(
            format!(
                "This closes the site of {}, its console and its API, and ends {}. Its {} cannot sign in until you resume it. Nothing is deleted.",
                company.name,
                counts(uses.sessions, "session"),
                counts(uses.users, "user")
            ),
            &format!("company suspend {}", company.slug),
        )?;
    }
    match admin.suspend_company(company.slug.as_str(), true).await? {
        None => out.line(format!("{} is suspended already.", company.name)),
        Some(ended) => out.line(format!(
            "Suspended {}: {} ended. Open it again with: vestibule company resume {}",
            company.name,
            counts(i64::try_from(ended).unwrap_or(i64::MAX), "session"),
            company.slug
        )),
    }
}

pub(super) async fn resume(
    slug: &str,
    installation: &Installation,
    out: &mut Output,
) -> Result<()> {
    let company = installation.company(slug).await?;
    let keys = installation.keys().await?;
    let admin = installation.admin(&keys, company.id);
    match admin.suspend_company(company.slug.as_str(), false).await? {
        None => out.line(format!("{} is not suspended.", company.name)),
        Some(_) => out.line(format!(
            "{} is open again. Its users sign in anew.",
            company.name
        )),
    }
}

pub(super) async fn delete(
    asked: &EndCompany,
    installation: &Installation,
    out: &mut Output,
) -> Result<()> {
    let company = installation.company(&asked.slug).await?;
    let keys = installation.keys().await?;
    let admin = installation.admin(&keys, company.id);
    let uses = admin.company_use().await?;
    let goes = format!(
        "{}, {}, {}, {}, {}, {} and {}",
        counts(uses.users, "user"),
        counts(uses.connections, "connection"),
        counts(uses.groups, "permission group"),
        counts(uses.sessions, "session"),
        counts(uses.tokens, "API token"),
        counts(uses.sign_ins, "sign-in record"),
        if uses.entries == 1 {
            "1 entry of the audit log".to_owned()
        } else {
            format!("{} entries of the audit log", uses.entries)
        },
    );
    if company.suspended_at.is_none() {
        return Err(CliError::refused(
            format!(
                "{} is not suspended. Only a suspended company can be deleted, so that nobody signs in meanwhile. With it would go: {goes}.",
                company.name
            ),
            format!(
                "Suspend it first: vestibule company suspend {}",
                company.slug
            ),
        ));
    }
    asked.yes.require(
        format!("This deletes {} for good: {goes}.", company.name),
        &format!("company delete {}", company.slug),
    )?;
    if !admin.delete_company(company.slug.as_str()).await? {
        return Err(CliError::refused(
            format!(
                "{} is not suspended any more. Somebody resumed it.",
                company.name
            ),
            format!("See it with: vestibule company show {}", company.slug),
        ));
    }
    out.line(format!("Deleted {}: {goes}.", company.name))
}
