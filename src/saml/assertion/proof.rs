//! The last two proofs of a sign-in: an assertion that our own rules accept, and one that may begin a session.
//!
//! Invariant: a [`JudgedAssertion`] is only made of a [`SignedAssertion`], by rules C4 and D, and a [`ValidatedAssertion`] only of a
//! [`JudgedAssertion`], by rule B9. Each step takes the proof before it away, so that none is used twice.
//!
//! The proofs before these are in [`crate::saml::response`], where a picture and examples are.
//!
//! Tests: `tests/vectors`. The steps before are `response.rs` and `response/signed.rs`.

use super::{AssertionAttribute, Content, SamlNameId, named, read};
use crate::saml::cross_check::CrossCheck;
use crate::saml::error::{Checks, Rejection, Requirement};
use crate::saml::response::{SignedAssertion, check_response_issuer};
use crate::xml::{Document, Limits};
use time::{Duration, OffsetDateTime};

/// An assertion that meets every rule for its message; whether a second implementation agrees is not asked yet.
#[derive(Debug)]
pub struct JudgedAssertion<'a> {
    content: Content,
    signed: SignedAssertion<'a>,
}

/// An assertion that has passed every check.
#[derive(Debug)]
pub struct ValidatedAssertion {
    content: Content,
}

impl<'a> SignedAssertion<'a> {
    /// Judges what the signed octets say (rules C4 and D).
    pub fn judge(self, checks: &mut Checks) -> Result<JudgedAssertion<'a>, Rejection> {
        let document = Document::parse(self.octets(), &Limits::MESSAGE).map_err(|error| {
            checks.fail(
                Requirement::WellFormed,
                "strict XML in the assertion",
                error.to_string(),
            )
        })?;
        let root = document.root();
        check_response_issuer(self.response_issuer(), root, checks)?;
        let content = read(root, self.terms(), checks).inspect_err(|_| checks.name(named(root)))?;
        drop(document);
        Ok(JudgedAssertion {
            content,
            signed: self,
        })
    }
}

impl JudgedAssertion<'_> {
    /// Asks the second implementation, where the operator wants one asked (rule B9). It is asked last, so that it sees nothing
    /// that another check refuses.
    pub fn confirm(
        self,
        second: Option<&CrossCheck>,
        checks: &mut Checks,
    ) -> Result<ValidatedAssertion, Rejection> {
        if let Some(cross_check) = second {
            cross_check.ask(&self, checks)?;
        }
        Ok(ValidatedAssertion {
            content: self.content,
        })
    }

    /// What it was read from.
    pub(in crate::saml) const fn signed(&self) -> &SignedAssertion<'_> {
        &self.signed
    }

    pub(in crate::saml) fn id(&self) -> &str {
        &self.content.id
    }

    pub(in crate::saml) const fn name_id(&self) -> Option<&SamlNameId> {
        self.content.name_id.as_ref()
    }
}

impl ValidatedAssertion {
    /// The assertion's ID, to be accepted once (rule E4).
    pub fn id(&self) -> &str {
        &self.content.id
    }

    /// The identity provider.
    pub fn issuer(&self) -> &str {
        &self.content.issuer
    }

    /// The subject's name; absent only where an identity attribute stands in (rule D7).
    pub const fn name_id(&self) -> Option<&SamlNameId> {
        self.content.name_id.as_ref()
    }

    /// The session at the identity provider, kept for logout (rule D6).
    pub fn session_index(&self) -> Option<&str> {
        self.content.session_index.as_deref()
    }

    /// The identity provider wants the session to end by then (rule D6).
    pub const fn session_not_on_or_after(&self) -> Option<OffsetDateTime> {
        self.content.session_not_on_or_after
    }

    /// When the user was authenticated (rule D8).
    pub const fn authn_instant(&self) -> Option<OffsetDateTime> {
        self.content.authn_instant
    }

    /// How the user was authenticated (rule D9).
    pub fn authn_context(&self) -> Option<&str> {
        self.content.authn_context.as_deref()
    }

    /// The attributes, in order.
    pub fn attributes(&self) -> &[AssertionAttribute] {
        &self.content.attributes
    }

    /// Until when the assertion could be accepted again, by any of its confirmations and with the most skew: how long its ID is
    /// kept (rule E4).
    pub const fn acceptable_until(&self) -> OffsetDateTime {
        self.content.acceptable_until
    }

    /// Our clock minus the identity provider's, as far as the message tells.
    pub const fn drift(&self) -> Duration {
        self.content.drift
    }
}
