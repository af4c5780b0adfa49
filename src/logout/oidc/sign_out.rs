//! The end of the sessions that a provider names, whichever way it says so (rules T3 and T4).

use std::sync::Arc;

use crate::app::App;
use crate::domain::{Check, Connection, Session, SessionKey};
use crate::logout::record;
use crate::store::{self, SignOut, UsedMessage};

/// Ends sessions of a connection, with a record; `false` when the message that is used was used before.
pub(super) async fn sign_out(
    app: &App,
    connection: &Connection,
    found: Vec<(SessionKey, Session)>,
    used: Option<UsedMessage>,
    checks: Vec<Check>,
) -> Result<bool, store::Error> {
    let now = app.clock.now();
    let (sessions, users): (Vec<_>, Vec<_>) = found
        .into_iter()
        .map(|(key, session)| (key, session.user_id))
        .unzip();
    let attempt = record::signed_out_attempt(connection.company_id, connection.id, checks, now);
    let message = SignOut {
        connection_id: connection.id,
        used,
        attempt: Arc::new(record::with_sessions(attempt, &users)),
        sessions,
        now,
    };
    app.sessions.sign_out(&message).await
}
