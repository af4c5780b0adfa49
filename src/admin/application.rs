//! Applications: what the operator says of them, and which users a company lets use them.
//!
//! Invariants: an application is the installation's, and only the operator changes it; a company's administrators see those that
//! serve their company, and say of each which of their permission groups may use it. A proxy's key is shown once and kept as a hash.

use serde_json::{Map, Value};
use time::OffsetDateTime;

use super::{Actor, Admin, Refused};
use crate::domain::{
    AllowedUsers, Application, ApplicationId, AuditAction, AuditDetail, AuditEvent, AuditId, Group,
    GroupId, Scope, ServedCompanies,
};
use crate::keys;
use crate::store::{self, KnownApplication, Store, Tx};

/// What a key of a proxy begins with, so that scanners of source code know one that was left there.
const PROXY_KEY_PREFIX: &str = "vestibule_proxy_";

/// Who changes what belongs to the installation: whoever has a shell on the server.
#[derive(Debug)]
pub struct Operator<'a> {
    pub store: &'a Store,
    pub now: OffsetDateTime,
}

/// An application that serves a company, and who of the company may use it.
#[derive(Debug, Clone)]
pub struct CompanyApplication {
    pub application: Application,
    pub allowed: AllowedUsers,
}

/// Why an application was not written.
#[derive(Debug, thiserror::Error)]
pub enum ApplicationError {
    /// Its name or one of its hosts is another's.
    #[error("{0} is there already, or another application's")]
    Taken(String),
    /// It is not there any more.
    #[error("there is no such application any more")]
    Gone,
    #[error(transparent)]
    Store(store::Error),
}

impl From<store::Error> for ApplicationError {
    fn from(cause: store::Error) -> Self {
        match cause {
            store::Error::Taken(what) => Self::Taken(what),
            cause => Self::Store(cause),
        }
    }
}

/// The hash of a proxy's key, as the database knows it.
pub fn proxy_key_hash(key: &str) -> [u8; 32] {
    keys::hash(key.as_bytes())
}

impl Operator<'_> {
    /// Adds an application; the first key of its proxy, which is shown now and never again.
    pub async fn add_application(
        &self,
        application: &Application,
    ) -> Result<String, ApplicationError> {
        let key = new_proxy_key();
        let mut tx = self.store.begin().await?;
        self.check_hosts(application).await?;
        tx.add_application(application, &proxy_key_hash(&key))
            .await?;
        let mut event = self.event(AuditAction::ApplicationAdd, application);
        event.after = Some(audit_values(application));
        self.end(tx, event).await?;
        Ok(key)
    }

    /// Changes an application.
    pub async fn change_application(
        &self,
        before: &Application,
        after: &Application,
    ) -> Result<(), ApplicationError> {
        if before == after {
            return Ok(());
        }
        let mut tx = self.store.begin().await?;
        self.check_hosts(after).await?;
        if !tx.update_application(after).await? {
            return Err(ApplicationError::Gone);
        }
        let event = self
            .event(AuditAction::ApplicationSet, after)
            .with_change(audit_values(before), audit_values(after));
        self.end(tx, event).await
    }

    /// Removes an application. Who is signed in there is signed in there no more.
    pub async fn remove_application(
        &self,
        application: &Application,
    ) -> Result<(), ApplicationError> {
        let mut tx = self.store.begin().await?;
        if !tx.remove_application(application.id).await? {
            return Err(ApplicationError::Gone);
        }
        let event = self.event(AuditAction::ApplicationRemove, application);
        self.end(tx, event).await
    }

    /// Makes a further key of an application's proxy; the one before it counts until it is retired (rule Q15).
    pub async fn add_proxy_key(
        &self,
        application: &Application,
    ) -> Result<String, ApplicationError> {
        let key = new_proxy_key();
        let mut tx = self.store.begin().await?;
        tx.add_proxy_key(application.id, &proxy_key_hash(&key), self.now)
            .await?;
        let event = self.event(AuditAction::ApplicationNewKey, application);
        self.end(tx, event).await?;
        Ok(key)
    }

    /// Ends every key of an application's proxy but the newest; how many have ended.
    pub async fn retire_proxy_keys(
        &self,
        application: &Application,
    ) -> Result<u64, ApplicationError> {
        let mut tx = self.store.begin().await?;
        let ended = tx.keep_newest_proxy_key(application.id).await?;
        let event = self.event(AuditAction::ApplicationRetireKey, application);
        self.end(tx, event).await?;
        Ok(ended)
    }

    /// A host name leads to one application, also by way of a company's label (rule Q55).
    async fn check_hosts(&self, application: &Application) -> Result<(), ApplicationError> {
        for other in self.store.applications().await? {
            if other.application.id == application.id {
                continue;
            }
            if other.application.name == application.name {
                let name = format!("the application \"{}\"", application.name);
                return Err(ApplicationError::Taken(name));
            }
            for own in &application.settings.origins {
                let mut origins = other.application.settings.origins.iter();
                if origins.any(|origin| origin.shares_host(own)) {
                    return Err(ApplicationError::Taken(format!(
                        "the host name {}",
                        own.host()
                    )));
                }
            }
        }
        Ok(())
    }

    async fn end(&self, mut tx: Tx, event: AuditEvent) -> Result<(), ApplicationError> {
        tx.audit(&event).await?;
        Ok(tx.commit(self.now).await?)
    }

    fn event(&self, action: AuditAction, application: &Application) -> AuditEvent {
        AuditEvent {
            id: AuditId::at(self.now, keys::in_order()),
            company_id: None,
            at: self.now,
            actor: Actor::command_line().name,
            action: action.into(),
            subject: application.name.to_string(),
            detail: String::new(),
            client: None,
            before: None,
            after: None,
        }
    }
}

impl Admin<'_> {
    /// The applications that serve the company, by name.
    pub async fn applications(&self) -> Result<Vec<CompanyApplication>, Refused> {
        let mut restrictions = self.store.restrictions(self.company).await?;
        let all = self.store.applications().await?.into_iter();
        let serving = all.filter(|it| it.application.companies.has(self.company));
        let with_users = |KnownApplication { application, .. }| {
            let allowed = restrictions.remove(&application.id);
            CompanyApplication {
                application,
                allowed: allowed.unwrap_or(AllowedUsers::Everybody),
            }
        };
        Ok(serving.map(with_users).collect())
    }

    /// One of them.
    pub async fn company_application(
        &self,
        id: ApplicationId,
    ) -> Result<CompanyApplication, Refused> {
        let mut all = self.applications().await?.into_iter();
        all.find(|it| it.application.id == id)
            .ok_or(Refused::NotFound)
    }

    /// Lets a permission group use an application; `false` when it may already. Whoever is in no group that may, may not.
    pub async fn allow_group(&self, id: ApplicationId, group: &Group) -> Result<bool, Refused> {
        let detail = AuditDetail::Group(&group.title);
        self.change_allowed(id, AuditAction::ApplicationAllow, Some(detail), |now| {
            let mut groups = now.groups().to_vec();
            if !groups.contains(&group.id) {
                groups.push(group.id);
            }
            AllowedUsers::Groups(groups)
        })
        .await
    }

    /// Takes an application away from a permission group; `false` when it does not let its users in. It lets nobody in.
    pub async fn deny_group(&self, id: ApplicationId, group: &Group) -> Result<bool, Refused> {
        let detail = AuditDetail::Group(&group.title);
        self.change_allowed(id, AuditAction::ApplicationDeny, Some(detail), |now| {
            let mut now = now.clone();
            if let AllowedUsers::Groups(groups) = &mut now {
                groups.retain(|id| *id != group.id);
            }
            now
        })
        .await
    }

    /// Lets every user of the company use an application; `false` when they may already.
    pub async fn allow_everybody(&self, id: ApplicationId) -> Result<bool, Refused> {
        let everybody = |_: &_| AllowedUsers::Everybody;
        self.change_allowed(id, AuditAction::ApplicationAllow, None, everybody)
            .await
    }

    /// Lets no user of the company use an application; `false` when nobody may already.
    pub async fn allow_nobody(&self, id: ApplicationId) -> Result<bool, Refused> {
        let nobody = |_: &_| AllowedUsers::Groups(Vec::new());
        self.change_allowed(id, AuditAction::ApplicationDeny, None, nobody)
            .await
    }

    /// Makes others of those who may, whoever they are by then; `false` when they are so already.
    async fn change_allowed(
        &self,
        id: ApplicationId,
        action: AuditAction,
        detail: Option<AuditDetail<'_>>,
        change: impl FnOnce(&AllowedUsers) -> AllowedUsers,
    ) -> Result<bool, Refused> {
        let it = self.company_application(id).await?;
        let mut tx = self.begin(Scope::GroupsWrite).await?;
        let now = tx.hold_allowed_users(id, self.company).await?;
        let wanted = change(&now);
        if wanted == now {
            return Ok(false);
        }
        self.check_groups(&mut tx, &wanted).await?;
        tx.set_allowed_users(id, self.company, &wanted).await?;
        let event = self.event(action, it.application.name.as_str());
        let event = match detail {
            Some(detail) => event.with_detail(detail),
            None => event,
        };
        tx.audit(&event).await?;
        tx.commit(self.now).await?;
        Ok(true)
    }
}

/// The titles of groups by their identifiers, for lists; one that is gone has none.
pub fn titles_of(groups: &[GroupId], known: &[Group]) -> Vec<String> {
    let named = known.iter().filter(|group| groups.contains(&group.id));
    let mut titles: Vec<String> = named.map(|group| group.title.clone()).collect();
    titles.sort_unstable();
    titles
}

fn new_proxy_key() -> String {
    format!("{PROXY_KEY_PREFIX}{}", keys::hex(&keys::random::<32>()))
}

/// Every setting, for the audit log.
fn audit_values(application: &Application) -> Value {
    let value = |(key, _): &(&'static str, &'static str)| {
        let value = application.value(key)?;
        Some(((*key).to_owned(), Value::from(value)))
    };
    let mut values: Map<String, Value> = Application::KEYS.iter().filter_map(value).collect();
    let companies = match &application.companies {
        ServedCompanies::Every => Value::from("every"),
        ServedCompanies::Named(named) => named.iter().map(ToString::to_string).collect(),
    };
    values.insert("companies".to_owned(), companies);
    values.into()
}
