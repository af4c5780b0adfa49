//! Migrations: numbered SQL texts, applied once, in order.
//!
//! Invariant: the check and the change are one transaction under one lock, so that servers which start at once do not meet.

use sqlx::{AnyPool, AssertSqlSafe, Executor, query, raw_sql};

use super::columns::Columns;
use super::{Backend, Error};

/// Number, name and text. A migration that was released is never changed.
const MIGRATIONS: &[(i64, &str, &str)] =
    &[(1, "begin", include_str!("../../migrations/0001_begin.sql"))];

const TABLE: &str =
    "CREATE TABLE IF NOT EXISTS migration (number BIGINT NOT NULL PRIMARY KEY, name TEXT NOT NULL)";
/// Any number will do that every server uses; this one is "vestibul" in ASCII.
const POSTGRES_LOCK: &str =
    "DO $$ BEGIN PERFORM pg_advisory_xact_lock(8531315926440768876); END $$";

/// Brings the schema up to date.
pub(super) async fn run(pool: &AnyPool, backend: Backend) -> Result<(), Error> {
    let mut tx = match backend {
        Backend::Sqlite => pool.begin_with("BEGIN IMMEDIATE").await?,
        Backend::Postgres => pool.begin().await?,
    };
    if backend == Backend::Postgres {
        tx.execute(raw_sql(POSTGRES_LOCK)).await?;
    }
    tx.execute(TABLE).await?;
    let row = query("SELECT COALESCE(MAX(number), 0) AS newest FROM migration")
        .fetch_one(&mut *tx)
        .await?;
    let newest = row.int("newest")?;
    let known = MIGRATIONS.last().map_or(0, |(number, ..)| *number);
    if newest > known {
        return Err(Error::Newer {
            found: newest,
            known,
        });
    }
    for (number, name, text) in MIGRATIONS.iter().filter(|(number, ..)| *number > newest) {
        let text = match backend {
            Backend::Sqlite => (*text).to_owned(),
            Backend::Postgres => text.replace(" BLOB", " BYTEA"),
        };
        // The text is part of this program; only the type's name was changed.
        tx.execute(raw_sql(AssertSqlSafe(text))).await?;
        query("INSERT INTO migration (number, name) VALUES ($1, $2)")
            .bind(*number)
            .bind(*name)
            .execute(&mut *tx)
            .await?;
    }
    tx.commit().await?;
    Ok(())
}
