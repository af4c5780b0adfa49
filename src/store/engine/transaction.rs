//! A transaction of the store: that of the database, with what it has to tell running servers and what it adds to quotas.

use std::sync::Arc;

use super::change::LoggedChange;
use super::invalidation::InvalidationListener;
use crate::database;
use crate::database::columns::Row;
use crate::database::statement::{Statement, StatementPair, Target, query};
use crate::database::transaction::Transaction;
use crate::database::value::Value;
use crate::domain::Quotas;
use crate::store::company::quota::PendingUse;
use crate::store::{Error, Store};

/// A transaction that writes. Dropped without a commit, it leaves nothing behind.
#[derive(Debug)]
pub struct Tx {
    transaction: Transaction,
    pub(in crate::store) changed: Vec<LoggedChange>,
    /// What it has added and not counted yet.
    pub(in crate::store) uses: Vec<PendingUse>,
    pub(in crate::store) quotas: Quotas,
    /// Who is told what it has ended.
    listener: Option<Arc<InvalidationListener>>,
}

impl Store {
    /// Begins a transaction that writes.
    pub async fn begin(&self) -> Result<Tx, Error> {
        let tx = Tx::from(self.database.begin().await?);
        Ok(tx.with_listener(&self.listener).with_quotas(self.quotas))
    }
}

impl From<Transaction> for Tx {
    fn from(transaction: Transaction) -> Self {
        Self {
            transaction,
            changed: Vec::new(),
            uses: Vec::new(),
            quotas: Quotas::default(),
            listener: None,
        }
    }
}

impl Tx {
    /// The same, for companies that may have so much.
    pub(in crate::store) fn with_quotas(self, quotas: Quotas) -> Self {
        Self { quotas, ..self }
    }

    /// The same, which tells what it has ended.
    pub(in crate::store) fn with_listener(mut self, listener: &Arc<InvalidationListener>) -> Self {
        self.listener = Some(Arc::clone(listener));
        self
    }

    pub(in crate::store) fn listener(&mut self) -> Option<Arc<InvalidationListener>> {
        self.listener.take()
    }

    /// Whether no other transaction can write until this one ends, so that nothing is to be locked.
    pub(in crate::store) fn writes_alone(&self) -> bool {
        self.transaction.writes_alone()
    }

    /// No client waits for it, and it may be a lot of work.
    pub(in crate::store) async fn may_take_long(&mut self) -> Result<(), Error> {
        Ok(self.transaction.may_take_long().await?)
    }

    /// Runs a text of several statements, which is part of this program.
    pub(in crate::store) async fn script(&mut self, text: String) -> Result<(), Error> {
        Ok(self.transaction.script(text).await?)
    }

    /// Makes both changes of a pair; how many rows the second has changed.
    pub(in crate::store) async fn change_both(
        &mut self,
        pair: &StatementPair,
        values: Vec<Value<'_>>,
    ) -> Result<u64, Error> {
        Ok(self.transaction.change_both(pair, values).await?)
    }

    /// Ends the transaction without a word to running servers.
    pub(in crate::store) async fn commit_quietly(self) -> Result<(), Error> {
        Ok(self.transaction.commit().await?)
    }
}

/// A point that a transaction can be taken back to, with what was noted for running servers and of quotas by then.
#[derive(Debug)]
#[must_use = "it is kept or taken back"]
pub(in crate::store) struct Savepoint {
    noted: usize,
    uses: Vec<PendingUse>,
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

impl Target for &mut Tx {
    async fn change(self, statement: Statement<'_>) -> Result<u64, database::Error> {
        (&mut self.transaction).change(statement).await
    }

    async fn row(self, statement: Statement<'_>) -> Result<Option<Row>, database::Error> {
        (&mut self.transaction).row(statement).await
    }

    async fn rows(self, statement: Statement<'_>) -> Result<Vec<Row>, database::Error> {
        (&mut self.transaction).rows(statement).await
    }
}
