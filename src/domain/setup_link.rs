//! A set-up link: the one-time way in for a company's first administrator.
//!
//! Invariant: it opens once, within its time, and not after it was revoked. Whoever holds it becomes an administrator, so the
//! database knows the hash of its secret only.

use std::fmt;

use time::{Duration, OffsetDateTime};

use super::{CompanyId, SetupLinkId};

/// How long a link can be used.
pub const SETUP_LINK_LIFETIME: Duration = Duration::hours(72);

/// A link that was made for a company.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetupLink {
    /// Its identifier.
    pub id: SetupLinkId,
    /// The company that it sets up.
    pub company_id: CompanyId,
    /// When it was made.
    pub created_at: OffsetDateTime,
    /// When it ends.
    pub expires_at: OffsetDateTime,
    /// When it was used.
    pub used_at: Option<OffsetDateTime>,
    /// When it was revoked.
    pub revoked_at: Option<OffsetDateTime>,
}

/// What has become of a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SetupLinkState {
    /// It can be used.
    Open,
    /// Somebody has used it.
    Used,
    /// It was revoked.
    Revoked,
    /// Its time is over.
    Expired,
}

impl SetupLink {
    /// What has become of it.
    pub fn state(&self, now: OffsetDateTime) -> SetupLinkState {
        if self.used_at.is_some() {
            SetupLinkState::Used
        } else if self.revoked_at.is_some() {
            SetupLinkState::Revoked
        } else if now >= self.expires_at {
            SetupLinkState::Expired
        } else {
            SetupLinkState::Open
        }
    }
}

impl fmt::Display for SetupLinkState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Open => "open",
            Self::Used => "used",
            Self::Revoked => "revoked",
            Self::Expired => "expired",
        })
    }
}
