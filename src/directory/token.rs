//! What is known of a directory's token, in memory alone.

use std::sync::PoisonError;
use std::time::Duration;

use tokio::sync::Mutex;

use crate::domain::{ClientKeyPair, ClientSecret, DirectorySettings};
use crate::graph::GraphToken;

/// What is known of one connection's token.
#[derive(Debug, Default)]
pub(super) struct KnownToken {
    pub(super) kept: Mutex<Option<KeptToken>>,
    /// Until when nobody asks, by the time that the process has run.
    quiet_until: std::sync::Mutex<Option<Duration>>,
}

/// A token, and for whom and until when it is good.
#[derive(Debug, Clone)]
pub(super) struct KeptToken {
    pub(super) token: GraphToken,
    pub(super) asked_as: AskedAs,
    pub(super) since: Duration,
}

/// What a token was asked for with. Another secret at the same client makes no other token, and is tried all the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct AskedAs {
    pub(super) settings: DirectorySettings,
    pub(super) client_id: String,
    pub(super) secrets: Vec<ClientSecret>,
    pub(super) key: Option<ClientKeyPair>,
}

impl KnownToken {
    /// How long to wait still.
    pub(super) fn quiet_for(&self, now: Duration) -> Option<Duration> {
        let until = self
            .quiet_until
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let left = (*until)?.saturating_sub(now);
        (left > Duration::ZERO).then_some(left)
    }

    /// Nobody asks until then.
    pub(super) fn be_quiet(&self, until: Duration) {
        let mut known = self
            .quiet_until
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if known.is_none_or(|known| known < until) {
            *known = Some(until);
        }
    }
}
