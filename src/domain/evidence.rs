//! What an attempt holds beyond its record, for a short time.
//!
//! Invariant: it is sealed before it becomes this noun, for its own attempt and its own kind, and a sign-in that succeeds leaves
//! none.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::word::words;
use super::{AttemptId, CompanyId, ConnectionId, UserId};

words! {
    /// What is kept.
    pub enum EvidenceKind {
        /// What a refused sign-in or a test received, as XML.
        Response = "response",
        /// What a test found.
        Findings = "findings",
        /// That the unknown key of a refused sign-in is in the identity provider's metadata.
        NewKey = "new_key",
        /// Which identity an administrator may link to which account.
        Link = "link",
    }
}

impl EvidenceKind {
    /// What it is sealed for, so that what was kept for one attempt opens for no other.
    pub fn purpose(self, attempt: AttemptId) -> String {
        format!("{self} of attempt {attempt}")
    }
}

/// The key that a sign-in was signed with, which its connection does not have and the metadata has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewKey {
    /// Its certificate's SHA-1 thumbprint, upper-case hexadecimal.
    pub sha1: String,
    /// Its certificate's SHA-256 thumbprint, lower-case hexadecimal.
    pub sha256: String,
    /// Where the metadata is.
    pub url: String,
}

/// An identity that was refused the account of its address (rule F2), until an administrator says that it is the same person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingLink {
    /// The connection.
    pub connection: ConnectionId,
    /// The identity key at it.
    pub subject: String,
    /// The account.
    pub user: UserId,
    /// The identity provider that named it, as the connection's settings call it: an identity key says nothing at another one. Empty
    /// where an earlier version kept it.
    #[serde(default)]
    pub provider: String,
}

/// Something that is kept of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// The attempt.
    pub attempt_id: AttemptId,
    /// Its company.
    pub company_id: CompanyId,
    /// What is kept.
    pub kind: EvidenceKind,
    /// The sealed octets.
    pub sealed: Vec<u8>,
    /// Since when.
    pub kept_at: OffsetDateTime,
    /// Until when.
    pub expires_at: OffsetDateTime,
}
