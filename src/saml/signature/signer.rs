//! Who made a signature (rules B2, B3 and B8).
//!
//! Invariant: a [`Signer`] exists only where a key of the connection verifies the signature, with a certificate that the connection
//! takes today.
//!
//! Vectors: `signature-*` and `certificate-*`.

use super::{SignatureAlgorithm, Trust, ValidityPolicy, VerificationKey};
use crate::saml::error::{Checks, Rejection, Requirement};
use crate::saml::instant;
use std::sync::Arc;
use time::OffsetDateTime;

/// Who made a signature that verified, and how.
#[derive(Debug)]
pub struct Signer {
    algorithm: SignatureAlgorithm,
    certificate: Arc<[u8]>,
}

impl Signer {
    /// Finds the key of the connection that made a signature over octets. `otherwise` says what was expected and received where
    /// none did.
    pub(super) fn find(
        algorithm: SignatureAlgorithm,
        octets: &[u8],
        value: &[u8],
        trust: &Trust,
        now: OffsetDateTime,
        checks: &mut Checks,
        otherwise: impl FnOnce() -> (String, String),
    ) -> Result<Self, Rejection> {
        let key = verifying_key(trust, now, |key| key.verifies(algorithm, octets, value));
        let Some(key) = key else {
            let (expected, received) = otherwise();
            return Err(checks.fail(Requirement::SignatureValue, expected, received));
        };
        checks.pass(
            Requirement::SignatureValue,
            "a certificate of the connection",
            key.sha256_thumbprint().to_owned(),
        );
        check_validity(key, trust.certificate_validity, now, checks)?;
        Ok(Self {
            algorithm,
            certificate: Arc::clone(key.certificate()),
        })
    }

    /// The algorithm of the signature's value.
    pub const fn algorithm(&self) -> SignatureAlgorithm {
        self.algorithm
    }

    /// The certificate whose key made it, DER.
    pub fn certificate(&self) -> &[u8] {
        &self.certificate
    }
}

/// The certificate whose key verifies. A renewed certificate may be for the same key: the one that is in force counts.
fn verifying_key(
    trust: &Trust,
    now: OffsetDateTime,
    verifies: impl Fn(&VerificationKey) -> bool,
) -> Option<&VerificationKey> {
    let mut found = None;
    for key in &trust.keys {
        if found.is_some() && !is_in_force(key, now) {
            continue;
        }
        if verifies(key) {
            if is_in_force(key, now) {
                return Some(key);
            }
            found = Some(key);
        }
    }
    found
}

fn is_in_force(key: &VerificationKey, now: OffsetDateTime) -> bool {
    let (not_before, not_after) = key.validity();
    (not_before..=not_after).contains(&now)
}

/// Rule B8.
fn check_validity(
    key: &VerificationKey,
    policy: ValidityPolicy,
    now: OffsetDateTime,
    checks: &mut Checks,
) -> Result<(), Rejection> {
    let (not_before, not_after) = key.validity();
    let valid = is_in_force(key, now);
    let expected = format!(
        "now between {} and {}",
        instant::format(not_before),
        instant::format(not_after)
    );
    let received = instant::format(now);
    match policy {
        ValidityPolicy::Reject => {
            checks.require(valid, Requirement::CertificateValidity, expected, received)
        }
        ValidityPolicy::Warn if !valid => {
            checks.pass(
                Requirement::CertificateValidity,
                expected,
                format!("{received}: expired, accepted by the connection's setting"),
            );
            Ok(())
        }
        ValidityPolicy::Warn | ValidityPolicy::Ignore => Ok(()),
    }
}
