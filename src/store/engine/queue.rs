//! Group commit: sign-ins that wait at the same time share one transaction, and one sync of the disk. So do the notes of
//! the use of sessions, of which there are as many a minute as sessions in use.
//!
//! Invariants: nobody is answered before the commit; a batch in which a piece fails is rolled back whole, and each of its
//! pieces is then done alone, but when the database is away all who wait are told so at once; a piece that was taken on is done even
//! when its client has gone; what waits is bounded.
//!
//! SQLite only. PostgreSQL has many connections and a group commit of its own.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::FutureExt as _;
use time::OffsetDateTime;
use tokio::sync::oneshot;

use super::sqlite::{Durability, Transaction};
use crate::domain::{AttemptId, Evidence, LoginAttempt, Outcome as Verdict, SessionKey};
use crate::store::sign_in::attempt::{self, AttemptRefusal};
use crate::store::sign_in::finish::{Finished, SignIn, finish_in};
use crate::store::sign_in::{evidence, session};
use crate::store::{Database, Error, Failure, Hasher, Store, Tx};

/// The most pieces of work in one transaction: a bound on how long readers of the write-ahead log fall behind.
const MOST: usize = 64;
/// The most pieces that wait. More come only when the database is away, and are told so.
const WAITING: usize = 4096;

/// The queue of a SQLite database in this process.
#[derive(Debug, Default)]
pub(in crate::store) struct Queue(Mutex<Waiting>);

#[derive(Debug, Default)]
struct Waiting {
    work: VecDeque<Work>,
    /// What has time: it goes along where a transaction has room, and holds nobody up.
    later: VecDeque<Work>,
    /// Whether a task is at work; it takes what comes in the meantime.
    busy: bool,
}

/// A piece of work with the place to put its answer.
///
/// Who waits for the answer holds what is large as well, so that memory is given back on the thread that took it: between
/// threads that costs several times as much.
#[derive(Debug)]
pub(in crate::store) enum Work {
    /// Writes a new attempt down.
    Add(Arc<LoginAttempt>, Answer<()>),
    /// Closes an attempt with a refusal.
    Refuse(AttemptId, Box<AttemptRefusal>, OffsetDateTime, Answer<bool>),
    /// Ends a sign-in.
    Finish(Arc<SignIn>, Answer<Finished>),
    /// Keeps something of an attempt.
    Keep(Box<Evidence>, Answer<()>),
    /// Notes that a session was used.
    Touch(SessionKey, OffsetDateTime, Answer<()>),
}

/// Where an answer goes.
pub(in crate::store) type Answer<T> = oneshot::Sender<Result<T, Error>>;

/// What a piece of work came to. It is told after the commit.
enum Outcome {
    Done,
    Refused(bool),
    Finished(Finished),
}

impl Queue {
    /// Does a piece of work together with what else is waiting.
    pub(in crate::store) async fn submit<T>(
        self: &Arc<Self>,
        store: &Store,
        work: impl FnOnce(Answer<T>) -> Work,
    ) -> Result<T, Error> {
        let (answer, done) = oneshot::channel();
        let is_first = {
            let mut waiting = self.lock();
            let work = work(answer);
            let line = if work.has_time() {
                &mut waiting.later
            } else {
                &mut waiting.work
            };
            if line.len() >= WAITING {
                return Err(Failure::Busy.into());
            }
            line.push_back(work);
            !std::mem::replace(&mut waiting.busy, true)
        };
        if is_first {
            let turn = Turn {
                store: store.clone(),
                queue: Arc::clone(self),
                over: false,
            };
            tokio::spawn(turn.work());
        }
        done.await.map_err(|_| Error::Stopped)?
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        // Nothing panics while it holds the lock.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The task at work. Whatever ends it, the next piece of work begins another one.
struct Turn {
    store: Store,
    queue: Arc<Queue>,
    over: bool,
}

impl Turn {
    async fn work(mut self) {
        loop {
            // Requests that are ready now come first, and join the batch.
            tokio::task::yield_now().await;
            let (batch, behind) = {
                let mut waiting = self.queue.lock();
                // Who has gone before his turn wants nothing any more.
                while waiting.work.front().is_some_and(Work::is_unwanted) {
                    waiting.work.pop_front();
                }
                if waiting.work.is_empty() && waiting.later.is_empty() {
                    waiting.busy = false;
                    self.over = true;
                    return;
                }
                let length = waiting.work.len().min(MOST);
                let mut batch: Vec<Work> = waiting.work.drain(..length).collect();
                let room = waiting.later.len().min(MOST - length);
                batch.extend(waiting.later.drain(..room));
                (batch, waiting.work.len())
            };
            if let Err(cause) = self.store.together(batch).await {
                // Who stood behind has waited as long, and is not asked to do so again.
                let behind: Vec<Work> = {
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

impl Drop for Turn {
    fn drop(&mut self) {
        if !self.over {
            self.queue.lock().busy = false;
        }
    }
}

impl Store {
    /// One transaction for all; when anything fails, one for each. An error when the database is away, which all were told.
    async fn together(&self, batch: Vec<Work>) -> Result<(), Error> {
        let Database::Sqlite(file) = &self.database else {
            return Ok(()); // Only a SQLite database has a queue.
        };
        let durability = batch
            .iter()
            .map(Work::durability)
            .max()
            .unwrap_or(Durability::Synced);
        let (hash, ended, quotas) = (self.hash, Arc::clone(&self.ended), self.quotas);
        let begun = move |tx| Tx::from(tx).telling(&ended).within(quotas);
        let together = move |tx: Result<Transaction, Error>| match tx
            .and_then(|tx| here(all_in(begun(tx), &batch, hash)))
        {
            Ok(outcomes) => {
                for (work, outcome) in batch.into_iter().zip(outcomes) {
                    work.answer(outcome);
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
            self.alone(work).await;
        }
        file.tend_log().await;
        Ok(())
    }

    async fn alone(&self, work: Work) {
        match work {
            Work::Add(attempt, answer) => {
                let _ = answer.send(self.add_attempt_alone(&attempt).await);
            }
            Work::Refuse(id, refusal, now, answer) => {
                let _ = answer.send(self.refuse_attempt_alone(id, &refusal, now).await);
            }
            Work::Finish(sign_in, answer) => {
                let _ = answer.send(self.finish_sign_in_alone(&sign_in).await);
            }
            Work::Keep(evidence, answer) => {
                let _ = answer.send(self.keep_evidence_alone(&evidence).await);
            }
            Work::Touch(key, now, answer) => {
                let _ = answer.send(session::touch(&self.database, key, now).await);
            }
        }
    }
}

/// All pieces in one transaction, and its commit.
async fn all_in(mut tx: Tx, batch: &[Work], hash: Hasher) -> Result<Vec<Outcome>, Error> {
    let mut outcomes = Vec::with_capacity(batch.len());
    for work in batch {
        outcomes.push(work.perform(&mut tx, hash).await?);
    }
    let latest = batch.iter().map(Work::now).max();
    tx.commit(latest.unwrap_or(OffsetDateTime::UNIX_EPOCH))
        .await?;
    Ok(outcomes)
}

/// The end of what has nothing to wait for: its statements run on this thread.
fn here<T>(future: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    future.now_or_never().unwrap_or(Err(Error::Stopped))
}

impl Work {
    async fn perform(&self, tx: &mut Tx, hash: Hasher) -> Result<Outcome, Error> {
        Ok(match self {
            Self::Add(attempt, _) => {
                attempt::insert(tx, attempt).await?;
                Outcome::Done
            }
            Self::Refuse(id, refusal, now, _) => {
                Outcome::Refused(attempt::refuse(tx, *id, refusal, *now).await?)
            }
            Self::Finish(sign_in, _) => Outcome::Finished(finish_in(tx, sign_in, hash).await?),
            Self::Keep(evidence, _) => {
                evidence::keep(tx, evidence).await?;
                Outcome::Done
            }
            Self::Touch(key, now, _) => {
                session::touch(tx, *key, *now).await?;
                Outcome::Done
            }
        })
    }

    /// The start of a sign-in that a power failure takes away is begun again, and nobody was let in by it. What is kept beside a
    /// record is a help and no more, and a use that is lost ends a session a minute earlier.
    fn durability(&self) -> Durability {
        match self {
            Self::Add(attempt, _) if attempt.outcome == Verdict::Open => Durability::Written,
            Self::Keep(..) | Self::Touch(..) => Durability::Written,
            Self::Add(..) | Self::Refuse(..) | Self::Finish(..) => Durability::Synced,
        }
    }

    /// Whether nobody's answer waits for it.
    fn has_time(&self) -> bool {
        matches!(self, Self::Touch(..))
    }

    /// Tells who waits, last of all. Who has gone in the meantime is not told.
    fn answer(self, outcome: Outcome) {
        match (self, outcome) {
            (Self::Add(attempt, answer), Outcome::Done) => {
                drop(attempt);
                drop(answer.send(Ok(())));
            }
            (Self::Keep(_, answer) | Self::Touch(.., answer), Outcome::Done) => {
                drop(answer.send(Ok(())));
            }
            (Self::Refuse(.., answer), Outcome::Refused(closed)) => drop(answer.send(Ok(closed))),
            (Self::Finish(sign_in, answer), Outcome::Finished(finished)) => {
                drop(sign_in);
                drop(answer.send(Ok(finished)));
            }
            // Each outcome stands at the place of its work; another pair cannot be, and would answer nobody.
            _ => {}
        }
    }

    /// Tells who waits why nothing was done.
    fn fail(self, cause: &Error) {
        let cause = Failure::Together(cause.to_string()).into();
        match self {
            Self::Add(_, answer) | Self::Keep(_, answer) | Self::Touch(.., answer) => {
                drop(answer.send(Err(cause)));
            }
            Self::Refuse(.., answer) => drop(answer.send(Err(cause))),
            Self::Finish(_, answer) => drop(answer.send(Err(cause))),
        }
    }

    fn is_unwanted(&self) -> bool {
        match self {
            Self::Add(_, answer) | Self::Keep(_, answer) | Self::Touch(.., answer) => {
                answer.is_closed()
            }
            Self::Refuse(.., answer) => answer.is_closed(),
            Self::Finish(_, answer) => answer.is_closed(),
        }
    }

    fn now(&self) -> OffsetDateTime {
        match self {
            Self::Add(attempt, _) => attempt.started_at,
            Self::Refuse(_, _, now, _) | Self::Touch(_, now, _) => *now,
            Self::Finish(sign_in, _) => sign_in.now,
            Self::Keep(evidence, _) => evidence.kept_at,
        }
    }
}
