//! Verifying an enveloped signature (rules B2 to B6, B8), and a detached one over a query string (rule A2).

use super::algorithm::{Hash, SignatureAlgorithm, describe_refused};
use super::{CertificateValidity, Trust, VerificationKey};
use crate::saml::error::{Checks, Rejection, Requirement};
use crate::saml::names;
use crate::xml::{Canonicalization, Document, Element, Limits, canonicalize};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use openssl::x509::X509;
use time::OffsetDateTime;

/// The canonical octets of an element, signed by a key of the connection. Claims are read from these and nothing else (rule B6).
#[derive(Debug)]
pub struct SignedXml {
    octets: Vec<u8>,
}

impl SignedXml {
    /// The octets.
    pub fn octets(&self) -> &[u8] {
        &self.octets
    }
}

/// What `SignedInfo` says, read from its own canonical octets (rule B3).
struct SignedInfo {
    algorithm: SignatureAlgorithm,
    method: Method,
    hash: Hash,
    digest: Vec<u8>,
}

/// A canonicalisation method with its prefix list.
struct Method {
    exclusive: bool,
    prefixes: Vec<String>,
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
    let octets = method.canonicalize(parts.signed_info, None);
    let signed_info = SignedInfo::parse(&octets, parent, trust, checks)?;
    let value = base64_text(parts.value)
        .ok_or_else(|| checks.fail(Requirement::SignatureValue, "base64", "something else"))?;
    let key = trust
        .keys
        .iter()
        .find(|key| key.verifies(signed_info.algorithm, &octets, &value));
    let Some(key) = key else {
        let configured: Vec<&str> = trust
            .keys
            .iter()
            .map(VerificationKey::sha256_thumbprint)
            .collect();
        let expected = format!(
            "a signature by certificate SHA-256 {}",
            configured.join(" or ")
        );
        return Err(checks.fail(
            Requirement::SignatureValue,
            expected,
            hint(parts.key_info, &configured),
        ));
    };
    checks.pass(
        Requirement::SignatureValue,
        "a certificate of the connection",
        key.sha256_thumbprint().to_owned(),
    );
    check_validity(key, trust.certificate_validity, now, checks)?;
    // Rule B6.
    let covered = signed_info.method.canonicalize(parent, Some(signature));
    let digest = signed_info.hash.digest(&covered);
    checks.require(
        digest.as_bytes() == signed_info.digest,
        Requirement::Digest,
        "the digest that was signed",
        if digest.as_bytes() == signed_info.digest {
            "the same"
        } else {
            "another: the content was changed after signing"
        },
    )?;
    Ok(SignedXml { octets: covered })
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
    match trust
        .keys
        .iter()
        .find(|key| key.verifies(algorithm, octets, signature))
    {
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

impl Method {
    /// The method of a `CanonicalizationMethod` or `Transform` (rules B4 and B5).
    fn of(element: Element<'_>, checks: &mut Checks) -> Result<Self, Rejection> {
        let uri = element.attribute("Algorithm").unwrap_or_default();
        let exclusive = match uri {
            names::EXC_C14N => true,
            names::C14N => false,
            other => {
                return Err(checks.fail(
                    Requirement::Algorithm,
                    "canonical XML 1.0, exclusive or inclusive, without comments",
                    other.to_owned(),
                ));
            }
        };
        let mut prefixes = Vec::new();
        for (at, child) in element.children().enumerate() {
            let list = child.attribute("PrefixList").filter(|_| {
                exclusive
                    && at == 0
                    && child.is(names::EXC_C14N, "InclusiveNamespaces")
                    && child.children().next().is_none()
            });
            let Some(list) = list else {
                return Err(checks.fail(
                    Requirement::Algorithm,
                    "at most one InclusiveNamespaces",
                    child.name().to_owned(),
                ));
            };
            prefixes.extend(list.split_ascii_whitespace().take(64).map(str::to_owned));
        }
        Ok(Self {
            exclusive,
            prefixes,
        })
    }

    fn canonicalize(&self, apex: Element<'_>, without: Option<Element<'_>>) -> Vec<u8> {
        if self.exclusive {
            let prefixes: Vec<&str> = self.prefixes.iter().map(String::as_str).collect();
            canonicalize(apex, without, Canonicalization::Exclusive(&prefixes))
        } else {
            canonicalize(apex, without, Canonicalization::Inclusive)
        }
    }
}

impl SignedInfo {
    fn parse(
        octets: &[u8],
        parent: Element<'_>,
        trust: &Trust,
        checks: &mut Checks,
    ) -> Result<Self, Rejection> {
        let document = Document::parse(octets, &Limits::MESSAGE).map_err(|error| {
            checks.fail(
                Requirement::WellFormed,
                "strict XML in SignedInfo",
                error.to_string(),
            )
        })?;
        let root = document.root();
        let children: Vec<Element<'_>> = root.children().take(4).collect();
        // Rule B5: exactly one Reference.
        let [_, method, reference] = children.as_slice() else {
            return Err(checks.fail(
                Requirement::Reference,
                "exactly one Reference",
                format!("{} elements in SignedInfo", children.len()),
            ));
        };
        if !method.is(names::DS, "SignatureMethod") || !reference.is(names::DS, "Reference") {
            return Err(checks.fail(
                Requirement::Reference,
                "a SignatureMethod and one Reference",
                "other elements",
            ));
        }
        let algorithm = allowed_algorithm(
            method.attribute("Algorithm").unwrap_or_default(),
            trust,
            checks,
        )?;
        if let Some(parameter) = method.children().next() {
            return Err(checks.fail(
                Requirement::Algorithm,
                "a SignatureMethod without parameters",
                parameter.name().to_owned(),
            ));
        }
        Self::parse_reference(*reference, parent, algorithm, trust, checks)
    }

    /// Rule B5, and the digest's algorithm (rule B4).
    fn parse_reference(
        reference: Element<'_>,
        parent: Element<'_>,
        algorithm: SignatureAlgorithm,
        trust: &Trust,
        checks: &mut Checks,
    ) -> Result<Self, Rejection> {
        let id = parent.attribute("ID").unwrap_or_default();
        let uri = reference.attribute("URI");
        let is_parent = !id.is_empty() && uri.and_then(|uri| uri.strip_prefix('#')) == Some(id);
        let received = uri.map_or_else(|| "no URI".to_owned(), str::to_owned);
        checks.require(
            is_parent,
            Requirement::Reference,
            format!("#{id}"),
            received,
        )?;
        let children: Vec<Element<'_>> = reference.children().take(4).collect();
        let [transforms, digest_method, digest_value] = children.as_slice() else {
            return Err(checks.fail(
                Requirement::Reference,
                "Transforms, DigestMethod, DigestValue",
                format!("{} elements", children.len()),
            ));
        };
        if !transforms.is(names::DS, "Transforms")
            || !digest_method.is(names::DS, "DigestMethod")
            || !digest_value.is(names::DS, "DigestValue")
        {
            return Err(checks.fail(
                Requirement::Reference,
                "Transforms, DigestMethod, DigestValue",
                "other elements",
            ));
        }
        let method = Self::transforms(*transforms, checks)?;
        let hash_uri = digest_method.attribute("Algorithm").unwrap_or_default();
        let hash =
            Hash::from_uri(hash_uri).filter(|hash| *hash != Hash::Sha1 || trust.danger_allow_sha1);
        let hash = hash.filter(|_| digest_method.children().next().is_none());
        let hash = hash.ok_or_else(|| {
            checks.fail(
                Requirement::Algorithm,
                "SHA-256, SHA-384 or SHA-512",
                describe_refused(hash_uri),
            )
        })?;
        let digest = base64_text(*digest_value).ok_or_else(|| {
            checks.fail(
                Requirement::Digest,
                "a base64 DigestValue",
                "something else",
            )
        })?;
        Ok(Self {
            algorithm,
            method,
            hash,
            digest,
        })
    }

    /// Exactly enveloped-signature, then canonicalisation.
    fn transforms(transforms: Element<'_>, checks: &mut Checks) -> Result<Method, Rejection> {
        let children: Vec<Element<'_>> = transforms.children().take(3).collect();
        let algorithm = |element: &Element<'_>| {
            element
                .attribute("Algorithm")
                .unwrap_or_default()
                .to_owned()
        };
        if let [enveloped, method] = children.as_slice()
            && children
                .iter()
                .all(|child| child.is(names::DS, "Transform"))
            && algorithm(enveloped) == names::ENVELOPED_SIGNATURE
            && enveloped.children().next().is_none()
            && matches!(algorithm(method).as_str(), names::EXC_C14N | names::C14N)
        {
            return Method::of(*method, checks);
        }
        let received: Vec<String> = children.iter().map(algorithm).collect();
        Err(checks.fail(
            Requirement::Reference,
            "the transforms enveloped-signature and canonicalisation",
            received.join(", "),
        ))
    }
}

fn allowed_algorithm(
    uri: &str,
    trust: &Trust,
    checks: &mut Checks,
) -> Result<SignatureAlgorithm, Rejection> {
    let algorithm = SignatureAlgorithm::from_uri(uri)
        .filter(|found| found.hash() != Hash::Sha1 || trust.danger_allow_sha1);
    let algorithm = algorithm.ok_or_else(|| {
        checks.fail(
            Requirement::Algorithm,
            "RSA, RSA-PSS or ECDSA with SHA-2",
            describe_refused(uri),
        )
    })?;
    checks.pass(
        Requirement::Algorithm,
        "RSA, RSA-PSS or ECDSA with SHA-2",
        uri.to_owned(),
    );
    Ok(algorithm)
}

/// Rule B8.
fn check_validity(
    key: &VerificationKey,
    policy: CertificateValidity,
    now: OffsetDateTime,
    checks: &mut Checks,
) -> Result<(), Rejection> {
    let (not_before, not_after) = key.validity();
    let valid = (not_before..=not_after).contains(&now);
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
    let thumbprint = certificate
        .and_then(|der| X509::from_der(&der).ok())
        .and_then(|certificate| VerificationKey::from_certificate(&certificate.to_der().ok()?).ok())
        .map(|key| key.sha256_thumbprint().to_owned());
    match thumbprint {
        Some(named) if configured.contains(&named.as_str()) => {
            format!(
                "a signature that does not verify, though the message names the configured certificate SHA-256 {named}"
            )
        }
        Some(named) => format!(
            "a signature that names certificate SHA-256 {named}, which the connection does not have"
        ),
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
