//! The keys of this installation, held against the database.
//!
//! Invariant: keys are made only where the database knows none, or where the operator says so; keys that are not the database's
//! are not used.

use time::OffsetDateTime;

use super::AppError;
use crate::config::Config;
use crate::keys::Keys;
use crate::store::Store;

/// What to do with keys that are not those of the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum UnknownKeys {
    #[default]
    Refuse,
    /// The operator has lost the old ones, or means it.
    Accept,
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
            store.replace_fingerprints(&ours, now).await?;
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
