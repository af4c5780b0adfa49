//! Gate sessions: a browser's session on an application's host, a child of its session on the company's site (rules Q31, Q54, Q55).
//!
//! Invariant: it is gone with its parent, and what ends before its parent is told as a session that has ended.

use super::one_time_code::OneTimeCode;
use crate::database::columns::ms;
use crate::database::statement::query;
use crate::domain::{ApplicationId, SessionKey};
use crate::store::{Error, Store, Tx};
use time::OffsetDateTime;

/// A session on an application's host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GateSession {
    /// The hash of its cookie.
    pub key: SessionKey,
    /// The session on the company's site that it is a child of.
    pub parent: SessionKey,
    /// The application.
    pub application_id: ApplicationId,
    /// Where the cookie lies.
    pub origin: String,
}

/// The most gate sessions that one session has, of all applications together: the oldest end.
const MOST_OF_ONE: i64 = 64;

impl Store {
    /// The gate session of a cookie's hash. Whether its parent is live is another question.
    pub async fn gate_session(&self, key: SessionKey) -> Result<Option<GateSession>, Error> {
        let row = query(
            "SELECT session_key, application_id, origin FROM gate_session WHERE gate_key = $1",
        )
        .bind(key.0.to_vec())
        .fetch_optional(&self.database)
        .await?;
        let Some(row) = row else { return Ok(None) };
        Ok(Some(GateSession {
            key,
            parent: SessionKey(row.hash("session_key")?),
            application_id: row.parsed("application_id")?,
            origin: row.text("origin")?,
        }))
    }

    /// How many there are, for the operator.
    pub async fn gate_sessions(&self, application: ApplicationId) -> Result<i64, Error> {
        let row = query("SELECT COUNT(*) AS count FROM gate_session WHERE application_id = $1")
            .bind(application.to_string())
            .fetch_one(&self.database)
            .await?;
        Ok(row.int("count")?)
    }
}

impl Tx {
    /// Begins a gate session by a code; `false` when the code's session has ended meanwhile.
    pub async fn begin_gate_session(
        &mut self,
        code: &OneTimeCode,
        key: SessionKey,
        now: OffsetDateTime,
    ) -> Result<bool, Error> {
        let begun = query(
            "INSERT INTO gate_session (gate_key, session_key, application_id, origin, created_at) \
             SELECT $1, s.session_key, $3, $4, $5 FROM session s WHERE s.session_key = $2",
        )
        .bind(key.0.to_vec())
        .bind(code.session.0.to_vec())
        .bind(code.application_id.to_string())
        .bind(code.origin.as_str())
        .bind(ms(now))
        .execute(&mut *self)
        .await?;
        if begun == 0 {
            return Ok(false);
        }
        self.code_made(&code.hash, key).await?;
        let too_many = query(
            "SELECT gate_key FROM gate_session WHERE session_key = $1 ORDER BY created_at DESC, gate_key LIMIT $2 OFFSET $3",
        )
        .bind(code.session.0.to_vec())
        .bind(MOST_OF_ONE)
        .bind(MOST_OF_ONE)
        .fetch_all(&mut *self)
        .await?;
        for row in too_many {
            self.end_gate_session(SessionKey(row.hash("gate_key")?))
                .await?;
        }
        Ok(true)
    }

    /// Ends a gate session alone; `false` when there is none.
    pub async fn end_gate_session(&mut self, key: SessionKey) -> Result<bool, Error> {
        let ended = query("DELETE FROM gate_session WHERE gate_key = $1")
            .bind(key.0.to_vec())
            .execute(&mut *self)
            .await?;
        if ended > 0 {
            self.session_ended(key);
        }
        Ok(ended > 0)
    }
}
