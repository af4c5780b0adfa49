//! The only SQL: one text for SQLite and PostgreSQL.
//!
//! Invariants: a write that a running server must see is in the change log in the same transaction; the change counter is
//! the last thing that a transaction touches, so that its order is the order of the commits; a lock is taken by an UPDATE
//! that does not change, never by a backend's own words; and no decision rests on the name of a constraint.

mod company;
mod connection;
mod console;
mod engine;
mod people;
mod sign_in;

use std::sync::Arc;

pub use company::end::CompanyUse;
pub use company::usage::Standing;
pub use connection::ConnectionUse;
pub use connection::trust::UnreadTrust;
pub use console::audit_list::{AuditFilter, AuditPage, AuditPlace};
pub use console::idempotency::{Earlier, KeyedRequest};
pub use engine::change_log::Changes;
pub use engine::copy::{check_sqlite, copy_sqlite};
pub use engine::ended::Ended;
pub use engine::error::{Error, Failure};
pub use engine::listed::{Listed, Total};
pub use engine::part::Part;
pub use engine::place::{NoPlace, Place};
pub use engine::pulse::Pulse;
pub use engine::retention::{Keep, Purged};
pub use engine::transaction::Tx;
pub use people::break_glass::WayIn;
pub use people::erase::{ErasedUser, UserUse};
pub use people::group_change::{GroupUse, ListedGroup, StoredGroup};
pub use people::link::shared_with;
pub use people::promotion::FOREIGN_PASSWORD;
pub use people::user_change::{Distrusted, StoredUser};
pub use people::user_export::ExportedUser;
pub use people::user_list::{ListedUser, USERS_A_PAGE, UserFilter, Way};
pub use sign_in::attempt::{AttemptFilter, AttemptRefusal};
pub use sign_in::finish::finish_in;
pub use sign_in::glance::{Glance, Newest};
pub use sign_in::proof::{
    AttemptRef, FederatedProof, Finished, NewSession, PasswordProof, Proof, SignIn,
};
pub use sign_in::refusal::{Bar, Refusal};
pub use sign_in::session::{SESSIONS_OF_ONE, SignedIn};
pub use sign_in::session_list::{ListedSession, SessionPlace};
pub use sign_in::session_store::{LARGEST_DATA, SessionRecords};
pub use sign_in::setup_link::SetUp;
pub use sign_in::sign_ins::{SignInFilter, SignInPage, SignInPlace, SignInRow};
pub use sign_in::sign_out::SignOut;

use crate::domain::Quotas;

use engine::ended::Listener;
use engine::queue::Queue;
use engine::transaction::Database;
use sign_in::begun::Begun;

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
    begun: Arc<Begun>,
    ended: Arc<Listener>,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store")
            .field("database", &self.backend_name())
            .finish_non_exhaustive()
    }
}
