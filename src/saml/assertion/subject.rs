//! The subject: its confirmation (rule D2) and its name (rule D7).

use super::{Attribute, LONGEST_NAME, NameId};
use crate::saml::error::{Checks, Rejection, Requirement};
use crate::saml::instant;
use crate::saml::names;
use crate::saml::response::Expectation;
use crate::xml::Element;
use time::OffsetDateTime;

/// Rule D2: at least one bearer confirmation meets everything. Gives until when any of them could: one that answers another
/// request may be the longer one, and must not outlive the memory of the assertion's ID (rule E4).
pub(super) fn check_confirmations(
    subject: Element<'_>,
    expectation: &Expectation,
    now: OffsetDateTime,
    checks: &mut Checks,
) -> Result<OffsetDateTime, Rejection> {
    let mut complaint = "no bearer confirmation".to_owned();
    let (mut until, mut longest) = (None, None);
    for confirmation in subject.children_named(names::SAML, "SubjectConfirmation") {
        if confirmation.attribute("Method") != Some(names::CM_BEARER) {
            continue;
        }
        longest = longest.max(ends(confirmation));
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
            Ok(longest.max(Some(until)).unwrap_or(until))
        }
        None => Err(checks.fail(Requirement::SubjectConfirmation, expected(), complaint)),
    }
}

/// The latest end that a confirmation tells.
fn ends(confirmation: Element<'_>) -> Option<OffsetDateTime> {
    confirmation
        .children_named(names::SAML, "SubjectConfirmationData")
        .filter_map(|data| instant::parse(data.attribute("NotOnOrAfter")?))
        .max()
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

/// Rule D7.
pub(super) fn check_name_id(
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
    if value.is_empty() || value.len() > LONGEST_NAME || value.chars().any(char::is_control) {
        return Err(checks.fail(
            Requirement::NameId,
            "a NameID of at most 1024 octets without control characters",
            match value.len() {
                0 => "an empty one",
                1..=LONGEST_NAME => "one with control characters",
                _ => "a longer one",
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
