//! A connection's directory in Microsoft Graph, ready to be asked: whose token, how often, and what an answer means for us.
//!
//! Invariants: the directory is only read. A token is kept in memory, for its connection and for the settings that it was asked with,
//! and one request for it is under way at a time. Who was asked to wait asks nothing more until the time is over. A secret, a token
//! and a link of the directory are in no error and no log.
//!
//! ```text
//! Directories ── open(connection) ──► OpenDirectory ── ask(request) ──► GraphAnswer
//!                                        check(), find_people(), user(), member_groups(), pages()
//! ```
//!
//! Tests: `tests/it/graph`. What is asked and what an answer says is the room `graph`.

mod access;
mod ask;
mod check;
mod error;
mod look_up;
mod obtain;
mod overage;
mod pages;
mod synchronise;
mod token;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::domain::ConnectionId;
use crate::outbound::{ProviderClient, ProviderFailure};
use token::KnownToken;

pub use access::{DirectoryKeeper, OpenDirectory};
pub use check::{DirectoryCheck, DirectoryLine, DirectoryOutcome, DirectoryQuestion};
pub use error::{DirectoryError, TokenProblem};
pub use look_up::{FoundPerson, MOST_FOUND_PEOPLE};
pub use overage::GroupLookUp;
pub use pages::ListPages;
pub use synchronise::{
    MOST_DIRECTORY_GROUPS, MOST_DIRECTORY_PEOPLE, MOST_MEMBERSHIPS, SyncOutcome, Synchroniser,
    directory_source, plan_groups,
};

/// The directories of all connections.
#[derive(Debug)]
pub struct Directories {
    client: ProviderClient,
    known: Mutex<HashMap<ConnectionId, Arc<KnownToken>>>,
}

impl Directories {
    /// With no token yet.
    pub fn new() -> Result<Self, ProviderFailure> {
        Ok(Self {
            client: ProviderClient::new()?,
            known: Mutex::default(),
        })
    }

    fn known(&self, id: ConnectionId) -> Arc<KnownToken> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(known.entry(id).or_default())
    }

    /// Forgets what is known of a connection that is gone.
    pub fn forget(&self, id: ConnectionId) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.remove(&id);
    }
}
