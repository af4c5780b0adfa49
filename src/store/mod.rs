//! The only SQL: one text for SQLite and PostgreSQL.
//!
//! Invariants: a write that a running server must see is in the change log in the same transaction; the change counter is
//! the last thing that a transaction touches, so that its order is the order of the commits; a lock is taken by an UPDATE
//! that does not change, never by a backend's own words; and no decision rests on the name of a constraint.

mod account;
mod attempt;
mod audit;
mod break_glass;
mod change;
mod columns;
mod company;
mod connection;
mod error;
mod group;
mod migrate;
mod open;
mod pulse;
mod refusal;
mod retention;
mod session;
mod session_store;
mod sign_in;
mod user;
mod writer;

use std::sync::Arc;

use sqlx::AnyPool;

pub use attempt::{AttemptFilter, AttemptRefusal};
pub use change::{Changes, Tx};
pub use error::Error;
pub use pulse::Pulse;
pub use refusal::Refusal;
pub use retention::Purged;
pub use session::SignedIn;
pub use session_store::{SESSION_FIELD, Sessions};
pub use sign_in::{AttemptRef, Finished, NewSession, Proof, SamlProof, SignIn, finish_in};

/// SHA-256; the store keeps hashes of session IDs only, and does not bring its own cryptography.
pub type Hasher = fn(&[u8]) -> [u8; 32];

/// The database. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    read: AnyPool,
    /// On SQLite one connection, so that writers of this process queue here and not in the file's lock.
    write: AnyPool,
    backend: Backend,
    hash: Hasher,
    /// Where writers of this process wait for each other; SQLite only.
    writer: Option<Arc<writer::Writer>>,
}

/// Which database is behind the URL. It matters for opening, migrating and beginning a transaction, and nowhere else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Backend {
    Sqlite,
    Postgres,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store")
            .field("backend", &self.backend)
            .finish_non_exhaustive()
    }
}
