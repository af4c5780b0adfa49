//! How a chain of proofs ends: with its last proof or the one check that failed, beside every check that was made.
//!
//! Invariant: only this room makes a verdict, and nobody changes one.
//!
//! Tests: `tests/vectors`.

use super::error::{Checks, Rejection, SamlCheck};

/// The verdict on a message; `P` is what a good one proves.
#[derive(Debug)]
pub struct Verdict<P> {
    checks: Vec<SamlCheck>,
    outcome: Result<P, Rejection>,
    named: Option<String>,
}

impl<P> Verdict<P> {
    pub(super) fn new(outcome: Result<P, Rejection>, checks: Checks) -> Self {
        let (checks, named) = checks.into_parts();
        Self {
            checks,
            outcome,
            named,
        }
    }

    /// The checks in the order in which they were made.
    pub fn checks(&self) -> &[SamlCheck] {
        &self.checks
    }

    /// The proof, or the one check that failed.
    pub const fn outcome(&self) -> Result<&P, &Rejection> {
        self.outcome.as_ref()
    }

    /// Where it is refused and its signature is good: the `NameID` in it.
    pub fn named(&self) -> Option<&str> {
        self.named.as_deref()
    }

    /// The proof, or the one check that failed; who wants to keep the checks takes [`Self::into_parts`].
    pub fn into_outcome(self) -> Result<P, Rejection> {
        self.outcome
    }

    /// The checks, and the proof or the one check that failed.
    pub fn into_parts(self) -> (Vec<SamlCheck>, Result<P, Rejection>) {
        (self.checks, self.outcome)
    }
}
