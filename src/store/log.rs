//! Writing SQLite's write-ahead log back into the file, beside the sign-ins, whatever has written it.
//!
//! Invariants: after each commit it is known how long the log is; and a batch of sign-ins waits at most for the pages that were
//! written while the others were written back. (Left alone, SQLite writes all of them back at the end of some commit, and everyone
//! behind that commit waits.)

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Duration;

use rusqlite::Connection;

use super::Error;
use super::sqlite::{SESSION, blocking, connect};

/// Pages of the log after which it is written back: 32 MiB.
const PAGES: i64 = 8_192;
/// Whoever reads for long keeps the log from being written back. It is not tried all the time then.
const PAUSE: Duration = Duration::from_secs(1);
/// Writes back what no reader needs, and does not wait for anyone.
pub(super) const WRITE_BACK: &str = "PRAGMA wal_checkpoint(PASSIVE)";
/// Does nothing, and says how many pages there are and how many of them are written back.
const LENGTH: &str = "PRAGMA wal_checkpoint(NOOP)";

/// How long the log is.
#[derive(Debug, Default)]
pub(super) struct Log {
    /// Pages that are not written back.
    pages: AtomicI64,
    /// Whether a task writes it back, or has a moment ago.
    at_work: AtomicBool,
    /// Whether only the last pages are missing.
    nearly_done: AtomicBool,
}

impl Log {
    /// Notes how long the log is after a commit of this connection.
    pub(super) fn note(&self, connection: &Connection) {
        let pages = connection
            .prepare_cached(LENGTH)
            .and_then(|mut length| {
                length.query_row([], |row| Ok(row.get::<_, i64>(1)? - row.get::<_, i64>(2)?))
            })
            // It is known the next time.
            .unwrap_or_default();
        self.pages.store(pages, Ordering::Release);
    }

    /// Begins to write the log back when it is time; `true` when the writer is to finish that.
    pub(super) fn is_due(self: &Arc<Self>, file: &Path) -> bool {
        if self.nearly_done.swap(false, Ordering::AcqRel) {
            let log = Arc::clone(self);
            tokio::spawn(async move {
                tokio::time::sleep(PAUSE).await;
                log.at_work.store(false, Ordering::Release);
            });
            return true;
        }
        if self.pages.load(Ordering::Acquire) >= PAGES && !self.at_work.swap(true, Ordering::AcqRel)
        {
            let (log, file) = (Arc::clone(self), PathBuf::from(file));
            tokio::spawn(async move {
                // What fails is tried again with the writer's own connection.
                let _ = blocking(move || write_back(&file)).await;
                log.nearly_done.store(true, Ordering::Release);
            });
        }
        false
    }
}

/// Twice: the second time takes what came during the first.
fn write_back(file: &Path) -> Result<(), Error> {
    let connection = connect(file, SESSION)?;
    connection.execute_batch(WRITE_BACK)?;
    Ok(connection.execute_batch(WRITE_BACK)?)
}
