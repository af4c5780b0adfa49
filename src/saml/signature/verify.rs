//! Verifying an enveloped signature (rules B2 to B6, B8), and a detached one over a query string (rule A2).

use super::signed_info::{Method, SignedInfo, allowed_algorithm};
use super::{CertificateValidity, NamedCertificate, SignatureAlgorithm, Trust, VerificationKey};
use crate::saml::error::{Checks, Rejection, Requirement};
use crate::saml::names;
use crate::xml::Element;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use time::OffsetDateTime;

/// What a record says of a signature whose value is no base64: no certificate can fit it.
pub const UNREADABLE: &str = "one that is not base64";
/// The most characters of an issuer that nobody has vouched for.
const LONGEST_ISSUER: usize = 120;

/// The canonical octets of an element, signed by a key of the connection. Claims are read from these and nothing else (rule B6).
#[derive(Debug)]
pub struct SignedXml {
    octets: Vec<u8>,
    signer: Signer,
}

/// Who made a signature that verified, and how.
#[derive(Debug, Clone)]
pub struct Signer {
    /// The algorithm of the signature's value.
    pub algorithm: SignatureAlgorithm,
    /// The thumbprint of the connection's certificate, lower-case hexadecimal.
    sha256_thumbprint: String,
}

impl Signer {
    /// Whether this certificate (DER) is the one.
    pub fn used(&self, certificate: &[u8]) -> bool {
        super::key::hex(&openssl::sha::sha256(certificate)) == self.sha256_thumbprint
    }
}

impl SignedXml {
    /// The octets, without a copy, and who signed them.
    pub fn into_parts(self) -> (Vec<u8>, Signer) {
        (self.octets, self.signer)
    }

    /// Who signed them.
    pub const fn signer(&self) -> &Signer {
        &self.signer
    }

    /// The octets.
    pub fn octets(&self) -> &[u8] {
        &self.octets
    }
}

/// Verifies the `ds:Signature` that envelops `parent`, and gives the octets it covers.
pub(in crate::saml) fn verify_enveloped(
    signature: Element<'_>,
    parent: Element<'_>,
    trust: &Trust,
    now: OffsetDateTime,
    checks: &mut Checks,
) -> Result<SignedXml, Rejection> {
    let parts = Parts::of(signature, checks)?;
    if trust.keys.is_empty() {
        return Err(checks.fail(Requirement::TrustedKey, "at least one certificate", "none")); // rule B2
    }
    // Rule B3: S first; everything that follows is read from S.
    let method = Method::of(parts.canonicalization, checks)?;
    let octets = method.canonicalize(parts.signed_info, None, checks)?;
    let signed_info = SignedInfo::parse(&octets, parent, trust, checks)?;
    let value = base64_text(parts.value).ok_or_else(|| {
        checks.fail(
            Requirement::SignatureValue,
            "a signature in base64",
            UNREADABLE,
        )
    })?;
    let key = signer(trust, now, |key| {
        key.verifies(signed_info.algorithm, &octets, &value)
    });
    let Some(key) = key else {
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
        let mut expected = format!("a signature by certificate SHA-256 {}", named.join(" or "));
        let mut received = hint(parts.key_info, &configured);
        // Another tenant or application: nothing is believed, and what it calls itself says most.
        let issuer = parent.child(names::SAML, "Issuer").and_then(Element::text);
        if let Some(issuer) = issuer.filter(|issuer| !trust.is_from(issuer)) {
            let issuer: String = issuer.chars().take(LONGEST_ISSUER).collect();
            expected = format!("issuer {}, and {expected}", trust.idp_entity_id);
            received = format!("issuer {issuer}, and {received}");
        }
        return Err(checks.fail(Requirement::SignatureValue, expected, received));
    };
    checks.pass(
        Requirement::SignatureValue,
        "a certificate of the connection",
        key.sha256_thumbprint().to_owned(),
    );
    check_validity(key, trust.certificate_validity, now, checks)?;
    // Rule B6.
    let covered = signed_info
        .method
        .canonicalize(parent, Some(signature), checks)?;
    let digest = signed_info.hash.digest(&covered);
    checks.require(
        digest.as_bytes() == signed_info.digest,
        Requirement::Digest,
        "the digest that was signed",
        if digest.as_bytes() == signed_info.digest {
            "the same"
        } else {
            "another digest: the message was changed after it was signed"
        },
    )?;
    let signer = Signer {
        algorithm: signed_info.algorithm,
        sha256_thumbprint: key.sha256_thumbprint().to_owned(),
    };
    Ok(SignedXml {
        octets: covered,
        signer,
    })
}

/// Verifies a detached signature: the redirect binding's, over the raw query string (rule A2).
pub fn verify_octets(
    octets: &[u8],
    algorithm_uri: &str,
    signature: &[u8],
    trust: &Trust,
    now: OffsetDateTime,
    checks: &mut Checks,
) -> Result<(), Rejection> {
    if trust.keys.is_empty() {
        return Err(checks.fail(Requirement::TrustedKey, "at least one certificate", "none"));
    }
    let algorithm = allowed_algorithm(algorithm_uri, trust, checks)?;
    match signer(trust, now, |key| key.verifies(algorithm, octets, signature)) {
        Some(key) => {
            checks.pass(
                Requirement::SignatureValue,
                "a certificate of the connection",
                key.sha256_thumbprint().to_owned(),
            );
            check_validity(key, trust.certificate_validity, now, checks)
        }
        None => Err(checks.fail(
            Requirement::SignatureValue,
            "a certificate of the connection",
            "none verifies it",
        )),
    }
}

/// The certificate whose key verifies. A renewed certificate may be for the same key: the one that is in force counts.
fn signer(
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

/// The children of `ds:Signature`: exactly what XML Signature 1.1 section 4.1 lists, without `Object` (rule B1).
struct Parts<'d> {
    signed_info: Element<'d>,
    canonicalization: Element<'d>,
    value: Element<'d>,
    key_info: Option<Element<'d>>,
}

impl<'d> Parts<'d> {
    fn of(signature: Element<'d>, checks: &mut Checks) -> Result<Self, Rejection> {
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

/// Rule B8.
fn check_validity(
    key: &VerificationKey,
    policy: CertificateValidity,
    now: OffsetDateTime,
    checks: &mut Checks,
) -> Result<(), Rejection> {
    let (not_before, not_after) = key.validity();
    let valid = is_in_force(key, now);
    let expected = format!(
        "now between {} and {}",
        super::super::instant::format(not_before),
        super::super::instant::format(not_after)
    );
    let received = super::super::instant::format(now);
    match policy {
        CertificateValidity::Reject => {
            checks.require(valid, Requirement::CertificateValidity, expected, received)
        }
        CertificateValidity::Warn if !valid => {
            checks.pass(
                Requirement::CertificateValidity,
                expected,
                format!("{received}: expired, accepted by the connection's setting"),
            );
            Ok(())
        }
        CertificateValidity::Warn | CertificateValidity::Ignore => Ok(()),
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
    let named = certificate.map(|der| NamedCertificate::of(&der));
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

/// Base64 with white space, in an element that holds only text.
pub(in crate::saml) fn base64_text(element: Element<'_>) -> Option<Vec<u8>> {
    let text = element.text()?;
    if text.bytes().any(|byte| byte.is_ascii_whitespace()) {
        let compact: Vec<u8> = text
            .bytes()
            .filter(|byte| !byte.is_ascii_whitespace())
            .collect();
        STANDARD.decode(compact).ok()
    } else {
        STANDARD.decode(text.as_bytes()).ok()
    }
}
