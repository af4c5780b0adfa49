//! Comments, processing instructions, CDATA and white space where values are read (rules A3, B3, B6, C4, D1, D4, D7).
//!
//! A value is the whole text of its element. What canonicalisation leaves out can neither cut it short nor add to it.

use super::accepted::good;
use super::{Paper, Signer, Vector, accept, reject};
use std::collections::BTreeMap;
use vestibule::saml::error::Rule;

const ASSERTION: &str =
    "ID=\"_assertion\" IssueInstant=\"2026-03-04T05:06:04Z\" Version=\"2.0\"><saml:Issuer>";
const RESPONSE: &str =
    "<saml:Issuer xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\">https://idp.example/saml";
const AUDIENCE: &str = "<saml:Audience>https://acme.example/sso/metadata";
const VALUE: &str = "<saml:AttributeValue>Finance";

/// What canonicalisation leaves out or turns into text.
const INVISIBLE: [(&str, &str); 2] = [("comment", "<!-- x -->"), ("cdata", "<![CDATA[]]>")];

pub(super) fn vectors() -> Vec<Vector> {
    let mut all = invisible();
    all.extend(instructions());
    all.extend(cut_short());
    all.extend(spaces());
    all
}

/// A place in a good Response, by name; the text breaks in its middle.
fn places() -> [(&'static str, String, String); 4] {
    let split = |text: &str| {
        let (head, tail) = text.split_at(text.len() - 3);
        (head.to_owned(), tail.to_owned())
    };
    [
        ("issuer", format!("{ASSERTION}https://idp.example/saml")),
        ("response-issuer", RESPONSE.to_owned()),
        ("audience", AUDIENCE.to_owned()),
        ("attribute", VALUE.to_owned()),
    ]
    .map(|(name, text)| {
        let (head, tail) = split(&text);
        (name, head, tail)
    })
}

fn department(value: &str) -> BTreeMap<String, Vec<String>> {
    BTreeMap::from([("department".to_owned(), vec![value.to_owned()])])
}

/// In the middle of a value, before and after signing: the value is what it was.
fn invisible() -> Vec<Vector> {
    let mut all = Vec::new();
    for (noise, text) in INVISIBLE {
        for (place, head, tail) in places() {
            let (from, to) = (format!("{head}{tail}"), format!("{head}{text}{tail}"));
            let note = "The value is the whole text, whatever stands in its middle.";
            let usual = |vector: Vector| {
                vector.identity(|identity| identity.attributes = Some(department("Finance")))
            };
            all.push(usual(accept(
                &format!("{noise}-in-{place}"),
                note,
                good(&from, &to),
            )));
            // The signature has changed the text around the assertion's issuer, and nothing else.
            all.push(usual(accept(
                &format!("{noise}-in-{place}-after-signing"),
                note,
                Paper::signed().change(&from, &to),
            )));
        }
        let value =
            Signer::of("idp").then("<ds:SignatureValue>", &format!("<ds:SignatureValue>{text}"));
        all.push(accept(
            &format!("{noise}-in-signature-value"),
            "The signature's value is the whole text.",
            Paper::good().sign_by("_assertion", &value),
        ));
    }
    let digest = Signer::of("idp").info("<ds:DigestValue>", "<ds:DigestValue><![CDATA[]]>");
    all.push(accept(
        "cdata-in-digest",
        "The digest is the whole text.",
        Paper::good().sign_by("_assertion", &digest),
    ));
    all
}

fn instructions() -> Vec<Vector> {
    let mut all: Vec<Vector> = places()
        .into_iter()
        .map(|(place, head, tail)| {
            reject(
                &format!("processing-instruction-in-{place}"),
                Rule::A3,
                "A processing instruction in the middle of a value.",
                Paper::signed().change(&format!("{head}{tail}"), &format!("{head}<?x?>{tail}")),
            )
        })
        .collect();
    all.push(reject(
        "processing-instruction-in-signature-value",
        Rule::A3,
        "A processing instruction in the signature's value.",
        Paper::signed().change("<ds:SignatureValue>", "<ds:SignatureValue><?x?>"),
    ));
    all
}

/// The identity provider signed a longer value; a reader that stops at the first piece would read another one.
fn cut_short() -> Vec<Vector> {
    let mut all = Vec::new();
    for (noise, text) in [("comment", "<!---->"), ("cdata", "<![CDATA[.evil]]>")] {
        let evil = if noise == "cdata" { "" } else { ".evil" };
        let mut case = |place: &str, rule: Rule, paper: Paper, from: &str| {
            let paper = paper.change(from, &format!("{from}{text}{evil}"));
            all.push(
                reject(
                    &format!("{place}-cut-short-by-{noise}"),
                    rule,
                    "What is signed goes on behind it.",
                    paper.sign("_assertion"),
                )
                .received(".evil"),
            );
        };
        case(
            "issuer",
            Rule::D1,
            Paper::good().change(RESPONSE, &format!("{RESPONSE}.evil")),
            &format!("{ASSERTION}https://idp.example/saml"),
        );
        case("response-issuer", Rule::C4, Paper::good(), RESPONSE);
        case("audience", Rule::D4, Paper::good(), AUDIENCE);
        all.push(
            accept(
                &format!("attribute-not-cut-short-by-{noise}"),
                "What is signed goes on behind it, and is read.",
                good(VALUE, &format!("{VALUE}{text}{evil}")),
            )
            .identity(|identity| identity.attributes = Some(department("Finance.evil"))),
        );
    }
    all
}

/// White space counts where values are compared, and is skipped in base64 alone.
fn spaces() -> Vec<Vector> {
    let signed = Paper::signed();
    vec![
        accept(
            "space-in-attribute",
            "White space of an attribute's value belongs to it.",
            good(VALUE, "<saml:AttributeValue> \tFinance\n"),
        )
        .identity(|identity| identity.attributes = Some(department(" \tFinance\n"))),
        accept(
            "space-in-signature-value-after-signing",
            "The signature's value is base64 in lines; nothing signs it.",
            signed
                .clone()
                .change("<ds:SignatureValue>", "<ds:SignatureValue>\n \t\r\n"),
        ),
        reject(
            "changed-digest-space",
            Rule::B3,
            "White space was added to the DigestValue after signing, and SignedInfo is another.",
            signed
                .clone()
                .change("<ds:DigestValue>", "<ds:DigestValue> "),
        ),
        reject(
            "digest-with-next-line",
            Rule::B6,
            "U+0085 is no white space of base64.",
            Paper::good().sign_by(
                "_assertion",
                &Signer::of("idp").info("<ds:DigestValue>", "<ds:DigestValue>\u{85}"),
            ),
        ),
        reject(
            "signature-value-with-no-break-space",
            Rule::B3,
            "U+00A0 is no white space of base64.",
            signed.change("<ds:SignatureValue>", "<ds:SignatureValue>\u{A0}"),
        ),
    ]
}
