//! Our keys in the form that SAML messages need.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use openssl::error::ErrorStack;

use crate::keys::{KeyPair, Keys};
use crate::saml::encryption::DecryptionKey;
use crate::saml::signature::{SignError, SigningKey};

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
        })
    }
}

fn base64_of(pair: &KeyPair) -> Result<String, ErrorStack> {
    Ok(BASE64_STANDARD.encode(pair.certificate.to_der()?))
}
