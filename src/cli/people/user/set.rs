//! `user set`: the e-mail address, the names, the connection that a user waits for, and the permission groups that an
//! administrator puts a user into.
//!
//! Invariant: only what an administrator gave is taken away; what an identity provider gives, it gives again.

use super::user_exists_error;
use crate::admin::{Added, Admin, Refused, UserText};
use crate::cli::arguments::email;
use crate::cli::error::Result;
use crate::cli::installation::Installation;
use crate::cli::output::Output;
use crate::cli::people::break_glass::last_administrator_error;
use crate::cli::people::named_user::NamedUser;
use crate::domain::{Company, Connection, Group, User};

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct SetUser {
    #[command(flatten)]
    named: NamedUser,
    /// Another e-mail address; the identities stay, and the next sign-in may bring the identity provider's again
    #[arg(long, value_name = "EMAIL")]
    new_email: Option<String>,
    #[arg(long, value_name = "NAME")]
    first_name: Option<String>,
    #[arg(long, value_name = "NAME")]
    last_name: Option<String>,
    #[arg(long, value_name = "NAME")]
    company_name: Option<String>,
    /// The connection through which a user who waits for the first sign-in has to come
    #[arg(long, value_name = "NAME")]
    connection: Option<String>,
    /// Put the user into a permission group; may be given several times
    #[arg(long = "group", value_name = "TITLE")]
    groups: Vec<String>,
    /// Take the user out of a permission group that it was put into by hand; may be given several times
    #[arg(
        long = "remove-group",
        value_name = "TITLE",
        required_unless_present_any = ["groups", "new_email", "first_name", "last_name", "company_name", "connection"]
    )]
    remove: Vec<String>,
}

impl SetUser {
    pub(super) async fn run(self, installation: &Installation, out: &mut Output) -> Result<()> {
        let (company, user) = self.named.find(installation).await?;
        let mut changes = Vec::new();
        for (titles, into) in [(&self.groups, true), (&self.remove, false)] {
            for title in titles {
                changes.push((installation.group(&company, title).await?, into));
            }
        }
        let connection = match &self.connection {
            Some(name) => Some(
                installation
                    .connection(&company, Some(name), "--connection")
                    .await?,
            ),
            None => None,
        };
        let admin = installation.admin(company.id).await?;
        let user = self
            .rewrite(&admin, &company, user, connection.as_ref(), out)
            .await?;
        for (group, into) in changes {
            change(&admin, &company, &user, &group, into, out).await?;
        }
        Ok(())
    }

    /// Writes what is said about the user itself.
    async fn rewrite(
        &self,
        admin: &Admin<'_>,
        company: &Company,
        user: User,
        connection: Option<&Connection>,
        out: &mut Output,
    ) -> Result<User> {
        let new_email = self.new_email.as_deref().map(email).transpose()?;
        let given = [&self.first_name, &self.last_name, &self.company_name];
        if new_email.is_none() && connection.is_none() && given.iter().all(|name| name.is_none()) {
            return Ok(user);
        }
        let (before, version) = admin.user(user.id).await?;
        let mut text = UserText::from_user(&before);
        let fields = [
            &mut text.first_name,
            &mut text.last_name,
            &mut text.company_name,
        ];
        for (field, given) in fields.into_iter().zip(given) {
            if let Some(given) = given {
                field.clone_from(given);
            }
        }
        if let Some(email) = &new_email {
            text.email = email.to_string();
        }
        let waits_for = connection.map(|it| it.id);
        let now = match admin.edit_user(user.id, &version, &text, waits_for).await {
            Err(Refused::Taken(_)) => {
                return Err(user_exists_error(
                    company,
                    &new_email.unwrap_or(before.email),
                ));
            }
            other => other?.user,
        };
        if let Some(connection) = connection.filter(|_| now.waits_for != before.waits_for) {
            out.line(format!(
                "{} signs in first through {}.",
                now.email, connection.name
            ))?;
        }
        if now == before {
            out.line(format!("{} is so already.", now.email))?;
        } else if now.texts() != before.texts() {
            let name = format!("{} {}", now.first_name, now.last_name);
            let rest = [name.trim(), now.company_name.as_str()].map(str::to_owned);
            let rest: Vec<String> = rest.into_iter().filter(|part| !part.is_empty()).collect();
            out.line(format!(
                "Changed {}{}.",
                now.email,
                if rest.is_empty() {
                    String::new()
                } else {
                    format!(" ({})", rest.join(", "))
                }
            ))?;
        }
        Ok(now)
    }
}

async fn change(
    admin: &Admin<'_>,
    company: &Company,
    user: &User,
    group: &Group,
    into: bool,
    out: &mut Output,
) -> Result<()> {
    let mut without_password = false;
    let changed = if into {
        let added = admin.add_to_group(user.id, group.id).await;
        added.map(|added| {
            without_password = added == Added::WithoutPassword;
            added != Added::Already
        })
    } else {
        admin.take_from_group(user.id, group.id).await
    };
    let changed = match changed {
        // Rule F6.
        Err(Refused::LastBreakGlass) => {
            return Err(last_administrator_error(
                user,
                company,
                "; this would end it",
            ));
        }
        other => other?,
    };
    let (email, title) = (&user.email, &group.title);
    out.line(match (changed, into) {
        (false, true) => format!("{email} is in \"{title}\" by hand already."),
        (false, false) => {
            format!("{email} was not put into \"{title}\" by hand; nothing changes.")
        }
        (true, true) => format!("{email} is in \"{title}\" now."),
        (true, false) => format!("{email} is no longer by hand in \"{title}\" now."),
    })?;
    if without_password {
        out.line(format!(
            "  ! {email} has lost the password, because an API token had set it. Set a new one with: vestibule user set-password --company {} --email {email}",
            company.slug
        ))?;
    }
    Ok(())
}
