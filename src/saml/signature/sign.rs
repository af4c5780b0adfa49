//! Signing: enveloped signatures for metadata, requests and the demo identity provider; octets for the redirect binding.
//!
//! Tests: `tests/it/vectors/xmlsec.rs` and `tests/it/vectors/python.rs`, by which others verify it. The other half is `verify.rs`.

use super::algorithm::{Hash, SignatureAlgorithm};
use crate::saml::names;
use crate::signature::{sign_ecdsa, sign_rsa};
use crate::xml::{Canonicalization, Document, Limits, XmlError, XmlWriter, canonicalize};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use openssl::error::ErrorStack;
use openssl::nid::Nid;
use openssl::pkey::{Id, PKey, Private};
use openssl::rsa::Padding;

/// A private key with the algorithm it signs with.
#[derive(Clone, Debug)]
pub struct SigningKey {
    key: PKey<Private>,
    algorithm: SignatureAlgorithm,
    certificate: Option<String>,
    digest: Hash,
}

/// Why something could not be signed.
#[derive(Debug, thiserror::Error)]
pub enum SignError {
    /// The document to sign is not acceptable XML.
    #[error("the document to sign is not acceptable: {0}")]
    Xml(#[from] XmlError),
    /// No element has that ID, or it has no place for a signature.
    #[error("no element to sign has the ID {0}")]
    NoElement(String),
    /// The key does not fit the algorithm, or is of an unknown kind.
    #[error("the key cannot sign with this algorithm")]
    Key,
    /// OpenSSL refused.
    #[error("signing failed with this key")]
    Crypto(#[from] ErrorStack),
}

impl SigningKey {
    /// A key with the usual algorithm of its kind: RSA-SHA256, or ECDSA with the hash that fits the curve.
    ///
    /// `certificate` (DER) is published in the signature's `KeyInfo`.
    pub fn new(key: PKey<Private>, certificate: Option<&[u8]>) -> Result<Self, SignError> {
        let algorithm = match key.id() {
            Id::RSA => SignatureAlgorithm::Rsa(Hash::Sha256),
            Id::EC => match key.ec_key()?.group().curve_name() {
                Some(Nid::X9_62_PRIME256V1) => SignatureAlgorithm::Ecdsa(Hash::Sha256),
                Some(Nid::SECP384R1) => SignatureAlgorithm::Ecdsa(Hash::Sha384),
                Some(Nid::SECP521R1) => SignatureAlgorithm::Ecdsa(Hash::Sha512),
                _ => return Err(SignError::Key),
            },
            _ => return Err(SignError::Key),
        };
        Ok(Self {
            key,
            algorithm,
            certificate: certificate.map(|der| STANDARD.encode(der)),
            digest: Hash::Sha256,
        })
    }

    /// The same key with another algorithm and digest.
    #[must_use]
    pub fn with_algorithm(mut self, algorithm: SignatureAlgorithm, digest: Hash) -> Self {
        self.algorithm = algorithm;
        self.digest = digest;
        self
    }

    /// The URI of the signature algorithm.
    pub fn algorithm_uri(&self) -> &'static str {
        self.algorithm.uri().unwrap_or_default()
    }

    /// Signs octets; the value is in the form that XML Signature uses.
    pub fn sign(&self, octets: &[u8]) -> Result<Vec<u8>, SignError> {
        let digest = self.algorithm.hash().digest(octets);
        let (digest, md) = (digest.as_bytes(), self.algorithm.hash().md());
        let value = match self.algorithm {
            SignatureAlgorithm::Rsa(_) => sign_rsa(&self.key, Padding::PKCS1, md, digest),
            SignatureAlgorithm::RsaPss(_) => sign_rsa(&self.key, Padding::PKCS1_PSS, md, digest),
            SignatureAlgorithm::Ecdsa(_) => {
                self.key.ec_key().and_then(|key| sign_ecdsa(&key, digest))
            }
        };
        Ok(value?)
    }
}

/// Signs the element whose `ID` is `id`, and puts the signature after its `Issuer`, or first when it has none.
pub fn sign_enveloped(xml: &str, id: &str, key: &SigningKey) -> Result<String, SignError> {
    let document = Document::parse(xml.as_bytes(), &Limits::METADATA)?;
    let none = || SignError::NoElement(id.to_owned());
    let element = document
        .elements()
        .find(|element| element.attribute("ID") == Some(id))
        .ok_or_else(none)?;
    let first = element.children().next().ok_or_else(none)?;
    let at = if first.is(names::SAML, "Issuer") {
        first.source().end
    } else {
        first.source().start
    };
    let covered = canonicalize(element, None, Canonicalization::Exclusive(&[]));
    let signature = signature_element(&signed_info(id, &covered, key), key)?;
    let (before, after) = xml.split_at(at);
    Ok([before, &signature, after].concat())
}

fn signed_info(id: &str, covered: &[u8], key: &SigningKey) -> String {
    let mut writer = XmlWriter::new();
    writer
        .open("ds:SignedInfo")
        .attribute("xmlns:ds", names::DS);
    writer
        .open("ds:CanonicalizationMethod")
        .attribute("Algorithm", names::EXC_C14N)
        .close();
    writer
        .open("ds:SignatureMethod")
        .attribute("Algorithm", key.algorithm_uri())
        .close();
    writer
        .open("ds:Reference")
        .attribute("URI", &format!("#{id}"));
    writer.open("ds:Transforms");
    writer
        .open("ds:Transform")
        .attribute("Algorithm", names::ENVELOPED_SIGNATURE)
        .close();
    writer
        .open("ds:Transform")
        .attribute("Algorithm", names::EXC_C14N)
        .close();
    writer.close();
    writer
        .open("ds:DigestMethod")
        .attribute("Algorithm", key.digest.uri())
        .close();
    writer.leaf(
        "ds:DigestValue",
        &STANDARD.encode(key.digest.digest(covered).as_bytes()),
    );
    writer.finish()
}

fn signature_element(signed_info: &str, key: &SigningKey) -> Result<String, SignError> {
    let document = Document::parse(signed_info.as_bytes(), &Limits::MESSAGE)?;
    let octets = canonicalize(document.root(), None, Canonicalization::Exclusive(&[]));
    let mut writer = XmlWriter::new();
    writer
        .open("ds:Signature")
        .attribute("xmlns:ds", names::DS)
        .fragment(signed_info);
    writer.leaf("ds:SignatureValue", &STANDARD.encode(key.sign(&octets)?));
    if let Some(certificate) = &key.certificate {
        writer
            .open("ds:KeyInfo")
            .open("ds:X509Data")
            .leaf("ds:X509Certificate", certificate);
    }
    Ok(writer.finish())
}
