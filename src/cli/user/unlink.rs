//! `user unlink`: the cure when an identity provider names a person in another way than before.

use super::{Named, find, last_one};
use crate::admin::Refused;
use crate::cli::error::{CliError, Result};
use crate::cli::installation::Installation;
use crate::cli::output::Output;

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Unlink {
    #[command(flatten)]
    named: Named,
    /// The connection's name, such as entra
    #[arg(long, value_name = "NAME")]
    connection: String,
    /// One of the names by which the connection knows the user, as the record of a sign-in writes it; all of them without it
    #[arg(long, value_name = "IDENTITY")]
    identity: Option<String>,
}

impl Unlink {
    pub(super) async fn run(self, installation: &Installation, out: &mut Output) -> Result<()> {
        let (company, user) = find(installation, &self.named).await?;
        let connection = installation
            .connection(&company, Some(&self.connection), "--connection")
            .await?;
        let keys = installation.keys().await?;
        let admin = installation.admin(&keys, company.id);
        let only = self.identity.as_deref();
        let gone = match admin.unlink_identity(user.id, connection.id, only).await {
            Err(Refused::NotFound) => {
                return Err(CliError::refused(
                    format!(
                        "The connection {} does not know {} by {}.",
                        connection.name,
                        user.email,
                        only.unwrap_or("any name")
                    ),
                    "Nothing has to be unlinked.",
                ));
            }
            Err(Refused::LastBreakGlass) => {
                return Err(last_one(&user, &company, "; this would end it"));
            }
            other => other?,
        };
        for name in &gone {
            out.line(format!(
                "{} does not know {} as {name} any more.",
                connection.name, user.email
            ))?;
        }
        out.line(format!(
            "Whoever signs in next through it with the NameID {} gets the account, unless it has a password or is an administrator's: then the domain has to be assigned to the connection, or an administrator links the person on the page of the refused sign-in.",
            user.email
        ))
    }
}
