//! PostgreSQL, through sqlx.
//!
//! Invariants: no statement is waited for without an end, and a connection on which one was given up is not used again; while
//! the database is away, one request at a time finds out whether it is back, and all others are told at once; sign-ins, checks
//! and starts have connections of their own, and what a statement elsewhere takes says nothing to them.

mod unreachable;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgArguments, PgConnectOptions, PgPoolOptions, PgRow};
use sqlx::query::Query;
use sqlx::{
    AssertSqlSafe, Column as _, Connection as _, Executor as _, PgConnection, PgPool, Postgres,
    Row as _, TypeInfo as _, raw_sql,
};
use tokio::runtime::Handle;
use tokio::time::timeout;

use super::columns::Row;
use super::statement::Statement;
use super::value::Value;
use super::{Error, Failure};

/// Connections for sign-ins, checks and starts.
const PROMPT: u32 = 10;
/// Connections for everything else.
const PATIENT: u32 = 6;
/// A connection that was used more lately is taken to be there still; else it is asked before.
const TRUSTED: Duration = Duration::from_secs(1);
/// More statements than there are here: each is planned once for a connection.
const STATEMENTS: usize = 500;
/// A request does not wait longer for a connection.
const ACQUIRE: Duration = Duration::from_secs(5);
/// Nor for the answer to a statement: more than the longest wait for a lock.
const ANSWER: Duration = Duration::from_secs(7);
/// What has no client that waits, such as forgetting a million rows.
const LONG: Duration = Duration::from_mins(10);
/// The transactions here are written for READ COMMITTED, and none may wait for ever: the server gives a statement up before we
/// give up the server. The indexes are in memory or on a disk that does not turn: a page of them costs hardly more than the next
/// one of a table. What is only worth a notice to the server (a table that is there already) stands in no log of ours.
const SESSION: &str = "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL READ COMMITTED; \
     SET lock_timeout = '5s'; SET statement_timeout = '6s'; SET idle_in_transaction_session_timeout = '60s'; \
     SET random_page_cost = 1.1; SET client_min_messages = warning;";
/// Each statement of a sign-in is led by keys, and planned once for all values: no plan waits for statistics, and none changes
/// with them.
const BY_KEYS: &str = "SET enable_seqscan = off; SET enable_bitmapscan = off; SET enable_hashjoin = off; \
     SET enable_mergejoin = off; SET plan_cache_mode = force_generic_plan; SET jit = off;";
/// What has no client that waits is not given up early by the server either.
const NO_LIMIT: &str = "SET LOCAL statement_timeout = 0";

/// The connections to a database that one kind of work has.
#[derive(Debug, Clone)]
pub(crate) struct PostgresPool {
    connections: PgPool,
    availability: Arc<Availability>,
}

/// The pools of a database.
#[derive(Debug)]
pub(crate) struct PostgresPools {
    /// For sign-ins, checks and starts.
    pub(crate) prompt: PostgresPool,
    /// For whoever can wait.
    pub(crate) patient: PostgresPool,
}

/// Whether the database is there, as one pool knows it.
#[derive(Debug, Default)]
struct Availability {
    away: AtomicBool,
    /// Connections at work.
    at_work: AtomicU32,
    /// Whether somebody is finding out.
    asked: AtomicBool,
    /// How often the database was asked, and waited for, since the start, by all pools.
    round_trips: Arc<AtomicU64>,
}

/// A transaction that writes. Dropped without a commit, it leaves nothing behind.
#[derive(Debug)]
pub(crate) struct PostgresTransaction {
    /// None at its end.
    lease: Option<PoolLease>,
    longest: Duration,
}

/// A connection of the pool.
#[derive(Debug)]
struct PoolLease {
    connection: PoolConnection<Postgres>,
    availability: Arc<Availability>,
    /// Whether an answer is still to come. If this is dropped then, the connection is not used again.
    busy: bool,
}

impl PostgresPools {
    /// Connects to the database of a URL.
    pub(crate) async fn open(url: &str) -> Result<Self, Error> {
        let options: PgConnectOptions = url.parse().map_err(|_| Error::Url)?;
        let options = options.statement_cache_capacity(STATEMENTS);
        let prompt = pool(PROMPT, &[SESSION, BY_KEYS]);
        let prompt = match prompt.connect_with(options.clone()).await {
            Ok(connections) => connections,
            Err(said) => return Err(unreachable::explain(&options, said).await),
        };
        let patient = pool(PATIENT, &[SESSION]).connect_lazy_with(options);
        let round_trips = Arc::default();
        Ok(Self {
            prompt: PostgresPool::new(prompt, &round_trips),
            // Whoever needs the first one connects.
            patient: PostgresPool::new(patient, &round_trips),
        })
    }
}

/// What a pool is: so many connections, each of which begins with these words.
fn pool(most: u32, session: &'static [&'static str]) -> PgPoolOptions {
    PgPoolOptions::new()
        .max_connections(most)
        .acquire_timeout(ACQUIRE)
        .test_before_acquire(false)
        .before_acquire(|connection, used| {
            Box::pin(async move {
                if used.idle_for > TRUSTED {
                    connection.ping().await?;
                }
                Ok(true)
            })
        })
        .after_connect(move |connection, _| {
            Box::pin(async move {
                for words in session {
                    connection.execute(raw_sql(*words)).await?;
                }
                Ok(())
            })
        })
}

impl PostgresPool {
    fn new(connections: PgPool, round_trips: &Arc<AtomicU64>) -> Self {
        let availability = Availability {
            round_trips: Arc::clone(round_trips),
            ..Availability::default()
        };
        Self {
            connections,
            availability: Arc::new(availability),
        }
    }

    /// Begins a transaction.
    pub(crate) async fn begin(&self) -> Result<PostgresTransaction, Error> {
        let begun = self.lease(async |lease| {
            lease.script("BEGIN".to_owned(), ANSWER).await?;
            Ok(())
        });
        Ok(PostgresTransaction {
            lease: Some(begun.await?.0),
            longest: ANSWER,
        })
    }

    /// Changes rows; how many.
    pub(crate) async fn change(&self, statement: Statement<'_>) -> Result<u64, Error> {
        let changed = self.lease(async |lease| lease.change(statement, ANSWER).await);
        Ok(changed.await?.1)
    }

    /// Reads rows.
    pub(crate) async fn rows(&self, statement: Statement<'_>) -> Result<Vec<Row>, Error> {
        let found = self.lease(async |lease| lease.rows(statement, ANSWER).await);
        Ok(found.await?.1)
    }

    /// How often the database was asked, and waited for, since the start.
    pub(crate) fn round_trips(&self) -> u64 {
        self.availability.round_trips.load(Ordering::Relaxed)
    }

    /// Closes every connection after the statements that are under way.
    pub(crate) async fn close(&self) {
        // Who does not answer is not waited for.
        let _ = timeout(ACQUIRE, self.connections.close()).await;
    }

    /// Does something first with a connection, unless the database is known to be away.
    async fn lease<T>(
        &self,
        work: impl AsyncFnOnce(&mut PoolLease) -> Result<T, Error>,
    ) -> Result<(PoolLease, T), Error> {
        let _asking = self.availability.admit()?;
        let connection = self.connections.acquire().await;
        // When all are at work and none was free in time, that says nothing about the database.
        let most = self.connections.options().get_max_connections();
        if connection.is_err() && self.availability.at_work.load(Ordering::Acquire) < most {
            self.availability.set_away(true);
        }
        let mut lease = PoolLease::new(connection?, &self.availability);
        let done = work(&mut lease).await?;
        Ok((lease, done))
    }
}

impl Availability {
    /// Whether to ask the database; while it is away, one at a time does.
    fn admit(&self) -> Result<Option<Probe<'_>>, Error> {
        if !self.away.load(Ordering::Acquire) {
            return Ok(None);
        }
        if self.asked.swap(true, Ordering::AcqRel) {
            return Err(Failure::Silent.into());
        }
        Ok(Some(Probe(self)))
    }

    /// Notes what was found out. A connection that is lost says nothing: the others, or a new one, may do.
    fn set_away(&self, away: bool) {
        if self.away.load(Ordering::Acquire) != away {
            self.away.store(away, Ordering::Release);
        }
    }
}

/// Somebody is finding out whether the database is back.
struct Probe<'w>(&'w Availability);

impl Drop for Probe<'_> {
    fn drop(&mut self) {
        self.0.asked.store(false, Ordering::Release);
    }
}

impl PostgresTransaction {
    /// No client waits for it.
    pub(crate) async fn may_take_long(&mut self) -> Result<(), Error> {
        self.longest = LONG;
        self.script(NO_LIMIT.to_owned()).await
    }

    /// Changes rows; how many.
    pub(crate) async fn change(&mut self, statement: Statement<'_>) -> Result<u64, Error> {
        let longest = self.longest;
        self.lease()?.change(statement, longest).await
    }

    /// Reads rows.
    pub(crate) async fn rows(&mut self, statement: Statement<'_>) -> Result<Vec<Row>, Error> {
        let longest = self.longest;
        self.lease()?.rows(statement, longest).await
    }

    /// Runs a text of several statements.
    pub(crate) async fn script(&mut self, text: String) -> Result<(), Error> {
        let longest = self.longest;
        self.lease()?.script(text, longest).await
    }

    /// Ends it; all of it is stored then.
    pub(crate) async fn commit(mut self) -> Result<(), Error> {
        let longest = self.longest;
        self.lease()?.script("COMMIT".to_owned(), longest).await?;
        // Only now: what fails is taken back.
        self.lease = None;
        Ok(())
    }

    fn lease(&mut self) -> Result<&mut PoolLease, Error> {
        self.lease.as_mut().ok_or(Error::Stopped)
    }
}

impl Drop for PostgresTransaction {
    fn drop(&mut self) {
        let Some(mut lease) = self.lease.take() else {
            return;
        };
        match Handle::try_current() {
            Ok(runtime) if !lease.busy => {
                runtime.spawn(async move {
                    // When this fails, the connection is closed, and the server takes it back.
                    let _ = lease.script("ROLLBACK".to_owned(), ANSWER).await;
                });
            }
            _ => lease.busy = true,
        }
    }
}

impl PoolLease {
    fn new(connection: PoolConnection<Postgres>, availability: &Arc<Availability>) -> Self {
        availability.at_work.fetch_add(1, Ordering::AcqRel);
        Self {
            connection,
            availability: Arc::clone(availability),
            busy: false,
        }
    }

    async fn change(&mut self, statement: Statement<'_>, longest: Duration) -> Result<u64, Error> {
        let changed =
            async |connection: &mut PgConnection| bind_values(statement).execute(connection).await;
        Ok(self.ask(longest, changed).await?.rows_affected())
    }

    async fn rows(
        &mut self,
        statement: Statement<'_>,
        longest: Duration,
    ) -> Result<Vec<Row>, Error> {
        let found = async |connection: &mut PgConnection| {
            bind_values(statement).fetch_all(connection).await
        };
        let found = self.ask(longest, found).await?;
        let Some(first) = found.first() else {
            return Ok(Vec::new());
        };
        let names: Arc<[String]> = first
            .columns()
            .iter()
            .map(|column| column.name().to_owned())
            .collect();
        found
            .iter()
            .map(|row| {
                let values = (0..names.len())
                    .map(|column| value(row, column))
                    .collect::<Result<_, _>>()?;
                Ok(Row::new(Arc::clone(&names), values))
            })
            .collect()
    }

    /// Runs a text that is part of this program.
    async fn script(&mut self, text: String, longest: Duration) -> Result<(), Error> {
        let script = async |connection: &mut PgConnection| {
            connection.execute(raw_sql(AssertSqlSafe(text))).await
        };
        self.ask(longest, script).await.map(drop)
    }

    async fn ask<T>(
        &mut self,
        longest: Duration,
        question: impl AsyncFnOnce(&mut PgConnection) -> Result<T, sqlx::Error>,
    ) -> Result<T, Error> {
        self.busy = true;
        self.availability
            .round_trips
            .fetch_add(1, Ordering::Relaxed);
        let said = timeout(longest, question(&mut self.connection)).await;
        self.busy = said.is_err();
        if said.is_err() || said.as_ref().is_ok_and(Result::is_ok) {
            self.availability.set_away(self.busy);
        }
        said.map_err(|_| Failure::Silent)?.map_err(Error::from)
    }
}

impl Drop for PoolLease {
    fn drop(&mut self) {
        self.availability.at_work.fetch_sub(1, Ordering::AcqRel);
        if self.busy {
            self.connection.close_on_drop();
        }
    }
}

fn bind_values(statement: Statement<'_>) -> Query<'static, Postgres, PgArguments> {
    let mut query = sqlx::query(statement.sql);
    for value in statement.values {
        query = match value {
            Value::Int(int) => query.bind(int),
            Value::Text(text) => query.bind(text.map(String::from)),
            Value::Blob(blob) => query.bind(blob.map(Vec::from)),
        };
    }
    query
}

/// A column by its type: the tables have TEXT, BIGINT and BYTEA, and an expression may be a smaller number.
fn value(row: &PgRow, column: usize) -> Result<Value<'static>, Error> {
    let kind = row.column(column).type_info().name();
    Ok(match kind {
        "INT8" => Value::Int(row.try_get(column)?),
        "INT4" => Value::Int(row.try_get::<Option<i32>, _>(column)?.map(i64::from)),
        "BYTEA" => Value::Blob(row.try_get::<Option<Vec<u8>>, _>(column)?.map(Into::into)),
        _ => Value::Text(row.try_get::<Option<String>, _>(column)?.map(Into::into)),
    })
}
