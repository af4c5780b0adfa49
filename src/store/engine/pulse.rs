//! A sign of life, for `doctor`.

use crate::database::Database;
use crate::database::statement::query;
use crate::store::{Error, Store};
use time::OffsetDateTime;

/// What the database says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pulse {
    /// The newest migration.
    pub schema: i64,
    /// Its clock; none for SQLite, which has ours.
    pub time: Option<OffsetDateTime>,
}

impl Store {
    /// Asks the database for its schema and its time.
    pub async fn pulse(&self) -> Result<Pulse, Error> {
        let time = match &self.database {
            Database::Sqlite(_) => None,
            Database::Postgres(_) => {
                let sql =
                    "SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT) AS now";
                let row = query(sql).fetch_one(&self.database).await?;
                Some(row.time("now")?)
            }
        };
        let row = query("SELECT COALESCE(MAX(number), 0) AS newest FROM migration")
            .fetch_one(&self.database)
            .await?;
        Ok(Pulse {
            schema: row.int("newest")?,
            time,
        })
    }
}
