//! People of a directory, looked up by what an administrator types.
//!
//! What is written exactly is asked for exactly, because the index of the search lags behind: an object ID, a user principal name,
//! an e-mail address. Several people with one address are an answer.

use super::{DirectoryError, OpenDirectory};
use crate::graph::{DirectoryUser, GraphPage, GraphRequest, MOST_FOUND, UserKey};

/// The most people that a search answers.
pub const MOST_FOUND_PEOPLE: usize = MOST_FOUND;

/// Somebody who was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundPerson {
    /// As the directory knows them.
    pub user: DirectoryUser,
    /// The address that an account would get: `mail`, in lower case. A user principal name is none.
    pub email: Option<String>,
    /// Whether the sign-in is blocked there.
    pub is_disabled: bool,
    /// Whether it is a guest.
    pub is_guest: bool,
}

impl OpenDirectory<'_> {
    /// People by a name, an e-mail address, a user principal name or an object ID: at most [`MOST_FOUND_PEOPLE`], who is meant
    /// exactly first.
    pub async fn find_people(&self, typed: &str) -> Result<Vec<FoundPerson>, DirectoryError> {
        let typed = typed.trim();
        if typed.is_empty() {
            return Ok(Vec::new());
        }
        let mut found = Vec::new();
        match UserKey::parse(typed) {
            Some(key @ UserKey::Id(_)) => found.extend(self.user(&key).await?),
            Some(key) => {
                found.extend(self.user(&key).await?);
                let by_mail = self.addresses.users_by_mail(typed);
                self.add_found(&by_mail, &mut found).await?;
                if found.is_empty() {
                    let by_any = self.addresses.users_by_any_address(typed);
                    self.add_found(&by_any, &mut found).await?;
                }
            }
            None => {
                let search = self.addresses.search_users(typed);
                self.add_found(&search, &mut found).await?;
            }
        }
        found.truncate(MOST_FOUND_PEOPLE);
        Ok(found.into_iter().map(FoundPerson::of).collect())
    }

    async fn add_found(
        &self,
        request: &GraphRequest,
        found: &mut Vec<DirectoryUser>,
    ) -> Result<(), DirectoryError> {
        let page: GraphPage<DirectoryUser> = self.page(request).await?;
        for user in page.items {
            if !found.iter().any(|known| known.id == user.id) {
                found.push(user);
            }
        }
        Ok(())
    }
}

impl FoundPerson {
    fn of(user: DirectoryUser) -> Self {
        Self {
            email: user.mail.as_deref().map(str::to_lowercase),
            is_disabled: user.is_disabled(),
            is_guest: user.is_guest(),
            user,
        }
    }
}
