//! `group add`, `list`, `set`, `delete`.

use clap::Subcommand;
use serde_json::json;

use super::break_glass::no_break_glass_error;
use crate::admin::{GroupText, Obstacle, Refused};
use crate::cli::arguments::{CompanyList, required_text};
use crate::cli::error::{CliError, Result};
use crate::cli::installation::Installation;
use crate::cli::invocation::Invocation;
use crate::cli::listing::{ListForm, Listing};
use crate::cli::output::{Output, timestamp};
use crate::cli::text::count;
use crate::domain::{Company, Group, GroupKind};
use crate::store::ListedGroup;

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum GroupCommand {
    /// Add a permission group
    Add(AddGroup),
    /// List a company's permission groups
    List(CompanyList),
    /// Change a permission group's title, type or sign-in
    Set(SetGroup),
    /// Delete a permission group and every membership in it, unless a connection puts users into it
    Delete {
        /// Its title
        title: String,
        /// The company's slug, such as acme
        #[arg(long)]
        company: String,
        /// Delete it although it has members
        #[arg(long)]
        with_members: bool,
    },
}

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct AddGroup {
    /// Its title
    title: String,
    /// The company's slug, such as acme
    #[arg(long)]
    company: String,
    /// This group can only sign in via single sign-on
    #[arg(long)]
    sso_only: bool,
    /// Its members administer the company
    #[arg(long)]
    administrator: bool,
}

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct SetGroup {
    /// Its title
    title: String,
    /// The company's slug, such as acme
    #[arg(long)]
    company: String,
    /// Another title
    #[arg(long, value_name = "TITLE", required_unless_present_any = ["sso_only", "administrator"])]
    new_title: Option<String>,
    /// Whether this group can only sign in via single sign-on
    #[arg(long, value_name = "true|false")]
    sso_only: Option<bool>,
    /// Whether its members administer the company
    #[arg(long, value_name = "true|false")]
    administrator: Option<bool>,
}

impl GroupCommand {
    pub(in crate::cli) async fn run(self, invocation: &Invocation, out: &mut Output) -> Result<()> {
        let installation = invocation.open().await?;
        match self {
            Self::Add(add) => add.run(&installation, out).await,
            Self::List(arguments) => list(&installation, &arguments, out).await,
            Self::Set(set) => set.run(&installation, out).await,
            Self::Delete {
                title,
                company,
                with_members,
            } => delete(&installation, &company, &title, with_members, out).await,
        }
    }
}

impl AddGroup {
    async fn run(self, installation: &Installation, out: &mut Output) -> Result<()> {
        let title = required_text("The title", &self.title)?;
        let company = installation.company(&self.company).await?;
        let group = add(
            installation,
            &company,
            &title,
            kind(self.administrator),
            self.sso_only,
        )
        .await?;
        out.line(format!(
            "Added the permission group \"{}\" to {} ({}).",
            group.title,
            company.name,
            describe(&group)
        ))
    }
}

/// Adds a group to a company.
pub(in crate::cli) async fn add(
    installation: &Installation,
    company: &Company,
    title: &str,
    kind: GroupKind,
    sso_only: bool,
) -> Result<Group> {
    let text = GroupText {
        title: title.to_owned(),
        kind,
        sso_only,
    };
    let admin = installation.admin(company.id).await?;
    admin
        .create_group(&text)
        .await
        .map_err(|refused| group_error(refused, company))
}

impl SetGroup {
    async fn run(self, installation: &Installation, out: &mut Output) -> Result<()> {
        let company = installation.company(&self.company).await?;
        let found = installation.group(&company, &self.title).await?;
        let admin = installation.admin(company.id).await?;
        let (group, version) = admin.group(found.id).await?;
        let text = GroupText {
            title: match &self.new_title {
                Some(title) => required_text("The title", title)?,
                None => group.title.clone(),
            },
            kind: self.administrator.map_or(group.kind, kind),
            sso_only: self.sso_only.unwrap_or(group.sso_only),
        };
        let (changed, lost) = admin
            .edit_group(group.id, &version, &text)
            .await
            .map_err(|refused| group_error(refused, &company))?;
        if changed == group {
            return out.line(format!("\"{}\" is so already.", group.title));
        }
        out.line(format!(
            "The permission group \"{}\" of {} is {} now.",
            changed.title,
            company.name,
            describe(&changed)
        ))?;
        if lost > 0 {
            out.line(format!(
                "  ! {lost} of its members, who are administrators now, had a password that an API token had set. It is gone: set a new one with vestibule user set-password."
            ))?;
        }
        Ok(())
    }
}

async fn delete(
    installation: &Installation,
    company: &str,
    title: &str,
    with_members: bool,
    out: &mut Output,
) -> Result<()> {
    let company = installation.company(company).await?;
    let group = installation.group(&company, title).await?;
    let admin = installation.admin(company.id).await?;
    let loss = admin.loss_of_group(group.id).await?;
    let members = count(
        usize::try_from(loss.members).unwrap_or(usize::MAX),
        "member",
    );
    if loss.uses.is_empty() && loss.members > 0 && !with_members {
        return Err(CliError::refused(
            format!(
                "The permission group \"{}\" has {members}, who would lose what it gives.",
                group.title
            ),
            "If that is meant: add --with-members.",
        ));
    }
    admin
        .delete_group(group.id)
        .await
        .map_err(|refused| group_error(refused, &company))?;
    out.line(format!(
        "Deleted the permission group \"{}\" of {} ({members}).",
        group.title, company.name
    ))
}

/// Why a group was not changed, with what to do next.
fn group_error(refused: Refused, company: &Company) -> CliError {
    match refused {
        Refused::Taken(other) => CliError::refused(
            format!("{}: {other}", company.name),
            format!(
                "See them with: vestibule group list --company {}. Use a title that people can tell apart.",
                company.slug
            ),
        ),
        Refused::InTheWay(
            what @ (Obstacle::GroupInUse { .. } | Obstacle::GroupForEveryone { .. }),
        ) => CliError::refused(
            what.to_string(),
            format!(
                "With a command: vestibule connection set --company {} --name NAME jit_group=TITLE (or group_mapping=…)",
                company.slug
            ),
        ),
        Refused::LastBreakGlass => no_break_glass_error(
            format!(
                "This would leave {} without an administrator who can sign in without single sign-on.",
                company.name
            ),
            company,
        ),
        other => other.into(),
    }
}

fn kind(administrator: bool) -> GroupKind {
    if administrator {
        GroupKind::Administrator
    } else {
        GroupKind::Member
    }
}

fn describe(group: &Group) -> String {
    format!(
        "{}{}",
        group.kind,
        if group.sso_only {
            ", single sign-on only"
        } else {
            ""
        }
    )
}

async fn list(
    installation: &Installation,
    arguments: &CompanyList,
    out: &mut Output,
) -> Result<()> {
    let company = installation.company(&arguments.company).await?;
    let groups = installation.store.list_groups(company.id).await?;
    let listing = Listing {
        form: ListForm::new(arguments.json),
        describe: &|listed: &ListedGroup| {
            let group = &listed.group;
            json!({
                "title": group.title,
                "type": group.kind,
                "sso_only": group.sso_only,
                "members": listed.members,
                "created_at": timestamp(group.created_at),
            })
        },
        header: ["TITLE", "TYPE", "SIGN-IN", "MEMBERS"],
        row: &|listed| {
            let group = &listed.group;
            let sign_in = if group.sso_only {
                "single sign-on only"
            } else {
                "any"
            };
            [
                group.title.clone(),
                group.kind.to_string(),
                sign_in.to_owned(),
                listed.members.to_string(),
            ]
        },
        none: format!(
            "{} has no permission group yet. Add one: vestibule group add TITLE --company {}",
            company.name, company.slug
        ),
    };
    listing.write(&groups, out)
}
