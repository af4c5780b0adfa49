//! What is remembered of OpenID providers: their documents and their keys.
//!
//! Invariants: one question at a time for each connection, and few of them (rule K4): an unknown key makes one, whoever brings it;
//! what was good stays while a provider does not answer; a company's providers have their share of the questions under way.
//!
//! Tests: `tests/it/oidc_sign_in/keys.rs`. What a document means is the room `oidc`.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex as SyncMutex, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::sync::Mutex;

use super::App;
use super::shares::{Shares, Turn};
use crate::domain::{Company, Connection, ConnectionId, OidcSettings};
use crate::jose::{KeySet, PublicKey};
use crate::keys;
use crate::oidc::Discovery;
use crate::outbound::{DocumentError, ProviderClient, ProviderFailure};

/// How old keys may be before they are read again.
const FRESH: Duration = Duration::from_hours(1);
/// How long keys count that cannot be read again.
const KEPT: Duration = Duration::from_hours(24);
/// How long a key counts that a provider does not list any more; Entra's count as long as they are kept.
const UNLISTED: Duration = Duration::from_hours(1);
/// How often an unknown key makes a question.
const UNKNOWN_KEY: Duration = Duration::from_mins(5);
/// How often a question is asked that failed.
const FAILED: Duration = Duration::from_secs(5);
/// Questions under way at once, and those of one company: its provider may be silent.
const ASKED: usize = 512;
const ASKED_OF_ONE: usize = 128;
/// How often a document is looked at again, by so much less at most, so that not all are at once.
const LOOK: Duration = Duration::from_hours(1);
const JITTER: u64 = 600;
/// How long after its last sign-in a connection's provider is looked at.
const USED_LATELY: Duration = Duration::from_hours(24);

/// The providers of all connections.
#[derive(Debug)]
pub(super) struct Providers {
    client: ProviderClient,
    known: SyncMutex<HashMap<ConnectionId, Arc<KnownProvider>>>,
    turns: Shares,
}

/// One connection's provider.
#[derive(Debug, Default)]
struct KnownProvider {
    /// What sign-ins read, without waiting for who asks the provider.
    current: ArcSwap<CurrentKeys>,
    keys: Mutex<KnownKeys>,
    discovery: Mutex<Option<(String, Discovery)>>,
    looks: SyncMutex<Looks>,
    /// Whether a key of this application alone has signed, though the connection does not say so yet (rule K6).
    application_keys: AtomicBool,
}

/// The looks at a provider's document (rule J6).
#[derive(Debug, Default)]
struct Looks {
    /// When its keys were last wanted by a sign-in.
    used_at: Option<Duration>,
    /// When somebody last looked, or the server began to count.
    looked_at: Option<Duration>,
    /// The version that was read.
    etag: Option<String>,
}

/// A connection whose provider is looked at again, with the version of its document that is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueLook {
    pub connection: ConnectionId,
    pub etag: Option<String>,
    /// Whether a key of the application alone has signed.
    pub application_keys: bool,
}

/// The keys that count.
#[derive(Debug, Clone, Default)]
struct CurrentKeys {
    /// Where they were read.
    address: String,
    set: Arc<KeySet>,
    read_at: Option<Duration>,
}

/// What has to be known to read them again.
#[derive(Debug, Default)]
struct KnownKeys {
    current: CurrentKeys,
    /// Each key, and when it was last listed.
    listed: Vec<(PublicKey, Duration)>,
    failed_at: Option<Duration>,
    /// When an unknown key last made a question.
    unknown_at: Option<Duration>,
}

impl Providers {
    pub(super) fn new() -> Result<Self, ProviderFailure> {
        Ok(Self {
            client: ProviderClient::new()?,
            known: SyncMutex::default(),
            turns: Shares::new(ASKED, ASKED_OF_ONE),
        })
    }

    fn known(&self, id: ConnectionId) -> Arc<KnownProvider> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(known.entry(id).or_default())
    }
}

impl App {
    /// The client that asks providers.
    pub fn provider_client(&self) -> &ProviderClient {
        &self.providers.client
    }

    /// A turn to ask a provider of a company; none when the company has its share under way.
    pub fn provider_turn(&self, company: &Company) -> Result<Turn, DocumentError> {
        let turn = self.providers.turns.now(company.id);
        turn.ok_or(DocumentError::Turns)
    }

    /// What a connection's provider says of itself: what an administrator has looked at, or else what it says now.
    pub async fn discovery<'a>(
        &self,
        company: &Company,
        connection: &Connection,
        oidc: &'a OidcSettings,
    ) -> Result<Cow<'a, Discovery>, DocumentError> {
        if let Some(discovery) = &oidc.discovery {
            return Ok(Cow::Borrowed(discovery));
        }
        let known = self.providers.known(connection.id);
        let mut kept = known.discovery.lock().await;
        let address = oidc.issuer.discovery_url();
        if let Some((from, discovery)) = &*kept
            && *from == address
        {
            return Ok(Cow::Owned(discovery.clone()));
        }
        let _turn = self.provider_turn(company)?;
        let (client, reach) = (&self.providers.client, self.reach(company));
        let discovery = client.discovery(&oidc.issuer, reach).await?;
        *kept = Some((address, discovery.clone()));
        Ok(Cow::Owned(discovery))
    }

    /// The same as far as it is known here: nobody is asked, and nobody waits.
    pub fn known_discovery(
        &self,
        connection: &Connection,
        oidc: &OidcSettings,
    ) -> Option<Discovery> {
        if let Some(discovery) = &oidc.discovery {
            return Some(discovery.clone());
        }
        let known = self.providers.known(connection.id);
        let kept = known.discovery.try_lock().ok()?;
        let (from, discovery) = kept.as_ref()?;
        (*from == oidc.issuer.discovery_url()).then(|| discovery.clone())
    }

    /// The connections that were used lately and whose provider is to be looked at again, the longest due first; each is told once
    /// an hour. What was found out of a connection's keys is told at once.
    pub fn due_looks(&self, most: usize) -> Vec<DueLook> {
        let now = self.clock.running();
        let since = |moment: Option<Duration>| moment.map(|it| now.saturating_sub(it));
        let known = self.providers.known.lock();
        let known = known.unwrap_or_else(PoisonError::into_inner);
        let mut due = Vec::new();
        for (id, provider) in &*known {
            let looks = provider.looks.lock();
            let looks = looks.unwrap_or_else(PoisonError::into_inner);
            // The same for a connection at every look, another one for the next connection.
            let jitter = Duration::from_secs(
                u64::from(keys::hash(id.to_string().as_bytes())[0]) * JITTER / 255,
            );
            let is_used = since(looks.used_at).is_some_and(|it| it < USED_LATELY);
            let age = since(looks.looked_at).unwrap_or_default();
            if is_used && age >= LOOK.saturating_sub(jitter) {
                due.push((age, *id, Arc::clone(provider)));
            }
        }
        drop(known);
        due.sort_by_key(|(age, ..)| std::cmp::Reverse(*age));
        due.truncate(most);
        due.into_iter()
            .map(|(_, connection, provider)| {
                let looks = provider.looks.lock();
                let mut looks = looks.unwrap_or_else(PoisonError::into_inner);
                looks.looked_at = Some(now);
                DueLook {
                    connection,
                    etag: looks.etag.clone(),
                    application_keys: provider.application_keys.load(Ordering::Relaxed),
                }
            })
            .collect()
    }

    /// Keeps the version of a document that was read.
    pub fn note_look(&self, connection: ConnectionId, etag: Option<String>) {
        let known = self.providers.known(connection);
        let mut looks = known.looks.lock().unwrap_or_else(PoisonError::into_inner);
        looks.etag = etag;
    }

    /// The keys of a connection's provider, among them the one of this name, if the provider has it.
    pub async fn provider_keys(
        &self,
        company: &Company,
        connection: &Connection,
        discovery: &Discovery,
        kid: Option<&str>,
    ) -> Result<Arc<KeySet>, DocumentError> {
        let known = self.providers.known(connection.id);
        let (now, address) = (self.clock.running(), &discovery.jwks_uri);
        known.note_use(now);
        let current = known.current.load_full();
        let serves = current.serves(address, kid, now);
        if serves && current.is_fresh(now) {
            return Ok(Arc::clone(&current.set));
        }
        let mut keys = match known.keys.try_lock() {
            Ok(keys) => keys,
            // Somebody reads them again already.
            Err(_) if serves => return Ok(Arc::clone(&current.set)),
            // Whoever waits here finds what the one before has read.
            Err(_) => known.keys.lock().await,
        };
        if keys.current.address != *address {
            *keys = KnownKeys::at(address);
        }
        if keys.wants_reading(kid, now) {
            let oidc = connection.settings.oidc();
            let is_entra = oidc.is_some_and(|oidc| oidc.issuer.is_entra());
            let own = oidc.filter(|_| is_entra);
            let own = own.and_then(|oidc| discovery.application_keys(&oidc.client_id));
            let knows_own = oidc.is_some_and(|oidc| oidc.application_keys)
                || known.application_keys.load(Ordering::Relaxed);
            let turn = self.provider_turn(company)?;
            let (client, reach) = (&self.providers.client, self.reach(company));
            let read = match (&own, knows_own) {
                (Some(own), true) => client.key_set(own, reach).await,
                (own, _) => {
                    let read = client.key_set(address, reach).await;
                    // Rule K6, in the budget of the same question.
                    let own = own.as_ref().filter(|_| lacks(&read, kid));
                    match own {
                        None => read,
                        Some(own) => match client.key_set(own, reach).await {
                            Ok(more) if kid.is_some_and(|kid| has_key(&more, kid)) => {
                                known.application_keys.store(true, Ordering::Relaxed);
                                Ok(more)
                            }
                            _ => read,
                        },
                    }
                }
            };
            drop(turn);
            match read {
                Ok(read) => keys.take(&read, is_entra, now),
                Err(cause) => {
                    keys.failed_at = Some(now);
                    tracing::warn!(connection = %connection.name, %cause, "a provider's keys cannot be read");
                    if keys.current.read_at.is_none() {
                        return Err(cause);
                    }
                }
            }
            known.current.store(Arc::new(keys.current.clone()));
        }
        keys.current.usable(now)
    }
}

fn has_key(set: &KeySet, kid: &str) -> bool {
    set.keys().iter().any(|key| key.kid() == Some(kid))
}

/// Whether what was read does not have the key that is looked for.
fn lacks(read: &Result<KeySet, DocumentError>, kid: Option<&str>) -> bool {
    matches!((read, kid), (Ok(set), Some(kid)) if !has_key(set, kid))
}

impl KnownProvider {
    fn note_use(&self, now: Duration) {
        let mut looks = self.looks.lock().unwrap_or_else(PoisonError::into_inner);
        looks.used_at = Some(now);
        looks.looked_at.get_or_insert(now);
    }
}

impl CurrentKeys {
    fn age(&self, now: Duration) -> Option<Duration> {
        self.read_at.map(|read| now.saturating_sub(read))
    }

    fn is_fresh(&self, now: Duration) -> bool {
        self.age(now).is_some_and(|age| age < FRESH)
    }

    /// Whether they will do for a token that names this key.
    fn serves(&self, address: &str, kid: Option<&str>, now: Duration) -> bool {
        self.address == address
            && self.age(now).is_some_and(|age| age < KEPT)
            && kid.is_none_or(|kid| self.has(kid))
    }

    fn has(&self, kid: &str) -> bool {
        has_key(&self.set, kid)
    }

    fn usable(&self, now: Duration) -> Result<Arc<KeySet>, DocumentError> {
        match self.age(now) {
            Some(age) if age < KEPT => Ok(Arc::clone(&self.set)),
            _ => Err(DocumentError::Failed),
        }
    }
}

impl KnownKeys {
    fn at(address: &str) -> Self {
        Self {
            current: CurrentKeys {
                address: address.to_owned(),
                ..CurrentKeys::default()
            },
            ..Self::default()
        }
    }

    /// Whether the provider is asked before these are used.
    fn wants_reading(&mut self, kid: Option<&str>, now: Duration) -> bool {
        let within =
            |moment: Option<Duration>, most| moment.is_some_and(|it| now.saturating_sub(it) < most);
        if within(self.failed_at, FAILED) {
            return false;
        }
        if !self.current.is_fresh(now) {
            return true;
        }
        let is_known = kid.is_none_or(|kid| self.current.has(kid));
        if is_known || within(self.unknown_at, UNKNOWN_KEY) {
            return false;
        }
        self.unknown_at = Some(now);
        true
    }

    /// Takes what was read, beside what was listed a while ago.
    fn take(&mut self, read: &KeySet, is_entra: bool, now: Duration) {
        let is_listed = |old: &PublicKey| {
            let mut listed = read.keys().iter();
            listed.any(|it| it.thumbprint() == old.thumbprint())
        };
        let lifetime = if is_entra { KEPT } else { UNLISTED };
        self.listed
            .retain(|(key, seen)| !is_listed(key) && now.saturating_sub(*seen) < lifetime);
        let new = read.keys().iter().map(|key| (key.clone(), now));
        self.listed.extend(new);
        let all = self.listed.iter().map(|(key, _)| key.clone());
        self.current.set = Arc::new(all.collect());
        (self.current.read_at, self.failed_at) = (Some(now), None);
    }
}
