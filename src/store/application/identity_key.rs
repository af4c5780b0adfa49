//! The keys that sign identity tokens (rules V8 and V9).
//!
//! Invariant: there is one line of keys for all nodes. A key that signs was published before, unless the ones before it are
//! compromised; who signs when is written in the database and decided by the clock alone.

use crate::database::columns::ms;
use crate::database::statement::query;
use crate::store::{Error, Store, Tx};
use time::OffsetDateTime;

/// A key, sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredIdentityKey {
    /// Its thumbprint (RFC 7638).
    pub kid: String,
    /// The private key, sealed.
    pub sealed: Vec<u8>,
    /// When it was made.
    pub created_at: OffsetDateTime,
    /// From when it signs; none for one that waits.
    pub signs_from: Option<OffsetDateTime>,
}

impl Store {
    /// Every key, the one that signs last first, and one that waits before it.
    pub async fn identity_keys(&self) -> Result<Vec<StoredIdentityKey>, Error> {
        let rows = query(ALL).fetch_all(&self.database).await?;
        rows.iter().map(key).collect()
    }
}

const ALL: &str = "SELECT kid, sealed, created_at, signs_from FROM identity_key \
                   ORDER BY COALESCE(signs_from, 9223372036854775807) DESC, created_at DESC";

impl Tx {
    /// Every key as it is in this transaction; nobody else changes one until it ends.
    pub async fn hold_identity_keys(&mut self) -> Result<Vec<StoredIdentityKey>, Error> {
        // The one row that every database has. Taken last by others, and they take no key.
        query("UPDATE change_counter SET revision = revision WHERE id = 1")
            .execute(&mut *self)
            .await?;
        let rows = query(ALL).fetch_all(&mut *self).await?;
        rows.iter().map(key).collect()
    }

    /// Adds a key.
    pub async fn add_identity_key(&mut self, key: &StoredIdentityKey) -> Result<(), Error> {
        query(
            "INSERT INTO identity_key (kid, sealed, created_at, signs_from) VALUES ($1, $2, $3, $4)",
        )
        .bind(key.kid.as_str())
        .bind(key.sealed.clone())
        .bind(ms(key.created_at))
        .bind(key.signs_from.map(ms))
        .execute(&mut *self)
        .await?;
        self.everything_changed();
        Ok(())
    }

    /// A key that waits signs from a moment on.
    pub async fn sign_from(&mut self, kid: &str, from: OffsetDateTime) -> Result<(), Error> {
        query("UPDATE identity_key SET signs_from = $2 WHERE kid = $1 AND signs_from IS NULL")
            .bind(kid)
            .bind(ms(from))
            .execute(&mut *self)
            .await?;
        self.everything_changed();
        Ok(())
    }

    /// Removes a key, which is published no more.
    pub async fn remove_identity_key(&mut self, kid: &str) -> Result<(), Error> {
        query("DELETE FROM identity_key WHERE kid = $1")
            .bind(kid)
            .execute(&mut *self)
            .await?;
        self.everything_changed();
        Ok(())
    }
}

fn key(row: &crate::database::columns::Row) -> Result<StoredIdentityKey, Error> {
    Ok(StoredIdentityKey {
        kid: row.text("kid")?,
        sealed: row.maybe_blob("sealed")?.unwrap_or_default().to_vec(),
        created_at: row.time("created_at")?,
        signs_from: row.maybe_time("signs_from")?,
    })
}
