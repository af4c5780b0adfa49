//! JSON Web Signatures by hand (RFC 7515), apart from `jose`: what an identity provider writes and reads.

use crate::demo_idp::IdpKey;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Public};
use openssl::rsa::Padding;
use openssl::sign::{RsaPssSaltlen, Signer, Verifier};
use serde_json::{Map, Value};

/// A compact JWS that was taken apart; nothing of it is verified.
pub(super) struct ReadJws<'t> {
    pub(super) header: Map<String, Value>,
    pub(super) claims: Map<String, Value>,
    signed: &'t str,
    signature: Vec<u8>,
}

impl<'t> ReadJws<'t> {
    pub(super) fn parse(text: &'t str) -> Option<Self> {
        let (signed, signature) = text.rsplit_once('.')?;
        let (header, claims) = signed.split_once('.')?;
        Some(Self {
            header: object(header)?,
            claims: object(claims)?,
            signed,
            signature: URL_SAFE_NO_PAD.decode(signature).ok()?,
        })
    }

    /// Whether a key signed it: RS256 or PS256, nothing else.
    pub(super) fn is_signed_by(&self, key: &PKey<Public>) -> bool {
        let verify = || -> Result<bool, ErrorStack> {
            let mut verifier = Verifier::new(MessageDigest::sha256(), key)?;
            match self.header.get("alg").and_then(Value::as_str) {
                Some("RS256") => verifier.set_rsa_padding(Padding::PKCS1)?,
                Some("PS256") => {
                    verifier.set_rsa_padding(Padding::PKCS1_PSS)?;
                    verifier.set_rsa_mgf1_md(MessageDigest::sha256())?;
                    verifier.set_rsa_pss_saltlen(RsaPssSaltlen::DIGEST_LENGTH)?;
                }
                _ => return Ok(false),
            }
            verifier.verify_oneshot(&self.signature, self.signed.as_bytes())
        };
        verify().unwrap_or(false)
    }
}

/// Base64url of the JSON.
pub(super) fn encode_part(part: &Map<String, Value>) -> String {
    let json = serde_json::to_vec(part).unwrap_or_default();
    URL_SAFE_NO_PAD.encode(json)
}

/// RS256 over octets.
pub(super) fn rs256(key: &IdpKey, octets: &[u8]) -> Result<Vec<u8>, ErrorStack> {
    let mut signer = Signer::new(MessageDigest::sha256(), key.private_key())?;
    signer.set_rsa_padding(Padding::PKCS1)?;
    signer.sign_oneshot_to_vec(octets)
}

/// HS256 over octets.
pub(super) fn hs256(secret: &[u8], octets: &[u8]) -> Result<Vec<u8>, ErrorStack> {
    let key = PKey::hmac(secret)?;
    Signer::new(MessageDigest::sha256(), &key)?.sign_oneshot_to_vec(octets)
}

fn object(part: &str) -> Option<Map<String, Value>> {
    let json = URL_SAFE_NO_PAD.decode(part).ok()?;
    serde_json::from_slice(&json).ok()
}
