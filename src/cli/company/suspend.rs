//! `company suspend`, `company resume`.

use super::NamedCompany;
use crate::cli::error::Result;
use crate::cli::installation::Installation;
use crate::cli::output::Output;
use crate::cli::text::counts;

pub(super) async fn suspend(
    named: &NamedCompany,
    installation: &Installation,
    out: &mut Output,
) -> Result<()> {
    let company = installation.company(&named.slug).await?;
    let admin = installation.admin(company.id).await?;
    let uses = admin.company_use().await?;
    if company.suspended_at.is_none() {
        named.yes.require(
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
    let admin = installation.admin(company.id).await?;
    match admin.suspend_company(company.slug.as_str(), false).await? {
        None => out.line(format!("{} is not suspended.", company.name)),
        Some(_) => out.line(format!(
            "{} is open again. Its users sign in anew.",
            company.name
        )),
    }
}
