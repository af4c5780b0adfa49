//! Group commit: sign-ins that wait at the same time share one transaction, and one sync of the disk.
//!
//! Invariants: nobody is answered before the commit; a batch in which anything fails is rolled back whole, and each of its
//! pieces is then done alone; a piece that was taken on is done even when its client has gone.
//!
//! SQLite only. PostgreSQL has many connections and a group commit of its own.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use time::OffsetDateTime;
use tokio::sync::oneshot;

use super::attempt::AttemptRefusal;
use super::change::Tx;
use super::sign_in::{AttemptRef, Finished, NewSession, Proof, SamlProof, SignIn, finish_in};
use super::{Error, Store, attempt};
use crate::domain::{
    AttemptId, CompanyId, Connection, LoginAttempt, NameId, Profile, Record, SessionId, UserId,
};

/// The most pieces of work in one transaction: a bound on how long readers of the write-ahead log fall behind.
const MOST: usize = 64;

/// The queue of a SQLite database in this process.
#[derive(Debug, Default)]
pub(super) struct Writer(Mutex<Queue>);

#[derive(Debug, Default)]
struct Queue {
    waiting: VecDeque<Work>,
    /// Whether a task is at work; it takes what comes in the meantime.
    busy: bool,
}

/// A piece of work with the place to put its answer.
#[derive(Debug)]
enum Work {
    Add(Box<LoginAttempt>, oneshot::Sender<Result<(), Error>>),
    Refuse(Box<Refused>, oneshot::Sender<Result<bool, Error>>),
    Finish(Box<OwnedSignIn>, oneshot::Sender<Result<Finished, Error>>),
}

#[derive(Debug)]
struct Refused {
    id: AttemptId,
    refusal: AttemptRefusal,
    now: OffsetDateTime,
}

/// What a piece of work came to. It is told after the commit.
enum Outcome {
    Added,
    Refused(bool),
    Finished(Finished),
}

impl Store {
    /// Writes a new attempt down, together with what else is waiting.
    pub(super) async fn queue_attempt(
        &self,
        writer: &Arc<Writer>,
        attempt: &LoginAttempt,
    ) -> Result<(), Error> {
        let (answer, done) = oneshot::channel();
        self.submit(writer, Work::Add(Box::new(attempt.clone()), answer));
        done.await.map_err(|_| Error::Stopped)?
    }

    /// Closes an attempt with a refusal, together with what else is waiting.
    pub(super) async fn queue_refusal(
        &self,
        writer: &Arc<Writer>,
        id: AttemptId,
        refusal: &AttemptRefusal,
        now: OffsetDateTime,
    ) -> Result<bool, Error> {
        let (answer, done) = oneshot::channel();
        let refused = Refused {
            id,
            refusal: refusal.clone(),
            now,
        };
        self.submit(writer, Work::Refuse(Box::new(refused), answer));
        done.await.map_err(|_| Error::Stopped)?
    }

    /// Ends a sign-in, together with what else is waiting.
    pub(super) async fn queue_sign_in(
        &self,
        writer: &Arc<Writer>,
        sign_in: &SignIn<'_>,
    ) -> Result<Finished, Error> {
        let (answer, done) = oneshot::channel();
        self.submit(
            writer,
            Work::Finish(Box::new(OwnedSignIn::of(sign_in)), answer),
        );
        done.await.map_err(|_| Error::Stopped)?
    }

    fn submit(&self, writer: &Arc<Writer>, work: Work) {
        let mut queue = writer.lock();
        queue.waiting.push_back(work);
        if !queue.busy {
            queue.busy = true;
            let turn = Turn {
                store: self.clone(),
                writer: Arc::clone(writer),
                over: false,
            };
            tokio::spawn(turn.work());
        }
    }
}

impl Writer {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        // Nothing panics while it holds the lock.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The task at work. Whatever ends it, the next piece of work begins another one.
struct Turn {
    store: Store,
    writer: Arc<Writer>,
    over: bool,
}

impl Turn {
    async fn work(mut self) {
        loop {
            let batch: Vec<Work> = {
                let mut queue = self.writer.lock();
                if queue.waiting.is_empty() {
                    queue.busy = false;
                    self.over = true;
                    return;
                }
                let length = queue.waiting.len().min(MOST);
                queue.waiting.drain(..length).collect()
            };
            self.store.together(batch).await;
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if !self.over {
            self.writer.lock().busy = false;
        }
    }
}

impl Store {
    /// One transaction for all; when anything fails, one for each.
    async fn together(&self, batch: Vec<Work>) {
        match self.try_together(&batch).await {
            Ok(outcomes) => {
                for (work, outcome) in batch.into_iter().zip(outcomes) {
                    work.answer(outcome);
                }
            }
            Err(_) => {
                for work in batch {
                    self.alone(work).await;
                }
            }
        }
    }

    async fn try_together(&self, batch: &[Work]) -> Result<Vec<Outcome>, Error> {
        let mut tx = self.begin().await?;
        let mut outcomes = Vec::with_capacity(batch.len());
        for work in batch {
            outcomes.push(work.perform(&mut tx, self).await?);
        }
        let latest = batch
            .iter()
            .map(Work::now)
            .max()
            .unwrap_or(OffsetDateTime::UNIX_EPOCH);
        tx.commit(latest).await?;
        Ok(outcomes)
    }

    async fn alone(&self, work: Work) {
        match work {
            Work::Add(attempt, answer) => {
                let _ = answer.send(self.add_attempt_alone(&attempt).await);
            }
            Work::Refuse(refused, answer) => {
                let Refused { id, refusal, now } = *refused;
                let _ = answer.send(self.refuse_attempt_alone(id, &refusal, now).await);
            }
            Work::Finish(sign_in, answer) => {
                let _ = answer.send(self.finish_sign_in_alone(&sign_in.borrow()).await);
            }
        }
    }
}

impl Work {
    async fn perform(&self, tx: &mut Tx, store: &Store) -> Result<Outcome, Error> {
        Ok(match self {
            Self::Add(attempt, _) => {
                attempt::insert(tx, attempt).await?;
                Outcome::Added
            }
            Self::Refuse(refused, _) => {
                let Refused { id, refusal, now } = refused.as_ref();
                Outcome::Refused(attempt::refuse(tx, *id, refusal, *now).await?)
            }
            Self::Finish(sign_in, _) => {
                Outcome::Finished(finish_in(tx, &sign_in.borrow(), store.hash).await?)
            }
        })
    }

    /// Tells who waits. Who has gone in the meantime is not told.
    fn answer(self, outcome: Outcome) {
        match (self, outcome) {
            (Self::Add(_, answer), Outcome::Added) => {
                drop(answer.send(Ok(())));
            }
            (Self::Refuse(_, answer), Outcome::Refused(closed)) => {
                drop(answer.send(Ok(closed)));
            }
            (Self::Finish(_, answer), Outcome::Finished(finished)) => {
                drop(answer.send(Ok(finished)));
            }
            // Each outcome stands at the place of its work; another pair cannot be, and would answer nobody.
            _ => {}
        }
    }

    fn now(&self) -> OffsetDateTime {
        match self {
            Self::Add(attempt, _) => attempt.started_at,
            Self::Refuse(refused, _) => refused.now,
            Self::Finish(sign_in, _) => sign_in.now,
        }
    }
}

/// A sign-in that owns what it needs, so that it outlives the request.
#[derive(Debug)]
struct OwnedSignIn {
    company_id: CompanyId,
    attempt: OwnedAttempt,
    proof: OwnedProof,
    session: NewSession,
    replaces: Option<SessionId>,
    new_user_id: UserId,
    record: Record,
    now: OffsetDateTime,
}

#[derive(Debug)]
enum OwnedAttempt {
    Begun(AttemptId),
    New(Box<LoginAttempt>),
}

#[derive(Debug)]
enum OwnedProof {
    Saml(Box<OwnedAssertion>),
    Password(UserId),
}

#[derive(Debug)]
struct OwnedAssertion {
    connection: Connection,
    profile: Profile,
    id: String,
    expires_at: OffsetDateTime,
    name_id: Option<NameId>,
    session_index: Option<String>,
}

impl OwnedSignIn {
    fn of(sign_in: &SignIn<'_>) -> Self {
        Self {
            company_id: sign_in.company_id,
            attempt: match sign_in.attempt {
                AttemptRef::Begun(id) => OwnedAttempt::Begun(id),
                AttemptRef::New(attempt) => OwnedAttempt::New(Box::new(attempt.clone())),
            },
            proof: match &sign_in.proof {
                Proof::Password { user_id } => OwnedProof::Password(*user_id),
                Proof::Saml(proof) => OwnedProof::Saml(Box::new(OwnedAssertion {
                    connection: proof.connection.clone(),
                    profile: proof.profile.clone(),
                    id: proof.assertion_id.to_owned(),
                    expires_at: proof.assertion_expires_at,
                    name_id: proof.name_id.cloned(),
                    session_index: proof.session_index.map(str::to_owned),
                })),
            },
            session: sign_in.session.clone(),
            replaces: sign_in.replaces,
            new_user_id: sign_in.new_user_id,
            record: sign_in.record.clone(),
            now: sign_in.now,
        }
    }

    fn borrow(&self) -> SignIn<'_> {
        SignIn {
            company_id: self.company_id,
            attempt: match &self.attempt {
                OwnedAttempt::Begun(id) => AttemptRef::Begun(*id),
                OwnedAttempt::New(attempt) => AttemptRef::New(attempt),
            },
            proof: match &self.proof {
                OwnedProof::Password(user_id) => Proof::Password { user_id: *user_id },
                OwnedProof::Saml(proof) => Proof::Saml(SamlProof {
                    connection: &proof.connection,
                    profile: &proof.profile,
                    assertion_id: &proof.id,
                    assertion_expires_at: proof.expires_at,
                    name_id: proof.name_id.as_ref(),
                    session_index: proof.session_index.as_deref(),
                }),
            },
            session: self.session.clone(),
            replaces: self.replaces,
            new_user_id: self.new_user_id,
            record: self.record.clone(),
            now: self.now,
        }
    }
}
