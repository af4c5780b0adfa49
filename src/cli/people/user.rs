//! `user add`, `export`, `deactivate`, `activate`, `set-password`; the others have files of their own.

mod delete;
mod list;
mod set;
mod unlink;

use clap::Subcommand;

use super::break_glass::last_one;
use super::named::Named;
use super::{group, password, sessions};
use crate::admin::{NewUser, Refused, UserText};
use crate::cli::error::{CliError, Result};
use crate::cli::export;
use crate::cli::installation::{Installation, Setting};
use crate::cli::output::Output;
use crate::cli::sure::Sure;
use crate::domain::{Company, Email, Group, GroupKind};
use crate::store::SESSIONS_OF_ONE;

/// The group that `user add --admin` makes when the company has no group of administrators.
const ADMINISTRATORS: &str = "Administrators";

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum User {
    /// Add a user; without a password it waits for its first single sign-on
    Add(Add),
    /// List a company's users
    List {
        /// The company's slug, such as acme
        #[arg(long)]
        company: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Write all users of a company as a CSV file, which can be imported again, to standard output
    Export {
        /// The company's slug, such as acme
        #[arg(long)]
        company: String,
    },
    /// Change a user's e-mail address, names and permission groups
    Set(set::Set),
    /// Sign a user out everywhere and never let it in again
    Deactivate(Named),
    /// Let a deactivated user in again
    Activate(Named),
    /// Delete a user for good, with the records of its sign-ins
    Delete {
        #[command(flatten)]
        named: Named,
        #[command(flatten)]
        sure: Sure,
    },
    /// Set a password: asked for at the terminal, or one line of standard input
    SetPassword {
        #[command(flatten)]
        named: Named,
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
        named: Named,
        /// At most so many, the newest first
        #[arg(long, default_value_t = SESSIONS_OF_ONE, value_name = "N", value_parser = sessions::limit)]
        limit: usize,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// End all sessions of a user
    SignOut(Named),
    /// Forget by what a connection knows a user; the next sign-in through it may bind another identity
    Unlink(unlink::Unlink),
}

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Add {
    #[command(flatten)]
    named: Named,
    #[arg(long, value_name = "NAME")]
    first_name: Option<String>,
    #[arg(long, value_name = "NAME")]
    last_name: Option<String>,
    #[arg(long, value_name = "NAME")]
    company_name: Option<String>,
    /// Put the user into a permission group; may be given several times
    #[arg(long = "group", value_name = "TITLE")]
    groups: Vec<String>,
    /// Put the user into a group of administrators, made when there is none
    #[arg(long)]
    admin: bool,
    /// The connection through which the user signs in first; asked for where several are enabled
    #[arg(long, value_name = "NAME", conflicts_with = "password_stdin")]
    connection: Option<String>,
    /// Read a password from standard input, on one line; at least 15 characters
    #[arg(long)]
    password_stdin: bool,
    /// The password is the user's own already, and is not changed at the first sign-in
    #[arg(long)]
    for_good: bool,
}

impl User {
    pub(in crate::cli) async fn run(self, setting: &Setting, out: &mut Output) -> Result<()> {
        let installation = setting.open().await?;
        match self {
            Self::Add(add) => add.run(&installation, out).await,
            Self::List { company, json } => list::run(&installation, &company, json, out).await,
            Self::Export { company } => export_all(&installation, &company, out).await,
            Self::Set(set) => set.run(&installation, out).await,
            Self::Deactivate(named) => deactivate(&installation, &named, out).await,
            Self::Activate(named) => activate(&installation, &named, out).await,
            Self::Delete { named, sure } => delete::run(&installation, &named, sure, out).await,
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

impl Add {
    async fn run(self, installation: &Installation, out: &mut Output) -> Result<()> {
        let email = email(&self.named.email)?;
        let company = installation.company(&self.named.company).await?;
        let mut groups = Vec::new();
        for title in &self.groups {
            groups.push(installation.group(&company, title).await?);
        }
        let connection = match &self.connection {
            Some(name) => Some(
                installation
                    .connection(&company, Some(name), "--connection")
                    .await?,
            ),
            None => None,
        };
        if installation
            .store
            .user_by_email(company.id, email.as_str())
            .await?
            .is_some()
        {
            return Err(exists(&company, &email));
        }
        let password = if self.password_stdin {
            may_have_password(&email, &groups)?;
            Some(password::read(true)?)
        } else {
            None
        };
        if self.admin {
            groups.push(administrators(installation, &company, password.is_some()).await?);
        }
        let has_password = password.is_some();
        let text = |name: &Option<String>| name.clone().unwrap_or_default();
        let new = NewUser {
            text: UserText {
                email: email.to_string(),
                first_name: text(&self.first_name),
                last_name: text(&self.last_name),
                company_name: text(&self.company_name),
            },
            groups: groups.iter().map(|group| group.id).collect(),
            password,
            connection: connection.map(|it| it.id),
        };
        let keys = installation.keys().await?;
        let mut admin = installation.admin(&keys, company.id);
        admin.actor.for_good = self.for_good;
        let user = match admin.create_user(new).await {
            Err(Refused::Taken(_)) => return Err(exists(&company, &email)),
            Err(Refused::Invalid(problems)) if !problems.of("connection").is_empty() => {
                return Err(CliError::unusable(
                    problems.of("connection"),
                    if self.connection.is_some() {
                        "Choose another connection or address, or change what stands in the way"
                    } else {
                        "Say which one: --connection NAME"
                    },
                ));
            }
            other => other?,
        };
        let titles: Vec<&str> = groups.iter().map(|group| group.title.as_str()).collect();
        let place = if titles.is_empty() {
            "in no permission group".to_owned()
        } else {
            format!("in {}", titles.join(", "))
        };
        let way = if has_password && self.for_good {
            "signs in with a password"
        } else if has_password {
            "signs in with a password, and changes it first"
        } else {
            "waits for the first single sign-on"
        };
        let connections = installation.store.connections(company.id).await?;
        let through = match connections.iter().find(|it| user.waits_for == Some(it.id)) {
            Some(it) if it.enabled => format!(" through {}", it.name),
            Some(it) => format!(
                " through {0}, which is disabled: enable it, or choose another one (vestibule user set --connection NAME)",
                it.name
            ),
            None => String::new(),
        };
        out.line(format!(
            "Added the user {} to {}: {place}, {way}{through}.",
            user.email, company.name
        ))
    }
}

/// A company's group of administrators; one that may use passwords when there is a choice or a need.
async fn administrators(
    installation: &Installation,
    company: &Company,
    with_password: bool,
) -> Result<Group> {
    let groups = installation.store.groups(company.id).await?;
    let mut found: Vec<Group> = groups
        .into_iter()
        .filter(|group| group.kind == GroupKind::Administrator)
        .filter(|group| !(with_password && group.sso_only))
        .collect();
    found.sort_by_key(|group| group.sso_only);
    match found.into_iter().next() {
        Some(group) => Ok(group),
        None => {
            group::add(
                installation,
                company,
                ADMINISTRATORS,
                GroupKind::Administrator,
                false,
            )
            .await
        }
    }
}

async fn export_all(installation: &Installation, company: &str, out: &mut Output) -> Result<()> {
    let company = installation.company(company).await?;
    let keys = installation.keys().await?;
    let parts = installation.admin(&keys, company.id).export_users().await?;
    export::write(installation, parts, out).await
}

async fn deactivate(installation: &Installation, named: &Named, out: &mut Output) -> Result<()> {
    let (company, user) = named.find(installation).await?;
    if user.disabled_at.is_some() {
        return out.line(format!("{} is deactivated already.", user.email));
    }
    let keys = installation.keys().await?;
    let admin = installation.admin(&keys, company.id);
    match admin.deactivate_user(user.id).await {
        Err(Refused::LastBreakGlass) => return Err(last_one(&user, &company, "")),
        other => other?,
    };
    out.line(format!(
        "Deactivated {}. All sessions have ended.",
        user.email
    ))
}

async fn activate(installation: &Installation, named: &Named, out: &mut Output) -> Result<()> {
    let (company, user) = named.find(installation).await?;
    let keys = installation.keys().await?;
    let admin = installation.admin(&keys, company.id);
    if !admin.activate_user(user.id).await? {
        return out.line(format!("{} is active already.", user.email));
    }
    out.line(format!("Activated {}.", user.email))
}

async fn set_password(
    installation: &Installation,
    named: &Named,
    (from_stdin, for_good): (bool, bool),
    out: &mut Output,
) -> Result<()> {
    let (company, user) = named.find(installation).await?;
    let groups = installation.store.groups_of(user.id).await?;
    may_have_password(&user.email, &groups)?;
    let password = password::read(from_stdin)?;
    let keys = installation.keys().await?;
    let mut admin = installation.admin(&keys, company.id);
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

pub(in crate::cli) fn email(text: &str) -> Result<Email> {
    text.parse().map_err(|_| {
        CliError::unusable(
            format!("\"{text}\" is not an e-mail address."),
            "Write one address such as b.simon@example.com, in ASCII.",
        )
    })
}

pub(in crate::cli) fn exists(company: &Company, email: &Email) -> CliError {
    CliError::refused(
        format!("{} has a user {email} already.", company.name),
        format!(
            "See it with: vestibule user list --company {}",
            company.slug
        ),
    )
}
