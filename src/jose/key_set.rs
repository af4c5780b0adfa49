//! A JWK set (RFC 7517, section 5), and which of its keys verifies what.

use super::algorithm::Algorithm;
use super::error::JwkError;
use super::json::{JsonError, Object, WrongType};
use super::key::PublicKey;
use serde_json::Value;

/// The longest document, in octets (rule H3).
pub const LONGEST_KEY_SET: usize = 512 * 1024;
/// The most keys in one (rule H3).
pub const MOST_KEYS: usize = 200;
/// The most keys that are tried for one signature (rule K3).
const TRIED: usize = 4;

/// The keys that a signer publishes.
#[derive(Debug, Clone, Default)]
pub struct KeySet {
    keys: Vec<PublicKey>,
    unusable: Vec<UnusableKey>,
}

/// An entry that is passed over, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnusableKey {
    pub kid: Option<String>,
    pub reason: JwkError,
}

/// Why a document is no key set.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeySetError {
    #[error("the key set has {0} octets; {LONGEST_KEY_SET} are allowed")]
    TooLong(usize),
    #[error("the key set cannot be read: {0}")]
    Json(#[from] JsonError),
    #[error("the key set cannot be read: {0}")]
    Member(#[from] WrongType),
    #[error("the key set has no member \"keys\"")]
    NoKeys,
    #[error("the key set has {0} keys; {MOST_KEYS} are allowed")]
    TooMany(usize),
}

/// The keys that may have made a signature.
pub(super) enum Choice<'k> {
    None,
    Among(Vec<&'k PublicKey>),
    /// So many fit, and nothing says which.
    Ambiguous(usize),
}

impl KeySet {
    /// Reads a document. An entry that cannot be used is counted and passed over: signers publish keys of all kinds.
    pub fn parse(document: &[u8]) -> Result<Self, KeySetError> {
        if document.len() > LONGEST_KEY_SET {
            return Err(KeySetError::TooLong(document.len()));
        }
        let document = Object::parse(document)?;
        let entries = document.array("keys")?.ok_or(KeySetError::NoKeys)?;
        if entries.len() > MOST_KEYS {
            return Err(KeySetError::TooMany(entries.len()));
        }
        let mut set = Self::default();
        for entry in entries {
            match entry_key(entry) {
                Ok(key) => set.keys.push(key),
                Err(reason) => set.unusable.push(UnusableKey {
                    kid: entry.get("kid").and_then(Value::as_str).map(str::to_owned),
                    reason,
                }),
            }
        }
        Ok(set)
    }

    /// The keys that can be used.
    pub fn keys(&self) -> &[PublicKey] {
        &self.keys
    }

    /// The entries that were passed over.
    pub fn unusable(&self) -> &[UnusableKey] {
        &self.unusable
    }

    /// Whether nothing can be verified with it.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// The same without the keys that a caller does not want.
    #[must_use]
    pub fn retain(mut self, wanted: impl FnMut(&PublicKey) -> bool) -> Self {
        self.keys.retain(wanted);
        self
    }

    /// The keys of that name that fit; without a name, the only one that fits (rule K3).
    pub(super) fn choose(&self, kid: Option<&str>, algorithm: Algorithm) -> Choice<'_> {
        let fitting = self.keys.iter().filter(|key| key.fits(algorithm));
        let candidates: Vec<_> = match kid {
            Some(kid) => fitting
                .filter(|key| key.kid() == Some(kid))
                .take(TRIED)
                .collect(),
            None => fitting.collect(),
        };
        match candidates.len() {
            0 => Choice::None,
            several @ 2.. if kid.is_none() => Choice::Ambiguous(several),
            _ => Choice::Among(candidates),
        }
    }
}

fn entry_key(entry: &Value) -> Result<PublicKey, JwkError> {
    let jwk = Object::from_value(entry).ok_or(JwkError::NotObject)?;
    PublicKey::from_jwk(&jwk)
}

impl FromIterator<PublicKey> for KeySet {
    fn from_iter<I: IntoIterator<Item = PublicKey>>(keys: I) -> Self {
        Self {
            keys: keys.into_iter().collect(),
            unusable: Vec::new(),
        }
    }
}
