//! How a client with a key pair shows who it is (`private_key_jwt`, RFC 7523; rule N3).

use serde::Serialize;
use time::{Duration, OffsetDateTime};

use super::issuer::Issuer;
use crate::jose::{Algorithm, ProtectedHeader, SignJwsError, SigningKey};

/// How long an assertion can be used.
const LIFETIME: Duration = Duration::seconds(300);

/// A client's key pair, and how the provider calls it.
#[derive(Debug, Clone)]
pub struct ClientKey {
    pub key: SigningKey,
    /// The provider's name for it; none is its thumbprint (RFC 7638).
    pub kid: Option<String>,
    /// The SHA-256 of its certificate, by which Entra names it; base64url.
    pub certificate_sha256: String,
}

#[derive(Serialize)]
struct AssertionClaims<'a> {
    iss: &'a str,
    sub: &'a str,
    aud: &'a str,
    jti: &'a str,
    iat: i64,
    nbf: i64,
    exp: i64,
}

impl ClientKey {
    /// A key as it is kept: PKCS #8 in DER, the name of its algorithm, and its certificate's SHA-256 in base64url.
    pub fn read(
        pkcs8: &[u8],
        algorithm: &str,
        kid: Option<&str>,
        certificate_sha256: String,
    ) -> Option<Self> {
        let key = SigningKey::from_pkcs8(pkcs8, Algorithm::from_name(algorithm)?).ok()?;
        Some(Self {
            key,
            kid: kid.map(str::to_owned),
            certificate_sha256,
        })
    }

    /// How the provider names it in what it says of assertions: at Entra by the certificate, elsewhere by `kid`.
    pub fn shown_name(&self, issuer: &Issuer) -> &str {
        if issuer.is_entra() {
            &self.certificate_sha256
        } else {
            self.kid.as_deref().unwrap_or(self.key.thumbprint())
        }
    }

    /// The public key, to be registered at the provider.
    pub fn jwk(&self) -> serde_json::Value {
        self.key.jwk()
    }

    /// An assertion for one request. `jti` is new and random, of at least 128 bits.
    ///
    /// `audience` is one text: at Entra the tenant's token endpoint, elsewhere the issuer, or the token endpoint where the provider
    /// demands it. An array of audiences would let one server use it at another.
    pub fn assertion(
        &self,
        issuer: &Issuer,
        client_id: &str,
        audience: &str,
        jti: &str,
        now: OffsetDateTime,
    ) -> Result<String, SignJwsError> {
        let header = if issuer.is_entra() {
            ProtectedHeader {
                typ: Some("JWT"),
                x5t_s256: Some(&self.certificate_sha256),
                kid: None,
            }
        } else {
            ProtectedHeader {
                typ: Some("JWT"),
                kid: Some(self.kid.as_deref().unwrap_or(self.key.thumbprint())),
                x5t_s256: None,
            }
        };
        let seconds = now.unix_timestamp();
        let claims = AssertionClaims {
            iss: client_id,
            sub: client_id,
            aud: audience,
            jti,
            iat: seconds,
            nbf: seconds,
            exp: seconds + LIFETIME.whole_seconds(),
        };
        self.key.sign(header, &claims)
    }
}
