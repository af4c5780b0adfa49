//! From a received logout message to a verified one.

use super::{
    LogoutExpectation, LogoutMessage, LogoutRequest, LogoutResponse, LogoutStatus, LogoutVerdict,
};
use crate::saml::assertion::NameId;
use crate::saml::binding::{MessageKind, Posted, Redirected};
use crate::saml::encryption::{self, Cover};
use crate::saml::error::{Checks, Rejection, Requirement};
use crate::saml::response::check_ids;
use crate::saml::signature::{Trust, verify_enveloped, verify_octets};
use crate::saml::{instant, names};
use crate::xml::{Document, Element, Limits};
use time::OffsetDateTime;

/// Judges a message that came by HTTP-Redirect: signed over the received query (rule A2).
pub fn receive_redirect(
    message: &Redirected,
    trust: &Trust,
    expectation: &LogoutExpectation,
    now: OffsetDateTime,
) -> LogoutVerdict {
    let receiver = Receiver {
        trust,
        expectation,
        now,
        kind: message.kind,
    };
    verdict(|checks| {
        let Some(signature) = &message.signature else {
            return Err(unsigned(checks));
        };
        verify_octets(
            &signature.signed_octets,
            &signature.algorithm,
            &signature.value,
            trust,
            now,
            checks,
        )?;
        checks.pass(
            Requirement::LogoutSignature,
            "a signature",
            "over the query",
        );
        let document = parse(&message.xml, checks)?;
        // Bindings 3.4.4.1: a message in a query carries no signature of its own.
        if signatures(&document).next().is_some() {
            return Err(checks.fail(
                Requirement::SignaturePlacement,
                "no signature inside a message that the query signs",
                "one",
            ));
        }
        receiver.read(document.root(), checks)
    })
}

/// Judges a message that came by HTTP-POST: signed by an enveloped signature.
pub fn receive_post(
    message: &Posted,
    trust: &Trust,
    expectation: &LogoutExpectation,
    now: OffsetDateTime,
) -> LogoutVerdict {
    let receiver = Receiver {
        trust,
        expectation,
        now,
        kind: message.kind,
    };
    verdict(|checks| {
        let document = parse(&message.xml, checks)?;
        let signature = only_signature(&document, checks)?;
        let signed = verify_enveloped(signature, document.root(), trust, now, checks)?;
        checks.pass(
            Requirement::LogoutSignature,
            "a signature",
            "in the message",
        );
        let covered = parse(signed.octets(), checks)?; // rule B6
        receiver.read(covered.root(), checks)
    })
}

/// Who a message says it is from: to find the keys to judge it by, and for nothing else.
pub fn claimed_issuer(xml: &[u8]) -> Option<String> {
    let document = Document::parse(xml, &Limits::MESSAGE).ok()?;
    let issuer = document.root().child(names::SAML, "Issuer")?.text()?;
    Some(issuer.into_owned())
}

fn verdict(judge: impl FnOnce(&mut Checks) -> Result<LogoutMessage, Rejection>) -> LogoutVerdict {
    let mut checks = Checks::new();
    let outcome = judge(&mut checks);
    LogoutVerdict {
        checks: checks.into_vec(),
        outcome,
    }
}

struct Receiver<'r> {
    trust: &'r Trust,
    expectation: &'r LogoutExpectation,
    now: OffsetDateTime,
    kind: MessageKind,
}

impl Receiver<'_> {
    /// Reads a message whose signature has verified.
    fn read(&self, root: Element<'_>, checks: &mut Checks) -> Result<LogoutMessage, Rejection> {
        let expected = match self.kind {
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
            issue_instant: self.issue_instant(root, checks)?,
            destination: self.destination(root, checks)?,
            issuer: self.issuer(root, checks)?,
        };
        match self.kind {
            MessageKind::Request => self
                .request(root, common, checks)
                .map(LogoutMessage::Request),
            MessageKind::Response => response(root, common, checks).map(LogoutMessage::Response),
        }
    }

    /// Rule C5.
    fn issue_instant(
        &self,
        root: Element<'_>,
        checks: &mut Checks,
    ) -> Result<OffsetDateTime, Rejection> {
        let text = root.attribute("IssueInstant").unwrap_or_default();
        let latest = self.now + self.expectation.clock_skew;
        let expected = format!("not after {}", instant::format(latest));
        match instant::parse(text).filter(|issued| *issued <= latest) {
            Some(issued) => {
                checks.pass(Requirement::IssueInstant, expected, text.to_owned());
                Ok(issued)
            }
            None => Err(checks.fail(Requirement::IssueInstant, expected, text.to_owned())),
        }
    }

    /// Bindings 3.4.5.2 and 3.5.5.2: a signed message names its destination.
    fn destination(&self, root: Element<'_>, checks: &mut Checks) -> Result<String, Rejection> {
        let destination = root.attribute("Destination").unwrap_or_default();
        checks.require(
            destination == self.expectation.slo_url,
            Requirement::LogoutDestination,
            self.expectation.slo_url.clone(),
            destination.to_owned(),
        )?;
        Ok(destination.to_owned())
    }

    /// Rule D1, with the other names that the connection knows.
    fn issuer(&self, root: Element<'_>, checks: &mut Checks) -> Result<String, Rejection> {
        let issuer = root
            .child(names::SAML, "Issuer")
            .and_then(Element::text)
            .unwrap_or_default()
            .into_owned();
        let known = self.trust.is_from(&issuer) || self.expectation.extra_issuers.contains(&issuer);
        checks.require(
            known,
            Requirement::Issuer,
            self.trust.idp_entity_id.clone(),
            issuer.clone(),
        )?;
        Ok(issuer)
    }

    fn request(
        &self,
        root: Element<'_>,
        common: Common,
        checks: &mut Checks,
    ) -> Result<LogoutRequest, Rejection> {
        let not_on_or_after = self.not_on_or_after(root, checks)?;
        let name_id = self.name_id(root, checks)?;
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
    fn not_on_or_after(
        &self,
        root: Element<'_>,
        checks: &mut Checks,
    ) -> Result<Option<OffsetDateTime>, Rejection> {
        let Some(text) = root.attribute("NotOnOrAfter") else {
            return Ok(None);
        };
        let earliest = self.now - self.expectation.clock_skew;
        let expected = format!("after {}", instant::format(earliest));
        match instant::parse(text).filter(|end| *end > earliest) {
            Some(end) => {
                checks.pass(Requirement::LogoutTime, expected, text.to_owned());
                Ok(Some(end))
            }
            None => Err(checks.fail(Requirement::LogoutTime, expected, text.to_owned())),
        }
    }

    /// The one `NameID` or `EncryptedID` (Core 3.7.1, rules G).
    fn name_id(&self, root: Element<'_>, checks: &mut Checks) -> Result<NameId, Rejection> {
        let mut found = root.children().filter(|child| {
            child.is(names::SAML, "NameID")
                || child.is(names::SAML, "EncryptedID")
                || child.is(names::SAML, "BaseID")
        });
        match (found.next(), found.next()) {
            (Some(name), None) if name.local_name() == "NameID" => read_name_id(name, checks),
            (Some(name), None) if name.local_name() == "EncryptedID" => {
                let keys = &self.trust.decryption_keys;
                let plain = encryption::decrypt(name, keys, Cover::Signed, checks)?;
                let (name, _) = plain.read("NameID", checks, read_name_id)?;
                Ok(name)
            }
            _ => Err(checks.fail(
                Requirement::LogoutShape,
                "one NameID or EncryptedID",
                "none, several, or a BaseID",
            )),
        }
    }
}

/// What requests and responses have in common (Core 3.2).
struct Common {
    id: String,
    issue_instant: OffsetDateTime,
    destination: String,
    issuer: String,
}

fn id(root: Element<'_>, checks: &mut Checks) -> Result<String, Rejection> {
    match root.attribute("ID") {
        Some(id) if !id.is_empty() => Ok(id.to_owned()),
        _ => Err(checks.fail(Requirement::LogoutShape, "an ID", "none")),
    }
}

fn response(
    root: Element<'_>,
    common: Common,
    checks: &mut Checks,
) -> Result<LogoutResponse, Rejection> {
    let status = root.child(names::SAMLP, "Status");
    let code = status.and_then(|status| status.child(names::SAMLP, "StatusCode"));
    let value = |code: Element<'_>| code.attribute("Value").map(str::to_owned);
    let Some(top) = code.and_then(value) else {
        return Err(checks.fail(Requirement::LogoutShape, "a StatusCode", "none"));
    };
    Ok(LogoutResponse {
        id: common.id,
        issue_instant: common.issue_instant,
        destination: common.destination,
        issuer: common.issuer,
        in_response_to: root.attribute("InResponseTo").map(str::to_owned),
        status: LogoutStatus {
            code: top,
            detail: code
                .and_then(|code| code.child(names::SAMLP, "StatusCode"))
                .and_then(value),
            message: status
                .and_then(|status| status.child(names::SAMLP, "StatusMessage"))
                .and_then(Element::text)
                .map(std::borrow::Cow::into_owned),
        },
    })
}

fn read_name_id(element: Element<'_>, checks: &mut Checks) -> Result<NameId, Rejection> {
    let own = |name| element.attribute(name).map(str::to_owned);
    match element.text() {
        Some(value) if !value.is_empty() => Ok(NameId {
            value: value.into_owned(),
            format: own("Format"),
            name_qualifier: own("NameQualifier"),
            sp_name_qualifier: own("SPNameQualifier"),
            sp_provided_id: own("SPProvidedID"),
        }),
        _ => Err(checks.fail(
            Requirement::LogoutShape,
            "a NameID with a name",
            "an empty one",
        )),
    }
}

fn parse<'x>(xml: &'x [u8], checks: &mut Checks) -> Result<Document<'x>, Rejection> {
    let document = Document::parse(xml, &Limits::MESSAGE)
        .map_err(|error| checks.fail(Requirement::WellFormed, "strict XML", error.to_string()))?;
    checks.pass(Requirement::WellFormed, "strict XML", "strict XML");
    check_ids(&document, checks)?;
    Ok(document)
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
        return Err(unsigned(checks));
    };
    let mut first = document.root().children();
    let in_place = first
        .next()
        .is_some_and(|issuer| issuer.is(names::SAML, "Issuer"))
        && first.next() == Some(signature);
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
fn unsigned(checks: &mut Checks) -> Rejection {
    checks.fail(Requirement::LogoutSignature, "a signature", "none")
}
