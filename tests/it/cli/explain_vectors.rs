//! `explain` gives the verdict of the server on the same octets: for every vector, by the settings that it is judged by.

use std::fmt::Write as _;
use std::path::Path;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;
use time::format_description::well_known::Rfc3339;
use vestibule::saml::assertion::ValidatedAssertion;
use vestibule::saml::binding::EncodedResponse;
use vestibule::saml::validate::validate;
use vestibule::saml::verdict::Verdict;

use super::Installation;
use crate::vectors::{Case, Message};

/// The longest form that a server takes.
const BODY_LIMIT: usize = 256 * 1024;

/// Metadata with such keys alone is none, so that no connection is judged by them.
const NOT_IMPORTED: [&str; 2] = ["key-none", "key-rsa-1024"];
/// Forms in which no Response is found at all: it is said what to save instead.
const NO_FORM: [&str; 6] = [
    "form-artifact",
    "form-empty",
    "form-json",
    "form-name-in-small-letters",
    "form-request",
    "form-without-response",
];

/// The metadata of the identity provider of a case.
fn metadata(case: &Case, folder: &Path) -> String {
    if let Some(file) = &case.file.metadata {
        return case.folder.join(file).display().to_string();
    }
    let mut keys = String::new();
    for file in &case.file.certificates {
        let pem = std::fs::read_to_string(case.folder.join(file)).unwrap();
        let lines: Vec<&str> = pem.lines().filter(|line| !line.starts_with("--")).collect();
        write!(
            keys,
            "<md:KeyDescriptor use=\"signing\"><ds:KeyInfo><ds:X509Data><ds:X509Certificate>{}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>",
            lines.concat()
        )
        .unwrap();
    }
    let text = format!(
        "<md:EntityDescriptor xmlns:md=\"urn:oasis:names:tc:SAML:2.0:metadata\" xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\" entityID=\"{}\"><md:IDPSSODescriptor protocolSupportEnumeration=\"urn:oasis:names:tc:SAML:2.0:protocol\">{keys}<md:SingleSignOnService Binding=\"urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect\" Location=\"https://idp.example/sso\"/></md:IDPSSODescriptor></md:EntityDescriptor>",
        case.file.idp_entity_id.as_deref().unwrap()
    );
    let path = folder.join("metadata.xml");
    std::fs::write(&path, text).unwrap();
    path.display().to_string()
}

/// What the server would be posted, and its verdict on it.
fn posted(case: &Case) -> Option<(Vec<u8>, Verdict<ValidatedAssertion>)> {
    let judge = |xml: &[u8]| validate(xml, &case.trust(), &case.expectation(), case.file.now);
    match &case.message {
        Message::Query(_) => None,
        Message::Form(body) => {
            let verdict = match EncodedResponse::from_form(body, BODY_LIMIT) {
                Ok(form) => judge(form.response.xml()),
                Err(error) => Verdict::unread(&error),
            };
            Some((body.clone(), verdict))
        }
        Message::Xml(xml) => {
            let mut form = form_urlencoded::Serializer::new(String::new());
            form.append_pair("SAMLResponse", &BASE64_STANDARD.encode(xml));
            let form = form.finish().into_bytes();
            // What no server would read as a form is judged as XML.
            let octets = if form.len() > BODY_LIMIT {
                xml.clone()
            } else {
                form
            };
            Some((octets, judge(xml)))
        }
    }
}

/// The settings of a case, as `explain` takes them.
fn settings(case: &Case) -> Vec<String> {
    let settings = &case.file.settings;
    let list = |values: &[String]| match values {
        [] => "none".to_owned(),
        values => values.join(","),
    };
    let word = |value: Option<String>, default: &str| {
        value.map_or_else(|| default.to_owned(), |it| it.to_ascii_lowercase())
    };
    let validity = settings.certificate_validity.map(|it| format!("{it:?}"));
    let required = settings.required_signature.map(|it| format!("{it:?}"));
    let pairs = [
        (
            "name_id_format",
            settings
                .name_id_format
                .clone()
                .unwrap_or_else(|| "any".to_owned()),
        ),
        (
            "clock_skew_seconds",
            settings.clock_skew_seconds.unwrap_or(180).to_string(),
        ),
        ("certificate_validity", word(validity, "reject")),
        ("required_signature", word(required, "either")),
        ("extra_audiences", list(&settings.extra_audiences)),
        (
            "identity_attribute",
            settings
                .identity_attribute
                .clone()
                .unwrap_or_else(|| "none".to_owned()),
        ),
        (
            "authn_statement",
            word(
                settings
                    .authn_statement_optional
                    .then(|| "optional".to_owned()),
                "required",
            ),
        ),
        ("danger_allow_sha1", settings.danger_allow_sha1.to_string()),
        ("danger_accept_cbc", settings.danger_accept_cbc.to_string()),
        (
            "max_authentication_age",
            settings
                .max_authentication_age
                .map_or_else(|| "none".to_owned(), |it| it.to_string()),
        ),
        (
            "requested_authn_context",
            list(&settings.requested_authn_context),
        ),
        (
            "accepted_authn_context",
            list(&settings.accepted_authn_context),
        ),
    ];
    let mut words = Vec::new();
    for (key, value) in pairs {
        words.extend(["--set".to_owned(), format!("{key}={value}")]);
    }
    words
}

/// What differs from the server's verdict.
fn differs(case: &Case) -> Option<String> {
    let (octets, verdict) = posted(case)?;
    let folder = tempfile::tempdir().unwrap();
    let response = folder.path().join("response");
    std::fs::write(&response, octets).unwrap();
    let response = response.display().to_string();
    let time = |at: time::OffsetDateTime| at.format(&Rfc3339).unwrap();
    let mut words: Vec<String> = ["explain", response.as_str(), "--json", "--metadata"]
        .map(str::to_owned)
        .to_vec();
    words.push(metadata(case, folder.path()));
    for (option, value) in [
        ("--entity-id", Some(case.file.entity_id.clone())),
        ("--acs", Some(case.file.acs_url.clone())),
        ("--at", Some(time(case.file.now))),
        ("--request-id", case.file.request_id.clone()),
        ("--forced-at", case.file.settings.forced_at.map(time)),
    ] {
        words.extend(
            value
                .into_iter()
                .flat_map(|value| [option.to_owned(), value]),
        );
    }
    if case.file.metadata.is_some() {
        let wanted = case.file.idp_entity_id.iter();
        words.extend(wanted.flat_map(|it| ["--idp-entity-id".to_owned(), it.clone()]));
    }
    for key in &case.file.settings.decryption_keys {
        words.extend([
            "--key".to_owned(),
            case.folder.join(key).display().to_string(),
        ]);
    }
    words.extend(settings(case));
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let said = Installation::new().run_words(&words, "");
    if NOT_IMPORTED.contains(&case.name.as_str()) || NO_FORM.contains(&case.name.as_str()) {
        return (said.code != 2).then(|| format!("{}: {said:?}", case.name));
    }
    let Ok(shown) = serde_json::from_str::<Value>(&said.out) else {
        return Some(format!("{}: {said:?}", case.name));
    };
    let rule = verdict.outcome().err().map(|it| it.rule().to_string());
    let checks: Vec<Value> = verdict
        .checks()
        .iter()
        .map(|check| {
            serde_json::json!({
                "rule": check.requirement.rule().number(), "subject": check.requirement.title(),
                "expected": check.expected, "received": check.received, "passed": check.passed,
            })
        })
        .collect();
    let is_same = shown["accepted"] == verdict.outcome().is_ok()
        && shown["rule"].as_str() == rule.as_deref()
        && shown["checks"] == Value::Array(checks.clone());
    (!is_same).then(|| format!("{}: {checks:?}\n  {shown}", case.name))
}

#[test]
fn explain_gives_the_verdict_of_the_server_on_every_vector() {
    let cases: Vec<Case> = ["accept", "reject"]
        .into_iter()
        .flat_map(Case::all)
        .collect();
    assert!(cases.len() > 850, "{}", cases.len());
    let failures: Vec<String> = std::thread::scope(|scope| {
        let parts: Vec<_> = cases
            .chunks(cases.len().div_ceil(4))
            .map(|part| scope.spawn(move || part.iter().filter_map(differs).collect::<Vec<_>>()))
            .collect();
        parts
            .into_iter()
            .flat_map(|part| part.join().unwrap())
            .collect()
    });
    assert!(
        failures.is_empty(),
        "{}:\n{}",
        failures.len(),
        failures.join("\n")
    );
}
