//! What an attempt holds beyond its record, for a short time.
//!
//! Invariant: it is sealed before it becomes this noun, for its own attempt and its own kind, and a sign-in that succeeds leaves
//! none.

use time::OffsetDateTime;

use super::word::words;
use super::{AttemptId, CompanyId};

words! {
    /// What is kept.
    pub enum EvidenceKind {
        /// What a refused sign-in or a test received, as XML.
        Response = "response",
        /// What a test found.
        Findings = "findings",
    }
}

impl EvidenceKind {
    /// What it is sealed for, so that what was kept for one attempt opens for no other.
    pub fn purpose(self, attempt: AttemptId) -> String {
        format!("{self} of attempt {attempt}")
    }
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
