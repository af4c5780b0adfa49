//! A copy of a SQLite database while servers use it.
//!
//! Invariant: the copy is one moment of the database, is one file, and only its owner can read it.

use std::path::Path;

use super::fingerprint::{self, Fingerprints};
use crate::database::sqlite::backup;
use crate::database::statement::query;
use crate::store::Error;

/// Copies a database to a file that is not there yet.
pub async fn copy_sqlite(from: &Path, to: &Path) -> Result<(), Error> {
    Ok(backup::copy(from, to).await?)
}

/// Reads all of a copy: whether it is whole, and the fingerprints of its keys.
pub async fn check_sqlite(file: &Path) -> Result<Fingerprints, Error> {
    let rows = backup::check(file, query(fingerprint::READ)).await?;
    fingerprint::read(&rows)
}
