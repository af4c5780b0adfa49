//! Keys as metadata carries them, held to rule B4 before they are kept.

use super::IdpMetadata;
use super::error::{KeyUse, MetadataWarning};
use crate::saml::certificate_text::certificates_of;
use crate::saml::names;
use crate::saml::signature::{KeyError, VerificationKey};
use crate::xml::Element;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use time::OffsetDateTime;

/// Puts the keys of one `KeyDescriptor` where they belong, and gives the names on the certificates that sign. Only `ds:X509Certificate` is read; a bare `ds:KeyValue` has no validity to hold it to.
pub(super) fn read_keys(
    descriptor: Element<'_>,
    now: OffsetDateTime,
    idp: &mut IdpMetadata,
    warnings: &mut Vec<MetadataWarning>,
) -> Vec<String> {
    // saml-metadata 2.4.1.1: without `use` it serves both.
    let key_use = match descriptor.attribute("use") {
        None => KeyUse::Both,
        Some("signing") => KeyUse::Signing,
        Some("encryption") => KeyUse::Encryption,
        Some(_) => return Vec::new(),
    };
    let parts = descriptor
        .children_named(names::DS, "KeyInfo")
        .flat_map(|info| info.children_named(names::DS, "X509Data"));
    let mut found = Vec::new();
    // Each X509Data is a key: some products write the next one into a second.
    for part in parts {
        found.extend(read_data(part));
    }
    if found.is_empty() {
        found.push(Err("it comes without a certificate".to_owned()));
    }
    let mut subjects = Vec::new();
    for one in found {
        let (base64, key) = match one {
            Ok(certificate) => certificate,
            Err(reason) => {
                warnings.push(MetadataWarning::KeyDropped { key_use, reason });
                continue;
            }
        };
        warnings.extend(not_in_force(&key, key_use, now));
        if key_use != KeyUse::Encryption {
            subjects.push(key.subject().to_owned());
            idp.signing_certificates.push(base64.clone());
        }
        if key_use != KeyUse::Signing {
            idp.encryption_certificates.push(base64);
        }
    }
    subjects
}

type Certificate = (String, VerificationKey);

/// The certificate of one `X509Data`, and why others of it are left out.
fn read_data(data: Element<'_>) -> Vec<Result<Certificate, String>> {
    let mut read = Vec::new();
    for (place, element) in data
        .children_named(names::DS, "X509Certificate")
        .enumerate()
    {
        let text = element.text().unwrap_or_default();
        let all = certificates_of(&text).unwrap_or_default();
        let more = all.len().saturating_sub(1);
        if place == 0 {
            read.push(match all.first() {
                Some(der) => read_certificate(der).map_err(|error| error.to_string()),
                None => Err(NOT_ONE.to_owned()),
            });
        } else {
            read.push(Err(CHAIN.to_owned()));
        }
        read.extend((0..more).map(|_| Err(CHAIN.to_owned())));
    }
    read
}

const NOT_ONE: &str = "what stands in the place of its certificate is neither Base64 nor PEM";
/// XML Signature 4.5.4.
const CHAIN: &str = "a key has one certificate, and those that follow it in its X509Data are the chain above it, whose keys sign certificates and no messages";

/// The DER encoding in base64 without white space, and the key. The error says why it cannot be used.
fn read_certificate(der: &[u8]) -> Result<Certificate, KeyError> {
    let key = VerificationKey::from_certificate(der)?;
    Ok((STANDARD.encode(der), key))
}

fn not_in_force(
    key: &VerificationKey,
    key_use: KeyUse,
    now: OffsetDateTime,
) -> Option<MetadataWarning> {
    let (not_before, not_after) = key.validity();
    (now < not_before || not_after < now).then(|| MetadataWarning::CertificateNotInForce {
        key_use,
        sha1_thumbprint: key.sha1_thumbprint(),
        thumbprint: key.sha256_thumbprint().to_owned(),
        not_before,
        not_after,
        has_expired: not_after < now,
    })
}
