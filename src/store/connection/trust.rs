//! Versions of connections' trust, and who has read them.
//!
//! Invariants: a connection's versions are numbered without a gap, in the order of their commits; and the newest of them are
//! kept, of which the last one is what the connection trusts.

use time::OffsetDateTime;

use super::protocol_migration;
use crate::database::columns::{Row, json, ms};
use crate::database::statement::query;
use crate::domain::{ConnectionId, Family, Settings, TrustLine, TrustVersion, UserId};
use crate::store::{Error, Store, Tx};

/// The versions of a connection that are kept. What older ones changed, the audit log tells.
const KEPT: i64 = 50;

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT connection_id, company_id, number, at, actor, actor_id, settings FROM trust_version ",
            $rest
        )
    };
}

/// A change of trust that an administrator has not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnreadTrust {
    /// The connection.
    pub connection_id: ConnectionId,
    /// Its name on the sign-in page.
    pub display_name: String,
    /// The newest version that somebody else made.
    pub number: i64,
    /// When it was made.
    pub at: OffsetDateTime,
    /// Who made it.
    pub actor: String,
}

/// The newest version of each connection of company `$1` that somebody else than `$3` made since `$4`, and that `$3` has not read.
macro_rules! select_unread_trust {
    () => {
        "SELECT c.id, c.display_name, v.number, v.at, v.actor FROM connection c JOIN trust_version v ON v.connection_id = c.id \
         WHERE c.company_id = $1 AND v.at >= $4 \
         AND v.number = (SELECT MAX(w.number) FROM trust_version w WHERE w.connection_id = c.id \
                         AND (w.actor_id IS NULL OR w.actor_id <> $3)) \
         AND v.number > COALESCE((SELECT r.number FROM trust_read r WHERE r.user_id = $3 AND r.connection_id = c.id), 0)"
    };
}
pub(in crate::store) use select_unread_trust;

/// Reads one, if the row has one.
pub(in crate::store) fn unread_trust(row: &Row) -> Result<Option<UnreadTrust>, Error> {
    let Some(connection_id) = row.maybe_parsed("id")? else {
        return Ok(None);
    };
    Ok(Some(UnreadTrust {
        connection_id,
        display_name: row.text("display_name")?,
        number: row.int("number")?,
        at: row.time("at")?,
        actor: row.text("actor")?,
    }))
}

impl Tx {
    /// The settings of a connection's newest version.
    pub async fn newest_trust(
        &mut self,
        connection: ConnectionId,
    ) -> Result<Option<Settings>, Error> {
        let row = query(
            "SELECT settings FROM trust_version WHERE connection_id = $1 ORDER BY number DESC LIMIT 1",
        )
        .bind(connection.to_string())
        .fetch_optional(self)
        .await?;
        row.as_ref().map(protocol_migration::settings).transpose()
    }

    /// Writes a connection's next version; its number. The connection's row was changed in this transaction, so that nobody
    /// else takes the same number.
    pub async fn add_trust_version(&mut self, version: &TrustVersion) -> Result<i64, Error> {
        let row = query(
            "SELECT COALESCE(MAX(number), 0) AS number FROM trust_version WHERE connection_id = $1",
        )
        .bind(version.connection_id.to_string())
        .fetch_one(&mut *self)
        .await?;
        let number = row.int("number")? + 1;
        query(
            "INSERT INTO trust_version (connection_id, company_id, number, at, actor, actor_id, settings) \
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(version.connection_id.to_string())
        .bind(version.company_id.to_string())
        .bind(number)
        .bind(ms(version.at))
        .bind(version.actor.replace('\0', ""))
        .bind(version.actor_id.map(|id| id.to_string()))
        .bind(json(&version.settings)?)
        .execute(&mut *self)
        .await?;
        query("DELETE FROM trust_version WHERE connection_id = $1 AND number <= $2")
            .bind(version.connection_id.to_string())
            .bind(number - KEPT)
            .execute(&mut *self)
            .await?;
        self.uses(version.company_id, Family::Documents, 0);
        Ok(number)
    }
}

impl Store {
    /// The number of a connection's newest version; 0 for none.
    pub async fn newest_trust_version(&self, connection: ConnectionId) -> Result<i64, Error> {
        let row = query(
            "SELECT COALESCE(MAX(number), 0) AS number FROM trust_version WHERE connection_id = $1",
        )
        .bind(connection.to_string())
        .fetch_one(&self.database)
        .await?;
        Ok(row.int("number")?)
    }

    /// The number of a connection's oldest version that is kept; 0 for none.
    pub async fn oldest_trust_version(&self, connection: ConnectionId) -> Result<i64, Error> {
        let row = query(
            "SELECT COALESCE(MIN(number), 0) AS number FROM trust_version WHERE connection_id = $1",
        )
        .bind(connection.to_string())
        .fetch_one(&self.database)
        .await?;
        Ok(row.int("number")?)
    }

    /// A connection's versions up to a number, the newest first, without their settings.
    pub async fn trust_lines(
        &self,
        connection: ConnectionId,
        newest: i64,
        limit: u32,
    ) -> Result<Vec<TrustLine>, Error> {
        let rows = query(
            "SELECT number, at, actor FROM trust_version WHERE connection_id = $1 AND number <= $2 \
             ORDER BY number DESC LIMIT $3",
        )
        .bind(connection.to_string())
        .bind(newest)
        .bind(i64::from(limit))
        .fetch_all(&self.database)
        .await?;
        let line = |row: &Row| {
            Ok(TrustLine {
                number: row.int("number")?,
                at: row.time("at")?,
                actor: row.text("actor")?,
            })
        };
        rows.iter().map(line).collect()
    }

    /// One version of a connection.
    pub async fn trust_version(
        &self,
        connection: ConnectionId,
        number: i64,
    ) -> Result<Option<TrustVersion>, Error> {
        let row = query(select!("WHERE connection_id = $1 AND number = $2"))
            .bind(connection.to_string())
            .bind(number)
            .fetch_optional(&self.database)
            .await?;
        row.as_ref().map(version).transpose()
    }

    /// The newest version of a connection that a user has said to have read; 0 for none.
    pub async fn trust_read(&self, user: UserId, connection: ConnectionId) -> Result<i64, Error> {
        let row = query("SELECT number FROM trust_read WHERE user_id = $1 AND connection_id = $2")
            .bind(user.to_string())
            .bind(connection.to_string())
            .fetch_optional(&self.database)
            .await?;
        Ok(row.map_or(Ok(0), |row| row.int("number"))?)
    }

    /// Notes that a user has read a connection's versions up to this one. What was read stays read.
    pub async fn read_trust(
        &self,
        user: UserId,
        connection: ConnectionId,
        number: i64,
    ) -> Result<(), Error> {
        let mut tx = self.begin().await?;
        query(
            "INSERT INTO trust_read (user_id, connection_id, number) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        )
        .bind(user.to_string())
        .bind(connection.to_string())
        .bind(number)
        .execute(&mut tx)
        .await?;
        query(
            "UPDATE trust_read SET number = $3 WHERE user_id = $1 AND connection_id = $2 AND number < $3",
        )
        .bind(user.to_string())
        .bind(connection.to_string())
        .bind(number)
        .execute(&mut tx)
        .await?;
        tx.commit_quietly().await
    }
}

fn version(row: &Row) -> Result<TrustVersion, Error> {
    Ok(TrustVersion {
        connection_id: row.parsed("connection_id")?,
        company_id: row.parsed("company_id")?,
        number: row.int("number")?,
        at: row.time("at")?,
        actor: row.text("actor")?,
        actor_id: row.maybe_parsed("actor_id")?,
        settings: protocol_migration::settings(row)?,
    })
}
