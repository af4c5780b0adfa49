//! Lists that are read on from a place, for those who read all of them.

use super::{Admin, Refused};
use crate::domain::SessionKey;
use crate::store::{Cursor, CursorPage, ListedGroup, ListedSession, ListedUser, UserFilter};

impl Admin<'_> {
    /// The company's users by e-mail address.
    pub async fn users_after(
        &self,
        filter: &UserFilter,
        after: Option<String>,
        limit: u32,
    ) -> Result<CursorPage<ListedUser, String>, Refused> {
        let store = self.store;
        Ok(store
            .users_after(self.company, filter, after, limit)
            .await?)
    }

    /// The company's groups by title.
    pub async fn groups_after(
        &self,
        after: Option<String>,
        limit: u32,
    ) -> Result<CursorPage<ListedGroup, String>, Refused> {
        Ok(self.store.groups_after(self.company, after, limit).await?)
    }

    /// The company's live sessions, the newest first.
    pub async fn sessions_after(
        &self,
        after: Option<Cursor<SessionKey>>,
        limit: u32,
    ) -> Result<CursorPage<ListedSession, Cursor<SessionKey>>, Refused> {
        let store = self.store;
        Ok(store
            .sessions_after(self.company, after, limit, self.now)
            .await?)
    }

    /// How many live sessions the company has, counted up to a number.
    pub async fn count_sessions(&self, most: u32) -> Result<u64, Refused> {
        let store = self.store;
        Ok(store.count_sessions(self.company, most, self.now).await?)
    }
}
