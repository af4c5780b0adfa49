//! The assertion's own rules (D), read from signed octets.

use super::error::{Checks, Rejection, Requirement};
use super::instant;
use super::names;
use super::response::{Expectation, check_issue_instant};
use super::signature::Trust;
use crate::xml::Element;
use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};

/// An assertion that has passed every check. Only [`super::response`] makes one.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ValidatedAssertion {
    /// The assertion's ID, to be accepted once (rule E4).
    pub id: String,
    /// The identity provider.
    pub issuer: String,
    /// The subject's name; absent only where an identity attribute stands in (rule D7).
    pub name_id: Option<NameId>,
    /// The session at the identity provider, kept for logout (rule D6).
    pub session_index: Option<String>,
    /// The identity provider wants the session to end by then (rule D6).
    pub session_not_on_or_after: Option<OffsetDateTime>,
    /// When the user was authenticated.
    pub authn_instant: Option<OffsetDateTime>,
    /// How the user was authenticated.
    pub authn_context: Option<String>,
    /// The attributes, in order.
    pub attributes: Vec<Attribute>,
    /// Until when the assertion could be accepted again: how long its ID is kept (rule E4). The skew is included.
    pub acceptable_until: OffsetDateTime,
    /// Our clock minus the identity provider's, as far as the message tells.
    pub drift: Duration,
}

/// A `NameID`, word for word: logout needs it so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NameId {
    /// The name.
    pub value: String,
    /// Its format.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<String>,
    /// The identity provider's qualifier.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name_qualifier: Option<String>,
    /// Our qualifier.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sp_name_qualifier: Option<String>,
    /// The name that the service provider gave.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sp_provided_id: Option<String>,
}

/// An attribute with its simple values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    /// The name, compared octet by octet.
    pub name: String,
    /// The values that are plain text; structured ones are left out.
    pub values: Vec<String>,
}

/// Judges an assertion whose octets are signed.
pub(super) fn validate(
    assertion: Element<'_>,
    trust: &Trust,
    expectation: &Expectation,
    now: OffsetDateTime,
    checks: &mut Checks,
) -> Result<ValidatedAssertion, Rejection> {
    let parts = Parts::of(assertion, checks)?;
    let issuer = parts.issuer.text().unwrap_or_default();
    checks.require(
        issuer == trust.idp_entity_id,
        Requirement::Issuer,
        trust.idp_entity_id.clone(),
        issuer.clone().into_owned(),
    )?;
    let issue_instant = check_issue_instant(assertion, expectation, now, checks)?;
    let confirmed_until = check_confirmations(parts.subject, expectation, now, checks)?;
    let valid_until = check_conditions(parts.conditions, expectation, now, checks)?;
    let authn = check_authn(assertion, expectation, now, checks)?;
    let attributes = read_attributes(assertion);
    let name_id = check_name_id(parts.subject, &attributes, expectation, checks)?;
    Ok(ValidatedAssertion {
        id: assertion.attribute("ID").unwrap_or_default().to_owned(),
        issuer: issuer.into_owned(),
        name_id,
        session_index: authn.index,
        session_not_on_or_after: authn.not_on_or_after,
        authn_instant: authn.instant,
        authn_context: authn.context,
        attributes,
        acceptable_until: valid_until.min(confirmed_until) + expectation.clock_skew,
        drift: now - issue_instant,
    })
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
        if assertion.attribute("ID").is_none_or(str::is_empty) {
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

/// Rule D2: at least one bearer confirmation meets everything. Gives until when the best of them holds.
fn check_confirmations(
    subject: Element<'_>,
    expectation: &Expectation,
    now: OffsetDateTime,
    checks: &mut Checks,
) -> Result<OffsetDateTime, Rejection> {
    let mut complaint = "no bearer confirmation".to_owned();
    let mut until = None;
    for confirmation in subject.children_named(names::SAML, "SubjectConfirmation") {
        if confirmation.attribute("Method") != Some(names::CM_BEARER) {
            continue;
        }
        match check_confirmation(confirmation, expectation, now) {
            Ok(limit) => until = until.max(Some(limit)),
            Err(why) => complaint = why,
        }
    }
    let expected = || match &expectation.request_id {
        Some(request) => format!(
            "Recipient {}, in time, InResponseTo {request}",
            expectation.acs_url
        ),
        None => format!(
            "Recipient {}, in time, no InResponseTo",
            expectation.acs_url
        ),
    };
    match until {
        Some(until) => {
            checks.pass(
                Requirement::SubjectConfirmation,
                expected(),
                format!("until {}", instant::format(until)),
            );
            Ok(until)
        }
        None => Err(checks.fail(Requirement::SubjectConfirmation, expected(), complaint)),
    }
}

/// One bearer confirmation (Profiles 4.1.4.2 and 4.1.4.3).
fn check_confirmation(
    confirmation: Element<'_>,
    expectation: &Expectation,
    now: OffsetDateTime,
) -> Result<OffsetDateTime, String> {
    let mut data = confirmation.children_named(names::SAML, "SubjectConfirmationData");
    let (Some(data), None) = (data.next(), data.next()) else {
        return Err("no single SubjectConfirmationData".to_owned());
    };
    match data.attribute("Recipient") {
        Some(recipient) if recipient == expectation.acs_url => {}
        Some(other) => return Err(format!("Recipient {other}")),
        None => return Err("no Recipient".to_owned()),
    }
    if data.attribute("NotBefore").is_some() {
        return Err("a NotBefore, which a bearer confirmation must not have".to_owned());
    }
    let text = data.attribute("NotOnOrAfter").ok_or("no NotOnOrAfter")?;
    let until =
        instant::parse(text).ok_or_else(|| format!("NotOnOrAfter {text}, which is no time"))?;
    if until <= now - expectation.clock_skew {
        return Err(format!(
            "NotOnOrAfter {text}; our clock says {}",
            instant::format(now)
        ));
    }
    match (
        data.attribute("InResponseTo"),
        expectation.request_id.as_deref(),
    ) {
        (Some(received), Some(expected)) if received == expected => Ok(until),
        (None, None) => Ok(until),
        (Some(received), _) => Err(format!("InResponseTo {received}")),
        (None, Some(_)) => Err("no InResponseTo".to_owned()),
    }
}

/// Rules D3, D4, D5. Gives until when the assertion is valid.
fn check_conditions(
    conditions: Element<'_>,
    expectation: &Expectation,
    now: OffsetDateTime,
    checks: &mut Checks,
) -> Result<OffsetDateTime, Rejection> {
    let skew = expectation.clock_skew;
    let expected = || {
        format!(
            "now, {}, give or take {} s",
            instant::format(now),
            skew.whole_seconds()
        )
    };
    let (from, until) = (
        conditions.attribute("NotBefore"),
        conditions.attribute("NotOnOrAfter"),
    );
    let received = || {
        format!(
            "from {} until before {}",
            from.unwrap_or("any time"),
            until.unwrap_or("no end")
        )
    };
    let started =
        from.is_none_or(|from| instant::parse(from).is_some_and(|from| from <= now + skew));
    let end = until
        .and_then(instant::parse)
        .filter(|end| *end > now - skew);
    let Some(end) = end.filter(|_| started) else {
        return Err(checks.fail(Requirement::Conditions, expected(), received()));
    };
    checks.pass(Requirement::Conditions, expected(), received());
    check_audience(conditions, expectation, checks)?;
    let understood = ["AudienceRestriction", "OneTimeUse", "ProxyRestriction"];
    let unknown = conditions.children().find(|child| {
        child.namespace() != names::SAML || !understood.contains(&child.local_name())
    });
    match unknown {
        Some(condition) => Err(checks.fail(
            Requirement::KnownConditions,
            understood.join(", "),
            condition.name().to_owned(),
        )),
        None => Ok(end),
    }
}

/// Rule D4: at least one restriction, and every one names us.
fn check_audience(
    conditions: Element<'_>,
    expectation: &Expectation,
    checks: &mut Checks,
) -> Result<(), Rejection> {
    let names_us = |audience: &str| {
        audience == expectation.entity_id
            || expectation
                .extra_audiences
                .iter()
                .any(|extra| extra == audience)
    };
    let mut restrictions = 0;
    for restriction in conditions.children_named(names::SAML, "AudienceRestriction") {
        restrictions += 1;
        let audiences: Vec<String> = restriction
            .children_named(names::SAML, "Audience")
            .map(|audience| audience.text().unwrap_or_default().into_owned())
            .collect();
        let met = audiences.iter().any(|audience| names_us(audience));
        let received = if met {
            audiences.join(", ")
        } else {
            near_miss(&audiences, &expectation.entity_id)
        };
        checks.require(
            met,
            Requirement::Audience,
            expectation.entity_id.clone(),
            received,
        )?;
    }
    if restrictions == 0 {
        return Err(checks.fail(
            Requirement::Audience,
            expectation.entity_id.clone(),
            "no AudienceRestriction",
        ));
    }
    Ok(())
}

/// Says how an audience differs where it nearly fits.
fn near_miss(audiences: &[String], entity_id: &str) -> String {
    let bare = |text: &str| {
        text.strip_prefix("spn:")
            .unwrap_or(text)
            .trim_end_matches('/')
            .to_ascii_lowercase()
    };
    let received = audiences.join(", ");
    match audiences
        .iter()
        .find(|audience| bare(audience) == bare(entity_id))
    {
        Some(near) if near.starts_with("spn:") => {
            format!("{received} (differs by the prefix spn:)")
        }
        Some(near) if near.trim_end_matches('/') == entity_id.trim_end_matches('/') => {
            format!("{received} (differs by a slash at the end)")
        }
        Some(_) => format!("{received} (differs by upper and lower case)"),
        None if audiences.is_empty() => "no Audience".to_owned(),
        None => received,
    }
}

#[derive(Default)]
struct Authn {
    index: Option<String>,
    not_on_or_after: Option<OffsetDateTime>,
    instant: Option<OffsetDateTime>,
    context: Option<String>,
}

/// Rule D6.
fn check_authn(
    assertion: Element<'_>,
    expectation: &Expectation,
    now: OffsetDateTime,
    checks: &mut Checks,
) -> Result<Authn, Rejection> {
    let mut authn = Authn::default();
    let mut statements = 0;
    for statement in assertion.children_named(names::SAML, "AuthnStatement") {
        statements += 1;
        if let Some(text) = statement.attribute("SessionNotOnOrAfter") {
            let end = instant::parse(text).filter(|end| *end > now - expectation.clock_skew);
            let end = end.ok_or_else(|| {
                checks.fail(
                    Requirement::AuthnStatement,
                    "a SessionNotOnOrAfter in the future",
                    text.to_owned(),
                )
            })?;
            authn.not_on_or_after = Some(
                authn
                    .not_on_or_after
                    .map_or(end, |known: OffsetDateTime| known.min(end)),
            );
        }
        authn.index = authn
            .index
            .or_else(|| statement.attribute("SessionIndex").map(str::to_owned));
        authn.instant = authn
            .instant
            .or_else(|| statement.attribute("AuthnInstant").and_then(instant::parse));
        authn.context = authn.context.or_else(|| {
            let class = statement
                .child(names::SAML, "AuthnContext")?
                .child(names::SAML, "AuthnContextClassRef")?;
            class.text().map(std::borrow::Cow::into_owned)
        });
    }
    if statements > 0 {
        checks.pass(Requirement::AuthnStatement, "an AuthnStatement", "one");
    } else if expectation.authn_statement_optional {
        checks.pass(
            Requirement::AuthnStatement,
            "an AuthnStatement, or none by the connection's setting",
            "none",
        );
    } else {
        return Err(checks.fail(Requirement::AuthnStatement, "an AuthnStatement", "none"));
    }
    Ok(authn)
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

/// Rule D7.
fn check_name_id(
    subject: Element<'_>,
    attributes: &[Attribute],
    expectation: &Expectation,
    checks: &mut Checks,
) -> Result<Option<NameId>, Rejection> {
    let mut found = subject.children_named(names::SAML, "NameID");
    let element = match (found.next(), found.next()) {
        (Some(element), None) => element,
        (Some(_), Some(_)) => {
            return Err(checks.fail(Requirement::NameId, "one NameID", "several"));
        }
        (None, _) => {
            let stands_in = expectation
                .identity_attribute
                .as_deref()
                .is_some_and(|wanted| {
                    attributes.iter().any(|attribute| {
                        attribute.name == wanted
                            && attribute.values.iter().any(|value| !value.is_empty())
                    })
                });
            checks.require(
                stands_in,
                Requirement::NameId,
                "a NameID",
                if stands_in {
                    "the identity attribute"
                } else {
                    "none"
                },
            )?;
            return Ok(None);
        }
    };
    let value = element.text().unwrap_or_default();
    if value.is_empty() || value.chars().any(char::is_control) {
        return Err(checks.fail(
            Requirement::NameId,
            "a NameID without control characters",
            if value.is_empty() {
                "an empty one"
            } else {
                "one with control characters"
            },
        ));
    }
    // An absent Format means unspecified (Core 2.2.2).
    let format = element.attribute("Format");
    let effective = format.unwrap_or(names::NAMEID_UNSPECIFIED);
    if let Some(expected) = expectation.name_id_format.as_deref() {
        checks.require(
            effective == expected,
            Requirement::NameId,
            format!("Format {expected}"),
            format!("Format {effective}"),
        )?;
    }
    if effective == names::NAMEID_EMAIL {
        checks.require(
            is_addr_spec(&value),
            Requirement::NameId,
            "one e-mail address",
            if is_addr_spec(&value) {
                "one e-mail address"
            } else {
                "something else"
            },
        )?;
    }
    let own = |name| element.attribute(name).map(str::to_owned);
    Ok(Some(NameId {
        format: own("Format"),
        name_qualifier: own("NameQualifier"),
        sp_name_qualifier: own("SPNameQualifier"),
        sp_provided_id: own("SPProvidedID"),
        value: value.into_owned(),
    }))
}

/// Whether `text` is one `addr-spec` of the plain kind (RFC 5322 section 3.4.1: dot-atom at domain), ASCII only.
fn is_addr_spec(text: &str) -> bool {
    let atom = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&byte);
    let label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    text.len() <= 254
        && text.split_once('@').is_some_and(|(local, domain)| {
            local.len() <= 64
                && local
                    .split('.')
                    .all(|part| !part.is_empty() && part.bytes().all(atom))
                && domain.split('.').all(label)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_address_and_nothing_else() {
        for good in [
            "a@b",
            "britta.simon@contoso.com",
            "u_x.com#EXT#@x.onmicrosoft.com",
            "o'neil+x@sub.example.co.uk",
        ] {
            assert!(is_addr_spec(good), "{good}");
        }
        for bad in [
            "",
            "a",
            "@b",
            "a@",
            "a@b@c",
            "a b@c.d",
            "a@b.",
            ".a@b.c",
            "a..b@c.d",
            "a@b,c@d",
            "\u{212A}@b.c",
            "a@-b.c",
            "<a@b.c>",
            "a@b.c\n",
            "\"a b\"@c.d",
        ] {
            assert!(!is_addr_spec(bad), "{bad}");
        }
    }
}
