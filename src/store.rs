//! The only SQL: one text for SQLite and PostgreSQL.
//!
//! Invariants: a write that a running server must see is in the change log in the same transaction; the change counter is
//! the last thing that a transaction touches, so that its order is the order of the commits; a lock is taken by an UPDATE
//! that does not change, never by a backend's own words; and no decision rests on the name of a constraint.

mod application;
mod company;
mod connection;
mod console;
mod directory;
mod engine;
mod people;
mod sign_in;

use std::sync::Arc;

pub use crate::database::Error as DatabaseError;
pub use application::KnownApplication;
pub use application::ended_session::EndedHere;
pub use application::gate_probe::PROBE_LIVES;
pub use application::gate_session::GateSession;
pub use application::identity_key::StoredIdentityKey;
pub use application::one_time_code::{CodeKind, OneTimeCode, ShownCode};
pub use company::deletion::CompanyUse;
pub use company::usage::CompanyNotices;
pub use connection::ConnectionUse;
pub use connection::trust::UnreadTrust;
pub use console::audit_list::AuditFilter;
pub use console::idempotency::{EarlierRequest, KeyedRequest};
pub use directory::grant::{ChangedGrants, GrantChanges};
pub use directory::mirror::{SeenGroup, SeenMember, SeenPerson};
pub use directory::person::{DirectoryUserChange, SwitchedOff};
pub use directory::settle::SETTLED_AT_ONCE;
pub use directory::state::{LeasedDirectory, SyncEnd, SyncWork};
pub use engine::backup::{check_sqlite, copy_sqlite};
pub use engine::change_log::Changes;
pub use engine::cursor::{Cursor, CursorError};
pub use engine::error::Error;
pub use engine::invalidation::Invalidation;
pub use engine::page::{CursorPage, LogPage, NumberedPage, Total};
pub use engine::pulse::Pulse;
pub use engine::retention::{PurgeCounts, Retention};
pub use engine::transaction::Tx;
pub use people::break_glass::BreakGlassLock;
pub use people::erase::{ErasedUser, UserUse};
pub use people::group_change::{GroupUse, ListedGroup, StoredGroup};
pub use people::link::shared_with;
pub use people::user_change::{LostTrust, StoredUser};
pub use people::user_export::ExportedUser;
pub use people::user_filter::{SignInMethod, UserFilter};
pub use people::user_list::{ListedUser, USERS_A_PAGE};
pub use sign_in::attempt::{AttemptFilter, AttemptRefusal};
pub use sign_in::finish::finish_in;
pub use sign_in::overview::LatestOutcome;
pub use sign_in::proof::{
    AttemptRef, FederatedProof, Finished, NewSession, PasswordProof, Proof, SignIn, UsedAssertion,
};
pub use sign_in::refresh::SessionRefresh;
pub use sign_in::refusal::{LinkObstacle, Refusal};
pub use sign_in::session::{SESSIONS_OF_ONE, SignedIn};
pub use sign_in::session_list::ListedSession;
pub use sign_in::session_store::{LARGEST_DATA, SessionRecords};
pub use sign_in::setup_link::SetUp;
pub use sign_in::sign_ins::{SignInFilter, SignInRow};
pub use sign_in::sign_out::{SignOut, UsedMessage};

use crate::database::Database;
use crate::domain::Quotas;

use engine::invalidation::InvalidationListener;
use engine::queue::Queue;
use sign_in::attempt_cache::AttemptCache;

/// SHA-256; the store keeps hashes of session IDs only, and does not bring its own cryptography.
pub type Hasher = fn(&[u8]) -> [u8; 32];

/// The database. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    database: Database,
    /// The same, for whoever can wait.
    patient: Database,
    hash: Hasher,
    /// What every company may have.
    quotas: Quotas,
    /// Where sign-ins wait to be written together; SQLite only.
    queue: Option<Arc<Queue>>,
    attempts: Arc<AttemptCache>,
    listener: Arc<InvalidationListener>,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store")
            .field("database", &self.backend_name())
            .finish_non_exhaustive()
    }
}
