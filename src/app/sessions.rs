//! Live sessions, as requests see them: a bounded cache before the store.
//!
//! Invariant: an answer is at most [`FRESH`] old, whatever the change log does, and a session that ended on this server is
//! gone at once.

use std::sync::Arc;
use std::time::Duration;

use moka::sync::Cache;
use tower_sessions_core::session_store::{self, SessionStore};
use tower_sessions_core::{Session, session::Id};

use crate::clock::Clock;
use crate::domain::{self, SessionId, SessionKey};
use crate::store::{self, Changes, SESSION_FIELD, Sessions, SignedIn, Store};

/// How long an answer of the store is believed.
const FRESH: Duration = Duration::from_millis(1500);
/// About 1 KiB each.
const CAPACITY: u64 = 50_000;
/// The use of a session is written down at most this often.
const TOUCH: time::Duration = time::Duration::MINUTE;

/// Why a session cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    #[error(transparent)]
    Store(#[from] store::Error),
    #[error(transparent)]
    Record(#[from] session_store::Error),
}

impl SessionError {
    /// Whether the database is away for the moment.
    pub fn is_away(&self) -> bool {
        match self {
            Self::Store(cause) => cause.is_away(),
            // The interface has no other word for it.
            Self::Record(cause) => matches!(cause, session_store::Error::Backend(_)),
        }
    }
}

/// Sessions by their browser's secret.
#[derive(Debug)]
pub struct SessionCache {
    store: Store,
    sessions: Arc<Sessions>,
    clock: Clock,
    cache: Cache<SessionKey, Arc<SignedIn>>,
}

impl SessionCache {
    pub(super) fn new(store: Store, clock: Clock) -> Self {
        let for_sessions = clock.clone();
        Self {
            sessions: Arc::new(store.sessions(move || for_sessions.now())),
            store,
            clock,
            cache: Cache::builder()
                .max_capacity(CAPACITY)
                .time_to_live(FRESH)
                .build(),
        }
    }

    /// Who is signed in with this secret; none when the session has ended or its user is deactivated (rule F4). Counts as
    /// a use of the session.
    pub async fn signed_in(&self, id: SessionId) -> Result<Option<Arc<SignedIn>>, SessionError> {
        let key = self.store.session_key(&id);
        let known = match self.cache.get(&key) {
            Some(known) => Some(known),
            None => self.read(id, key).await?,
        };
        let now = self.clock.now();
        Ok(known.filter(|known| known.session.is_live(now)))
    }

    /// The data that handlers keep with a session. It is read when it is first asked for.
    pub fn data(&self, id: SessionId) -> Session {
        Session::new(Some(record_id(id)), Arc::clone(&self.sessions), None)
    }

    /// Ends a session, here at once and on other nodes within two seconds; false when there is none.
    pub async fn end(&self, key: SessionKey) -> Result<bool, store::Error> {
        let ended = self.store.end_session(key, self.clock.now()).await;
        self.cache.invalidate(&key);
        ended
    }

    /// Forgets what has changed.
    pub(super) fn forget(&self, changes: &Changes) {
        // A user has several sessions, and a company's groups reach many users; the store is asked again soon enough.
        if changes.everything || !changes.users.is_empty() || !changes.companies.is_empty() {
            self.cache.invalidate_all();
        }
        for key in &changes.sessions {
            self.cache.invalidate(key);
        }
    }

    /// Through the tower-sessions store, then the user and the groups.
    async fn read(
        &self,
        id: SessionId,
        key: SessionKey,
    ) -> Result<Option<Arc<SignedIn>>, SessionError> {
        let record = self.sessions.load(&record_id(id)).await?;
        let field = record.and_then(|mut record| record.data.remove(SESSION_FIELD));
        let Some(field) = field else { return Ok(None) };
        let mut session: domain::Session =
            serde_json::from_value(field).map_err(store::Error::from)?;
        let user = self.store.user(session.user_id).await?;
        let Some(user) = user.filter(|user| user.disabled_at.is_none()) else {
            return Ok(None);
        };
        let groups = self.store.groups_of(user.id).await?;
        self.touch(key, &mut session);
        let signed_in = Arc::new(SignedIn {
            key,
            session,
            user,
            groups,
        });
        self.cache.insert(key, Arc::clone(&signed_in));
        Ok(Some(signed_in))
    }

    /// Notes the use of a session, unless that was done within the minute (or a quarter of a short idle time).
    fn touch(&self, key: SessionKey, session: &mut domain::Session) {
        let now = self.clock.now();
        if now - session.last_seen_at < TOUCH.min(session.idle / 4) {
            return;
        }
        session.last_seen_at = now;
        let store = self.store.clone();
        // The answer does not wait for it; a use that is lost ends a session a minute earlier.
        tokio::spawn(async move {
            if let Err(cause) = store.touch_session(key, now).await {
                tracing::warn!(%cause, "the use of a session could not be noted");
            }
        });
    }
}

/// tower-sessions reads the same sixteen bytes as a little-endian number.
fn record_id(id: SessionId) -> Id {
    Id(i128::from_le_bytes(*id.as_bytes()))
}
