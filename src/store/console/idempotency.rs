//! The answers to creations, for a request that comes again with the same key.
//!
//! Invariant: that a request was answered is written in the transaction of what it made, before anything else in it. So of two
//! requests with one key one makes something and the other finds it; and after a crash either both are there, or neither.

use time::{Duration, OffsetDateTime};

use crate::database::columns::ms;
use crate::database::statement::query;
use crate::domain::TokenId;
use crate::store::{Error, Store, Tx};

/// How long answers are kept.
pub(in crate::store) const ANSWERS_KEPT: Duration = Duration::hours(24);

/// A status of no answer: what was made is known, and the body is its identifier, and the notes on a line of their own.
const MADE: i64 = 0;
/// A status of no answer: what was made was deleted, and nothing is kept of it.
pub(in crate::store) const GONE: i64 = 410;

/// A request with a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyedRequest {
    /// Whose keys they are.
    pub token: TokenId,
    /// The key.
    pub key: String,
    /// What tells requests apart: a code over address and body.
    pub hash: Vec<u8>,
    /// What its answer tells that cannot be read again from what it makes; empty where there is nothing.
    pub notes: String,
}

/// What became of the first request with a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EarlierRequest {
    /// It was another request.
    Other,
    /// It has made this, and its answer was not kept: the server died, or is about to.
    Made {
        /// The identifier of what it made.
        id: String,
        /// What else its answer told.
        notes: String,
    },
    /// It was answered.
    Answered {
        /// The body.
        body: String,
    },
    /// What it made was deleted.
    Gone,
}

impl Store {
    /// What became of the first request with this one's key; none when there was none within a day, or when it made nothing.
    pub async fn earlier(
        &self,
        request: &KeyedRequest,
        now: OffsetDateTime,
    ) -> Result<Option<EarlierRequest>, Error> {
        let row = query(
            "SELECT request_hash, status, body FROM idempotency \
             WHERE token_id = $1 AND idempotency_key = $2 AND created_at > $3",
        )
        .bind(request.token.to_string())
        .bind(request.key.as_str())
        .bind(ms(now.saturating_sub(ANSWERS_KEPT)))
        .fetch_optional(&self.database)
        .await?;
        let Some(row) = row else { return Ok(None) };
        let (status, body) = (row.int("status")?, row.text("body")?);
        Ok(if status == MADE && body.is_empty() {
            // An earlier version wrote this before it had made anything.
            None
        } else if row.maybe_blob("request_hash")? != Some(request.hash.as_slice()) {
            Some(EarlierRequest::Other)
        } else if status == MADE {
            let (id, notes) = body.split_once('\n').unwrap_or((&body, ""));
            Some(EarlierRequest::Made {
                id: id.to_owned(),
                notes: notes.to_owned(),
            })
        } else if status == GONE {
            Some(EarlierRequest::Gone)
        } else {
            Some(EarlierRequest::Answered { body })
        })
    }

    /// Keeps the answer to a request that has made something.
    pub async fn keep_answer(
        &self,
        request: &KeyedRequest,
        status: u16,
        body: &str,
    ) -> Result<(), Error> {
        query("UPDATE idempotency SET status = $1, body = $2 WHERE token_id = $3 AND idempotency_key = $4 AND request_hash = $5")
            .bind(i64::from(status))
            .bind(body)
            .bind(request.token.to_string())
            .bind(request.key.as_str())
            .bind(request.hash.as_slice())
            .execute(&self.database)
            .await?;
        Ok(())
    }
}

impl Tx {
    /// Notes that this transaction makes what a request asks for: the first thing that it does, so that another one with the
    /// key waits here. `false` when another one has made something; then this transaction is left.
    pub async fn answers(
        &mut self,
        request: &KeyedRequest,
        id: &str,
        now: OffsetDateTime,
    ) -> Result<bool, Error> {
        query(
            "DELETE FROM idempotency WHERE token_id = $1 AND idempotency_key = $2 \
             AND (created_at <= $3 OR (status = 0 AND body = ''))",
        )
        .bind(request.token.to_string())
        .bind(request.key.as_str())
        .bind(ms(now.saturating_sub(ANSWERS_KEPT)))
        .execute(&mut *self)
        .await?;
        let made = match request.notes.as_str() {
            "" => id.to_owned(),
            notes => format!("{id}\n{notes}"),
        };
        let noted = query(
            "INSERT INTO idempotency (token_id, idempotency_key, request_hash, status, body, created_at) \
             VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING",
        )
        .bind(request.token.to_string())
        .bind(request.key.as_str())
        .bind(request.hash.as_slice())
        .bind(MADE)
        .bind(made)
        .bind(ms(now))
        .execute(self)
        .await?;
        Ok(noted > 0)
    }
}
