//! Rule F6: the last administrator who can sign in without single sign-on stays.

use crate::cli::error::CliError;
use crate::domain::{Company, User};

/// Rule F6: what a user's change would end.
pub(super) fn last_administrator_error(user: &User, company: &Company, more: &str) -> CliError {
    no_break_glass_error(
        format!(
            "{} is the last administrator of {} who can sign in without single sign-on{more}.",
            user.email, company.name
        ),
        company,
    )
}

/// Rule F6, with what to do next.
pub(super) fn no_break_glass_error(what: String, company: &Company) -> CliError {
    CliError::refused(
        what,
        format!(
            "Give another one a password first: vestibule user add --company {} --email E --admin --password-stdin",
            company.slug
        ),
    )
}
