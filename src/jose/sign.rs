//! Signing: the other half of `jws.rs`.
//!
//! A key signs with one algorithm only (RFC 8725, section 3.1).

use openssl::bn::{BigNum, BigNumContext};
use openssl::error::ErrorStack;
use openssl::hash::hash;
use openssl::pkey::{Id, PKey, Private};
use openssl::rsa::Padding;
use openssl::sign::Signer;
use serde::Serialize;
use serde_json::{Value, json};

use super::algorithm::{Algorithm, Family};
use super::base64url;
use super::error::JwkError;
use super::json::Object;
use super::key::{Curve, PublicKey};
use crate::signature::{sign_ecdsa, sign_rsa};

/// A private key, and the algorithm that it signs with.
#[derive(Clone)]
pub struct SigningKey {
    key: PKey<Private>,
    algorithm: Algorithm,
    jwk: Value,
    public: PublicKey,
}

/// What a header says besides `alg`.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct ProtectedHeader<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub typ: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kid: Option<&'a str>,
    /// The SHA-256 of a certificate (RFC 7515, section 4.1.8), as Entra names keys by.
    #[serde(rename = "x5t#S256", skip_serializing_if = "Option::is_none")]
    pub x5t_s256: Option<&'a str>,
}

/// Why a key cannot sign.
#[derive(Debug, thiserror::Error)]
pub enum SignJwsError {
    #[error("the key cannot sign with {0}")]
    Algorithm(Algorithm),
    #[error(transparent)]
    Key(#[from] JwkError),
    #[error("what is to be signed cannot be written as JSON")]
    Json(#[from] serde_json::Error),
    #[error("signing failed with this key")]
    Crypto(#[from] ErrorStack),
}

#[derive(Serialize)]
struct WrittenHeader<'a> {
    alg: &'static str,
    #[serde(flatten)]
    rest: ProtectedHeader<'a>,
}

impl SigningKey {
    /// A key that fits the algorithm, and that others may verify by.
    pub fn new(key: PKey<Private>, algorithm: Algorithm) -> Result<Self, SignJwsError> {
        let jwk = public_jwk(&key)?.ok_or(SignJwsError::Algorithm(algorithm))?;
        let object = Object::from_value(&jwk).ok_or(JwkError::NotObject)?;
        let public = PublicKey::from_jwk(&object)?;
        if !public.fits(algorithm) {
            return Err(SignJwsError::Algorithm(algorithm));
        }
        Ok(Self {
            key,
            algorithm,
            jwk,
            public,
        })
    }

    /// The same of a key in PKCS #8, in DER.
    pub fn from_pkcs8(der: &[u8], algorithm: Algorithm) -> Result<Self, SignJwsError> {
        Self::new(PKey::private_key_from_pkcs8(der)?, algorithm)
    }

    pub const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Its thumbprint (RFC 7638), which names it to others.
    pub fn thumbprint(&self) -> &str {
        self.public.thumbprint()
    }

    /// The key that verifies what it signs.
    pub const fn public(&self) -> &PublicKey {
        &self.public
    }

    /// The public key as a JWK, named by its thumbprint.
    pub fn jwk(&self) -> Value {
        let mut jwk = self.jwk.clone();
        jwk["use"] = "sig".into();
        jwk["alg"] = self.algorithm.name().into();
        jwk["kid"] = self.thumbprint().into();
        jwk
    }

    /// A compact JWS over claims.
    pub fn sign(
        &self,
        header: ProtectedHeader<'_>,
        claims: &impl Serialize,
    ) -> Result<String, SignJwsError> {
        let header = serde_json::to_vec(&WrittenHeader {
            alg: self.algorithm.name(),
            rest: header,
        })?;
        let claims = serde_json::to_vec(claims)?;
        let mut jws = base64url::encode(header);
        jws.push('.');
        jws.push_str(&base64url::encode(claims));
        let signature = self.signature(jws.as_bytes())?;
        jws.push('.');
        jws.push_str(&base64url::encode(signature));
        Ok(jws)
    }

    fn signature(&self, octets: &[u8]) -> Result<Vec<u8>, SignJwsError> {
        let (key, md) = (&self.key, self.algorithm.md());
        let digest = || hash(self.algorithm.digest(), octets);
        Ok(match self.algorithm.family() {
            Family::Rsa => sign_rsa(key, Padding::PKCS1, md, &digest()?)?,
            Family::RsaPss => sign_rsa(key, Padding::PKCS1_PSS, md, &digest()?)?,
            Family::Ecdsa => sign_ecdsa(&*key.ec_key()?, &digest()?)?,
            Family::Ed25519 => Signer::new_without_digest(key)?.sign_oneshot_to_vec(octets)?,
        })
    }
}

/// The members that a kind of key must have; none for a kind that is not known here.
fn public_jwk(key: &PKey<Private>) -> Result<Option<Value>, ErrorStack> {
    let jwk = match key.id() {
        Id::RSA => {
            let rsa = key.rsa()?;
            let (n, e) = (rsa.n().to_vec(), rsa.e().to_vec());
            json!({ "kty": "RSA", "n": base64url::encode(n), "e": base64url::encode(e) })
        }
        Id::EC => {
            let ec = key.ec_key()?;
            let Some(curve) = ec.group().curve_name().and_then(Curve::from_nid) else {
                return Ok(None);
            };
            let mut context = BigNumContext::new()?;
            let (mut x, mut y) = (BigNum::new()?, BigNum::new()?);
            ec.public_key()
                .affine_coordinates(ec.group(), &mut x, &mut y, &mut context)?;
            let length = i32::try_from(curve.coordinate()).unwrap_or_default();
            json!({
                "kty": "EC",
                "crv": curve.name(),
                "x": base64url::encode(x.to_vec_padded(length)?),
                "y": base64url::encode(y.to_vec_padded(length)?),
            })
        }
        Id::ED25519 => {
            json!({ "kty": "OKP", "crv": "Ed25519", "x": base64url::encode(key.raw_public_key()?) })
        }
        _ => return Ok(None),
    };
    Ok(Some(jwk))
}

/// Its name alone.
impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SigningKey")
            .field("algorithm", &self.algorithm)
            .field("thumbprint", &self.thumbprint())
            .finish_non_exhaustive()
    }
}
