//! Who is there, as checks of applications see it: bounded caches before the store (rules Q54 and Q62).
//!
//! Invariants: as in `sessions.rs`: an answer counts only while the change log is followed, and what ended on this node is gone at
//! once. A gate session is remembered with its parent, and lives as long as that; what is known of the parent's user is remembered for
//! each application.

use std::collections::HashSet;
use std::net::IpAddr;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use quick_cache::sync::Cache;
use quick_cache::{UnitWeighter, Weighter};
use time::OffsetDateTime;
use tokio::sync::watch;

use super::App;
use super::sessions::{SessionError, milliseconds};
use crate::domain::{ApplicationId, CompanyId, SessionKey, UserId};
use crate::policy::KnownVisitor;
use crate::store::{Changes, GateSession, Invalidation, SignedIn, Store};

/// What an entry takes beside what is told of the person, in bytes.
const ENTRY: u64 = 1_200;
/// What a group's title takes beside its text.
const GROUP: usize = 24;

/// Gate sessions and the people behind them, as this node remembers them.
#[derive(Debug)]
pub struct Visitors {
    store: Store,
    remembered: Arc<RememberedVisitors>,
}

#[derive(Debug)]
struct RememberedVisitors {
    gates: Cache<SessionKey, Arc<GateSession>>,
    known: Cache<(SessionKey, ApplicationId), Arc<LiveVisitor>, VisitorWeight>,
    /// Every application that somebody was asked for: what ends with a session is looked for under each.
    applications: Mutex<HashSet<ApplicationId>>,
    /// Counts the changes, so that what was read before one is not kept after it.
    changes: AtomicU64,
    /// Tells whoever stays open that something has changed.
    changed: watch::Sender<()>,
}

#[derive(Debug, Clone)]
struct VisitorWeight;

impl Weighter<(SessionKey, ApplicationId), Arc<LiveVisitor>> for VisitorWeight {
    fn weight(&self, _: &(SessionKey, ApplicationId), live: &Arc<LiveVisitor>) -> u64 {
        let told = match &live.known {
            KnownVisitor::Allowed(identity) => {
                let groups = identity.groups().iter();
                let groups: usize = groups.map(|group| group.len() + GROUP).sum();
                let name = identity.name().unwrap_or_default().len();
                identity.token().len() + name + groups
            }
            _ => 0,
        };
        ENTRY + told as u64
    }
}

/// Somebody with a live session, as one application is told.
#[derive(Debug)]
struct LiveVisitor {
    known: KnownVisitor,
    user: UserId,
    /// Of the company when this was read.
    revision: i64,
    company: CompanyId,
    counts_from: OffsetDateTime,
    expires_at: OffsetDateTime,
    idle: time::Duration,
    last_seen: AtomicI64,
    /// From when it is read anew, with a new token.
    renew_at: OffsetDateTime,
}

/// What a browser has brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Brought {
    /// The cookie of a gate session that there is, so that there was its parent.
    GateSession,
    /// The cookie of a session, whatever it is worth.
    Session,
    /// Nothing new: what is open already looks whether its session lives, and does not use it.
    Open,
}

/// What a description of somebody comes with.
#[derive(Debug)]
pub struct DescribedVisitor {
    pub known: KnownVisitor,
    /// The revision of the company that it rests on.
    pub revision: i64,
    /// From when it is made anew.
    pub renew_at: OffsetDateTime,
}

impl Visitors {
    pub(super) fn new(store: Store, megabytes: u32) -> Self {
        let bytes = u64::from(megabytes) * 1024 * 1024;
        let items = usize::try_from(bytes / (2 * ENTRY)).unwrap_or(usize::MAX);
        Self {
            store,
            remembered: Arc::new(RememberedVisitors {
                gates: Cache::with_weighter(items, items as u64, UnitWeighter),
                known: Cache::with_weighter(items, bytes, VisitorWeight),
                applications: Mutex::default(),
                changes: AtomicU64::new(0),
                changed: watch::Sender::default(),
            }),
        }
    }

    /// Changes whenever somebody may have ended, or may no more what they could.
    pub fn changed(&self) -> watch::Receiver<()> {
        self.remembered.changed.subscribe()
    }

    /// Forgets what the store ends by this process, from now on, before anybody hears of it.
    pub(super) fn listener(&self) -> impl Fn(Invalidation) + Send + Sync + 'static {
        let remembered = Arc::clone(&self.remembered);
        move |ended| remembered.forget(ended)
    }

    /// Forgets what has changed.
    pub(super) fn forget(&self, changes: &Changes) {
        if changes.everything {
            self.remembered.forget(Invalidation::Everything);
        }
        for &key in &changes.sessions {
            self.remembered.forget(Invalidation::Session(key));
        }
        // Who was read before a company has changed is not kept under its new revision.
        if !changes.companies.is_empty() {
            self.remembered.count();
        }
        if !changes.users.is_empty() {
            self.remembered.count();
            let users: HashSet<UserId> = changes.users.iter().copied().collect();
            self.remembered
                .known
                .retain(|_, live| !users.contains(&live.user));
            self.remembered.changed.send_replace(());
        }
    }
}

impl App {
    /// The gate session of a cookie's hash. A stranger may ask for one that nobody has so often only (rule Q56).
    pub async fn gate_session(
        &self,
        key: SessionKey,
        client: Option<IpAddr>,
    ) -> Result<Option<Arc<GateSession>>, SessionError> {
        let gates = &self.visitors.remembered.gates;
        if self.sessions.is_followed(Instant::now())
            && let Some(known) = gates.get(&key)
        {
            return Ok(Some(known));
        }
        self.throttle
            .admit_stranger(client)
            .map_err(SessionError::TooMany)?;
        let changes = self.visitors.remembered.changes.load(Ordering::SeqCst);
        let found = self.visitors.store.gate_session(key).await?.map(Arc::new);
        if let Some(found) = &found {
            self.throttle.give_stranger_back(client);
            gates.insert(key, Arc::clone(found));
            if self.visitors.remembered.changes.load(Ordering::SeqCst) != changes {
                gates.remove(&key);
            }
        }
        Ok(found)
    }

    /// What `describe` says of who has a session, for an application; none when it is not live. Counts as a use of the session,
    /// but for what is open already. Where nothing can be said, nobody was asked.
    pub async fn visitor(
        &self,
        parent: SessionKey,
        application: ApplicationId,
        brought: Brought,
        client: Option<IpAddr>,
        describe: impl FnOnce(&SignedIn) -> Option<DescribedVisitor>,
    ) -> Result<Option<KnownVisitor>, SessionError> {
        let remembered = &self.visitors.remembered;
        let now = self.clock.now();
        let is_followed = self.sessions.is_followed(Instant::now());
        let name = (parent, application);
        let former = remembered.known.get(&name);
        if is_followed
            && let Some(live) = &former
            && self.is_current(live, now)
        {
            if brought != Brought::Open {
                self.sessions.touch(parent, &live.last_seen, live.idle, now);
            }
            return Ok(Some(live.known.clone()));
        }
        let changes = remembered.changes.load(Ordering::SeqCst);
        // Who was there a moment ago is no stranger, whoever else comes from the same address.
        let may_be_stranger = brought == Brought::Session && former.is_none();
        if may_be_stranger {
            self.throttle
                .admit_stranger(client)
                .map_err(SessionError::TooMany)?;
        }
        let found = if brought == Brought::Open {
            self.sessions.looked_at(parent).await
        } else {
            self.sessions.signed_in_by_key(parent).await
        };
        let Some(signed_in) = found? else {
            return Ok(None);
        };
        if may_be_stranger {
            self.throttle.give_stranger_back(client);
        }
        let Some(described) = describe(&signed_in) else {
            return Ok(Some(KnownVisitor::Unasked));
        };
        let session = &signed_in.session;
        let live = LiveVisitor {
            known: described.known.clone(),
            user: session.user_id,
            company: session.company_id,
            revision: described.revision,
            counts_from: session.counts_from(),
            expires_at: session.expires_at,
            idle: session.idle,
            last_seen: AtomicI64::new(milliseconds(session.last_seen_at)),
            renew_at: described.renew_at,
        };
        if is_followed {
            remembered.note(application);
            remembered.known.insert(name, Arc::new(live));
            if remembered.changes.load(Ordering::SeqCst) != changes {
                remembered.known.remove(&name);
            }
        }
        Ok(Some(described.known))
    }

    fn is_current(&self, live: &LiveVisitor, now: OffsetDateTime) -> bool {
        let unused = milliseconds(now).saturating_sub(live.last_seen.load(Ordering::Relaxed));
        let site = self.directory.site_of(live.company);
        live.counts_from <= now
            && now < live.expires_at.min(live.renew_at)
            && i128::from(unused) < live.idle.whole_milliseconds()
            && site.is_some_and(|site| site.company.revision == live.revision)
    }
}

impl RememberedVisitors {
    fn note(&self, application: ApplicationId) {
        if let Ok(mut applications) = self.applications.lock() {
            applications.insert(application);
        }
    }

    fn count(&self) {
        self.changes.fetch_add(1, Ordering::SeqCst);
        self.changed.send_replace(());
    }

    fn forget(&self, ended: Invalidation) {
        self.changes.fetch_add(1, Ordering::SeqCst);
        match ended {
            Invalidation::Session(key) => {
                self.gates.remove(&key);
                let Ok(applications) = self.applications.lock() else {
                    self.known.clear();
                    return;
                };
                for &application in applications.iter() {
                    self.known.remove(&(key, application));
                }
            }
            Invalidation::Company(id) => self.known.retain(|_, live| live.company != id),
            Invalidation::Everything => {
                self.gates.clear();
                self.known.clear();
            }
        }
        self.changed.send_replace(());
    }
}
