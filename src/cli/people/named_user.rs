//! The user that a command names.

use crate::cli::error::Result;
use crate::cli::installation::Installation;
use crate::domain::{Company, User};

// By what a user is named. (clap would show a doc comment as the command's.)
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct NamedUser {
    /// The company's slug, such as acme
    #[arg(long)]
    pub(in crate::cli) company: String,
    /// The user's e-mail address
    #[arg(long)]
    pub(in crate::cli) email: String,
}

impl NamedUser {
    /// The company and its user.
    pub(super) async fn find(&self, installation: &Installation) -> Result<(Company, User)> {
        let company = installation.company(&self.company).await?;
        let user = installation.user(&company, &self.email).await?;
        Ok((company, user))
    }
}
