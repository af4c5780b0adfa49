//! `company delete`.

use super::NamedCompany;
use crate::cli::error::{CliError, Result};
use crate::cli::installation::Installation;
use crate::cli::output::Output;
use crate::cli::text::counts;

pub(super) async fn run(
    named: &NamedCompany,
    installation: &Installation,
    out: &mut Output,
) -> Result<()> {
    let company = installation.company(&named.slug).await?;
    let admin = installation.admin(company.id).await?;
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
    named.yes.require(
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
