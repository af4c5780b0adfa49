//! Opening and migrating.

use std::os::unix::fs::PermissionsExt;

use sqlx::{Connection, Executor};
use vestibule::store::{DatabaseError, Error, Store};

use super::database::{Database, on_both};
use super::world::{NOW, company};

on_both!(
    empty: servers_that_start_at_once,
    a_newer_database_is_left_alone,
    an_edited_migration_is_refused,
    hashes_are_kept_for_what_an_earlier_version_made,
    a_pulse_tells_schema_and_time
);

async fn servers_that_start_at_once(database: &Database) {
    let (a, b, c, d) = tokio::join!(
        database.open(),
        database.open(),
        database.open(),
        database.open()
    );
    a.add_company(&company("https://acme.example.com"), NOW)
        .await
        .unwrap();
    for store in [b, c, d] {
        assert_eq!(store.companies().await.unwrap().len(), 1);
    }
}

async fn a_pulse_tells_schema_and_time(database: &Database) {
    let pulse = database.open().await.pulse().await.unwrap();
    assert!(pulse.schema >= 1);
    match database {
        Database::Sqlite(_) => assert_eq!(pulse.time, None),
        Database::Postgres { .. } => assert!(pulse.time.unwrap().year() >= 2025),
    }
}

async fn a_newer_database_is_left_alone(database: &Database) {
    database.open().await.close().await;
    by_hand(
        database,
        "INSERT INTO migration (number, name) VALUES (9999, 'of the future')",
    )
    .await;
    let opened = Store::open(&database.url(), openssl::sha::sha256).await;
    assert!(matches!(opened, Err(Error::Newer { found: 9999, .. })));
}

async fn an_edited_migration_is_refused(database: &Database) {
    database.open().await.close().await;
    by_hand(
        database,
        "UPDATE migration SET checksum = 'another' WHERE number = 3",
    )
    .await;
    let refused = Store::open(&database.url(), openssl::sha::sha256).await;
    let refused = refused.unwrap_err();
    assert!(
        matches!(refused, Error::Edited { number: 3, .. }),
        "{refused}"
    );
    assert!(refused.to_string().contains("migration 3 (console)"));
}

async fn hashes_are_kept_for_what_an_earlier_version_made(database: &Database) {
    database.open().await.close().await;
    by_hand(database, "UPDATE migration SET checksum = NULL").await;
    by_hand(
        database,
        "ALTER TABLE migration DROP COLUMN checksum; DROP TABLE key_fingerprint; DELETE FROM migration WHERE number = 15",
    )
    .await;
    // The upgrade hashes what is there already: a copy of it that is edited is refused from then on.
    database.open().await.close().await;
    by_hand(
        database,
        "UPDATE migration SET checksum = 'another' WHERE number = 1 AND checksum IS NOT NULL",
    )
    .await;
    let refused = Store::open(&database.url(), openssl::sha::sha256).await;
    assert!(matches!(refused, Err(Error::Edited { number: 1, .. })));
}

/// What somebody does to the database beside the server.
pub(super) async fn by_hand(database: &Database, sql: &'static str) {
    match database {
        Database::Sqlite(_) => {
            let file = database.url().replace("sqlite:", "");
            let connection = rusqlite::Connection::open(file).unwrap();
            connection.execute_batch(sql).unwrap();
        }
        Database::Postgres { .. } => sqlx::PgConnection::connect(&database.url())
            .await
            .unwrap()
            .execute(sql)
            .await
            .map(drop)
            .unwrap(),
    }
}

/// The texts that were released. A change of what a released version did is a migration of its own.
#[test]
fn released_migrations_are_as_they_were() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
    for (file, hash) in [
        (
            "0001_begin.sql",
            "edc37bb284434865c03261aad89a71cd9f923e5a28fae98317acef53a18e3076",
        ),
        (
            "0002_fewer_indexes.sql",
            "7c48d2cea228e0d609ee1bd3705ea004480337c70f187f27e028968f7d17295c",
        ),
        (
            "0003_console.sql",
            "1d65e65b8691f636d3e985f57adfb30b3936872cd8b273eeecc4690ff3219eaf",
        ),
        (
            "0004_evidence.sql",
            "e6b004909a406c2ca99d088a82b3efe7f91133c8d0dd7763329187d20dc1ada2",
        ),
        (
            "0005_members.sql",
            "58b9ba6dac7d92dab5e2118de81b743ede3e59eaf9d19f0e828717c7913b147d",
        ),
        (
            "0006_sessions.sql",
            "5615906f78a6f5a90d21bfb298f9df894af6e922444814187897182425402b01",
        ),
        (
            "0007_lookups.sql",
            "39c6e3c984d6bfab296760fcd6c1ca72880f9b6f01333e81088061245e1db744",
        ),
        (
            "0008_waiting.sql",
            "4755746598927ac748eddb94e8abfa4d5dd84c7dfca5d2eb07ec35be8196d479",
        ),
        (
            "0009_packed.sql",
            "c2445d0265f9581bfdbd99d675dc7678c75ef5606f36101a9309127f073865b2",
        ),
    ] {
        let text = std::fs::read(folder.join(file)).unwrap();
        assert_eq!(
            vestibule::keys::hex(&openssl::sha::sha256(&text)),
            hash,
            "{file}"
        );
    }
}

#[tokio::test]
async fn the_file_is_private_and_durable() {
    let database = Database::sqlite();
    let store = database.open().await;
    store
        .add_company(&company("https://acme.example.com"), NOW)
        .await
        .unwrap();
    let path = database.url().replace("sqlite:", "");
    for file in [path.clone(), format!("{path}-wal"), format!("{path}-shm")] {
        assert_eq!(
            std::fs::metadata(&file).unwrap().permissions().mode() & 0o777,
            0o600,
            "{file}"
        );
    }
    let directory = std::path::Path::new(&path).parent().unwrap();
    assert_eq!(
        std::fs::metadata(directory).unwrap().permissions().mode() & 0o777,
        0o700
    );

    // A copy of the files at this moment is what a crash of the machine would leave.
    let copy = tempfile::tempdir().unwrap();
    for end in ["", "-wal"] {
        std::fs::copy(
            format!("{path}{end}"),
            copy.path().join(format!("copy{end}")),
        )
        .unwrap();
    }
    let url = format!("sqlite://{}", copy.path().join("copy").display());
    let survivor = Store::open(&url, openssl::sha::sha256).await.unwrap();
    assert_eq!(survivor.companies().await.unwrap().len(), 1);
}

#[tokio::test]
async fn other_urls_are_refused() {
    for url in ["", "mysql://x/y", "sqlite:", "sqlite::memory:", "/tmp/x"] {
        assert!(
            matches!(
                Store::open(url, openssl::sha::sha256).await,
                Err(Error::Database(DatabaseError::Url))
            ),
            "{url}"
        );
    }
}
