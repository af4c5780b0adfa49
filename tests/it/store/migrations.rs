//! Opening and migrating.

use std::os::unix::fs::PermissionsExt;

use sqlx::{Connection, Executor};
use vestibule::store::{Error, Store};

use super::database::{Database, on_both};
use super::world::{NOW, company};

on_both!(
    servers_that_start_at_once,
    a_newer_database_is_left_alone,
    a_pulse_tells_schema_and_time
);

async fn servers_that_start_at_once(database: &Database) {
    let (a, b, c, d) = tokio::join!(
        database.open(),
        database.open(),
        database.open(),
        database.open()
    );
    a.add_company(&company("acme", "https://acme.example.com"), NOW)
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
    let sql = "INSERT INTO migration (number, name) VALUES (9999, 'of the future')";
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
    let opened = Store::open(&database.url(), openssl::sha::sha256).await;
    assert!(matches!(opened, Err(Error::Newer { found: 9999, .. })));
}

#[tokio::test]
async fn the_file_is_private_and_durable() {
    let database = Database::sqlite();
    let store = database.open().await;
    store
        .add_company(&company("acme", "https://acme.example.com"), NOW)
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
                Err(Error::Url)
            ),
            "{url}"
        );
    }
}
