//! Writing SQLite's write-ahead log back into the file, beside the sign-ins.
//!
//! Invariant: a batch of sign-ins waits at most for the pages that were written while the others were written back. (Left
//! alone, SQLite writes all of them back at the end of some commit, and everyone behind that commit waits.)

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use super::Error;
use super::sqlite::{SESSION, blocking, connect};

/// Pieces of work after which the log is written back: up to 80 MiB of pages, of which most are the same.
const PIECES: usize = 4_096;
/// Writes back what no reader needs, and does not wait for anyone.
pub(super) const WRITE_BACK: &str = "PRAGMA wal_checkpoint(PASSIVE)";

/// How far the log has grown.
#[derive(Debug, Default)]
pub(super) struct Log {
    pieces: AtomicUsize,
    /// Whether a task writes it back, or has and the last pages are missing.
    at_work: AtomicBool,
    /// Whether only the last pages are missing.
    nearly_done: AtomicBool,
}

impl Log {
    /// Counts what was written, and begins to write the log back when it is time; `true` when the writer is to finish that.
    pub(super) fn grown(self: &Arc<Self>, pieces: usize, file: PathBuf) -> bool {
        if self.nearly_done.swap(false, Ordering::AcqRel) {
            self.pieces.store(0, Ordering::Release);
            self.at_work.store(false, Ordering::Release);
            return true;
        }
        let so_far = self.pieces.fetch_add(pieces, Ordering::AcqRel) + pieces;
        if so_far >= PIECES && !self.at_work.swap(true, Ordering::AcqRel) {
            let log = Arc::clone(self);
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
