//! The verdict on a Response (rules A3 to C5, and D through [`super::assertion`]).
//!
//! Invariant: a [`ValidatedAssertion`] is read from octets that a key of the connection signed, and exists only after every
//! check has passed. The function is pure: octets, trust, expectation and time in, verdict out.

mod message;
mod signed;

use super::assertion::{self, ValidatedAssertion};
use super::binding::BindingError;
use super::cross_check::Evidence;
use super::error::{Check, Checks, Rejection, Requirement};
use super::names;
use super::signature::{SignedXml, Trust, verify_enveloped};
use crate::xml::{Document, Element, Limits, is_ncname_or_digit_first};
use std::borrow::Cow;
use std::collections::HashSet;
use time::{Duration, OffsetDateTime};

pub(super) use message::check_issue_instant;
use message::{check_response, check_response_issuer};
pub(super) use signed::ONLY_ASSERTION_VERIFIES;
use signed::{Signatures, SignedAssertion, only_assertion_verifies};

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
    /// How fresh the authentication has to be, and of what kind.
    pub authentication: Authentication,
}

impl Expectation {
    /// Whether this is our entity ID, or a further audience of the connection.
    pub(super) fn names_us(&self, name: &str) -> bool {
        name == self.entity_id || self.extra_audiences.iter().any(|extra| extra == name)
    }
}

/// How fresh the authentication has to be (rule D8), and of what kind (rule D9). The default asks for nothing.
#[derive(Debug, Clone, Default)]
pub struct Authentication {
    /// When the request was made that carried `ForceAuthn`.
    pub forced_at: Option<OffsetDateTime>,
    /// How old it may be in any case.
    pub max_age: Option<Duration>,
    /// The contexts that the request asked for; empty asks for none.
    pub requested: Vec<String>,
    /// The contexts that the connection takes, asked for or not; empty takes any.
    pub accepted: Vec<String>,
}

/// The verdict, and every check that led to it.
#[derive(Debug)]
pub struct Verdict {
    /// The checks in the order in which they were made.
    pub checks: Vec<Check>,
    /// The validated assertion, or the one check that failed.
    pub outcome: Result<ValidatedAssertion, Rejection>,
    /// Where it is refused and its signature is good: the `NameID` in it.
    pub named: Option<String>,
    /// What the verdict rests on, where it is good.
    pub(super) evidence: Option<Evidence>,
}

impl Verdict {
    /// The verdict on what the binding does not let through (rule A1).
    pub fn unread(error: &BindingError) -> Self {
        let mut checks = Checks::new();
        let expected = "one SAMLResponse in base64";
        let rejection = checks.fail(Requirement::Encoding, expected, error.to_string());
        Self::of(Err(rejection), checks)
    }

    fn of(outcome: Result<(ValidatedAssertion, Evidence), Rejection>, mut checks: Checks) -> Self {
        let named = checks.named.take();
        let (outcome, evidence) = match outcome {
            Ok((assertion, evidence)) => (Ok(assertion), Some(evidence)),
            Err(rejection) => (Err(rejection), None),
        };
        Self {
            checks: checks.into_vec(),
            outcome,
            named,
            evidence,
        }
    }
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
    Verdict::of(outcome, checks)
}

/// A Response that is strict XML of the right kind; nothing in it is trusted.
#[derive(Debug)]
pub struct ParsedResponse<'a> {
    octets: &'a [u8],
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
        Ok(Self { octets, document })
    }

    /// The octets that were parsed.
    pub(super) const fn octets(&self) -> &'a [u8] {
        self.octets
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
        Verdict::of(outcome, checks)
    }

    fn judge(
        &self,
        trust: &Trust,
        expectation: &Expectation,
        now: OffsetDateTime,
        checks: &mut Checks,
    ) -> Result<(ValidatedAssertion, Evidence), Rejection> {
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
        let assertion = SignedAssertion::open(root, response, trust, now, checks)?;
        assertion.check_coverage(trust.required_signature, checks)?;
        let document = Document::parse(&assertion.octets, &Limits::MESSAGE).map_err(|error| {
            checks.fail(
                Requirement::WellFormed,
                "strict XML in the assertion",
                error.to_string(),
            )
        })?;
        check_response_issuer(response, document.root(), checks)?;
        let validated = assertion::validate(document.root(), trust, expectation, now, checks)
            .inspect_err(|_| checks.named = assertion::named(document.root()))?;
        drop((document, reparsed));
        let evidence = Evidence {
            response: signed,
            assertion: assertion.octets,
            signer: assertion.signer,
            opened: assertion.opened,
        };
        Ok((validated, evidence))
    }
}

/// The longest ID, in characters (rule A4).
const LONGEST_ID: usize = 256;

/// Rule A4: identifiers are `NCName`s, or begin with a digit, and distinct, whatever the case of their attribute's name. Those of
/// SAML 1.1 count as well: a reader that takes them for identifiers must find the same element.
pub(super) fn check_ids(document: &Document<'_>, checks: &mut Checks) -> Result<(), Rejection> {
    let mut seen = HashSet::new();
    for element in document.elements() {
        for attribute in element
            .attributes()
            .filter(|attribute| is_identifier(attribute.local_name()))
        {
            let value = attribute.value();
            if attribute.local_name() == "ID" && attribute.namespace().is_empty() && !is_id(value) {
                return Err(checks.fail(
                    Requirement::DistinctIds,
                    "an ID of 1 to 256 letters, digits, dots, dashes and underscores",
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

fn is_id(value: &str) -> bool {
    value.chars().nth(LONGEST_ID).is_none() && is_ncname_or_digit_first(value)
}

fn is_identifier(name: &str) -> bool {
    match name.len() {
        2 => name.eq_ignore_ascii_case("id"),
        9 => name == "RequestID",
        10 => name == "ResponseID",
        11 => name == "AssertionID",
        _ => false,
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
