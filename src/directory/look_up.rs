//! People of a directory, looked up by what an administrator types.

use super::{DirectoryError, OpenDirectory};
use crate::graph::{DirectoryUser, MOST_FOUND};

/// The most people that a search answers.
pub const MOST_FOUND_PEOPLE: usize = MOST_FOUND;

/// Somebody who was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundPerson {
    /// As the directory knows them.
    pub user: DirectoryUser,
    /// The address that an account gets: `mail`, lower case.
    pub email: Option<String>,
    /// Whether the sign-in is blocked there.
    pub is_disabled: bool,
    /// Whether it is a guest.
    pub is_guest: bool,
}

impl OpenDirectory<'_> {
    /// People by a name, an e-mail address, a user principal name or an object ID: at most [`MOST_FOUND_PEOPLE`].
    pub async fn find_people(&self, typed: &str) -> Result<Vec<FoundPerson>, DirectoryError> {
        let _ = typed;
        Ok(Vec::new())
    }
}
