//! Single logout messages (Core 3.7, Profiles 4.4).
//!
//! Invariant: a [`ValidatedLogout`] is only made from a message whose signature verified with a key of the connection, and what
//! it says is read from the octets that the signature covers. A [`LogoutMessage`] by itself proves nothing: we write them, too.
//!
//! ```text
//! Redirected, Posted ─verify─▶ SignedLogout ─judge─▶ ValidatedLogout
//! ```
//!
//! Rules: A2, B, C1, C3, C5, D1 and G of `docs/security.md`. Tests: `tests/it/slo_messages.rs`, and the vectors `query-*`. The other
//! half, which ends sessions, is the room `logout`.

mod proof;
mod read;
mod terms;
mod write;

pub use proof::{SignedLogout, ValidatedLogout, receive_post, receive_redirect};
pub use read::claimed_issuer;

use super::assertion::SamlNameId;
use time::{Duration, OffsetDateTime};

/// A request to end sessions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogoutRequest {
    /// The message's ID.
    pub id: String,
    /// When it was made.
    pub issue_instant: OffsetDateTime,
    /// Where it is sent to.
    pub destination: String,
    /// Who asks.
    pub issuer: String,
    /// After which it must not be honoured.
    pub not_on_or_after: Option<OffsetDateTime>,
    /// Why; a URI such as [`LOGOUT_USER`](super::names::LOGOUT_USER).
    pub reason: Option<String>,
    /// Whose sessions: word for word as in the assertion.
    pub name_id: SamlNameId,
    /// Which sessions; empty means all of that name.
    pub session_indexes: Vec<String>,
}

/// The answer to a [`LogoutRequest`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogoutResponse {
    /// The message's ID.
    pub id: String,
    /// When it was made.
    pub issue_instant: OffsetDateTime,
    /// Where it is sent to.
    pub destination: String,
    /// Who answers.
    pub issuer: String,
    /// The request that it answers.
    pub in_response_to: Option<String>,
    /// How it went.
    pub status: LogoutStatus,
}

/// How a logout went (Core 3.2.2).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LogoutStatus {
    /// The top-level code.
    pub code: String,
    /// The second-level code, such as [`STATUS_PARTIAL_LOGOUT`](super::names::STATUS_PARTIAL_LOGOUT).
    pub detail: Option<String>,
    /// A text for people.
    pub message: Option<String>,
}

/// A message of either kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LogoutMessage {
    /// The other side asks.
    Request(LogoutRequest),
    /// The other side answers.
    Response(LogoutResponse),
}

/// What a logout message must say to be for us.
#[derive(Debug, Clone)]
pub struct LogoutExpectation {
    /// Our logout endpoint, as metadata publishes it.
    pub slo_url: String,
    /// Further issuers that speak for the identity provider: Entra signs logout messages under another name than assertions.
    pub extra_issuers: Vec<String>,
    /// Tolerance for clocks.
    pub clock_skew: Duration,
}
