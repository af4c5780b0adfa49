//! Certificates as metadata carries them, held to rule B4 before they are kept.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use openssl::asn1::Asn1Time;
use openssl::ec::EcKey;
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{Id, PKey, Public};
use openssl::x509::X509;
use std::cmp::Ordering;
use std::fmt::Write as _;
use time::OffsetDateTime;

/// The least RSA key that is accepted, in bits (rule B4).
const MINIMUM_RSA_BITS: u32 = 2048;

/// A certificate with a key that may be used.
pub(super) struct Certificate {
    /// The DER encoding in base64, without white space.
    pub(super) base64: String,
    /// SHA-256 over the DER encoding, hexadecimal.
    pub(super) thumbprint: String,
    /// When it is not in force at that time: its validity, for people.
    pub(super) not_in_force: Option<String>,
}

/// Reads the text of `ds:X509Certificate`. The error says why the key cannot be used.
pub(super) fn read(text: &str, now: OffsetDateTime) -> Result<Certificate, String> {
    let compact: String = text.split_ascii_whitespace().collect();
    let der = STANDARD
        .decode(compact.as_bytes())
        .map_err(|_| "its certificate is not base64")?;
    let certificate = X509::from_der(&der).map_err(|_| "its certificate cannot be read")?;
    // Trailing octets would make one certificate look like two.
    let der = certificate
        .to_der()
        .map_err(|_| "its certificate cannot be read")?;
    let key = certificate
        .public_key()
        .map_err(|_| "its public key cannot be read")?;
    check_key(&key)?;
    Ok(Certificate {
        base64: STANDARD.encode(&der),
        thumbprint: thumbprint(&certificate),
        not_in_force: not_in_force(&certificate, now),
    })
}

/// Rule B4: RSA of at least 2048 bits, or ECDSA on P-256, P-384 or P-521.
fn check_key(key: &PKey<Public>) -> Result<(), String> {
    match key.id() {
        Id::RSA if key.bits() >= MINIMUM_RSA_BITS => Ok(()),
        Id::RSA => Err(format!(
            "its RSA key has {} bits, at least {MINIMUM_RSA_BITS} are required",
            key.bits()
        )),
        Id::EC => match key.ec_key().ok().as_ref().and_then(curve) {
            Some(Nid::X9_62_PRIME256V1 | Nid::SECP384R1 | Nid::SECP521R1) => Ok(()),
            _ => Err("its elliptic curve is not P-256, P-384 or P-521".to_owned()),
        },
        _ => Err("its key is neither RSA nor ECDSA".to_owned()),
    }
}

fn curve(key: &EcKey<Public>) -> Option<Nid> {
    key.group().curve_name()
}

fn thumbprint(certificate: &X509) -> String {
    let digest = certificate.digest(MessageDigest::sha256());
    digest.map_or_else(
        |_| String::new(),
        |octets| {
            octets
                .iter()
                .fold(String::with_capacity(64), |mut text, octet| {
                    let _ = write!(text, "{octet:02x}");
                    text
                })
        },
    )
}

fn not_in_force(certificate: &X509, now: OffsetDateTime) -> Option<String> {
    let now = Asn1Time::from_unix(now.unix_timestamp()).ok()?;
    let early = certificate.not_before().compare(&now).ok()? == Ordering::Greater;
    let late = certificate.not_after().compare(&now).ok()? == Ordering::Less;
    (early || late).then(|| {
        format!(
            "valid from {} to {}",
            certificate.not_before(),
            certificate.not_after()
        )
    })
}
