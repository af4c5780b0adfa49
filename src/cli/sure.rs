//! What ends somebody's access or data is said before it is done.

use super::error::{CliError, Result};

/// Goes on with `--yes`; without, says what would happen, and the command that does it.
pub(super) fn sure(yes: bool, what: impl Into<String>, command: &str) -> Result<()> {
    if yes {
        return Ok(());
    }
    Err(CliError::refused(
        what,
        format!("If that is meant: vestibule {command} --yes"),
    ))
}
