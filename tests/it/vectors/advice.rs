//! Advice is right or absent: what the record of a refused vector tells to change is changed, and the message passes.

mod lines;
mod maker;

use std::collections::BTreeSet;

use time::Duration;
use vestibule::admin::{Fix, Side, fixes};
use vestibule::domain::{AttemptId, AttemptKind, Check, LoginAttempt};
use vestibule::domain::{Company, Connection, SamlSettings, Settings};
use vestibule::saml::advice::other_issuer;
use vestibule::saml::error::Rule;
use vestibule::saml::validate::validate;

use super::case::{Case, Expect, Message};
use super::make::Paper;
use crate::support;
pub(super) use lines::refusal;
use maker::{addressed, at_the_identity_provider, signed, without_signatures};

/// What is wrong in more than one place, and how it is refused when the first is mended.
const STILL_REFUSED: [(&str, Rule); 2] = [
    // The content is no AES-CBC at all.
    ("encrypted-gcm-called-cbc", Rule::G3),
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
    attempt.record.checks = verdict.checks().iter().cloned().map(recorded).collect();
    Some(attempt)
}

fn recorded(check: vestibule::saml::error::SamlCheck) -> Check {
    Check {
        rule: check.requirement.rule().number().into(),
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
    let saml = SamlSettings {
        name_id_format: settings.name_id_format.clone(),
        extra_audiences: settings.extra_audiences.clone(),
        requested_authn_context: settings.requested_authn_context.clone(),
        accepted_authn_context: settings.accepted_authn_context.clone(),
        ..SamlSettings::default()
    };
    let mut of_case = Settings {
        identity_attribute: settings.identity_attribute.clone(),
        clock_skew_seconds: settings
            .clock_skew_seconds
            .map_or(180, |seconds| u16::try_from(seconds).unwrap()),
        force_authn: settings.forced_at.is_some(),
        max_authentication_age: settings
            .max_authentication_age
            .map(|seconds| u32::try_from(seconds).unwrap()),
        ..Settings::from(saml)
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
            changed.file.certificates = every_certificate();
        }
        (Side::Here, _, None) if fix.path.as_deref()?.ends_with("/metadata") => {
            // The metadata of the identity provider that sent it.
            changed.file.certificates = every_certificate();
            let check = attempt(case)?.record.checks.pop()?;
            if let Some(issuer) = other_issuer(&check.received) {
                changed.file.idp_entity_id = Some(issuer.to_owned());
            }
        }
        (Side::IdentityProvider, _, None) => maker::without_a_value(&mut changed, &fix.field)?,
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

fn every_certificate() -> Vec<String> {
    ["idp", "idp-second", "idp-p256"]
        .map(|name| format!("../../keys/{name}.crt"))
        .to_vec()
}

/// Our side.
fn set(case: &mut Case, key: &str, value: &str) {
    let settings = &mut case.file.settings;
    match key {
        "extra_audiences" => {
            settings.extra_audiences = list(value);
        }
        "name_id_format" => settings.name_id_format = Some(value.to_owned()),
        "clock_skew_seconds" => settings.clock_skew_seconds = Some(value.parse().unwrap()),
        "authn_statement" if value == "optional" => settings.authn_statement_optional = true,
        "required_signature" if value == "either" => settings.required_signature = None,
        "danger_accept_cbc" if value == "true" => settings.danger_accept_cbc = true,
        "force_authn" if value == "false" => settings.forced_at = None,
        "max_authentication_age" if value == "none" => settings.max_authentication_age = None,
        "requested_authn_context" => settings.requested_authn_context = list(value),
        "accepted_authn_context" => settings.accepted_authn_context = list(value),
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

fn is_about_authentication(fix: &Fix) -> bool {
    matches!(
        fix.setting,
        Some(
            "force_authn"
                | "max_authentication_age"
                | "requested_authn_context"
                | "accepted_authn_context"
        )
    )
}

fn list(value: &str) -> Vec<String> {
    let values = value.split(',').filter(|it| *it != "none");
    values.map(str::to_owned).collect()
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
        let advised = fixes(&attempt, &company(&case), Some(&connection(&case)));
        for fix in &advised {
            // What our request asked for, and what the connection demands besides, is taken back together (rules D8 and D9).
            let mut together = advised
                .iter()
                .filter(|other| other.side == Side::Here && is_about_authentication(other));
            let changed = if is_about_authentication(fix) {
                together.try_fold(case.clone(), |case, fix| follow(&case, fix))
            } else {
                follow(&case, fix)
            };
            let Some(changed) = changed else {
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
    assert!(tried > 280, "{tried}");
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
