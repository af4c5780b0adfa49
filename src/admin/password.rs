//! Passwords of local users, as an administrator sets them.

use super::{Admin, Problems, Refused};
use crate::domain::Origin;
use crate::keys::Keys;

impl Admin<'_> {
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
    sealed.map_err(|_| Refused::Store(crate::store::Error::Stopped))
}
