//! Opening the database.
//!
//! Invariants: the SQLite file is private to its owner and survives a crash of the machine (WAL, synchronous=FULL); when
//! `open` returns, the schema is the newest.

use std::fs::{DirBuilder, OpenOptions};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::migrate;
use crate::database::statement::query;
use crate::database::{postgres, sqlite};
use crate::domain::Quotas;
use crate::store::{Database, Error, Hasher, Store};

impl Store {
    /// Opens the database of a URL (`sqlite:<file>` or `postgres://…`), makes a missing SQLite file, and migrates.
    ///
    /// `hash` is SHA-256.
    pub async fn open(url: &str, hash: Hasher) -> Result<Self, Error> {
        let (database, patient) = if let Some(file) = url.strip_prefix("sqlite:") {
            let path = sqlite_path(file)?;
            make_private_file(&path).map_err(|source| unusable(&path, source))?;
            refuse_readable(&path)?;
            let file = Database::Sqlite(Arc::new(sqlite::File::open(path).await?));
            (file.clone(), file)
        } else if url.starts_with("postgres:") || url.starts_with("postgresql:") {
            let pools = postgres::Pools::open(url).await?;
            (
                Database::Postgres(pools.prompt),
                Database::Postgres(pools.patient),
            )
        } else {
            return Err(Error::Url);
        };
        migrate::run(&patient, hash).await?;
        Ok(Self {
            queue: matches!(database, Database::Sqlite(_)).then(Arc::default),
            database,
            patient,
            hash,
            quotas: Quotas::default(),
            begun: Arc::default(),
            ended: Arc::default(),
        })
    }

    /// Which database it is, for people.
    pub fn backend_name(&self) -> &'static str {
        match self.database {
            Database::Sqlite(_) => "SQLite",
            Database::Postgres(_) => "PostgreSQL",
        }
    }

    /// The same database for whoever can wait: administrators, the API, and what runs in the background. On PostgreSQL it has
    /// connections of its own, so that no sign-in, check or start waits for one.
    #[must_use]
    pub fn at_leisure(&self) -> Self {
        Self {
            database: self.patient.clone(),
            ..self.clone()
        }
    }

    /// There are many more users now: PostgreSQL looks at their tables anew, so that lists are planned for what is there. Nobody
    /// waits for it. SQLite is never asked to, and its plans are always the same.
    pub fn take_stock(&self) {
        if let Database::Postgres(_) = self.patient {
            let patient = self.patient.clone();
            tokio::spawn(async move {
                // When it fails, the server does it by itself, later.
                let stock = query("ANALYZE account, identity, group_grant");
                let _ = stock.execute(&patient).await;
            });
        }
    }

    /// How often a database that may be far away was asked, and waited for, since the start; 0 of a file.
    pub fn round_trips(&self) -> u64 {
        match &self.database {
            Database::Sqlite(_) => 0,
            Database::Postgres(pool) => pool.round_trips(),
        }
    }

    /// Closes every connection after the statements that are under way.
    pub async fn close(&self) {
        for database in [&self.database, &self.patient] {
            match database {
                Database::Sqlite(file) => file.close().await,
                Database::Postgres(pool) => pool.close().await,
            }
        }
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

/// Refuses a file that others can read, as a key would be: it holds who signed in when, and every hash.
fn refuse_readable(path: &Path) -> Result<(), Error> {
    for end in ["", "-wal", "-shm"] {
        let path = PathBuf::from(format!("{}{end}", path.display()));
        if let Ok(metadata) = std::fs::metadata(&path) {
            let mode = metadata.mode() & 0o7777;
            if mode & 0o077 != 0 {
                return Err(Error::Readable { path, mode });
            }
        }
    }
    Ok(())
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
