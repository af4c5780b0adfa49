//! A connection's directory is synchronised: its groups become permission groups, its people are followed.
//!
//! Invariants: one node works on a directory at a time, by a lease in the database that each of its transactions renews; what a node
//! has written when it dies is gone on with by the next one, and applied twice it changes nothing; nobody and nothing is removed but
//! by positive evidence (`@removed`, a blocked sign-in, the absence from a full round that has ended), and no more than a fifth
//! without an administrator's word; nothing at all is applied before an administrator has seen the preview.
//!
//! ```text
//! Idle → Groups → People → (Settling, of a full round) → Applying → Idle
//! ```
//!
//! Tests: `tests/it/oidc_sign_in/directory.rs`. What is known is in `store::directory`.

mod apply;
mod collect;
mod plan;
mod summary;

use std::time::Duration;

use time::OffsetDateTime;

use super::{DirectoryError, DirectoryKeeper, OpenDirectory};
use crate::domain::{Connection, DirectorySettings, RemovalCount, SyncPhase, SyncResult};
use crate::graph::GraphRefusalKind;
use crate::keys;
use crate::store::{self, LeasedDirectory, Store, SyncEnd, SyncWork, Tx};

pub use collect::{MOST_DIRECTORY_GROUPS, MOST_DIRECTORY_PEOPLE, MOST_MEMBERSHIPS};
pub use plan::plan_groups;

/// How long a node has a directory without a word.
const LEASE: Duration = Duration::from_mins(2);
/// When a synchronisation that failed is tried again, at the latest.
const AGAIN: time::Duration = time::Duration::minutes(5);
/// A round that was begun longer ago is begun again: the links of its pages are over.
const STALE: time::Duration = time::Duration::hours(12);
/// How often one run begins a round again.
const RESTARTS: u32 = 2;
/// The most remarks that are kept.
const MOST_REMARKS: usize = 20;

/// Synchronises directories, as one node.
#[derive(Debug, Clone, Copy)]
pub struct Synchroniser<'a> {
    /// The database, for what can wait.
    pub store: &'a Store,
    /// What opens the directory.
    pub keeper: DirectoryKeeper<'a>,
    /// This process, and no other one.
    pub node: &'a str,
}

/// What became of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SyncOutcome {
    /// Another node works on it.
    Elsewhere,
    /// It has ended.
    Ended(SyncResult),
}

/// Why a run does not go on.
#[derive(Debug, thiserror::Error)]
enum SyncProblem {
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    #[error(transparent)]
    Store(#[from] store::Error),
    #[error("{0}")]
    TooMuch(String),
    #[error("The directory's list of changes has no end that can be gone on from.")]
    NoLink,
    #[error("Another node works on it.")]
    LeaseLost,
}

/// One run of one node.
struct Round<'a> {
    synchroniser: Synchroniser<'a>,
    connection: &'a Connection,
    settings: &'a DirectorySettings,
    work: SyncWork,
    is_approved: bool,
    allowed: Option<RemovalCount>,
    /// What stands before the object ID in the names by which the connection knows its users.
    prefix: String,
}

/// Whose directory it is: another one is begun anew.
pub fn directory_source(settings: &DirectorySettings) -> String {
    let at = settings.at.as_deref().unwrap_or_default();
    format!("{} {} {at}", settings.tenant, settings.cloud)
}

impl Synchroniser<'_> {
    /// Goes on with what is under way, or begins what is due; none of both where another node is at it. An error is the database's.
    pub async fn run(&self, connection: &Connection) -> Result<SyncOutcome, store::Error> {
        let settings = connection.settings.directory.as_deref();
        let Some(settings) = settings.filter(|it| it.synchronise) else {
            return Ok(SyncOutcome::Elsewhere);
        };
        let now = self.keeper.clock.now();
        let mut tx = self.store.begin().await?;
        let source = directory_source(settings);
        let leased = tx.lease_directory(connection, &source, self.node, now, now + LEASE);
        let Some(leased) = leased.await? else {
            return Ok(SyncOutcome::Elsewhere);
        };
        tx.commit(now).await?;
        let LeasedDirectory {
            work,
            is_approved,
            allowed,
        } = leased;
        let mut round = Round {
            synchroniser: *self,
            connection,
            settings,
            work,
            is_approved,
            allowed,
            prefix: connection.settings.directory_prefix(),
        };
        let end = match round.go().await {
            Ok(end) => end,
            Err(SyncProblem::LeaseLost) => return Ok(SyncOutcome::Elsewhere),
            Err(SyncProblem::Store(cause)) if cause.is_away() => return Err(cause),
            Err(problem) => round.failed(&problem),
        };
        round.end(end).await
    }
}

impl Round<'_> {
    async fn go(&mut self) -> Result<SyncEnd, SyncProblem> {
        let connection = self.connection;
        let directory = self.synchroniser.keeper.open(connection)?;
        let mut restarts = 0;
        loop {
            let step = match self.work.phase {
                // What was read long ago is read anew before anybody loses something by it.
                SyncPhase::Applying if !self.is_stale() => return self.apply().await,
                _ => self.step(&directory).await,
            };
            let Err(problem) = step else { continue };
            let kind = match &problem {
                SyncProblem::Directory(cause) => cause.refusal_kind(),
                _ => None,
            };
            let is_over = matches!(
                kind,
                Some(GraphRefusalKind::Resync | GraphRefusalKind::ExpiredPage)
            );
            if !is_over || restarts == RESTARTS {
                return Err(problem);
            }
            restarts += 1;
            // A link is too old: a page's, and the list begins again; or the changes', and a full round follows.
            if kind == Some(GraphRefusalKind::Resync) || self.work.page_link.is_none() {
                (self.work.groups_link, self.work.people_link) = (None, None);
            }
            self.work.phase = SyncPhase::Idle;
            self.work.page_link = None;
        }
    }

    async fn step(&mut self, directory: &OpenDirectory<'_>) -> Result<(), SyncProblem> {
        // A place that does not open any more would be the begin of a list.
        let page = self.work.page_link.as_deref();
        let is_over =
            self.is_stale() || page.is_some_and(|link| !self.opens(directory, Some(link)));
        match self.work.phase {
            SyncPhase::Groups if !is_over => self.read_groups(directory).await,
            SyncPhase::People if !is_over => self.read_people(directory).await,
            SyncPhase::Settling => self.settle().await,
            _ => self.begin(directory).await,
        }
    }

    fn is_stale(&self) -> bool {
        self.now() - self.work.started_at > STALE
    }

    /// A new round: of everything, where nothing is known yet from which to go on.
    async fn begin(&mut self, directory: &OpenDirectory<'_>) -> Result<(), SyncProblem> {
        let goes_on = self.opens(directory, self.work.groups_link.as_deref())
            && (!self.work.reads_people || self.opens(directory, self.work.people_link.as_deref()));
        let work = &mut self.work;
        work.is_full = !goes_on;
        if work.is_full {
            work.round += 1;
            work.reads_people = true;
        }
        work.phase = SyncPhase::Groups;
        work.started_at = self.synchroniser.keeper.clock.now();
        (work.pages, work.groups, work.people, work.members) = (0, 0, 0, 0);
        work.page_link = None;
        (work.next_groups_link, work.next_people_link) = (None, None);
        work.remarks.clear();
        self.keep().await
    }

    fn now(&self) -> OffsetDateTime {
        self.synchroniser.keeper.clock.now()
    }

    /// A transaction of this node's work.
    async fn begin_tx(&self) -> Result<Tx, SyncProblem> {
        Ok(self.synchroniser.store.begin().await?)
    }

    /// Ends one: not where another node has taken the directory meanwhile.
    async fn commit(&self, mut tx: Tx) -> Result<(), SyncProblem> {
        let now = self.now();
        if !tx.keep_directory(&self.work, now + LEASE).await? {
            return Err(SyncProblem::LeaseLost);
        }
        Ok(tx.commit(now).await?)
    }

    async fn keep(&self) -> Result<(), SyncProblem> {
        let tx = self.begin_tx().await?;
        self.commit(tx).await
    }

    fn remark(&mut self, text: impl Into<String>) {
        let text = text.into();
        if self.work.remarks.len() < MOST_REMARKS && !self.work.remarks.contains(&text) {
            self.work.remarks.push(text);
        }
    }

    /// What went wrong, and when it is tried again. Nothing is removed by it.
    fn failed(&self, problem: &SyncProblem) -> SyncEnd {
        let now = self.now();
        let (mut result, mut text, mut wait) = (SyncResult::Failed, problem.to_string(), AGAIN);
        if let SyncProblem::Directory(cause) = problem {
            if let Some(advice) = cause.advice() {
                text = format!("{text} {advice}");
            }
            if let Some(asked) = cause.wait() {
                result = SyncResult::Waiting;
                wait = asked.try_into().unwrap_or(AGAIN);
            }
        }
        if let SyncProblem::Store(cause) = problem {
            tracing::error!(connection = %self.connection.name, %cause, "a directory cannot be synchronised");
            "The database refused a part of it. The log of the server says why."
                .clone_into(&mut text);
        }
        SyncEnd {
            result,
            text,
            held: None,
            next_at: now + wait.clamp(time::Duration::seconds(1), time::Duration::DAY),
        }
    }

    async fn end(self, end: SyncEnd) -> Result<SyncOutcome, store::Error> {
        let now = self.now();
        let mut tx = self.synchroniser.store.begin().await?;
        if !tx.end_sync(&self.work, &end, now).await? {
            return Ok(SyncOutcome::Elsewhere);
        }
        tx.commit(now).await?;
        tracing::info!(connection = %self.connection.name, result = %end.result, pages = self.work.pages, "directory synchronised");
        Ok(SyncOutcome::Ended(end.result))
    }

    /// When the next one begins: the configured minutes, and up to a tenth more, so that not all directories begin together.
    fn next_at(&self) -> OffsetDateTime {
        let minutes = i64::from(self.settings.every_minutes);
        let [part] = keys::random();
        let jitter = minutes * 6 * i64::from(part) / 255;
        self.now() + time::Duration::seconds(minutes * 60 + jitter)
    }
}
