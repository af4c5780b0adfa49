//! XML signatures and detached signatures: see what is signed (rules B).
//!
//! Invariant: [`SignedXml`] exists only for octets that a key of the connection has signed, and claims are read from
//! nothing else. A defect in canonicalisation can then only refuse a message, never change one.
//!
//! Vectors: `signature-*`, `reference-*`, `transform-*`, `digest-*`, `changed-*`, `hmac-*`, `rsa-*`. Canonical octets are held against
//! libxml2 by `tests/it/xml/canonical_differential.rs`. The other half, which signs, is `sign.rs`.

mod algorithm;
mod canonicalization;
mod key;
mod named_certificate;
mod reference;
mod sign;
mod signed_info;
mod signed_xml;
mod signer;
mod verify;

pub use algorithm::{Hash, SignatureAlgorithm};
pub(super) use canonicalization::bounded;
pub use key::{KeyError, VerificationKey, instant};
pub use named_certificate::NamedCertificate;
pub use sign::{SignError, SigningKey, sign_enveloped};
pub use signed_xml::SignedXml;
pub use signer::Signer;
pub(super) use verify::verify_enveloped;
pub use verify::{UNREADABLE, verify_octets};

use super::encryption::DecryptionKey;
use serde::{Deserialize, Serialize};

/// What a connection trusts, and what it demands of signatures.
#[derive(Debug, Clone)]
pub struct Trust {
    /// The identity provider's entity ID (rule D1).
    pub idp_entity_id: String,
    /// The keys of the connection; nothing else verifies (rule B2).
    pub keys: Vec<VerificationKey>,
    /// What to do with a certificate outside its validity (rule B8).
    pub certificate_validity: ValidityPolicy,
    /// What must be signed (rule B7).
    pub required_signature: SignatureCoverage,
    /// Accept SHA-1 (rule B4).
    pub danger_allow_sha1: bool,
    /// Accept AES-CBC in a Response that is not signed (rule G2).
    pub danger_accept_cbc: bool,
    /// Our keys for encrypted assertions, tried in order (rule G3).
    pub decryption_keys: Vec<DecryptionKey>,
}

impl Trust {
    /// Whether an issuer is this identity provider (rule D1): written exactly as its entity ID. White space around an entity ID in
    /// metadata is none of it (XML Schema part 2, 4.3.6), and some identity providers name themselves with it, others without:
    /// both are this one. Nothing that a message says is trimmed.
    pub fn is_from(&self, issuer: &str) -> bool {
        let own = self.idp_entity_id.as_str();
        issuer == own || issuer == own.trim_matches(['\t', '\n', '\r', ' '])
    }
}

/// What to do with a signing certificate outside its validity (rule B8).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ValidityPolicy {
    /// Refuse the message.
    #[default]
    Reject,
    /// Accept, and say so in the record.
    Warn,
    /// Accept; for federations that publish keys only.
    Ignore,
}

/// What must be signed (rule B7). Whatever is signed must verify in any case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignatureCoverage {
    /// The assertion or the Response.
    #[default]
    Either,
    /// The assertion itself.
    Assertion,
    /// The Response.
    Response,
    /// The assertion and the Response.
    Both,
}
