//! The algorithms on the list (rule G1); what is not here does not exist.
//!
//! Vectors: `encrypted-*`.

use super::DecryptionKey;
use crate::saml::names;
use crate::xml::{Element, XmlWriter};
use openssl::error::ErrorStack;
use openssl::md::{Md, MdRef};
use openssl::pkey::{PKey, Public};
use openssl::pkey_ctx::PkeyCtx;
use openssl::rsa::Padding;
use openssl::symm::Cipher;

/// How the content is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DataAlgorithm {
    /// AES-GCM with a key of 16, 24 or 32 octets.
    Gcm(usize),
    /// AES-CBC with a key of 16, 24 or 32 octets.
    Cbc(usize),
}

/// How the content's key is encrypted: RSA-OAEP with its digest and the digest of MGF1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyTransport {
    digest: OaepDigest,
    mask: OaepDigest,
    uri: &'static str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum OaepDigest {
    Sha1,
    Sha256,
}

impl DataAlgorithm {
    /// The algorithm of an `EncryptionMethod` (rule G1).
    pub fn from_uri(uri: &str) -> Option<Self> {
        Some(match uri {
            names::AES128_GCM => Self::Gcm(16),
            names::AES192_GCM => Self::Gcm(24),
            names::AES256_GCM => Self::Gcm(32),
            names::AES128_CBC => Self::Cbc(16),
            names::AES192_CBC => Self::Cbc(24),
            names::AES256_CBC => Self::Cbc(32),
            _ => return None,
        })
    }

    pub(super) const fn key_length(self) -> usize {
        match self {
            Self::Gcm(length) | Self::Cbc(length) => length,
        }
    }

    pub(super) fn cipher(self) -> Cipher {
        match self {
            Self::Gcm(16) => Cipher::aes_128_gcm(),
            Self::Gcm(24) => Cipher::aes_192_gcm(),
            Self::Gcm(_) => Cipher::aes_256_gcm(),
            Self::Cbc(16) => Cipher::aes_128_cbc(),
            Self::Cbc(24) => Cipher::aes_192_cbc(),
            Self::Cbc(_) => Cipher::aes_256_cbc(),
        }
    }

    pub(super) const fn uri(self) -> &'static str {
        match self {
            Self::Gcm(16) => names::AES128_GCM,
            Self::Gcm(24) => names::AES192_GCM,
            Self::Gcm(_) => names::AES256_GCM,
            Self::Cbc(16) => names::AES128_CBC,
            Self::Cbc(24) => names::AES192_CBC,
            Self::Cbc(_) => names::AES256_CBC,
        }
    }
}

impl KeyTransport {
    /// RSA-OAEP as XML Encryption 1.0 names it: MGF1 with SHA-1, digest SHA-1.
    pub const OAEP_SHA1: Self = Self {
        digest: OaepDigest::Sha1,
        mask: OaepDigest::Sha1,
        uri: names::RSA_OAEP_MGF1P,
    };
    /// RSA-OAEP as XML Encryption 1.1 names it, SHA-256 throughout.
    pub const OAEP_SHA256: Self = Self {
        digest: OaepDigest::Sha256,
        mask: OaepDigest::Sha256,
        uri: names::RSA_OAEP,
    };

    /// The method of an `EncryptedKey` (rule G1). `None`: not on the list.
    pub(super) fn from_element(method: Element<'_>) -> Option<Self> {
        let uri = match method.attribute("Algorithm")? {
            names::RSA_OAEP_MGF1P => names::RSA_OAEP_MGF1P,
            names::RSA_OAEP => names::RSA_OAEP,
            _ => return None,
        };
        let mut found = Self {
            digest: OaepDigest::Sha1,
            mask: OaepDigest::Sha1,
            uri,
        };
        for child in method.children() {
            let algorithm = child.attribute("Algorithm").unwrap_or_default();
            if child.is(names::DS, "DigestMethod") {
                found.digest = match algorithm {
                    names::SHA1 => OaepDigest::Sha1,
                    names::SHA256 => OaepDigest::Sha256,
                    _ => return None,
                };
            } else if child.is(names::XENC11, "MGF") && uri == names::RSA_OAEP {
                found.mask = match algorithm {
                    names::MGF1_SHA1 => OaepDigest::Sha1,
                    names::MGF1_SHA256 => OaepDigest::Sha256,
                    _ => return None,
                };
            } else {
                return None; // OAEPparams among them: no identity provider sends a label.
            }
        }
        Some(found)
    }

    /// Writes the method of an `EncryptedKey`.
    pub(super) fn write(self, writer: &mut XmlWriter) {
        writer
            .open("xenc:EncryptionMethod")
            .attribute("Algorithm", self.uri);
        if self.digest == OaepDigest::Sha256 {
            writer
                .open("ds:DigestMethod")
                .attribute("Algorithm", names::SHA256)
                .close();
        }
        if self.mask == OaepDigest::Sha256 {
            writer
                .open("xenc11:MGF")
                .attribute("xmlns:xenc11", names::XENC11)
                .attribute("Algorithm", names::MGF1_SHA256)
                .close();
        }
        writer.close();
    }

    pub(super) fn decrypt(self, key: &DecryptionKey, octets: &[u8]) -> Result<Vec<u8>, ErrorStack> {
        let mut context = PkeyCtx::new(&key.key)?;
        context.decrypt_init()?;
        context.set_rsa_padding(Padding::PKCS1_OAEP)?;
        context.set_rsa_oaep_md(self.digest.md())?;
        context.set_rsa_mgf1_md(self.mask.md())?;
        let mut plain = Vec::new();
        context.decrypt_to_vec(octets, &mut plain)?;
        Ok(plain)
    }

    pub(super) fn encrypt(self, key: &PKey<Public>, octets: &[u8]) -> Result<Vec<u8>, ErrorStack> {
        let mut context = PkeyCtx::new(key)?;
        context.encrypt_init()?;
        context.set_rsa_padding(Padding::PKCS1_OAEP)?;
        context.set_rsa_oaep_md(self.digest.md())?;
        context.set_rsa_mgf1_md(self.mask.md())?;
        let mut sealed = Vec::new();
        context.encrypt_to_vec(octets, &mut sealed)?;
        Ok(sealed)
    }
}

impl OaepDigest {
    fn md(self) -> &'static MdRef {
        match self {
            Self::Sha1 => Md::sha1(),
            Self::Sha256 => Md::sha256(),
        }
    }
}
