//! A public key from a JWK (RFC 7517, RFC 7518 section 6, RFC 8037), and what it verifies.

use openssl::bn::BigNum;
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::hash;
use openssl::nid::Nid;
use openssl::pkey::{Id, PKey, Public};
use openssl::rsa::{Padding, Rsa};
use openssl::sign::Verifier;

use super::algorithm::{Algorithm, Family};
use super::base64url;
use super::error::JwkError;
use super::json::Object;
use super::thumbprint::thumbprint;
use crate::signature::{ecdsa_verifies, rsa_verifies};

/// How large an RSA modulus may be, in bits (rule K2).
const RSA_BITS: std::ops::RangeInclusive<i32> = 2048..=8192;
/// Members that only a private key has (RFC 7518, section 6).
const PRIVATE_MEMBERS: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

/// A key that verifies signatures.
#[derive(Clone)]
pub struct PublicKey {
    kid: Option<String>,
    algorithm: Option<Algorithm>,
    issuer: Option<String>,
    material: Material,
    thumbprint: String,
}

#[derive(Clone)]
enum Material {
    Rsa(PKey<Public>),
    Ec(Curve, EcKey<Public>),
    Ed25519(PKey<Public>),
}

/// A curve of RFC 7518, section 6.2.1.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Curve {
    P256,
    P384,
    P521,
}

impl PublicKey {
    /// Reads a JWK.
    pub fn from_jwk(jwk: &Object) -> Result<Self, JwkError> {
        if PRIVATE_MEMBERS.iter().any(|it| jwk.get(it).is_some()) && jwk.text("kty")? != Some("oct")
        {
            return Err(JwkError::Private);
        }
        match jwk.text("use")? {
            None | Some("sig") => {}
            Some(other) => return Err(JwkError::Use(other.to_owned())),
        }
        if jwk
            .texts("key_ops")?
            .is_some_and(|operations| !operations.contains(&"verify"))
        {
            return Err(JwkError::Operations);
        }
        let algorithm = match jwk.text("alg")? {
            None => None,
            Some(name) => Some(
                Algorithm::from_name(name).ok_or_else(|| JwkError::Algorithm(name.to_owned()))?,
            ),
        };
        let (material, required) = match jwk.text("kty")? {
            Some("RSA") => (rsa(jwk)?, &["e", "kty", "n"][..]),
            Some("EC") => (ec(jwk)?, &["crv", "kty", "x", "y"][..]),
            Some("OKP") => (ed25519(jwk)?, &["crv", "kty", "x"][..]),
            other => return Err(JwkError::Kind(other.unwrap_or("(none)").to_owned())),
        };
        let text = |member| Ok::<_, JwkError>(jwk.text(member)?.map(str::to_owned));
        Ok(Self {
            kid: text("kid")?,
            algorithm,
            issuer: text("issuer")?,
            material,
            thumbprint: thumbprint(jwk, required)?,
        })
    }

    /// `kid`: how the signer calls it.
    pub fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// `issuer`: whose tokens it signs, as Entra says of its keys (rule K5).
    pub fn issuer(&self) -> Option<&str> {
        self.issuer.as_deref()
    }

    /// Its thumbprint (RFC 7638).
    pub fn thumbprint(&self) -> &str {
        &self.thumbprint
    }

    /// Whether it is of the kind that an algorithm needs, and may be used with it.
    pub fn fits(&self, algorithm: Algorithm) -> bool {
        let is_kind = match (&self.material, algorithm.family()) {
            (Material::Rsa(_), Family::Rsa | Family::RsaPss)
            | (Material::Ed25519(_), Family::Ed25519) => true,
            (Material::Ec(curve, _), Family::Ecdsa) => curve.algorithm() == algorithm,
            _ => false,
        };
        is_kind && self.algorithm.is_none_or(|own| own == algorithm)
    }

    /// Whether `signature` is this key's signature over `octets`.
    pub(super) fn verifies(&self, algorithm: Algorithm, octets: &[u8], signature: &[u8]) -> bool {
        let (md, digest) = (algorithm.md(), || hash(algorithm.digest(), octets));
        let rsa = |key, padding| rsa_verifies(key, padding, md, &digest()?, signature);
        let verified = match (&self.material, algorithm.family()) {
            (Material::Rsa(key), Family::Rsa) => rsa(key, Padding::PKCS1),
            (Material::Rsa(key), Family::RsaPss) => rsa(key, Padding::PKCS1_PSS),
            (Material::Ec(_, key), Family::Ecdsa) => {
                digest().and_then(|digest| ecdsa_verifies(key, &digest, signature))
            }
            (Material::Ed25519(key), Family::Ed25519) => Verifier::new_without_digest(key)
                .and_then(|mut verifier| verifier.verify_oneshot(signature, octets)),
            _ => Ok(false),
        };
        verified.unwrap_or(false) // OpenSSL could not even read it: not a signature of this key.
    }
}

/// Its names alone; the rest is long and says nothing.
impl std::fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PublicKey")
            .field("kid", &self.kid)
            .field("thumbprint", &self.thumbprint)
            .finish_non_exhaustive()
    }
}

impl Curve {
    const ALL: [Self; 3] = [Self::P256, Self::P384, Self::P521];

    fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.name() == name)
    }

    pub(super) fn from_nid(nid: Nid) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.nid() == nid)
    }

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::P256 => "P-256",
            Self::P384 => "P-384",
            Self::P521 => "P-521",
        }
    }

    pub(super) const fn nid(self) -> Nid {
        match self {
            Self::P256 => Nid::X9_62_PRIME256V1,
            Self::P384 => Nid::SECP384R1,
            Self::P521 => Nid::SECP521R1,
        }
    }

    /// The only algorithm that uses it (RFC 7518, section 3.4).
    pub(super) const fn algorithm(self) -> Algorithm {
        match self {
            Self::P256 => Algorithm::Es256,
            Self::P384 => Algorithm::Es384,
            Self::P521 => Algorithm::Es512,
        }
    }

    /// The octets of one coordinate.
    pub(super) const fn coordinate(self) -> usize {
        match self {
            Self::P256 => 32,
            Self::P384 => 48,
            Self::P521 => 66,
        }
    }
}

fn rsa(jwk: &Object) -> Result<Material, JwkError> {
    let (n, e) = (number(jwk, "n")?, number(jwk, "e")?);
    // Before anything is computed with it.
    if !RSA_BITS.contains(&n.num_bits()) {
        return Err(JwkError::RsaSize(n.num_bits()));
    }
    if !e.is_bit_set(0) || e.num_bits() < 2 {
        return Err(JwkError::RsaExponent);
    }
    let key = Rsa::from_public_components(n, e).and_then(PKey::from_rsa);
    Ok(Material::Rsa(key.map_err(|_| JwkError::Value("n"))?))
}

fn ec(jwk: &Object) -> Result<Material, JwkError> {
    let name = jwk.text("crv")?.ok_or(JwkError::Value("crv"))?;
    let curve = Curve::from_name(name).ok_or_else(|| JwkError::Curve(name.to_owned()))?;
    let x = octets(jwk, "x", curve.coordinate())?;
    let y = octets(jwk, "y", curve.coordinate())?;
    let key = EcGroup::from_curve_name(curve.nid()).and_then(|group| {
        let (x, y) = (BigNum::from_slice(&x)?, BigNum::from_slice(&y)?);
        EcKey::from_public_key_affine_coordinates(&group, &x, &y)
    });
    Ok(Material::Ec(curve, key.map_err(|_| JwkError::OffCurve)?))
}

fn ed25519(jwk: &Object) -> Result<Material, JwkError> {
    match jwk.text("crv")? {
        Some("Ed25519") => {}
        other => return Err(JwkError::Curve(other.unwrap_or("(none)").to_owned())),
    }
    let key = PKey::public_key_from_raw_bytes(&octets(jwk, "x", 32)?, Id::ED25519);
    Ok(Material::Ed25519(key.map_err(|_| JwkError::OffCurve)?))
}

/// A member that is a positive number (`Base64urlUInt`).
fn number(jwk: &Object, member: &'static str) -> Result<BigNum, JwkError> {
    let octets = jwk.text(member)?.and_then(base64url::decode);
    octets
        .filter(|octets| !octets.is_empty())
        .and_then(|octets| BigNum::from_slice(&octets).ok())
        .ok_or(JwkError::Value(member))
}

/// A member of exactly so many octets.
fn octets(jwk: &Object, member: &'static str, length: usize) -> Result<Vec<u8>, JwkError> {
    let octets = jwk.text(member)?.and_then(base64url::decode);
    octets
        .filter(|octets| octets.len() == length)
        .ok_or(JwkError::Value(member))
}
