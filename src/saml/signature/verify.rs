//! Verifying an enveloped signature (rules B2 to B6, B8), and a detached one over a query string (rule A2).
//!
//! Vectors: `signature-*`, `wrapped-*` and `xsw-*`. The other half is `sign.rs`.

use super::signed_info::{UnverifiedSignedInfo, allowed_algorithm};
use super::signed_xml::SignedXml;
use super::signer::Signer;
use super::{NamedCertificate, Trust, VerificationKey};
use crate::saml::base64_text::base64_text;
use crate::saml::error::{Checks, Rejection, Requirement};
use crate::saml::names;
use crate::xml::Element;
use time::OffsetDateTime;

/// What a record says of a signature whose value is no base64: no certificate can fit it.
pub const UNREADABLE: &str = "one that is not base64";
/// The most characters of an issuer that nobody has vouched for.
const LONGEST_ISSUER: usize = 120;

/// Verifies the `ds:Signature` that envelops `parent`, and gives the octets it covers.
pub(in crate::saml) fn verify_enveloped(
    signature: Element<'_>,
    parent: Element<'_>,
    trust: &Trust,
    now: OffsetDateTime,
    checks: &mut Checks,
) -> Result<SignedXml, Rejection> {
    let parts = SignatureParts::from_element(signature, checks)?;
    if trust.keys.is_empty() {
        return Err(checks.fail(Requirement::TrustedKey, "at least one certificate", "none")); // rule B2
    }
    // Rule B3: S first; everything that follows is read from S.
    let unverified = UnverifiedSignedInfo::read(
        parts.signed_info,
        parts.canonicalization,
        parent,
        trust,
        checks,
    )?;
    let value = base64_text(parts.value).ok_or_else(|| {
        checks.fail(
            Requirement::SignatureValue,
            "a signature in base64",
            UNREADABLE,
        )
    })?;
    let otherwise = || by_another_key(parent, parts.key_info, trust);
    unverified
        .verify(&value, trust, now, checks, otherwise)?
        .cover(parent, signature, checks)
}

/// What was expected and received where no key of the connection made the signature.
fn by_another_key(
    parent: Element<'_>,
    key_info: Option<Element<'_>>,
    trust: &Trust,
) -> (String, String) {
    let configured: Vec<&str> = trust
        .keys
        .iter()
        .map(VerificationKey::sha256_thumbprint)
        .collect();
    // SHA-1 as well: it is the thumbprint on Entra's page.
    let named: Vec<String> = trust
        .keys
        .iter()
        .map(|key| {
            format!(
                "{} / SHA-1 {}",
                key.sha256_thumbprint(),
                key.sha1_thumbprint()
            )
        })
        .collect();
    let expected = format!("a signature by certificate SHA-256 {}", named.join(" or "));
    let received = hint(key_info, &configured);
    // Another tenant or application: nothing is believed, and what it calls itself says most.
    let issuer = parent.child(names::SAML, "Issuer").and_then(Element::text);
    match issuer.filter(|issuer| !trust.is_from(issuer)) {
        None => (expected, received),
        Some(issuer) => {
            let issuer: String = issuer.chars().take(LONGEST_ISSUER).collect();
            (
                format!("issuer {}, and {expected}", trust.idp_entity_id),
                format!("issuer {issuer}, and {received}"),
            )
        }
    }
}

/// Verifies a detached signature: the redirect binding's, over the raw query string (rule A2). Gives who made it.
pub fn verify_octets(
    octets: &[u8],
    algorithm_uri: &str,
    signature: &[u8],
    trust: &Trust,
    now: OffsetDateTime,
    checks: &mut Checks,
) -> Result<Signer, Rejection> {
    if trust.keys.is_empty() {
        return Err(checks.fail(Requirement::TrustedKey, "at least one certificate", "none"));
    }
    let algorithm = allowed_algorithm(algorithm_uri, trust, checks)?;
    let otherwise = || {
        let expected = "a certificate of the connection";
        (expected.to_owned(), "none verifies it".to_owned())
    };
    Signer::find(algorithm, octets, signature, trust, now, checks, otherwise)
}

/// The children of `ds:Signature`: exactly what XML Signature 1.1 section 4.1 lists, without `Object` (rule B1).
struct SignatureParts<'d> {
    signed_info: Element<'d>,
    canonicalization: Element<'d>,
    value: Element<'d>,
    key_info: Option<Element<'d>>,
}

impl<'d> SignatureParts<'d> {
    fn from_element(signature: Element<'d>, checks: &mut Checks) -> Result<Self, Rejection> {
        let children: Vec<Element<'d>> = signature.children().take(4).collect();
        let names: Vec<&str> = children
            .iter()
            .map(|child| {
                if child.namespace() == names::DS {
                    child.local_name()
                } else {
                    ""
                }
            })
            .collect();
        let found = match (names.as_slice(), children.as_slice()) {
            (["SignedInfo", "SignatureValue"], [signed_info, value]) => {
                Some((*signed_info, *value, None))
            }
            (["SignedInfo", "SignatureValue", "KeyInfo"], [signed_info, value, key_info]) => {
                Some((*signed_info, *value, Some(*key_info)))
            }
            _ => None,
        };
        let Some((signed_info, value, key_info)) = found else {
            return Err(checks.fail(
                Requirement::SignaturePlacement,
                "SignedInfo, SignatureValue and at most one KeyInfo",
                names.join(", "),
            ));
        };
        let canonicalization = signed_info
            .children()
            .next()
            .filter(|first| first.is(names::DS, "CanonicalizationMethod"));
        let canonicalization = canonicalization.ok_or_else(|| {
            checks.fail(Requirement::Algorithm, "a CanonicalizationMethod", "none")
        })?;
        Ok(Self {
            signed_info,
            canonicalization,
            value,
            key_info,
        })
    }
}

/// What the message says of its own key. Never trusted: a hint for the record (rule B2).
fn hint(key_info: Option<Element<'_>>, configured: &[&str]) -> String {
    let certificate = key_info.and_then(|key_info| {
        key_info
            .descendants()
            .find(|element| element.is(names::DS, "X509Certificate"))
            .and_then(base64_text)
    });
    let named = certificate.map(|der| NamedCertificate::from_der(&der));
    match named {
        Some(named) if configured.contains(&named.sha256.as_str()) => {
            format!(
                "a signature that does not verify, though the message names the configured {named}"
            )
        }
        Some(named) => {
            format!("a signature that names {named}, which the connection does not have")
        }
        None => "a signature that no certificate of the connection verifies".to_owned(),
    }
}
