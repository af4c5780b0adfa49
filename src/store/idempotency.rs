//! The answers to creations, for a request that comes again with the same key.
//!
//! Invariant: of two requests with one key, one begins; the other finds its answer, or that it has none yet. A request whose
//! server died is begun anew after a while: that nothing is made twice rests on names and addresses that are unique, and not
//! on this table.

use time::{Duration, OffsetDateTime};

use super::columns::ms;
use super::statement::query;
use super::{Error, Store};
use crate::domain::TokenId;

/// After this, a request without an answer has died. Longer than a request may take.
const DEAD: Duration = Duration::minutes(2);
/// How long answers are kept.
pub(super) const ANSWERS_KEPT: Duration = Duration::hours(24);

/// The request of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim {
    /// This one is the first: it has to end with [`Store::keep_answer`] or [`Store::forget_key`].
    Begun,
    /// Another one with this key is being answered.
    Running,
    /// The key was used for another request.
    Other,
    /// It was answered.
    Answered {
        /// The status.
        status: i64,
        /// The body.
        body: String,
    },
}

impl Store {
    /// Begins the request of a token's key; `hash` tells requests apart.
    pub async fn claim_key(
        &self,
        token: TokenId,
        key: &str,
        hash: &[u8],
        now: OffsetDateTime,
    ) -> Result<Claim, Error> {
        let begun = query(
            "INSERT INTO idempotency (token_id, idempotency_key, request_hash, status, body, created_at) \
             VALUES ($1, $2, $3, 0, '', $4) ON CONFLICT DO NOTHING",
        )
        .bind(token.to_string())
        .bind(key)
        .bind(hash)
        .bind(ms(now))
        .execute(&self.database)
        .await?;
        if begun > 0 {
            return Ok(Claim::Begun);
        }
        let taken_over = query(
            "UPDATE idempotency SET request_hash = $3, status = 0, body = '', created_at = $4 \
             WHERE token_id = $1 AND idempotency_key = $2 AND ((status = 0 AND created_at <= $5) OR created_at <= $6)",
        )
        .bind(token.to_string())
        .bind(key)
        .bind(hash)
        .bind(ms(now))
        .bind(ms(now.saturating_sub(DEAD)))
        .bind(ms(now.saturating_sub(ANSWERS_KEPT)))
        .execute(&self.database)
        .await?;
        if taken_over > 0 {
            return Ok(Claim::Begun);
        }
        let row = query(
            "SELECT request_hash, status, body FROM idempotency WHERE token_id = $1 AND idempotency_key = $2",
        )
        .bind(token.to_string())
        .bind(key)
        .fetch_optional(&self.database)
        .await?;
        // Without a row the other request has failed in this instant.
        let Some(row) = row else {
            return Ok(Claim::Running);
        };
        let status = row.int("status")?;
        Ok(if row.maybe_blob("request_hash")? != Some(hash) {
            Claim::Other
        } else if status == 0 {
            Claim::Running
        } else {
            Claim::Answered {
                status,
                body: row.text("body")?,
            }
        })
    }

    /// Keeps the answer to a request that was begun.
    pub async fn keep_answer(
        &self,
        token: TokenId,
        key: &str,
        status: u16,
        body: &str,
    ) -> Result<(), Error> {
        query("UPDATE idempotency SET status = $1, body = $2 WHERE token_id = $3 AND idempotency_key = $4")
            .bind(i64::from(status))
            .bind(body)
            .bind(token.to_string())
            .bind(key)
            .execute(&self.database)
            .await?;
        Ok(())
    }

    /// Forgets a request that was begun and has made nothing.
    pub async fn forget_key(&self, token: TokenId, key: &str) -> Result<(), Error> {
        query(
            "DELETE FROM idempotency WHERE token_id = $1 AND idempotency_key = $2 AND status = 0",
        )
        .bind(token.to_string())
        .bind(key)
        .execute(&self.database)
        .await?;
        Ok(())
    }
}
