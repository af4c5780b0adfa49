//! The subject: its confirmation (rule D2) and its name (rule D7).
//!
//! Vectors: `confirmation-*` and `name-*`.

use super::{AssertionAttribute, LONGEST_NAME, SamlNameId};
use crate::saml::difference;
use crate::saml::error::{Checks, Rejection, Requirement};
use crate::saml::expectation::Expectation;
use crate::saml::instant;
use crate::saml::names;
use crate::saml::signature::Trust;
use crate::text;
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
        Some(other) => {
            let received = difference::describe(other, &expectation.acs_url);
            return Err(format!("Recipient {received}"));
        }
        None => return Err("no Recipient".to_owned()),
    }
    // Profiles 4.1.4.2 forbids it, and some providers send it all the same: then it has to be past.
    if let Some(text) = data.attribute("NotBefore") {
        let from = instant::parse(text);
        if from.is_none_or(|from| from > now + expectation.clock_skew) {
            return Err(format!(
                "NotBefore {text}; our clock says {}",
                instant::format(now)
            ));
        }
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

/// Rule D7: one name, read or opened, or the identity attribute in its place.
pub(super) fn check_name_id(
    subject: Element<'_>,
    attributes: &[AssertionAttribute],
    trust: &Trust,
    expectation: &Expectation,
    checks: &mut Checks,
) -> Result<Option<SamlNameId>, Rejection> {
    let mut found = subject.children().filter(|child| is_identifier(*child));
    match (found.next(), found.next()) {
        (Some(name), None) if name.local_name() == "NameID" => {
            read_name(name, expectation, checks).map(Some)
        }
        (Some(name), None) if name.local_name() == "EncryptedID" => {
            open_name(name, trust, expectation, checks).map(Some)
        }
        (Some(_), None) => Err(checks.fail(Requirement::NameId, "a NameID", "a BaseID")),
        (Some(one), Some(other)) => {
            let received = if one.local_name() == other.local_name() {
                format!("several: {} twice", one.local_name())
            } else {
                format!("{} beside {}", other.local_name(), one.local_name())
            };
            Err(checks.fail(Requirement::NameId, "one NameID", received))
        }
        (None, _) => {
            let stands_in = expectation.identity_attribute.as_deref();
            let stands_in = stands_in.is_some_and(|wanted| {
                attributes.iter().any(|attribute| {
                    attribute.name == wanted
                        && attribute.values.iter().any(|value| !value.is_empty())
                })
            });
            let received = if stands_in {
                "the identity attribute"
            } else {
                "none"
            };
            checks.require(stands_in, Requirement::NameId, "a NameID", received)?;
            Ok(None)
        }
    }
}

/// What can say who a subject is (Core 2.4.1).
fn is_identifier(child: Element<'_>) -> bool {
    child.namespace() == names::SAML
        && matches!(child.local_name(), "NameID" | "EncryptedID" | "BaseID")
}

/// An `EncryptedID` (rules D7 and G).
fn open_name(
    encrypted: Element<'_>,
    trust: &Trust,
    expectation: &Expectation,
    checks: &mut Checks,
) -> Result<SamlNameId, Rejection> {
    if trust.decryption_keys.is_empty() {
        return Err(checks.fail(
            Requirement::NameId,
            "a NameID that can be read",
            "an encrypted NameID (EncryptedID), and there is no key to open it",
        ));
    }
    SamlNameId::open(encrypted, &trust.decryption_keys, checks, |name, checks| {
        read_name(name, expectation, checks)
    })
}

fn read_name(
    element: Element<'_>,
    expectation: &Expectation,
    checks: &mut Checks,
) -> Result<SamlNameId, Rejection> {
    let value = element.text().unwrap_or_default();
    let wrong = match value.len() {
        0 => Some("an empty one"),
        1..=LONGEST_NAME if value.trim() != value => Some("one with white space around it"),
        1..=LONGEST_NAME if value.contains(text::is_unseen) => Some("one with control characters"),
        1..=LONGEST_NAME => None,
        _ => Some("a longer one"),
    };
    if let Some(wrong) = wrong {
        return Err(checks.fail(
            Requirement::NameId,
            "a NameID of at most 1024 octets without control characters, and without white space around it",
            wrong,
        ));
    }
    // An absent Format means unspecified (Core 2.2.2).
    let format = element.attribute("Format");
    let effective = format.unwrap_or(names::NAMEID_UNSPECIFIED);
    if let Some(expected) = expectation.name_id_format.as_deref() {
        checks.require(
            canonical_format(effective) == canonical_format(expected),
            Requirement::NameId,
            format!("Format {expected}"),
            format!("Format {}", difference::describe(effective, expected)),
        )?;
    }
    if canonical_format(effective) == names::NAMEID_EMAIL {
        let is_address = is_addr_spec(&value);
        let received = if is_address {
            "one e-mail address".to_owned()
        } else {
            format!("no e-mail address: {value}")
        };
        checks.require(
            is_address,
            Requirement::NameId,
            "one e-mail address",
            received,
        )?;
    }
    let name_id = SamlNameId::from_element(element, value.into_owned());
    let ours = name_id.sp_name_qualifier.as_deref();
    if let Some(other) = ours.filter(|it| !expectation.names_us(it)) {
        return Err(checks.fail(
            Requirement::NameId,
            format!("a NameID for {}", expectation.entity_id),
            format!(
                "one with SPNameQualifier {}",
                difference::describe(other, &expectation.entity_id)
            ),
        ));
    }
    Ok(name_id)
}

/// The format of an e-mail address has its name in SAML 1.1; many write 2.0 (rule D7).
fn canonical_format(format: &str) -> &str {
    if format == names::NAMEID_EMAIL_OF_SAML_2 {
        names::NAMEID_EMAIL
    } else {
        format
    }
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
