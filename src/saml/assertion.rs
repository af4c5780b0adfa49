//! The assertion's own rules (D), read from signed octets.
//!
//! Invariant: nothing here is asked before a key of the connection signed the octets; `proof.rs` says so by its types.
//!
//! Vectors: `issuer-*`, `confirmation-*`, `audience-*`, `authn-*`, `name-*`. What covers the assertion is `response/signed.rs`; what
//! becomes of its claims, `domain::claims`.

mod authn;
mod conditions;
mod name_id;
mod proof;
mod subject;

use super::error::{Checks, Rejection, Requirement};
use super::expectation::Terms;
use super::message::check_issue_instant;
use super::names;
use super::near;
use crate::xml::Element;
use time::{Duration, OffsetDateTime};

pub use authn::NONE_WOULD_DO;
use authn::check_authn;
use conditions::check_conditions;
pub use name_id::NameId;
pub use proof::{JudgedAssertion, ValidatedAssertion};
use subject::{check_confirmations, check_name_id};

/// What an assertion says. It proves nothing: the proofs of [`proof`] hold one.
#[derive(Debug)]
struct Content {
    id: String,
    issuer: String,
    name_id: Option<NameId>,
    session_index: Option<String>,
    session_not_on_or_after: Option<OffsetDateTime>,
    authn_instant: Option<OffsetDateTime>,
    authn_context: Option<String>,
    attributes: Vec<Attribute>,
    acceptable_until: OffsetDateTime,
    drift: Duration,
}

/// An attribute with its simple values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    /// The name, compared octet by octet.
    pub name: String,
    /// The values that are plain text; structured ones are left out.
    pub values: Vec<String>,
}

/// The most skew that a connection can be set to (rule D3). `site::trust` holds it against the settings.
pub const MOST_SKEW: Duration = Duration::seconds(300);

/// The longest name that is taken, in octets. They are kept and looked up, and no index takes endless ones.
const LONGEST_NAME: usize = 1024;

/// Reads an assertion whose octets are signed, and judges it by the rules D.
fn read(
    assertion: Element<'_>,
    terms: Terms<'_>,
    checks: &mut Checks,
) -> Result<Content, Rejection> {
    let Terms {
        trust,
        expectation,
        now,
    } = terms;
    let parts = Parts::of(assertion, checks)?;
    let issuer = parts.issuer.text().unwrap_or_default();
    checks.require(
        trust.is_from(&issuer),
        Requirement::Issuer,
        trust.idp_entity_id.clone(),
        near::described(&issuer, &trust.idp_entity_id),
    )?;
    let issue_instant = check_issue_instant(assertion, expectation.clock_skew, now, checks)?;
    let confirmable_until = check_confirmations(parts.subject, expectation, now, checks)?;
    let valid_until = check_conditions(parts.conditions, expectation, now, checks)?;
    let authn = check_authn(assertion, expectation, now, checks)?;
    let attributes = read_attributes(assertion);
    let name_id = check_name_id(parts.subject, &attributes, trust, expectation, checks)?;
    Ok(Content {
        id: assertion.attribute("ID").unwrap_or_default().to_owned(),
        issuer: issuer.into_owned(),
        name_id,
        session_index: authn.index,
        session_not_on_or_after: authn.not_on_or_after,
        authn_instant: authn.instant,
        authn_context: authn.context,
        attributes,
        acceptable_until: valid_until
            .min(confirmable_until)
            .saturating_add(MOST_SKEW.max(expectation.clock_skew)),
        drift: now - issue_instant,
    })
}

/// The name in an assertion whose octets are signed, and which says something else that is refused.
fn named(assertion: Element<'_>) -> Option<String> {
    let subject = assertion.child(names::SAML, "Subject")?;
    let name = subject.child(names::SAML, "NameID")?.text()?;
    (name.len() <= LONGEST_NAME).then(|| name.into_owned())
}

/// The parts that an assertion for sign-in must have, each once (Core 2.3.3).
struct Parts<'d> {
    issuer: Element<'d>,
    subject: Element<'d>,
    conditions: Element<'d>,
}

impl<'d> Parts<'d> {
    fn of(assertion: Element<'d>, checks: &mut Checks) -> Result<Self, Rejection> {
        let shape = Requirement::AssertionShape;
        checks.require(
            assertion.is(names::SAML, "Assertion"),
            shape,
            "saml:Assertion",
            assertion.name().to_owned(),
        )?;
        let version = assertion.attribute("Version").unwrap_or_default();
        checks.require(version == "2.0", shape, "Version 2.0", version.to_owned())?;
        // Rule A4 bounds it.
        if assertion.attribute("ID").is_none() {
            return Err(checks.fail(shape, "an ID", "none"));
        }
        for child in assertion.children() {
            let known = match child.namespace() {
                names::SAML => matches!(
                    child.local_name(),
                    "Issuer"
                        | "Subject"
                        | "Conditions"
                        | "Advice"
                        | "Statement"
                        | "AuthnStatement"
                        | "AttributeStatement"
                        | "AuthzDecisionStatement"
                ),
                names::DS => child.local_name() == "Signature",
                _ => false,
            };
            if !known {
                return Err(checks.fail(
                    shape,
                    "the elements of an assertion",
                    child.name().to_owned(),
                ));
            }
        }
        let mut once = |name: &'static str, requirement| {
            let mut found = assertion.children_named(names::SAML, name);
            match (found.next(), found.next()) {
                (Some(element), None) => Ok(element),
                (None, _) => Err(checks.fail(requirement, format!("one {name}"), "none")),
                (Some(_), Some(_)) => {
                    Err(checks.fail(requirement, format!("one {name}"), "several"))
                }
            }
        };
        Ok(Self {
            issuer: once("Issuer", Requirement::Issuer)?,
            subject: once("Subject", Requirement::SubjectConfirmation)?,
            conditions: once("Conditions", Requirement::Conditions)?,
        })
    }
}

fn read_attributes(assertion: Element<'_>) -> Vec<Attribute> {
    let statements = assertion.children_named(names::SAML, "AttributeStatement");
    let attributes =
        statements.flat_map(|statement| statement.children_named(names::SAML, "Attribute"));
    attributes
        .map(|attribute| Attribute {
            name: attribute.attribute("Name").unwrap_or_default().to_owned(),
            values: attribute
                .children_named(names::SAML, "AttributeValue")
                .filter(|value| {
                    !matches!(value.attribute_in(names::XSI, "nil"), Some("true" | "1"))
                })
                .filter_map(|value| value.text().map(std::borrow::Cow::into_owned))
                .collect(),
        })
        .collect()
}
