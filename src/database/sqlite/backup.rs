//! A copy of a SQLite database while servers use it.
//!
//! Invariant: the copy is one moment of the database, is one file, and only its owner can read it.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use rusqlite::backup::Backup;
use rusqlite::{Connection, OpenFlags};

use super::connection;
use crate::database::Error;
use crate::database::columns::Row;
use crate::database::statement::Statement;

/// All pages in one step, so that a write in between does not make it begin again.
const ALL: i32 = -1;

/// Copies a database to a file that is not there yet.
pub(crate) async fn copy(from: &Path, to: &Path) -> Result<(), Error> {
    let (from, to) = (from.to_owned(), to.to_owned());
    connection::blocking(move || copy_all(&from, &to)).await?
}

/// Reads all of a copy: whether it is whole, and the rows of a statement.
pub(crate) async fn check(file: &Path, statement: Statement<'static>) -> Result<Vec<Row>, Error> {
    let file = file.to_owned();
    connection::blocking(move || {
        let copy = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        let said: String = copy.query_row("PRAGMA integrity_check", [], |row| row.get(0))?;
        if said != "ok" {
            return Err(Error::Damaged(said));
        }
        super::rows(&copy, &statement)
    })
    .await?
}

fn copy_all(from: &Path, to: &Path) -> Result<(), Error> {
    let unusable = |source| Error::File {
        path: to.to_owned(),
        source,
    };
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(to)
        .map_err(unusable)?;
    let source = connection::connect(from, connection::READER_SESSION)?;
    let mut copy = Connection::open(to)?;
    Backup::new(&source, &mut copy)?.step(ALL)?;
    // One file, without a log beside it.
    copy.execute_batch("PRAGMA journal_mode = DELETE;")?;
    drop(copy);
    std::fs::File::open(to)
        .and_then(|file| file.sync_all())
        .map_err(unusable)
}
