//! The end of sessions by a message of an identity provider, in one transaction: the message's ID recorded, the sessions
//! ended, the record written down.
//!
//! Invariant: a message counts once, on whichever server it comes again, for as long as a repetition could end anything.

use std::sync::Arc;

use time::OffsetDateTime;

use super::attempt;
use crate::database::batch::BatchStatement;
use crate::database::columns::{is_text, ms};
use crate::database::statement::query;
use crate::domain::{ConnectionId, LoginAttempt, SessionKey};
use crate::store::{Error, Store, Tx};

/// A verified logout message, and what it does.
#[derive(Debug, Clone)]
pub struct SignOut {
    /// The connection that it was verified against.
    pub connection_id: ConnectionId,
    /// The ID by which it counts once; none where a message has none, and a repetition finds no session any more.
    pub used: Option<UsedMessage>,
    /// The sessions that it names.
    pub sessions: Vec<SessionKey>,
    /// Its record.
    pub attempt: Arc<LoginAttempt>,
    /// Now.
    pub now: OffsetDateTime,
}

/// A message that counts once.
#[derive(Debug, Clone)]
pub struct UsedMessage {
    /// Its ID.
    pub id: String,
    /// Until when the ID is remembered.
    pub expires_at: OffsetDateTime,
}

static END: BatchStatement<1> = BatchStatement::new(
    "DELETE FROM session WHERE session_key IN (SELECT column1 FROM (ROWS) AS v)",
    0,
);

impl Store {
    /// Ends the sessions of a logout message and keeps its record; `false`, and nothing is stored, when the message came before.
    pub async fn sign_out(&self, message: &SignOut) -> Result<bool, Error> {
        let mut tx = self.begin().await?;
        if let Some(used) = &message.used
            && !remember(&mut tx, message.connection_id, used).await?
        {
            return Ok(false);
        }
        let keys = message.sessions.iter().map(|key| [key.0.to_vec().into()]);
        END.execute(&mut tx, &[], keys.collect()).await?;
        tx.sessions_ended(message.sessions.iter().copied());
        attempt::insert(&mut tx, &message.attempt).await?;
        tx.commit(message.now).await?;
        Ok(true)
    }
}

/// Beside the IDs of assertions, and apart from them: a colon is in no ID of a message.
async fn remember(
    tx: &mut Tx,
    connection: ConnectionId,
    used: &UsedMessage,
) -> Result<bool, Error> {
    if !is_text(&used.id) {
        return Ok(false);
    }
    let recorded = query("INSERT INTO assertion_seen (connection_id, assertion_id, expires_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING")
        .bind(connection.to_string())
        .bind(format!("logout:{}", used.id))
        .bind(ms(used.expires_at))
        .execute(&mut *tx)
        .await?;
    Ok(recorded > 0)
}
