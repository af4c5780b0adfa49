//! The databases and their transactions, with one face: a statement goes to the database itself or into a transaction.

use std::sync::Arc;

use super::change::Change;
use super::ended::Listener;
use crate::database::columns::Row;
use crate::database::statement::{Pair, Statement, Target, query};
use crate::database::value::Value;
use crate::database::{postgres, sqlite};
use crate::domain::Quotas;
use crate::store::company::quota::Noted;
use crate::store::{Error, Store};

/// Which database is behind the URL.
#[derive(Debug, Clone)]
pub(in crate::store) enum Database {
    Sqlite(Arc<sqlite::File>),
    Postgres(postgres::Pool),
}

/// A transaction that writes. Dropped without a commit, it leaves nothing behind.
#[derive(Debug)]
pub struct Tx {
    inner: Inner,
    pub(in crate::store) changed: Vec<Change>,
    /// What it has added and not counted yet.
    pub(in crate::store) uses: Vec<Noted>,
    pub(in crate::store) quotas: Quotas,
    /// Who is told what it has ended.
    listener: Option<Arc<Listener>>,
}

#[derive(Debug)]
enum Inner {
    Sqlite(sqlite::Transaction),
    Postgres(postgres::Transaction),
}

impl Store {
    /// Begins a transaction that writes.
    pub async fn begin(&self) -> Result<Tx, Error> {
        let tx = self.database.begin().await?;
        Ok(tx.telling(&self.ended).within(self.quotas))
    }
}

impl Database {
    pub(in crate::store) async fn begin(&self) -> Result<Tx, Error> {
        let inner = match self {
            Self::Sqlite(file) => Inner::Sqlite(file.begin().await?),
            Self::Postgres(pool) => Inner::Postgres(pool.begin().await?),
        };
        Ok(Tx::new(inner))
    }
}

impl Tx {
    fn new(inner: Inner) -> Self {
        Self {
            inner,
            changed: Vec::new(),
            uses: Vec::new(),
            quotas: Quotas::default(),
            listener: None,
        }
    }

    /// The same, for companies that may have so much.
    pub(in crate::store) fn within(self, quotas: Quotas) -> Self {
        Self { quotas, ..self }
    }

    /// The same, which tells what it has ended.
    pub(in crate::store) fn telling(mut self, listener: &Arc<Listener>) -> Self {
        self.listener = Some(Arc::clone(listener));
        self
    }

    pub(in crate::store) fn listener(&mut self) -> Option<Arc<Listener>> {
        self.listener.take()
    }

    /// Whether no other transaction can write until this one ends, so that nothing is to be locked.
    pub(in crate::store) fn writes_alone(&self) -> bool {
        matches!(self.inner, Inner::Sqlite(_))
    }

    /// No client waits for it, and it may be a lot of work.
    pub(in crate::store) async fn may_take_long(&mut self) -> Result<(), Error> {
        match &mut self.inner {
            // It waits for nobody but the disk.
            Inner::Sqlite(_) => Ok(()),
            Inner::Postgres(tx) => tx.may_take_long().await,
        }
    }

    /// Runs a text of several statements, which is part of this program.
    pub(in crate::store) async fn script(&mut self, text: String) -> Result<(), Error> {
        match &mut self.inner {
            Inner::Sqlite(tx) => tx.script(text).await,
            Inner::Postgres(tx) => tx.script(text).await,
        }
    }

    /// Makes both changes of a pair; how many rows the second has changed.
    pub(in crate::store) async fn change_both(
        &mut self,
        pair: &Pair,
        values: Vec<Value<'_>>,
    ) -> Result<u64, Error> {
        match &mut self.inner {
            Inner::Sqlite(tx) => {
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
            Inner::Postgres(tx) => {
                let together = Statement {
                    sql: pair.together,
                    values,
                };
                tx.change(together).await
            }
        }
    }

    /// Ends the transaction without a word to running servers.
    pub(in crate::store) async fn commit_quietly(self) -> Result<(), Error> {
        match self.inner {
            Inner::Sqlite(tx) => tx.commit().await,
            Inner::Postgres(tx) => tx.commit().await,
        }
    }
}

/// A point that a transaction can be taken back to, with what was noted for running servers and of quotas by then.
#[derive(Debug)]
#[must_use = "it is kept or taken back"]
pub(in crate::store) struct Savepoint {
    noted: usize,
    uses: Vec<Noted>,
}

impl Tx {
    /// From here on everything can be taken back without the rest of the transaction, which others may share.
    pub(in crate::store) async fn savepoint(&mut self) -> Result<Savepoint, Error> {
        query("SAVEPOINT here").execute(&mut *self).await?;
        Ok(Savepoint {
            noted: self.changed.len(),
            uses: self.uses.clone(),
        })
    }

    /// Takes everything since the point back.
    pub(in crate::store) async fn take_back(&mut self, point: Savepoint) -> Result<(), Error> {
        query("ROLLBACK TO SAVEPOINT here")
            .execute(&mut *self)
            .await?;
        self.changed.truncate(point.noted);
        self.uses.clone_from(&point.uses);
        self.keep(point).await
    }

    /// Keeps everything since the point.
    pub(in crate::store) async fn keep(&mut self, _: Savepoint) -> Result<(), Error> {
        query("RELEASE SAVEPOINT here").execute(&mut *self).await?;
        Ok(())
    }

    /// Takes back what a refusal has written since the point, and keeps what was not refused.
    pub(in crate::store) async fn keep_unless_refused<T, R>(
        &mut self,
        point: Savepoint,
        judged: Result<T, R>,
    ) -> Result<Result<T, R>, Error> {
        match &judged {
            Ok(_) => self.keep(point).await?,
            Err(_) => self.take_back(point).await?,
        }
        Ok(judged)
    }
}

impl From<sqlite::Transaction> for Tx {
    fn from(inner: sqlite::Transaction) -> Self {
        Self::new(Inner::Sqlite(inner))
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

impl Target for &mut Tx {
    async fn change(self, statement: Statement<'_>) -> Result<u64, Error> {
        match &mut self.inner {
            Inner::Sqlite(tx) => tx.change(statement).await,
            Inner::Postgres(tx) => tx.change(statement).await,
        }
    }

    async fn row(self, statement: Statement<'_>) -> Result<Option<Row>, Error> {
        Ok(self.rows(statement).await?.into_iter().next())
    }

    async fn rows(self, statement: Statement<'_>) -> Result<Vec<Row>, Error> {
        match &mut self.inner {
            Inner::Sqlite(tx) => tx.rows(statement).await,
            Inner::Postgres(tx) => tx.rows(statement).await,
        }
    }
}
