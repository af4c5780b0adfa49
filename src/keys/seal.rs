//! Sealing: a secret in the database is useless without the instance key.
//!
//! Invariant: what is sealed for one purpose does not open for another. Form: version, 96-bit nonce, ciphertext, 128-bit tag.

use openssl::symm::{Cipher, decrypt_aead, encrypt_aead};

use super::{Keys, random};

const VERSION: u8 = 1;
const NONCE: usize = 12;
const TAG: usize = 16;

impl Keys {
    /// Encrypts and authenticates `plaintext` for `purpose` (AES-256-GCM, a fresh random nonce).
    ///
    /// # Panics
    ///
    /// When OpenSSL lacks AES-256-GCM or memory.
    pub fn seal(&self, purpose: &str, plaintext: &[u8]) -> Vec<u8> {
        let nonce: [u8; NONCE] = random();
        let mut tag = [0; TAG];
        let key = self.derive("seal", purpose);
        let ciphertext = encrypt_aead(
            Cipher::aes_256_gcm(),
            &key,
            Some(&nonce),
            purpose.as_bytes(),
            plaintext,
            &mut tag,
        )
        .expect("OpenSSL encrypts with AES-256-GCM");
        [&[VERSION][..], &nonce, &ciphertext, &tag].concat()
    }

    /// What was sealed, or nothing when it was sealed for another purpose, by another instance, or has been changed.
    pub fn open(&self, purpose: &str, sealed: &[u8]) -> Option<Vec<u8>> {
        let (&version, rest) = sealed.split_first()?;
        if version != VERSION {
            return None;
        }
        let (nonce, rest) = rest.split_at_checked(NONCE)?;
        let (ciphertext, tag) = rest.split_at_checked(rest.len().checked_sub(TAG)?)?;
        let key = self.derive("seal", purpose);
        decrypt_aead(
            Cipher::aes_256_gcm(),
            &key,
            Some(nonce),
            purpose.as_bytes(),
            ciphertext,
            tag,
        )
        .ok()
    }
}
