//! What every message of the protocol has in common (Core 3.2), a Response as well as a logout message.
//!
//! Rules A3, A4 and C5, and the place of a signature (B1). Its other halves are [`super::response`] and [`super::logout`], which
//! say what each of them demands.
//!
//! Vectors: `id-*` and `not-*`.

use super::error::{Checks, Rejection, Requirement};
use super::instant;
use super::names;
use crate::xml::{Document, Element, Limits, is_ncname_or_digit_first};
use std::borrow::Cow;
use std::collections::HashSet;
use time::{Duration, OffsetDateTime};

/// The longest ID, in characters (rule A4).
const LONGEST_ID: usize = 256;

/// Parses a message (rules A3 and A4).
pub(super) fn parse<'x>(octets: &'x [u8], checks: &mut Checks) -> Result<Document<'x>, Rejection> {
    let document = Document::parse(octets, &Limits::MESSAGE)
        .map_err(|error| checks.fail(Requirement::WellFormed, "strict XML", error.to_string()))?;
    checks.pass(Requirement::WellFormed, "strict XML", "strict XML");
    check_ids(&document, checks)?;
    Ok(document)
}

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

/// Who a message says it is from. Not trusted, unless the element was read from signed octets.
pub(super) fn issuer(message: Element<'_>) -> Option<Cow<'_, str>> {
    message.child(names::SAML, "Issuer").and_then(Element::text)
}

/// Rule C5, for everything that has an `IssueInstant`.
pub(super) fn check_issue_instant(
    element: Element<'_>,
    clock_skew: Duration,
    now: OffsetDateTime,
    checks: &mut Checks,
) -> Result<OffsetDateTime, Rejection> {
    let text = element.attribute("IssueInstant").unwrap_or_default();
    let latest = now + clock_skew;
    let expected = format!("not after {}", instant::format(latest));
    match instant::parse(text) {
        Some(issued) if issued <= latest => {
            checks.pass(Requirement::IssueInstant, expected, text.to_owned());
            Ok(issued)
        }
        _ => Err(checks.fail(Requirement::IssueInstant, expected, text.to_owned())),
    }
}

/// Whether a signature is the second child of its parent, right after the Issuer (rule B1).
pub(super) fn follows_issuer(signature: Element<'_>) -> bool {
    let Some(parent) = signature.parent() else {
        return false;
    };
    let mut children = parent.children();
    children
        .next()
        .is_some_and(|first| first.is(names::SAML, "Issuer"))
        && children.next() == Some(signature)
}

/// What an answer says of how it went (Core 3.2.2).
#[derive(Debug, Default)]
pub(super) struct StatusCodes<'d> {
    /// The top-level code.
    pub(super) code: Option<&'d str>,
    /// The second-level code.
    pub(super) detail: Option<&'d str>,
    /// A text for people.
    pub(super) message: Option<Cow<'d, str>>,
}

impl<'d> StatusCodes<'d> {
    /// Reads the `Status` of an answer; nothing where there is none.
    pub(super) fn from_answer(answer: Element<'d>) -> Self {
        let Some(status) = answer.child(names::SAMLP, "Status") else {
            return Self::default();
        };
        let code = status.child(names::SAMLP, "StatusCode");
        let value = |code: Element<'d>| code.attribute("Value");
        Self {
            code: code.and_then(value),
            detail: code
                .and_then(|code| code.child(names::SAMLP, "StatusCode"))
                .and_then(value),
            message: status
                .child(names::SAMLP, "StatusMessage")
                .and_then(Element::text),
        }
    }
}
