//! The verdict on a Response (rules A3 to C5, and D through [`super::assertion`]).
//!
//! Invariant: a [`ValidatedAssertion`] is read from octets that a key of the connection signed, and exists only after every
//! check has passed. The function is pure: octets, trust, expectation and time in, verdict out.

use super::assertion::{self, ValidatedAssertion};
use super::encryption;
use super::error::{Check, Checks, Rejection, Requirement};
use super::instant;
use super::names;
use super::signature::{RequiredSignature, SignedXml, Trust, verify_enveloped};
use crate::xml::{Document, Element, Limits, is_ncname};
use std::borrow::Cow;
use std::collections::HashSet;
use time::{Duration, OffsetDateTime};

/// What a Response must say to be the answer that this sign-in waits for.
#[derive(Debug, Clone)]
pub struct Expectation {
    /// Our entity ID: the audience (rule D4).
    pub entity_id: String,
    /// Further audiences that the connection accepts.
    pub extra_audiences: Vec<String>,
    /// Our assertion consumer service (rules C3 and D2).
    pub acs_url: String,
    /// The request's ID; `None` for an unsolicited Response, which must not answer any request (rules D2 and E5).
    pub request_id: Option<String>,
    /// The NameID format of the connection; `None` accepts any (rule D7).
    pub name_id_format: Option<String>,
    /// An attribute that identifies users instead of the NameID (rule D7).
    pub identity_attribute: Option<String>,
    /// Tolerance for clocks, 0 to 300 seconds (rule D3).
    pub clock_skew: Duration,
    /// Accept an assertion without an `AuthnStatement` (rule D6): Keycloak can be set to leave it out.
    pub authn_statement_optional: bool,
}

/// The verdict, and every check that led to it.
#[derive(Debug)]
pub struct Verdict {
    /// The checks in the order in which they were made.
    pub checks: Vec<Check>,
    /// The validated assertion, or the one check that failed.
    pub outcome: Result<ValidatedAssertion, Rejection>,
}

/// Judges a Response.
pub fn validate(
    octets: &[u8],
    trust: &Trust,
    expectation: &Expectation,
    now: OffsetDateTime,
) -> Verdict {
    let mut checks = Checks::new();
    let outcome = ParsedResponse::parse_into(octets, &mut checks)
        .and_then(|parsed| parsed.judge(trust, expectation, now, &mut checks));
    Verdict {
        checks: checks.into_vec(),
        outcome,
    }
}

/// A Response that is strict XML of the right kind; nothing in it is trusted.
#[derive(Debug)]
pub struct ParsedResponse<'a> {
    document: Document<'a>,
}

impl<'a> ParsedResponse<'a> {
    /// Parses a Response (rules A3, A4, C1).
    pub fn parse(octets: &'a [u8]) -> Result<Self, (Rejection, Vec<Check>)> {
        let mut checks = Checks::new();
        Self::parse_into(octets, &mut checks).map_err(|rejection| (rejection, checks.into_vec()))
    }

    fn parse_into(octets: &'a [u8], checks: &mut Checks) -> Result<Self, Rejection> {
        let document = Document::parse(octets, &Limits::MESSAGE).map_err(|error| {
            checks.fail(Requirement::WellFormed, "strict XML", error.to_string())
        })?;
        checks.pass(Requirement::WellFormed, "strict XML", "strict XML");
        check_ids(&document, checks)?;
        let root = document.root();
        let is_response = root.is(names::SAMLP, "Response");
        checks.require(
            is_response,
            Requirement::ResponseShape,
            "samlp:Response",
            root.name().to_owned(),
        )?;
        let version = root.attribute("Version").unwrap_or_default();
        checks.require(
            version == "2.0",
            Requirement::ResponseShape,
            "Version 2.0",
            version.to_owned(),
        )?;
        Ok(Self { document })
    }

    /// The request that the Response says it answers, from anywhere it may say so. Not trusted.
    pub fn in_response_to(&self) -> Option<&str> {
        let root = self.document.root();
        root.attribute("InResponseTo").or_else(|| {
            root.descendants()
                .filter(|element| element.is(names::SAML, "SubjectConfirmationData"))
                .find_map(|element| element.attribute("InResponseTo"))
        })
    }

    /// The issuer that the Response names. Not trusted: it only helps to choose where to send the user (rule E5).
    pub fn issuer(&self) -> Option<Cow<'_, str>> {
        let root = self.document.root();
        let own = root.child(names::SAML, "Issuer");
        own.or_else(|| {
            root.child(names::SAML, "Assertion")?
                .child(names::SAML, "Issuer")
        })
        .and_then(Element::text)
    }

    /// Judges the Response.
    pub fn validate(
        &self,
        trust: &Trust,
        expectation: &Expectation,
        now: OffsetDateTime,
    ) -> Verdict {
        let mut checks = Checks::new();
        checks.pass(Requirement::WellFormed, "strict XML", "strict XML");
        let outcome = self.judge(trust, expectation, now, &mut checks);
        Verdict {
            checks: checks.into_vec(),
            outcome,
        }
    }

    fn judge(
        &self,
        trust: &Trust,
        expectation: &Expectation,
        now: OffsetDateTime,
        checks: &mut Checks,
    ) -> Result<ValidatedAssertion, Rejection> {
        let root = self.document.root();
        let signatures = Signatures::find(root, checks)?;
        // What a signed Response says is read from its signed octets, like everything else (rule B6).
        let signed = match signatures.response {
            Some(signature) => match verify_enveloped(signature, root, trust, now, checks) {
                Ok(signed) => Some(signed),
                Err(rejection) => {
                    return Err(
                        only_assertion_verifies(root, trust, now, checks).unwrap_or(rejection)
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
        let assertion = SignedAssertion::open(response, signed.is_some(), trust, now, checks)?;
        assertion.check_coverage(trust.required_signature, checks)?;
        let document = Document::parse(&assertion.octets, &Limits::MESSAGE).map_err(|error| {
            checks.fail(
                Requirement::WellFormed,
                "strict XML in the assertion",
                error.to_string(),
            )
        })?;
        check_response_issuer(response, document.root(), checks)?;
        assertion::validate(document.root(), trust, expectation, now, checks)
    }
}

/// The assertion's octets with what covers them.
struct SignedAssertion {
    octets: Vec<u8>,
    response_signed: bool,
    assertion_signed: bool,
}

impl SignedAssertion {
    /// Takes the one assertion of a Response, decrypting it and verifying its own signature where there is one.
    fn open(
        response: Element<'_>,
        response_signed: bool,
        trust: &Trust,
        now: OffsetDateTime,
        checks: &mut Checks,
    ) -> Result<Self, Rejection> {
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
            return Self::verify(assertion, response_signed, trust, now, checks);
        }
        let plain =
            encryption::decrypt(assertion, &trust.decryption_keys, response_signed, checks)?;
        let wrapped;
        let document = if let Ok(document) = Document::parse(&plain, &Limits::MESSAGE) {
            document
        } else {
            // XML Encryption 1.1, section 4.4: the plaintext may lean on the namespaces around it.
            wrapped = with_namespaces_of(assertion, &plain);
            Document::parse(&wrapped, &Limits::MESSAGE)
                .map_err(|_| encryption::decryption_failed(checks))?
        };
        let root = document.root();
        let inner = if root.is("", "context") {
            root.children().next().unwrap_or(root)
        } else {
            root
        };
        if !inner.is(names::SAML, "Assertion") {
            return Err(encryption::decryption_failed(checks)); // rule G3
        }
        check_ids(&document, checks)?;
        Signatures::find_in_assertion(inner, checks)?;
        Self::verify(inner, response_signed, trust, now, checks)
    }

    fn verify(
        assertion: Element<'_>,
        response_signed: bool,
        trust: &Trust,
        now: OffsetDateTime,
        checks: &mut Checks,
    ) -> Result<Self, Rejection> {
        let signature = assertion.child(names::DS, "Signature");
        let octets = match signature {
            Some(signature) => verify_enveloped(signature, assertion, trust, now, checks)?
                .octets()
                .to_vec(),
            None if response_signed => crate::xml::canonicalize(
                assertion,
                None,
                crate::xml::Canonicalization::Exclusive(&[]),
            ),
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
            assertion_signed: signature.is_some(),
        })
    }

    /// Rule B7.
    fn check_coverage(
        &self,
        required: RequiredSignature,
        checks: &mut Checks,
    ) -> Result<(), Rejection> {
        let (response, assertion) = (self.response_signed, self.assertion_signed);
        let (met, expected) = match required {
            RequiredSignature::Either => (
                response || assertion,
                "a signed assertion or a signed Response",
            ),
            RequiredSignature::Assertion => (assertion, "a signed assertion"),
            RequiredSignature::Response => (response, "a signed Response"),
            RequiredSignature::Both => (
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

/// Rule B7: where both are signed, both must verify. Says so when only the assertion's signature does.
fn only_assertion_verifies(
    root: Element<'_>,
    trust: &Trust,
    now: OffsetDateTime,
    checks: &mut Checks,
) -> Option<Rejection> {
    let assertion = root.child(names::SAML, "Assertion")?;
    let signature = assertion.child(names::DS, "Signature")?;
    verify_enveloped(signature, assertion, trust, now, checks).ok()?;
    Some(checks.fail(
        Requirement::Coverage,
        "both signatures verify, as both are there",
        "the assertion's signature verifies, the Response's does not",
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

/// Whether a signature is the second child of its parent, right after the Issuer.
fn follows_issuer(signature: Element<'_>) -> bool {
    let Some(parent) = signature.parent() else {
        return false;
    };
    let mut children = parent.children();
    children
        .next()
        .is_some_and(|first| first.is(names::SAML, "Issuer"))
        && children.next() == Some(signature)
}

fn is_assertion(element: Element<'_>) -> bool {
    element.namespace() == names::SAML
        && matches!(element.local_name(), "Assertion" | "EncryptedAssertion")
}

/// Rule A4: identifiers are `NCName`s and distinct, whatever the case of their attribute's name.
pub(super) fn check_ids(document: &Document<'_>, checks: &mut Checks) -> Result<(), Rejection> {
    let mut seen = HashSet::new();
    for element in document.elements() {
        for attribute in element
            .attributes()
            .filter(|attribute| attribute.local_name().eq_ignore_ascii_case("id"))
        {
            let value = attribute.value();
            if attribute.local_name() == "ID"
                && attribute.namespace().is_empty()
                && !is_ncname(value)
            {
                return Err(checks.fail(
                    Requirement::DistinctIds,
                    "an ID that is an NCName",
                    value.to_owned(),
                ));
            }
            if !seen.insert(value) {
                return Err(checks.fail(
                    Requirement::DistinctIds,
                    "distinct IDs",
                    format!("{value} twice"),
                ));
            }
        }
    }
    Ok(())
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

/// Rules C1 to C3, C5, and the Response's own answer to the request.
fn check_response(
    response: Element<'_>,
    signed: bool,
    expectation: &Expectation,
    now: OffsetDateTime,
    checks: &mut Checks,
) -> Result<(), Rejection> {
    check_children(response, checks)?;
    check_status(response, checks)?;
    match response.attribute("Destination") {
        Some(destination) => {
            checks.require(
                destination == expectation.acs_url,
                Requirement::Destination,
                expectation.acs_url.clone(),
                destination.to_owned(),
            )?;
        }
        None => checks.require(
            !signed,
            Requirement::Destination,
            expectation.acs_url.clone(),
            "none",
        )?,
    }
    check_issue_instant(response, expectation, now, checks)?;
    match (
        response.attribute("InResponseTo"),
        expectation.request_id.as_deref(),
    ) {
        (None, _) => Ok(()), // The confirmation has to say it (rule D2).
        (Some(received), Some(expected)) => checks.require(
            received == expected,
            Requirement::InResponseTo,
            expected.to_owned(),
            received.to_owned(),
        ),
        (Some(received), None) => Err(checks.fail(
            Requirement::InResponseTo,
            "an unsolicited Response",
            received.to_owned(),
        )),
    }
}

/// The schema's children of a Response, singletons once (Core 3.3.3).
fn check_children(response: Element<'_>, checks: &mut Checks) -> Result<(), Rejection> {
    let (mut issuers, mut statuses) = (0, 0);
    for child in response.children() {
        match (child.namespace(), child.local_name()) {
            (names::SAML, "Issuer") => issuers += 1,
            (names::SAMLP, "Status") => statuses += 1,
            (names::SAMLP, "Extensions")
            | (names::DS, "Signature")
            | (names::SAML, "Assertion" | "EncryptedAssertion") => {}
            _ => {
                return Err(checks.fail(
                    Requirement::ResponseShape,
                    "the elements of a Response",
                    child.name().to_owned(),
                ));
            }
        }
    }
    if issuers > 1 || statuses != 1 {
        return Err(checks.fail(
            Requirement::ResponseShape,
            "at most one Issuer and one Status",
            format!("{issuers} Issuer, {statuses} Status"),
        ));
    }
    Ok(())
}

/// Rule C2.
fn check_status(response: Element<'_>, checks: &mut Checks) -> Result<(), Rejection> {
    let status = response.child(names::SAMLP, "Status");
    let code = status.and_then(|status| status.child(names::SAMLP, "StatusCode"));
    let value = code
        .and_then(|code| code.attribute("Value"))
        .unwrap_or_default();
    if value == names::STATUS_SUCCESS {
        checks.pass(Requirement::Status, "Success", "Success");
        return Ok(());
    }
    let short = |uri: &str| {
        uri.strip_prefix("urn:oasis:names:tc:SAML:2.0:status:")
            .unwrap_or(uri)
            .to_owned()
    };
    let mut received = short(value);
    if let Some(second) = code
        .and_then(|code| code.child(names::SAMLP, "StatusCode"))
        .and_then(|code| code.attribute("Value"))
    {
        received.push_str(" / ");
        received.push_str(&short(second));
    }
    if let Some(message) = status
        .and_then(|status| status.child(names::SAMLP, "StatusMessage"))
        .and_then(Element::text)
    {
        received.push_str(": ");
        received.push_str(&message);
    }
    Err(checks.fail(Requirement::Status, "Success", received))
}

/// Rule C4: an entity identifier, and the same as the assertion's.
fn check_response_issuer(
    response: Element<'_>,
    assertion: Element<'_>,
    checks: &mut Checks,
) -> Result<(), Rejection> {
    let Some(issuer) = response.child(names::SAML, "Issuer") else {
        return Ok(());
    };
    let own = issuer.text().unwrap_or_default();
    let inner = assertion
        .child(names::SAML, "Issuer")
        .and_then(Element::text)
        .unwrap_or_default();
    checks.require(
        own == inner,
        Requirement::ResponseIssuer,
        inner.into_owned(),
        own.into_owned(),
    )
}

/// Rule C5, for a Response and for an assertion.
pub(super) fn check_issue_instant(
    element: Element<'_>,
    expectation: &Expectation,
    now: OffsetDateTime,
    checks: &mut Checks,
) -> Result<OffsetDateTime, Rejection> {
    let text = element.attribute("IssueInstant").unwrap_or_default();
    let latest = now + expectation.clock_skew;
    let expected = || format!("not after {}", instant::format(latest));
    match instant::parse(text) {
        Some(issued) if issued <= latest => {
            checks.pass(Requirement::IssueInstant, expected(), text.to_owned());
            Ok(issued)
        }
        _ => Err(checks.fail(Requirement::IssueInstant, expected(), text.to_owned())),
    }
}

/// Puts a decrypted fragment into an element that declares the namespaces in scope around the encrypted one.
fn with_namespaces_of(element: Element<'_>, plain: &[u8]) -> Vec<u8> {
    let mut open = String::from("<context");
    let mut seen = HashSet::new();
    let mut here = Some(element);
    while let Some(ancestor) = here {
        for (prefix, uri) in ancestor.declarations() {
            if seen.insert(prefix) && !prefix.is_empty() {
                open.push_str(" xmlns:");
                open.push_str(prefix);
                open.push_str("=\"");
                crate::xml::escape_attribute(uri, &mut open);
                open.push('"');
            }
        }
        here = ancestor.parent();
    }
    open.push('>');
    [open.as_bytes(), plain, b"</context>"].concat()
}
