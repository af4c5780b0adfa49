//! Key files: read with care, written whole.
//!
//! Invariant: a file appears under its name only when its content is on the disk, so a crash leaves no half of a key. The
//! certificate is written after its key and can be made again from it.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;

use openssl::asn1::{Asn1Integer, Asn1Time};
use openssl::bn::BigNum;
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::pkey::{Id, PKey, Private};
use openssl::rsa::Rsa;
use openssl::x509::extension::{BasicConstraints, SubjectKeyIdentifier};
use openssl::x509::{X509, X509Builder, X509NameBuilder};
use time::OffsetDateTime;

use super::{KeyPair, KeysError, WhenMissing, hex, random};

pub(super) const RSA_BITS: u32 = 3072;
const LEAST_RSA_BITS: u32 = 2048;
const CERTIFICATE_DAYS: i64 = 3652;
const DAY: i64 = 86_400;

/// Makes the directory (mode 0700) when it is not there, and waits until no other process makes keys in it.
pub(super) fn lock_directory(dir: &Path, missing: WhenMissing) -> Result<File, KeysError> {
    if !is_there(dir)? {
        missing.refuse(dir)?;
    }
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(dir)
        .map_err(|cause| at(dir, cause))?;
    let path = dir.join(".lock");
    let lock = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o600)
        .open(&path)
        .and_then(|file| file.lock().map(|()| file));
    lock.map_err(|cause| at(&path, cause))
}

/// Whether a file is there. One that this user may not see is neither there nor missing.
pub(super) fn is_there(path: &Path) -> Result<bool, KeysError> {
    path.try_exists().map_err(|cause| at(path, cause))
}

/// `<name>.key` and `<name>.pem`, made when they are not there.
pub(super) fn load_or_make_pair(
    dir: &Path,
    name: &str,
    now: OffsetDateTime,
    missing: WhenMissing,
) -> Result<KeyPair, KeysError> {
    let key = dir.join(format!("{name}.key"));
    let certificate = dir.join(format!("{name}.pem"));
    match (is_there(&key)?, is_there(&certificate)?) {
        (false, true) if missing == WhenMissing::Make => {
            return Err(KeysError::KeyMissing { key, certificate });
        }
        (true, true) => return load_pair(&key, &certificate),
        (false, _) => {
            missing.refuse(&key)?;
            let made = PKey::from_rsa(Rsa::generate(RSA_BITS)?)?;
            write_private(&key, &made.private_key_to_pem_pkcs8()?)?;
        }
        // A crash between the two: the key is whole, the certificate is made again below.
        (true, false) => {}
    }
    let made = self_signed(&load_private_key(&key)?, "Vestibule", CERTIFICATE_DAYS, now)?;
    write(&certificate, &made.to_pem()?, 0o644)?;
    load_pair(&key, &certificate)
}

/// A key and the certificate that belongs to it.
pub(super) fn load_pair(key_path: &Path, certificate_path: &Path) -> Result<KeyPair, KeysError> {
    let key = load_private_key(key_path)?;
    let pem = std::fs::read(certificate_path).map_err(|cause| at(certificate_path, cause))?;
    let certificate = X509::from_pem(&pem).map_err(|_| KeysError::Format {
        path: certificate_path.to_owned(),
        what: "a certificate",
        advice: "It begins with -----BEGIN CERTIFICATE-----.",
    })?;
    if !certificate.public_key()?.public_eq(&key) {
        return Err(KeysError::Mismatch {
            key: key_path.to_owned(),
            certificate: certificate_path.to_owned(),
        });
    }
    Ok(KeyPair { key, certificate })
}

/// An RSA private key that only its owner can read.
pub(super) fn load_private_key(path: &Path) -> Result<PKey<Private>, KeysError> {
    let pem = read_private(path)?;
    // The call-back stands in for OpenSSL's prompt on the terminal.
    let key =
        PKey::private_key_from_pem_callback(&pem, |_| Ok(0)).map_err(|_| KeysError::Format {
            path: path.to_owned(),
            what: "an unencrypted private key",
            advice: "It begins with -----BEGIN PRIVATE KEY-----.",
        })?;
    if key.id() != Id::RSA || key.bits() < LEAST_RSA_BITS {
        return Err(KeysError::Weak {
            path: path.to_owned(),
            bits: key.bits(),
        });
    }
    Ok(key)
}

/// The content of a file that only its owner can read.
pub(super) fn read_private(path: &Path) -> Result<Vec<u8>, KeysError> {
    let mode = std::fs::metadata(path)
        .map_err(|cause| at(path, cause))?
        .mode()
        & 0o7777;
    if mode & 0o077 != 0 {
        return Err(KeysError::Readable {
            path: path.to_owned(),
            mode,
        });
    }
    std::fs::read(path).map_err(|cause| at(path, cause))
}

/// Writes a file that only its owner can read.
pub(super) fn write_private(path: &Path, content: &[u8]) -> Result<(), KeysError> {
    write(path, content, 0o600)
}

pub(super) fn write(path: &Path, content: &[u8], mode: u32) -> Result<(), KeysError> {
    let temporary = path.with_extension(format!("{}.tmp", hex(&random::<8>())));
    let written = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(mode)
        .open(&temporary)
        .and_then(|mut file| file.write_all(content).and_then(|()| file.sync_all()))
        .and_then(|()| std::fs::rename(&temporary, path))
        // The new name is safe on the disk only when its directory is.
        .and_then(|()| {
            path.parent()
                .map_or(Ok(()), |dir| File::open(dir)?.sync_all())
        });
    written.map_err(|cause| {
        let _ = std::fs::remove_file(&temporary);
        at(path, cause)
    })
}

/// A certificate of a key by itself, from a day ago on.
pub(super) fn self_signed(
    key: &PKey<Private>,
    common_name: &str,
    days: i64,
    now: OffsetDateTime,
) -> Result<X509, ErrorStack> {
    let mut name = X509NameBuilder::new()?;
    name.append_entry_by_text("CN", common_name)?;
    let name = name.build();
    // RFC 5280 4.1.2.2: positive, at most 20 octets.
    let mut serial: [u8; 16] = random();
    serial[0] = (serial[0] & 0x7f) | 0x40;

    let mut certificate = X509Builder::new()?;
    certificate.set_version(2)?;
    let serial = Asn1Integer::from_bn(&*BigNum::from_slice(&serial)?)?;
    certificate.set_serial_number(&serial)?;
    certificate.set_subject_name(&name)?;
    certificate.set_issuer_name(&name)?;
    certificate.set_pubkey(key)?;
    // A day in the past: the other side's clock may be behind.
    let begin = now.unix_timestamp() - DAY;
    let not_before = Asn1Time::from_unix(begin)?;
    let not_after = Asn1Time::from_unix(begin + days * DAY)?;
    certificate.set_not_before(&not_before)?;
    certificate.set_not_after(&not_after)?;
    certificate.append_extension(BasicConstraints::new().critical().build()?)?;
    let identifier = SubjectKeyIdentifier::new().build(&certificate.x509v3_context(None, None))?;
    certificate.append_extension(identifier)?;
    certificate.sign(key, MessageDigest::sha256())?;
    Ok(certificate.build())
}

pub(super) fn at(path: &Path, cause: std::io::Error) -> KeysError {
    KeysError::File {
        path: path.to_owned(),
        cause,
    }
}
