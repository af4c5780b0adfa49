//! A session: what a sign-in leaves behind.
//!
//! Invariant: a session belongs to a user and ends at its absolute expiry, whatever happens. The session ID is a secret of
//! the browser; the database knows its hash, the `SessionKey`, only.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};

use super::{AttemptId, CompanyId, ConnectionId, NameId, UserId};

/// What is known about a signed-in browser.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// Who signed in.
    pub user_id: UserId,
    /// Into which company's site.
    pub company_id: CompanyId,
    /// Through which connection; none for a password.
    pub connection_id: Option<ConnectionId>,
    /// The attempt that began it.
    pub attempt_id: AttemptId,
    /// The `NameID` as it came, for logout (rule D6).
    pub name_id: Option<NameId>,
    /// The identity provider's `SessionIndex`, for logout (rule D6).
    pub session_index: Option<String>,
    /// When the user was authenticated, as the identity provider says (rule D8); none is unknown.
    pub authn_instant: Option<OffsetDateTime>,
    /// How the user was authenticated, as the identity provider says (rule D9); none is unknown.
    pub authn_context: Option<String>,
    /// When it began.
    pub signed_in_at: OffsetDateTime,
    /// When it ends, whatever happens; never later than `SessionNotOnOrAfter` (rule D6).
    pub expires_at: OffsetDateTime,
    /// How long it may stay unused.
    pub idle: Duration,
    /// When it was last used, to the minute or so.
    pub last_seen_at: OffsetDateTime,
}

/// How far the clocks of two servers, or a clock before and after it was set, may be apart without consequences.
pub const CLOCKS_APART: Duration = Duration::minutes(5);

impl Session {
    /// The moment it ends if it is not used again.
    pub fn ends_at(&self) -> OffsetDateTime {
        self.last_seen_at
            .checked_add(self.idle)
            .map_or(self.expires_at, |idle| idle.min(self.expires_at))
    }

    /// Whether it counts.
    ///
    /// A session that begins in the future was begun while a clock was wrong, and would last longer than any may. Until the
    /// clock says that it has begun, it does not count.
    pub fn is_live(&self, now: OffsetDateTime) -> bool {
        !self.has_ended(now) && self.counts_from() <= now
    }

    /// The moment before which it does not count.
    pub fn counts_from(&self) -> OffsetDateTime {
        self.signed_in_at.saturating_sub(CLOCKS_APART)
    }

    /// Whether it is over for ever.
    pub fn has_ended(&self, now: OffsetDateTime) -> bool {
        now >= self.ends_at()
    }
}

/// The secret that a browser keeps in its session cookie: 128 random bits.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct SessionId([u8; 16]);

impl SessionId {
    /// Makes a session ID from random bytes.
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The bytes, for the cookie and for the hash.
    pub fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Debug for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionId(secret)")
    }
}

/// SHA-256 of a session ID: how the database and the caches name a session.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct SessionKey(pub [u8; 32]);

/// Text that names no session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the key of a session")]
pub struct SessionKeyError;

impl fmt::Display for SessionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl FromStr for SessionKey {
    type Err = SessionKeyError;

    fn from_str(text: &str) -> Result<Self, SessionKeyError> {
        if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(SessionKeyError);
        }
        let mut key = [0; 32];
        for (place, byte) in key.iter_mut().enumerate() {
            let digits = text.get(place * 2..place * 2 + 2).ok_or(SessionKeyError)?;
            *byte = u8::from_str_radix(digits, 16).map_err(|_| SessionKeyError)?;
        }
        Ok(Self(key))
    }
}

impl fmt::Debug for SessionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionKey(")?;
        self.0
            .iter()
            .take(4)
            .try_for_each(|byte| write!(f, "{byte:02x}"))?;
        f.write_str("…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_written_and_read() {
        let key = SessionKey([0xa7; 32]);
        let text = key.to_string();
        assert_eq!((text.len(), text.parse()), (64, Ok(key)));
        for other in ["", "a7", &"g".repeat(64), &"a".repeat(63), &"+1".repeat(32)] {
            assert_eq!(other.parse::<SessionKey>(), Err(SessionKeyError), "{other}");
        }
    }

    #[test]
    fn idle_and_absolute_ends() {
        let start = OffsetDateTime::UNIX_EPOCH;
        let mut session = Session {
            user_id: UserId::from_bytes([1; 16]),
            company_id: CompanyId::from_bytes([2; 16]),
            connection_id: None,
            attempt_id: AttemptId::from_bytes([3; 16]),
            name_id: None,
            session_index: None,
            authn_instant: None,
            authn_context: None,
            signed_in_at: start,
            expires_at: start + Duration::hours(8),
            idle: Duration::hours(1),
            last_seen_at: start,
        };
        assert!(session.is_live(start + Duration::minutes(59)));
        assert!(!session.is_live(start + Duration::hours(1)));
        session.last_seen_at = start + Duration::minutes(450);
        assert!(session.is_live(start + Duration::minutes(479)));
        assert!(!session.is_live(start + Duration::hours(8)));
        // The clock was wrong when it began, or is now.
        assert!(session.is_live(start - CLOCKS_APART));
        let before = start - CLOCKS_APART - Duration::SECOND;
        assert!(!session.is_live(before) && !session.has_ended(before));
    }
}
