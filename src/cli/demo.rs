//! `demo`.

use std::process::ExitCode;

use super::error::{CliError, Result};
use super::installation::Setting;

#[derive(Debug, clap::Args)]
pub(super) struct Demo {}

impl Demo {
    #[expect(
        clippy::unused_self,
        reason = "the same form with and without the feature"
    )]
    pub(super) fn run(self, _setting: &Setting) -> Result<ExitCode> {
        Err(CliError::refused(
            "This build has no demo.",
            "Build it with --features demo.",
        ))
    }
}
