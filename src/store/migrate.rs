//! Migrations: numbered SQL texts, applied once, in order.
//!
//! Invariant: the check and the change are one transaction under one lock, so that servers which start at once do not meet.

use super::Error;
use super::statement::query;
use super::transaction::Database;

/// Number, name and text. A migration that was released is never changed.
const MIGRATIONS: &[(i64, &str, &str)] = &[
    (1, "begin", include_str!("../../migrations/0001_begin.sql")),
    (
        2,
        "fewer indexes",
        include_str!("../../migrations/0002_fewer_indexes.sql"),
    ),
    (
        3,
        "console",
        include_str!("../../migrations/0003_console.sql"),
    ),
    (
        4,
        "evidence",
        include_str!("../../migrations/0004_evidence.sql"),
    ),
    (
        5,
        "members",
        include_str!("../../migrations/0005_members.sql"),
    ),
    (
        6,
        "sessions",
        include_str!("../../migrations/0006_sessions.sql"),
    ),
    (
        7,
        "lookups",
        include_str!("../../migrations/0007_lookups.sql"),
    ),
    (
        8,
        "waiting",
        include_str!("../../migrations/0008_waiting.sql"),
    ),
    (
        9,
        "packed",
        include_str!("../../migrations/0009_packed.sql"),
    ),
    (
        10,
        "domains",
        include_str!("../../migrations/0010_domains.sql"),
    ),
];

const TABLE: &str =
    "CREATE TABLE IF NOT EXISTS migration (number BIGINT NOT NULL PRIMARY KEY, name TEXT NOT NULL)";
/// Any number will do that every server uses; this one is "vestibul" in ASCII. Another server may be migrating.
const POSTGRES_LOCK: &str = "SET LOCAL lock_timeout = '5min'; \
     DO $$ BEGIN PERFORM pg_advisory_xact_lock(8531315926440768876); END $$";

/// Brings the schema up to date.
pub(super) async fn run(database: &Database) -> Result<(), Error> {
    let mut tx = database.begin().await?;
    tx.may_take_long();
    if let Database::Postgres(_) = database {
        tx.script(POSTGRES_LOCK.to_owned()).await?;
    }
    query(TABLE).execute(&mut tx).await?;
    let row = query("SELECT COALESCE(MAX(number), 0) AS newest FROM migration")
        .fetch_one(&mut tx)
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
        let text = match database {
            Database::Sqlite(_) => (*text).to_owned(),
            Database::Postgres(_) => text.replace(" BLOB", " BYTEA"),
        };
        // The text is part of this program; only the type's name was changed.
        tx.script(text).await?;
        query("INSERT INTO migration (number, name) VALUES ($1, $2)")
            .bind(*number)
            .bind(*name)
            .execute(&mut tx)
            .await?;
    }
    tx.commit_quietly().await
}
