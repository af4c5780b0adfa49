//! A compact JWS (RFC 7515, section 7.1): one string and two dots.
//!
//! Invariant: the payload cannot be seen before the signature is verified.

use std::fmt;

use super::algorithm::Algorithm;
use super::base64url;
use super::error::{JwsError, JwsPart};
use super::header::Header;
use super::json::{JsonError, Object};
use super::key::PublicKey;
use super::key_set::{Choice, KeySet};

/// A JWS whose signature nobody has looked at. Only its header can be read.
#[derive(Clone)]
pub struct UnverifiedJws<'t> {
    signed: &'t str,
    header: Header,
    payload: Vec<u8>,
    signature: Vec<u8>,
}

/// The octets that a key has signed.
#[derive(Clone)]
pub struct SignedJws {
    header: Header,
    algorithm: Algorithm,
    payload: Vec<u8>,
    key: PublicKey,
}

/// Why a JWS is not signed by who must have signed it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// `crit` in the header (rule K1).
    #[error("its header demands an extension (crit); none is supported")]
    Critical,
    /// An algorithm that is not allowed here, or not known at all (rule P2).
    #[error("it is signed by {received}, which is not allowed here")]
    Algorithm { received: String },
    /// No key of that name that fits the algorithm (rules K3, K4).
    #[error("the key set has no key {} for {algorithm}", .kid.as_deref().unwrap_or("(without a name)"))]
    NoKey {
        kid: Option<String>,
        algorithm: Algorithm,
    },
    /// It names no key, and several fit (rule K3).
    #[error("it names no key, and {0} keys fit")]
    Ambiguous(usize),
    /// The signature is not one of that key over these octets (rule P3).
    #[error("the signature is not one of that key over this text")]
    Signature,
}

impl<'t> UnverifiedJws<'t> {
    /// Reads the shape of a text of at most so many octets.
    pub fn parse(text: &'t str, longest: usize) -> Result<Self, JwsError> {
        if text.len() > longest {
            return Err(JwsError::TooLong {
                octets: text.len(),
                longest,
            });
        }
        let dots = text.bytes().filter(|&octet| octet == b'.').count();
        let (Some((signed, signature)), 2) = (text.rsplit_once('.'), dots) else {
            return Err(match dots {
                4 => JwsError::Encrypted,
                _ => JwsError::Parts(dots + 1),
            });
        };
        let (header, payload) = signed.split_once('.').ok_or(JwsError::Parts(dots))?;
        let decode = |part, text| base64url::decode(text).ok_or(JwsError::Base64(part));
        Ok(Self {
            signed,
            header: Header::parse(&decode(JwsPart::Header, header)?)?,
            payload: decode(JwsPart::Payload, payload)?,
            signature: decode(JwsPart::Signature, signature)?,
        })
    }

    /// What it says of itself: to choose a key, and for the record.
    pub const fn header(&self) -> &Header {
        &self.header
    }

    /// Verifies it with a key of `keys` and one of the algorithms that are allowed.
    ///
    /// ```
    /// # use vestibule::jose::{Algorithm, KeySet, UnverifiedJws};
    /// fn subject(token: &str, keys: &KeySet) -> Option<String> {
    ///     let jws = UnverifiedJws::parse(token, 65_536).ok()?;
    ///     let claims = jws.verify(keys, &[Algorithm::Rs256]).ok()?.claims().ok()?;
    ///     claims.text("sub").ok()?.map(str::to_owned)
    /// }
    /// ```
    ///
    /// Without it there are no claims:
    ///
    /// ```compile_fail
    /// # use vestibule::jose::{Algorithm, KeySet, UnverifiedJws};
    /// fn subject(token: &str, keys: &KeySet) -> Option<String> {
    ///     let jws = UnverifiedJws::parse(token, 65_536).ok()?;
    ///     let claims = jws.claims().ok()?;
    ///     claims.text("sub").ok()?.map(str::to_owned)
    /// }
    /// ```
    pub fn verify(self, keys: &KeySet, allowed: &[Algorithm]) -> Result<SignedJws, VerifyError> {
        if self.header.is_critical() {
            return Err(VerifyError::Critical);
        }
        let algorithm = Algorithm::from_name(self.header.algorithm())
            .filter(|it| allowed.contains(it))
            .ok_or_else(|| VerifyError::Algorithm {
                received: self.header.algorithm().to_owned(),
            })?;
        let candidates = match keys.choose(self.header.kid(), algorithm) {
            Choice::Among(candidates) => candidates,
            Choice::Ambiguous(number) => return Err(VerifyError::Ambiguous(number)),
            Choice::None => {
                return Err(VerifyError::NoKey {
                    kid: self.header.kid().map(str::to_owned),
                    algorithm,
                });
            }
        };
        let key = candidates
            .into_iter()
            .find(|key| key.verifies(algorithm, self.signed.as_bytes(), &self.signature))
            .ok_or(VerifyError::Signature)?
            .clone();
        Ok(SignedJws {
            header: self.header,
            algorithm,
            payload: self.payload,
            key,
        })
    }
}

impl SignedJws {
    pub const fn header(&self) -> &Header {
        &self.header
    }

    pub const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The key that has signed it.
    pub const fn key(&self) -> &PublicKey {
        &self.key
    }

    pub fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// The payload of a JWT: a JSON object (RFC 7519, section 7.2).
    pub fn claims(&self) -> Result<Object, JsonError> {
        Object::parse(&self.payload)
    }
}

/// A token lets people in: its payload and its signature are not shown.
impl fmt::Debug for UnverifiedJws<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnverifiedJws")
            .field("header", &self.header)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for SignedJws {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignedJws")
            .field("header", &self.header)
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}
