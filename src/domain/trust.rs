//! Versions of a connection's trust: whom it believes, what it demands of them, and where it leads browsers and signed messages.
//!
//! Invariants: a version is written once and never changed; to go back to one makes another. All of [`Settings`] is trust:
//! each of them decides who gets in and as whom, or where a browser or a message of ours goes. What is none (the name, the
//! place, whether it is on) stands in the connection beside them, so that a new setting is trust from its first day.

use time::OffsetDateTime;

use super::{CompanyId, ConnectionId, Settings, UserId};

/// A connection's settings from one change of its trust on, until the next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustVersion {
    /// The connection.
    pub connection_id: ConnectionId,
    /// The company that it belongs to.
    pub company_id: CompanyId,
    /// 1 is the oldest that is kept.
    pub number: i64,
    /// When it came into force.
    pub at: OffsetDateTime,
    /// Who made it, as in the audit log.
    pub actor: String,
    /// The user who made it, when it was one.
    pub actor_id: Option<UserId>,
    /// All settings, as they were then.
    pub settings: Settings,
}

/// A version in a list, without its settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustLine {
    /// Its number.
    pub number: i64,
    /// When it came into force.
    pub at: OffsetDateTime,
    /// Who made it, as in the audit log.
    pub actor: String,
}
