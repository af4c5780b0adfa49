//! Tokens of the API.
//!
//! Invariant: a token has the scopes that it was made with, and never gets another one.

use std::fmt;
use std::str::FromStr;

use time::{Duration, OffsetDateTime};

use super::word::words;
use super::{CompanyId, TokenId};

/// The days that a token may last, the shortest first.
pub const TOKEN_DAYS: [u16; 5] = [7, 30, 90, 180, 365];

/// How exactly the last use of a token is kept. Writing each of them down would cost more than the request.
pub const LAST_USE_EXACT_TO: Duration = Duration::minutes(1);

words! {
    /// What a token may do.
    pub enum Scope {
        /// See the company.
        CompanyRead = "company:read",
        /// See users, their groups and identities.
        UsersRead = "users:read",
        /// Make and change users, except administrators.
        UsersWrite = "users:write",
        /// See permission groups.
        GroupsRead = "groups:read",
        /// Make and change permission groups, except those of administrators.
        GroupsWrite = "groups:write",
        /// See connections: settings and certificates.
        ConnectionsRead = "connections:read",
        /// Say what users read of connections and order them; nothing else of them.
        ConnectionsWrite = "connections:write",
        /// See sessions.
        SessionsRead = "sessions:read",
        /// End sessions.
        SessionsWrite = "sessions:write",
        /// See sign-ins and their checks.
        AttemptsRead = "attempts:read",
        /// See the audit log.
        AuditRead = "audit:read",
        /// Beside the scope of the thing itself: do what may make somebody an administrator, let somebody sign in as one, decide
        /// through which connection people come, or lead users and messages elsewhere.
        AdminsWrite = "admins:write",
    }
}

impl Scope {
    /// Every scope, in the order of the console.
    pub const ALL: [Self; 12] = [
        Self::CompanyRead,
        Self::UsersRead,
        Self::UsersWrite,
        Self::GroupsRead,
        Self::GroupsWrite,
        Self::ConnectionsRead,
        Self::ConnectionsWrite,
        Self::SessionsRead,
        Self::SessionsWrite,
        Self::AttemptsRead,
        Self::AuditRead,
        Self::AdminsWrite,
    ];
}

/// A set of scopes, written as their words with a space between them (RFC 6749 3.3).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Scopes(u16);

impl Scopes {
    /// Whether the scope is one of them.
    pub fn has(self, scope: Scope) -> bool {
        self.0 & bit(scope) != 0
    }

    /// Whether there is none.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// In the order of the console.
    pub fn iter(self) -> impl Iterator<Item = Scope> {
        Scope::ALL.into_iter().filter(move |scope| self.has(*scope))
    }
}

impl FromIterator<Scope> for Scopes {
    fn from_iter<I: IntoIterator<Item = Scope>>(scopes: I) -> Self {
        Self(scopes.into_iter().fold(0, |set, scope| set | bit(scope)))
    }
}

fn bit(scope: Scope) -> u16 {
    1 << scope as u16
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, scope) in self.iter().enumerate() {
            if place > 0 {
                f.write_str(" ")?;
            }
            f.write_str(scope.as_str())?;
        }
        Ok(())
    }
}

impl FromStr for Scopes {
    type Err = super::UnknownWord;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.split_ascii_whitespace().map(str::parse).collect()
    }
}

/// A token, without its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// Its identifier.
    pub id: TokenId,
    /// The company at whose site alone it counts.
    pub company_id: CompanyId,
    /// Its name for people, which the audit log shows.
    pub name: String,
    /// What it may do.
    pub scopes: Scopes,
    /// Who made it, as the audit log names them.
    pub created_by: String,
    /// When it was made.
    pub created_at: OffsetDateTime,
    /// When it stops to count.
    pub expires_at: OffsetDateTime,
    /// When it was used last, to the minute.
    pub last_used_at: Option<OffsetDateTime>,
    /// When somebody took it back.
    pub revoked_at: Option<OffsetDateTime>,
}

/// Whether a token counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenState {
    /// It does.
    Active,
    /// Its time is over.
    Expired,
    /// Somebody took it back.
    Revoked,
}

impl Token {
    /// Whether it counts.
    pub fn state(&self, now: OffsetDateTime) -> TokenState {
        if self.revoked_at.is_some() {
            TokenState::Revoked
        } else if now >= self.expires_at {
            TokenState::Expired
        } else {
            TokenState::Active
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_written_and_read() {
        let all: Scopes = Scope::ALL.into_iter().collect();
        assert_eq!(all.iter().count(), Scope::WORDS.len());
        assert_eq!(all.to_string().parse(), Ok(all));
        let some: Scopes = "users:read audit:read users:read".parse().unwrap();
        assert_eq!(some.to_string(), "users:read audit:read");
        assert!(some.has(Scope::AuditRead) && !some.has(Scope::UsersWrite));
        assert_eq!("".parse(), Ok(Scopes::default()));
        assert!("users:read tokens:write".parse::<Scopes>().is_err());
    }
}
