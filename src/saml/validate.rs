//! All steps of a Response's way, one after the other: see [`super::response`].

use time::OffsetDateTime;

use super::assertion::ValidatedAssertion;
use super::binding::BindingError;
use super::cross_check::CrossCheck;
use super::error::{Checks, Requirement};
use super::expectation::Expectation;
use super::response::ParsedResponse;
use super::signature::Trust;
use super::verdict::Verdict;

impl Verdict<ValidatedAssertion> {
    /// The verdict on what the binding does not let through (rule A1).
    pub fn unread(error: &BindingError) -> Self {
        let mut checks = Checks::new();
        let expected = "one SAMLResponse in base64";
        let rejection = checks.fail(Requirement::Encoding, expected, error.to_string());
        Self::new(Err(rejection), checks)
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
    Verdict::new(outcome, checks)
}

impl ParsedResponse<'_> {
    /// Judges the Response by all steps, one after the other: [`Self::verify`], [`SignedAssertion::judge`](super::response::SignedAssertion::judge), and
    /// [`JudgedAssertion::confirm`](super::assertion::JudgedAssertion::confirm).
    pub fn validate(
        &self,
        trust: &Trust,
        expectation: &Expectation,
        now: OffsetDateTime,
        second: Option<&CrossCheck>,
    ) -> Verdict<ValidatedAssertion> {
        let mut checks = Checks::new();
        checks.pass(Requirement::WellFormed, "strict XML", "strict XML");
        let outcome = self
            .verify(trust, expectation, now, &mut checks)
            .and_then(|signed| signed.judge(&mut checks))
            .and_then(|judged| judged.confirm(second, &mut checks));
        Verdict::new(outcome, checks)
    }
}
