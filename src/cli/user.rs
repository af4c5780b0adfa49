//! `user add`, `list`, `set`, `deactivate`, `activate`, `set-password`; sessions have a file of their own.

mod set;

use clap::Subcommand;
use serde_json::json;

use super::error::{CliError, Result};
use super::installation::{Installation, Setting};
use super::output::{Output, maybe_timestamp, timestamp};
use super::{group, password, sessions};
use crate::domain::{self, Company, Creation, Email, Grant, GrantSource, Group, GroupKind, UserId};
use crate::keys::random;
use crate::store;

/// The group that `user add --admin` makes when the company has no group of administrators.
const ADMINISTRATORS: &str = "Administrators";

#[derive(Debug, Subcommand)]
pub(super) enum User {
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
    /// Change a user's permission groups
    Set(set::Set),
    /// Sign a user out everywhere and never let it in again
    Deactivate(Named),
    /// Let a deactivated user in again
    Activate(Named),
    /// Set a password: asked for at the terminal, or one line of standard input
    SetPassword {
        #[command(flatten)]
        named: Named,
        /// Read the password from standard input, on one line; at least 12 characters
        #[arg(long)]
        password_stdin: bool,
    },
    /// List a user's live sessions
    Sessions {
        #[command(flatten)]
        named: Named,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// End all sessions of a user
    SignOut(Named),
}

#[derive(Debug, clap::Args)]
pub(super) struct Named {
    /// The company's slug, such as acme
    #[arg(long)]
    pub(super) company: String,
    /// The user's e-mail address
    #[arg(long)]
    pub(super) email: String,
}

#[derive(Debug, clap::Args)]
pub(super) struct Add {
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
    /// Read a password from standard input, on one line; at least 12 characters
    #[arg(long)]
    password_stdin: bool,
}

impl User {
    pub(super) async fn run(self, setting: &Setting, out: &mut Output) -> Result<()> {
        let installation = setting.open().await?;
        match self {
            Self::Add(add) => add.run(&installation, out).await,
            Self::List { company, json } => list(&installation, &company, json, out).await,
            Self::Set(set) => set.run(&installation, out).await,
            Self::Deactivate(named) => deactivate(&installation, &named, out).await,
            Self::Activate(named) => activate(&installation, &named, out).await,
            Self::SetPassword {
                named,
                password_stdin,
            } => set_password(&installation, &named, password_stdin, out).await,
            Self::Sessions { named, json } => {
                sessions::list(&installation, &named, json, out).await
            }
            Self::SignOut(named) => sessions::end(&installation, &named, out).await,
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
        let user = self.user(installation, &company, email);
        self.write(installation, &user, &groups, password.as_deref())
            .await?;
        let titles: Vec<&str> = groups.iter().map(|group| group.title.as_str()).collect();
        let place = if titles.is_empty() {
            "in no permission group".to_owned()
        } else {
            format!("in {}", titles.join(", "))
        };
        let way = if password.is_some() {
            "signs in with a password"
        } else {
            "waits for the first single sign-on"
        };
        out.line(format!(
            "Added the user {} to {}: {place}, {way}.",
            user.email, company.name
        ))
    }

    fn user(&self, installation: &Installation, company: &Company, email: Email) -> domain::User {
        let text = |name: &Option<String>| name.clone().unwrap_or_default().trim().to_owned();
        domain::User {
            id: UserId::from_bytes(random()),
            company_id: company.id,
            email,
            first_name: text(&self.first_name),
            last_name: text(&self.last_name),
            company_name: text(&self.company_name),
            created_by: Creation::Administrator,
            has_password: false,
            disabled_at: None,
            created_at: installation.now,
            last_sign_in_at: None,
        }
    }

    async fn write(
        &self,
        installation: &Installation,
        user: &domain::User,
        groups: &[Group],
        password: Option<&str>,
    ) -> Result<()> {
        let sealed = match password {
            Some(password) => Some(installation.keys()?.hash_password(password)),
            None => None,
        };
        installation.store.add_user(user).await?;
        for group in groups {
            let grant = Grant {
                user_id: user.id,
                group_id: group.id,
                source: GrantSource::Administrator,
            };
            installation
                .store
                .add_grant(grant, installation.now)
                .await?;
        }
        if let Some(sealed) = &sealed {
            installation
                .store
                .set_password(user.id, Some(sealed), installation.now)
                .await?;
        }
        let titles: Vec<&str> = groups.iter().map(|group| group.title.as_str()).collect();
        let email = user.email.as_str();
        installation
            .audit(user.company_id, "user.add", email, titles.join(", "))
            .await
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

async fn list(
    installation: &Installation,
    company: &str,
    json: bool,
    out: &mut Output,
) -> Result<()> {
    let company = installation.company(company).await?;
    let users = installation.store.users(company.id).await?;
    if users.is_empty() && !json {
        return out.line(format!(
            "{} has no user yet. Users are made at their first sign-in, or with: vestibule user add --company {} --email E",
            company.name, company.slug
        ));
    }
    let mut described = Vec::new();
    let mut rows = Vec::new();
    for user in &users {
        let groups = installation.store.groups_of(user.id).await?;
        let titles: Vec<&str> = groups.iter().map(|group| group.title.as_str()).collect();
        described.push(json!({
            "email": user.email,
            "first_name": user.first_name,
            "last_name": user.last_name,
            "company_name": user.company_name,
            "groups": titles,
            "administrator": groups.iter().any(|group| group.kind == GroupKind::Administrator),
            "active": user.disabled_at.is_none(),
            "deactivated_at": user.disabled_at.map(timestamp),
            "has_password": user.has_password,
            "created_by": user.created_by,
            "created_at": timestamp(user.created_at),
            "last_sign_in_at": user.last_sign_in_at.map(timestamp),
        }));
        rows.push([
            user.email.to_string(),
            format!("{} {}", user.first_name, user.last_name)
                .trim()
                .to_owned(),
            titles.join(", "),
            if user.disabled_at.is_none() {
                "active"
            } else {
                "deactivated"
            }
            .to_owned(),
            user.created_by.to_string(),
            maybe_timestamp(user.last_sign_in_at),
        ]);
    }
    if json {
        return out.json(&described);
    }
    out.table(
        [
            "E-MAIL",
            "NAME",
            "GROUPS",
            "STATE",
            "MADE BY",
            "LAST SIGN-IN",
        ],
        &rows,
    )
}

async fn deactivate(installation: &Installation, named: &Named, out: &mut Output) -> Result<()> {
    let (company, user) = find(installation, named).await?;
    if user.disabled_at.is_some() {
        return out.line(format!("{} is deactivated already.", user.email));
    }
    let deactivated = installation
        .store
        .deactivate_user(user.id, installation.now)
        .await;
    match deactivated {
        // Rule F6.
        Err(store::Error::LastBreakGlass) => {
            return Err(CliError::refused(
                format!(
                    "{} is the last administrator of {} who can sign in without single sign-on.",
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
    installation
        .audit(company.id, "user.deactivate", user.email.as_str(), "")
        .await?;
    out.line(format!(
        "Deactivated {}. All sessions have ended.",
        user.email
    ))
}

async fn activate(installation: &Installation, named: &Named, out: &mut Output) -> Result<()> {
    let (company, user) = find(installation, named).await?;
    let changed = installation
        .store
        .activate_user(user.id, installation.now)
        .await?;
    if !changed {
        return out.line(format!("{} is active already.", user.email));
    }
    installation
        .audit(company.id, "user.activate", user.email.as_str(), "")
        .await?;
    out.line(format!("Activated {}.", user.email))
}

async fn set_password(
    installation: &Installation,
    named: &Named,
    from_stdin: bool,
    out: &mut Output,
) -> Result<()> {
    let (company, user) = find(installation, named).await?;
    let groups = installation.store.groups_of(user.id).await?;
    may_have_password(&user.email, &groups)?;
    let password = password::read(from_stdin)?;
    let sealed = installation.keys()?.hash_password(&password);
    installation
        .store
        .set_password(user.id, Some(&sealed), installation.now)
        .await?;
    installation
        .audit(company.id, "user.set_password", user.email.as_str(), "")
        .await?;
    out.line(format!(
        "Set the password of {}. All sessions have ended.",
        user.email
    ))
}

pub(super) async fn find(
    installation: &Installation,
    named: &Named,
) -> Result<(Company, domain::User)> {
    let company = installation.company(&named.company).await?;
    let user = installation.user(&company, &named.email).await?;
    Ok((company, user))
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

fn email(text: &str) -> Result<Email> {
    text.parse().map_err(|_| {
        CliError::unusable(
            format!("\"{text}\" is not an e-mail address."),
            "Write one address such as b.simon@example.com, in ASCII.",
        )
    })
}

fn exists(company: &Company, email: &Email) -> CliError {
    CliError::refused(
        format!("{} has a user {email} already.", company.name),
        format!(
            "See it with: vestibule user list --company {}",
            company.slug
        ),
    )
}
