//! Who may ask a check (rule Q15).
//!
//! Invariant: it takes a trusted proxy and the application's key. The address alone is not enough: a proxy that also leads browsers
//! here would bring anybody's check, with fields of his choice.

use std::net::SocketAddr;

use axum::http::{HeaderMap, HeaderName};

use crate::admin::proxy_key_hash;
use crate::app::App;
use crate::keys;
use crate::policy::CheckEntry;
use crate::site::ReadyApplication;

/// What a proxy shows.
const KEY: HeaderName = HeaderName::from_static("vestibule-proxy-key");

/// How a check came.
#[derive(Debug, Clone, Copy)]
pub(super) enum Way {
    /// By the socket of this machine, whose file only proxies may open.
    Local,
    /// From an address.
    Network(Option<SocketAddr>),
}

impl Way {
    /// How it ended at the door.
    pub(super) fn entry(self, refused: Option<NoEntry>) -> CheckEntry {
        let peer = match self {
            Self::Local => return CheckEntry::Listener,
            Self::Network(peer) => peer.map(|peer| peer.ip().to_canonical()),
        };
        match refused {
            None => CheckEntry::Key(peer),
            Some(NoEntry::Address) => CheckEntry::NoAddress(peer),
            Some(NoEntry::Key) => CheckEntry::NoKey(peer),
        }
    }
}

/// Why a check is not answered. The asker is told the same of all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NoEntry {
    /// The address is not among `trusted_proxies`.
    Address,
    /// No key, several, or one that does not count.
    Key,
}

/// Whether whoever asks is the application's own proxy.
pub(super) fn admit(
    app: &App,
    application: &ReadyApplication,
    way: Way,
    headers: &HeaderMap,
) -> Result<(), NoEntry> {
    let peer = match way {
        // The rights of the file stand for the list and the key.
        Way::Local => return Ok(()),
        Way::Network(peer) => peer,
    };
    let address = peer.map(|peer| peer.ip().to_canonical());
    let trusted = &app.config.trusted_proxies;
    if !address.is_some_and(|address| trusted.iter().any(|block| block.contains(address))) {
        return Err(NoEntry::Address);
    }
    let mut shown = headers.get_all(KEY).iter();
    let (Some(key), None) = (shown.next(), shown.next()) else {
        return Err(NoEntry::Key);
    };
    let hash = key.to_str().map(proxy_key_hash).map_err(|_| NoEntry::Key)?;
    let counts = |known: &[u8; 32]| keys::same(known, &hash);
    // Every one is compared, whichever it is.
    let found = application.key_hashes.iter().filter(|known| counts(known));
    if found.count() > 0 {
        Ok(())
    } else {
        Err(NoEntry::Key)
    }
}
