//! What a logout message says, read from octets that are signed (rules C1, C3, C5, D1 and G).
//!
//! Its other half is `write.rs`, which writes our own messages; `tests/it/slo_messages.rs` holds one against the other.

use super::terms::LogoutTerms;
use super::{LogoutMessage, LogoutRequest, LogoutResponse, LogoutStatus};
use crate::saml::assertion::SamlNameId;
use crate::saml::binding::MessageKind;
use crate::saml::error::{Checks, Rejection, Requirement};
use crate::saml::message::{StatusCodes, check_issue_instant, issuer};
use crate::saml::{instant, names};
use crate::xml::{Document, Element, Limits};
use std::borrow::Cow;
use time::OffsetDateTime;

/// Who a message says it is from: to find the keys to judge it by, and for nothing else.
pub fn claimed_issuer(xml: &[u8]) -> Option<String> {
    let document = Document::parse(xml, &Limits::MESSAGE).ok()?;
    issuer(document.root()).map(Cow::into_owned)
}

/// What requests and responses have in common (Core 3.2).
struct Common {
    id: String,
    issue_instant: OffsetDateTime,
    destination: String,
    issuer: String,
}

pub(super) fn message(
    root: Element<'_>,
    terms: LogoutTerms<'_>,
    checks: &mut Checks,
) -> Result<LogoutMessage, Rejection> {
    let expected = match terms.kind {
        MessageKind::Request => "LogoutRequest",
        MessageKind::Response => "LogoutResponse",
    };
    let version = root.attribute("Version").unwrap_or_default();
    checks.require(
        root.is(names::SAMLP, expected) && version == "2.0",
        Requirement::LogoutShape,
        format!("samlp:{expected}, Version 2.0"),
        format!("{}, Version {version}", root.name()),
    )?;
    let common = Common {
        id: id(root, checks)?,
        issue_instant: check_issue_instant(root, terms.expectation.clock_skew, terms.now, checks)?,
        destination: check_destination(root, terms, checks)?,
        issuer: check_issuer(root, terms, checks)?,
    };
    Ok(match terms.kind {
        MessageKind::Request => LogoutMessage::Request(request(root, common, terms, checks)?),
        MessageKind::Response => LogoutMessage::Response(response(root, common, checks)?),
    })
}

fn id(root: Element<'_>, checks: &mut Checks) -> Result<String, Rejection> {
    match root.attribute("ID") {
        Some(id) if !id.is_empty() => Ok(id.to_owned()),
        _ => Err(checks.fail(Requirement::LogoutShape, "an ID", "none")),
    }
}

/// Bindings 3.4.5.2 and 3.5.5.2: a signed message names its destination.
fn check_destination(
    root: Element<'_>,
    terms: LogoutTerms<'_>,
    checks: &mut Checks,
) -> Result<String, Rejection> {
    let destination = root.attribute("Destination").unwrap_or_default();
    let ours = &terms.expectation.slo_url;
    checks.require(
        destination == ours,
        Requirement::LogoutDestination,
        ours.clone(),
        destination.to_owned(),
    )?;
    Ok(destination.to_owned())
}

/// Rule D1, with the other names that the connection knows.
fn check_issuer(
    root: Element<'_>,
    terms: LogoutTerms<'_>,
    checks: &mut Checks,
) -> Result<String, Rejection> {
    let issuer = issuer(root).unwrap_or_default().into_owned();
    checks.require(
        terms.trust.is_from(&issuer) || terms.expectation.extra_issuers.contains(&issuer),
        Requirement::Issuer,
        terms.trust.idp_entity_id.clone(),
        issuer.clone(),
    )?;
    Ok(issuer)
}

fn request(
    root: Element<'_>,
    common: Common,
    terms: LogoutTerms<'_>,
    checks: &mut Checks,
) -> Result<LogoutRequest, Rejection> {
    let not_on_or_after = check_not_on_or_after(root, terms, checks)?;
    let name_id = name_id(root, terms, checks)?;
    Ok(LogoutRequest {
        id: common.id,
        issue_instant: common.issue_instant,
        destination: common.destination,
        issuer: common.issuer,
        not_on_or_after,
        reason: root.attribute("Reason").map(str::to_owned),
        name_id,
        session_indexes: root
            .children_named(names::SAMLP, "SessionIndex")
            .filter_map(|index| Some(index.text()?.into_owned()))
            .collect(),
    })
}

/// Core 3.7.1: a request that has expired may have been taken from somewhere.
fn check_not_on_or_after(
    root: Element<'_>,
    terms: LogoutTerms<'_>,
    checks: &mut Checks,
) -> Result<Option<OffsetDateTime>, Rejection> {
    let Some(text) = root.attribute("NotOnOrAfter") else {
        return Ok(None);
    };
    let earliest = terms.now - terms.expectation.clock_skew;
    let end = instant::parse(text).filter(|end| *end > earliest);
    checks.require(
        end.is_some(),
        Requirement::LogoutTime,
        format!("after {}", instant::format(earliest)),
        text.to_owned(),
    )?;
    Ok(end)
}

/// The one `NameID` or `EncryptedID` (Core 3.7.1, rules G).
fn name_id(
    root: Element<'_>,
    terms: LogoutTerms<'_>,
    checks: &mut Checks,
) -> Result<SamlNameId, Rejection> {
    let mut found = root.children().filter(|child| {
        child.is(names::SAML, "NameID")
            || child.is(names::SAML, "EncryptedID")
            || child.is(names::SAML, "BaseID")
    });
    match (found.next(), found.next()) {
        (Some(name), None) if name.local_name() == "NameID" => read_name(name, checks),
        (Some(name), None) if name.local_name() == "EncryptedID" => {
            SamlNameId::open(name, &terms.trust.decryption_keys, checks, read_name)
        }
        _ => Err(checks.fail(
            Requirement::LogoutShape,
            "one NameID or EncryptedID",
            "none, several, or a BaseID",
        )),
    }
}

fn read_name(element: Element<'_>, checks: &mut Checks) -> Result<SamlNameId, Rejection> {
    match element.text() {
        Some(value) if !value.is_empty() => {
            Ok(SamlNameId::from_element(element, value.into_owned()))
        }
        _ => Err(checks.fail(
            Requirement::LogoutShape,
            "a NameID with a name",
            "an empty one",
        )),
    }
}

fn response(
    root: Element<'_>,
    common: Common,
    checks: &mut Checks,
) -> Result<LogoutResponse, Rejection> {
    let status = StatusCodes::from_answer(root);
    let Some(code) = status.code else {
        return Err(checks.fail(Requirement::LogoutShape, "a StatusCode", "none"));
    };
    Ok(LogoutResponse {
        id: common.id,
        issue_instant: common.issue_instant,
        destination: common.destination,
        issuer: common.issuer,
        in_response_to: root.attribute("InResponseTo").map(str::to_owned),
        status: LogoutStatus {
            code: code.to_owned(),
            detail: status.detail.map(str::to_owned),
            message: status.message.map(Cow::into_owned),
        },
    })
}
