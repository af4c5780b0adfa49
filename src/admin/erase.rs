//! Users who are deleted, companies that are suspended or deleted, the records of connections.
//!
//! Invariants: what would go is counted before; nobody deletes the own account, nor the last way in without single sign-on
//! (rule F6); a company is deleted only while it is suspended; an entry of the audit log says that it happened, and names nobody
//! who was deleted.

use serde_json::json;

use super::{Admin, Obstacle, Refused};
use crate::domain::{AuditAction, AuditDetail, AuditEvent, Connection, UserId};
use crate::store::{CompanyUse, ConnectionUse, ErasedUser, UserUse};

/// What stands in the audit log in the place of a user who was deleted: the same for each of its entries.
fn pseudonym(id: UserId) -> String {
    let id = id.to_string();
    format!("deleted user {}", id.get(..8).unwrap_or(&id))
}

impl Admin<'_> {
    /// What would go with a user.
    pub async fn user_use(&self, id: UserId) -> Result<UserUse, Refused> {
        let (user, _) = self.user(id).await?;
        Ok(self.store.user_use(&user, self.now).await?)
    }

    /// Deletes a user. Its sessions end; its identities, groups and records of sign-ins go; in the audit log stands a name in
    /// its place that tells nobody, which is answered as well.
    pub async fn delete_user(&self, id: UserId) -> Result<(String, ErasedUser), Refused> {
        if self.actor.user == Some(id) {
            return Err(Obstacle::DeletesOneself.into());
        }
        let (mut tx, stored, way_in) = self.hold(id).await?;
        let name = pseudonym(id);
        let erased = tx.delete_user(&stored.user, &name).await?;
        way_in.check(&mut tx).await?;
        let event = self
            .event(AuditAction::UserRemove, name.as_str())
            .with_detail(AuditDetail::UserErased {
                sessions: erased.sessions,
                sign_ins: erased.sign_ins,
                entries: erased.entries,
            });
        tx.audit(&event).await?;
        tx.commit(self.now).await?;
        Ok((name, erased))
    }

    /// What belongs to the company.
    pub async fn company_use(&self) -> Result<CompanyUse, Refused> {
        Ok(self.store.company_use(self.company, self.now).await?)
    }

    /// Closes the company's site and ends its sessions, or opens it again; how many sessions ended, or none when it is so
    /// already.
    pub async fn suspend_company(&self, slug: &str, suspend: bool) -> Result<Option<u64>, Refused> {
        let mut tx = self.begin_without_token().await?;
        let at = suspend.then_some(self.now);
        let Some(ended) = tx.write_suspended(self.company, at).await? else {
            return Ok(None);
        };
        let action = if suspend {
            AuditAction::CompanySuspend
        } else {
            AuditAction::CompanyResume
        };
        let event = self.event(action, slug).with_change(
            json!({"suspended": !suspend}),
            json!({"suspended": suspend}),
        );
        let event = if suspend {
            event.with_detail(AuditDetail::SessionsEnded(ended))
        } else {
            event
        };
        tx.audit(&event).await?;
        tx.commit(self.now).await?;
        Ok(Some(ended))
    }

    /// Deletes a suspended company with all that belongs to it, its audit log as well; `false` when it is not suspended. The
    /// entry that says so belongs to the installation.
    pub async fn delete_company(&self, slug: &str) -> Result<bool, Refused> {
        let uses = self.company_use().await?;
        let company = self.store.company(self.company).await?;
        if company.ok_or(Refused::NotFound)?.suspended_at.is_none() {
            return Ok(false);
        }
        self.store.empty_company(self.company).await?;
        let mut tx = self.begin_without_token().await?;
        if !tx.delete_company(self.company).await? {
            return Ok(false);
        }
        let event = AuditEvent {
            company_id: None,
            ..self.event(AuditAction::CompanyRemove, slug)
        };
        let event = event.with_detail(AuditDetail::CompanyErased {
            users: uses.users,
            connections: uses.connections,
            groups: uses.groups,
            sign_ins: uses.sign_ins,
            entries: uses.entries,
        });
        tx.audit(&event).await?;
        tx.commit(self.now).await?;
        Ok(true)
    }

    /// What would go with a connection, and how many records of sign-ins there are of it.
    pub async fn connection_records(
        &self,
        connection: &Connection,
    ) -> Result<(ConnectionUse, i64), Refused> {
        let uses = self.connection_use(connection.id).await?;
        let records = self.store.count_records_of(self.company, connection.id);
        Ok((uses, records.await?))
    }

    /// Deletes the records of sign-ins through a connection that was removed; how many there were.
    pub async fn delete_connection_records(&self, connection: &Connection) -> Result<u64, Refused> {
        let records = self.store.delete_records_of(self.company, connection.id);
        let deleted = records.await?;
        let event = self
            .event(
                AuditAction::ConnectionRemoveRecords,
                connection.name.as_str(),
            )
            .with_detail(AuditDetail::RecordsDeleted(deleted));
        self.store.add_audit_event(&event).await?;
        Ok(deleted)
    }
}
