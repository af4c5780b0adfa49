//! The tower-sessions `SessionStore` over the same database: what a signed-in browser's pages keep.
//!
//! Invariants: a session is neither begun here, only in `sign_in`, nor prolonged; who is signed in is read elsewhere
//! (`Store::signed_in`). Nothing is written over that another request has saved since this one looked. No session keeps more than
//! [`LARGEST_DATA`].

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use crate::database::columns::json;
use crate::database::statement::query;
use crate::domain::{SessionId, SessionKey};
use crate::store::{Error, Store};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use time::OffsetDateTime;
use tower_sessions_core::session::{Id, Record};
use tower_sessions_core::session_store::{self, SessionStore};

/// The most octets that are kept with one session, as JSON.
pub const LARGEST_DATA: usize = 256 * 1024;

/// The field that counts how often the others were saved. A record has it as it was when it was loaded.
const REVISION: &str = "revision";

/// What is stored: it begins with its revision, by which a save finds it. A session begins with `{}`.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct StoredRecord {
    revision: u64,
    data: HashMap<String, Value>,
}

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
        let mut data = record.data.clone();
        let expected = data
            .remove(REVISION)
            .and_then(|it| it.as_u64())
            .unwrap_or_default();
        let revision = expected + 1;
        let text = json(&StoredRecord { revision, data });
        let text = text.map_err(|error| session_store::Error::Encode(error.to_string()))?;
        if text.len() > LARGEST_DATA {
            let refusal = "more than is kept with one session";
            return Err(session_store::Error::Encode(refusal.to_owned()));
        }
        let before = match expected {
            0 => "{}".to_owned(),
            _ => format!("{{\"revision\":{expected},%"),
        };
        let saved = query("UPDATE session SET data = $1 WHERE session_key = $2 AND data LIKE $3")
            .bind(text)
            .bind(self.key(&record.id).0.to_vec())
            .bind(before)
            .execute(&self.store.database)
            .await;
        match saved.map_err(|error| backend(&error.into()))? {
            0 => Err(session_store::Error::Backend(
                "another request has saved it meanwhile, or it has ended".to_owned(),
            )),
            _ => Ok(()),
        }
    }

    async fn load(&self, id: &Id) -> session_store::Result<Option<Record>> {
        let live = self.store.live_session_data(self.key(id), (self.now)());
        let Some((session, text)) = live.await.map_err(|error| backend(&error))? else {
            return Ok(None);
        };
        let stored: StoredRecord = serde_json::from_str(&text)
            .map_err(|error| session_store::Error::Decode(error.to_string()))?;
        let mut data = stored.data;
        if stored.revision > 0 {
            data.insert(REVISION.to_owned(), stored.revision.into());
        }
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
}

fn backend(error: &Error) -> session_store::Error {
    session_store::Error::Backend(error.to_string())
}
