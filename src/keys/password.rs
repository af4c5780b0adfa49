//! Passwords of local users.
//!
//! Invariants: argon2id with OWASP's parameters; the hash is sealed with the instance key before it is stored, so a stolen
//! database alone cannot be attacked; an unknown user costs the same work as a known one. The work takes tens of
//! milliseconds and 19 MiB: callers run it on a blocking thread.

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params, Version};

use super::{Keys, random};

const PURPOSE: &str = "password";

/// Of no password: an unknown user's try is compared with this.
pub(super) const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$c2FsdCBvZiBub2JvZHkuLg$AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";

impl Keys {
    /// A hash of `password` under a fresh salt, sealed, for the database.
    ///
    /// # Panics
    ///
    /// When there is no memory for the work.
    pub fn hash_password(&self, password: &str) -> Vec<u8> {
        let hash: PasswordHash = argon2()
            .hash_password_with_salt(password.as_bytes(), &random::<16>())
            .expect("argon2id hashes with 19 MiB");
        self.seal(PURPOSE, hash.to_string().as_bytes())
    }

    /// Whether `password` is the one that was hashed. `None` stands for an unknown user, or one without a password: the
    /// same work, and never true.
    pub fn verify_password(&self, sealed: Option<&[u8]>, password: &str) -> bool {
        let stored = sealed
            .and_then(|sealed| self.open(PURPOSE, sealed))
            .and_then(|hash| PasswordHash::new(std::str::from_utf8(&hash).ok()?).ok());
        let known = stored.is_some();
        let Some(hash) = stored.or_else(|| PasswordHash::new(NOBODY).ok()) else {
            return false;
        };
        argon2().verify_password(password.as_bytes(), &hash).is_ok() && known
    }
}

/// A key from a passphrase, for what is kept outside of the database.
///
/// # Panics
///
/// When there is no memory for the work.
pub(super) fn stretch(passphrase: &str, salt: &[u8]) -> [u8; 32] {
    let mut key = [0; 32];
    argon2()
        .hash_password_into(passphrase.as_bytes(), salt, &mut key)
        .expect("argon2id hashes with 19 MiB");
    key
}

fn argon2() -> Argon2<'static> {
    // OWASP Password Storage Cheat Sheet: m = 19 MiB, t = 2, p = 1.
    let params = Params::new(19 * 1024, 2, 1, Some(32)).unwrap_or_default();
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}
