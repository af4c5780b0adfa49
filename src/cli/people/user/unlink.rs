//! `user unlink`: the cure when an identity provider names a person in another way than before.

use crate::admin::Refused;
use crate::cli::error::{CliError, Result};
use crate::cli::installation::Installation;
use crate::cli::output::Output;
use crate::cli::people::break_glass::last_administrator_error;
use crate::cli::people::named_user::NamedUser;
use crate::domain::{Connection, User};
use crate::store::Store;

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Unlink {
    #[command(flatten)]
    named: NamedUser,
    /// The connection's name, such as entra
    #[arg(long, value_name = "NAME")]
    connection: String,
    /// One of the names by which the connection knows the user, as the record of a sign-in writes it; all of them without it
    #[arg(long, value_name = "IDENTITY")]
    identity: Option<String>,
}

/// Who gets the account afterwards (rule F2).
async fn next(store: &Store, user: &User, connection: &Connection) -> Result<String> {
    let name = user.email.domain_name();
    let domain = store.domain(user.company_id, &name).await?;
    let is_outside = domain.is_none()
        && !connection.settings.guests
        && !store.domains(user.company_id).await?.is_empty();
    let owner = domain.filter(|it| it.links).and_then(|it| it.connection_id);
    let left = store.identities_of(user.id).await?;
    Ok(if left.iter().any(|it| it.connection_id == connection.id) {
        format!(
            "It knows {} by other names still. Without --identity all of them go.",
            user.email
        )
    } else if owner.is_some_and(|id| id != connection.id) {
        format!(
            "A sign-in through it with the address {} is refused from now on: {name} is assigned to another connection.",
            user.email
        )
    } else if owner.is_none() && user.has_password {
        format!(
            "A sign-in through it with the address {} is refused from now on, until {name} is assigned to it, or an administrator links the person on the page of the refused sign-in.",
            user.email
        )
    } else if owner.is_none() && is_outside {
        format!(
            "A sign-in through it with the address {} is refused from now on: {name} is none of the company's domains. Add it, or let the connection have guests.",
            user.email
        )
    } else {
        format!(
            "Whoever signs in next through it with the NameID {} gets the account.",
            user.email
        )
    })
}

impl Unlink {
    pub(super) async fn run(self, installation: &Installation, out: &mut Output) -> Result<()> {
        let (company, user) = self.named.find(installation).await?;
        let connection = installation
            .connection(&company, Some(&self.connection), "--connection")
            .await?;
        let admin = installation.admin(company.id).await?;
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
                return Err(last_administrator_error(
                    &user,
                    &company,
                    "; this would end it",
                ));
            }
            other => other?,
        };
        for name in &gone {
            out.line(format!(
                "{} does not know {} as {name} any more.",
                connection.name, user.email
            ))?;
        }
        out.line(next(&installation.store, &user, &connection).await?)
    }
}
