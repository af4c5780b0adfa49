//! What can go wrong with a database. That something is not there is no error: it is `None`.

use rusqlite::ErrorCode;
use rusqlite::ffi::{SQLITE_BUSY_SNAPSHOT, SQLITE_CONSTRAINT_PRIMARYKEY, SQLITE_CONSTRAINT_UNIQUE};

/// What a database says no to.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The URL names no database that is known here.
    #[error(
        "the database URL begins with sqlite: or postgres:, such as sqlite:/var/lib/vestibule/vestibule.sqlite3"
    )]
    Url,
    /// The SQLite file or its directory cannot be made.
    #[error("the database file {path} cannot be opened: {source}")]
    File {
        /// The file.
        path: std::path::PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The SQLite file is there, and this user may not use it.
    #[error(
        "{path} belongs to the user with the number {owner} (mode {mode:04o}), and this user may not read and write it; run this as the user that runs the server, such as: sudo -u vestibule"
    )]
    Permission {
        /// The file, or the directory that this user may not enter or write.
        path: std::path::PathBuf,
        /// Its owner.
        owner: u32,
        /// Its mode.
        mode: u32,
    },
    /// The SQLite file, or one beside it, is open to others.
    #[error(
        "{path} can be read by other users of this machine (mode {mode:04o}); run: chmod 600 {path}"
    )]
    Readable {
        /// The file.
        path: std::path::PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// A copy of a SQLite database is not whole.
    #[error("the copy of the database is damaged: {0}")]
    Damaged(String),
    /// PostgreSQL could not be reached at the start.
    #[error("PostgreSQL ({place}) cannot be reached: {why}")]
    Unreachable {
        /// Host, port, database and user.
        place: String,
        /// In plain words, with what to look at.
        why: String,
    },
    /// A stored value cannot be read.
    #[error("the database holds a value in \"{column}\" that cannot be read")]
    Corrupt {
        /// The column.
        column: &'static str,
    },
    /// A value cannot be stored.
    #[error("a value cannot be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// The server stopped before the transaction was made.
    #[error("the server is stopping")]
    Stopped,
    /// The database failed.
    #[error("the database failed: {0}")]
    Failed(#[from] Failure),
    /// A row that is always there is not there.
    #[error("the database holds no row where one has to be")]
    NoRow,
}

/// How the database failed.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// SQLite says so.
    #[error(transparent)]
    Sqlite(rusqlite::Error),
    /// PostgreSQL, or the way to it, says so.
    #[error(transparent)]
    Postgres(sqlx::Error),
    /// Others used it for too long.
    #[error("it is busy")]
    Busy,
    /// It was asked, and says nothing.
    #[error("it does not answer")]
    Silent,
}

impl From<rusqlite::Error> for Error {
    fn from(cause: rusqlite::Error) -> Self {
        Self::Failed(Failure::Sqlite(cause))
    }
}

impl From<sqlx::Error> for Error {
    fn from(cause: sqlx::Error) -> Self {
        Self::Failed(Failure::Postgres(cause))
    }
}

impl Error {
    /// Whether the database is away for the moment: stopped, locked, out of room, out of reach. Nothing was stored, and the same
    /// request may well succeed later. Anything else is a defect.
    pub fn is_away(&self) -> bool {
        match self {
            Self::Stopped => true,
            Self::Failed(failure) => failure.is_away(),
            _ => false,
        }
    }

    /// Whether SQLite waited for another process in vain.
    pub(crate) fn is_busy(&self) -> bool {
        matches!(self, Self::Failed(Failure::Sqlite(cause)) if cause.sqlite_error_code() == Some(ErrorCode::DatabaseBusy))
    }

    /// Whether a value that has to be unique was taken by another transaction at this very moment. (On SQLite one transaction
    /// writes at a time, so that it is asked for before.)
    pub(crate) fn is_duplicate(&self) -> bool {
        matches!(self, Self::Failed(Failure::Postgres(sqlx::Error::Database(error))) if error.is_unique_violation())
    }

    /// Whether the same transaction, tried again at once, may well succeed: another one was faster, or both waited for each
    /// other.
    pub(crate) fn is_transient(&self) -> bool {
        match self {
            Self::Failed(Failure::Sqlite(rusqlite::Error::SqliteFailure(error, _))) => matches!(
                error.extended_code,
                SQLITE_BUSY_SNAPSHOT | SQLITE_CONSTRAINT_UNIQUE | SQLITE_CONSTRAINT_PRIMARYKEY
            ),
            Self::Failed(Failure::Postgres(sqlx::Error::Database(error))) => {
                // SQLSTATE 40001 serialization failure, 40P01 deadlock.
                error.is_unique_violation()
                    || matches!(error.code().as_deref(), Some("40001" | "40P01"))
            }
            _ => false,
        }
    }
}

impl Failure {
    fn is_away(&self) -> bool {
        match self {
            Self::Sqlite(cause) => matches!(
                cause.sqlite_error_code(),
                Some(
                    ErrorCode::DatabaseBusy
                        | ErrorCode::DatabaseLocked
                        | ErrorCode::DiskFull
                        | ErrorCode::SystemIoFailure
                        | ErrorCode::CannotOpen
                        | ErrorCode::ReadOnly
                        | ErrorCode::OutOfMemory
                        | ErrorCode::FileLockingProtocolFailed
                        | ErrorCode::OperationInterrupted
                )
            ),
            Self::Postgres(sqlx::Error::Database(cause)) => {
                cause.code().is_some_and(|code| is_away(&code))
            }
            Self::Postgres(cause) => matches!(
                cause,
                sqlx::Error::Io(_)
                    | sqlx::Error::Tls(_)
                    | sqlx::Error::Protocol(_)
                    | sqlx::Error::PoolTimedOut
                    | sqlx::Error::PoolClosed
                    | sqlx::Error::WorkerCrashed
            ),
            Self::Busy | Self::Silent => true,
        }
    }
}

/// SQLSTATEs (PostgreSQL, Appendix A) by class and by name.
fn is_away(code: &str) -> bool {
    // Connection, invalid authorization, resources, operator intervention, system error.
    ["08", "28", "53", "57", "58"]
        .iter()
        .any(|class| code.starts_with(class))
        // No such database, read-only after a failover, a lock that others hold, transactions that cross.
        || matches!(code, "3D000" | "25006" | "55P03" | "40001" | "40P01")
}

#[cfg(test)]
mod tests {
    use rusqlite::ffi;

    use super::*;

    #[test]
    fn what_is_away_is_no_defect() {
        let sqlite = |code| {
            let cause = rusqlite::Error::SqliteFailure(ffi::Error::new(code), None);
            Error::from(cause).is_away()
        };
        for code in [
            ffi::SQLITE_BUSY,
            ffi::SQLITE_FULL,
            ffi::SQLITE_IOERR_WRITE,
            ffi::SQLITE_IOERR_FSYNC,
            ffi::SQLITE_CANTOPEN,
            ffi::SQLITE_READONLY,
        ] {
            assert!(sqlite(code), "{code}");
        }
        for code in [
            ffi::SQLITE_ERROR,
            ffi::SQLITE_CORRUPT,
            ffi::SQLITE_NOTADB,
            ffi::SQLITE_CONSTRAINT_UNIQUE,
            ffi::SQLITE_MISUSE,
        ] {
            assert!(!sqlite(code), "{code}");
        }
        for code in [
            "57P01", "57P03", "53100", "53300", "08006", "25006", "55P03",
        ] {
            assert!(is_away(code), "{code}");
        }
        for code in ["23505", "42P01", "42601", "22021", "XX001"] {
            assert!(!is_away(code), "{code}");
        }
        assert!(Error::from(sqlx::Error::PoolTimedOut).is_away());
        assert!(!Error::from(sqlx::Error::RowNotFound).is_away());
        assert!(!Error::Corrupt { column: "id" }.is_away());
    }
}
