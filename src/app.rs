//! The application: configuration, store, clock, keys, and what it remembers of the store.
//!
//! Invariant: what is remembered (sites, sessions) is never older than two seconds: a task follows the store's change log,
//! and sessions count only while it does.

mod applications;
mod error;
mod exchanges;
mod hand_over;
mod identity_keys;
mod logout_hint;
mod network;
mod new_keys;
mod own_keys;
mod proof;
mod providers;
mod quotas;
mod reach;
mod remembered_sign_in;
mod sessions;
mod shares;
mod synchronisation;
mod throttle;
mod turns;
mod upstreams;
mod visitors;

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use time::OffsetDateTime;

use crate::clock::Clock;
use crate::config::{self, Config};
use crate::directory::Directories;
use crate::domain::{Company, CompanyDomain, CompanyId, Origin};
use crate::keys::{self, Keys};
use crate::saml::cross_check::{CrossCheck, Incomparable};
use crate::second_opinion::second_opinion;
use crate::site::{Applications, Directory, Site, SpKeys};
use crate::store::{self, Retention, Store};
use providers::Providers;

pub use error::AppError;
pub use exchanges::{Exchange, Exchanges, NoShare, Sharer};
pub use hand_over::HandOverState;
pub use identity_keys::{
    IdentityKeyError, IdentityKeys, KeyChange, replace_identity_keys, rotate_identity_keys,
};
pub use network::Network;
pub use new_keys::{KeyQuestion, NewKeys};
pub use own_keys::{UnknownKeys, own_keys};
pub use proof::{Arrived, ProofAnswer, ProofQuestion};
pub use providers::DueLook;
pub use quotas::quotas;
pub use reach::{cloud, reach};
pub use sessions::{Asker, SessionCache, SessionError};
pub use shares::{NoTurn, Turn};
pub use throttle::{Counted, Guess, Guesser, Throttle, Wait};
pub use turns::{LARGE, Turns, VERY_LARGE};
pub use upstreams::Upstreams;
pub use visitors::{Brought, DescribedVisitor, Visitors};

/// How often the change log is read.
const FOLLOW: Duration = Duration::from_millis(500);
/// How often what is over is removed from the store.
const PURGE: Duration = Duration::from_mins(10);
/// How often sign-ins that nobody can answer any more are: there may be hundreds a second.
const FORGET: Duration = Duration::from_mins(1);
/// A clock that went forward by more than this, besides the time that passed, was set.
const CLOCK_SET: Duration = Duration::from_mins(5);
/// How long the store may take to say that it is there.
const READY: Duration = Duration::from_secs(2);

/// What every handler can reach.
#[derive(Debug)]
pub struct App {
    pub config: Config,
    pub clock: Clock,
    pub keys: Keys,
    /// The keys of SAML, the same for every company.
    sp_keys: ArcSwap<SpKeys>,
    /// The database, for sign-ins, checks and starts.
    pub store: Store,
    /// The same for the console, the API and what runs in the background.
    pub desk: Store,
    pub directory: Directory,
    pub applications: Applications,
    pub sessions: SessionCache,
    pub visitors: Visitors,
    /// The servers of applications behind our own proxy.
    pub upstreams: Upstreams,
    /// What our own proxy holds open.
    pub exchanges: Exchanges,
    /// The installation's own origin, where it has one.
    pub hub: Option<Origin>,
    /// What signs identity tokens.
    pub identity_keys: IdentityKeys,
    pub throttle: Throttle,
    /// The second opinion on sign-ins, where the operator wants one (rule B9).
    pub cross_check: Option<CrossCheck>,
    pub turns: Turns,
    pub new_keys: NewKeys,
    providers: Providers,
    /// The directories of connections, and their tokens.
    pub directories: Directories,
    /// This process among the nodes: whoever works on a directory leaves it in the database.
    node: String,
    /// Whether the keys have changed and could not be read yet.
    keys_behind: AtomicBool,
    /// The change counter up to which the log was followed.
    revision: AtomicI64,
}

impl App {
    /// Loads or makes the keys, opens and migrates the database, and reads every company.
    pub async fn open(config: Config, clock: Clock) -> Result<Arc<Self>, AppError> {
        Self::open_with(config, clock, UnknownKeys::Refuse).await
    }

    /// The same, where the operator may say that new keys are right.
    pub async fn open_with(
        config: Config,
        clock: Clock,
        new: UnknownKeys,
    ) -> Result<Arc<Self>, AppError> {
        let store = Store::open(&config.database_url(), keys::hash).await?;
        let store = store.with_quotas(quotas(&config.quota));
        let keys = own_keys(&config, &store, clock.now(), new).await?;
        let app = Self {
            directory: Directory::new(config.single_company.clone(), config.plain_http),
            sessions: SessionCache::new(
                store.clone(),
                clock.clone(),
                config.session.cache_megabytes,
            ),
            applications: Applications::default(),
            visitors: Visitors::new(store.clone(), config.session.gate_cache_megabytes),
            upstreams: Upstreams::new(config.proxy.connect_timeout.std()),
            exchanges: Exchanges::new(&config.proxy),
            hub: applications::hub(&config)?,
            identity_keys: IdentityKeys::default(),
            throttle: Throttle::new(&config.limits, clock.clone()),
            cross_check: cross_check(config.verification.cross_check)?,
            turns: Turns::default(),
            new_keys: NewKeys::default(),
            providers: Providers::new()?,
            directories: Directories::new()?,
            node: keys::hex(&keys::random::<8>()),
            keys_behind: AtomicBool::new(false),
            revision: AtomicI64::new(NEVER),
            sp_keys: ArcSwap::from_pointee(SpKeys::new(&keys)?),
            config,
            clock,
            keys,
            desk: store.at_leisure(),
            store,
        };
        app.sessions.listen(app.visitors.listener());
        app.catch_up().await?;
        Ok(Arc::new(app))
    }

    /// Who brings the secret of a session.
    pub fn asker<'a>(&'a self, company: &'a Company, client: Option<IpAddr>) -> Asker<'a> {
        Asker {
            company,
            client,
            throttle: &self.throttle,
        }
    }

    /// The keys of SAML as they are now.
    pub fn sp_keys(&self) -> Arc<SpKeys> {
        self.sp_keys.load_full()
    }

    /// Reads what changed in the store since the last time, here or on another node.
    pub async fn catch_up(&self) -> Result<(), store::Error> {
        let looked = Instant::now();
        let changes = self
            .store
            .changes_since(self.revision.load(Ordering::Acquire))
            .await?;
        self.visitors.forget(&changes);
        self.sessions.forget(&changes, looked);
        let behind = self.keys_behind.load(Ordering::Acquire);
        let is_first = self.revision.load(Ordering::Acquire) == NEVER;
        let keys_changed = (behind || changes.everything && !is_first) && self.read_keys().await;
        if changes.everything || keys_changed {
            self.read_everything().await?;
        } else {
            for &company in &changes.companies {
                self.read_company(company).await?;
            }
            if !changes.companies.is_empty() {
                self.applications_for(&self.directory.sites());
            }
        }
        // What was found out while the old state was still in use.
        self.visitors.forget(&changes);
        // Only now: what failed is tried again the next time.
        self.revision.store(changes.revision, Ordering::Release);
        Ok(())
    }

    /// Follows the change log until the future is dropped.
    pub async fn follow(&self) {
        let mut failing = false;
        loop {
            tokio::time::sleep(FOLLOW).await;
            let result = self.catch_up().await;
            match &result {
                Ok(()) if failing => tracing::info!("the database answers again"),
                Err(cause) if !failing => {
                    tracing::error!(%cause, "changes cannot be read; this server goes on with what it knows");
                }
                _ => {}
            }
            failing = result.is_err();
        }
    }

    /// Removes what is over from the store, again and again, until the future is dropped.
    pub async fn purge(&self) {
        tokio::join!(self.forget_unanswered(), self.purge_old());
    }

    async fn forget_unanswered(&self) {
        let mut last = self.moment();
        loop {
            tokio::time::sleep(FORGET).await;
            if self.was_set_forward(&mut last) {
                continue;
            }
            match self.desk.forget_unanswered(self.clock.now()).await {
                Ok(forgotten) => tracing::debug!(forgotten, "unfinished sign-ins"),
                Err(cause) => tracing::error!(%cause, "unfinished sign-ins cannot be removed"),
            }
        }
    }

    async fn purge_old(&self) {
        let mut last = self.moment();
        loop {
            // Not at the start: a machine that has just started may not know the time yet.
            tokio::time::sleep(PURGE).await;
            if self.purge_since(&mut last).await
                && let Err(cause) = self.look_after_identity_keys().await
            {
                tracing::error!(%cause, "the keys for identity tokens were not looked after");
            }
        }
    }

    /// Whether the clock was set forward since a moment, which becomes the present one.
    fn was_set_forward(&self, last: &mut ClockMoment) -> bool {
        let before = std::mem::replace(last, self.moment());
        let passed = last.running.saturating_sub(before.running);
        last.now - before.now > passed + CLOCK_SET
    }

    /// Removes what is over, unless the clock was set since the last time, which is `false`.
    async fn purge_since(&self, last: &mut ClockMoment) -> bool {
        if self.was_set_forward(last) {
            tracing::warn!(
                "the clock was set forward; what is over is removed when it still says so the next time"
            );
            return false;
        }
        let days = |days: u16| time::Duration::days(days.into());
        let audit = self.config.audit.retention_days;
        let keep = Retention {
            attempts: days(self.config.attempts.retention_days),
            audit: (audit > 0).then(|| days(audit)),
            most_attempts: Some(self.config.attempts.most_records).filter(|most| *most > 0),
            most_entries: Some(self.config.audit.most_entries).filter(|most| *most > 0),
        };
        match self.desk.purge(last.now, keep).await {
            Ok(purged) => tracing::debug!(
                purged.sessions,
                purged.assertions,
                purged.attempts,
                purged.evidence,
                purged.entries,
                "purged"
            ),
            Err(cause) => tracing::error!(%cause, "what is over cannot be removed"),
        }
        true
    }

    fn moment(&self) -> ClockMoment {
        ClockMoment {
            now: self.clock.now(),
            running: self.clock.running(),
        }
    }

    /// Whether the store answers.
    pub async fn is_ready(&self) -> bool {
        let asked = self
            .store
            .changes_since(self.revision.load(Ordering::Acquire));
        matches!(tokio::time::timeout(READY, asked).await, Ok(Ok(_)))
    }

    /// Reads the keys again, which may have been rotated; whether they could be used. Until they can, this server goes on with
    /// those that it has, and looks again each time.
    async fn read_keys(&self) -> bool {
        let read = own_keys(
            &self.config,
            &self.store,
            self.clock.now(),
            UnknownKeys::Refuse,
        );
        let read = read.await.and_then(|keys| Ok(SpKeys::new(&keys)?));
        let behind = self.keys_behind.swap(read.is_err(), Ordering::AcqRel);
        match read {
            Ok(keys) => {
                self.sp_keys.store(Arc::new(keys));
                true
            }
            Err(cause) => {
                if !behind {
                    tracing::error!(%cause, "the keys have changed and cannot be used here; this server goes on with the ones before");
                }
                false
            }
        }
    }

    async fn read_everything(&self) -> Result<(), store::Error> {
        let applications = self.store.applications().await?;
        let mut sites = Vec::new();
        let mut domains: HashMap<CompanyId, Vec<CompanyDomain>> = HashMap::new();
        for domain in self.store.all_domains().await? {
            domains.entry(domain.company_id).or_default().push(domain);
        }
        for company in self.store.companies().await? {
            let own = domains.remove(&company.id).unwrap_or_default();
            let at = applications.iter().map(|it| &it.application);
            let at = applications::origins_for(at, &company);
            sites.push(self.site(company, own, at).await?);
        }
        self.directory.replace(sites.iter().cloned());
        self.take_applications(applications, &sites);
        match self.read_identity_keys().await {
            // It is tried again the next time.
            Err(IdentityKeyError::Store(cause)) => Err(cause),
            Err(cause) => {
                tracing::error!(%cause, "the keys for identity tokens cannot be used");
                Ok(())
            }
            Ok(()) => Ok(()),
        }
    }

    async fn read_company(&self, id: CompanyId) -> Result<(), store::Error> {
        let site = match self.store.company(id).await? {
            Some(company) => {
                let domains = self.store.domains(id).await?;
                let applications = self.applications.all();
                let at = applications.iter().map(|it| &it.application);
                let at = applications::origins_for(at, &company);
                Some(self.site(company, domains, at).await?)
            }
            None => None,
        };
        self.directory.update(id, site);
        Ok(())
    }

    async fn site(
        &self,
        company: Company,
        domains: Vec<CompanyDomain>,
        application_origins: Vec<Origin>,
    ) -> Result<Arc<Site>, store::Error> {
        let connections = self.store.connections(company.id).await?;
        let allowed = self.store.restrictions(company.id).await?;
        let site = Site::new(company, connections, &self.sp_keys.load());
        let site = site.with_domains(domains);
        Ok(Arc::new(
            site.with_applications(application_origins, allowed),
        ))
    }
}

/// What the operator wants asked; an error, and never nothing, when nobody can be.
fn cross_check(wanted: config::CrossCheckMode) -> Result<Option<CrossCheck>, AppError> {
    let incomparable = match wanted {
        config::CrossCheckMode::Off => return Ok(None),
        config::CrossCheckMode::Compare => Incomparable::Passes,
        config::CrossCheckMode::Strict => Incomparable::IsRefused,
    };
    let opinion = second_opinion().ok_or(AppError::NoSecondOpinion)?;
    Ok(Some(CrossCheck::new(opinion, incomparable)))
}

/// A moment by the clock, which may be set, and by the time that this process has run.
#[derive(Debug, Clone, Copy)]
struct ClockMoment {
    now: OffsetDateTime,
    running: Duration,
}

/// Before every revision: the first look reads everything.
const NEVER: i64 = -1;

#[cfg(test)]
impl App {
    /// An application in a directory of its own. Its keys are made once and kept, because making them takes seconds.
    pub(crate) async fn for_test(
        change: impl FnOnce(&mut Config),
    ) -> (Arc<Self>, tempfile::TempDir) {
        let dir = tempfile::tempdir().unwrap();
        let mut config = Config {
            data_dir: dir.path().to_owned(),
            ..Config::default()
        };
        config.keys.dir = Some(concat!(env!("CARGO_MANIFEST_DIR"), "/target/test-keys").into());
        change(&mut config);
        let now = time::macros::datetime!(2026-03-01 12:00 UTC);
        (Self::open(config, Clock::fixed(now)).await.unwrap(), dir)
    }
}

#[cfg(test)]
pub(crate) mod tests;
