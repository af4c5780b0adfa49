//! RSA and ECDSA signatures over a digest, in the form that XML Signature (RFC 9231, section 2.3) and JWS (RFC 7518, section 3)
//! share: PSS with a salt as long as the digest, and ECDSA as two numbers side by side, each as long as a coordinate.
//!
//! Which keys and which algorithms will do is decided by who calls: `saml::signature` and `jose`.

use openssl::bn::BigNum;
use openssl::ec::EcKeyRef;
use openssl::ecdsa::EcdsaSig;
use openssl::error::ErrorStack;
use openssl::md::MdRef;
use openssl::pkey::{HasParams, HasPrivate, HasPublic, PKeyRef};
use openssl::pkey_ctx::{PkeyCtx, PkeyCtxRef};
use openssl::rsa::Padding;
use openssl::sign::RsaPssSaltlen;

/// Whether an RSA key made a signature over a digest; an error where OpenSSL cannot even read it.
pub fn rsa_verifies<T: HasPublic>(
    key: &PKeyRef<T>,
    padding: Padding,
    md: &MdRef,
    digest: &[u8],
    signature: &[u8],
) -> Result<bool, ErrorStack> {
    let mut context = PkeyCtx::new(key)?;
    context.verify_init()?;
    set_padding(&mut context, padding, md)?;
    context.verify(digest, signature)
}

/// An RSA key's signature over a digest.
pub fn sign_rsa<T: HasPrivate>(
    key: &PKeyRef<T>,
    padding: Padding,
    md: &MdRef,
    digest: &[u8],
) -> Result<Vec<u8>, ErrorStack> {
    let mut context = PkeyCtx::new(key)?;
    context.sign_init()?;
    set_padding(&mut context, padding, md)?;
    let mut signature = Vec::new();
    context.sign_to_vec(digest, &mut signature)?;
    Ok(signature)
}

fn set_padding<T>(
    context: &mut PkeyCtxRef<T>,
    padding: Padding,
    md: &MdRef,
) -> Result<(), ErrorStack> {
    context.set_rsa_padding(padding)?;
    context.set_signature_md(md)?;
    if padding == Padding::PKCS1_PSS {
        context.set_rsa_mgf1_md(md)?;
        context.set_rsa_pss_saltlen(RsaPssSaltlen::DIGEST_LENGTH)?;
    }
    Ok(())
}

/// Whether a key on a curve made a signature over a digest. Another length, as DER has it, is no signature.
pub fn ecdsa_verifies<T: HasPublic>(
    key: &EcKeyRef<T>,
    digest: &[u8],
    signature: &[u8],
) -> Result<bool, ErrorStack> {
    let coordinate = coordinate(key);
    if signature.len() != coordinate * 2 {
        return Ok(false);
    }
    let (r, s) = signature.split_at(coordinate);
    EcdsaSig::from_private_components(BigNum::from_slice(r)?, BigNum::from_slice(s)?)?
        .verify(digest, key)
}

/// The signature over a digest of a key on a curve.
pub fn sign_ecdsa<T: HasPrivate>(key: &EcKeyRef<T>, digest: &[u8]) -> Result<Vec<u8>, ErrorStack> {
    let pair = EcdsaSig::sign(digest, key)?;
    let length = i32::try_from(coordinate(key)).unwrap_or(i32::MAX);
    let mut signature = pair.r().to_vec_padded(length)?;
    signature.extend(pair.s().to_vec_padded(length)?);
    Ok(signature)
}

/// The octets of a coordinate.
fn coordinate<T: HasParams>(key: &EcKeyRef<T>) -> usize {
    key.group().degree().div_ceil(8) as usize
}
