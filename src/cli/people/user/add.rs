//! `user add`.

use super::{may_have_password, user_exists_error};
use crate::admin::{NewUser, Refused, UserText};
use crate::cli::arguments::email;
use crate::cli::error::{CliError, Result};
use crate::cli::installation::Installation;
use crate::cli::output::Output;
use crate::cli::people::named_user::NamedUser;
use crate::cli::people::{group, password};
use crate::domain::{Company, Group, GroupKind};

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct AddUser {
    #[command(flatten)]
    named: NamedUser,
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

impl AddUser {
    pub(super) async fn run(self, installation: &Installation, out: &mut Output) -> Result<()> {
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
            return Err(user_exists_error(&company, &email));
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
        let mut admin = installation.admin(company.id).await?;
        admin.actor.for_good = self.for_good;
        let user = match admin.create_user(new).await {
            Err(Refused::Taken(_)) => return Err(user_exists_error(&company, &email)),
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
                Group::ADMINISTRATORS,
                GroupKind::Administrator,
                false,
            )
            .await
        }
    }
}
