//! The keys that sign identity tokens (rules V8 and V9), as this node knows them.
//!
//! Invariant: which key signs follows from the database and the clock alone, so that all nodes change at one instant; a key that signs
//! is published.

use std::sync::{Arc, OnceLock};

use arc_swap::ArcSwap;
use bytes::Bytes;
use serde::Serialize;
use serde_json::json;
use time::{Duration, OffsetDateTime};

use super::App;
use crate::domain::AuditEvent;
use crate::jose::{Algorithm, ProtectedHeader, SignJwsError, SigningKey};
use crate::keys::{Keys, new_signing_key};
use crate::policy::TOKEN_TYPE;
use crate::store::{self, Store, StoredIdentityKey, Tx};

/// What a private key is sealed for.
const PURPOSE: &str = "identity key";
/// How long a key is published after another one has taken its place: the longest life of a token, and a day.
const PUBLISHED_AFTER: Duration = Duration::seconds(600 + 86_400);
/// A key signs for so long.
const SIGNS_FOR: Duration = Duration::days(90);
/// How far ahead of its time a change is written down: longer than nodes take to hear of it, and their clocks are apart.
const AHEAD: Duration = Duration::seconds(10);
/// How long a key is published before it signs.
const PUBLISHED_BEFORE: Duration = Duration::hours(24);

/// The keys that this node knows.
#[derive(Debug, Default)]
pub struct IdentityKeys {
    snapshot: ArcSwap<Vec<IdentityKey>>,
}

#[derive(Debug)]
struct IdentityKey {
    key: SigningKey,
    signs_from: Option<OffsetDateTime>,
    /// Its JWK, as it is published.
    jwk: OnceLock<serde_json::Value>,
}

/// Why there is no token.
#[derive(Debug, thiserror::Error)]
pub enum IdentityKeyError {
    #[error(transparent)]
    Store(#[from] store::Error),
    #[error("a key for identity tokens cannot be used: {0}")]
    Key(#[from] SignJwsError),
    #[error("a key for identity tokens cannot be made: {0}")]
    Make(String),
    #[error("there is no key for identity tokens yet")]
    None,
    /// A change within a day of the one before.
    #[error("the keys for identity tokens were changed less than 24 hours ago")]
    TooSoon,
}

/// What a change of keys has done.
#[derive(Debug, Clone)]
pub struct KeyChange {
    /// The key that signs next.
    pub kid: String,
    /// From when.
    pub from: OffsetDateTime,
}

impl IdentityKeys {
    /// A signed token with these claims.
    pub fn sign(
        &self,
        claims: &impl Serialize,
        now: OffsetDateTime,
    ) -> Result<String, IdentityKeyError> {
        let snapshot = self.snapshot.load();
        let signing = signing(&snapshot, now).ok_or(IdentityKeyError::None)?;
        let header = ProtectedHeader {
            typ: Some(TOKEN_TYPE),
            kid: Some(signing.key.thumbprint()),
            ..ProtectedHeader::default()
        };
        Ok(signing.key.sign(header, claims)?)
    }

    /// The key set that verifiers read (RFC 7517).
    pub fn published(&self, now: OffsetDateTime) -> Bytes {
        let snapshot = self.snapshot.load();
        let keys: Vec<&serde_json::Value> = snapshot
            .iter()
            .filter(|it| !is_over(&snapshot, it, now))
            .map(|it| it.jwk.get_or_init(|| it.key.jwk()))
            .collect();
        json!({ "keys": keys }).to_string().into()
    }

    fn replace(&self, keys: Vec<IdentityKey>) {
        self.snapshot.store(Arc::new(keys));
    }
}

/// The key whose time came last. Where the clock is behind all of them, the first one: it is published, and no key is made because of
/// a clock.
fn signing(keys: &[IdentityKey], now: OffsetDateTime) -> Option<&IdentityKey> {
    let timed = || keys.iter().filter(|it| it.signs_from.is_some());
    let begun = timed().filter(|it| it.signs_from <= Some(now));
    begun
        .max_by_key(|it| it.signs_from)
        .or_else(|| timed().min_by_key(|it| it.signs_from))
}

/// Whether no token of a key can be in use any more.
fn is_over(keys: &[IdentityKey], one: &IdentityKey, now: OffsetDateTime) -> bool {
    let Some(from) = one.signs_from else {
        return false;
    };
    let successors = keys.iter().filter_map(|it| it.signs_from);
    let successor = successors.filter(|later| *later > from).min();
    successor.is_some_and(|since| since.saturating_add(PUBLISHED_AFTER) <= now)
}

impl App {
    /// Reads the keys; makes them where there are none, or where those that are there were sealed by another instance.
    pub(super) async fn read_identity_keys(&self) -> Result<(), IdentityKeyError> {
        let stored = self.store.identity_keys().await?;
        let opened = opened(&self.keys, &stored)?;
        if signing(&opened, self.clock.now()).is_some() {
            self.identity_keys.replace(opened);
            return Ok(());
        }
        make_identity_keys(&self.store, &self.keys, self.clock.now()).await?;
        let stored = self.store.identity_keys().await?;
        self.identity_keys
            .replace(self::opened(&self.keys, &stored)?);
        Ok(())
    }

    /// Changes keys that have signed for their time, and removes those that are over.
    pub(super) async fn look_after_identity_keys(&self) -> Result<(), IdentityKeyError> {
        let now = self.clock.now();
        let due = {
            let snapshot = self.identity_keys.snapshot.load();
            let newest = snapshot.iter().filter_map(|it| it.signs_from).max();
            newest.is_some_and(|from| from.saturating_add(SIGNS_FOR) <= now)
        };
        if due {
            match rotate_identity_keys(&self.store, &self.keys, now, |_| None).await {
                // Another node was faster.
                Ok(_) | Err(IdentityKeyError::TooSoon) => {}
                Err(cause) => return Err(cause),
            }
        }
        let is_any_over = {
            let snapshot = self.identity_keys.snapshot.load();
            snapshot.iter().any(|it| is_over(&snapshot, it, now))
        };
        if !is_any_over {
            return Ok(());
        }
        let mut tx = self.store.begin().await?;
        let there = opened(&self.keys, &tx.hold_identity_keys().await?)?;
        for one in there.iter().filter(|it| is_over(&there, it, now)) {
            tx.remove_identity_key(one.key.thumbprint()).await?;
        }
        Ok(tx.commit(now).await?)
    }
}

/// Lets the key that waits sign from an instant on that every node knows before, and makes another one that waits.
pub async fn rotate_identity_keys(
    store: &Store,
    keys: &Keys,
    now: OffsetDateTime,
    entry: impl FnOnce(&KeyChange) -> Option<AuditEvent>,
) -> Result<KeyChange, IdentityKeyError> {
    let mut tx = store.begin().await?;
    let there = tx.hold_identity_keys().await?;
    let newest = there.iter().filter_map(|it| it.signs_from).max();
    let waiting = there.iter().find(|it| it.signs_from.is_none());
    let since = waiting.map(|it| it.created_at).max(newest);
    if since.is_some_and(|since| since.saturating_add(PUBLISHED_BEFORE) > now) {
        return Err(IdentityKeyError::TooSoon);
    }
    let from = now.saturating_add(AHEAD);
    let kid = if let Some(waiting) = waiting {
        tx.sign_from(&waiting.kid, from).await?;
        waiting.kid.clone()
    } else {
        let key = new_key(keys, now, Some(from))?;
        tx.add_identity_key(&key).await?;
        key.kid
    };
    tx.add_identity_key(&new_key(keys, now, None)?).await?;
    end_change(tx, KeyChange { kid, from }, now, entry).await
}

/// Puts new keys in the place of all: the ones before are published no more, and what they have signed counts no more.
pub async fn replace_identity_keys(
    store: &Store,
    keys: &Keys,
    now: OffsetDateTime,
    entry: impl FnOnce(&KeyChange) -> Option<AuditEvent>,
) -> Result<KeyChange, IdentityKeyError> {
    let mut tx = store.begin().await?;
    let there = tx.hold_identity_keys().await?;
    let change = begin_anew(&mut tx, there, keys, now).await?;
    end_change(tx, change, now, entry).await
}

async fn end_change(
    mut tx: Tx,
    change: KeyChange,
    now: OffsetDateTime,
    entry: impl FnOnce(&KeyChange) -> Option<AuditEvent>,
) -> Result<KeyChange, IdentityKeyError> {
    if let Some(entry) = entry(&change) {
        tx.audit(&entry).await?;
    }
    tx.commit(now).await?;
    Ok(change)
}

/// Makes the first keys, once for all nodes.
async fn make_identity_keys(
    store: &Store,
    keys: &Keys,
    now: OffsetDateTime,
) -> Result<(), IdentityKeyError> {
    let mut tx = store.begin().await?;
    let there = tx.hold_identity_keys().await?;
    let is_usable = signing(&opened(keys, &there)?, now).is_some();
    if is_usable {
        return Ok(());
    }
    begin_anew(&mut tx, there, keys, now).await?;
    Ok(tx.commit(now).await?)
}

/// Puts a key that signs at once and one that waits in the place of those that are there.
async fn begin_anew(
    tx: &mut Tx,
    there: Vec<StoredIdentityKey>,
    keys: &Keys,
    now: OffsetDateTime,
) -> Result<KeyChange, IdentityKeyError> {
    for key in there {
        tx.remove_identity_key(&key.kid).await?;
    }
    let key = new_key(keys, now, Some(now))?;
    tx.add_identity_key(&key).await?;
    tx.add_identity_key(&new_key(keys, now, None)?).await?;
    Ok(KeyChange {
        kid: key.kid,
        from: now,
    })
}

/// Those that this instance has sealed.
fn opened(keys: &Keys, stored: &[StoredIdentityKey]) -> Result<Vec<IdentityKey>, IdentityKeyError> {
    let mut opened = Vec::new();
    for one in stored {
        let Some(pkcs8) = keys.open(PURPOSE, &one.sealed) else {
            tracing::warn!(
                kid = one.kid,
                "a key for identity tokens was sealed with another instance key"
            );
            continue;
        };
        opened.push(IdentityKey {
            key: SigningKey::from_pkcs8(&pkcs8, Algorithm::Es256)?,
            signs_from: one.signs_from,
            jwk: OnceLock::new(),
        });
    }
    Ok(opened)
}

fn new_key(
    keys: &Keys,
    now: OffsetDateTime,
    signs_from: Option<OffsetDateTime>,
) -> Result<StoredIdentityKey, IdentityKeyError> {
    let pkcs8 = new_signing_key().map_err(|cause| IdentityKeyError::Make(cause.to_string()))?;
    let key = SigningKey::from_pkcs8(&pkcs8, Algorithm::Es256)?;
    Ok(StoredIdentityKey {
        kid: key.thumbprint().to_owned(),
        sealed: keys.seal(PURPOSE, &pkcs8),
        created_at: now,
        signs_from,
    })
}
