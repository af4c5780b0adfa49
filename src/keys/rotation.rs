//! A new key in the place of an old one, while both count.
//!
//! Invariants: a new key is published before it is used, and an old one counts until it is retired; the same keys are there
//! before and after a rotation, so that a server which has not seen it yet understands the others; a crash leaves a state that
//! the next look at the files completes.
//!
//! Tests: `tests/it/operator/keys.rs`. The other half, the commands, is `cli/operator/keys.rs`.

use std::path::{Path, PathBuf};

use time::OffsetDateTime;

use super::files::{at, is_there, load_or_make_pair, load_pair, lock_directory, write};
use super::{KeyPair, Keys, KeysError, WhenMissing};
use crate::config::Config;

/// What a key of the service provider is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyPurpose {
    Signing,
    Encryption,
}

/// The keys before and after the one in use.
#[derive(Debug, Clone, Default)]
pub struct Overlap {
    /// Published and not used yet. Of encryption, it decrypts already.
    pub next: Option<KeyPair>,
    /// Not used any more. Of encryption, it still decrypts.
    pub previous: Option<KeyPair>,
}

impl KeyPurpose {
    pub fn name(self) -> &'static str {
        match self {
            Self::Signing => "signing",
            Self::Encryption => "encryption",
        }
    }

    /// A file of one of the three keys, such as `signing-next.key`.
    pub fn file(self, dir: &Path, place: &str, ending: &str) -> PathBuf {
        dir.join(format!("{}{place}.{ending}", self.name()))
    }

    fn is_configured(self, config: &Config) -> bool {
        match self {
            Self::Signing => config.keys.signing_key_file.is_some(),
            Self::Encryption => config.keys.encryption_key_file.is_some(),
        }
    }
}

pub(super) const NEXT: &str = "-next";
pub(super) const PREVIOUS: &str = "-previous";

impl Keys {
    /// Makes the key that will be used after the next rotation.
    pub fn make_next(
        config: &Config,
        of: KeyPurpose,
        now: OffsetDateTime,
    ) -> Result<Self, KeysError> {
        change(config, of, now, |dir, overlap| {
            if overlap.next.is_some() {
                return Err(KeysError::Rotation(format!(
                    "There is a next {0} key already. Use it: vestibule keys rotate {0}",
                    of.name()
                )));
            }
            let name = format!("{}{NEXT}", of.name());
            load_or_make_pair(dir, &name, now, WhenMissing::Make).map(drop)
        })
    }

    /// Uses the next key from now on; the one before it still counts.
    pub fn rotate(config: &Config, of: KeyPurpose, now: OffsetDateTime) -> Result<Self, KeysError> {
        change(config, of, now, |dir, overlap| {
            if overlap.next.is_none() {
                return Err(KeysError::Rotation(format!(
                    "There is no next {0} key. Make one first, and let the identity providers take it up: vestibule keys new {0}",
                    of.name()
                )));
            }
            if overlap.previous.is_some() {
                return Err(KeysError::Rotation(format!(
                    "The {0} key before the one in use still counts. Retire it first: vestibule keys retire {0}",
                    of.name()
                )));
            }
            let file = |place, ending| of.file(dir, place, ending);
            for (ending, mode) in [("pem", 0o644), ("key", 0o600)] {
                let from = file("", ending);
                let content = std::fs::read(&from).map_err(|cause| at(&from, cause))?;
                write(&file(PREVIOUS, ending), &content, mode)?;
            }
            // The key first: a certificate that is left behind is put in its place by the next look.
            rename(&file(NEXT, "key"), &file("", "key"))?;
            rename(&file(NEXT, "pem"), &file("", "pem"))
        })
    }

    /// Forgets the key before the one in use.
    pub fn retire(config: &Config, of: KeyPurpose, now: OffsetDateTime) -> Result<Self, KeysError> {
        change(config, of, now, |dir, overlap| {
            if overlap.previous.is_none() {
                return Err(KeysError::Rotation(format!(
                    "There is no {} key before the one in use.",
                    of.name()
                )));
            }
            for ending in ["key", "pem"] {
                let file = of.file(dir, PREVIOUS, ending);
                std::fs::remove_file(&file).map_err(|cause| at(&file, cause))?;
            }
            Ok(())
        })
    }

    /// The same keys without the one before the one in use.
    #[must_use]
    pub fn without_previous(mut self, of: KeyPurpose) -> Self {
        match of {
            KeyPurpose::Signing => self.signing_overlap.previous = None,
            KeyPurpose::Encryption => {
                self.encryption_overlap.previous = None;
                self.previous_decryption = None;
            }
        }
        self
    }

    /// The keys before and after the one in use.
    pub fn overlap(&self, of: KeyPurpose) -> &Overlap {
        match of {
            KeyPurpose::Signing => &self.signing_overlap,
            KeyPurpose::Encryption => &self.encryption_overlap,
        }
    }
}

/// The key in use and those around it.
pub(super) fn load(
    dir: &Path,
    of: KeyPurpose,
    now: OffsetDateTime,
    missing: WhenMissing,
) -> Result<(KeyPair, Overlap), KeysError> {
    let file = |place: &str, ending: &str| of.file(dir, place, ending);
    // A rotation that a crash has cut off between its two files.
    if is_there(&file(NEXT, "pem"))? && !is_there(&file(NEXT, "key"))? {
        rename(&file(NEXT, "pem"), &file("", "pem"))?;
    }
    let key = load_or_make_pair(dir, of.name(), now, missing)?;
    let beside = |place: &str| -> Result<Option<KeyPair>, KeysError> {
        let (key, certificate) = (file(place, "key"), file(place, "pem"));
        if !is_there(&key)? {
            return Ok(None);
        }
        if !is_there(&certificate)? {
            let name = format!("{}{place}", of.name());
            return load_or_make_pair(dir, &name, now, missing).map(Some);
        }
        load_pair(&key, &certificate).map(Some)
    };
    let overlap = Overlap {
        next: beside(NEXT)?,
        previous: beside(PREVIOUS)?,
    };
    Ok((key, overlap))
}

fn change(
    config: &Config,
    of: KeyPurpose,
    now: OffsetDateTime,
    work: impl FnOnce(&Path, &Overlap) -> Result<(), KeysError>,
) -> Result<Keys, KeysError> {
    if of.is_configured(config) {
        return Err(KeysError::Rotation(format!(
            "The configuration names the {0} key's files (keys.{0}_key_file), so that Vestibule does not change them. Make a pair with openssl and name it there.",
            of.name()
        )));
    }
    let dir = config.keys_dir();
    let _lock = lock_directory(&dir, WhenMissing::Refuse)?;
    let keys = Keys::read_locked(config, now, WhenMissing::Refuse)?;
    work(&dir, keys.overlap(of))?;
    Keys::read_locked(config, now, WhenMissing::Refuse)
}

fn rename(from: &Path, to: &Path) -> Result<(), KeysError> {
    std::fs::rename(from, to).map_err(|cause| at(from, cause))
}
