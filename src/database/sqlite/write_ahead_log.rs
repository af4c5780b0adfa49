//! Writing SQLite's write-ahead log back into the file, beside the sign-ins, whatever has written it.
//!
//! Invariants: after each commit it is known how long the log is; and a batch of sign-ins waits at most for the pages that were
//! written while the others were written back. (Left alone, SQLite writes all of them back at the end of some commit, and everyone
//! behind that commit waits.)

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::time::Duration;

use rusqlite::Connection;
use rusqlite::hooks::Wal;

use super::connection::{SESSION, blocking, connect};
use crate::database::Error;

/// Pages of the log after which it is written back: 16 MiB. A longer one is written where memory is cold.
const PAGES: i32 = 4_096;
/// And after which a commit does it, because nobody else has: 256 MiB.
const MOST_PAGES: i32 = 65_536;
/// Whoever reads for long keeps the log from being written back. It is not tried all the time then.
const PAUSE: Duration = Duration::from_millis(100);
/// Writes back what no reader needs, and does not wait for anyone.
pub(super) const WRITE_BACK: &str = "PRAGMA wal_checkpoint(PASSIVE)";

/// How long the log is.
#[derive(Debug, Default)]
pub(super) struct WriteAheadLog {
    /// Pages of the log at the last commit.
    pages: AtomicI32,
    /// Whether a task writes it back, or has a moment ago.
    at_work: AtomicBool,
    /// Whether only the last pages are missing.
    nearly_done: AtomicBool,
}

impl WriteAheadLog {
    /// Notes how long the log is after each commit of this connection. SQLite counts the pages anyway.
    pub(super) fn follow(self: &Arc<Self>, connection: &mut Connection) -> Result<(), Error> {
        let log = Arc::clone(self);
        Ok(connection.wal_hook(Some(move |wal: &mut Wal, pages| {
            log.pages.store(pages, Ordering::Release);
            if pages >= MOST_PAGES {
                // What is committed stays so; the next commit tries again.
                let _ = wal.checkpoint();
            }
            Ok(())
        }))?)
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
