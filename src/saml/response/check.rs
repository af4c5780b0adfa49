//! The Response's own rules (C), and the answer to the request.
//!
//! Vectors: `response-*`, `status-*`, `destination-*` and `answers-*`. The assertion's rules are `assertion`.

use super::Expectation;
use crate::saml::difference;
use crate::saml::error::{Checks, Rejection, Requirement};
use crate::saml::message::{StatusCodes, check_issue_instant, issuer};
use crate::saml::names;
use crate::xml::Element;
use time::OffsetDateTime;

/// Rules C1 to C3, C5, and the Response's own answer to the request.
pub(super) fn check_response(
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
                difference::describe(destination, &expectation.acs_url),
            )?;
        }
        None => checks.require(
            !signed,
            Requirement::Destination,
            expectation.acs_url.clone(),
            "none",
        )?,
    }
    check_issue_instant(response, expectation.clock_skew, now, checks)?;
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
    let status = StatusCodes::from_answer(response);
    let value = status.code.unwrap_or_default();
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
    if let Some(second) = status.detail {
        received.push_str(" / ");
        received.push_str(&short(second));
    }
    if let Some(message) = status.message {
        received.push_str(": ");
        received.push_str(&message);
    }
    Err(checks.fail(Requirement::Status, "Success", received))
}

/// Rule C4: an entity identifier, and the same as the assertion's.
pub(in crate::saml) fn check_response_issuer(
    response_issuer: Option<&str>,
    assertion: Element<'_>,
    checks: &mut Checks,
) -> Result<(), Rejection> {
    let Some(own) = response_issuer else {
        return Ok(());
    };
    let inner = issuer(assertion).unwrap_or_default();
    let received = difference::describe(own, &inner);
    checks.require(
        own == inner,
        Requirement::ResponseIssuer,
        inner.into_owned(),
        received,
    )
}
