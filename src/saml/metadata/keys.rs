//! Keys as metadata carries them, held to rule B4 before they are kept.

use super::IdpMetadata;
use super::error::{KeyUse, Warning};
use crate::saml::names;
use crate::saml::signature::VerificationKey;
use crate::xml::Element;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use time::OffsetDateTime;

/// Puts the key of one `KeyDescriptor` where it belongs. Only `ds:X509Certificate` is read; a bare `ds:KeyValue` has no validity to hold it to.
pub(super) fn read_keys(
    descriptor: Element<'_>,
    now: OffsetDateTime,
    idp: &mut IdpMetadata,
    warnings: &mut Vec<Warning>,
) {
    // saml-metadata 2.4.1.1: without `use` it serves both.
    let key_use = match descriptor.attribute("use") {
        None => KeyUse::Both,
        Some("signing") => KeyUse::Signing,
        Some("encryption") => KeyUse::Encryption,
        Some(_) => return,
    };
    let mut certificates = descriptor
        .children_named(names::DS, "KeyInfo")
        .flat_map(|info| info.children_named(names::DS, "X509Data"))
        .flat_map(|data| data.children_named(names::DS, "X509Certificate"));
    let found = certificates
        .next()
        .ok_or_else(|| "it comes without a certificate".to_owned())
        .and_then(|first| read_certificate(&first.text().unwrap_or_default()));
    match found {
        Ok((base64, key)) => {
            warnings.extend(not_in_force(&key, key_use, now));
            if key_use != KeyUse::Encryption {
                idp.signing_certificates.push(base64.clone());
            }
            if key_use != KeyUse::Signing {
                idp.encryption_certificates.push(base64);
            }
        }
        Err(reason) => warnings.push(Warning::KeyDropped { key_use, reason }),
    }
    // One KeyInfo names one key; what follows is the chain above it, whose keys sign certificates and no messages.
    for _ in certificates {
        warnings.push(Warning::KeyDropped {
            key_use,
            reason: "a KeyDescriptor is for one key, and only its first certificate is used"
                .to_owned(),
        });
    }
}

/// The DER encoding in base64 without white space, and the key. The error says why it cannot be used.
fn read_certificate(text: &str) -> Result<(String, VerificationKey), String> {
    let compact: String = text.split_ascii_whitespace().collect();
    let der = STANDARD
        .decode(&compact)
        .map_err(|_| "its certificate is not base64")?;
    let key = VerificationKey::from_certificate(&der).map_err(|error| error.to_string())?;
    Ok((compact, key))
}

fn not_in_force(key: &VerificationKey, key_use: KeyUse, now: OffsetDateTime) -> Option<Warning> {
    let (not_before, not_after) = key.validity();
    (now < not_before || not_after < now).then(|| Warning::CertificateNotInForce {
        key_use,
        sha1_thumbprint: key.sha1_thumbprint(),
        thumbprint: key.sha256_thumbprint().to_owned(),
        not_before,
        not_after,
        has_expired: not_after < now,
    })
}
