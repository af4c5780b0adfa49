//! The only SQL: one text for SQLite and PostgreSQL.
//!
//! Invariants: a write that a running server must see is in the change log in the same transaction; the change counter is
//! the last thing that a transaction touches, so that its order is the order of the commits; a lock is taken by an UPDATE
//! that does not change, never by a backend's own words; and no decision rests on the name of a constraint.

mod accepted;
mod account;
mod assertion;
mod attempt;
mod audit;
mod audit_list;
mod begun;
mod break_glass;
mod bulk;
mod carry;
mod change;
mod columns;
mod company;
mod company_end;
mod connection;
mod copy;
mod domain;
mod ended;
mod erase;
mod error;
mod evidence;
mod fingerprint;
mod glance;
mod group;
mod group_change;
mod group_claim;
mod idempotency;
mod identity;
mod link;
mod listed;
mod log;
mod logo;
mod many;
mod migrate;
mod open;
mod part;
mod place;
mod postgres;
mod promotion;
mod pseudonym;
mod pulse;
mod queue;
mod quota;
mod record;
mod refusal;
mod rehearsal;
mod rename;
mod retention;
mod search;
mod session;
mod session_list;
mod session_store;
mod setup_link;
mod sign_in;
mod sign_ins;
mod sign_out;
mod sqlite;
mod statement;
#[cfg(test)]
mod steps;
mod token;
mod transaction;
mod trust;
mod unanswered;
mod unreachable;
mod usage;
mod user;
mod user_change;
mod user_export;
mod user_list;

use std::sync::Arc;

pub use attempt::{AttemptFilter, AttemptRefusal};
pub use audit_list::{AuditFilter, AuditPage, AuditPlace};
pub use break_glass::WayIn;
pub use change::Changes;
pub use company_end::CompanyUse;
pub use connection::ConnectionUse;
pub use copy::{check_sqlite, copy_sqlite};
pub use ended::Ended;
pub use erase::{ErasedUser, UserUse};
pub use error::{Error, Failure};
pub use glance::{Glance, Newest};
pub use group_change::{GroupUse, ListedGroup, StoredGroup};
pub use idempotency::{Earlier, KeyedRequest};
pub use link::shared_with;
pub use listed::{Listed, Total};
pub use part::Part;
pub use place::{NoPlace, Place};
pub use promotion::FOREIGN_PASSWORD;
pub use pulse::Pulse;
pub use refusal::{Bar, Refusal};
pub use retention::{Keep, Purged};
pub use session::{SESSIONS_OF_ONE, SignedIn};
pub use session_list::{ListedSession, SessionPlace};
pub use session_store::{SESSION_FIELD, Sessions};
pub use setup_link::SetUp;
pub use sign_in::{
    AttemptRef, Finished, NewSession, PasswordProof, Proof, SamlProof, SignIn, finish_in,
};
pub use sign_ins::{SignInFilter, SignInPage, SignInPlace, SignInRow};
pub use sign_out::SignOut;
pub use transaction::Tx;
pub use trust::UnreadTrust;
pub use usage::Standing;
pub use user_change::{Distrusted, StoredUser};
pub use user_export::ExportedUser;
pub use user_list::{ListedUser, USERS_A_PAGE, UserFilter, Way};

use crate::domain::Quotas;
use transaction::Database;

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
    queue: Option<Arc<queue::Queue>>,
    begun: Arc<begun::Begun>,
    ended: Arc<ended::Listener>,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store")
            .field("database", &self.backend_name())
            .finish_non_exhaustive()
    }
}
