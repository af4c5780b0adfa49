//! `--yes`: what ends somebody's access or data is said before it is done.

use super::error::{CliError, Result};

// The switch of a command that takes something away. (clap would show a doc comment as the command's.)
#[derive(Debug, Clone, Copy, clap::Args)]
pub(super) struct YesFlag {
    /// Do it; without, the command says what would go or end
    #[arg(long)]
    yes: bool,
}

impl YesFlag {
    /// Goes on with `--yes`; without, says what would happen, and the command that does it.
    pub(super) fn require(self, what: impl Into<String>, command: &str) -> Result<()> {
        if self.yes {
            return Ok(());
        }
        Err(CliError::refused(
            what,
            format!("If that is meant: vestibule {command} --yes"),
        ))
    }
}
