//! A signing key with its certificate, as Entra makes one for each application: RSA-2048, self-signed, three years.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use openssl::asn1::{Asn1Integer, Asn1Time};
use openssl::bn::{BigNum, MsbOption};
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use openssl::x509::{X509, X509Builder, X509NameBuilder};
use std::fmt::Write as _;
use time::OffsetDateTime;

const DAY: i64 = 86_400;
const VALID_DAYS: i64 = 3 * 365;

/// A private key and its certificate.
#[derive(Clone, Debug)]
pub struct IdpKey {
    key: PKey<Private>,
    certificate: X509,
    der: Vec<u8>,
}

impl IdpKey {
    /// Takes a key and its certificate.
    pub fn new(key: PKey<Private>, certificate: X509) -> Result<Self, ErrorStack> {
        let der = certificate.to_der()?;
        Ok(Self {
            key,
            certificate,
            der,
        })
    }

    /// Makes a key whose certificate is valid from the day before `now`.
    pub fn generate(now: OffsetDateTime) -> Result<Self, ErrorStack> {
        let key = PKey::from_rsa(Rsa::generate(2048)?)?;
        let begin = now.unix_timestamp() - DAY;
        let certificate = self_signed(&key, begin, begin + VALID_DAYS * DAY)?;
        Self::new(key, certificate)
    }

    /// Reads the key and the certificate from one PEM text, in either order.
    pub fn from_pem(pem: &[u8]) -> Result<Self, ErrorStack> {
        let key = PKey::private_key_from_pem(pem)?;
        Self::new(key, X509::from_pem(pem)?)
    }

    /// The key and the certificate as PEM, for [`Self::from_pem`].
    pub fn to_pem(&self) -> Result<Vec<u8>, ErrorStack> {
        let mut pem = self.key.private_key_to_pem_pkcs8()?;
        pem.extend(self.certificate.to_pem()?);
        Ok(pem)
    }

    /// The private key.
    pub fn private_key(&self) -> &PKey<Private> {
        &self.key
    }

    /// The certificate, DER.
    pub fn certificate_der(&self) -> &[u8] {
        &self.der
    }

    /// The certificate in base64 on one line, as in metadata.
    pub fn certificate_base64(&self) -> String {
        STANDARD.encode(&self.der)
    }

    /// The certificate as PEM: the portal's "Certificate (Base64)".
    pub fn certificate_pem(&self) -> Result<Vec<u8>, ErrorStack> {
        self.certificate.to_pem()
    }

    /// The thumbprint that the portal shows: SHA-1, upper case.
    pub fn thumbprint(&self) -> String {
        openssl::sha::sha1(&self.der)
            .iter()
            .fold(String::with_capacity(40), |mut text, octet| {
                let _ = write!(text, "{octet:02X}");
                text
            })
    }

    /// When the certificate ends, for people.
    pub fn expires(&self) -> String {
        self.certificate.not_after().to_string()
    }
}

fn self_signed(key: &PKey<Private>, begin: i64, end: i64) -> Result<X509, ErrorStack> {
    let mut name = X509NameBuilder::new()?;
    name.append_entry_by_nid(Nid::COMMONNAME, "Contoso Federated SSO Certificate")?;
    let name = name.build();
    let mut serial = BigNum::new()?;
    serial.rand(126, MsbOption::ONE, false)?;
    let mut builder = X509Builder::new()?;
    builder.set_version(2)?;
    let serial = Asn1Integer::from_bn(&serial)?;
    builder.set_serial_number(&serial)?;
    builder.set_subject_name(&name)?;
    builder.set_issuer_name(&name)?;
    builder.set_pubkey(key)?;
    let (not_before, not_after) = (Asn1Time::from_unix(begin)?, Asn1Time::from_unix(end)?);
    builder.set_not_before(&not_before)?;
    builder.set_not_after(&not_after)?;
    builder.sign(key, MessageDigest::sha256())?;
    Ok(builder.build())
}
