//! A connection's public key, decoded once and kept.
//!
//! Rules B2 and B4. Vectors: `rsa-*` and `key-*`.

use super::algorithm::SignatureAlgorithm;
use crate::signature::{ecdsa_verifies, rsa_verifies};
use openssl::asn1::{Asn1Time, Asn1TimeRef};
use openssl::ec::EcKey;
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{Id, PKey, Public};
use openssl::rsa::Padding;
use openssl::x509::X509;
use std::sync::Arc;
use time::{Duration, OffsetDateTime};

/// The smallest RSA modulus, in bits (rule B4).
const RSA_BITS: u32 = 2048;

/// A key that verifies, with what its certificate says.
#[derive(Debug, Clone)]
pub struct VerificationKey {
    key: KeyKind,
    certificate: Arc<[u8]>,
    sha256: String,
    sha1: String,
    subject: String,
    not_before: OffsetDateTime,
    not_after: OffsetDateTime,
}

#[derive(Debug, Clone)]
enum KeyKind {
    Rsa(PKey<Public>),
    Ec(EcKey<Public>),
}

/// Why a certificate's key cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The certificate cannot be read.
    #[error("the certificate cannot be read")]
    Certificate,
    /// An RSA key that is too short, with its size in bits.
    #[error("the RSA key has {0} bits; at least 2048 are needed")]
    RsaTooShort(u32),
    /// A curve that is not P-256, P-384 or P-521.
    #[error("the key's elliptic curve is not P-256, P-384 or P-521")]
    Curve,
    /// A key that is neither RSA nor EC.
    #[error("the key is neither RSA nor elliptic curve")]
    Kind,
}

impl VerificationKey {
    /// Reads the key of a DER certificate, and refuses the weak ones.
    pub fn from_certificate(der: &[u8]) -> Result<Self, KeyError> {
        let certificate = X509::from_der(der).map_err(|_| KeyError::Certificate)?;
        let public = certificate
            .public_key()
            .map_err(|_| KeyError::Certificate)?;
        let key = match public.id() {
            Id::RSA => match public.bits() {
                bits if bits < RSA_BITS => return Err(KeyError::RsaTooShort(bits)),
                _ => KeyKind::Rsa(public),
            },
            Id::EC => {
                let key = public.ec_key().map_err(|_| KeyError::Certificate)?;
                match key.group().curve_name() {
                    Some(Nid::X9_62_PRIME256V1 | Nid::SECP384R1 | Nid::SECP521R1) => {}
                    _ => return Err(KeyError::Curve),
                }
                KeyKind::Ec(key)
            }
            _ => return Err(KeyError::Kind),
        };
        let thumbprint = |hash| {
            certificate
                .digest(hash)
                .map(|digest| hex(&digest))
                .map_err(|_| KeyError::Certificate)
        };
        Ok(Self {
            key,
            certificate: der.into(),
            sha256: thumbprint(MessageDigest::sha256())?,
            sha1: thumbprint(MessageDigest::sha1())?,
            subject: common_name(&certificate),
            not_before: instant(certificate.not_before())?,
            not_after: instant(certificate.not_after())?,
        })
    }

    /// The certificate, DER.
    pub(super) const fn certificate(&self) -> &Arc<[u8]> {
        &self.certificate
    }

    /// The certificate's SHA-256 thumbprint, lower-case hexadecimal.
    pub fn sha256_thumbprint(&self) -> &str {
        &self.sha256
    }

    /// The certificate's SHA-1 thumbprint, as Entra's page shows it, upper-case hexadecimal.
    pub fn sha1_thumbprint(&self) -> String {
        self.sha1.to_ascii_uppercase()
    }

    /// The subject's common name, for people.
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// The first and the last instant of the certificate's validity.
    pub const fn validity(&self) -> (OffsetDateTime, OffsetDateTime) {
        (self.not_before, self.not_after)
    }

    /// Whether `signature` is this key's signature over `octets`.
    pub fn verifies(&self, algorithm: SignatureAlgorithm, octets: &[u8], signature: &[u8]) -> bool {
        let digest = algorithm.hash().digest(octets);
        let (digest, md) = (digest.as_bytes(), algorithm.hash().md());
        let verified = match (&self.key, algorithm) {
            (KeyKind::Rsa(key), SignatureAlgorithm::Rsa(_)) => {
                rsa_verifies(key, Padding::PKCS1, md, digest, signature)
            }
            (KeyKind::Rsa(key), SignatureAlgorithm::RsaPss(_)) => {
                rsa_verifies(key, Padding::PKCS1_PSS, md, digest, signature)
            }
            (KeyKind::Ec(key), SignatureAlgorithm::Ecdsa(_)) => {
                ecdsa_verifies(key, digest, signature)
            }
            _ => Ok(false),
        };
        verified.unwrap_or(false) // OpenSSL could not even read it: not a signature of this key.
    }
}

/// A moment as a certificate writes it.
pub fn instant(asn1: &Asn1TimeRef) -> Result<OffsetDateTime, KeyError> {
    let since = Asn1Time::from_unix(0)
        .and_then(|epoch| epoch.diff(asn1))
        .map_err(|_| KeyError::Certificate)?;
    Ok(OffsetDateTime::UNIX_EPOCH
        + Duration::days(since.days.into())
        + Duration::seconds(since.secs.into()))
}

pub(super) fn common_name(certificate: &X509) -> String {
    let entry = certificate
        .subject_name()
        .entries_by_nid(Nid::COMMONNAME)
        .next();
    entry
        .and_then(|entry| entry.data().to_string().ok())
        .unwrap_or_default()
}

/// Lower-case hexadecimal.
pub(super) fn hex(octets: &[u8]) -> String {
    octets.iter().fold(
        String::with_capacity(octets.len() * 2),
        |mut text, octet| {
            for nibble in [octet >> 4, octet & 15] {
                text.push(char::from_digit(nibble.into(), 16).unwrap_or('0'));
            }
            text
        },
    )
}
