//! The algorithms on the list (rule B4); what is not here does not exist.
//!
//! Vectors: `algorithm-*`, `method-*`, `hmac-*` and `rsa-*`.

use crate::saml::names;
use openssl::md::{Md, MdRef};
use std::borrow::Cow;

/// A hash function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hash {
    /// Only with the connection's `danger_allow_sha1`.
    Sha1,
    /// SHA-256
    Sha256,
    /// SHA-384
    Sha384,
    /// SHA-512
    Sha512,
}

/// A signature algorithm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignatureAlgorithm {
    /// RSASSA-PKCS1-v1_5 (RFC 9231, section 2.3)
    Rsa(Hash),
    /// RSASSA-PSS, MGF1 with the same hash, salt as long as the hash (RFC 9231, section 2.3.10)
    RsaPss(Hash),
    /// ECDSA, the value being r and s side by side (RFC 9231, section 2.3.6)
    Ecdsa(Hash),
}

impl Hash {
    /// The hash function of a `DigestMethod`.
    pub fn from_uri(uri: &str) -> Option<Self> {
        match uri {
            names::SHA256 => Some(Self::Sha256),
            names::SHA384 => Some(Self::Sha384),
            names::SHA512 => Some(Self::Sha512),
            names::SHA1 => Some(Self::Sha1),
            _ => None,
        }
    }

    /// The URI of the `DigestMethod`.
    pub const fn uri(self) -> &'static str {
        match self {
            Self::Sha1 => names::SHA1,
            Self::Sha256 => names::SHA256,
            Self::Sha384 => names::SHA384,
            Self::Sha512 => names::SHA512,
        }
    }

    /// The digest of some octets.
    pub fn digest(self, octets: &[u8]) -> Digest {
        match self {
            Self::Sha1 => Digest::new(&openssl::sha::sha1(octets)),
            Self::Sha256 => {
                // The one-shot functions look the algorithm up by its name each time; for the usual one that is worth avoiding.
                let mut hash = openssl::sha::Sha256::new();
                hash.update(octets);
                Digest::new(&hash.finish())
            }
            Self::Sha384 => Digest::new(&openssl::sha::sha384(octets)),
            Self::Sha512 => Digest::new(&openssl::sha::sha512(octets)),
        }
    }

    pub(super) fn md(self) -> &'static MdRef {
        match self {
            Self::Sha1 => Md::sha1(),
            Self::Sha256 => Md::sha256(),
            Self::Sha384 => Md::sha384(),
            Self::Sha512 => Md::sha512(),
        }
    }
}

/// A digest, on the stack.
#[derive(Debug, Clone, Copy)]
pub struct Digest {
    octets: [u8; 64],
    length: usize,
}

impl Digest {
    fn new(octets: &[u8]) -> Self {
        let mut digest = Self {
            octets: [0; 64],
            length: octets.len().min(64),
        };
        for (to, from) in digest.octets.iter_mut().zip(octets) {
            *to = *from;
        }
        digest
    }

    /// The digest's octets.
    pub fn as_bytes(&self) -> &[u8] {
        self.octets.get(..self.length).unwrap_or_default()
    }
}

impl SignatureAlgorithm {
    /// The algorithm of a `SignatureMethod` or `SigAlg`.
    pub fn from_uri(uri: &str) -> Option<Self> {
        Some(match uri {
            names::RSA_SHA256 => Self::Rsa(Hash::Sha256),
            names::RSA_SHA384 => Self::Rsa(Hash::Sha384),
            names::RSA_SHA512 => Self::Rsa(Hash::Sha512),
            names::RSA_SHA1 => Self::Rsa(Hash::Sha1),
            names::RSA_PSS_SHA256 => Self::RsaPss(Hash::Sha256),
            names::RSA_PSS_SHA384 => Self::RsaPss(Hash::Sha384),
            names::RSA_PSS_SHA512 => Self::RsaPss(Hash::Sha512),
            names::ECDSA_SHA256 => Self::Ecdsa(Hash::Sha256),
            names::ECDSA_SHA384 => Self::Ecdsa(Hash::Sha384),
            names::ECDSA_SHA512 => Self::Ecdsa(Hash::Sha512),
            _ => return None,
        })
    }

    /// The URI of the algorithm; `None` for a combination without a name.
    pub const fn uri(self) -> Option<&'static str> {
        Some(match self {
            Self::Rsa(Hash::Sha1) => names::RSA_SHA1,
            Self::Rsa(Hash::Sha256) => names::RSA_SHA256,
            Self::Rsa(Hash::Sha384) => names::RSA_SHA384,
            Self::Rsa(Hash::Sha512) => names::RSA_SHA512,
            Self::RsaPss(Hash::Sha256) => names::RSA_PSS_SHA256,
            Self::RsaPss(Hash::Sha384) => names::RSA_PSS_SHA384,
            Self::RsaPss(Hash::Sha512) => names::RSA_PSS_SHA512,
            Self::Ecdsa(Hash::Sha256) => names::ECDSA_SHA256,
            Self::Ecdsa(Hash::Sha384) => names::ECDSA_SHA384,
            Self::Ecdsa(Hash::Sha512) => names::ECDSA_SHA512,
            Self::RsaPss(Hash::Sha1) | Self::Ecdsa(Hash::Sha1) => return None,
        })
    }

    /// The hash function inside.
    pub const fn hash(self) -> Hash {
        match self {
            Self::Rsa(hash) | Self::RsaPss(hash) | Self::Ecdsa(hash) => hash,
        }
    }

    /// The family, for people.
    pub const fn family(self) -> &'static str {
        match self {
            Self::Rsa(_) => "RSA",
            Self::RsaPss(_) => "RSA-PSS",
            Self::Ecdsa(_) => "ECDSA",
        }
    }
}

/// What to say of an algorithm that is not accepted.
pub(super) fn describe_refused(uri: &str) -> Cow<'static, str> {
    match uri {
        names::RSA_SHA1 | names::SHA1 => Cow::Borrowed("SHA-1"),
        "" => Cow::Borrowed("no algorithm"),
        other => Cow::Owned(other.to_owned()),
    }
}
