//! `demo`: the server and an Entra-shaped identity provider beside it, configured the way an administrator would.

#[cfg(not(feature = "demo"))]
use std::process::ExitCode;

#[cfg(not(feature = "demo"))]
use crate::cli::error::{CliError, Result};
#[cfg(not(feature = "demo"))]
use crate::cli::invocation::Invocation;

/// What the demo can be told.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Demo {
    /// Where the demo identity provider listens; loopback only
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8090")]
    idp_listen: std::net::SocketAddr,
}

#[cfg(not(feature = "demo"))]
impl Demo {
    #[expect(
        clippy::unused_self,
        reason = "the same form with and without the feature"
    )]
    pub(in crate::cli) fn run(self, _invocation: &Invocation) -> Result<ExitCode> {
        Err(CliError::refused(
            "This build has no demo.",
            "Build it with --features demo.",
        ))
    }
}

#[cfg(feature = "demo")]
mod app_file;

#[cfg(feature = "demo")]
mod commands;

#[cfg(feature = "demo")]
mod notes;

#[cfg(feature = "demo")]
mod openid;
#[cfg(feature = "demo")]
mod private_file;
#[cfg(feature = "demo")]
mod running;
