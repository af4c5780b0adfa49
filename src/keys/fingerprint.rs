//! What tells the keys of one installation from those of another.
//!
//! Invariant: no key can be had from a fingerprint.
//!
//! Tests: `tests/it/operator/keys.rs`.

use std::collections::BTreeSet;

use openssl::pkey::{PKey, Private};

use super::{KeyPurpose, Keys, hash, hex};

/// Which keys there are: a kind (`instance`, `signing`, `encryption`) and what tells one key of it from others.
pub type Fingerprints = BTreeSet<(String, String)>;

const INSTANCE: &str = "instance";

impl Keys {
    /// Which keys these are: all that are used, will be, or were and still count.
    pub fn fingerprints(&self) -> Fingerprints {
        let mut found = self.in_use();
        for of in [KeyPurpose::Signing, KeyPurpose::Encryption] {
            let overlap = self.overlap(of);
            let beside = overlap.next.iter().chain(&overlap.previous);
            found.extend(beside.map(|pair| entry(of.name(), &pair.key)));
        }
        let configured = self.previous_decryption.iter();
        found.extend(configured.map(|key| entry(KeyPurpose::Encryption.name(), key)));
        found
    }

    /// The kinds of keys that are not those which a database knows: one of its keys is missing, or another one is in use.
    pub fn foreign_to(&self, known: &Fingerprints) -> Vec<&'static str> {
        let ours = self.fingerprints();
        let in_use = self.in_use();
        let mut kinds = vec![
            INSTANCE,
            KeyPurpose::Signing.name(),
            KeyPurpose::Encryption.name(),
        ];
        kinds.retain(|kind| {
            let missing = known.difference(&ours);
            let unknown = in_use.difference(known);
            missing.chain(unknown).any(|(of, _)| of == kind)
        });
        kinds
    }

    fn in_use(&self) -> Fingerprints {
        BTreeSet::from([
            (INSTANCE.to_owned(), hex(&self.derive("fingerprint", ""))),
            entry(KeyPurpose::Signing.name(), &self.signing.key),
            entry(KeyPurpose::Encryption.name(), &self.encryption.key),
        ])
    }
}

/// SHA-256 of the public key: a certificate that is made again from its key changes nothing.
fn entry(kind: &str, key: &PKey<Private>) -> (String, String) {
    let octets = key.public_key_to_der().unwrap_or_default();
    (kind.to_owned(), hex(&hash(&octets)))
}
