//! Sessions by what an identity provider calls them: a `NameID`, a `SessionIndex`, a `sid`, a subject.
//!
//! Rules D6, D7 and T1 to T4: who asks compares what is not compared here. Tests: `tests/it/slo`, `tests/it/oidc_sign_in/logout`.

use super::session::{looked_up, not_ended, select_session};
use crate::database::columns::{is_text, ms};
use crate::database::statement::query;
use crate::domain::{ConnectionId, Session, SessionKey};
use crate::store::{Error, Store, Tx};
use serde_json::Value;
use time::OffsetDateTime;

impl Store {
    /// The sessions, not ended, that a connection's `NameID` began, in any letter case, or the one of a `SessionIndex` (for single
    /// logout; the caller compares values, formats and qualifiers).
    pub async fn sessions_by_name_id(
        &self,
        connection: ConnectionId,
        name_id: &str,
        session_index: Option<&str>,
        now: OffsetDateTime,
    ) -> Result<Vec<(SessionKey, Session)>, Error> {
        if !is_text(name_id) || !session_index.is_none_or(is_text) {
            return Ok(Vec::new());
        }
        let rows = query(select_session!("WHERE s.connection_id = $1 AND s.name_id_value = $2 AND ($3 IS NULL OR s.session_index = $3) AND s.expires_at > $4"))
            .bind(connection.to_string())
            .bind(looked_up(name_id))
            .bind(session_index)
            .bind(ms(now))
            .fetch_all(&self.database)
            .await?;
        not_ended(&rows, now)
    }

    /// The sessions, not ended, that a connection's provider calls by this `sid`: of the identity with this subject, where one is
    /// named as well.
    pub async fn sessions_by_sid(
        &self,
        connection: ConnectionId,
        sid: &str,
        subject: Option<&str>,
        now: OffsetDateTime,
    ) -> Result<Vec<(SessionKey, Session)>, Error> {
        if !is_text(sid) || !subject.is_none_or(is_text) {
            return Ok(Vec::new());
        }
        let rows = query(select_session!(
            "WHERE s.connection_id = $1 AND s.session_index = $2 AND s.name_id IS NULL AND s.expires_at > $3 AND ($4 IS NULL OR \
             s.user_id = (SELECT i.user_id FROM identity i WHERE i.connection_id = $1 AND i.subject = $4))"
        ))
        .bind(connection.to_string())
        .bind(sid)
        .bind(ms(now))
        .bind(subject)
        .fetch_all(&self.database)
        .await?;
        not_ended(&rows, now)
    }

    /// The sessions, not ended, that a user has through a connection which knows the user by this subject.
    pub async fn sessions_by_subject(
        &self,
        connection: ConnectionId,
        subject: &str,
        now: OffsetDateTime,
    ) -> Result<Vec<(SessionKey, Session)>, Error> {
        if !is_text(subject) {
            return Ok(Vec::new());
        }
        let rows = query(select_session!(
            "WHERE s.connection_id = $1 AND s.expires_at > $3 AND \
             s.user_id = (SELECT i.user_id FROM identity i WHERE i.connection_id = $1 AND i.subject = $2)"
        ))
        .bind(connection.to_string())
        .bind(subject)
        .bind(ms(now))
        .fetch_all(&self.database)
        .await?;
        not_ended(&rows, now)
    }

    /// What the provider of a session wants back at a sign-out, sealed as it was given.
    pub async fn logout_hint(&self, key: SessionKey) -> Result<Option<Vec<u8>>, Error> {
        let row = query("SELECT logout_hint FROM session WHERE session_key = $1")
            .bind(key.0.to_vec())
            .fetch_optional(&self.database)
            .await?;
        let Some(row) = row else { return Ok(None) };
        Ok(row.maybe_blob("logout_hint")?.map(<[u8]>::to_vec))
    }
}

/// Sessions that are looked at at a time when a migration writes their names anew.
const PORTION: i64 = 1_000;

/// Writes anew by what the sessions that are there are found. The database's own `LOWER` follows its locale.
pub(in crate::store) async fn look_up_anew(tx: &mut Tx) -> Result<(), Error> {
    let mut after = Vec::new();
    loop {
        let rows = query(
            "SELECT session_key, name_id, name_id_value FROM session WHERE name_id IS NOT NULL AND session_key > $1 \
             ORDER BY session_key LIMIT $2",
        )
        .bind(after)
        .bind(PORTION)
        .fetch_all(&mut *tx)
        .await?;
        for row in &rows {
            let name: Option<Value> = row.maybe_json("name_id")?;
            let value = name.as_ref().and_then(|name| name.get("value")?.as_str());
            let value = value.map(looked_up);
            if value != row.maybe_text("name_id_value")? {
                query("UPDATE session SET name_id_value = $1 WHERE session_key = $2")
                    .bind(value)
                    .bind(row.hash("session_key")?.to_vec())
                    .execute(&mut *tx)
                    .await?;
            }
        }
        match rows.last() {
            Some(last) => after = last.hash("session_key")?.to_vec(),
            None => return Ok(()),
        }
    }
}
