//! Every key in one sealed file, for a backup.
//!
//! Invariants: what is sealed opens with the passphrase only (argon2id, AES-256-GCM); what else belongs to the backup is under the
//! same seal by its hash, so that neither part can be changed or put beside another; nothing is written over that is there.
//!
//! Tests: `tests/it/operator/backup.rs`. The other half, the commands, is `cli/operator/backup.rs`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use openssl::symm::{Cipher, decrypt_aead, encrypt_aead};
use serde::{Deserialize, Serialize};

use super::files::{self, at};
use super::rotation::{KeyPurpose, NEXT, PREVIOUS};
use super::{Keys, KeysError, hex, password, random};
use crate::config::Config;

const MAGIC: &[u8] = b"vestibule keys 1\n";
const INSTANCE: &str = "instance.key";
/// The key that `keys.previous_encryption_key_file` names.
const CONFIGURED_PREVIOUS: &str = "configured-previous.key";
const SALT: usize = 16;
const NONCE: usize = 12;
const TAG: usize = 16;

/// Every key file by its name in the directory of keys, and the hash of the database's copy.
#[derive(Serialize, Deserialize, PartialEq, Eq)]
pub struct SealedKeys {
    files: BTreeMap<String, String>,
    /// SHA-256 of the database's copy, hex.
    pub database: String,
}

/// What a restore wrote.
#[derive(Debug)]
pub struct Restored {
    pub written: Vec<PathBuf>,
    /// Files that were there before, under their new names.
    pub kept: Vec<PathBuf>,
}

impl SealedKeys {
    /// Every key of this installation.
    pub fn gather(keys: &Keys, config: &Config, database: String) -> Result<Self, KeysError> {
        let mut found = BTreeMap::new();
        for (of, place, ending) in pairs() {
            let path = path(config, of, place, ending);
            if files::is_there(&path)? {
                let content = std::fs::read_to_string(&path);
                let content = content.map_err(|cause| at(&path, cause))?;
                found.insert(format!("{}{place}.{ending}", of.name()), content);
            }
        }
        if let Some(path) = &config.keys.previous_encryption_key_file {
            let content = std::fs::read_to_string(path).map_err(|cause| at(path, cause))?;
            found.insert(CONFIGURED_PREVIOUS.to_owned(), content);
        }
        found.insert(INSTANCE.to_owned(), format!("{}\n", hex(&keys.instance)));
        Ok(Self {
            files: found,
            database,
        })
    }

    /// Sealed with a passphrase.
    ///
    /// # Panics
    ///
    /// When OpenSSL lacks AES-256-GCM, or there is no memory for the work.
    pub fn seal(&self, passphrase: &str) -> Vec<u8> {
        let (salt, nonce): ([u8; SALT], [u8; NONCE]) = (random(), random());
        let key = password::stretch(passphrase, &salt);
        let plain = serde_json::to_vec(self).expect("strings are JSON");
        let mut tag = [0; TAG];
        let sealed = encrypt_aead(
            Cipher::aes_256_gcm(),
            &key,
            Some(&nonce),
            MAGIC,
            &plain,
            &mut tag,
        )
        .expect("OpenSSL encrypts with AES-256-GCM");
        [MAGIC, &salt, &nonce, &sealed, &tag].concat()
    }

    /// What was sealed, or nothing when the passphrase is another one or the file was changed.
    pub fn open(sealed: &[u8], passphrase: &str) -> Option<Self> {
        let rest = sealed.strip_prefix(MAGIC)?;
        let (salt, rest) = rest.split_at_checked(SALT)?;
        let (nonce, rest) = rest.split_at_checked(NONCE)?;
        let (ciphertext, tag) = rest.split_at_checked(rest.len().checked_sub(TAG)?)?;
        let key = password::stretch(passphrase, salt);
        let plain = decrypt_aead(
            Cipher::aes_256_gcm(),
            &key,
            Some(nonce),
            MAGIC,
            ciphertext,
            tag,
        );
        serde_json::from_slice(&plain.ok()?).ok()
    }

    /// Key files that are there and are not as in this backup.
    pub fn in_the_way(&self, config: &Config) -> Result<Vec<PathBuf>, KeysError> {
        let mut found = Vec::new();
        for name in names() {
            if let Some(path) = place_of(config, &name)
                && files::is_there(&path)?
                && std::fs::read_to_string(&path).ok().as_ref() != self.files.get(&name)
            {
                found.push(path);
            }
        }
        Ok(found)
    }

    /// Whether the configuration has an instance key in itself, and not this one.
    pub fn is_another_instance(&self, config: &Config) -> bool {
        let Some(value) = &config.keys.instance_key else {
            return false;
        };
        let ours = super::parse_instance_key(value.expose(), "").ok();
        ours.map(|key| format!("{}\n", hex(&key))).as_ref() != self.files.get(INSTANCE)
    }

    /// Writes every key where the configuration looks for it; what is there and differs gets the ending first.
    pub fn restore(&self, config: &Config, ending: &str) -> Result<Restored, KeysError> {
        let _lock = files::lock_directory(&config.keys_dir(), super::WhenMissing::Make)?;
        let mut kept = Vec::new();
        for path in self.in_the_way(config)? {
            let to = PathBuf::from(format!("{}.{ending}", path.display()));
            std::fs::rename(&path, &to).map_err(|cause| at(&path, cause))?;
            kept.push(to);
        }
        let mut written = Vec::new();
        for (name, content) in &self.files {
            let Some(path) = place_of(config, name) else {
                continue;
            };
            let is_certificate = Path::new(name).extension().is_some_and(|it| it == "pem");
            let mode = if is_certificate { 0o644 } else { 0o600 };
            files::write(&path, content.as_bytes(), mode)?;
            written.push(path);
        }
        Ok(Restored { written, kept })
    }
}

/// Where the configuration looks for a file of a backup; none where it has the value itself.
fn place_of(config: &Config, name: &str) -> Option<PathBuf> {
    if name == INSTANCE {
        return match (&config.keys.instance_key, &config.keys.instance_key_file) {
            (Some(_), _) => None,
            (None, Some(file)) => Some(file.clone()),
            (None, None) => Some(config.keys_dir().join(INSTANCE)),
        };
    }
    if name == CONFIGURED_PREVIOUS {
        return config.keys.previous_encryption_key_file.clone();
    }
    pairs()
        .find(|(of, place, ending)| name == format!("{}{place}.{ending}", of.name()))
        .map(|(of, place, ending)| path(config, of, place, ending))
}

/// Every file of a pair: its use, its place in a rotation, its ending.
fn pairs() -> impl Iterator<Item = (KeyPurpose, &'static str, &'static str)> {
    [KeyPurpose::Signing, KeyPurpose::Encryption]
        .into_iter()
        .flat_map(|of| {
            ["", NEXT, PREVIOUS]
                .into_iter()
                .flat_map(move |place| ["key", "pem"].map(|ending| (of, place, ending)))
        })
}

/// Every name that a file of a backup may have.
fn names() -> impl Iterator<Item = String> {
    pairs()
        .map(|(of, place, ending)| format!("{}{place}.{ending}", of.name()))
        .chain([INSTANCE.to_owned(), CONFIGURED_PREVIOUS.to_owned()])
}

fn path(config: &Config, of: KeyPurpose, place: &str, ending: &str) -> PathBuf {
    let keys = &config.keys;
    let configured = match (of, place, ending) {
        (KeyPurpose::Signing, "", "key") => &keys.signing_key_file,
        (KeyPurpose::Signing, "", _) => &keys.signing_certificate_file,
        (KeyPurpose::Encryption, "", "key") => &keys.encryption_key_file,
        (KeyPurpose::Encryption, "", _) => &keys.encryption_certificate_file,
        _ => &None,
    };
    configured
        .clone()
        .unwrap_or_else(|| of.file(&config.keys_dir(), place, ending))
}
