//! The tower-sessions `SessionStore` over the same database.
//!
//! Invariants: a session cannot be made here, only in `sign_in`; what describes the sign-in ([`SESSION_FIELD`]) cannot be
//! changed here; and saving never moves a session's absolute end.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use crate::database::columns::{json, ms};
use crate::database::statement::query;
use crate::domain::SessionId;
use crate::store::{Error, Store};
use async_trait::async_trait;
use time::OffsetDateTime;
use tower_sessions_core::session::{Id, Record};
use tower_sessions_core::session_store::{self, SessionStore};

/// The field of a session's record that holds the `domain::Session`.
pub const SESSION_FIELD: &str = "vestibule.session";

/// The sessions of a store, for the tower-sessions layer.
#[derive(Clone)]
pub struct Sessions {
    store: Store,
    now: Arc<dyn Fn() -> OffsetDateTime + Send + Sync>,
}

impl Store {
    /// The sessions for the tower-sessions layer, which does not say what time it is.
    pub fn sessions(&self, now: impl Fn() -> OffsetDateTime + Send + Sync + 'static) -> Sessions {
        Sessions {
            store: self.clone(),
            now: Arc::new(now),
        }
    }
}

impl fmt::Debug for Sessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sessions")
            .field("store", &self.store)
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl SessionStore for Sessions {
    async fn create(&self, _record: &mut Record) -> session_store::Result<()> {
        Err(session_store::Error::Backend(
            "a session begins with a sign-in and not otherwise".to_owned(),
        ))
    }

    async fn save(&self, record: &Record) -> session_store::Result<()> {
        let data: HashMap<_, _> = record
            .data
            .iter()
            .filter(|(field, _)| *field != SESSION_FIELD)
            .collect();
        let data = json(&data).map_err(|error| session_store::Error::Encode(error.to_string()))?;
        let now = (self.now)();
        query("UPDATE session SET data = $1, last_seen_at = $2 WHERE session_key = $3")
            .bind(data)
            .bind(ms(now))
            .bind(self.key(&record.id).to_vec())
            .execute(&self.store.database)
            .await
            .map_err(|error| backend(&error.into()))?;
        Ok(())
    }

    async fn load(&self, id: &Id) -> session_store::Result<Option<Record>> {
        let key = crate::domain::SessionKey(self.key(id));
        let Some((session, data)) = self
            .store
            .live_session(key, (self.now)())
            .await
            .map_err(|error| backend(&error))?
        else {
            return Ok(None);
        };
        let decode = |error: serde_json::Error| session_store::Error::Decode(error.to_string());
        let mut data: HashMap<String, serde_json::Value> =
            serde_json::from_str(&data).map_err(decode)?;
        data.insert(
            SESSION_FIELD.to_owned(),
            serde_json::to_value(&session).map_err(decode)?,
        );
        Ok(Some(Record {
            id: *id,
            data,
            expiry_date: session.ends_at(),
        }))
    }

    async fn delete(&self, id: &Id) -> session_store::Result<()> {
        let key = crate::domain::SessionKey(self.key(id));
        self.store
            .end_session(key, (self.now)())
            .await
            .map(drop)
            .map_err(|error| backend(&error))
    }
}

impl Sessions {
    fn key(&self, id: &Id) -> [u8; 32] {
        self.store
            .session_key(&SessionId::from_bytes(id.0.to_le_bytes()))
            .0
    }
}

fn backend(error: &Error) -> session_store::Error {
    session_store::Error::Backend(error.to_string())
}
