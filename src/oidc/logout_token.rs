//! The logout token (OpenID Connect Back-Channel Logout 1.0, section 2.4; rules T4 and T5).
//!
//! Invariant: an ID token is never a logout token: it has a nonce, no event, and another type.

use time::{Duration, OffsetDateTime};

use super::client::Client;
use super::error::{Checks, Rejection, Requirement};
use super::judge::{Judge, shown};
use super::signed_token::{self, TokenKind};
use crate::jose::{KeySet, UnverifiedJws};

/// The longest token, in octets (rule H3).
pub const LONGEST_LOGOUT_TOKEN: usize = 16 * 1024;
/// The event that it reports.
const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";
/// How old it may be.
const RECENT: Duration = Duration::minutes(5);

/// Keycloak wrote `JWT` until 2024.
const LOGOUT_TOKEN: TokenKind = TokenKind {
    longest: LONGEST_LOGOUT_TOKEN,
    types: &["logout+jwt", "JWT"],
};

/// Whose sessions the provider has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogoutToken {
    /// `jti`: it counts once.
    id: String,
    subject: Option<String>,
    session: Option<String>,
    /// Until when its `jti` must be remembered.
    remembered_until: OffsetDateTime,
}

impl LogoutToken {
    /// Verifies and judges a token. `without_expiry` takes one that has no `exp`, as older providers send it.
    pub fn validate(
        token: &str,
        keys: &KeySet,
        client: &Client,
        without_expiry: bool,
        now: OffsetDateTime,
        checks: &mut Checks,
    ) -> Result<Self, Rejection> {
        let signed = signed_token::verify(token, LOGOUT_TOKEN, keys, client, checks)?;
        let claims = checks.object(signed.claims())?;
        let mut judge = Judge {
            claims: &claims,
            client,
            now,
            checks,
        };
        let issuer = judge.issuer()?;
        judge.key_issuer(signed.key().issuer(), &issuer)?;
        judge.audience()?;
        if !(without_expiry && claims.get("exp").is_none()) {
            judge.validity()?;
        }
        judge.is_recent()?;
        judge.event()?;
        let subject = judge.text("sub")?.map(str::to_owned);
        let session = judge.text("sid")?.map(str::to_owned);
        let id = judge.text("jti")?.unwrap_or_default().to_owned();
        let named = subject.is_some() || session.is_some();
        let expected = "sub or sid";
        let received = if named { expected } else { "neither" };
        judge
            .checks
            .require(named, Requirement::LogoutSubject, expected, received)?;
        let received = if id.is_empty() { "no jti" } else { "a jti" };
        judge
            .checks
            .require(!id.is_empty(), Requirement::LogoutId, "a jti", received)?;
        let longest = now.saturating_add(RECENT * 2);
        let expiry = judge.time("exp")?.unwrap_or(longest);
        Ok(Self {
            id,
            subject,
            session,
            remembered_until: expiry.max(longest),
        })
    }

    /// The key that signed a token, as its header says: who has no such key asks the provider once more (rule K4).
    pub fn kid(token: &str) -> Option<String> {
        let jws = UnverifiedJws::parse(token, LONGEST_LOGOUT_TOKEN).ok()?;
        jws.header().kid().map(str::to_owned)
    }

    /// `jti`.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The user whose sessions end, by `sub`.
    pub fn subject(&self) -> Option<&str> {
        self.subject.as_deref()
    }

    /// The session that ends, by `sid`.
    pub fn session(&self) -> Option<&str> {
        self.session.as_deref()
    }

    /// Until when the same token is a repeat.
    pub const fn remembered_until(&self) -> OffsetDateTime {
        self.remembered_until
    }
}

impl Judge<'_> {
    fn is_recent(&mut self) -> Result<(), Rejection> {
        let earliest = self.now.saturating_sub(RECENT);
        let latest = self.now.saturating_add(self.client.clock_skew);
        let issued = self.time("iat")?;
        self.checks.require(
            issued.is_some_and(|issued| (earliest..=latest).contains(&issued)),
            Requirement::LogoutTime,
            format!("iat from {earliest} to {latest}"),
            shown("iat", issued),
        )
    }

    fn event(&mut self) -> Result<(), Rejection> {
        let claims = self.claims;
        let events = self
            .checks
            .typed(claims.object("events"))?
            .unwrap_or_default();
        let event = self.checks.typed(events.object(EVENT))?;
        let has_nonce = claims.get("nonce").is_some();
        let received = match (&event, has_nonce) {
            (None, _) => "no event of a logout",
            (_, true) => "a nonce, as ID tokens have one",
            (Some(_), false) => "the event of a logout",
        };
        self.checks.require(
            event.is_some() && !has_nonce,
            Requirement::LogoutEvent,
            "the event of a logout, and no nonce",
            received,
        )
    }
}
