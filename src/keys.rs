//! The service provider's keys, the instance key that seals secrets, and all randomness.
//!
//! Invariants: a private key is never in a file that others can read; a file of a key is whole or not there at all; the
//! instance key never leaves this room, only keys derived from it for one purpose are used; nothing here prints a key.

mod backup;
mod client_pair;
mod files;
mod fingerprint;
mod mac;
mod password;
mod rotation;
mod seal;

use std::fmt;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE_NO_PAD};
use openssl::error::ErrorStack;
use openssl::pkey::{PKey, Private};
use openssl::x509::X509;
use time::OffsetDateTime;

use self::mac::mac;
use crate::config::Config;

pub use backup::{Restored, SealedKeys};
pub use client_pair::{NewClientPair, PairKind};
pub use fingerprint::Fingerprints;
pub use rotation::{KeyPurpose, Overlap};

/// A private key and its certificate.
#[derive(Clone)]
pub struct KeyPair {
    pub key: PKey<Private>,
    pub certificate: X509,
}

/// Every key of this installation.
#[derive(Clone)]
pub struct Keys {
    /// Signs requests and metadata.
    pub signing: KeyPair,
    /// Decrypts assertions; the metadata publishes its certificate.
    pub encryption: KeyPair,
    /// The signing keys before and after it.
    pub signing_overlap: Overlap,
    /// The encryption keys before and after it.
    pub encryption_overlap: Overlap,
    /// The decryption key before this one that the configuration names, still tried (rule G3).
    pub previous_decryption: Option<PKey<Private>>,
    instance: [u8; 32],
}

/// Why the keys cannot be used. The text says what to do.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    #[error(
        "The keys cannot be made or read: {path}: {cause}. Let the directory belong to the user that runs the server, or set another with `keys.dir` or `data_dir`."
    )]
    File {
        path: PathBuf,
        cause: std::io::Error,
    },
    #[error(
        "{path} can be read by other users of this machine (mode {mode:04o}). Run: chmod 600 {path}"
    )]
    Readable { path: PathBuf, mode: u32 },
    #[error("{path} is not {what} in PEM. {advice}")]
    Format {
        path: PathBuf,
        what: &'static str,
        advice: &'static str,
    },
    #[error(
        "{certificate} does not belong to {key}. Put back the certificate that was made from this key."
    )]
    Mismatch { key: PathBuf, certificate: PathBuf },
    #[error(
        "{certificate} is there and its private key {key} is not. Put the key back, or delete the certificate to make new ones."
    )]
    KeyMissing { key: PathBuf, certificate: PathBuf },
    #[error(
        "The key {path} is too weak: {bits} bits of RSA where 2048 are the least, or no RSA key at all."
    )]
    Weak { path: PathBuf, bits: u32 },
    #[error(
        "{path} is not there, and the database belongs to keys that were made before. Put that directory's files back: from the backup (vestibule restore), or from another node. Only if they are lost, make new ones with --accept-new-keys. Without the instance key every password of a user is lost; without a SAML key every company has to take up new metadata."
    )]
    Missing { path: PathBuf },
    #[error("{0}")]
    Rotation(String),
    #[error(
        "The instance key ({0}) is not 32 bytes as hex or base64. Put back the one that the database was used with; only for a new database make one, with: openssl rand -hex 32"
    )]
    Instance(String),
    #[error(
        "A key could not be made or read by this machine's OpenSSL. Is it a build that allows RSA and SHA-256?"
    )]
    OpenSsl(#[from] ErrorStack),
}

impl Keys {
    /// Loads the keys that `config` names, and makes those that it does not name and that are not there yet.
    pub fn load(config: &Config, now: OffsetDateTime) -> Result<Self, KeysError> {
        Self::read(config, now, WhenMissing::Make)
    }

    /// Loads the keys that `config` names, all of which have to be there.
    pub fn find(config: &Config, now: OffsetDateTime) -> Result<Self, KeysError> {
        Self::read(config, now, WhenMissing::Refuse)
    }

    fn read(config: &Config, now: OffsetDateTime, missing: WhenMissing) -> Result<Self, KeysError> {
        let dir = config.keys_dir();
        let configured = &config.keys;
        let needs_dir = configured.signing_key_file.is_none()
            || configured.encryption_key_file.is_none()
            || (configured.instance_key.is_none() && configured.instance_key_file.is_none());
        // Held until all keys are there: a server and a command that start together make one set.
        let _lock = if needs_dir {
            Some(files::lock_directory(&dir, missing)?)
        } else {
            None
        };
        Self::read_locked(config, now, missing)
    }

    /// The same, where the caller holds the directory's lock.
    fn read_locked(
        config: &Config,
        now: OffsetDateTime,
        missing: WhenMissing,
    ) -> Result<Self, KeysError> {
        let dir = config.keys_dir();
        let configured = &config.keys;
        let (signing, signing_overlap) = match (
            &configured.signing_key_file,
            &configured.signing_certificate_file,
        ) {
            (Some(key), Some(certificate)) => {
                (files::load_pair(key, certificate)?, Overlap::default())
            }
            _ => rotation::load(&dir, KeyPurpose::Signing, now, missing)?,
        };
        let (encryption, encryption_overlap) = match (
            &configured.encryption_key_file,
            &configured.encryption_certificate_file,
        ) {
            (Some(key), Some(certificate)) => {
                (files::load_pair(key, certificate)?, Overlap::default())
            }
            _ => rotation::load(&dir, KeyPurpose::Encryption, now, missing)?,
        };
        let previous_decryption = configured
            .previous_encryption_key_file
            .as_deref()
            .map(files::load_private_key)
            .transpose()?;
        let instance = match (&configured.instance_key, &configured.instance_key_file) {
            (Some(value), _) => parse_instance_key(value.expose(), "keys.instance_key")?,
            (None, Some(file)) => instance_key_from(file)?,
            (None, None) => {
                let file = dir.join("instance.key");
                if !files::is_there(&file)? {
                    missing.refuse(&file)?;
                    files::write_private(&file, format!("{}\n", hex(&random::<32>())).as_bytes())?;
                }
                instance_key_from(&file)?
            }
        };
        Ok(Self {
            signing,
            encryption,
            signing_overlap,
            encryption_overlap,
            previous_decryption,
            instance,
        })
    }

    /// A message authentication code as text, for a form's token. `purpose` keeps one use apart from every other.
    pub fn token(&self, purpose: &str, message: &[u8]) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(mac(&self.derive("token", purpose), message))
    }

    /// Whether `token` is [`Keys::token`] of the same purpose and message, compared in constant time.
    pub fn verify_token(&self, purpose: &str, message: &[u8], token: &str) -> bool {
        same(self.token(purpose, message).as_bytes(), token.as_bytes())
    }

    fn derive(&self, kind: &str, purpose: &str) -> [u8; 32] {
        // A zero byte stands between the parts, so that no two (kind, purpose) give one message.
        mac(
            &self.instance,
            format!("vestibule v1\0{kind}\0{purpose}").as_bytes(),
        )
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keys").finish_non_exhaustive()
    }
}

impl fmt::Debug for KeyPair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyPair")
            .field("certificate", &self.certificate)
            .finish_non_exhaustive()
    }
}

/// Random bytes from OpenSSL's generator, fit for keys and identifiers.
///
/// # Panics
///
/// When the operating system gives no randomness. Nothing secure can be done then.
#[expect(
    clippy::disallowed_methods,
    reason = "this is the one place that makes randomness"
)]
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    openssl::rand::rand_bytes(&mut bytes).expect("the operating system gives randomness");
    bytes
}

/// The end of an identifier that sorts: of two that one process makes within a millisecond, the later one is greater. The rest
/// is random, so that other processes make others. Not for secrets.
pub fn in_order() -> [u8; 10] {
    static MADE: AtomicU32 = AtomicU32::new(0);
    let mut bytes = random();
    let number = MADE.fetch_add(1, Ordering::Relaxed).to_be_bytes();
    for (byte, place) in bytes.iter_mut().zip(number) {
        *byte = place;
    }
    bytes
}

/// A new secret of 256 bits for one browser: its text, and the hash by which we know it.
pub fn new_secret() -> (String, [u8; 32]) {
    let secret: [u8; 32] = random();
    (BASE64_URL_SAFE_NO_PAD.encode(secret), hash(&secret))
}

/// The hash of such a text; none of any other.
pub fn secret_hash(text: &str) -> Option<[u8; 32]> {
    let octets = BASE64_URL_SAFE_NO_PAD.decode(text).ok()?;
    let secret: [u8; 32] = octets.try_into().ok()?;
    Some(hash(&secret))
}

/// A new private key on P-256: PKCS #8 in DER.
pub fn new_signing_key() -> Result<Vec<u8>, ErrorStack> {
    client_pair::p256()?.private_key_to_pkcs8()
}

/// SHA-256.
pub fn hash(bytes: &[u8]) -> [u8; 32] {
    // OpenSSL's one-shot function looks the algorithm up by its name each time, which takes longer than a short hash.
    let mut hash = openssl::sha::Sha256::new();
    hash.update(bytes);
    hash.finish()
}

/// SHA-256 of a file.
pub fn hash_file(path: &Path) -> std::io::Result<[u8; 32]> {
    let mut file = std::fs::File::open(path)?;
    let mut hash = openssl::sha::Sha256::new();
    let mut part = vec![0; 1 << 16];
    loop {
        match file.read(&mut part)? {
            0 => return Ok(hash.finish()),
            read => hash.update(&part[..read]),
        }
    }
}

/// Writes a file that only its owner can read, as a whole.
pub fn write_private(path: &Path, content: &[u8]) -> Result<(), KeysError> {
    files::write_private(path, content)
}

/// Whether two byte strings are equal, in a time that does not depend on where they differ.
pub fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && openssl::memcmp::eq(a, b)
}

/// Lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .map(|nibble| char::from(DIGITS[usize::from(nibble)]))
        .collect()
}

/// Whether keys that are not there are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum WhenMissing {
    Make,
    Refuse,
}

impl WhenMissing {
    fn refuse(self, path: &Path) -> Result<(), KeysError> {
        match self {
            Self::Make => Ok(()),
            Self::Refuse => Err(KeysError::Missing {
                path: path.to_owned(),
            }),
        }
    }
}

fn instance_key_from(file: &Path) -> Result<[u8; 32], KeysError> {
    let text = files::read_private(file)?;
    parse_instance_key(&String::from_utf8_lossy(&text), &file.display().to_string())
}

fn parse_instance_key(text: &str, source: &str) -> Result<[u8; 32], KeysError> {
    let text = text.trim();
    unhex(text)
        .or_else(|| BASE64_STANDARD.decode(text).ok())
        .or_else(|| BASE64_STANDARD_NO_PAD.decode(text).ok())
        .or_else(|| BASE64_URL_SAFE_NO_PAD.decode(text).ok())
        .and_then(|bytes| bytes.try_into().ok())
        .ok_or_else(|| KeysError::Instance(source.to_owned()))
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    text.as_bytes()
        .chunks(2)
        .map(|pair| {
            std::str::from_utf8(pair)
                .ok()
                .and_then(|pair| u8::from_str_radix(pair, 16).ok())
        })
        .collect()
}

/// What a server answers to the key of a WebSocket's handshake (RFC 6455, section 4.2.2).
pub fn websocket_accept(key: &[u8]) -> String {
    const GUID: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    BASE64_STANDARD.encode(openssl::sha::sha1(&[key, GUID].concat()))
}

#[cfg(test)]
mod tests;
