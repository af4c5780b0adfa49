//! What `SignedInfo` says (rules B3 to B5), before and after its signature was verified.
//!
//! Invariant: it is read from its own canonical octets, the ones that the signature's value is verified over; and a [`SignedInfo`]
//! is only made of an [`UnverifiedSignedInfo`] whose octets a key of the connection signed.
//!
//! ```text
//! ds:SignedInfo ─read─▶ UnverifiedSignedInfo ─verify─▶ SignedInfo ─cover─▶ SignedXml
//! ```
//!
//! Vectors: `signature-*` and `method-*`.

use super::Trust;
use super::algorithm::{Hash, SignatureAlgorithm, describe_refused};
use super::canonicalization::Method;
use super::reference::Reference;
use super::signer::Signer;
use crate::saml::error::{Checks, Rejection, Requirement};
use crate::saml::names;
use crate::xml::{Document, Element, Limits};
use time::OffsetDateTime;

/// What `SignedInfo` says, and nobody has vouched for: it tells how to verify itself, and nothing else is done with it.
pub(super) struct UnverifiedSignedInfo {
    octets: Vec<u8>,
    algorithm: SignatureAlgorithm,
    reference: Reference,
}

/// What a key of the connection has signed in `SignedInfo`: which octets its reference covers.
pub(super) struct SignedInfo {
    signer: Signer,
    reference: Reference,
}

impl UnverifiedSignedInfo {
    /// Reads a `SignedInfo` from its canonical octets (rule B3); it has to be about `parent`.
    pub(super) fn read(
        signed_info: Element<'_>,
        canonicalization: Element<'_>,
        parent: Element<'_>,
        trust: &Trust,
        checks: &mut Checks,
    ) -> Result<Self, Rejection> {
        let method = Method::from_element(canonicalization, checks)?;
        let octets = method.canonicalize(signed_info, None, checks)?;
        let (algorithm, reference) = parse(&octets, parent, trust, checks)?;
        Ok(Self {
            octets,
            algorithm,
            reference,
        })
    }

    /// Verifies the signature's value over the octets (rules B3 and B8). `otherwise` says what was expected and received where no
    /// key of the connection made it.
    pub(super) fn verify(
        self,
        value: &[u8],
        trust: &Trust,
        now: OffsetDateTime,
        checks: &mut Checks,
        otherwise: impl FnOnce() -> (String, String),
    ) -> Result<SignedInfo, Rejection> {
        let (algorithm, octets) = (self.algorithm, self.octets.as_slice());
        Ok(SignedInfo {
            signer: Signer::find(algorithm, octets, value, trust, now, checks, otherwise)?,
            reference: self.reference,
        })
    }
}

impl SignedInfo {
    /// What its reference covers.
    pub(super) const fn reference(&self) -> &Reference {
        &self.reference
    }

    /// Who signed it.
    pub(super) fn into_signer(self) -> Signer {
        self.signer
    }
}

fn parse(
    octets: &[u8],
    parent: Element<'_>,
    trust: &Trust,
    checks: &mut Checks,
) -> Result<(SignatureAlgorithm, Reference), Rejection> {
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
    let reference = Reference::parse(*reference, parent, trust, checks)?;
    Ok((algorithm, reference))
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
