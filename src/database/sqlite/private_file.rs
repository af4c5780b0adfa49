//! The file of a SQLite database.
//!
//! Invariant: it is private to its owner, as a key would be.

use std::fs::{DirBuilder, OpenOptions};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use crate::database::Error;

/// The file of `sqlite:<file>`, also written as `sqlite://<file>`; parameters behind a question mark are not for us.
pub(super) fn path_of(file: &str) -> Result<PathBuf, Error> {
    let file = file.strip_prefix("//").unwrap_or(file);
    let file = file.split('?').next().unwrap_or_default();
    if file.is_empty() || file.starts_with(':') {
        return Err(Error::Url);
    }
    std::path::absolute(file).map_err(|source| Error::File {
        path: file.into(),
        source,
    })
}

/// Makes the file when it is missing, and refuses one that others can read.
pub(super) fn make(path: &Path) -> Result<(), Error> {
    make_private(path).map_err(|source| unusable(path, source))?;
    refuse_readable(path)
}

/// Why a file cannot be opened: when another user owns it, or the directory it is in, that says more than the system does.
fn unusable(path: &Path, source: std::io::Error) -> Error {
    if source.kind() == std::io::ErrorKind::PermissionDenied {
        for found in path.ancestors() {
            if let Ok(metadata) = std::fs::metadata(found) {
                return Error::Permission {
                    path: found.to_owned(),
                    owner: metadata.uid(),
                    mode: metadata.mode() & 0o7777,
                };
            }
        }
    }
    Error::File {
        path: path.to_owned(),
        source,
    }
}

/// Refuses a file that others can read, as a key would be: it holds who signed in when, and every hash.
fn refuse_readable(path: &Path) -> Result<(), Error> {
    for end in ["", "-wal", "-shm"] {
        let path = PathBuf::from(format!("{}{end}", path.display()));
        if let Ok(metadata) = std::fs::metadata(&path) {
            let mode = metadata.mode() & 0o7777;
            if mode & 0o077 != 0 {
                return Err(Error::Readable { path, mode });
            }
        }
    }
    Ok(())
}

/// Makes the file and its directory when they are missing, for their owner only. SQLite gives the files beside it (the log,
/// the index of the log) the same mode.
fn make_private(path: &Path) -> std::io::Result<()> {
    if let Some(directory) = path.parent() {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(directory)?;
    }
    OpenOptions::new()
        .create(true)
        .read(true)
        .append(true)
        .mode(0o600)
        .open(path)
        .map(drop)
}
