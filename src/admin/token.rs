//! Tokens of the API: made, listed, taken back.
//!
//! Invariants: a token is told once, when it is made; nothing but its hash is kept. Nobody makes one by a token.

use serde_json::json;
use time::{Duration, OffsetDateTime};

use super::{Admin, Duplicate, Problems, Refused};
use crate::domain::token::{TOKEN_DAYS, TokenState};
use crate::domain::{AuditAction, Scope, Scopes, Token, TokenId};
use crate::keys;

/// What every token begins with, so that scanners of source code know one that was left there.
pub const TOKEN_PREFIX: &str = "vestibule_";
/// Hexadecimal digits after it: 256 bits.
const DIGITS: usize = 64;
/// The longest name of a token.
const LONGEST_NAME: usize = 60;

/// A token to make.
#[derive(Debug, Clone, Default)]
pub struct NewToken {
    pub name: String,
    /// The words of its scopes.
    pub scopes: Vec<String>,
    /// One of [`TOKEN_DAYS`].
    pub days: u16,
}

/// A token that was made just now. Nobody can ask for its secret again.
#[derive(Debug)]
pub struct MadeToken {
    pub token: Token,
    pub secret: String,
}

/// The hash by which the store knows a token; none for text that is no token of ours.
pub fn token_hash(text: &str) -> Option<[u8; 32]> {
    let digits = text.strip_prefix(TOKEN_PREFIX)?;
    let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    (digits.len() == DIGITS && digits.bytes().all(is_digit)).then(|| keys::hash(text.as_bytes()))
}

impl Admin<'_> {
    /// The company's tokens, those that count first.
    pub async fn tokens(&self) -> Result<Vec<Token>, Refused> {
        Ok(self.store.tokens(self.company, self.now).await?)
    }

    /// Makes a token.
    pub async fn create_token(&self, new: &NewToken) -> Result<MadeToken, Refused> {
        let mut problems = Problems::default();
        let name = problems.line("name", &new.name, "Write what the token is for.");
        if name.chars().count() > LONGEST_NAME && problems.is_empty() {
            problems.add("name", format!("Use at most {LONGEST_NAME} characters."));
        }
        let scopes: Scopes = new
            .scopes
            .iter()
            .filter_map(|word| {
                let scope: Option<Scope> = word.parse().ok();
                if scope.is_none() {
                    problems.add("scope", "Choose from the list.");
                }
                scope
            })
            .collect();
        if scopes.is_empty() {
            problems.add("scope", "Choose what the token may do.");
        }
        if !TOKEN_DAYS.contains(&new.days) {
            problems.add("days", "Choose when the token expires.");
        }
        problems.check()?;
        let token = Token {
            id: TokenId::at(self.now, keys::random()),
            company_id: self.company,
            name,
            scopes,
            created_by: self.actor.name.clone(),
            created_at: self.now,
            expires_at: self.expiry(new.days),
            last_used_at: None,
            revoked_at: None,
        };
        let secret = format!("{TOKEN_PREFIX}{}", keys::hex(&keys::random::<32>()));
        let mut tx = self.begin_without_token().await?;
        tx.hold_tokens(self.company).await?;
        let active = tx.active_tokens(self.company, self.now).await?;
        let folded = token.name.to_lowercase();
        if active
            .iter()
            .any(|other| other.name.to_lowercase() == folded)
        {
            return Err(Duplicate::TokenName.into());
        }
        tx.add_token(&token, &keys::hash(secret.as_bytes())).await?;
        let mut event = self.event(AuditAction::TokenAdd, token.name.as_str());
        event.after = Some(json!({
            "scopes": token.scopes.to_string(),
            "expires": day(token.expires_at),
        }));
        tx.audit(&event).await?;
        tx.commit(self.now).await?;
        Ok(MadeToken { token, secret })
    }

    /// Takes a token back: the next request with it is refused. `false` when it did not count any more.
    pub async fn revoke_token(&self, id: TokenId) -> Result<bool, Refused> {
        let mut tx = self.begin_without_token().await?;
        let token = tx.revoke_token(self.company, id, self.now).await?;
        let token = token.ok_or(Refused::NotFound)?;
        if token.state(self.now) != TokenState::Active {
            return Ok(false);
        }
        tx.audit(&self.event(AuditAction::TokenRevoke, token.name.as_str()))
            .await?;
        tx.commit(self.now).await?;
        Ok(true)
    }

    fn expiry(&self, days: u16) -> OffsetDateTime {
        self.now.saturating_add(Duration::days(days.into()))
    }
}

fn day(at: OffsetDateTime) -> String {
    at.date().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_token_is_not_looked_up() {
        let token = format!("{TOKEN_PREFIX}{}", "0a".repeat(32));
        assert_eq!(token_hash(&token), Some(keys::hash(token.as_bytes())));
        for other in [
            String::new(),
            TOKEN_PREFIX.to_owned(),
            "0a".repeat(32),
            format!("{token}0"),
            token.to_uppercase(),
            format!("{TOKEN_PREFIX}{}", "0A".repeat(32)),
            format!("{TOKEN_PREFIX}{}é", "0a".repeat(31)),
        ] {
            assert_eq!(token_hash(&other), None, "{other}");
        }
    }
}
