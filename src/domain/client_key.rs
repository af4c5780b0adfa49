//! A connection's key pairs at its provider, in the place of a secret (`private_key_jwt`; rules H2, N3 and N6).
//!
//! Invariants: a private key is here sealed or not at all; the pair that is used stands first.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::word::words;

/// The most key pairs at once: the one in use, and the one after or before it while the provider changes over (rule N3).
pub const MOST_CLIENT_KEYS: usize = 2;

/// A key pair as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClientKeyPair {
    /// The private key (PKCS #8 in DER), sealed for this connection, in base64.
    pub sealed: String,
    /// Its certificate, self-signed: DER in base64.
    pub certificate: String,
    /// What it signs with.
    pub algorithm: ClientKeyAlgorithm,
    /// The certificate's SHA-1 in upper-case hexadecimal, as Entra's page calls it; it is the pair's name here, too.
    pub sha1: String,
    /// The certificate's SHA-256, the same way.
    pub sha256: String,
    /// What the provider calls the key, where it calls it something else than its thumbprint (RFC 7638).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kid: Option<String>,
    /// When it was made.
    #[serde(with = "time::serde::rfc3339")]
    pub made_at: OffsetDateTime,
    /// When its certificate ends.
    #[serde(with = "time::serde::rfc3339")]
    pub expires_at: OffsetDateTime,
}

words! {
    /// What a key pair signs with. A key has one algorithm only (RFC 8725, section 3.1).
    pub enum ClientKeyAlgorithm {
        /// RSA with 3,072 bits, PSS: what Entra ID demands.
        Ps256 = "PS256",
        /// RSA with 3,072 bits, PKCS #1.
        Rs256 = "RS256",
        /// ECDSA on P-256.
        Es256 = "ES256",
    }
}

words! {
    /// For whom an assertion is, outside Entra ID (rule N3).
    pub enum AssertionAudience {
        /// The provider, by its issuer.
        Issuer = "issuer",
        /// Its token endpoint.
        TokenEndpoint = "token_endpoint",
    }
}
