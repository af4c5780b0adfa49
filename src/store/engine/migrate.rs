//! Migrations: numbered SQL texts, applied once, in order.
//!
//! Invariants: the check and the change are one transaction under one lock, so that servers which start at once do not meet;
//! a database keeps the hash of each text that made it, and is not opened by a program that has another text.

use std::collections::HashMap;

use crate::database::Database;
use crate::database::columns::hex;
use crate::database::statement::query;
use crate::store::connection::{domain_migration, protocol_migration};
use crate::store::sign_in::session_lookup;
use crate::store::{Error, Hasher, Tx};

/// What has to be done in the nouns of this program and not in SQL, behind the text of the migration of this number.
async fn after(number: i64, tx: &mut Tx) -> Result<(), Error> {
    match number {
        11 => domain_migration::run(tx).await,
        19 => session_lookup::look_up_anew(tx).await,
        25 => protocol_migration::run(tx).await,
        _ => Ok(()),
    }
}

/// Number, name and text. A migration that was released is never changed.
const MIGRATIONS: &[(i64, &str, &str)] = &[
    (
        1,
        "begin",
        include_str!("../../../migrations/0001_begin.sql"),
    ),
    (
        2,
        "fewer indexes",
        include_str!("../../../migrations/0002_fewer_indexes.sql"),
    ),
    (
        3,
        "console",
        include_str!("../../../migrations/0003_console.sql"),
    ),
    (
        4,
        "evidence",
        include_str!("../../../migrations/0004_evidence.sql"),
    ),
    (
        5,
        "members",
        include_str!("../../../migrations/0005_members.sql"),
    ),
    (
        6,
        "sessions",
        include_str!("../../../migrations/0006_sessions.sql"),
    ),
    (
        7,
        "lookups",
        include_str!("../../../migrations/0007_lookups.sql"),
    ),
    (
        8,
        "waiting",
        include_str!("../../../migrations/0008_waiting.sql"),
    ),
    (
        9,
        "packed",
        include_str!("../../../migrations/0009_packed.sql"),
    ),
    (
        10,
        "domains",
        include_str!("../../../migrations/0010_domains.sql"),
    ),
    (
        11,
        "domains carried over",
        include_str!("../../../migrations/0011_domains_carried_over.sql"),
    ),
    (
        12,
        "identities",
        include_str!("../../../migrations/0012_identities.sql"),
    ),
    (
        13,
        "authentication",
        include_str!("../../../migrations/0013_authentication.sql"),
    ),
    (
        HASHED,
        "fingerprints",
        include_str!("../../../migrations/0015_fingerprints.sql"),
    ),
    (
        16,
        "suspended",
        include_str!("../../../migrations/0016_suspended.sql"),
    ),
    (
        17,
        "first use",
        include_str!("../../../migrations/0017_first_use.sql"),
    ),
    (
        18,
        "logout",
        include_str!("../../../migrations/0018_logout.sql"),
    ),
    (
        19,
        "names of sessions",
        include_str!("../../../migrations/0019_names_of_sessions.sql"),
    ),
    (
        22,
        "unanswered",
        include_str!("../../../migrations/0022_unanswered.sql"),
    ),
    (
        23,
        "logo",
        include_str!("../../../migrations/0023_logo.sql"),
    ),
    (
        24,
        "quota",
        include_str!("../../../migrations/0024_quota.sql"),
    ),
    (
        25,
        "protocol",
        include_str!("../../../migrations/0025_protocol.sql"),
    ),
    (
        26,
        "logout hints",
        include_str!("../../../migrations/0026_logout_hints.sql"),
    ),
    (
        27,
        "directory",
        include_str!("../../../migrations/0027_directory.sql"),
    ),
    (
        28,
        "refresh",
        include_str!("../../../migrations/0028_refresh.sql"),
    ),
    (
        29,
        "attributes",
        include_str!("../../../migrations/0029_attributes.sql"),
    ),
    (
        30,
        "application",
        include_str!("../../../migrations/0030_application.sql"),
    ),
    (
        31,
        "gate probe",
        include_str!("../../../migrations/0031_gate_probe.sql"),
    ),
];

/// The migration that gave the table of migrations its hashes.
const HASHED: i64 = 15;

const TABLE: &str =
    "CREATE TABLE IF NOT EXISTS migration (number BIGINT NOT NULL PRIMARY KEY, name TEXT NOT NULL)";
/// Any number will do that every server uses; this one is "vestibul" in ASCII. Another server may be migrating.
const POSTGRES_LOCK: &str = "SET LOCAL lock_timeout = '5min'; \
     DO $$ BEGIN PERFORM pg_advisory_xact_lock(8531315926440768876); END $$";

/// Brings the schema up to date.
pub(in crate::store) async fn run(database: &Database, hash: Hasher) -> Result<(), Error> {
    let mut tx = Tx::from(database.begin().await?);
    tx.may_take_long().await?;
    if let Database::Postgres(_) = database {
        tx.script(POSTGRES_LOCK.to_owned()).await?;
    }
    query(TABLE).execute(&mut tx).await?;
    let done = done(&mut tx).await?;
    let newest = done.keys().max().copied().unwrap_or(0);
    let known = MIGRATIONS.last().map_or(0, |(number, ..)| *number);
    if newest > known {
        return Err(Error::Newer {
            found: newest,
            known,
        });
    }
    let mut changed = false;
    for (number, name, text) in MIGRATIONS {
        match done.get(number) {
            Some(Some(kept)) if *kept != hash_of(text, hash) => {
                return Err(Error::Edited {
                    number: *number,
                    name,
                });
            }
            Some(_) => continue,
            None => changed = true,
        }
        let text = match database {
            Database::Sqlite(_) => (*text).to_owned(),
            Database::Postgres(_) => text.replace(" BLOB", " BYTEA"),
        };
        // The text is part of this program; only the type's name was changed.
        tx.script(text).await?;
        after(*number, &mut tx).await?;
        query("INSERT INTO migration (number, name) VALUES ($1, $2)")
            .bind(*number)
            .bind(*name)
            .execute(&mut tx)
            .await?;
    }
    if changed {
        keep_hashes(&mut tx, hash).await?;
    }
    tx.commit_quietly().await
}

/// The migrations that the database has had, with the hashes of their texts once there are any.
async fn done(tx: &mut Tx) -> Result<HashMap<i64, Option<String>>, Error> {
    let numbers = query("SELECT number FROM migration")
        .fetch_all(&mut *tx)
        .await?;
    let mut done = HashMap::new();
    for row in numbers {
        done.insert(row.int("number")?, None);
    }
    if done.contains_key(&HASHED) {
        let hashes = query("SELECT number, checksum FROM migration")
            .fetch_all(&mut *tx)
            .await?;
        for row in hashes {
            done.insert(row.int("number")?, row.maybe_text("checksum")?);
        }
    }
    Ok(done)
}

/// What an earlier version has applied had the text that was released, which is the one of this program.
async fn keep_hashes(tx: &mut Tx, hash: Hasher) -> Result<(), Error> {
    for (number, _, text) in MIGRATIONS {
        query("UPDATE migration SET checksum = $1 WHERE number = $2 AND checksum IS NULL")
            .bind(hash_of(text, hash))
            .bind(*number)
            .execute(&mut *tx)
            .await?;
    }
    Ok(())
}

fn hash_of(text: &str, hash: Hasher) -> String {
    hex(&hash(text.as_bytes()))
}
