//! Live sessions, as requests see them: a bounded cache before the store.
//!
//! Invariants: an answer is at most [`FRESH`] old, because the cache counts only while the change log is followed; a session
//! that ended on this server is gone at once; what was read before a change is never kept after it.

use std::collections::HashSet;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use quick_cache::sync::{Cache, DefaultLifecycle, PlaceholderGuard};
use quick_cache::{DefaultHashBuilder, Weighter};
use time::OffsetDateTime;
use tower_sessions_core::session::Id;

use super::throttle::{Throttle, Wait};
use crate::clock::Clock;
use crate::domain::{Company, CompanyId, SessionId, SessionKey, UserId};
use crate::store::{self, Changes, Invalidation, SessionRecords, SignOut, SignedIn, Store};

/// How long after a look at the change log the cache counts.
const FRESH: Duration = Duration::from_millis(1500);
/// The use of a session is written down at most this often.
const TOUCH: time::Duration = time::Duration::MINUTE;
/// What a session takes in the cache beside its answer, in bytes.
const ENTRY: u64 = 320;

/// Who brings a session's secret. One that is not remembered is looked for in the store, which a stranger may ask so often only.
#[derive(Debug, Clone, Copy)]
pub struct Asker<'a> {
    pub company: &'a Company,
    pub client: Option<IpAddr>,
    pub throttle: &'a Throttle,
}

/// Why a session cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    #[error("too many session cookies came that no session has")]
    TooMany(Wait),
    #[error(transparent)]
    Store(#[from] store::Error),
}

/// Sessions by their browser's secret.
#[derive(Debug)]
pub struct SessionCache {
    store: Store,
    records: Arc<SessionRecords>,
    clock: Clock,
    remembered: Arc<Remembered>,
    /// When the change log was last looked at, in milliseconds after `epoch`.
    looked: AtomicU64,
    epoch: Instant,
}

/// What is kept, and what becomes of it.
#[derive(Debug)]
struct Remembered {
    cache: Cache<SessionKey, Arc<Live>, Weight>,
    /// Counts the changes, so that what was read before one is not kept after it.
    changes: AtomicU64,
}

/// Where an answer that is being read will be kept.
type Place<'c> = PlaceholderGuard<'c, SessionKey, Arc<Live>, Weight, DefaultHashBuilder, Lifecycle>;
type Lifecycle = DefaultLifecycle<SessionKey, Arc<Live>>;

/// What is kept of a live session: as little as a check needs, because there are many.
#[derive(Debug)]
struct Live {
    company: CompanyId,
    /// Of the company when the answer was written: its connections and groups have the same.
    revision: i64,
    user: UserId,
    counts_from: OffsetDateTime,
    expires_at: OffsetDateTime,
    idle: time::Duration,
    /// When it was last used, in milliseconds since 1970.
    last_seen: AtomicI64,
    answer: Bytes,
}

#[derive(Debug, Clone)]
struct Weight;

impl Weighter<SessionKey, Arc<Live>> for Weight {
    fn weight(&self, _: &SessionKey, live: &Arc<Live>) -> u64 {
        ENTRY + live.answer.len() as u64
    }
}

impl SessionCache {
    pub(super) fn new(store: Store, clock: Clock, megabytes: u32) -> Self {
        let for_records = clock.clone();
        let records = store
            .at_leisure()
            .session_records(move || for_records.now());
        let bytes = u64::from(megabytes) * 1024 * 1024;
        // Half of them: they are usually larger than an entry without its answer.
        let items = usize::try_from(bytes / ENTRY / 2).unwrap_or(usize::MAX);
        Self {
            store,
            records: Arc::new(records),
            clock,
            remembered: Arc::new(Remembered {
                cache: Cache::with_weighter(items, bytes, Weight),
                changes: AtomicU64::new(0),
            }),
            looked: AtomicU64::new(0),
            epoch: Instant::now(),
        }
    }

    /// What `describe` says of who is signed in with this secret on the company's site; none when nobody is. Counts as a use
    /// of the session.
    pub async fn answer(
        &self,
        id: SessionId,
        asker: Asker<'_>,
        describe: impl FnOnce(&SignedIn) -> serde_json::Result<Bytes>,
    ) -> Result<Option<Bytes>, SessionError> {
        let company = asker.company;
        let key = self.store.session_key(&id);
        if !self.is_followed(Instant::now()) {
            // The database may be away, and whoever waits for it waits alone.
            return self.read_answer(id, None, asker, describe).await;
        }
        if let Some(live) = self.remembered.cache.get(&key) {
            if live.company != company.id {
                return Ok(None);
            }
            if let Some(answer) = self.use_of(key, &live, company) {
                return Ok(Some(answer));
            }
            // The company has changed, or another server may have noted a use.
            self.remembered.cache.remove(&key);
        }
        // Whoever asks for the same session meanwhile waits for this answer. A place that is removed, because the session
        // ended, takes none.
        match self.remembered.cache.get_value_or_guard_async(&key).await {
            Ok(live) => match self.use_of(key, &live, company) {
                Some(answer) => Ok(Some(answer)),
                None => self.read_answer(id, None, asker, describe).await,
            },
            Err(place) => self.read_answer(id, Some(place), asker, describe).await,
        }
    }

    /// The same as [`Self::signed_in`], for who may be a stranger: a secret that no session has is counted.
    pub async fn signed_in_for(
        &self,
        id: SessionId,
        asker: Asker<'_>,
    ) -> Result<Option<SignedIn>, SessionError> {
        // Before it is looked for, so that many at the same moment get nothing more.
        let admitted = asker.throttle.admit_session(asker.client, asker.company);
        admitted.map_err(SessionError::TooMany)?;
        let key = self.store.session_key(&id);
        let session = self.store.live_session(key, self.clock.now()).await;
        // As soon as it is known: who goes away while the rest is read has asked for a session that there is. Who goes away before
        // stays counted, or strangers would ask and go.
        if !matches!(session, Ok(None)) {
            asker
                .throttle
                .give_session_back(asker.client, asker.company);
        }
        match session? {
            Some(session) => {
                let found = self.store.signed_in_by(key, session).await?;
                Ok(found.map(|found| self.used(found)))
            }
            None => Ok(None),
        }
    }

    /// Who is signed in with this secret; none when the session has ended or its user is deactivated (rule F4). Counts as
    /// a use of the session. Asks the store.
    pub async fn signed_in(&self, id: SessionId) -> Result<Option<SignedIn>, store::Error> {
        self.signed_in_by_key(self.store.session_key(&id)).await
    }

    /// The same by the session's key, for a gate session that is its child.
    pub(super) async fn signed_in_by_key(
        &self,
        key: SessionKey,
    ) -> Result<Option<SignedIn>, store::Error> {
        Ok(self.looked_at(key).await?.map(|found| self.used(found)))
    }

    /// The same, and no use of the session.
    pub(super) async fn looked_at(
        &self,
        key: SessionKey,
    ) -> Result<Option<SignedIn>, store::Error> {
        match self.store.live_session(key, self.clock.now()).await? {
            Some(session) => self.store.signed_in_by(key, session).await,
            None => Ok(None),
        }
    }

    /// The same, whose session is used now.
    fn used(&self, mut signed_in: SignedIn) -> SignedIn {
        let now = self.clock.now();
        let session = &mut signed_in.session;
        let last_seen = AtomicI64::new(milliseconds(session.last_seen_at));
        if self.touch(signed_in.key, &last_seen, session.idle, now) {
            session.last_seen_at = now;
        }
        signed_in
    }

    /// What the pages of a session keep. It is read when it is first asked for.
    pub fn data(&self, id: SessionId) -> tower_sessions_core::Session {
        // tower-sessions reads the same sixteen bytes as a little-endian number.
        let id = Id(i128::from_le_bytes(*id.as_bytes()));
        tower_sessions_core::Session::new(Some(id), Arc::clone(&self.records), None)
    }

    /// Ends a session, here at once and on other nodes within two seconds; false when there is none.
    pub async fn end(&self, key: SessionKey) -> Result<bool, store::Error> {
        let ended = self.store.end_session(key, self.clock.now()).await;
        self.remembered.forget(Invalidation::Session(key));
        ended
    }

    /// Does what a logout message asks, here at once and on other nodes within two seconds; false when it came before.
    pub async fn sign_out(&self, message: &SignOut) -> Result<bool, store::Error> {
        let ended = self.store.sign_out(message).await;
        for key in &message.sessions {
            self.remembered.forget(Invalidation::Session(*key));
        }
        ended
    }

    /// Forgets what the store ends by this process, from now on, before anybody hears of it; so does who is named beside.
    pub(super) fn listen(&self, also: impl Fn(Invalidation) + Send + Sync + 'static) {
        let remembered = Arc::clone(&self.remembered);
        self.store.listen(move |ended| {
            remembered.forget(ended);
            also(ended);
        });
    }

    /// Forgets what has changed. The change log was asked at `looked`.
    pub(super) fn forget(&self, changes: &Changes, looked: Instant) {
        // A company's changes show in its revision.
        if changes.everything {
            self.remembered.forget(Invalidation::Everything);
        }
        for &key in &changes.sessions {
            self.remembered.forget(Invalidation::Session(key));
        }
        if !changes.users.is_empty() {
            self.remembered.changes.fetch_add(1, Ordering::SeqCst);
            let users: HashSet<UserId> = changes.users.iter().copied().collect();
            self.remembered
                .cache
                .retain(|_, live| !users.contains(&live.user));
        }
        let looked = looked.saturating_duration_since(self.epoch).as_millis();
        let looked = u64::try_from(looked).unwrap_or(u64::MAX);
        self.looked.store(looked, Ordering::Release);
    }

    /// Whether the change log was looked at a moment ago.
    pub(super) fn is_followed(&self, now: Instant) -> bool {
        let looked = self.epoch + Duration::from_millis(self.looked.load(Ordering::Acquire));
        now.saturating_duration_since(looked) < FRESH
    }

    /// The answer of a session that is live on this company's site, whose use that is.
    fn use_of(&self, key: SessionKey, live: &Live, company: &Company) -> Option<Bytes> {
        let now = self.clock.now();
        if (live.company, live.revision) != (company.id, company.revision) || !live.is_live(now) {
            return None;
        }
        self.touch(key, &live.last_seen, live.idle, now);
        Some(live.answer.clone())
    }

    async fn read_answer(
        &self,
        id: SessionId,
        place: Option<Place<'_>>,
        asker: Asker<'_>,
        describe: impl FnOnce(&SignedIn) -> serde_json::Result<Bytes>,
    ) -> Result<Option<Bytes>, SessionError> {
        let company = asker.company;
        let changes = self.remembered.changes.load(Ordering::SeqCst);
        let signed_in = self.signed_in_for(id, asker).await?;
        let Some(signed_in) = signed_in.filter(|it| it.session.company_id == company.id) else {
            return Ok(None);
        };
        let answer = describe(&signed_in).map_err(store::Error::from)?;
        let live = Arc::new(Live {
            company: company.id,
            revision: company.revision,
            user: signed_in.session.user_id,
            counts_from: signed_in.session.counts_from(),
            expires_at: signed_in.session.expires_at,
            idle: signed_in.session.idle,
            last_seen: AtomicI64::new(milliseconds(signed_in.session.last_seen_at)),
            answer: answer.clone(),
        });
        if place.is_some_and(|place| place.insert(live).is_ok())
            && self.remembered.changes.load(Ordering::SeqCst) != changes
        {
            self.remembered.cache.remove(&signed_in.key);
        }
        Ok(Some(answer))
    }

    /// Notes the use of a session, unless that was done within the minute (or a quarter of a short idle time).
    pub(super) fn touch(
        &self,
        key: SessionKey,
        last_seen: &AtomicI64,
        idle: time::Duration,
        now: OffsetDateTime,
    ) -> bool {
        let (before, seen) = (last_seen.load(Ordering::Relaxed), milliseconds(now));
        if i128::from(seen - before) < TOUCH.min(idle / 4).whole_milliseconds() {
            return false;
        }
        let first = last_seen.compare_exchange(before, seen, Ordering::Relaxed, Ordering::Relaxed);
        if first.is_err() {
            return false;
        }
        let store = self.store.clone();
        // The answer does not wait for it; a use that is lost ends a session a minute earlier.
        tokio::spawn(async move {
            if let Err(cause) = store.touch_session(key, now).await {
                tracing::warn!(%cause, "the use of a session could not be noted");
            }
        });
        true
    }
}

impl Remembered {
    fn forget(&self, ended: Invalidation) {
        match ended {
            Invalidation::Session(key) => drop(self.cache.remove(&key)),
            Invalidation::Company(id) => {
                self.changes.fetch_add(1, Ordering::SeqCst);
                self.cache.retain(|_, live| live.company != id);
            }
            Invalidation::Everything => {
                self.changes.fetch_add(1, Ordering::SeqCst);
                self.cache.clear();
            }
        }
    }
}

impl Live {
    fn is_live(&self, now: OffsetDateTime) -> bool {
        let unused = milliseconds(now).saturating_sub(self.last_seen.load(Ordering::Relaxed));
        self.counts_from <= now
            && now < self.expires_at
            && i128::from(unused) < self.idle.whole_milliseconds()
    }
}

pub(super) fn milliseconds(time: OffsetDateTime) -> i64 {
    time.unix_timestamp() * 1000 + i64::from(time.millisecond())
}

#[cfg(test)]
mod tests;
