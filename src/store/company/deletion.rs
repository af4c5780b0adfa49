//! The end of a company, for a while or for good, and of the records of a connection.
//!
//! Invariant: what is much is deleted piece by piece, so that the sign-ins of other companies go on beside it; a company is
//! suspended before, so that nothing comes after what was deleted.

use time::OffsetDateTime;

use crate::database::columns::ms;
use crate::database::statement::query;
use crate::domain::{CompanyId, ConnectionId};
use crate::store::{Error, Store, Tx};

/// The most rows that are deleted in one transaction: sign-ins wait for it.
const PIECE: i64 = 500;
/// The most records that are looked at in one.
const LOOK: i64 = 2_000;

/// What belongs to a company.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CompanyUse {
    pub users: i64,
    pub connections: i64,
    pub groups: i64,
    /// Sessions that have not ended.
    pub sessions: i64,
    /// Records of sign-ins.
    pub sign_ins: i64,
    pub tokens: i64,
    /// Entries of the audit log.
    pub entries: i64,
}

/// What of a company can be much, and goes before the company itself.
const MUCH: [&str; 7] = [
    "DELETE FROM attempt_evidence WHERE (attempt_id, kind) IN \
     (SELECT attempt_id, kind FROM attempt_evidence WHERE company_id = $1 LIMIT $2)",
    "DELETE FROM login_attempt WHERE id IN (SELECT id FROM login_attempt WHERE company_id = $1 ORDER BY started_at LIMIT $2)",
    "DELETE FROM assertion_seen WHERE (connection_id, assertion_id) IN \
     (SELECT s.connection_id, s.assertion_id FROM connection c JOIN assertion_seen s ON s.connection_id = c.id \
      WHERE c.company_id = $1 LIMIT $2)",
    "DELETE FROM directory_member WHERE (connection_id, group_id, member_id) IN \
     (SELECT m.connection_id, m.group_id, m.member_id FROM connection c JOIN directory_member m ON m.connection_id = c.id \
      WHERE c.company_id = $1 LIMIT $2)",
    "DELETE FROM directory_person WHERE (connection_id, object_id) IN \
     (SELECT p.connection_id, p.object_id FROM connection c JOIN directory_person p ON p.connection_id = c.id \
      WHERE c.company_id = $1 LIMIT $2)",
    "DELETE FROM account WHERE id IN (SELECT id FROM account WHERE company_id = $1 LIMIT $2)",
    "DELETE FROM audit_event WHERE id IN (SELECT id FROM audit_event WHERE company_id = $1 LIMIT $2)",
];

impl Store {
    /// What belongs to a company.
    pub async fn company_use(
        &self,
        id: CompanyId,
        now: OffsetDateTime,
    ) -> Result<CompanyUse, Error> {
        let row = query(
            "SELECT (SELECT COUNT(*) FROM account WHERE company_id = $1) AS users, \
             (SELECT COUNT(*) FROM connection WHERE company_id = $1) AS connections, \
             (SELECT COUNT(*) FROM permission_group WHERE company_id = $1) AS permission_groups, \
             (SELECT COUNT(*) FROM session WHERE company_id = $1 AND expires_at > $2 AND last_seen_at + idle_ms > $2) AS sessions, \
             (SELECT COUNT(*) FROM login_attempt WHERE company_id = $1) AS sign_ins, \
             (SELECT COUNT(*) FROM api_token WHERE company_id = $1) AS tokens, \
             (SELECT COUNT(*) FROM audit_event WHERE company_id = $1) AS entries",
        )
        .bind(id.to_string())
        .bind(ms(now))
        .fetch_one(&self.database)
        .await?;
        Ok(CompanyUse {
            users: row.int("users")?,
            connections: row.int("connections")?,
            groups: row.int("permission_groups")?,
            sessions: row.int("sessions")?,
            sign_ins: row.int("sign_ins")?,
            tokens: row.int("tokens")?,
            entries: row.int("entries")?,
        })
    }

    /// Deletes what a suspended company has much of, piece by piece. Interrupted, it is gone on with by the next call.
    pub async fn empty_company(&self, id: CompanyId) -> Result<(), Error> {
        for sql in MUCH {
            let piece = query(sql).bind(id.to_string()).bind(PIECE);
            self.in_pieces(piece).await?;
        }
        Ok(())
    }

    /// How many records of sign-ins through a connection there are.
    pub async fn count_records_of(
        &self,
        company: CompanyId,
        connection: ConnectionId,
    ) -> Result<i64, Error> {
        let row = query(
            "SELECT COUNT(*) AS count FROM login_attempt WHERE company_id = $1 AND connection_id = $2",
        )
        .bind(company.to_string())
        .bind(connection.to_string())
        .fetch_one(&self.database)
        .await?;
        Ok(row.int("count")?)
    }

    /// Deletes the records of sign-ins through a connection that is gone, piece by piece; how many there were.
    pub async fn delete_records_of(
        &self,
        company: CompanyId,
        connection: ConnectionId,
    ) -> Result<u64, Error> {
        let evidence = query(
            "DELETE FROM attempt_evidence WHERE company_id = $1 AND attempt_id IN \
             (SELECT e.attempt_id FROM attempt_evidence e JOIN login_attempt a ON a.id = e.attempt_id \
              WHERE e.company_id = $1 AND a.connection_id = $2 LIMIT $3)",
        )
        .bind(company.to_string())
        .bind(connection.to_string())
        .bind(PIECE);
        self.in_pieces(evidence).await?;
        let mut deleted = 0;
        let mut after = i64::MIN;
        loop {
            // No index leads to them, so that each record is looked at once.
            let rows = query(
                "SELECT started_at FROM login_attempt WHERE company_id = $1 AND started_at > $2 ORDER BY started_at LIMIT $3",
            )
            .bind(company.to_string())
            .bind(after)
            .bind(LOOK)
            .fetch_all(&self.database)
            .await?;
            let Some(last) = rows.last() else {
                return Ok(deleted);
            };
            let last = last.int("started_at")?;
            deleted += query(
                "DELETE FROM login_attempt WHERE company_id = $1 AND started_at > $2 AND started_at <= $3 AND connection_id = $4",
            )
            .bind(company.to_string())
            .bind(after)
            .bind(last)
            .bind(connection.to_string())
            .execute(&self.database)
            .await?;
            after = last;
        }
    }
}

impl Tx {
    /// Suspends a company, or ends that. Either way its sessions end: a server that did not know yet may have begun one. How
    /// many ended; none when it is so already.
    pub async fn write_suspended(
        &mut self,
        id: CompanyId,
        at: Option<OffsetDateTime>,
    ) -> Result<Option<u64>, Error> {
        self.may_take_long().await?;
        let written = query(
            "UPDATE company SET suspended_at = $1 WHERE id = $2 \
             AND CASE WHEN suspended_at IS NULL THEN 0 ELSE 1 END <> $3",
        )
        .bind(at.map(ms))
        .bind(id.to_string())
        .bind(i64::from(at.is_some()))
        .execute(&mut *self)
        .await?;
        if written == 0 {
            return Ok(None);
        }
        self.end_all_sessions(id, None).await.map(Some)
    }

    /// Deletes a suspended company with all that is left of it; `false` when it is not there, or not suspended.
    pub async fn delete_company(&mut self, id: CompanyId) -> Result<bool, Error> {
        self.may_take_long().await?;
        let deleted = query("DELETE FROM company WHERE id = $1 AND suspended_at IS NOT NULL")
            .bind(id.to_string())
            .execute(&mut *self)
            .await?;
        if deleted == 0 {
            return Ok(false);
        }
        query("DELETE FROM audit_event WHERE company_id = $1")
            .bind(id.to_string())
            .execute(&mut *self)
            .await?;
        self.company_changed(id);
        Ok(true)
    }
}
