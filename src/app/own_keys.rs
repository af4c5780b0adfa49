//! The keys of this installation, held against the database.
//!
//! Invariant: keys are made only where the database knows none, or where the operator says so; keys that are not the database's
//! are not used.

use std::collections::BTreeSet;

use time::OffsetDateTime;

use super::AppError;
use crate::config::Config;
use crate::domain::{AuditAction, AuditDetail, AuditEvent, AuditId};
use crate::keys::{self, Keys};
use crate::store::Store;

type Fingerprints = BTreeSet<(String, String)>;

/// What to do with keys that are not those of the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum UnknownKeys {
    #[default]
    Refuse,
    /// The operator has lost the old ones, or means it.
    Accept,
}

/// The entry of the audit log: of the whole installation, because everybody's sign-ins hang on its keys.
fn accepted(known: &Fingerprints, ours: &Fingerprints, now: OffsetDateTime) -> AuditEvent {
    let kinds: BTreeSet<&str> = known
        .symmetric_difference(ours)
        .map(|(kind, _)| kind.as_str())
        .collect();
    let kinds: Vec<&str> = kinds.into_iter().collect();
    AuditEvent {
        id: AuditId::at(now, keys::in_order()),
        company_id: None,
        at: now,
        actor: "command line".to_owned(),
        action: AuditAction::KeyAccept.into(),
        subject: kinds.join(", "),
        detail: AuditDetail::NewKeysAccepted.to_string(),
        client: None,
        before: None,
        after: None,
    }
}

/// Loads the keys, and makes them where there are none yet.
pub async fn own_keys(
    config: &Config,
    store: &Store,
    now: OffsetDateTime,
    new: UnknownKeys,
) -> Result<Keys, AppError> {
    let known = store.key_fingerprints().await?;
    let make = known.is_empty() || new == UnknownKeys::Accept;
    let configured = config.clone();
    // Making takes seconds, and another process may hold the lock while it makes some.
    let loading = move || {
        if make {
            Keys::load(&configured, now)
        } else {
            Keys::find(&configured, now)
        }
    };
    let loaded = tokio::task::spawn_blocking(loading).await;
    let keys = loaded.map_err(|_| AppError::Stopped)??;
    let ours = keys.fingerprints();
    if new == UnknownKeys::Accept {
        if known != ours {
            let event = accepted(&known, &ours, now);
            store.replace_fingerprints(&ours, Some(&event), now).await?;
            tracing::warn!("the keys are new to the database, and were accepted");
        }
        return Ok(keys);
    }
    // Another server may have noted its own just now.
    let known = if known.is_empty() {
        store.note_fingerprints(&ours, now).await?
    } else {
        known
    };
    let foreign = keys.foreign_to(&known);
    if foreign.is_empty() {
        return Ok(keys);
    }
    Err(AppError::ForeignKeys {
        which: foreign.join(", "),
        dir: config.keys_dir(),
    })
}
