//! A key pair for one connection, with a certificate for the provider (rule N3).

use openssl::ec::{EcGroup, EcKey};
use openssl::error::ErrorStack;
use openssl::hash::{MessageDigest, hash};
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use time::{Duration, OffsetDateTime};

use super::files::{RSA_BITS, self_signed};
use super::hex;

/// How long its certificate counts: as long as the longest secret at Entra.
const DAYS: i64 = 731;

/// What kind of key it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PairKind {
    /// RSA with 3,072 bits.
    Rsa,
    /// ECDSA on P-256.
    P256,
}

/// A pair that was just made. It is not shown.
pub struct NewClientPair {
    /// The private key: PKCS #8 in DER.
    pub private: Vec<u8>,
    /// Its certificate, in DER.
    pub certificate: Vec<u8>,
    /// The certificate's SHA-1 and SHA-256 in upper-case hexadecimal.
    pub sha1: String,
    pub sha256: String,
    /// When the certificate ends.
    pub expires_at: OffsetDateTime,
}

impl NewClientPair {
    /// Makes one; that takes a processor some tenths of a second.
    pub fn make(
        kind: PairKind,
        common_name: &str,
        now: OffsetDateTime,
    ) -> Result<Self, ErrorStack> {
        let key = match kind {
            PairKind::Rsa => PKey::from_rsa(Rsa::generate(RSA_BITS)?)?,
            PairKind::P256 => p256()?,
        };
        let certificate = self_signed(&key, common_name, DAYS, now)?.to_der()?;
        let print = |digest| Ok::<_, ErrorStack>(hex(&hash(digest, &certificate)?).to_uppercase());
        Ok(Self {
            private: key.private_key_to_pkcs8()?,
            sha1: print(MessageDigest::sha1())?,
            sha256: print(MessageDigest::sha256())?,
            certificate,
            // The certificate began a day ago, for clocks that are behind.
            expires_at: (now + Duration::days(DAYS - 1))
                .replace_nanosecond(0)
                .unwrap_or(now),
        })
    }
}

/// A new key on P-256.
pub(super) fn p256() -> Result<PKey<Private>, ErrorStack> {
    let curve = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1)?;
    PKey::from_ec_key(EcKey::generate(&curve)?)
}

impl std::fmt::Debug for NewClientPair {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewClientPair")
            .field("sha256", &self.sha256)
            .finish_non_exhaustive()
    }
}
