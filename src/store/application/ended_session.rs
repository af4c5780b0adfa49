//! Sessions that were ended at an application's host, while their browsers are on the way to the company's site (rule Q53).
//!
//! Invariant: a handle is taken once.

use crate::database::columns::{json, ms};
use crate::database::statement::query;
use crate::domain::Session;
use crate::store::engine::retention::PIECE;
use crate::store::{Error, Store};
use time::OffsetDateTime;

/// A session that has ended here, with what its identity provider is told.
#[derive(Debug)]
pub struct EndedHere {
    /// The session, as it was.
    pub session: Session,
    /// What its provider wants back, sealed.
    pub hint: Option<Vec<u8>>,
}

impl Store {
    /// Keeps a session that has ended under the hash of a handle.
    pub async fn keep_ended(
        &self,
        handle: &[u8; 32],
        ended: &EndedHere,
        until: OffsetDateTime,
    ) -> Result<(), Error> {
        query("INSERT INTO ended_session (handle_hash, ended, hint, expires_at) VALUES ($1, $2, $3, $4)")
            .bind(handle.to_vec())
            .bind(json(&ended.session)?)
            .bind(ended.hint.clone())
            .bind(ms(until))
            .execute(&self.database)
            .await?;
        Ok(())
    }

    /// Takes what was kept under a handle, while it is in time.
    pub async fn take_ended(
        &self,
        handle: &[u8; 32],
        now: OffsetDateTime,
    ) -> Result<Option<EndedHere>, Error> {
        let mut tx = self.begin().await?;
        let row = query(
            "DELETE FROM ended_session WHERE handle_hash = $1 RETURNING ended, hint, expires_at",
        )
        .bind(handle.to_vec())
        .fetch_optional(&mut tx)
        .await?;
        tx.commit_quietly().await?;
        let Some(row) = row else { return Ok(None) };
        if row.time("expires_at")? <= now {
            return Ok(None);
        }
        Ok(Some(EndedHere {
            session: row.json("ended")?,
            hint: row.maybe_blob("hint")?.map(<[u8]>::to_vec),
        }))
    }

    /// Forgets those whose browsers never came.
    pub(in crate::store) async fn purge_ended(&self, now: OffsetDateTime) -> Result<u64, Error> {
        let over = query(
            "DELETE FROM ended_session WHERE handle_hash IN \
             (SELECT handle_hash FROM ended_session WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2)",
        )
        .bind(ms(now))
        .bind(PIECE);
        self.in_pieces(over).await
    }
}
