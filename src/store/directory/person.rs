//! Who has left a directory is deactivated here, and who comes back to it may sign in again.
//!
//! Invariants: each account is changed with its entry in the audit log, in a transaction of its own; a company that has an
//! administrator keeps one, and the way in without single sign-on (rule F6); only whom the directory has shut out comes back by it.

use time::OffsetDateTime;

use crate::database::columns::{Row, ms};
use crate::database::statement::query;
use crate::domain::{AuditEvent, CompanyId, ConnectionId, Email, GroupKind, ObjectId, UserId};
use crate::store::{Error, Store, Tx};

/// Somebody who has left a directory, or has come back, and has an account here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirectoryUserChange {
    pub object_id: ObjectId,
    pub user_id: UserId,
    pub email: Email,
}

/// What became of an account whose person has left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SwitchedOff {
    /// It is deactivated, and so many sessions ended.
    Done(usize),
    /// Somebody has changed it meanwhile.
    Already,
    /// Nobody who administers the company would be left, or nobody who can sign in without single sign-on.
    LastAdministrator,
}

macro_rules! select_user {
    ($rest:literal) => {
        concat!(
            "SELECT p.object_id, a.id, a.email FROM directory_person p \
             JOIN identity i ON i.connection_id = p.connection_id AND i.subject = $2 || p.object_id JOIN account a ON a.id = i.user_id \
             WHERE p.connection_id = $1 AND p.object_id > $3 AND ",
            $rest,
            " ORDER BY p.object_id LIMIT $4"
        )
    };
}

/// How many are read at once.
const PIECE: i64 = 250;

impl Store {
    /// Active users whose person has left, and whom this was not told before: those behind an object ID. `prefix` stands before the
    /// object ID in the names by which the connection knows its users.
    pub async fn leavers(
        &self,
        id: ConnectionId,
        prefix: &str,
        after: &str,
    ) -> Result<Vec<DirectoryUserChange>, Error> {
        let rows = query(select_user!(
            "(p.gone IS NOT NULL OR p.enabled = 0) AND p.switched_off_at IS NULL AND a.disabled_at IS NULL"
        ))
        .bind(id.to_string())
        .bind(prefix)
        .bind(after)
        .bind(PIECE)
        .fetch_all(&self.database)
        .await?;
        rows.iter().map(user_change).collect()
    }

    /// How many there are of them.
    pub async fn count_leavers(&self, id: ConnectionId, prefix: &str) -> Result<u64, Error> {
        self.count_by(
            "SELECT COUNT(*) AS count FROM directory_person p \
             JOIN identity i ON i.connection_id = p.connection_id AND i.subject = $2 || p.object_id JOIN account a ON a.id = i.user_id \
             WHERE p.connection_id = $1 AND (p.gone IS NOT NULL OR p.enabled = 0) AND p.switched_off_at IS NULL AND a.disabled_at IS NULL",
            id,
            prefix,
        )
        .await
    }

    /// How many active users the connection knows by their object ID.
    pub async fn count_directory_users(
        &self,
        id: ConnectionId,
        prefix: &str,
    ) -> Result<u64, Error> {
        self.count_by(
            "SELECT COUNT(*) AS count FROM identity i JOIN account a ON a.id = i.user_id WHERE i.connection_id = $1 \
             AND SUBSTR(i.subject, 1, LENGTH($2)) = $2 AND a.disabled_at IS NULL",
            id,
            prefix,
        )
        .await
    }

    async fn count_by(
        &self,
        sql: &'static str,
        id: ConnectionId,
        prefix: &str,
    ) -> Result<u64, Error> {
        let row = query(sql)
            .bind(id.to_string())
            .bind(prefix)
            .fetch_one(&self.database)
            .await?;
        Ok(u64::try_from(row.int("count")?).unwrap_or_default())
    }

    /// Users who were shut out by the directory, and whose person is there again: those behind an object ID.
    pub async fn returners(
        &self,
        id: ConnectionId,
        prefix: &str,
        after: &str,
    ) -> Result<Vec<DirectoryUserChange>, Error> {
        let rows = query(select_user!(
            "p.switched_off_at IS NOT NULL AND p.gone IS NULL AND COALESCE(p.enabled, 1) = 1"
        ))
        .bind(id.to_string())
        .bind(prefix)
        .bind(after)
        .bind(PIECE)
        .fetch_all(&self.database)
        .await?;
        rows.iter().map(user_change).collect()
    }
}

impl Tx {
    /// Deactivates the user of somebody who has left, and ends its sessions (rule F4). When it is not done, nothing may be committed.
    pub async fn switch_off(
        &mut self,
        id: ConnectionId,
        leaver: &DirectoryUserChange,
        event: &AuditEvent,
        now: OffsetDateTime,
    ) -> Result<SwitchedOff, Error> {
        let Some(company) = event.company_id else {
            return Ok(SwitchedOff::Already);
        };
        let way_in = self.hold_way_in(company, [leaver.user_id]).await?;
        let stored = self.lock_user(company, leaver.user_id).await?;
        if stored.is_none_or(|stored| stored.user.disabled_at.is_some()) {
            return Ok(SwitchedOff::Already);
        }
        let administrates = self.is_administrator(leaver.user_id).await?;
        let ended = self.write_active(leaver.user_id, Some(now)).await?;
        if administrates && self.count_administrators(company).await? == 0 {
            return Ok(SwitchedOff::LastAdministrator);
        }
        match way_in.check(self).await {
            Err(Error::LastBreakGlass) => return Ok(SwitchedOff::LastAdministrator),
            other => other?,
        }
        self.note_switched_off(id, &leaver.object_id, Some(now))
            .await?;
        self.audit(event).await?;
        Ok(SwitchedOff::Done(ended))
    }

    /// Lets the user of somebody who has come back in again, where it is as the directory left it; `false` when it is not.
    pub async fn switch_on(
        &mut self,
        id: ConnectionId,
        returner: &DirectoryUserChange,
        event: &AuditEvent,
    ) -> Result<bool, Error> {
        let Some(company) = event.company_id else {
            return Ok(false);
        };
        let stored = self.lock_user(company, returner.user_id).await?;
        let disabled_at = stored.and_then(|stored| stored.user.disabled_at);
        let row = query(
            "SELECT switched_off_at FROM directory_person WHERE connection_id = $1 AND object_id = $2",
        )
        .bind(id.to_string())
        .bind(returner.object_id.as_str())
        .fetch_optional(&mut *self)
        .await?;
        let by_directory = row
            .map(|row| row.maybe_time("switched_off_at"))
            .transpose()?;
        self.note_switched_off(id, &returner.object_id, None)
            .await?;
        // An administrator has activated and deactivated it since: then it is the administrator's word.
        if disabled_at.is_none() || by_directory.flatten() != disabled_at {
            return Ok(false);
        }
        self.write_active(returner.user_id, None).await?;
        self.audit(event).await?;
        Ok(true)
    }

    async fn note_switched_off(
        &mut self,
        id: ConnectionId,
        object: &ObjectId,
        at: Option<OffsetDateTime>,
    ) -> Result<(), Error> {
        query("UPDATE directory_person SET switched_off_at = $3 WHERE connection_id = $1 AND object_id = $2")
            .bind(id.to_string())
            .bind(object.as_str())
            .bind(at.map(ms))
            .execute(self)
            .await?;
        Ok(())
    }

    /// The active administrators of a company.
    pub(in crate::store) async fn count_administrators(
        &mut self,
        company: CompanyId,
    ) -> Result<i64, Error> {
        let row = query(
            "SELECT COUNT(*) AS count FROM (SELECT DISTINCT m.user_id FROM permission_group g JOIN group_grant m ON m.group_id = g.id \
             WHERE g.company_id = $1 AND g.kind = $2) AS administrator CROSS JOIN account a \
             WHERE a.id = administrator.user_id AND a.disabled_at IS NULL",
        )
        .bind(company.to_string())
        .bind(GroupKind::Administrator.as_str())
        .fetch_one(self)
        .await?;
        Ok(row.int("count")?)
    }
}

fn user_change(row: &Row) -> Result<DirectoryUserChange, Error> {
    Ok(DirectoryUserChange {
        object_id: row.parsed("object_id")?,
        user_id: row.parsed("id")?,
        email: row.parsed("email")?,
    })
}
