//! SQLite, called directly.
//!
//! Invariants: one connection of this process writes, and who holds it holds the process's only write transaction, so that
//! writers queue here, in order, and not in the file's lock; a reader cannot write; and what may wait, for a lock or for a
//! sync, or reads many rows, does not run on a thread that serves requests.

pub(crate) mod backup;
mod connection;
mod private_file;
#[cfg(test)]
pub(crate) mod step_count;
mod write_ahead_log;

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::PathBuf;
use std::ptr;
use std::sync::{Arc, Mutex as Lock, PoisonError};
use std::time::Duration;

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{CachedStatement, Connection};
use tokio::sync::{Mutex, OwnedMutexGuard, Semaphore};
use tokio::time::timeout;

use super::columns::Row;
use super::statement::Statement;
use super::value::Value;
use super::{Error, Failure};
use connection::{READER_SESSION, SESSION, blocking, connect};
use write_ahead_log::{WRITE_BACK, WriteAheadLog};

/// Readers of the file at a time.
const READERS: usize = 4;
/// A request does not wait longer for a connection: the disk may be slow.
const ACQUIRE: Duration = Duration::from_secs(10);

/// A database file.
#[derive(Debug)]
pub(crate) struct SqliteFile {
    path: PathBuf,
    writer: Arc<Mutex<SqliteWriter>>,
    readers: Lock<Vec<Connection>>,
    permits: Semaphore,
    log: Arc<WriteAheadLog>,
}

/// The connection that writes.
#[derive(Debug)]
struct SqliteWriter {
    connection: Connection,
    durability: Durability,
}

/// What a commit waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Durability {
    /// The system: it is there when this process is killed, and may be lost with the machine's power. A later commit that is
    /// synced takes it along, because the write-ahead log is one sequence.
    Written,
    /// The disk: it is there after a power failure.
    Synced,
}

/// A transaction that writes. Dropped without a commit, it leaves nothing behind.
#[derive(Debug)]
pub(crate) struct SqliteTransaction {
    /// None while another thread works with it, and for ever when that was given up.
    held: Option<WriterGuard>,
    /// Whose log is looked after at the end; none where statements run on the caller's thread, which then may wait: whoever gave
    /// it the transaction does it.
    file: Option<Arc<SqliteFile>>,
}

/// The connection that writes, for one holder.
#[derive(Debug)]
struct WriterGuard(OwnedMutexGuard<SqliteWriter>);

impl SqliteFile {
    /// Opens the file of `sqlite:<file>`, and makes one that is missing.
    pub(super) async fn open(file: &str) -> Result<Self, Error> {
        let path = private_file::path_of(file)?;
        private_file::make(&path)?;
        let opening = path.clone();
        let mut connection = blocking(move || connect(&opening, SESSION)).await??;
        let log = Arc::<WriteAheadLog>::default();
        log.follow(&mut connection)?;
        let file = Self {
            path,
            writer: Arc::new(Mutex::new(SqliteWriter {
                connection,
                durability: Durability::Synced,
            })),
            readers: Lock::default(),
            permits: Semaphore::new(READERS),
            log,
        };
        file.use_wal().await?;
        Ok(file)
    }

    /// Begins a transaction, when those before it have ended.
    pub(crate) async fn begin(self: &Arc<Self>) -> Result<SqliteTransaction, Error> {
        let mut held = self.hold().await?;
        let held = blocking(move || held.begin(Durability::Synced).map(|()| held)).await??;
        Ok(SqliteTransaction {
            held: Some(held),
            file: Some(Arc::clone(self)),
        })
    }

    /// Does `work` on a thread that may wait, in a transaction whose statements run there; or tells it why there is none.
    pub(crate) async fn with_transaction<R: Send + 'static>(
        &self,
        durability: Durability,
        work: impl FnOnce(Result<SqliteTransaction, Error>) -> R + Send + 'static,
    ) -> Result<R, Error> {
        let held = self.hold().await;
        blocking(move || {
            work(held.and_then(|mut held| {
                held.begin(durability)?;
                Ok(SqliteTransaction {
                    held: Some(held),
                    file: None,
                })
            }))
        })
        .await
    }

    /// Looks after the log when something has been written.
    pub(crate) async fn tend_log(&self) {
        if self.log.is_due(&self.path)
            && let Ok(held) = self.hold().await
        {
            // When it fails, the log goes on growing until the next time.
            let _ = blocking(move || held.0.connection.execute_batch(WRITE_BACK)).await;
        }
    }

    /// Changes rows in a transaction of its own; how many.
    pub(crate) async fn change(&self, statement: Statement<'_>) -> Result<u64, Error> {
        let mut held = self.hold().await?;
        let statement = statement.into_owned();
        let changed = blocking(move || {
            // It may be an entry of the audit log (rule F6), and the transaction before it may not have waited for the disk.
            held.wait_for(Durability::Synced)?;
            change(&held.0.connection, &statement)
        })
        .await?;
        self.tend_log().await;
        changed
    }

    /// Reads the row that a key leads to, on the caller's thread: that costs less than the way to another one.
    pub(crate) fn row(&self, statement: &Statement<'_>) -> Result<Option<Row>, Error> {
        Ok(self.read(statement)?.into_iter().next())
    }

    /// Reads rows.
    pub(crate) async fn rows(
        self: &Arc<Self>,
        statement: Statement<'_>,
    ) -> Result<Vec<Row>, Error> {
        let permit = timeout(ACQUIRE, self.permits.acquire()).await;
        let _permit = permit
            .map_err(|_| Failure::Busy)?
            .map_err(|_| Error::Stopped)?;
        let file = Arc::clone(self);
        let statement = statement.into_owned();
        blocking(move || file.read(&statement)).await?
    }

    fn read(&self, statement: &Statement<'_>) -> Result<Vec<Row>, Error> {
        let idle = self.readers().pop();
        let connection = match idle {
            Some(connection) => connection,
            None => connect(&self.path, READER_SESSION)?,
        };
        let found = rows(&connection, statement);
        self.readers().push(connection);
        found
    }

    /// Writes the log back into the file, after the work that is under way.
    pub(crate) async fn close(&self) {
        self.permits.close();
        self.readers().clear();
        if let Ok(held) = self.hold().await {
            let checkpoint = "PRAGMA wal_checkpoint(TRUNCATE)";
            // When it fails, the next start reads the log.
            let _ = blocking(move || held.0.connection.execute_batch(checkpoint)).await;
        }
    }

    async fn hold(&self) -> Result<WriterGuard, Error> {
        let held = timeout(ACQUIRE, Arc::clone(&self.writer).lock_owned()).await;
        Ok(WriterGuard(held.map_err(|_| Failure::Busy)?))
    }

    fn readers(&self) -> std::sync::MutexGuard<'_, Vec<Connection>> {
        // Nothing panics while it holds the lock.
        self.readers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Turns write-ahead logging on, which the file then remembers. The change needs the file for itself and SQLite does not
    /// wait for that, so that two servers which start on a new file at once have to try again.
    async fn use_wal(&self) -> Result<(), Error> {
        let mut tries = 0;
        loop {
            let held = self.hold().await?;
            let changed = blocking(move || {
                held.0
                    .connection
                    .execute_batch("PRAGMA journal_mode = WAL;")
            });
            match changed.await?.map_err(Error::from) {
                Ok(()) => return Ok(()),
                Err(error) if tries == 50 || !error.is_busy() => return Err(error),
                Err(_) => tries += 1,
            }
            tokio::time::sleep(Duration::from_millis(40)).await;
        }
    }
}

impl SqliteTransaction {
    /// Changes rows; how many.
    pub(crate) async fn change(&mut self, statement: Statement<'_>) -> Result<u64, Error> {
        self.run(statement, change).await
    }

    /// Reads rows.
    pub(crate) async fn rows(&mut self, statement: Statement<'_>) -> Result<Vec<Row>, Error> {
        self.run(statement, rows).await
    }

    /// Runs a text of several statements.
    pub(crate) async fn script(&mut self, text: String) -> Result<(), Error> {
        let held = self.held.take().ok_or(Error::Stopped)?;
        let (held, done) = blocking(move || {
            let done = held.0.connection.execute_batch(&text);
            (held, done)
        })
        .await?;
        self.held = Some(held);
        Ok(done?)
    }

    /// Ends it; all of it is stored then.
    pub(crate) async fn commit(mut self) -> Result<(), Error> {
        let commit = Statement {
            sql: "COMMIT",
            values: Vec::new(),
        };
        self.run(commit, change).await?;
        self.held = None;
        if let Some(file) = &self.file {
            file.tend_log().await;
        }
        Ok(())
    }

    async fn run<R: Send + 'static>(
        &mut self,
        statement: Statement<'_>,
        run: fn(&Connection, &Statement<'_>) -> Result<R, Error>,
    ) -> Result<R, Error> {
        let held = self.held.take().ok_or(Error::Stopped)?;
        let (held, result) = if self.file.is_none() {
            let result = run(&held.0.connection, &statement);
            (held, result)
        } else {
            let statement = statement.into_owned();
            blocking(move || {
                let result = run(&held.0.connection, &statement);
                (held, result)
            })
            .await?
        };
        self.held = Some(held);
        result
    }
}

impl WriterGuard {
    fn begin(&mut self, durability: Durability) -> Result<(), Error> {
        self.wait_for(durability)?;
        // A deferred transaction that turns from reading to writing fails at once when another one was faster.
        let mut begin = self.0.connection.prepare_cached("BEGIN IMMEDIATE")?;
        begin.raw_execute()?;
        Ok(())
    }

    /// What the next commit waits for.
    fn wait_for(&mut self, durability: Durability) -> Result<(), Error> {
        let writer = &mut *self.0;
        if writer.durability != durability {
            writer.connection.execute_batch(match durability {
                Durability::Synced => "PRAGMA synchronous = FULL",
                Durability::Written => "PRAGMA synchronous = NORMAL",
            })?;
            writer.durability = durability;
        }
        Ok(())
    }
}

impl Drop for WriterGuard {
    fn drop(&mut self) {
        if !self.0.connection.is_autocommit() {
            // When even this fails, SQLite has rolled back already.
            let _ = self.0.connection.execute_batch("ROLLBACK");
        }
    }
}

fn change(connection: &Connection, statement: &Statement<'_>) -> Result<u64, Error> {
    let mut prepared = prepare(connection, statement)?;
    let changed = prepared.raw_execute()?;
    #[cfg(test)]
    step_count::count(connection, &prepared);
    Ok(u64::try_from(changed).unwrap_or(u64::MAX))
}

fn rows(connection: &Connection, statement: &Statement<'_>) -> Result<Vec<Row>, Error> {
    let mut prepared = prepare(connection, statement)?;
    let names = names(statement.sql, &prepared);
    let mut found = Vec::new();
    let mut stepping = prepared.raw_query();
    while let Some(row) = stepping.next()? {
        let values = (0..names.len())
            .map(|column| row.get_ref(column).map(value))
            .collect::<Result<_, _>>()?;
        found.push(Row::new(Arc::clone(&names), values));
    }
    drop(stepping);
    #[cfg(test)]
    step_count::count(connection, &prepared);
    Ok(found)
}

/// The names of a statement's columns, which are made once on each thread.
fn names(sql: &'static str, prepared: &CachedStatement<'_>) -> Arc<[String]> {
    thread_local! {
        static KNOWN: RefCell<HashMap<*const str, Arc<[String]>>> = RefCell::default();
    }
    KNOWN.with_borrow_mut(|known| {
        let made = || prepared.column_names().map(str::to_owned).collect();
        Arc::clone(known.entry(ptr::from_ref(sql)).or_insert_with(made))
    })
}

/// The statement, prepared once a connection, with its values at the places of `$1`, `$2` and so on.
fn prepare<'a>(
    connection: &'a Connection,
    statement: &Statement<'_>,
) -> Result<CachedStatement<'a>, Error> {
    let mut prepared = connection.prepare_cached(statement.sql)?;
    for place in 1..=prepared.parameter_count() {
        let value = prepared
            .parameter_name(place)
            .and_then(|name| name.get(1..)?.parse::<usize>().ok())
            .and_then(|number| statement.values.get(number.checked_sub(1)?))
            .map_or(ToSqlOutput::Borrowed(ValueRef::Null), parameter);
        prepared.raw_bind_parameter(place, value)?;
    }
    Ok(prepared)
}

fn parameter<'a>(value: &'a Value<'_>) -> ToSqlOutput<'a> {
    ToSqlOutput::Borrowed(match value {
        Value::Int(Some(int)) => ValueRef::Integer(*int),
        Value::Text(Some(text)) => ValueRef::Text(text.as_bytes()),
        Value::Blob(Some(blob)) => ValueRef::Blob(blob),
        Value::Int(None) | Value::Text(None) | Value::Blob(None) => ValueRef::Null,
    })
}

/// A column as it came. A real number, which no column of ours holds, is read as NULL; so is text that is not UTF-8.
fn value(found: ValueRef<'_>) -> Value<'static> {
    match found {
        ValueRef::Integer(int) => Value::Int(Some(int)),
        ValueRef::Text(text) => Value::Text(
            std::str::from_utf8(text)
                .ok()
                .map(|text| text.to_owned().into()),
        ),
        ValueRef::Blob(blob) => Value::Blob(Some(blob.to_vec().into())),
        ValueRef::Null | ValueRef::Real(_) => Value::Int(None),
    }
}
