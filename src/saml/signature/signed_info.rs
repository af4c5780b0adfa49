//! What `SignedInfo` says, and the methods it names (rules B3 to B5).
//!
//! Invariant: it is read from its own canonical octets, the ones that the signature's value was verified over.

use super::Trust;
use super::algorithm::{Hash, SignatureAlgorithm, describe_refused};
use super::verify::base64_text;
use crate::saml::error::{Checks, Rejection, Requirement};
use crate::saml::names;
use crate::xml::{Canonicalization, Comments, Document, Element, Limits, canonicalize_within};

/// What `SignedInfo` says, read from its own canonical octets (rule B3).
pub(super) struct SignedInfo {
    pub(super) algorithm: SignatureAlgorithm,
    pub(super) method: Method,
    pub(super) hash: Hash,
    pub(super) digest: Vec<u8>,
}

/// A canonicalisation method with its prefix list.
pub(super) struct Method {
    exclusive: bool,
    comments: Comments,
    prefixes: Vec<String>,
}

impl Method {
    /// The method of a `CanonicalizationMethod` or `Transform` (rules B4 and B5).
    pub(super) fn of(element: Element<'_>, checks: &mut Checks) -> Result<Self, Rejection> {
        let uri = element.attribute("Algorithm").unwrap_or_default();
        let Some((exclusive, comments)) = Self::named(uri) else {
            return Err(checks.fail(
                Requirement::Algorithm,
                "canonical XML 1.0, exclusive or inclusive",
                uri.to_owned(),
            ));
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
            comments,
            prefixes,
        })
    }

    /// The methods on the list (rule B4). Comments can stay: no value is read from one, and none ends at one.
    fn named(uri: &str) -> Option<(bool, Comments)> {
        Some(match uri {
            names::EXC_C14N => (true, Comments::Dropped),
            names::EXC_C14N_WITH_COMMENTS => (true, Comments::Kept),
            names::C14N => (false, Comments::Dropped),
            names::C14N_WITH_COMMENTS => (false, Comments::Kept),
            _ => return None,
        })
    }

    pub(super) fn canonicalize(
        &self,
        apex: Element<'_>,
        without: Option<Element<'_>>,
        checks: &mut Checks,
    ) -> Result<Vec<u8>, Rejection> {
        let prefixes: Vec<&str> = self.prefixes.iter().map(String::as_str).collect();
        let method = if self.exclusive {
            Canonicalization::Exclusive(&prefixes)
        } else {
            Canonicalization::Inclusive
        };
        let octets = canonicalize_within(apex, without, method, self.comments);
        bounded(octets, checks)
    }
}

/// Rule A3: canonical octets that are many times as long as the message are a trap.
pub(in crate::saml) fn bounded(
    octets: Option<Vec<u8>>,
    checks: &mut Checks,
) -> Result<Vec<u8>, Rejection> {
    octets.ok_or_else(|| {
        checks.fail(
            Requirement::WellFormed,
            "canonical octets about as long as the message",
            "many times as long: a long namespace name that many elements repeat",
        )
    })
}

impl SignedInfo {
    pub(super) fn parse(
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
                "a DigestValue in base64",
                "one that is not base64",
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
            && Method::named(&algorithm(method)).is_some()
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

pub(super) fn allowed_algorithm(
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
