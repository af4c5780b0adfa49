//! `user export`, `deactivate`, `activate`, `set-password`; the others have files of their own.

mod add;
mod delete;
mod list;
mod set;
mod unlink;

use clap::Subcommand;

use super::break_glass::last_administrator_error;
use super::named_user::NamedUser;
use super::{password, sessions};
use crate::admin::Refused;
use crate::cli::arguments::CompanyList;
use crate::cli::confirmation::YesFlag;
use crate::cli::error::{CliError, Result};
use crate::cli::export;
use crate::cli::installation::Installation;
use crate::cli::invocation::Invocation;
use crate::cli::output::Output;
use crate::domain::{Company, Email, Group};
use crate::store::SESSIONS_OF_ONE;

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum UserCommand {
    /// Add a user; without a password it waits for its first single sign-on
    Add(add::AddUser),
    /// List a company's users
    List(CompanyList),
    /// Write all users of a company as a CSV file, which can be imported again, to standard output
    Export {
        /// The company's slug, such as acme
        #[arg(long)]
        company: String,
    },
    /// Change a user's e-mail address, names and permission groups
    Set(set::SetUser),
    /// Sign a user out everywhere and never let it in again
    Deactivate(NamedUser),
    /// Let a deactivated user in again
    Activate(NamedUser),
    /// Delete a user for good, with the records of its sign-ins
    Delete {
        #[command(flatten)]
        named: NamedUser,
        #[command(flatten)]
        yes: YesFlag,
    },
    /// Set a password: asked for at the terminal, or one line of standard input
    SetPassword {
        #[command(flatten)]
        named: NamedUser,
        /// Read the password from standard input, on one line; at least 15 characters
        #[arg(long)]
        password_stdin: bool,
        /// It is the user's own already, and is not changed at the next sign-in
        #[arg(long)]
        for_good: bool,
    },
    /// List a user's live sessions
    Sessions {
        #[command(flatten)]
        named: NamedUser,
        /// At most so many, the newest first
        #[arg(long, default_value_t = SESSIONS_OF_ONE, value_name = "N", value_parser = sessions::limit)]
        limit: usize,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// End all sessions of a user
    SignOut(NamedUser),
    /// Forget by what a connection knows a user; the next sign-in through it may bind another identity
    Unlink(unlink::Unlink),
}

impl UserCommand {
    pub(in crate::cli) async fn run(self, invocation: &Invocation, out: &mut Output) -> Result<()> {
        let installation = invocation.open().await?;
        match self {
            Self::Add(add) => add.run(&installation, out).await,
            Self::List(arguments) => list::run(&installation, &arguments, out).await,
            Self::Export { company } => export_all(&installation, &company, out).await,
            Self::Set(set) => set.run(&installation, out).await,
            Self::Deactivate(named) => deactivate(&installation, &named, out).await,
            Self::Activate(named) => activate(&installation, &named, out).await,
            Self::Delete { named, yes } => delete::run(&installation, &named, yes, out).await,
            Self::SetPassword {
                named,
                password_stdin,
                for_good,
            } => set_password(&installation, &named, (password_stdin, for_good), out).await,
            Self::Sessions { named, limit, json } => {
                sessions::list(&installation, &named, limit, json, out).await
            }
            Self::SignOut(named) => sessions::end(&installation, &named, out).await,
            Self::Unlink(unlink) => unlink.run(&installation, out).await,
        }
    }
}

async fn export_all(installation: &Installation, company: &str, out: &mut Output) -> Result<()> {
    let company = installation.company(company).await?;
    let parts = installation.admin(company.id).await?.export_users().await?;
    export::write(installation, parts, out).await
}

async fn deactivate(
    installation: &Installation,
    named: &NamedUser,
    out: &mut Output,
) -> Result<()> {
    let (company, user) = named.find(installation).await?;
    if user.disabled_at.is_some() {
        return out.line(format!("{} is deactivated already.", user.email));
    }
    let admin = installation.admin(company.id).await?;
    match admin.deactivate_user(user.id).await {
        Err(Refused::LastBreakGlass) => return Err(last_administrator_error(&user, &company, "")),
        other => other?,
    };
    out.line(format!(
        "Deactivated {}. All sessions have ended.",
        user.email
    ))
}

async fn activate(installation: &Installation, named: &NamedUser, out: &mut Output) -> Result<()> {
    let (company, user) = named.find(installation).await?;
    let admin = installation.admin(company.id).await?;
    if !admin.activate_user(user.id).await? {
        return out.line(format!("{} is active already.", user.email));
    }
    out.line(format!("Activated {}.", user.email))
}

async fn set_password(
    installation: &Installation,
    named: &NamedUser,
    (from_stdin, for_good): (bool, bool),
    out: &mut Output,
) -> Result<()> {
    let (company, user) = named.find(installation).await?;
    let groups = installation.store.groups_of(user.id).await?;
    may_have_password(&user.email, &groups)?;
    let password = password::read(from_stdin)?;
    let mut admin = installation.admin(company.id).await?;
    admin.actor.for_good = for_good;
    admin.set_password(user.id, password, None).await?;
    out.line(format!(
        "Set the password of {}. All sessions have ended.{}",
        user.email,
        if for_good {
            ""
        } else {
            " The next sign-in with it asks for another one."
        }
    ))
}

/// Rule F6.
fn may_have_password(email: &Email, groups: &[Group]) -> Result<()> {
    let Some(group) = groups.iter().find(|group| group.sso_only) else {
        return Ok(());
    };
    Err(CliError::refused(
        format!(
            "{email} is in the permission group \"{}\", whose members can only sign in via single sign-on.",
            group.title
        ),
        "A password would never be accepted. Use a group without --sso-only, or sign in through the identity provider.",
    ))
}

fn user_exists_error(company: &Company, email: &Email) -> CliError {
    CliError::refused(
        format!("{} has a user {email} already.", company.name),
        format!(
            "See it with: vestibule user list --company {}",
            company.slug
        ),
    )
}
