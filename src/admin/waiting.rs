//! The connection of an account that waits for its first sign-in (rule F2).
//!
//! Invariant: who may claim such an account is known when it is made, wherever more than one connection could.

use serde_json::json;

use super::{Admin, Obstacle, Refused};
use crate::domain::{
    AuditAction, CompanyDomain, Connection, ConnectionId, Email, Scope, User, UserId,
};
use crate::store::Tx;

/// What decides for which connection an account waits.
pub(super) struct Awaiting {
    connections: Vec<Connection>,
    domains: Vec<CompanyDomain>,
}

impl Awaiting {
    /// The connection that a new account with an address waits for: the chosen one, else that of the address's domain, else the
    /// only enabled one. None where there is none yet.
    pub(super) fn connection_for(
        &self,
        email: &Email,
        chosen: Option<ConnectionId>,
    ) -> Result<Option<ConnectionId>, String> {
        let name = email.domain_name();
        let domain = self.domains.iter().find(|it| it.name == name);
        let assigned = domain.and_then(|domain| self.find(domain.connection_id?));
        if let Some(id) = chosen {
            let wanted = self
                .find(id)
                .ok_or_else(|| "Choose a connection of this company.".to_owned())?;
            let decides = domain.is_some_and(|domain| domain.links);
            return match assigned.filter(|own| decides && own.id != wanted.id) {
                Some(own) => Err(format!(
                    "Addresses in {name} come through {}, to which the domain is assigned. Choose that one, or assign the domain to {}.",
                    own.display_name, wanted.display_name
                )),
                None => self.admits(email, wanted),
            };
        }
        if let Some(own) = assigned {
            return self.admits(email, own);
        }
        let enabled: Vec<&Connection> = self.connections.iter().filter(|it| it.enabled).collect();
        match enabled[..] {
            [] => Ok(None),
            [only] => self.admits(email, only),
            _ => Err(format!(
                "Several connections are enabled. Choose the one through which this user signs in first (in a file: the column \"connection\"): {}.",
                self.names(|it| it.enabled)
            )),
        }
    }

    /// Whether a connection lets somebody with this address in. Later it would refuse without a word to whoever made the account.
    fn admits(
        &self,
        email: &Email,
        connection: &Connection,
    ) -> Result<Option<ConnectionId>, String> {
        let name = email.domain_name();
        let mut counting = self.domains.iter().filter(|it| it.counts()).peekable();
        let is_outside = counting.peek().is_some() && counting.all(|it| it.name != name);
        if is_outside && !connection.settings.guests {
            return Err(format!(
                "{name} is none of the company's domains, and {} lets in nobody from outside. Add the domain, or switch on Allow guests in the connection's SAML Settings (by command: connection set guests=true).",
                connection.display_name
            ));
        }
        Ok(Some(connection.id))
    }

    /// The connection of a name that was typed: its short one, or the one of the sign-in page.
    pub(super) fn find_by_name(&self, text: &str) -> Result<ConnectionId, String> {
        let of = |name: fn(&Connection) -> &str| {
            let mut all = self.connections.iter();
            all.find(|it| name(it).eq_ignore_ascii_case(text))
        };
        let found = of(|it| it.name.as_str()).or_else(|| of(|it| &it.display_name));
        found.map(|it| it.id).ok_or_else(|| {
            let text: String = text.chars().take(80).collect();
            format!(
                "There is no connection \"{text}\". There are: {}.",
                self.names(|_| true)
            )
        })
    }

    fn find(&self, id: ConnectionId) -> Option<&Connection> {
        self.connections.iter().find(|it| it.id == id)
    }

    /// For the audit log.
    fn name(&self, id: Option<ConnectionId>) -> String {
        let found = id.and_then(|id| self.find(id));
        found.map_or_else(|| "none".to_owned(), |it| it.name.to_string())
    }

    fn names(&self, wanted: fn(&Connection) -> bool) -> String {
        let all = self.connections.iter().filter(|it| wanted(it));
        let names: Vec<&str> = all.map(|it| it.name.as_str()).collect();
        names.join(", ")
    }
}

impl Admin<'_> {
    /// What decides for which connection an account waits, as it is now.
    pub(super) async fn awaiting(&self) -> Result<Awaiting, Refused> {
        Ok(Awaiting {
            connections: self.connections().await?,
            domains: self.domains().await?,
        })
    }

    /// Names the connection that an account waits for; `false` when it is so already. One that does not wait is refused.
    pub async fn wait_for(&self, id: UserId, connection: ConnectionId) -> Result<bool, Refused> {
        let awaiting = self.awaiting().await?;
        let mut tx = self.begin(Scope::UsersWrite).await?;
        let stored = tx.lock_user(self.company, id).await?;
        let before = stored.ok_or(Refused::NotFound)?.user;
        self.is_over(&mut tx, id).await?;
        let after = self
            .rewrite_awaited(&mut tx, before.clone(), &awaiting, connection)
            .await?;
        if after == before {
            return Ok(false);
        }
        tx.commit(self.now).await?;
        Ok(true)
    }

    /// Writes for which connection a locked user waits.
    pub(super) async fn rewrite_awaited(
        &self,
        tx: &mut Tx,
        before: User,
        awaiting: &Awaiting,
        connection: ConnectionId,
    ) -> Result<User, Refused> {
        // Through which connection somebody comes decides who it is.
        self.check_over_administrators()?;
        if !tx.waits(&before).await? {
            return Err(Obstacle::NotWaiting.into());
        }
        let awaited = awaiting
            .connection_for(&before.email, Some(connection))
            .map_err(|what| Refused::invalid("connection", what))?;
        if before.waits_for == awaited {
            return Ok(before);
        }
        let after = User {
            waits_for: awaited,
            ..before.clone()
        };
        tx.write_user(&after).await?;
        let event = self
            .event(AuditAction::UserWaitFor, after.email.as_str())
            .with_change(
                json!({"connection": awaiting.name(before.waits_for)}),
                json!({"connection": awaiting.name(awaited)}),
            );
        tx.audit(&event).await?;
        Ok(after)
    }
}
