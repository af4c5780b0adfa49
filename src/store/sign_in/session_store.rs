//! The tower-sessions `SessionStore` over the same database: what a signed-in browser's pages keep.
//!
//! Invariants: a session is neither begun here, only in `sign_in`, nor prolonged; who is signed in is read elsewhere
//! (`Store::signed_in`). Nothing is written over that another request has saved since this one looked. No session keeps more than
//! [`LARGEST_DATA`].

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use crate::domain::{SessionId, SessionKey};
use crate::store::engine::columns::json;
use crate::store::engine::statement::query;
use crate::store::{Error, Store};
use async_trait::async_trait;
use serde_json::Value;
use time::OffsetDateTime;
use tower_sessions_core::session::{Id, Record};
use tower_sessions_core::session_store::{self, SessionStore};

/// The most octets that are kept with one session, as JSON.
pub const LARGEST_DATA: usize = 256 * 1024;

/// The field that counts how often the others were saved. A record has it as it was when it was loaded.
const REVISION: &str = "revision";

/// The records of live sessions.
#[derive(Clone)]
pub struct SessionRecords {
    store: Store,
    now: Arc<dyn Fn() -> OffsetDateTime + Send + Sync>,
}

impl Store {
    /// The records of live sessions, for tower-sessions, which does not say what time it is.
    pub fn session_records(
        &self,
        now: impl Fn() -> OffsetDateTime + Send + Sync + 'static,
    ) -> SessionRecords {
        SessionRecords {
            store: self.clone(),
            now: Arc::new(now),
        }
    }
}

impl fmt::Debug for SessionRecords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionRecords")
            .field("store", &self.store)
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl SessionStore for SessionRecords {
    async fn create(&self, _record: &mut Record) -> session_store::Result<()> {
        Err(session_store::Error::Backend(
            "a session begins with a sign-in and not otherwise".to_owned(),
        ))
    }

    async fn save(&self, record: &Record) -> session_store::Result<()> {
        let expected = revision(&record.data);
        let mut data = record.data.clone();
        data.insert(REVISION.to_owned(), (expected + 1).into());
        let text = json(&data).map_err(|error| session_store::Error::Encode(error.to_string()))?;
        if text.len() > LARGEST_DATA {
            let refusal = "more than is kept with one session";
            return Err(session_store::Error::Encode(refusal.to_owned()));
        }
        let is_saved = self.replace(self.key(&record.id), expected, text).await;
        if is_saved.map_err(|error| backend(&error))? {
            Ok(())
        } else {
            Err(session_store::Error::Backend(
                "another request has saved it meanwhile".to_owned(),
            ))
        }
    }

    async fn load(&self, id: &Id) -> session_store::Result<Option<Record>> {
        let live = self.store.live_session_data(self.key(id), (self.now)());
        let Some((session, text)) = live.await.map_err(|error| backend(&error))? else {
            return Ok(None);
        };
        let data = parse(&text).map_err(|error| session_store::Error::Decode(error.to_string()))?;
        Ok(Some(Record {
            id: *id,
            data,
            expiry_date: session.ends_at(),
        }))
    }

    async fn delete(&self, id: &Id) -> session_store::Result<()> {
        self.store
            .end_session(self.key(id), (self.now)())
            .await
            .map(drop)
            .map_err(|error| backend(&error))
    }
}

impl SessionRecords {
    fn key(&self, id: &Id) -> SessionKey {
        let id = SessionId::from_bytes(id.0.to_le_bytes());
        self.store.session_key(&id)
    }

    /// Writes the data of a session, unless it was saved since it had the expected revision; `false` then. With a session that has
    /// ended nothing is kept.
    async fn replace(&self, key: SessionKey, expected: u64, text: String) -> Result<bool, Error> {
        let mut tx = self.store.begin().await?;
        super::session::hold(&mut tx, key).await?;
        let row = query("SELECT data FROM session WHERE session_key = $1")
            .bind(key.0.to_vec())
            .fetch_optional(&mut tx)
            .await?;
        let Some(row) = row else { return Ok(true) };
        if revision(&parse(&row.text("data")?)?) != expected {
            return Ok(false);
        }
        query("UPDATE session SET data = $1 WHERE session_key = $2")
            .bind(text)
            .bind(key.0.to_vec())
            .execute(&mut tx)
            .await?;
        tx.commit((self.now)()).await?;
        Ok(true)
    }
}

fn parse(text: &str) -> serde_json::Result<HashMap<String, Value>> {
    serde_json::from_str(text)
}

fn revision(data: &HashMap<String, Value>) -> u64 {
    data.get(REVISION)
        .and_then(Value::as_u64)
        .unwrap_or_default()
}

fn backend(error: &Error) -> session_store::Error {
    session_store::Error::Backend(error.to_string())
}
