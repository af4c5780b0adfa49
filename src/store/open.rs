//! Opening the database.
//!
//! Invariants: the SQLite file is private to its owner and survives a crash of the machine (WAL, synchronous=FULL); when
//! `open` returns, the schema is the newest.

use std::fs::{DirBuilder, OpenOptions};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use sqlx::any::{AnyConnectOptions, AnyPoolOptions};
use sqlx::{AnyPool, Executor, raw_sql};

use super::{Backend, Error, Hasher, Store, migrate};

/// Readers of one SQLite file at a time; each is a thread.
const SQLITE_READERS: u32 = 4;
const POSTGRES_CONNECTIONS: u32 = 16;
/// A request does not wait longer for a connection.
const ACQUIRE: Duration = Duration::from_secs(10);

/// Every connection waits for another process's lock, syncs every commit, and enforces references.
const SQLITE_SESSION: &str =
    "PRAGMA busy_timeout = 10000; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;";
/// The same for readers, which cannot write by mistake.
const SQLITE_READER_SESSION: &str =
    "PRAGMA busy_timeout = 10000; PRAGMA foreign_keys = ON; PRAGMA query_only = ON;";
/// The transactions here are written for READ COMMITTED, and none may wait for ever.
const POSTGRES_SESSION: &str = "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL READ COMMITTED; \
     SET lock_timeout = '10s'; SET idle_in_transaction_session_timeout = '60s';";

/// A path inside a URL.
const PATH: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'/')
    .remove(b'.')
    .remove(b'-')
    .remove(b'_');

impl Store {
    /// Opens the database of a URL (`sqlite:<file>` or `postgres://…`), makes a missing SQLite file, and migrates.
    ///
    /// `hash` is SHA-256.
    pub async fn open(url: &str, hash: Hasher) -> Result<Self, Error> {
        sqlx::any::install_default_drivers();
        let store = if let Some(file) = url.strip_prefix("sqlite:") {
            Self::open_sqlite(file, hash).await?
        } else if url.starts_with("postgres:") || url.starts_with("postgresql:") {
            Self::open_postgres(url, hash).await?
        } else {
            return Err(Error::Url);
        };
        migrate::run(&store.write, store.backend).await?;
        Ok(store)
    }

    /// Which database it is, for people.
    pub fn backend_name(&self) -> &'static str {
        match self.backend {
            Backend::Sqlite => "SQLite",
            Backend::Postgres => "PostgreSQL",
        }
    }

    /// Closes every connection after the statements that are under way.
    pub async fn close(&self) {
        self.write.close().await;
        self.read.close().await;
    }

    async fn open_sqlite(file: &str, hash: Hasher) -> Result<Self, Error> {
        let path = sqlite_path(file)?;
        make_private_file(&path).map_err(|source| unusable(&path, source))?;
        let url = format!(
            "sqlite://{}",
            utf8_percent_encode(&path.to_string_lossy(), PATH)
        );
        let options: AnyConnectOptions = url.parse()?;
        let write = sqlite_pool(1, SQLITE_SESSION)
            .connect_with(options.clone())
            .await?;
        use_wal(&write).await?;
        let read = sqlite_pool(SQLITE_READERS, SQLITE_READER_SESSION).connect_lazy_with(options);
        Ok(Self {
            read,
            write,
            backend: Backend::Sqlite,
            hash,
            writer: Some(Arc::default()),
        })
    }

    async fn open_postgres(url: &str, hash: Hasher) -> Result<Self, Error> {
        let options: AnyConnectOptions = url.parse().map_err(|_| Error::Url)?;
        let pool = AnyPoolOptions::new()
            .max_connections(POSTGRES_CONNECTIONS)
            .acquire_timeout(ACQUIRE)
            .after_connect(|connection, _| {
                Box::pin(async move {
                    connection
                        .execute(raw_sql(POSTGRES_SESSION))
                        .await
                        .map(drop)
                })
            })
            .connect_with(options)
            .await?;
        Ok(Self {
            read: pool.clone(),
            write: pool,
            backend: Backend::Postgres,
            hash,
            writer: None,
        })
    }
}

fn sqlite_pool(connections: u32, session: &'static str) -> AnyPoolOptions {
    AnyPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(ACQUIRE)
        .idle_timeout(None)
        .max_lifetime(None)
        .after_connect(move |connection, _| {
            Box::pin(async move { connection.execute(raw_sql(session)).await.map(drop) })
        })
}

/// Turns write-ahead logging on, which the file then remembers. The change needs the file for itself and SQLite does not
/// wait for that, so that two servers which start on a new file at once have to try again.
async fn use_wal(pool: &AnyPool) -> Result<(), Error> {
    let mut tries = 0;
    loop {
        match pool.execute(raw_sql("PRAGMA journal_mode = WAL;")).await {
            Ok(_) => return Ok(()),
            Err(error) => {
                let error = Error::from(error);
                if tries == 50 || !error.is_transient() {
                    return Err(error);
                }
                tries += 1;
            }
        }
        tokio::time::sleep(Duration::from_millis(40)).await;
    }
}

/// The file of `sqlite:<file>`, also written as `sqlite://<file>`; parameters behind a question mark are not for us.
fn sqlite_path(file: &str) -> Result<PathBuf, Error> {
    let file = file.strip_prefix("//").unwrap_or(file);
    let file = file.split('?').next().unwrap_or_default();
    if file.is_empty() || file.starts_with(':') {
        return Err(Error::Url);
    }
    std::path::absolute(file).map_err(|source| Error::File {
        path: file.into(),
        source,
    })
}

/// Why a file cannot be opened: when another user owns it, or the directory it is in, that says more than the system does.
fn unusable(path: &Path, source: std::io::Error) -> Error {
    if source.kind() == std::io::ErrorKind::PermissionDenied {
        for found in path.ancestors() {
            if let Ok(metadata) = std::fs::metadata(found) {
                return Error::Permission {
                    path: found.to_owned(),
                    owner: metadata.uid(),
                    mode: metadata.mode() & 0o7777,
                };
            }
        }
    }
    Error::File {
        path: path.to_owned(),
        source,
    }
}

/// Makes the file and its directory when they are missing, for their owner only. SQLite gives the files beside it (the log,
/// the index of the log) the same mode.
fn make_private_file(path: &Path) -> std::io::Result<()> {
    if let Some(directory) = path.parent() {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(directory)?;
    }
    OpenOptions::new()
        .create(true)
        .read(true)
        .append(true)
        .mode(0o600)
        .open(path)
        .map(drop)
}
