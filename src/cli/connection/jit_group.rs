//! The group of accounts that are made at first sign-in, as `jit_group` and `--jit-group` name it.

use crate::cli::error::{CliError, Result};
use crate::cli::installation::Installation;
use crate::domain::{Company, GroupId, GroupKind};

/// The group of accounts that are made at first sign-in. Whoever the identity provider lets in gets one of those.
pub(super) async fn jit_group(
    installation: &Installation,
    company: &Company,
    title: &str,
) -> Result<GroupId> {
    let group = installation.group(company, title).await?;
    if group.kind == GroupKind::Administrator {
        return Err(administrators_error(&group.title));
    }
    Ok(group.id)
}

/// Why that group is no group of new accounts.
pub(super) fn administrators_error(title: &str) -> CliError {
    CliError::refused(
        format!(
            "\"{title}\" is a group of administrators: everybody would be one from the first sign-in."
        ),
        "Name another group, and make administrators one by one: vestibule user --help",
    )
}
