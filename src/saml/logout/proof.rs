//! The proofs of a logout message: a key of the connection signed it, and what it says is for us.
//!
//! Invariant: a [`SignedLogout`] is only made of a received message whose signature verified (rules A2 and B), and a
//! [`ValidatedLogout`] only of a [`SignedLogout`], by the rules for its content (see `read.rs`).
//!
//! Vectors: `query-*`; `tests/it/slo_messages.rs`.

use super::terms::LogoutTerms;
use super::{LogoutExpectation, LogoutMessage, read};
use crate::saml::binding::{Posted, Redirected};
use crate::saml::error::{Checks, Rejection, Requirement};
use crate::saml::message::{follows_issuer, parse};
use crate::saml::names;
use crate::saml::signature::{SignedXml, Trust, verify_enveloped, verify_octets};
use crate::saml::verdict::Verdict;
use crate::xml::{Document, Element};
use time::OffsetDateTime;

/// The octets of a logout message that a key of the connection signed.
#[derive(Debug)]
pub struct SignedLogout<'m> {
    octets: SignedOctets<'m>,
    terms: LogoutTerms<'m>,
}

/// What the signature covers.
#[derive(Debug)]
enum SignedOctets<'m> {
    /// The message inside a query that is signed.
    InQuery(&'m [u8]),
    /// The message without the signature in it.
    Enveloped(SignedXml),
}

/// A logout message that has passed every check.
#[derive(Debug, PartialEq, Eq)]
pub struct ValidatedLogout {
    message: LogoutMessage,
}

/// Judges a message that came by HTTP-Redirect: signed over the received query (rule A2).
pub fn receive_redirect(
    message: &Redirected,
    trust: &Trust,
    expectation: &LogoutExpectation,
    now: OffsetDateTime,
) -> Verdict<ValidatedLogout> {
    let terms = LogoutTerms {
        trust,
        expectation,
        now,
        kind: message.kind,
    };
    let mut checks = Checks::new();
    let outcome = SignedLogout::by_redirect(message, terms, &mut checks)
        .and_then(|signed| signed.judge(&mut checks));
    Verdict::new(outcome, checks)
}

/// Judges a message that came by HTTP-POST: signed by an enveloped signature.
pub fn receive_post(
    message: &Posted,
    trust: &Trust,
    expectation: &LogoutExpectation,
    now: OffsetDateTime,
) -> Verdict<ValidatedLogout> {
    let terms = LogoutTerms {
        trust,
        expectation,
        now,
        kind: message.kind,
    };
    let mut checks = Checks::new();
    let outcome = SignedLogout::by_post(message, terms, &mut checks)
        .and_then(|signed| signed.judge(&mut checks));
    Verdict::new(outcome, checks)
}

impl<'m> SignedLogout<'m> {
    fn by_redirect(
        message: &'m Redirected,
        terms: LogoutTerms<'m>,
        checks: &mut Checks,
    ) -> Result<Self, Rejection> {
        let Some(signature) = &message.signature else {
            return Err(unsigned_error(checks));
        };
        verify_octets(
            &signature.signed_octets,
            &signature.algorithm,
            &signature.value,
            terms.trust,
            terms.now,
            checks,
        )?;
        checks.pass(
            Requirement::LogoutSignature,
            "a signature",
            "over the query",
        );
        Ok(Self {
            octets: SignedOctets::InQuery(&message.xml),
            terms,
        })
    }

    fn by_post(
        message: &'m Posted,
        terms: LogoutTerms<'m>,
        checks: &mut Checks,
    ) -> Result<Self, Rejection> {
        let document = parse(&message.xml, checks)?;
        let signature = only_signature(&document, checks)?;
        let root = document.root();
        let signed = verify_enveloped(signature, root, terms.trust, terms.now, checks)?;
        checks.pass(
            Requirement::LogoutSignature,
            "a signature",
            "in the message",
        );
        Ok(Self {
            octets: SignedOctets::Enveloped(signed),
            terms,
        })
    }

    /// Judges what the signed octets say (rules C, D and G).
    pub fn judge(self, checks: &mut Checks) -> Result<ValidatedLogout, Rejection> {
        let document = match &self.octets {
            SignedOctets::Enveloped(signed) => parse(signed.octets(), checks)?, // rule B6
            SignedOctets::InQuery(xml) => {
                let document = parse(xml, checks)?;
                // Bindings 3.4.4.1: a message in a query carries no signature of its own.
                if signatures(&document).next().is_some() {
                    return Err(checks.fail(
                        Requirement::SignaturePlacement,
                        "no signature inside a message that the query signs",
                        "one",
                    ));
                }
                document
            }
        };
        let message = read::message(document.root(), self.terms, checks)?;
        Ok(ValidatedLogout { message })
    }
}

impl ValidatedLogout {
    /// What it says.
    pub const fn message(&self) -> &LogoutMessage {
        &self.message
    }

    /// What it says, without a copy.
    pub fn into_message(self) -> LogoutMessage {
        self.message
    }
}

fn signatures<'d>(document: &'d Document<'_>) -> impl Iterator<Item = Element<'d>> {
    document
        .elements()
        .filter(|element| element.is(names::DS, "Signature"))
}

/// Rule B1: one signature, directly in the message, right after its issuer.
fn only_signature<'d>(
    document: &'d Document<'_>,
    checks: &mut Checks,
) -> Result<Element<'d>, Rejection> {
    let mut found = signatures(document);
    let Some(signature) = found.next() else {
        return Err(unsigned_error(checks));
    };
    let in_place = signature.parent() == Some(document.root()) && follows_issuer(signature);
    if in_place && found.next().is_none() {
        Ok(signature)
    } else {
        Err(checks.fail(
            Requirement::SignaturePlacement,
            "one signature, after the Issuer",
            "another place, or several",
        ))
    }
}

/// Profiles 4.4.3.1 and 4.4.4.1: through a browser, logout messages are signed.
fn unsigned_error(checks: &mut Checks) -> Rejection {
    checks.fail(Requirement::LogoutSignature, "a signature", "none")
}
