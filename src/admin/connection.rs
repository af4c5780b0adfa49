//! Connections: read, added, changed, switched on and off, removed.
//!
//! Invariants: what is written is complete and within its bounds; a connection that
//! is enabled can work (rule B2); a change of trust is a version of its own; a company that anybody gets into keeps a way in.

mod adoption;
mod check;
mod difference;
mod name;
mod names;
mod settings;

use serde_json::Value;
use time::OffsetDateTime;

use super::{Admin, ConnectionEnd, Duplicate, FieldProblem, Obstacle, Refused, provider};
use crate::domain::{
    AuditAction, AuditDetail, AuditNoun, Connection, ConnectionId, ConnectionName, Family, Scope,
    Settings, TrustVersion, UserId,
};
use crate::keys::random;
use crate::store::{self, ConnectionUse, Tx};

use adoption::adopt_from;
pub use check::{LONGEST_ENTITY_ID, missing};
pub use difference::{Difference, differences, introduction};
pub use name::connection_name;
use name::{NAME, short_name};
pub use names::{SETTINGS, SettingText};
pub use settings::{ConnectionSettings, Unfit};

/// Who made the first version of a connection that is older than its versions.
const UNKNOWN: &str = "before versions were kept";

impl Admin<'_> {
    /// The company's connections, in the order of the sign-in page.
    pub async fn connections(&self) -> Result<Vec<Connection>, Refused> {
        Ok(self.store.connections(self.company).await?)
    }

    /// One of them.
    pub async fn connection(&self, id: ConnectionId) -> Result<Connection, Refused> {
        let found = self.store.connection(id).await?;
        found
            .filter(|connection| connection.company_id == self.company)
            .ok_or(Refused::NotFound)
    }

    /// What hangs on one of them.
    pub async fn connection_use(&self, id: ConnectionId) -> Result<ConnectionUse, Refused> {
        let connection = self.connection(id).await?;
        Ok(self.store.connection_use(connection.id, self.now).await?)
    }

    /// A connection to be added: not enabled, behind the others.
    pub async fn draft(
        &self,
        name: ConnectionName,
        display_name: String,
        settings: Settings,
    ) -> Result<Connection, Refused> {
        let others = self.connections().await?;
        self.store
            .has_room(self.company, Family::Connections, self.now)
            .await?;
        let last = others.iter().map(|other| other.sort_order).max();
        Ok(Connection {
            id: ConnectionId::from_bytes(random()),
            company_id: self.company,
            name,
            display_name,
            sort_order: last.map_or(0, |last| last.saturating_add(1)),
            enabled: false,
            settings,
            revision: 0,
            created_at: self.now,
        })
    }

    /// A name that no other connection has, made from text for people.
    pub async fn free_name(&self, text: &str) -> Result<ConnectionName, Refused> {
        let taken = self.connections().await?;
        let wanted = short_name(text);
        let free = (1..=taken.len() + 1)
            .map(|number| match number {
                1 => wanted.clone(),
                _ => format!("{wanted}-{number}"),
            })
            .find(|name| taken.iter().all(|other| other.name.as_str() != name));
        free.and_then(|name| name.parse().ok())
            .ok_or_else(|| Refused::invalid("name", NAME))
    }

    /// Refuses what [`Admin::add_connection`] would refuse, as far as it is known before.
    pub async fn check_new(&self, connection: &Connection) -> Result<(), Refused> {
        check::check(connection, &self.store.groups(self.company).await?)?;
        let others = self.connections().await?;
        if others.iter().any(|other| other.name == connection.name) {
            return Err(duplicate_name(connection));
        }
        Ok(())
    }

    /// Adds a connection; `source` says where it comes from, for the audit log.
    pub async fn add_connection(
        &self,
        connection: &Connection,
        source: &str,
    ) -> Result<Connection, Refused> {
        if connection.company_id != self.company {
            return Err(Refused::NotFound);
        }
        self.check_over_administrators()?;
        self.check_client(connection).await?;
        self.check_adoption(connection).await?;
        let groups = self.store.groups(self.company).await?;
        check::check(connection, &groups)?;
        let mut tx = self
            .begin_making(Scope::ConnectionsWrite, connection.id)
            .await?;
        tx.lock_company(self.company).await?;
        // A group may have changed since it was looked at.
        check::check(connection, &tx.all_groups(self.company).await?)?;
        tx.add_connection(connection, self.now)
            .await
            .map_err(|cause| store_error(cause, connection))?;
        self.add_version(
            &mut tx,
            connection,
            &self.actor.name,
            self.actor.user,
            self.now,
        )
        .await?;
        let settings = ConnectionSettings::of(groups);
        let nothing = Value::Object(serde_json::Map::new());
        let event = self
            .event(AuditAction::ConnectionAdd, connection.name.as_str())
            .with_detail(AuditDetail::Source(source))
            .with_change(nothing, settings.values(connection));
        tx.audit(&event).await?;
        tx.commit(self.now).await?;
        self.connection(connection.id).await
    }

    /// Writes a connection that was read before and changed since. Without a difference nothing is written. `action` and
    /// `detail` are the audit log's; without a detail, it tells every difference.
    pub async fn change_connection(
        &self,
        after: &Connection,
        action: AuditAction,
        detail: Option<&str>,
    ) -> Result<Connection, Refused> {
        let before = self.connection(after.id).await?;
        self.check_revision(&before, after.revision).await?;
        if *after == before {
            return Ok(before);
        }
        if *after != presented_as(after, &before) {
            self.check_over_administrators()?;
        }
        self.check_client(after).await?;
        if adopt_from(after) != adopt_from(&before) {
            self.check_adoption(after).await?;
        }
        // Rule N1: a secret that is not tried any more goes with the next change, whoever makes it.
        let mut forgetting = after.clone();
        if let Some(oidc) = forgetting.settings.oidc_mut() {
            oidc.forget_ended_secret(self.now);
        }
        let after = &forgetting;
        let groups = self.store.groups(self.company).await?;
        check::check(after, &groups)?;
        let settings = ConnectionSettings::of(groups);
        let mut tx = self.begin(Scope::ConnectionsWrite).await?;
        // What a directory gave goes with it, and administrators may have been among them (rule F6).
        let way_in = if leaves_directory(&before, after) {
            Some(tx.hold_way_in(self.company, []).await?)
        } else {
            None
        };
        // Rule R1: nobody comes by a name of the former provider's from here on.
        if !after.settings.asks_same(&before.settings) {
            tx.hold_names(after.id).await?;
        }
        let updated = tx
            .update_connection(after, self.now)
            .await
            .map_err(|cause| store_error(cause, after))?;
        if !updated {
            drop(tx);
            return Err(self.changed_error(&before).await?);
        }
        // A group may have changed since it was looked at.
        check::check(after, &tx.all_groups(self.company).await?)?;
        if let Some(way_in) = way_in {
            tx.forget_directory(self.company, after.id).await?;
            way_in.check(&mut tx).await?;
        }
        if before.enabled && !after.enabled && !self.keeps_way_in(&mut tx).await? {
            let end = ConnectionEnd::SwitchedOff;
            return Err(Obstacle::LastWayIn { end }.into());
        }
        for (from, to) in adoption::rewritten_keys(&before, after) {
            tx.rewrite_identities(after.id, &from, &to).await?;
        }
        if after.settings != before.settings {
            self.add_versions(&mut tx, &before, after).await?;
        }
        let told = differences(&settings, &before, after);
        let told: Vec<String> = told.iter().map(Difference::in_a_line).collect();
        let event = self
            .event(action, after.name.as_str())
            .with_detail(detail.map_or(AuditDetail::Differences(&told), AuditDetail::Source))
            .with_change(settings.values(&before), settings.values(after));
        tx.audit(&event).await?;
        tx.commit(self.now).await?;
        self.connection(after.id).await
    }

    /// Rule H2: no two connections of a company are one client of one provider.
    async fn check_client(&self, connection: &Connection) -> Result<(), Refused> {
        if connection.settings.oidc().is_none() {
            return Ok(());
        }
        match provider::same_client(connection, &self.connections().await?) {
            None => Ok(()),
            Some(other) => {
                let what = format!(
                    "This client ID already belongs to the connection \"{}\".",
                    other.name
                );
                Err(FieldProblem::new("client_id", what).into())
            }
        }
    }

    /// Lets users sign in through a connection, or keeps them from it; the connection, and `false` when it was so already.
    pub async fn switch_connection(
        &self,
        id: ConnectionId,
        on: bool,
    ) -> Result<(Connection, bool), Refused> {
        let before = self.connection(id).await?;
        if before.enabled == on {
            return Ok((before, false));
        }
        let action = if on {
            AuditAction::ConnectionEnable
        } else {
            AuditAction::ConnectionDisable
        };
        let after = Connection {
            enabled: on,
            ..before
        };
        match self.change_connection(&after, action, Some("")).await {
            Ok(switched) => Ok((switched, true)),
            // Somebody else may have pressed the same button.
            Err(refused @ Refused::Changed { .. }) => {
                let now = self.connection(id).await?;
                if now.enabled == on {
                    Ok((now, false))
                } else {
                    Err(refused)
                }
            }
            Err(refused) => Err(refused),
        }
    }

    /// Removes a connection as it was read: its sessions end, its identities go, and what its group claims gave goes. Accounts
    /// stay, with the groups that they were made in.
    pub async fn remove_connection(&self, id: ConnectionId, revision: i64) -> Result<(), Refused> {
        let connection = self.connection(id).await?;
        // What it knows an administrator by goes with it.
        self.check_over_administrators()?;
        self.check_revision(&connection, revision).await?;
        let uses = self.store.connection_use(id, self.now).await?;
        let groups = self.store.groups(self.company).await?;
        let settings = ConnectionSettings::of(groups);
        // Much of it goes before, piece by piece. If the connection stays after all, the next full round reads it again.
        if connection.settings.directory.is_some() {
            self.store.empty_directory(id).await?;
        }
        let mut tx = self.begin(Scope::ConnectionsWrite).await?;
        if !tx.remove_connection(&connection).await? {
            drop(tx);
            return Err(self.changed_error(&connection).await?);
        }
        if connection.enabled && !self.keeps_way_in(&mut tx).await? {
            let end = ConnectionEnd::Deleted;
            return Err(Obstacle::LastWayIn { end }.into());
        }
        self.keeps_own_administration(&mut tx).await?;
        let nothing = Value::Object(serde_json::Map::new());
        let event = self
            .event(AuditAction::ConnectionRemove, connection.name.as_str())
            .with_detail(AuditDetail::ConnectionErased {
                users: uses.users,
                sessions: uses.sessions,
            })
            .with_change(settings.values(&connection), nothing);
        tx.audit(&event).await?;
        Ok(tx.commit(self.now).await?)
    }

    /// Whether somebody still gets into the company, or whoever acts needs no way in.
    async fn keeps_way_in(&self, tx: &mut Tx) -> Result<bool, Refused> {
        Ok(self.actor.is_operator() || tx.has_way_in(self.company).await?)
    }

    /// Who changed a connection last, and when.
    pub async fn last_change(
        &self,
        connection: &Connection,
    ) -> Result<(String, OffsetDateTime), Refused> {
        let (name, since) = (connection.name.as_str(), connection.created_at);
        let last = self
            .store
            .last_change_of(self.company, AuditNoun::Connection, name, since)
            .await?;
        Ok(last.unwrap_or_else(|| ("Somebody".to_owned(), self.now)))
    }

    /// Whether a connection is still the one that was read.
    pub async fn check_revision(&self, now: &Connection, read: i64) -> Result<(), Refused> {
        if now.revision == read {
            return Ok(());
        }
        Err(self.changed_error(now).await?)
    }

    async fn changed_error(&self, connection: &Connection) -> Result<Refused, Refused> {
        // It may be gone by now, or have another name.
        let connection = self.connection(connection.id).await?;
        let (by, at) = self.last_change(&connection).await?;
        Ok(Refused::Changed { by, at })
    }

    async fn add_versions(
        &self,
        tx: &mut Tx,
        before: &Connection,
        after: &Connection,
    ) -> Result<(), Refused> {
        // What changed before each change was a version is told apart from what changes now.
        match tx.newest_trust(after.id).await? {
            None => {
                self.add_version(tx, before, UNKNOWN, self.actor.user, before.created_at)
                    .await?;
            }
            Some(newest) if newest != before.settings => {
                self.add_version(tx, before, UNKNOWN, self.actor.user, self.now)
                    .await?;
            }
            Some(_) => {}
        }
        self.add_version(tx, after, &self.actor.name, self.actor.user, self.now)
            .await
    }

    async fn add_version(
        &self,
        tx: &mut Tx,
        connection: &Connection,
        actor: &str,
        actor_id: Option<UserId>,
        at: OffsetDateTime,
    ) -> Result<(), Refused> {
        let version = TrustVersion {
            connection_id: connection.id,
            company_id: connection.company_id,
            number: 0,
            at,
            actor: actor.to_owned(),
            actor_id,
            settings: connection.settings.clone(),
        };
        tx.add_trust_version(&version).await?;
        Ok(())
    }
}

/// Whether a directory is asked no more, or another tenant's in its place.
fn leaves_directory(before: &Connection, after: &Connection) -> bool {
    let tenant = |it: &Connection| it.settings.directory.as_ref().map(|it| it.tenant.clone());
    let was = tenant(before);
    was.is_some() && was != tenant(after)
}

/// A connection as it was, with what users read of the other one and its place: all that may change without the scope of what
/// decides who gets in.
fn presented_as(other: &Connection, before: &Connection) -> Connection {
    Connection {
        display_name: other.display_name.clone(),
        sort_order: other.sort_order,
        revision: other.revision,
        ..before.clone()
    }
}

fn store_error(cause: store::Error, connection: &Connection) -> Refused {
    match cause {
        store::Error::Taken(_) => duplicate_name(connection),
        other => other.into(),
    }
}

fn duplicate_name(connection: &Connection) -> Refused {
    Duplicate::ConnectionName(connection.name.clone()).into()
}
