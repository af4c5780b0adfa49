//! The one `Reference` of a `SignedInfo` (rules B4 to B6): it covers the element that the signature stands in, and nothing else.
//!
//! Vectors: `reference-*` and `transform-*`.

use super::Trust;
use super::algorithm::{Hash, describe_refused};
use super::canonicalization::Method;
use crate::saml::base64_text::base64_text;
use crate::saml::error::{Checks, Rejection, Requirement};
use crate::saml::names;
use crate::xml::Element;

/// How the element is canonicalised, and the digest of that.
pub(super) struct Reference {
    method: Method,
    hash: Hash,
    digest: Vec<u8>,
}

impl Reference {
    /// Rule B5, and the digest's algorithm (rule B4).
    pub(super) fn parse(
        reference: Element<'_>,
        parent: Element<'_>,
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
        let method = transforms_of(*transforms, checks)?;
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
            method,
            hash,
            digest,
        })
    }
    /// The canonical octets of the element that is covered, without the signature in it.
    pub(super) fn canonicalize(
        &self,
        parent: Element<'_>,
        signature: Element<'_>,
        checks: &mut Checks,
    ) -> Result<Vec<u8>, Rejection> {
        self.method.canonicalize(parent, Some(signature), checks)
    }

    /// Whether the digest is that of these octets (rule B6).
    pub(super) fn is_digest_of(&self, octets: &[u8]) -> bool {
        self.hash.digest(octets).as_bytes() == self.digest
    }
}

/// Exactly enveloped-signature, then canonicalisation.
fn transforms_of(transforms: Element<'_>, checks: &mut Checks) -> Result<Method, Rejection> {
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
        && Method::from_uri(&algorithm(method)).is_some()
    {
        return Method::from_element(*method, checks);
    }
    let received: Vec<String> = children.iter().map(algorithm).collect();
    Err(checks.fail(
        Requirement::Reference,
        "the transforms enveloped-signature and canonicalisation",
        received.join(", "),
    ))
}
