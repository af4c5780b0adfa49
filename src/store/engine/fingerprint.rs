//! Which keys belong to the database.
//!
//! Invariant: of servers that start at once on a new database, one notes its keys, and the others see them.

use std::collections::BTreeSet;

use time::OffsetDateTime;

use crate::database::columns::{Row, ms};
use crate::database::statement::query;
use crate::domain::AuditEvent;
use crate::store::{Error, Store, Tx};

/// A kind of key, and what tells one key of it from others.
pub(super) type Fingerprints = BTreeSet<(String, String)>;

impl Store {
    /// The fingerprints that were noted; none in a new database, or one of an earlier version.
    pub async fn key_fingerprints(&self) -> Result<Fingerprints, Error> {
        read(&query(READ).fetch_all(&self.database).await?)
    }

    /// Notes these in a database that knows none; those that it knows then.
    pub async fn note_fingerprints(
        &self,
        ours: &Fingerprints,
        now: OffsetDateTime,
    ) -> Result<Fingerprints, Error> {
        let mut tx = self.begin().await?;
        lock(&mut tx).await?;
        let known = read(&query(READ).fetch_all(&mut tx).await?)?;
        if !known.is_empty() {
            return Ok(known);
        }
        write(&mut tx, ours, now).await?;
        tx.commit_quietly().await?;
        Ok(ours.clone())
    }

    /// Puts these in the place of all that were noted, and writes it down where an entry is given; running servers look at their keys again.
    pub async fn replace_fingerprints(
        &self,
        ours: &Fingerprints,
        event: Option<&AuditEvent>,
        now: OffsetDateTime,
    ) -> Result<(), Error> {
        let mut tx = self.begin().await?;
        lock(&mut tx).await?;
        query("DELETE FROM key_fingerprint")
            .execute(&mut tx)
            .await?;
        write(&mut tx, ours, now).await?;
        if let Some(event) = event {
            tx.audit(event).await?;
        }
        tx.everything_changed();
        tx.commit(now).await
    }
}

pub(super) const READ: &str = "SELECT kind, fingerprint FROM key_fingerprint";

pub(super) fn read(rows: &[Row]) -> Result<Fingerprints, Error> {
    rows.iter()
        .map(|row| Ok((row.text("kind")?, row.text("fingerprint")?)))
        .collect()
}

async fn lock(tx: &mut Tx) -> Result<(), Error> {
    let sql = "UPDATE change_counter SET revision = revision WHERE id = 1";
    query(sql).execute(tx).await?;
    Ok(())
}

async fn write(tx: &mut Tx, fingerprints: &Fingerprints, now: OffsetDateTime) -> Result<(), Error> {
    for (kind, fingerprint) in fingerprints {
        query("INSERT INTO key_fingerprint (kind, fingerprint, noted_at) VALUES ($1, $2, $3)")
            .bind(kind.as_str())
            .bind(fingerprint.as_str())
            .bind(ms(now))
            .execute(&mut *tx)
            .await?;
    }
    Ok(())
}
