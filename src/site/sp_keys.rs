//! Our keys in the form that SAML messages need.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use openssl::error::ErrorStack;
use time::OffsetDateTime;

use crate::keys::{KeyPair, Keys};
use crate::saml::encryption::DecryptionKey;
use crate::saml::signature::{SignError, SigningKey, VerificationKey};

/// The service provider's keys, ready to use; the same for every company.
#[derive(Debug)]
pub struct SpKeys {
    /// Signs requests and metadata.
    pub signing: SigningKey,
    /// Tried in order (rule G3).
    pub decryption: Vec<DecryptionKey>,
    /// Base64 of DER of the certificate in use.
    pub signing_certificate: String,
    /// The same of the encryption certificate.
    pub encryption_certificate: String,
    /// Base64 of DER, for the metadata: the one in use, the next one, and the one before it until it is retired.
    pub published_for_signing: Vec<String>,
    /// The one in use and the next one. To the one before it nobody is to encrypt any more.
    pub published_for_encryption: Vec<String>,
    /// When the signing certificate ends, as it says itself.
    pub signing_until: Option<OffsetDateTime>,
    /// The same of the encryption certificate.
    pub encryption_until: Option<OffsetDateTime>,
}

impl SpKeys {
    /// From the keys of this installation.
    pub fn new(keys: &Keys) -> Result<Self, SignError> {
        let (signing, encryption) = (&keys.signing_overlap, &keys.encryption_overlap);
        let beside = encryption.next.iter().chain(&encryption.previous);
        let decryption = std::iter::once(&keys.encryption.key)
            .chain(beside.map(|pair| &pair.key))
            .chain(&keys.previous_decryption);
        let for_signing = std::iter::once(&keys.signing)
            .chain(&signing.next)
            .chain(&signing.previous);
        let for_encryption = std::iter::once(&keys.encryption).chain(&encryption.next);
        Ok(Self {
            signing: SigningKey::new(
                keys.signing.key.clone(),
                Some(&keys.signing.certificate.to_der()?),
            )?,
            decryption: decryption
                .filter_map(|key| DecryptionKey::new(key.clone()))
                .collect(),
            signing_certificate: base64_of(&keys.signing)?,
            encryption_certificate: base64_of(&keys.encryption)?,
            published_for_signing: for_signing.map(base64_of).collect::<Result<_, _>>()?,
            published_for_encryption: for_encryption.map(base64_of).collect::<Result<_, _>>()?,
            signing_until: until(&keys.signing)?,
            encryption_until: until(&keys.encryption)?,
        })
    }
}

fn base64_of(pair: &KeyPair) -> Result<String, ErrorStack> {
    Ok(BASE64_STANDARD.encode(pair.certificate.to_der()?))
}

fn until(pair: &KeyPair) -> Result<Option<OffsetDateTime>, ErrorStack> {
    let read = VerificationKey::from_certificate(&pair.certificate.to_der()?);
    Ok(read.ok().map(|key| key.validity().1))
}
