//! `user set`: the permission groups that an administrator puts a user into.
//!
//! Invariant: only what an administrator gave is taken away; what an identity provider gives, it gives again.

use super::{Named, find};
use crate::cli::error::{CliError, Result};
use crate::cli::installation::Installation;
use crate::cli::output::Output;
use crate::domain::{Company, Grant, GrantSource, Group, User};
use crate::store;

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Set {
    #[command(flatten)]
    named: Named,
    /// Put the user into a permission group; may be given several times
    #[arg(long = "group", value_name = "TITLE")]
    groups: Vec<String>,
    /// Take the user out of a permission group that it was put into by hand; may be given several times
    #[arg(
        long = "remove-group",
        value_name = "TITLE",
        required_unless_present = "groups"
    )]
    remove: Vec<String>,
}

impl Set {
    pub(super) async fn run(self, installation: &Installation, out: &mut Output) -> Result<()> {
        let (company, user) = find(installation, &self.named).await?;
        let mut changes = Vec::new();
        for (titles, into) in [(&self.groups, true), (&self.remove, false)] {
            for title in titles {
                changes.push((installation.group(&company, title).await?, into));
            }
        }
        for (group, into) in changes {
            change(installation, &company, &user, &group, into, out).await?;
        }
        Ok(())
    }
}

async fn change(
    installation: &Installation,
    company: &Company,
    user: &User,
    group: &Group,
    into: bool,
    out: &mut Output,
) -> Result<()> {
    let grant = Grant {
        user_id: user.id,
        group_id: group.id,
        source: GrantSource::Administrator,
    };
    let changed = if into {
        installation.store.add_grant(grant, installation.now).await
    } else {
        installation
            .store
            .remove_grant(grant, installation.now)
            .await
    };
    let changed = match changed {
        // Rule F6.
        Err(store::Error::LastBreakGlass) => {
            return Err(CliError::refused(
                format!(
                    "{} is the last administrator of {} who can sign in without single sign-on; this would end it.",
                    user.email, company.name
                ),
                format!(
                    "Give another one a password first: vestibule user add --company {} --email E --admin --password-stdin",
                    company.slug
                ),
            ));
        }
        other => other?,
    };
    let (email, title) = (&user.email, &group.title);
    if !changed {
        return out.line(if into {
            format!("{email} is in \"{title}\" by hand already.")
        } else {
            format!("{email} was not put into \"{title}\" by hand; nothing changes.")
        });
    }
    let (action, says) = if into {
        ("user.group.add", "is in")
    } else {
        ("user.group.remove", "is no longer by hand in")
    };
    installation
        .audit(company.id, action, email.as_str(), title)
        .await?;
    out.line(format!("{email} {says} \"{title}\" now."))
}
