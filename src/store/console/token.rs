//! Tokens of the API.
//!
//! Invariant: the database has the hash of a token, never the token.

use time::OffsetDateTime;

use crate::database::columns::{Row, ms};
use crate::database::statement::query;
use crate::domain::{CompanyId, Family, Token, TokenId};
use crate::store::{Error, Store, Tx};

/// The most tokens that a list shows.
const MOST: i64 = 200;

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, company_id, name, scopes, created_by, created_at, expires_at, last_used_at, revoked_at FROM api_token ",
            $rest
        )
    };
}

impl Store {
    /// A company's tokens, those that count first, then the newest first.
    pub async fn tokens(
        &self,
        company: CompanyId,
        now: OffsetDateTime,
    ) -> Result<Vec<Token>, Error> {
        let rows = query(select!(
            "WHERE company_id = $1 ORDER BY CASE WHEN revoked_at IS NULL AND expires_at > $2 THEN 0 ELSE 1 END, \
             created_at DESC, id DESC LIMIT $3"
        ))
        .bind(company.to_string())
        .bind(ms(now))
        .bind(MOST)
        .fetch_all(&self.database)
        .await?;
        rows.iter().map(token).collect()
    }

    /// The token of a hash, whether it counts or not.
    pub async fn token_of(&self, hash: &[u8; 32]) -> Result<Option<Token>, Error> {
        let row = query(select!("WHERE secret_hash = $1"))
            .bind(hash.to_vec())
            .fetch_optional(&self.database)
            .await?;
        row.as_ref().map(token).transpose()
    }

    /// Notes that a token is used, unless that was noted after `unless_after` already.
    pub async fn token_used(
        &self,
        id: TokenId,
        now: OffsetDateTime,
        unless_after: OffsetDateTime,
    ) -> Result<(), Error> {
        query(
            "UPDATE api_token SET last_used_at = $1 WHERE id = $2 AND (last_used_at IS NULL OR last_used_at <= $3)",
        )
        .bind(ms(now))
        .bind(id.to_string())
        .bind(ms(unless_after))
        .execute(&self.database)
        .await?;
        Ok(())
    }
}

impl Tx {
    /// A token, which nobody takes back until the transaction ends; whether it counts or not.
    pub async fn hold_token(&mut self, id: TokenId) -> Result<Option<Token>, Error> {
        let sql = if self.writes_alone() {
            select!("WHERE id = $1")
        } else {
            select!("WHERE id = $1 FOR SHARE")
        };
        let row = query(sql).bind(id.to_string()).fetch_optional(self).await?;
        row.as_ref().map(token).transpose()
    }

    /// Holds a company, so that its tokens are made one after the other.
    pub async fn hold_tokens(&mut self, company: CompanyId) -> Result<(), Error> {
        query("UPDATE company SET slug = slug WHERE id = $1")
            .bind(company.to_string())
            .execute(&mut *self)
            .await?;
        Ok(())
    }

    /// A company's tokens that count.
    pub async fn active_tokens(
        &mut self,
        company: CompanyId,
        now: OffsetDateTime,
    ) -> Result<Vec<Token>, Error> {
        let rows = query(select!(
            "WHERE company_id = $1 AND revoked_at IS NULL AND expires_at > $2"
        ))
        .bind(company.to_string())
        .bind(ms(now))
        .fetch_all(&mut *self)
        .await?;
        rows.iter().map(token).collect()
    }

    /// Adds a token by its hash.
    pub async fn add_token(&mut self, token: &Token, hash: &[u8; 32]) -> Result<(), Error> {
        query(
            "INSERT INTO api_token (id, company_id, name, secret_hash, scopes, created_by, created_at, expires_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(token.id.to_string())
        .bind(token.company_id.to_string())
        .bind(token.name.as_str())
        .bind(hash.to_vec())
        .bind(token.scopes.to_string())
        .bind(token.created_by.as_str())
        .bind(ms(token.created_at))
        .bind(ms(token.expires_at))
        .execute(&mut *self)
        .await?;
        self.uses(token.company_id, Family::Tokens, 1);
        // Of those that have ended a list shows so many, and no more of them stay.
        query(
            "DELETE FROM api_token WHERE id IN (SELECT id FROM api_token \
             WHERE company_id = $1 AND (revoked_at IS NOT NULL OR expires_at <= $2) \
             ORDER BY created_at DESC, id DESC LIMIT $4 OFFSET $3)",
        )
        .bind(token.company_id.to_string())
        .bind(ms(token.created_at))
        .bind(MOST)
        .bind(i64::MAX)
        .execute(&mut *self)
        .await?;
        Ok(())
    }

    /// Takes a company's token back; it as it was before, or none when there is no such token.
    pub async fn revoke_token(
        &mut self,
        company: CompanyId,
        id: TokenId,
        now: OffsetDateTime,
    ) -> Result<Option<Token>, Error> {
        query("UPDATE api_token SET name = name WHERE id = $1 AND company_id || '' = $2")
            .bind(id.to_string())
            .bind(company.to_string())
            .execute(&mut *self)
            .await?;
        let row = query(select!("WHERE id = $1 AND company_id || '' = $2"))
            .bind(id.to_string())
            .bind(company.to_string())
            .fetch_optional(&mut *self)
            .await?;
        let before = row.as_ref().map(token).transpose()?;
        query("UPDATE api_token SET revoked_at = $1 WHERE id = $2 AND company_id || '' = $3 AND revoked_at IS NULL")
            .bind(ms(now))
            .bind(id.to_string())
            .bind(company.to_string())
            .execute(&mut *self)
            .await?;
        Ok(before)
    }
}

fn token(row: &Row) -> Result<Token, Error> {
    Ok(Token {
        id: row.parsed("id")?,
        company_id: row.parsed("company_id")?,
        name: row.text("name")?,
        scopes: row.parsed("scopes")?,
        created_by: row.text("created_by")?,
        created_at: row.time("created_at")?,
        expires_at: row.time("expires_at")?,
        last_used_at: row.maybe_time("last_used_at")?,
        revoked_at: row.maybe_time("revoked_at")?,
    })
}
