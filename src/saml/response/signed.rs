//! The assertion and what covers it (rules B1, B7, C, G).
//!
//! Invariant: the octets of a [`SignedAssertion`] are canonical and signed, by its own signature or by the Response's, and what a
//! signed Response says is read from its signed octets.
//!
//! Vectors: `wrapped-*`, `xsw-*`, `signature-*`, `required-*` and `encrypted-*`. The signature itself is the room's `signature`.

use super::ParsedResponse;
use super::check::check_response;
use crate::saml::encryption::{self, Cover};
use crate::saml::error::{Checks, Rejection, Requirement};
use crate::saml::expectation::{Expectation, ResponseTerms};
use crate::saml::message::follows_issuer;
use crate::saml::names;
use crate::saml::signature::{
    SignatureCoverage, SignedXml, Signer, Trust, bounded, verify_enveloped,
};
use crate::xml::{Canonicalization, Comments, Document, Element, Limits, canonicalize_within};
use std::borrow::Cow;
use time::OffsetDateTime;

/// What a record says when the assertion's signature verifies beside a Response's that does not (rule B7).
pub(in crate::saml) const ONLY_ASSERTION_VERIFIES: &str =
    "the assertion's signature verifies, the Response's does not";

/// The octets of an assertion that a key of the connection signed, in a Response that is for us.
#[derive(Debug)]
pub struct SignedAssertion<'a> {
    received: &'a [u8],
    terms: ResponseTerms<'a>,
    response: Option<SignedXml>,
    response_issuer: Option<String>,
    covered: Covered,
}

impl<'a> ParsedResponse<'a> {
    /// Verifies the signatures, and takes out the assertion that they cover (rules B, C and G).
    pub fn verify(
        &self,
        trust: &'a Trust,
        expectation: &'a Expectation,
        now: OffsetDateTime,
        checks: &mut Checks,
    ) -> Result<SignedAssertion<'a>, Rejection> {
        let root = self.document.root();
        let signatures = Signatures::find(root, checks)?;
        // What a signed Response says is read from its signed octets, like everything else (rule B6).
        let signed = match signatures.response {
            Some(signature) => match verify_enveloped(signature, root, trust, now, checks) {
                Ok(signed) => Some(signed),
                Err(rejection) => {
                    return Err(
                        only_assertion_verifies(&rejection, root, trust, now, checks)
                            .unwrap_or(rejection),
                    );
                }
            },
            None => None,
        };
        let reparsed = signed
            .as_ref()
            .map(|signed| parse_signed(signed, checks))
            .transpose()?;
        let response = reparsed.as_ref().map_or(root, Document::root);
        check_response(response, signed.is_some(), expectation, now, checks)?;
        let covered = Covered::open(root, response, trust, now, checks)?;
        covered.check_coverage(trust.required_signature, checks)?;
        let issuer = response.child(names::SAML, "Issuer");
        let response_issuer =
            issuer.map(|issuer| issuer.text().map_or_else(String::new, Cow::into_owned));
        drop(reparsed);
        Ok(SignedAssertion {
            received: self.octets,
            terms: ResponseTerms {
                trust,
                expectation,
                now,
            },
            response: signed,
            response_issuer,
            covered,
        })
    }
}

impl SignedAssertion<'_> {
    /// The whole message as it came.
    pub(in crate::saml) const fn received(&self) -> &[u8] {
        self.received
    }

    /// By what the message is judged.
    pub(in crate::saml) const fn terms(&self) -> ResponseTerms<'_> {
        self.terms
    }

    /// What the Response's signature covers, when it has one.
    pub(in crate::saml) const fn response(&self) -> Option<&SignedXml> {
        self.response.as_ref()
    }

    /// The Response's own issuer, when it names one.
    pub(in crate::saml) fn response_issuer(&self) -> Option<&str> {
        self.response_issuer.as_deref()
    }

    /// The assertion's octets.
    pub(in crate::saml) fn octets(&self) -> &[u8] {
        &self.covered.octets
    }

    /// Who made the assertion's own signature, when it has one.
    pub(in crate::saml) const fn signer(&self) -> Option<&Signer> {
        self.covered.signer.as_ref()
    }

    /// What an encrypted assertion was opened to, as its own signature was made in it.
    pub(in crate::saml) fn opened(&self) -> Option<&[u8]> {
        self.covered.opened.as_deref()
    }
}

fn parse_signed<'s>(signed: &'s SignedXml, checks: &mut Checks) -> Result<Document<'s>, Rejection> {
    Document::parse(signed.octets(), &Limits::MESSAGE).map_err(|error| {
        checks.fail(
            Requirement::WellFormed,
            "strict XML in the signed Response",
            error.to_string(),
        )
    })
}

/// The assertion's octets with what covers them.
#[derive(Debug)]
struct Covered {
    octets: Vec<u8>,
    response_signed: bool,
    signer: Option<Signer>,
    opened: Option<Vec<u8>>,
}

impl Covered {
    /// Takes the one assertion of a Response, decrypting it and verifying its own signature where there is one.
    ///
    /// `response` is `received` itself, or what its signature covers. An assertion's own signature is verified where it was
    /// made: the canonical octets of the Response no longer hold the namespaces that an `InclusiveNamespaces` may name.
    fn open(
        received: Element<'_>,
        response: Element<'_>,
        trust: &Trust,
        now: OffsetDateTime,
        checks: &mut Checks,
    ) -> Result<Self, Rejection> {
        let response_signed = response != received;
        let mut found = response.children().filter(|child| is_assertion(*child));
        let (Some(assertion), None) = (found.next(), found.next()) else {
            let count = response
                .children()
                .filter(|child| is_assertion(*child))
                .count();
            return Err(checks.fail(
                Requirement::ResponseShape,
                "exactly one assertion",
                count.to_string(),
            ));
        };
        if assertion.local_name() == "Assertion" {
            let signed_where = received
                .child(names::SAML, "Assertion")
                .filter(|it| it.child(names::DS, "Signature").is_some());
            return Self::verify(
                signed_where.unwrap_or(assertion),
                response_signed,
                trust,
                now,
                checks,
            );
        }
        let cover = match (response_signed, trust.danger_accept_cbc) {
            (true, _) => Cover::Signed,
            (false, true) => Cover::Dangerous,
            (false, false) => Cover::Open,
        };
        let plain = encryption::decrypt(assertion, &trust.decryption_keys, cover, checks)?;
        let (verified, opened) = plain.read("Assertion", checks, |inner, checks| {
            Signatures::find_in_assertion(inner, checks)?;
            Self::verify(inner, response_signed, trust, now, checks)
        })?;
        Ok(Self {
            opened: Some(opened),
            ..verified
        })
    }

    fn verify(
        assertion: Element<'_>,
        response_signed: bool,
        trust: &Trust,
        now: OffsetDateTime,
        checks: &mut Checks,
    ) -> Result<Self, Rejection> {
        let signature = assertion.child(names::DS, "Signature");
        let (octets, signer) = match signature {
            Some(signature) => {
                let (octets, by) =
                    verify_enveloped(signature, assertion, trust, now, checks)?.into_parts();
                (octets, Some(by))
            }
            None if response_signed => {
                let method = Canonicalization::Exclusive(&[]);
                let octets = canonicalize_within(assertion, None, method, Comments::Dropped);
                let octets = bounded(octets, checks)?;
                (octets, None)
            }
            None => {
                return Err(checks.fail(
                    Requirement::Coverage,
                    "a signed assertion or a signed Response",
                    "no signature",
                ));
            }
        };
        Ok(Self {
            octets,
            response_signed,
            signer,
            opened: None,
        })
    }

    /// Rule B7.
    fn check_coverage(
        &self,
        required: SignatureCoverage,
        checks: &mut Checks,
    ) -> Result<(), Rejection> {
        let (response, assertion) = (self.response_signed, self.signer.is_some());
        let (met, expected) = match required {
            SignatureCoverage::Either => (
                response || assertion,
                "a signed assertion or a signed Response",
            ),
            SignatureCoverage::Assertion => (assertion, "a signed assertion"),
            SignatureCoverage::Response => (response, "a signed Response"),
            SignatureCoverage::Both => (
                response && assertion,
                "a signed Response and a signed assertion",
            ),
        };
        let received = match (response, assertion) {
            (true, true) => "both signed",
            (true, false) => "the Response is signed",
            (false, true) => "the assertion is signed",
            (false, false) => "no signature",
        };
        checks.require(met, Requirement::Coverage, expected, received)
    }
}

/// The signatures of a message, each in its place (rule B1).
struct Signatures<'d> {
    response: Option<Element<'d>>,
}

impl<'d> Signatures<'d> {
    fn find(root: Element<'d>, checks: &mut Checks) -> Result<Self, Rejection> {
        let assertion = root
            .children()
            .find(|child| child.is(names::SAML, "Assertion"));
        for element in root.descendants().skip(1) {
            // Rule C1: no second assertion or Response anywhere, so that none can be mistaken for the first.
            let nested = is_assertion(element) && element.parent() != Some(root)
                || element.is(names::SAMLP, "Response");
            if nested {
                return Err(checks.fail(
                    Requirement::ResponseShape,
                    "exactly one assertion, directly in the Response",
                    format!("a nested {}", element.name()),
                ));
            }
            if !element.is(names::DS, "Signature") {
                continue;
            }
            let parent = element.parent();
            if !(parent == Some(root) || parent.is_some() && parent == assertion)
                || !follows_issuer(element)
            {
                return Err(misplaced(element, checks));
            }
        }
        Ok(Self {
            response: root.child(names::DS, "Signature"),
        })
    }

    /// The same for an assertion that was encrypted.
    fn find_in_assertion(assertion: Element<'_>, checks: &mut Checks) -> Result<(), Rejection> {
        for element in assertion.descendants().skip(1) {
            if is_assertion(element) || element.is(names::SAMLP, "Response") {
                return Err(checks.fail(
                    Requirement::ResponseShape,
                    "exactly one assertion",
                    format!("a nested {}", element.name()),
                ));
            }
            if element.is(names::DS, "Signature")
                && !(element.parent() == Some(assertion) && follows_issuer(element))
            {
                return Err(misplaced(element, checks));
            }
        }
        Ok(())
    }
}

/// Rule B7: where both are signed, both must verify. Says so when only the assertion's signature does; a signature of the
/// Response that is refused for what it is, and not for what it covers, keeps its own reason.
fn only_assertion_verifies(
    rejection: &Rejection,
    root: Element<'_>,
    trust: &Trust,
    now: OffsetDateTime,
    checks: &mut Checks,
) -> Option<Rejection> {
    if !matches!(
        rejection.requirement,
        Requirement::SignatureValue | Requirement::Digest
    ) {
        return None;
    }
    let assertion = root.child(names::SAML, "Assertion")?;
    let signature = assertion.child(names::DS, "Signature")?;
    verify_enveloped(signature, assertion, trust, now, checks).ok()?;
    Some(checks.fail(
        Requirement::Coverage,
        "both signatures verify, as both are there",
        ONLY_ASSERTION_VERIFIES,
    ))
}

fn misplaced(signature: Element<'_>, checks: &mut Checks) -> Rejection {
    let parent = signature
        .parent()
        .map_or("nothing", Element::name)
        .to_owned();
    checks.fail(
        Requirement::SignaturePlacement,
        "one Signature after the Issuer of the Response or of its assertion",
        format!("a Signature in {parent}"),
    )
}

fn is_assertion(element: Element<'_>) -> bool {
    matches!(element.local_name(), "Assertion" | "EncryptedAssertion")
        && element.namespace() == names::SAML
}
