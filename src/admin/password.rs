//! Passwords of local users, as an administrator sets them.

use super::Refused;
use crate::keys::Keys;

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
