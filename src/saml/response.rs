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
//!     ValidatedAssertion { ..assertion }
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

use super::error::{Checks, Rejection, Requirement, SamlCheck};
use super::message;
use super::names;
use crate::xml::{Document, Element};
use std::borrow::Cow;

pub use super::expectation::{Authentication, Expectation, MOST_CLOCK_SKEW};
pub(super) use check::check_response_issuer;
pub(super) use signed::ONLY_ASSERTION_VERIFIES;
pub use signed::SignedAssertion;

/// A Response that is strict XML of the right kind. Nothing in it is trusted, so that it may be verified again: by the keys of
/// another connection, where several have one identity provider (rule E5).
#[derive(Debug)]
pub struct ParsedResponse<'a> {
    octets: &'a [u8],
    document: Document<'a>,
}

impl<'a> ParsedResponse<'a> {
    /// Parses a Response (rules A3, A4, C1).
    pub fn parse(octets: &'a [u8]) -> Result<Self, (Rejection, Vec<SamlCheck>)> {
        let mut checks = Checks::new();
        Self::parse_into(octets, &mut checks).map_err(|rejection| (rejection, checks.into_vec()))
    }

    pub(super) fn parse_into(octets: &'a [u8], checks: &mut Checks) -> Result<Self, Rejection> {
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
}
