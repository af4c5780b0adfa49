//! The two databases, SQLite and PostgreSQL, with one face: values, statements, rows and transactions.
//!
//! It knows no table and no noun of the product. Only the store knows it, so that there is no SQL elsewhere.

pub(crate) mod batch;
pub(crate) mod columns;
mod error;
pub(crate) mod postgres;
pub(crate) mod sqlite;
pub(crate) mod statement;
pub(crate) mod transaction;
pub(crate) mod value;

use std::sync::Arc;

pub use error::Error;
pub(crate) use error::Failure;

use columns::Row;
use postgres::{PostgresPool, PostgresPools};
use sqlite::SqliteFile;
use statement::{Statement, Target};
use transaction::Transaction;

/// Which database is behind the URL. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) enum Database {
    Sqlite(Arc<SqliteFile>),
    Postgres(PostgresPool),
}

/// The ways to a database. On PostgreSQL each has connections of its own, so that nobody waits for one of the other kind.
#[derive(Debug)]
pub(crate) struct Lanes {
    /// For sign-ins, checks and starts.
    pub(crate) prompt: Database,
    /// For whoever can wait.
    pub(crate) patient: Database,
}

impl Lanes {
    /// Opens the database of a URL (`sqlite:<file>` or `postgres://…`), and makes a missing SQLite file.
    pub(crate) async fn open(url: &str) -> Result<Self, Error> {
        if let Some(file) = url.strip_prefix("sqlite:") {
            let file = Database::Sqlite(Arc::new(SqliteFile::open(file).await?));
            Ok(Self {
                prompt: file.clone(),
                patient: file,
            })
        } else if url.starts_with("postgres:") || url.starts_with("postgresql:") {
            let PostgresPools { prompt, patient } = PostgresPools::open(url).await?;
            Ok(Self {
                prompt: Database::Postgres(prompt),
                patient: Database::Postgres(patient),
            })
        } else {
            Err(Error::Url)
        }
    }
}

impl Database {
    /// Which database it is, for people.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => "SQLite",
            Self::Postgres(_) => "PostgreSQL",
        }
    }

    /// Begins a transaction that writes.
    pub(crate) async fn begin(&self) -> Result<Transaction, Error> {
        Ok(match self {
            Self::Sqlite(file) => Transaction::Sqlite(file.begin().await?),
            Self::Postgres(pool) => Transaction::Postgres(pool.begin().await?),
        })
    }

    /// How often a database that may be far away was asked, and waited for, since the start; 0 of a file.
    pub(crate) fn round_trips(&self) -> u64 {
        match self {
            Self::Sqlite(_) => 0,
            Self::Postgres(pool) => pool.round_trips(),
        }
    }

    /// Closes every connection after the statements that are under way.
    pub(crate) async fn close(&self) {
        match self {
            Self::Sqlite(file) => file.close().await,
            Self::Postgres(pool) => pool.close().await,
        }
    }
}

impl Target for &Database {
    async fn change(self, statement: Statement<'_>) -> Result<u64, Error> {
        match self {
            Database::Sqlite(file) => file.change(statement).await,
            Database::Postgres(pool) => pool.change(statement).await,
        }
    }

    async fn row(self, statement: Statement<'_>) -> Result<Option<Row>, Error> {
        match self {
            Database::Sqlite(file) => file.row(&statement),
            Database::Postgres(pool) => {
                Ok(Box::pin(pool.rows(statement)).await?.into_iter().next())
            }
        }
    }

    async fn rows(self, statement: Statement<'_>) -> Result<Vec<Row>, Error> {
        match self {
            Database::Sqlite(file) => file.rows(statement).await,
            // Boxed, because it is large, and a page waits for several at once.
            Database::Postgres(pool) => Box::pin(pool.rows(statement)).await,
        }
    }
}
