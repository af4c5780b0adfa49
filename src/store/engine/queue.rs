//! Group commit: sign-ins that wait at the same time share one transaction, and one sync of the disk. So do the notes of
//! the use of sessions, of which there are as many a minute as sessions in use.
//!
//! Invariants: nobody is answered before the commit; a batch in which a piece fails is rolled back whole, and each of its
//! pieces is then done alone, but when the database is away all who wait are told so at once; a piece that was taken on is done even
//! when its client has gone; what waits is bounded.
//!
//! SQLite only. PostgreSQL has many connections and a group commit of its own.

use std::collections::VecDeque;
use std::fmt::Debug;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use time::OffsetDateTime;
use tokio::sync::oneshot;

use crate::database::sqlite::{Durability, SqliteTransaction};
use crate::database::transaction::Transaction;
use crate::database::{self, Database, Failure};
use crate::store::{Error, Hasher, Store, Tx};

/// The most pieces of work in one transaction: a bound on how long readers of the write-ahead log fall behind.
const MOST: usize = 64;
/// The most pieces that wait. More come only when the database is away, and are told so.
const WAITING: usize = 4096;

/// The queue of a SQLite database in this process.
#[derive(Debug, Default)]
pub(in crate::store) struct Queue(Mutex<WaitingJobs>);

#[derive(Debug, Default)]
struct WaitingJobs {
    work: VecDeque<Box<dyn Work>>,
    /// What has time: it goes along where a transaction has room, and holds nobody up.
    later: VecDeque<Box<dyn Work>>,
    /// Whether a task is at work; it takes what comes in the meantime.
    busy: bool,
}

/// A piece of work that may share its transaction with others.
pub(in crate::store) trait Job: Debug + Send + Sync + 'static {
    /// What it comes to.
    type Output: Debug + Send + 'static;
    /// Whether nobody's answer waits for it: it goes along where a transaction has room, and holds nobody up.
    const HAS_TIME: bool = false;

    /// Its statements, in a transaction that may hold several pieces.
    fn perform(
        &self,
        tx: &mut Tx,
        hash: Hasher,
    ) -> impl Future<Output = Result<Self::Output, Error>> + Send;

    /// The same in a transaction of its own.
    fn alone(&self, store: &Store) -> impl Future<Output = Result<Self::Output, Error>> + Send;

    /// When it is done.
    fn now(&self) -> OffsetDateTime;

    /// What its commit waits for.
    fn durability(&self) -> Durability {
        Durability::Synced
    }
}

/// A job with the place to put its answer.
///
/// Who waits for the answer holds the job as well, so that memory is given back on the thread that took it: between threads that
/// costs several times as much.
#[derive(Debug)]
struct QueuedJob<J: Job> {
    job: Arc<J>,
    /// It is told after the commit.
    outcome: Option<J::Output>,
    answer: oneshot::Sender<Result<J::Output, Error>>,
}

/// A piece of work, whatever its job is.
trait Work: Debug + Send {
    fn perform<'a>(&'a mut self, tx: &'a mut Tx, hash: Hasher) -> BoxFuture<'a, Result<(), Error>>;
    fn alone(self: Box<Self>, store: &Store) -> BoxFuture<'_, ()>;
    /// Tells who waits, last of all. Who has gone in the meantime is not told.
    fn answer(self: Box<Self>);
    /// Tells who waits why nothing was done.
    fn fail(self: Box<Self>, cause: &Error);
    /// Whether who waited has gone.
    fn is_unwanted(&self) -> bool;
    fn now(&self) -> OffsetDateTime;
    fn durability(&self) -> Durability;
}

impl<J: Job> Work for QueuedJob<J> {
    fn perform<'a>(&'a mut self, tx: &'a mut Tx, hash: Hasher) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(async move {
            self.outcome = Some(self.job.perform(tx, hash).await?);
            Ok(())
        })
    }

    fn alone(self: Box<Self>, store: &Store) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            let outcome = self.job.alone(store).await;
            let Self { job, answer, .. } = *self;
            drop(job);
            let _ = answer.send(outcome);
        })
    }

    fn answer(self: Box<Self>) {
        let Self {
            job,
            outcome,
            answer,
        } = *self;
        drop(job);
        // A piece is answered after it was performed.
        let _ = answer.send(outcome.ok_or_else(Error::stopped));
    }

    fn fail(self: Box<Self>, cause: &Error) {
        let _ = self.answer.send(Err(Error::Batch(cause.to_string())));
    }

    fn is_unwanted(&self) -> bool {
        self.answer.is_closed()
    }

    fn now(&self) -> OffsetDateTime {
        self.job.now()
    }

    fn durability(&self) -> Durability {
        self.job.durability()
    }
}

impl Queue {
    /// Does a job together with what else is waiting.
    async fn submit<J: Job>(
        self: &Arc<Self>,
        store: &Store,
        job: Arc<J>,
    ) -> Result<J::Output, Error> {
        let (answer, done) = oneshot::channel();
        let is_first = {
            let mut waiting = self.lock();
            let line = if J::HAS_TIME {
                &mut waiting.later
            } else {
                &mut waiting.work
            };
            if line.len() >= WAITING {
                return Err(database::Error::from(Failure::Busy).into());
            }
            line.push_back(Box::new(QueuedJob {
                job,
                outcome: None,
                answer,
            }));
            !std::mem::replace(&mut waiting.busy, true)
        };
        if is_first {
            let turn = QueueWorker {
                store: store.clone(),
                queue: Arc::clone(self),
                over: false,
            };
            tokio::spawn(turn.work());
        }
        done.await.map_err(|_| Error::stopped())?
    }

    fn lock(&self) -> MutexGuard<'_, WaitingJobs> {
        // Nothing panics while it holds the lock.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The task at work. Whatever ends it, the next piece of work begins another one.
struct QueueWorker {
    store: Store,
    queue: Arc<Queue>,
    over: bool,
}

impl QueueWorker {
    async fn work(mut self) {
        loop {
            // Requests that are ready now come first, and join the batch.
            tokio::task::yield_now().await;
            let (batch, behind) = {
                let mut waiting = self.queue.lock();
                // Who has gone before his turn wants nothing any more.
                while waiting.work.front().is_some_and(|work| work.is_unwanted()) {
                    waiting.work.pop_front();
                }
                if waiting.work.is_empty() && waiting.later.is_empty() {
                    waiting.busy = false;
                    self.over = true;
                    return;
                }
                let length = waiting.work.len().min(MOST);
                let mut batch: Vec<Box<dyn Work>> = waiting.work.drain(..length).collect();
                let room = waiting.later.len().min(MOST - length);
                batch.extend(waiting.later.drain(..room));
                (batch, waiting.work.len())
            };
            if let Err(cause) = self.store.perform_batch(batch).await {
                // Who stood behind has waited as long, and is not asked to do so again.
                let behind: Vec<Box<dyn Work>> = {
                    let waiting = &mut *self.queue.lock();
                    let behind = behind.min(waiting.work.len());
                    let later = waiting.later.drain(..);
                    waiting.work.drain(..behind).chain(later).collect()
                };
                for work in behind {
                    work.fail(&cause);
                }
            }
        }
    }
}

impl Drop for QueueWorker {
    fn drop(&mut self) {
        if !self.over {
            self.queue.lock().busy = false;
        }
    }
}

impl Store {
    /// Does a job, which may share its transaction with others that wait.
    pub(in crate::store) async fn perform<J: Job>(&self, job: J) -> Result<J::Output, Error> {
        match &self.queue {
            Some(queue) => {
                let job = Arc::new(job);
                queue.submit(self, Arc::clone(&job)).await
            }
            None => job.alone(self).await,
        }
    }

    /// One transaction for all; when anything fails, one for each. An error when the database is away, which all were told.
    async fn perform_batch(&self, mut batch: Vec<Box<dyn Work>>) -> Result<(), Error> {
        let Database::Sqlite(file) = &self.database else {
            return Ok(()); // Only a SQLite database has a queue.
        };
        let durability = batch
            .iter()
            .map(|work| work.durability())
            .max()
            .unwrap_or(Durability::Synced);
        let (hash, ended, quotas) = (self.hash, Arc::clone(&self.listener), self.quotas);
        let begin = move |tx| {
            Tx::from(Transaction::Sqlite(tx))
                .with_listener(&ended)
                .with_quotas(quotas)
        };
        let together = move |tx: Result<SqliteTransaction, database::Error>| match tx
            .map_err(Error::from)
            .and_then(|tx| run_here(perform_all(begin(tx), &mut batch, hash)))
        {
            Ok(()) => {
                for work in batch {
                    work.answer();
                }
                Ok(Vec::new())
            }
            Err(cause) if cause.is_away() => {
                for work in batch {
                    work.fail(&cause);
                }
                Err(cause)
            }
            Err(_) => Ok(batch),
        };
        // When the runtime goes down in the middle, the pieces are dropped, and who waits for them learns it.
        for work in file.with_transaction(durability, together).await?? {
            work.alone(self).await;
        }
        file.tend_log().await;
        Ok(())
    }
}

/// All pieces in one transaction, and its commit.
async fn perform_all(mut tx: Tx, batch: &mut [Box<dyn Work>], hash: Hasher) -> Result<(), Error> {
    for work in batch.iter_mut() {
        work.perform(&mut tx, hash).await?;
    }
    let latest = batch.iter().map(|work| work.now()).max();
    tx.commit(latest.unwrap_or(OffsetDateTime::UNIX_EPOCH))
        .await
}

/// The end of what has nothing to wait for: its statements run on this thread.
fn run_here<T>(future: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    future
        .now_or_never()
        .unwrap_or_else(|| Err(Error::stopped()))
}
