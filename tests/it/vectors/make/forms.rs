//! Messages in forms (rule A1).

use super::super::case::{Expect, Identity, Message};
use super::{Paper, SUBJECT, Vector};
use openssl::base64::encode_block;
use vestibule::saml::error::Rule;

pub(super) fn vectors() -> Vec<Vector> {
    let mut all = forms();
    all.extend(accepted());
    all
}

pub(super) fn refused(rule: Rule) -> Expect {
    Expect::Refused {
        rule,
        received: None,
    }
}

fn encoded() -> String {
    encode_block(Paper::signed().text().as_bytes())
}

/// Percent-encoded as a browser does it.
pub(super) fn escaped(text: &str) -> String {
    text.replace('+', "%2B")
        .replace('/', "%2F")
        .replace('=', "%3D")
}

fn forms() -> Vec<Vector> {
    let good = escaped(&encoded());
    let form = |name: &str, note: &str, rule: Rule, body: String| {
        Vector::new(name, note, Message::Form(body.into_bytes()), refused(rule))
    };
    let case = |name: &str, note: &str, body: String| form(name, note, Rule::A1, body);
    let url_safe = encoded().replace('+', "-").replace('/', "_");
    vec![
        case("form-empty", "An empty body.", String::new()),
        case(
            "form-without-response",
            "Only a RelayState.",
            "RelayState=handle".to_owned(),
        ),
        case(
            "form-response-twice",
            "SAMLResponse twice.",
            format!("SAMLResponse={good}&SAMLResponse={good}"),
        ),
        case(
            "form-response-twice-by-escape",
            "SAMLResponse twice, once percent-encoded.",
            format!("SAMLResponse={good}&SAML%52esponse={good}"),
        ),
        case(
            "form-relay-state-twice",
            "RelayState twice.",
            format!("SAMLResponse={good}&RelayState=a&RelayState=b"),
        ),
        case(
            "form-request-and-response",
            "SAMLRequest and SAMLResponse.",
            format!("SAMLRequest={good}&SAMLResponse={good}"),
        ),
        case(
            "form-request",
            "The message is called a request.",
            format!("SAMLRequest={good}"),
        ),
        case(
            "form-name-in-small-letters",
            "samlresponse, in small letters.",
            format!("samlresponse={good}"),
        ),
        case(
            "form-artifact",
            "An artifact.",
            "SAMLart=AAQAAMh48%2F1oXIM%2BsDo7Dh2qMp1HM4IF5DaRNmDj6RdUmllwn9jJHyEgIi8%3D".to_owned(),
        ),
        case(
            "form-not-base64",
            "Not base64.",
            "SAMLResponse=%3Csamlp%3AResponse%2F%3E".to_owned(),
        ),
        case(
            "form-base64-url-safe",
            "The URL-safe alphabet.",
            format!("SAMLResponse={url_safe}AAA-"),
        ),
        case(
            "form-base64-text-after-padding",
            "Text after the padding.",
            format!("SAMLResponse={good}%3D%3D%3D%3DAAAA"),
        ),
        case(
            "form-base64-other-characters",
            "Other characters between those of base64.",
            format!("SAMLResponse=%00{good}"),
        ),
        case(
            "form-too-long",
            "More than 256 KiB.",
            format!("SAMLResponse={}", "A".repeat(256 * 1024)),
        ),
        case(
            "form-json",
            "JSON.",
            format!("{{\"SAMLResponse\":\"{}\"}}", encoded()),
        ),
        form(
            "form-response-empty",
            "An empty SAMLResponse.",
            Rule::A3,
            "SAMLResponse=".to_owned(),
        ),
        form(
            "form-deflated",
            "Compressed, as the redirect binding wants it.",
            Rule::A3,
            format!(
                "SAMLResponse={}",
                escaped(&encode_block(b"\xcb\x48\xcd\xc9\xc9\x07\x00"))
            ),
        ),
        form(
            "form-percent-encoded-twice",
            "Percent-encoded twice.",
            Rule::A1,
            format!("SAMLResponse={}", good.replace('%', "%25")),
        ),
    ]
}

fn accepted() -> Vec<Vector> {
    let identity = Expect::Accepted(Identity {
        name_id: Some(SUBJECT.to_owned()),
        assertion_id: Some("_assertion".to_owned()),
        ..Identity::default()
    });
    let good = escaped(&encoded());
    let case = |name: &str, note: &str, body: String| {
        Vector::new(
            name,
            note,
            Message::Form(body.into_bytes()),
            identity.clone(),
        )
    };
    let lines: Vec<&str> = good
        .as_bytes()
        .chunks(60)
        .filter_map(|line| std::str::from_utf8(line).ok())
        .collect();
    vec![
        case(
            "form",
            "The usual form.",
            format!("SAMLResponse={good}&RelayState=handle"),
        ),
        case(
            "form-relay-state-first",
            "RelayState first, and a field that means nothing.",
            format!("RelayState=handle&x=y&SAMLResponse={good}"),
        ),
        case(
            "form-name-escaped",
            "The field's name is percent-encoded.",
            format!("SAML%52esponse={good}"),
        ),
        case(
            "form-base64-in-lines",
            "Base64 in lines, with tabs and spaces.",
            format!(
                "SAMLResponse={}",
                escaped(&encoded()).replacen("PHN", "PHN%0D%0A%09+", 1)
            ),
        ),
        case(
            "form-base64-with-raw-spaces",
            "Base64 with plus signs as form spaces between escapes.",
            format!("SAMLResponse=+{}+", lines.concat()),
        ),
    ]
}
