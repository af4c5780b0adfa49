//! What the providers of live sessions are asked with again, sealed (rule T6).
//!
//! Invariants: it is gone with its session; of all nodes one asks with it at a time, and it is replaced by that one.

use time::OffsetDateTime;

use crate::database::columns::{Row, ms};
use crate::database::statement::query;
use crate::domain::{CompanyId, ConnectionId, SessionKey};
use crate::store::{Error, Store};

/// The most sessions of one company that one node takes at once: a provider that is slow holds up its own company alone.
const MOST_OF_A_COMPANY: i64 = 8;

/// How a session's provider is asked again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionRefresh {
    pub session: SessionKey,
    pub company_id: CompanyId,
    pub connection_id: ConnectionId,
    /// Sealed for this session.
    pub sealed: Vec<u8>,
    /// When it is asked next.
    pub next_at: OffsetDateTime,
    /// When it last said that all is well.
    pub good_at: OffsetDateTime,
    /// Until when one node has it to itself.
    pub claimed_until: OffsetDateTime,
}

impl Store {
    /// Keeps what a session's provider is asked with.
    pub async fn keep_refresh(&self, refresh: &SessionRefresh) -> Result<(), Error> {
        let mut tx = self.begin().await?;
        // The session may have ended in this moment.
        query(
            "INSERT INTO session_refresh (session_key, company_id, connection_id, sealed, next_at, good_at, claimed_until) \
             SELECT $1, $2, $3, $4, $5, $6, $7 WHERE EXISTS (SELECT 1 FROM session s WHERE s.session_key = $1)",
        )
        .bind(refresh.session.0.to_vec())
        .bind(refresh.company_id.to_string())
        .bind(refresh.connection_id.to_string())
        .bind(refresh.sealed.clone())
        .bind(ms(refresh.next_at))
        .bind(ms(refresh.good_at))
        .bind(ms(refresh.claimed_until))
        .execute(&mut tx)
        .await?;
        tx.commit_quietly().await
    }

    /// Takes those that are due for this node alone, until a moment; the longest due first.
    pub async fn claim_refreshes(
        &self,
        now: OffsetDateTime,
        until: OffsetDateTime,
        most: i64,
    ) -> Result<Vec<SessionRefresh>, Error> {
        let mut tx = self.begin().await?;
        let rows = query(
            "UPDATE session_refresh SET claimed_until = $2 WHERE claimed_until <= $1 AND session_key IN \
             (SELECT d.session_key FROM (SELECT r.session_key, r.next_at, \
             ROW_NUMBER() OVER (PARTITION BY r.company_id ORDER BY r.next_at) AS place FROM session_refresh r \
             WHERE r.next_at <= $1 AND r.claimed_until <= $1) AS d WHERE d.place <= $4 ORDER BY d.next_at LIMIT $3) \
             RETURNING session_key, company_id, connection_id, sealed, next_at, good_at, claimed_until",
        )
        .bind(ms(now))
        .bind(ms(until))
        .bind(most)
        .bind(MOST_OF_A_COMPANY)
        .fetch_all(&mut tx)
        .await?;
        tx.commit_quietly().await?;
        rows.iter().map(read).collect()
    }

    /// Ends the turn of the node that has it, with what is asked next time; `false` when the turn or the session is over.
    pub async fn release_refresh(
        &self,
        claimed: &SessionRefresh,
        next: &SessionRefresh,
    ) -> Result<bool, Error> {
        let mut tx = self.begin().await?;
        let changed = query(
            "UPDATE session_refresh SET sealed = $3, next_at = $4, good_at = $5, claimed_until = $6 \
             WHERE session_key = $1 AND claimed_until = $2",
        )
        .bind(claimed.session.0.to_vec())
        .bind(ms(claimed.claimed_until))
        .bind(next.sealed.clone())
        .bind(ms(next.next_at))
        .bind(ms(next.good_at))
        .bind(ms(next.next_at))
        .execute(&mut tx)
        .await?;
        tx.commit_quietly().await?;
        Ok(changed > 0)
    }

    /// Forgets what a session's provider was asked with.
    pub async fn forget_refresh(&self, session: SessionKey) -> Result<(), Error> {
        let mut tx = self.begin().await?;
        query("DELETE FROM session_refresh WHERE session_key = $1")
            .bind(session.0.to_vec())
            .execute(&mut tx)
            .await?;
        tx.commit_quietly().await
    }
}

fn read(row: &Row) -> Result<SessionRefresh, Error> {
    Ok(SessionRefresh {
        session: SessionKey(row.hash("session_key")?),
        company_id: row.parsed("company_id")?,
        connection_id: row.parsed("connection_id")?,
        sealed: row.maybe_blob("sealed")?.unwrap_or_default().to_vec(),
        next_at: row.time("next_at")?,
        good_at: row.time("good_at")?,
        claimed_until: row.time("claimed_until")?,
    })
}
