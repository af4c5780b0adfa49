//! The signature algorithms that are known (rule P2). `none` and the HMAC family are not among them, in any spelling.

use openssl::hash::MessageDigest;
use openssl::md::{Md, MdRef};

/// A signature algorithm of RFC 7518, section 3.1, or RFC 8037.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "UPPERCASE")]
pub enum Algorithm {
    Rs256,
    Rs384,
    Rs512,
    Ps256,
    Ps384,
    Ps512,
    Es256,
    Es384,
    Es512,
    /// `EdDSA` with Ed25519. RFC 9864 calls the same `Ed25519`.
    EdDsa,
}

/// What kind of key and of signature an algorithm is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// RSASSA-PKCS1-v1_5.
    Rsa,
    /// RSASSA-PSS, with a salt as long as the digest.
    RsaPss,
    /// ECDSA on the curve that belongs to the digest.
    Ecdsa,
    Ed25519,
}

impl Algorithm {
    /// All, in the order of RFC 7518.
    pub const ALL: [Self; 10] = [
        Self::Rs256,
        Self::Rs384,
        Self::Rs512,
        Self::Ps256,
        Self::Ps384,
        Self::Ps512,
        Self::Es256,
        Self::Es384,
        Self::Es512,
        Self::EdDsa,
    ];

    /// By its registered name, which is compared exactly.
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "Ed25519" => Some(Self::EdDsa),
            _ => Self::ALL.into_iter().find(|it| it.name() == name),
        }
    }

    /// The registered name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Rs384 => "RS384",
            Self::Rs512 => "RS512",
            Self::Ps256 => "PS256",
            Self::Ps384 => "PS384",
            Self::Ps512 => "PS512",
            Self::Es256 => "ES256",
            Self::Es384 => "ES384",
            Self::Es512 => "ES512",
            Self::EdDsa => "EdDSA",
        }
    }

    pub const fn family(self) -> Family {
        match self {
            Self::Rs256 | Self::Rs384 | Self::Rs512 => Family::Rsa,
            Self::Ps256 | Self::Ps384 | Self::Ps512 => Family::RsaPss,
            Self::Es256 | Self::Es384 | Self::Es512 => Family::Ecdsa,
            Self::EdDsa => Family::Ed25519,
        }
    }

    /// Its digest; for `EdDSA` the one that `at_hash` is made with (rule P11).
    pub fn digest(self) -> MessageDigest {
        match self {
            Self::Rs256 | Self::Ps256 | Self::Es256 => MessageDigest::sha256(),
            Self::Rs384 | Self::Ps384 | Self::Es384 => MessageDigest::sha384(),
            Self::Rs512 | Self::Ps512 | Self::Es512 | Self::EdDsa => MessageDigest::sha512(),
        }
    }

    /// The same, as a signature's context wants it.
    pub(super) fn md(self) -> &'static MdRef {
        match self {
            Self::Rs256 | Self::Ps256 | Self::Es256 => Md::sha256(),
            Self::Rs384 | Self::Ps384 | Self::Es384 => Md::sha384(),
            Self::Rs512 | Self::Ps512 | Self::Es512 | Self::EdDsa => Md::sha512(),
        }
    }
}

impl std::fmt::Display for Algorithm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}
