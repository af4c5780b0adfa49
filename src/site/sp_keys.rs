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
    /// Base64 of DER, for the metadata.
    pub signing_certificate: String,
    /// Base64 of DER, for the metadata.
    pub encryption_certificate: String,
    /// When the signing certificate ends, as it says itself.
    pub signing_until: Option<OffsetDateTime>,
    /// The same of the encryption certificate.
    pub encryption_until: Option<OffsetDateTime>,
}

impl SpKeys {
    /// From the keys of this installation.
    pub fn new(keys: &Keys) -> Result<Self, SignError> {
        let decryption = std::iter::once(&keys.encryption.key).chain(&keys.previous_decryption);
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
