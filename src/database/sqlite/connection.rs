//! A connection to a SQLite file, and the threads that may wait for one.

use std::path::Path;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use tokio::task::spawn_blocking;

use crate::database::Error;

/// Prepared statements that a connection keeps.
const STATEMENTS: usize = 96;
/// Every connection waits for another process's lock, syncs every commit, and enforces references. A commit writes the log
/// back when nobody else has done it for 256 MiB, which the one that [`super::write_ahead_log::WriteAheadLog`] follows does itself.
pub(super) const SESSION: &str = "PRAGMA busy_timeout = 5000; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; \
     PRAGMA cache_size = -8192; PRAGMA wal_autocheckpoint = 65536;";
/// The same for readers, which cannot write by mistake. The overview's sign-ins have room in their cache.
pub(super) const READER_SESSION: &str = "PRAGMA busy_timeout = 5000; PRAGMA foreign_keys = ON; PRAGMA query_only = ON; \
     PRAGMA cache_size = -8192;";

/// Does what may wait, on a thread that may.
pub(super) async fn blocking<R: Send + 'static>(
    work: impl FnOnce() -> R + Send + 'static,
) -> Result<R, Error> {
    spawn_blocking(work).await.map_err(|_| Error::Stopped)
}

/// Opens a file that is there.
pub(super) fn connect(path: &Path, session: &str) -> Result<Connection, Error> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    // A statement is planned once, not again for other values.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.execute_batch(session)?;
    Ok(connection)
}
