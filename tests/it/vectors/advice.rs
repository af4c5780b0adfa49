//! Advice is right or absent: what the record of a refused vector tells to change is changed, and the message passes.

use std::collections::BTreeSet;

use openssl::pkey::PKey;
use time::Duration;
use vestibule::admin::{Fix, Side, fixes};
use vestibule::domain::{AttemptId, AttemptKind, Check, LoginAttempt};
use vestibule::domain::{Company, Connection, SamlSettings};
use vestibule::saml::encryption::{DataAlgorithm, KeyTransport, encrypt_assertion};
use vestibule::saml::error::Rule;
use vestibule::saml::names;
use vestibule::saml::response::validate;
use vestibule::xml::{Document, Limits};

use super::case::{Case, Expect, Message};
use super::make::{Paper, private_key};
use crate::support;

/// What is wrong in more than one place, and how it is refused when the first is mended.
const STILL_REFUSED: [(&str, Rule); 3] = [
    // The content is no AES-CBC at all.
    ("encrypted-gcm-called-cbc", Rule::G3),
    // Another identity provider, whose certificate alone is not enough.
    ("foreign-idp-of-another-company", Rule::D1),
    // Its key is too short to be kept.
    ("key-rsa-1024", Rule::B3),
];

/// The attempt that the refusal of a vector leaves, and how it was refused.
fn attempt(case: &Case) -> Option<LoginAttempt> {
    let Message::Xml(octets) = &case.message else {
        return None;
    };
    let verdict = validate(octets, &case.trust(), &case.expectation(), case.file.now);
    let id = AttemptId::from_bytes([1; 16]);
    let company = company(case).id;
    let mut attempt = LoginAttempt::open(id, company, AttemptKind::Saml, [0; 32], case.file.now);
    attempt.finished_at = Some(case.file.now);
    attempt.record.checks = verdict.checks.into_iter().map(recorded).collect();
    Some(attempt)
}

fn recorded(check: vestibule::saml::error::Check) -> Check {
    Check {
        rule: check.rule.number().into(),
        subject: check.requirement.title().into(),
        expected: check.expected,
        received: check.received,
        passed: check.passed,
    }
}

fn company(case: &Case) -> Company {
    let origin = case.file.acs_url.strip_suffix("/sso/acs").unwrap();
    support::company(origin)
}

fn connection(case: &Case) -> Connection {
    let settings = &case.file.settings;
    let mut of_case = SamlSettings {
        name_id_format: settings.name_id_format.clone(),
        extra_audiences: settings.extra_audiences.clone(),
        identity_attribute: settings.identity_attribute.clone(),
        clock_skew_seconds: settings
            .clock_skew_seconds
            .map_or(180, |seconds| u16::try_from(seconds).unwrap()),
        ..SamlSettings::default()
    };
    if let Some(required) = settings.required_signature {
        let word = format!("{required:?}").to_ascii_lowercase();
        of_case.set("required_signature", &word).unwrap();
    }
    support::connection(company(case).id, "idp", of_case)
}

/// Does what is advised; none where it is a place to look at, and nothing to enter.
fn follow(case: &Case, fix: &Fix) -> Option<Case> {
    let mut changed = case.clone();
    let value = fix.value.clone();
    match (fix.side, fix.setting, value) {
        (Side::Here, Some(key), Some(value)) => set(&mut changed, key, &value),
        (Side::Here, _, None) if fix.path.as_deref()?.ends_with("/certificates") => {
            // The certificate that the message names has come.
            changed.file.certificates = ["idp", "idp-second", "idp-p256"]
                .map(|name| format!("../../keys/{name}.crt"))
                .to_vec();
        }
        (Side::IdentityProvider, _, Some(value)) => {
            let text = String::from_utf8(case.xml().to_vec()).unwrap();
            let text = at_the_identity_provider(&text, &fix.field, &value);
            changed.message = Message::Xml(text.into_bytes());
        }
        (Side::Operator, Some("origin"), Some(origin)) => {
            changed.file.acs_url = format!("{origin}/sso/acs");
            // The identity provider knows one address of ours, and names it in both places.
            let text = String::from_utf8(case.xml().to_vec()).unwrap();
            let addressed = addressed(&text, &changed.file.acs_url);
            if addressed != text {
                let text = signed(&without_signatures(&addressed), "_assertion");
                changed.message = Message::Xml(text.into_bytes());
            }
        }
        _ => return None,
    }
    Some(changed)
}

/// Our side.
fn set(case: &mut Case, key: &str, value: &str) {
    let settings = &mut case.file.settings;
    match key {
        "extra_audiences" => {
            settings.extra_audiences = value.split(',').map(str::to_owned).collect();
        }
        "name_id_format" => settings.name_id_format = Some(value.to_owned()),
        "clock_skew_seconds" => settings.clock_skew_seconds = Some(value.parse().unwrap()),
        "authn_statement" if value == "optional" => settings.authn_statement_optional = true,
        "required_signature" if value == "either" => settings.required_signature = None,
        "danger_accept_cbc" if value == "true" => settings.danger_accept_cbc = true,
        "idp_entity_id" => case.file.idp_entity_id = Some(value.to_owned()),
        // The identity provider answers in the format that is asked for.
        "name_id_policy" => {
            let text = String::from_utf8(case.xml().to_vec()).unwrap();
            let text = at_the_identity_provider(&text, "Name identifier format", value);
            case.message = Message::Xml(text.into_bytes());
        }
        _ => panic!("nobody has tried {key}={value}"),
    }
}

/// Their side: the message as it comes then, signed anew.
fn at_the_identity_provider(xml: &str, field: &str, value: &str) -> String {
    let bare = without_signatures(xml);
    let is_sealed = bare.contains("<saml:EncryptedAssertion");
    match (field, value) {
        // What is wrong is sealed.
        ("Identifier (Entity ID)", "https://acme.example/sso/metadata")
        | ("Signing Option", "Sign SAML assertion")
            if is_sealed =>
        {
            with_good_assertion_sealed(&bare)
        }
        ("Identifier (Entity ID)", _) => signed(&for_audience(&bare, value), "_assertion"),
        ("Reply URL (Assertion Consumer Service URL)", _) => {
            signed(&addressed(&bare, value), "_assertion")
        }
        ("Signing Option", "Sign SAML assertion")
        | ("Signing Algorithm", "SHA-256")
        | ("Canonicalization method", _) => signed(&bare, "_assertion"),
        ("Signing Option", "Sign SAML response") => signed(&bare, "_response"),
        // An encrypted assertion keeps the signature inside.
        ("Signing Option", _) if is_sealed => signed(xml, "_response"),
        ("Signing Option", "Sign SAML response and assertion") => {
            signed(&signed(&bare, "_assertion"), "_response")
        }
        ("Unique User Identifier (Name ID)", "user.mail") => signed(&named(&bare), "_assertion"),
        (field, _) if field.ends_with("Name identifier format") => {
            let text = with_attribute(&named(&bare), "saml:NameID", "Format", value);
            signed(&text, "_assertion")
        }
        _ => panic!("nobody has tried {field}: {value}"),
    }
}

#[track_caller]
fn signed(text: &str, id: &str) -> String {
    if let Err(error) = Document::parse(text.as_bytes(), &Limits::METADATA) {
        panic!("{error}: {text}");
    }
    Paper::new(text).sign(id).text().to_owned()
}

fn without_signatures(xml: &str) -> String {
    without(xml, "<ds:Signature ", "</ds:Signature>")
}

/// Without everything from `open` to `close`.
fn without(xml: &str, open: &str, close: &str) -> String {
    let mut text = xml.to_owned();
    while let Some(start) = text.find(open) {
        let end = text[start..].find(close).unwrap() + start;
        text.replace_range(start..end + close.len(), "");
    }
    text
}

/// To that address, in both places.
fn addressed(xml: &str, url: &str) -> String {
    let text = with_attribute(xml, "samlp:Response", "Destination", url);
    with_attribute(&text, "saml:SubjectConfirmationData", "Recipient", url)
}

/// For that audience, which is said where it was not.
fn for_audience(xml: &str, value: &str) -> String {
    let text = with_text(xml, "Audience", value);
    if text.contains("</saml:Audience>") {
        return text;
    }
    let (open, close) = (
        "<saml:AudienceRestriction>",
        "</saml:AudienceRestriction></saml:Conditions>",
    );
    let text = without(&text, open, "</saml:AudienceRestriction>");
    let whole = format!("{open}<saml:Audience>{value}</saml:Audience>{close}");
    Paper::new(text)
        .change("</saml:Conditions>", &whole)
        .text()
        .to_owned()
}

/// With an e-mail address as the name, which is there where none was.
fn named(xml: &str) -> String {
    const NAME: &str = "b.simon@contoso.com";
    let text = with_text(xml, "NameID", NAME);
    if text.contains("</saml:NameID>") {
        return text;
    }
    let text = without(&text, "<saml:EncryptedID ", "</saml:EncryptedID>");
    let format = names::NAMEID_EMAIL;
    Paper::new(text)
        .after(
            "<saml:Subject>",
            &format!("<saml:NameID Format=\"{format}\">{NAME}</saml:NameID>"),
        )
        .text()
        .to_owned()
}

/// With the good assertion, signed, in the place of the sealed one.
fn with_good_assertion_sealed(xml: &str) -> String {
    let pem = private_key("sp").public_key_to_pem().unwrap();
    let sealed = encrypt_assertion(
        &Paper::signed().element("Assertion"),
        &PKey::public_key_from_pem(&pem).unwrap(),
        DataAlgorithm::Gcm(32),
        KeyTransport::OAEP_SHA256,
        &[7; 48],
    )
    .unwrap();
    let (before, rest) = xml.split_once("<saml:EncryptedAssertion").unwrap();
    let (_, after) = rest.split_once("</saml:EncryptedAssertion>").unwrap();
    format!("{before}{sealed}{after}")
}

/// Every element of that name, with this text.
fn with_text(xml: &str, local: &str, value: &str) -> String {
    let (open, close) = (format!("<saml:{local}"), format!("</saml:{local}>"));
    let (mut rest, mut out) = (xml, String::new());
    while let Some(start) = rest.find(&open) {
        let (before, after) = rest.split_at(start + open.len());
        out.push_str(before);
        rest = after;
        // Not the beginning of a longer name.
        if !after.starts_with(['>', ' ', '/']) {
            continue;
        }
        let head = after.find('>').unwrap();
        out.push_str(after[..head].trim_end_matches('/'));
        out.push('>');
        out.push_str(value);
        out.push_str(&close);
        rest = if after[..head].ends_with('/') {
            &after[head + 1..]
        } else {
            after.split_once(&close).unwrap().1
        };
    }
    out + rest
}

fn with_attribute(xml: &str, element: &str, name: &str, value: &str) -> String {
    let Some(start) = xml.find(&format!("<{element}")) else {
        return xml.to_owned();
    };
    let end = start + xml[start..].find('>').unwrap();
    let tag = &xml[start..end];
    let known = format!(" {name}=\"");
    let tag = if let Some(at) = tag.find(&known) {
        let from = at + known.len();
        let until = from + tag[from..].find('"').unwrap();
        format!("{}{value}{}", &tag[..from], &tag[until..])
    } else {
        let (open, slash) = match tag.strip_suffix('/') {
            Some(open) => (open, "/"),
            None => (tag, ""),
        };
        format!("{open} {name}=\"{value}\"{slash}")
    };
    format!("{}{tag}{}", &xml[..start], &xml[end..])
}

#[test]
fn what_is_advised_lets_the_message_pass() {
    let (mut failures, mut tried) = (Vec::new(), 0);
    let mut still_refused = BTreeSet::new();
    for case in Case::all("reject") {
        // What the identity provider itself refuses is in our request, which no vector has.
        let by_status = matches!(case.file.expect, Expect::Refused { rule: Rule::C2, .. });
        if case.file.metadata.is_some() || by_status {
            continue;
        }
        let Some(attempt) = attempt(&case) else {
            continue;
        };
        for fix in fixes(&attempt, &company(&case), Some(&connection(&case))) {
            let Some(changed) = follow(&case, &fix) else {
                continue;
            };
            tried += 1;
            // The new message is judged a moment after it was made.
            if let Err(refusal) = changed.judge() {
                let known = (case.name.as_str(), refusal.rule);
                if STILL_REFUSED.contains(&known) {
                    still_refused.insert(case.name.clone());
                    continue;
                }
                failures.push(format!(
                    "{}: {} = {:?}: {refusal:?}",
                    case.name,
                    fix.label(),
                    fix.value
                ));
            }
        }
    }
    assert!(
        failures.is_empty(),
        "{} of {tried}:\n{}",
        failures.len(),
        failures.join("\n")
    );
    assert!(tried > 150, "{tried}");
    let known = STILL_REFUSED.map(|(name, _)| name);
    assert!(still_refused.iter().eq(&known), "{still_refused:?}");
}

/// The operator's part: our origin is the one that a proxy uses, and the identity provider has the right address.
#[test]
fn an_internal_origin_is_not_to_be_entered_at_the_identity_provider() {
    let text = Paper::signed().text().to_owned();
    let mut case = Case::all("accept")
        .into_iter()
        .find(|it| it.name == "signed-assertion")
        .unwrap();
    case.message = Message::Xml(text.into_bytes());
    assert!(case.judge().is_ok());
    for internal in [
        "https://vestibule.lan",
        "http://acme.localhost:8080",
        "https://sso.internal",
    ] {
        let mut wrong = case.clone();
        wrong.file.acs_url = format!("{internal}/sso/acs");
        let attempt = attempt(&wrong).unwrap();
        let advised = fixes(&attempt, &company(&wrong), Some(&connection(&wrong)));
        let [fix] = &advised[..] else {
            panic!("{advised:?}")
        };
        assert_eq!(
            (fix.side, fix.value.as_deref()),
            (Side::Operator, Some("https://acme.example"))
        );
        assert!(follow(&wrong, fix).unwrap().judge().is_ok());
    }
}

/// More skew than may be set is not advised, and what is advised is enough.
#[test]
fn clocks_that_are_too_far_apart_are_not_mended_by_a_setting() {
    let case = Case::all("accept")
        .into_iter()
        .find(|it| it.name == "signed-assertion")
        .unwrap();
    for (late, advised) in [(200, true), (290, true), (400, false)] {
        let mut late_case = case.clone();
        late_case.file.now =
            time::macros::datetime!(2026-03-04 05:36:07 UTC) + Duration::seconds(late);
        let attempt = attempt(&late_case).unwrap();
        let found = fixes(
            &attempt,
            &company(&late_case),
            Some(&connection(&late_case)),
        );
        assert_eq!(!found.is_empty(), advised, "{late}: {found:?}");
        for fix in found {
            let mended = follow(&late_case, &fix).unwrap();
            assert!(mended.judge().is_ok(), "{late}: {fix:?}");
        }
    }
}
