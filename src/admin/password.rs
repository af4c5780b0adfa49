//! Passwords of local users, as an administrator sets them.

use super::{Admin, Problems, Refused};
use crate::domain::{Origin, UserId};
use crate::keys::Keys;
use crate::store;

impl Admin<'_> {
    /// Whether a password that this actor sets is to be changed by its owner: whoever sets one for somebody else knows it.
    pub(super) fn sets_for_once(&self, id: UserId) -> bool {
        self.actor.user != Some(id) && !self.actor.for_good
    }

    /// Puts a user's own password in the place of the one that somebody else has set, if that is still `stored`. The new one,
    /// sealed.
    pub async fn replace_password(
        &self,
        id: UserId,
        stored: &[u8],
        new: String,
    ) -> Result<Vec<u8>, Refused> {
        let (keys, former, typed) = (self.keys.clone(), stored.to_owned(), new.clone());
        let same = tokio::task::spawn_blocking(move || keys.verify_password(Some(&former), &typed));
        // The runtime ends.
        if same
            .await
            .map_err(|_| Refused::Store(store::Error::stopped()))?
        {
            return Err(Refused::invalid(
                "password",
                "This is the password that somebody else has set. Choose another one.",
            ));
        }
        let written = self.write_new_password(id, new, None, Some(stored));
        Ok(written.await?.1)
    }

    /// Notes what is wrong with a new password of an account of the company.
    pub(super) async fn check_password(
        &self,
        problems: &mut Problems,
        password: &str,
        email: &str,
    ) -> Result<(), Refused> {
        let company = self.store.company(self.company).await?;
        let company = company.ok_or(Refused::NotFound)?;
        let mut own = vec![email, company.name.as_str(), company.slug.as_str()];
        own.extend(company.origins().map(Origin::host));
        problems.password("password", password, &own);
        Ok(())
    }
}

/// Rule F6.
pub(super) fn not_for(title: &str) -> String {
    format!(
        "The permission group \"{title}\" can only sign in via single sign-on: a password would never be accepted."
    )
}

/// A sealed hash, made off the threads that serve requests: the work is meant to be slow.
pub(super) async fn seal(keys: &Keys, password: String) -> Result<Vec<u8>, Refused> {
    let keys = keys.clone();
    let sealed = tokio::task::spawn_blocking(move || keys.hash_password(&password)).await;
    // The runtime ends.
    sealed.map_err(|_| Refused::Store(store::Error::stopped()))
}
