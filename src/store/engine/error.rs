//! What can go wrong with the store. That something is not there is no error: it is `None`.

use crate::database;
use crate::domain::Full;

/// A failure of the store.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database was not opened, or failed, or holds what cannot be read.
    #[error(transparent)]
    Database(#[from] database::Error),
    /// The database was written by a newer version.
    #[error(
        "the database is of a newer version (migration {found}, this program knows {known}); use that version"
    )]
    Newer {
        /// The newest migration in the database.
        found: i64,
        /// The newest migration of this program.
        known: i64,
    },
    /// A migration's text is not the one that the database was made with.
    #[error(
        "migration {number} ({name}) of this program is not the one that the database was made with; use a released version, or the one that made it"
    )]
    Edited {
        /// Its number.
        number: i64,
        /// Its name.
        name: &'static str,
    },
    /// A value that has to be unique is taken.
    #[error("{0} is taken already")]
    Taken(String),
    /// The change would leave the company without an administrator who can sign in without single sign-on (rule F6).
    #[error(
        "this is the company's last administrator who can sign in without single sign-on; give another one a password first"
    )]
    LastBreakGlass,
    /// A connection would put users into a group that is not there.
    #[error("a permission group of these settings is not there any more; choose another one")]
    GroupGone,
    /// There is no room for what was to be added.
    #[error("{0}")]
    Full(Full),
    /// Another transaction took back what this one had read. The same again finds what is there now.
    #[error("another transaction was faster")]
    Crossed,
    /// The database failed for the whole of a batch, as this says.
    #[error("{0}")]
    Batch(String),
}

impl From<serde_json::Error> for Error {
    fn from(cause: serde_json::Error) -> Self {
        Self::Database(cause.into())
    }
}

impl Error {
    /// The server stopped before it was done.
    pub fn stopped() -> Self {
        Self::Database(database::Error::Stopped)
    }

    /// A stored value cannot be read.
    pub(in crate::store) fn corrupt(column: &'static str) -> Self {
        Self::Database(database::Error::Corrupt { column })
    }

    /// Whether the database is away for the moment: stopped, locked, out of room, out of reach. Nothing was stored, and the same
    /// request may well succeed later. Anything else is a defect.
    pub fn is_away(&self) -> bool {
        match self {
            Self::Crossed | Self::Batch(_) => true,
            Self::Database(cause) => cause.is_away(),
            _ => false,
        }
    }

    /// Whether the same transaction, tried again at once, may well succeed: another one was faster, or both waited for each
    /// other.
    pub(in crate::store) fn is_transient(&self) -> bool {
        match self {
            Self::Crossed => true,
            Self::Database(cause) => cause.is_transient(),
            _ => false,
        }
    }
}
