//! A transaction of either database.

use super::Error;
use super::columns::Row;
use super::postgres::PostgresTransaction;
use super::sqlite::SqliteTransaction;
use super::statement::{Statement, StatementPair, Target};
use super::value::Value;

/// A transaction that writes. Dropped without a commit, it leaves nothing behind.
#[derive(Debug)]
pub(crate) enum Transaction {
    Sqlite(SqliteTransaction),
    Postgres(PostgresTransaction),
}

impl Transaction {
    /// Whether no other transaction can write until this one ends, so that nothing is to be locked.
    pub(crate) fn writes_alone(&self) -> bool {
        matches!(self, Self::Sqlite(_))
    }

    /// No client waits for it, and it may be a lot of work.
    pub(crate) async fn may_take_long(&mut self) -> Result<(), Error> {
        match self {
            // It waits for nobody but the disk.
            Self::Sqlite(_) => Ok(()),
            Self::Postgres(tx) => tx.may_take_long().await,
        }
    }

    /// Runs a text of several statements, which is part of this program.
    pub(crate) async fn script(&mut self, text: String) -> Result<(), Error> {
        match self {
            Self::Sqlite(tx) => tx.script(text).await,
            Self::Postgres(tx) => tx.script(text).await,
        }
    }

    /// Makes both changes of a pair; how many rows the second has changed.
    pub(crate) async fn change_both(
        &mut self,
        pair: &StatementPair,
        values: Vec<Value<'_>>,
    ) -> Result<u64, Error> {
        match self {
            Self::Sqlite(tx) => {
                let first = Statement {
                    sql: pair.first,
                    values,
                };
                let second = Statement {
                    sql: pair.second,
                    values: first.values.clone(),
                };
                tx.change(first).await?;
                tx.change(second).await
            }
            Self::Postgres(tx) => {
                let together = Statement {
                    sql: pair.together,
                    values,
                };
                tx.change(together).await
            }
        }
    }

    /// Ends it; all of it is stored then.
    pub(crate) async fn commit(self) -> Result<(), Error> {
        match self {
            Self::Sqlite(tx) => tx.commit().await,
            Self::Postgres(tx) => tx.commit().await,
        }
    }
}

impl Target for &mut Transaction {
    async fn change(self, statement: Statement<'_>) -> Result<u64, Error> {
        match self {
            Transaction::Sqlite(tx) => tx.change(statement).await,
            Transaction::Postgres(tx) => tx.change(statement).await,
        }
    }

    async fn row(self, statement: Statement<'_>) -> Result<Option<Row>, Error> {
        Ok(self.rows(statement).await?.into_iter().next())
    }

    async fn rows(self, statement: Statement<'_>) -> Result<Vec<Row>, Error> {
        match self {
            Transaction::Sqlite(tx) => tx.rows(statement).await,
            Transaction::Postgres(tx) => tx.rows(statement).await,
        }
    }
}
