//! A person for whom an identity provider has vouched, whatever protocol it speaks.
//!
//! Made by `authenticate.rs`, used up by `finish.rs`.

use time::{Duration, OffsetDateTime};

use crate::domain::{Findings, Record};
use crate::store::FederatedProof;

/// Every check of the protocol has passed. What is left is the same for all of them: the attempt, the account, the groups, the
/// session.
#[derive(Debug)]
pub(super) struct Authenticated {
    /// The connection, the person, what is used once, and what a logout and the session have to know.
    pub(super) proof: FederatedProof,
    /// When the identity provider wants the session to end (rule D6).
    pub(super) session_end: Option<OffsetDateTime>,
    /// How long ago the answer was made.
    pub(super) age: Duration,
    /// What a test tells the administrator.
    pub(super) findings: Option<Box<Findings>>,
    /// The checks that were made.
    pub(super) record: Record,
}
