//! The audit log: what people changed, and who used a break-glass account (rule F6).
//!
//! Invariant: an entry is written once and never changed.

use time::OffsetDateTime;

use super::{AuditId, CompanyId};

/// One entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEvent {
    /// Its identifier.
    pub id: AuditId,
    /// The company that it concerns, or none for the whole instance.
    pub company_id: Option<CompanyId>,
    /// When it happened.
    pub at: OffsetDateTime,
    /// Who did it: a user's e-mail address, or `command line`.
    pub actor: String,
    /// What was done, as `noun.verb`: `connection.enable`, `user.deactivate`.
    pub action: String,
    /// What it was done to: a name for people.
    pub subject: String,
    /// More, for people; never a secret.
    pub detail: String,
}
