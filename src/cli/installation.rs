//! What a command works on: the configuration, the store, and the nouns that its options name.
//!
//! Invariant: a name that is not there is refused with the names that are.

use time::OffsetDateTime;
use tokio::sync::OnceCell;

use super::error::{CliError, Result};
use super::text::{choices, nearest};
use crate::admin::{Actor, Admin};
use crate::app::{UnknownKeys, cloud, own_keys, reach};
use crate::config::Config;
use crate::domain::{
    AuditAction, AuditDetail, AuditEvent, AuditId, Company, CompanyId, Connection, ConnectionName,
    Group, Slug, User,
};
use crate::keys::{self, Keys};
use crate::oidc::Cloud;
use crate::outbound::Reach;
use crate::store::{Store, UserFilter};

/// Users that are read at once, to find the one that was meant; and how often.
const A_PART: u32 = 500;
const PARTS: usize = 20;

/// An installation, opened by a command.
pub(super) struct Installation {
    pub(super) config: Config,
    pub(super) store: Store,
    pub(super) now: OffsetDateTime,
    pub(super) new_keys: UnknownKeys,
    /// Read when they are first asked for.
    pub(super) held_keys: OnceCell<Keys>,
}

impl Installation {
    /// The installation's own keys, as they are when the command begins to need them.
    pub(super) async fn keys(&self) -> Result<&Keys> {
        let read = || own_keys(&self.config, &self.store, self.now, self.new_keys);
        Ok(self.held_keys.get_or_try_init(read).await?)
    }

    /// The administrators' functions on a company.
    pub(super) async fn admin(&self, company: CompanyId) -> Result<Admin<'_>> {
        Ok(Admin {
            store: &self.store,
            keys: self.keys().await?,
            company,
            actor: Actor::command_line(),
            now: self.now,
            once: None,
        })
    }

    /// The company of a slug.
    pub(super) async fn company(&self, slug: &str) -> Result<Company> {
        if let Ok(slug) = slug.parse::<Slug>()
            && let Some(company) = self.store.company_by_slug(&slug).await?
        {
            return Ok(company);
        }
        let companies = self.store.companies().await?;
        let known: Vec<&str> = companies
            .iter()
            .map(|company| company.slug.as_str())
            .collect();
        let none =
            "There is no company yet. Add one: vestibule company add SLUG --name NAME --origin URL";
        Err(CliError::refused(
            format!("There is no company \"{slug}\"."),
            choices("companies", slug, &known, none),
        ))
    }

    /// A company's group of a title.
    pub(super) async fn group(&self, company: &Company, title: &str) -> Result<Group> {
        if let Some(group) = self.store.group_by_title(company.id, title).await? {
            return Ok(group);
        }
        let groups = self.store.groups(company.id).await?;
        let known: Vec<&str> = groups.iter().map(|group| group.title.as_str()).collect();
        let none = format!(
            "It has no group yet. Add one: vestibule group add \"{title}\" --company {}",
            company.slug
        );
        Err(CliError::refused(
            format!("{} has no permission group \"{title}\".", company.name),
            choices("groups", title, &known, &none),
        ))
    }

    /// A company's connection of a name, or its only one.
    pub(super) async fn connection(
        &self,
        company: &Company,
        name: Option<&str>,
        option: &str,
    ) -> Result<Connection> {
        let connections = self.store.connections(company.id).await?;
        let known: Vec<String> = connections.iter().map(|one| one.name.to_string()).collect();
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        let found = match (name, known.as_slice()) {
            (None, [_]) => connections.into_iter().next(),
            (None, [_, _, ..]) => {
                return Err(CliError::unusable(
                    format!("{} has several connections.", company.name),
                    format!("Name one of them with {option}: {}.", known.join(", ")),
                ));
            }
            (None, []) => None,
            (Some(name), _) => match name.parse::<ConnectionName>() {
                Ok(name) => self.store.connection_by_name(company.id, &name).await?,
                Err(_) => None,
            },
        };
        found.ok_or_else(|| {
            let name = name.unwrap_or_default();
            let none = format!(
                "Add one: vestibule connection import-metadata FILE|URL --company {} --name entra --display-name \"{} Entra ID\"",
                company.slug, company.name
            );
            let what = if name.is_empty() {
                format!("{} has no connection yet.", company.name)
            } else {
                format!("{} has no connection \"{name}\".", company.name)
            };
            CliError::refused(what, choices("connections", name, &known, &none))
        })
    }

    /// A company's user of an e-mail address.
    pub(super) async fn user(&self, company: &Company, email: &str) -> Result<User> {
        if let Some(user) = self.store.user_by_email(company.id, email).await? {
            return Ok(user);
        }
        let near = self.near_user(company, email).await?;
        let next = near.map_or_else(
            || {
                format!(
                    "List them: vestibule user list --company {}; add one: vestibule user add --company {} --email {email}",
                    company.slug, company.slug
                )
            },
            |near| format!("Did you mean {near}?"),
        );
        Err(CliError::refused(
            format!("{} has no user {email}.", company.name),
            next,
        ))
    }

    /// The address that is most like one, of the first users of a company.
    async fn near_user(&self, company: &Company, email: &str) -> Result<Option<String>> {
        let (mut near, mut after): (Option<String>, _) = (None, None);
        for _ in 0..PARTS {
            let everyone = UserFilter::default();
            let part = self.store.users_after(company.id, &everyone, after, A_PART);
            let part = part.await?;
            let there = part.rows.iter().map(|listed| listed.user.email.as_str());
            let known: Vec<&str> = there.chain(near.as_deref()).collect();
            near = nearest(email, &known).map(str::to_owned);
            after = part.next;
            if after.is_none() {
                break;
            }
        }
        Ok(near)
    }

    /// Writes what a command did into the company's audit log.
    pub(super) async fn audit(
        &self,
        company: CompanyId,
        action: AuditAction,
        subject: impl Into<String>,
        detail: AuditDetail<'_>,
    ) -> Result<()> {
        let event = self.event(Some(company), action, subject);
        let event = event.with_detail(detail);
        Ok(self.store.add_audit_event(&event).await?)
    }

    /// How far the addresses of a company's providers may reach: as far as those that its server asks.
    pub(super) fn reach(&self, company: &Company) -> Reach {
        reach(&self.config, company)
    }

    /// The cloud of a tenant that is named without one.
    pub(super) fn cloud(&self) -> Cloud {
        cloud(&self.config)
    }

    /// An entry for the audit log of a company, or of the whole installation.
    pub(super) fn event(
        &self,
        company: Option<CompanyId>,
        action: AuditAction,
        subject: impl Into<String>,
    ) -> AuditEvent {
        AuditEvent {
            id: AuditId::at(self.now, keys::in_order()),
            company_id: company,
            at: self.now,
            actor: "command line".to_owned(),
            action: action.into(),
            subject: subject.into(),
            detail: String::new(),
            client: None,
            before: None,
            after: None,
        }
    }
}
