//! The way of a Response, from octets to the proof that may begin a session (rules A3 to D9, G and B9).
//!
//! Invariants: each step takes the proof before it away and gives the next one; a proof has private fields, and the one module that
//! judges for it makes it. So a step that is left out does not compile. All is pure: octets, trust, expectation and time in,
//! verdict out.
//!
//! ```text
//! octets ─parse─▶ ParsedResponse ─verify─▶ SignedAssertion ─judge─▶ JudgedAssertion ─confirm─▶ ValidatedAssertion
//!         A3, A4                  B, C, G                   C4, D                    B9
//! ```
//!
//! Tests: `tests/vectors`, a folder for each way to be refused. The other half, which begins the session, is `login::finish`.
//!
//! # The order is in the types
//!
//! This compiles:
//!
//! ```
//! use time::OffsetDateTime;
//! use vestibule::saml::assertion::ValidatedAssertion;
//! use vestibule::saml::error::{Checks, Rejection};
//! use vestibule::saml::response::{Expectation, ParsedResponse};
//! use vestibule::saml::signature::Trust;
//!
//! fn judge(octets: &[u8], trust: &Trust, expected: &Expectation, now: OffsetDateTime) -> Result<ValidatedAssertion, Rejection> {
//!     let mut checks = Checks::new();
//!     let parsed = ParsedResponse::parse(octets).map_err(|(rejection, _)| rejection)?;
//!     let signed = parsed.verify(trust, expected, now, &mut checks)?;
//!     let judged = signed.judge(&mut checks)?;
//!     judged.confirm(None, &mut checks)
//! }
//! ```
//!
//! Without the signatures it does not:
//!
//! ```compile_fail,E0599
//! use time::OffsetDateTime;
//! use vestibule::saml::assertion::ValidatedAssertion;
//! use vestibule::saml::error::{Checks, Rejection};
//! use vestibule::saml::response::{Expectation, ParsedResponse};
//! use vestibule::saml::signature::Trust;
//!
//! fn judge(octets: &[u8], trust: &Trust, expected: &Expectation, now: OffsetDateTime) -> Result<ValidatedAssertion, Rejection> {
//!     let mut checks = Checks::new();
//!     let parsed = ParsedResponse::parse(octets).map_err(|(rejection, _)| rejection)?;
//!     let judged = parsed.judge(&mut checks)?;
//!     judged.confirm(None, &mut checks)
//! }
//! ```
//!
//! Without the rules D it does not:
//!
//! ```compile_fail,E0599
//! use time::OffsetDateTime;
//! use vestibule::saml::assertion::ValidatedAssertion;
//! use vestibule::saml::error::{Checks, Rejection};
//! use vestibule::saml::response::{Expectation, ParsedResponse};
//! use vestibule::saml::signature::Trust;
//!
//! fn judge(octets: &[u8], trust: &Trust, expected: &Expectation, now: OffsetDateTime) -> Result<ValidatedAssertion, Rejection> {
//!     let mut checks = Checks::new();
//!     let parsed = ParsedResponse::parse(octets).map_err(|(rejection, _)| rejection)?;
//!     let signed = parsed.verify(trust, expected, now, &mut checks)?;
//!     signed.confirm(None, &mut checks)
//! }
//! ```
//!
//! Without a word about the second implementation it does not:
//!
//! ```compile_fail,E0308
//! use time::OffsetDateTime;
//! use vestibule::saml::assertion::ValidatedAssertion;
//! use vestibule::saml::error::{Checks, Rejection};
//! use vestibule::saml::response::{Expectation, ParsedResponse};
//! use vestibule::saml::signature::Trust;
//!
//! fn judge(octets: &[u8], trust: &Trust, expected: &Expectation, now: OffsetDateTime) -> Result<ValidatedAssertion, Rejection> {
//!     let mut checks = Checks::new();
//!     let parsed = ParsedResponse::parse(octets).map_err(|(rejection, _)| rejection)?;
//!     let signed = parsed.verify(trust, expected, now, &mut checks)?;
//!     signed.judge(&mut checks)
//! }
//! ```
//!
//! Nor does the second use of a proof:
//!
//! ```compile_fail,E0382
//! use time::OffsetDateTime;
//! use vestibule::saml::error::{Checks, Rejection};
//! use vestibule::saml::response::{Expectation, ParsedResponse};
//! use vestibule::saml::signature::Trust;
//!
//! fn judge(octets: &[u8], trust: &Trust, expected: &Expectation, now: OffsetDateTime) -> Result<(), Rejection> {
//!     let mut checks = Checks::new();
//!     let parsed = ParsedResponse::parse(octets).map_err(|(rejection, _)| rejection)?;
//!     let signed = parsed.verify(trust, expected, now, &mut checks)?;
//!     signed.judge(&mut checks)?;
//!     signed.judge(&mut checks)?;
//!     Ok(())
//! }
//! ```
//!
//! What an assertion says is read:
//!
//! ```
//! use vestibule::saml::assertion::ValidatedAssertion;
//!
//! fn id(assertion: &ValidatedAssertion) -> &str {
//!     assertion.id()
//! }
//! ```
//!
//! Nobody makes one, or changes one:
//!
//! ```compile_fail,E0451
//! use vestibule::saml::assertion::ValidatedAssertion;
//!
//! fn other(assertion: ValidatedAssertion) -> ValidatedAssertion {
//!     ValidatedAssertion { content: unimplemented!() }
//! }
//! ```
//!
//! ```compile_fail,E0616
//! use vestibule::saml::assertion::ValidatedAssertion;
//!
//! fn id(assertion: &ValidatedAssertion) -> &str {
//!     &assertion.content.id
//! }
//! ```

mod check;
mod signed;

use super::assertion::ValidatedAssertion;
use super::binding::BindingError;
use super::cross_check::Consultation;
use super::error::{Check, Checks, Rejection, Requirement};
use super::message;
use super::names;
use super::signature::Trust;
use super::verdict::Verdict;
use crate::xml::{Document, Element};
use std::borrow::Cow;
use time::{Duration, OffsetDateTime};

pub(super) use check::check_response_issuer;
pub(super) use signed::ONLY_ASSERTION_VERIFIES;
pub use signed::SignedAssertion;

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

/// By what a Response is judged: the same from the first step to the last.
#[derive(Debug, Clone, Copy)]
pub(super) struct Terms<'t> {
    pub(super) trust: &'t Trust,
    pub(super) expectation: &'t Expectation,
    pub(super) now: OffsetDateTime,
}

impl Verdict<ValidatedAssertion> {
    /// The verdict on what the binding does not let through (rule A1).
    pub fn unread(error: &BindingError) -> Self {
        let mut checks = Checks::new();
        let expected = "one SAMLResponse in base64";
        let rejection = checks.fail(Requirement::Encoding, expected, error.to_string());
        Self::of(Err(rejection), checks)
    }
}

/// Judges a Response from its octets to the last proof, without a second implementation (rule B9).
pub fn validate(
    octets: &[u8],
    trust: &Trust,
    expectation: &Expectation,
    now: OffsetDateTime,
) -> Verdict<ValidatedAssertion> {
    let mut checks = Checks::new();
    let outcome = ParsedResponse::parse_into(octets, &mut checks)
        .and_then(|parsed| parsed.verify(trust, expectation, now, &mut checks))
        .and_then(|signed| signed.judge(&mut checks))
        .and_then(|judged| judged.confirm(None, &mut checks));
    Verdict::of(outcome, checks)
}

/// A Response that is strict XML of the right kind; nothing in it is trusted, and so a copy of it proves no more.
#[derive(Debug, Clone)]
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
        let document = message::parse(octets, checks)?;
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

    /// Judges the Response by all steps, one after the other: [`Self::verify`], [`SignedAssertion::judge`], and
    /// [`JudgedAssertion::confirm`](super::assertion::JudgedAssertion::confirm).
    pub fn validate(
        self,
        trust: &Trust,
        expectation: &Expectation,
        now: OffsetDateTime,
        second: Option<&Consultation<'_>>,
    ) -> Verdict<ValidatedAssertion> {
        let mut checks = Checks::new();
        checks.pass(Requirement::WellFormed, "strict XML", "strict XML");
        let outcome = self
            .verify(trust, expectation, now, &mut checks)
            .and_then(|signed| signed.judge(&mut checks))
            .and_then(|judged| judged.confirm(second, &mut checks));
        Verdict::of(outcome, checks)
    }
}
