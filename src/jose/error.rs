//! Why a text is not a JWS, and why a key cannot be used.

use std::fmt;

use super::json::{JsonError, WrongType};

/// A part of a compact JWS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JwsPart {
    Header,
    Payload,
    Signature,
}

/// Why a text is not a JWS (rule P1).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JwsError {
    #[error("it has {octets} octets; {longest} are allowed")]
    TooLong { octets: usize, longest: usize },
    /// Five parts: a JWE.
    #[error("it is encrypted, which is not supported")]
    Encrypted,
    #[error("it has {0} parts between its dots; a signed token has three")]
    Parts(usize),
    #[error("its {0} is not base64url without padding")]
    Base64(JwsPart),
    #[error("its header cannot be read: {0}")]
    Header(JsonError),
    #[error("its header cannot be read: {0}")]
    HeaderMember(WrongType),
    #[error("its header names no algorithm")]
    NoAlgorithm,
}

/// Why an entry of a key set cannot be used (rule K2).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JwkError {
    #[error("the key cannot be read: it is not an object")]
    NotObject,
    #[error("the key cannot be read: {0}")]
    Member(WrongType),
    #[error("the key cannot be read: \"{0}\" is missing, or is not base64url of the right length")]
    Value(&'static str),
    /// `kty` that is not RSA, EC or OKP; `oct`, a shared secret, is never taken.
    #[error("the key is of the kind {0}; RSA, EC and OKP are read")]
    Kind(String),
    #[error("the key is on the curve {0}; P-256, P-384, P-521 and Ed25519 are read")]
    Curve(String),
    #[error("the RSA key has {0} bits; 2048 to 8192 are taken")]
    RsaSize(i32),
    #[error("the RSA key's exponent is even or less than 3")]
    RsaExponent,
    #[error("the key's point is not on its curve")]
    OffCurve,
    /// A published private key: anybody can sign with it.
    #[error("the document holds the private key: anybody can sign with it")]
    Private,
    #[error("the key is not for signatures (use is {0})")]
    Use(String),
    #[error("the key is not for verifying (key_ops)")]
    Operations,
    #[error("the key is for {0}, which is not used for signatures here")]
    Algorithm(String),
}

impl fmt::Display for JwsPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Header => "header",
            Self::Payload => "payload",
            Self::Signature => "signature",
        })
    }
}

impl From<JsonError> for JwsError {
    fn from(cause: JsonError) -> Self {
        Self::Header(cause)
    }
}

impl From<WrongType> for JwsError {
    fn from(cause: WrongType) -> Self {
        Self::HeaderMember(cause)
    }
}

impl From<WrongType> for JwkError {
    fn from(cause: WrongType) -> Self {
        Self::Member(cause)
    }
}
