//! What comes out of an encrypted assertion obeys the same rules (rules G2, A3, A4, B, C1, D).

use super::encryption::{carrying, case, seal};
use super::{Paper, Signer, Vector};
use vestibule::saml::encryption::{DataAlgorithm, KeyTransport};
use vestibule::saml::error::Rule;

pub(super) fn vectors() -> Vec<Vector> {
    let good = Paper::good().element("Assertion");
    let signed = Paper::signed().element("Assertion");
    let response = Paper::signed().text().to_owned();
    let evil = good.replace("_assertion", "_evil");
    let inner = sealed(&signed);
    let by = |signer: &Signer| {
        Paper::good()
            .sign_by("_assertion", signer)
            .element("Assertion")
    };
    let changed = |from: &str, to: &str| {
        let paper = Paper::good().change(from, to);
        paper.sign("_assertion").element("Assertion")
    };
    let signature = Paper::signed().element("Signature");
    let moved = good.replace("</saml:Subject>", &format!("{signature}</saml:Subject>"));
    let in_signed = |content: &str| carrying(&sealed(content)).sign("_response");
    let case = |name: &str, rule: Rule, note: &str, content: &str| {
        case(
            &format!("sealed-{name}"),
            rule,
            note,
            carrying(&sealed(content)),
        )
    };
    let whole = |name: &str, rule: Rule, note: &str, paper: Paper| {
        super::encryption::case(&format!("sealed-{name}"), rule, note, paper)
    };
    vec![
        case(
            "nothing-signed",
            Rule::B7,
            "Neither the assertion inside nor the Response is signed: anybody can encrypt.",
            &good,
        ),
        case(
            "foreign-signature",
            Rule::B3,
            "The assertion inside is signed by another key.",
            &by(&Signer::of("idp-second")),
        ),
        case(
            "changed",
            Rule::B6,
            "The assertion inside was changed after signing.",
            &signed.replace("b.simon@", "admin@"),
        ),
        case(
            "audience",
            Rule::D4,
            "The assertion inside is for another.",
            &changed(
                "<saml:Audience>https://acme",
                "<saml:Audience>https://other",
            ),
        ),
        case(
            "expired",
            Rule::D3,
            "The assertion inside has expired.",
            &changed(
                "NotOnOrAfter=\"2026-03-04T06:06:07Z\"",
                "NotOnOrAfter=\"2026-03-04T04:06:07Z\"",
            ),
        ),
        case(
            "id-twice",
            Rule::A4,
            "An ID inside is there twice.",
            &signed.replace("<saml:Attribute ", "<saml:Attribute id=\"_assertion\" "),
        ),
        case(
            "signature-moved",
            Rule::B1,
            "The signature inside stands in the Subject.",
            &moved,
        ),
        case(
            "assertion-inside",
            Rule::C1,
            "The assertion inside has another in its Advice.",
            &signed.replace(
                "</saml:Conditions>",
                &format!("</saml:Conditions><saml:Advice>{evil}</saml:Advice>"),
            ),
        ),
        case(
            "two-assertions",
            Rule::G3,
            "Two assertions inside, the first one signed.",
            &format!("{signed}{evil}"),
        ),
        case(
            "two-assertions-signed-last",
            Rule::G3,
            "Two assertions inside, the last one signed.",
            &format!("{evil}{signed}"),
        ),
        case(
            "text-after",
            Rule::G3,
            "Text after the assertion inside.",
            &format!("{signed}text"),
        ),
        case("response", Rule::G3, "A whole Response inside.", &response),
        case(
            "encrypted-again",
            Rule::G3,
            "An EncryptedAssertion inside.",
            &inner,
        ),
        case(
            "doctype",
            Rule::G3,
            "A DOCTYPE inside.",
            &format!("<!DOCTYPE a>{signed}"),
        ),
        case(
            "entity",
            Rule::G3,
            "An entity of a DOCTYPE inside.",
            &format!(
                "<!DOCTYPE a [<!ENTITY n \"admin\">]>{}",
                signed.replace("b.simon", "&n;")
            ),
        ),
        case(
            "processing-instruction",
            Rule::G3,
            "A processing instruction inside.",
            &format!("<?x?>{signed}"),
        ),
        case(
            "closing-the-context",
            Rule::G3,
            "An end tag inside that would close what is around it.",
            &format!("</context><context>{signed}"),
        ),
        case(
            "cut-off",
            Rule::G3,
            "The assertion inside ends in the middle.",
            &signed[..signed.len() / 2],
        ),
        case("empty", Rule::G3, "Nothing inside.", ""),
        case("text", Rule::G3, "Text inside.", "hello"),
        case(
            "another-element",
            Rule::G3,
            "Another element inside.",
            "<saml:NameID xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\">b.simon@contoso.com</saml:NameID>",
        ),
        whole(
            "in-signed-response-foreign-inside",
            Rule::B3,
            "The Response is signed by the right key, the assertion inside by another.",
            in_signed(&by(&Signer::of("idp-second"))),
        ),
        whole(
            "moved-into-another-response",
            Rule::E1,
            "A good encrypted assertion in a Response to another request.",
            carrying(&sealed(&signed))
                .change("InResponseTo=\"_request\">", "InResponseTo=\"_another\">"),
        ),
        whole(
            "response-changed",
            Rule::B6,
            "The Response was changed after signing.",
            in_signed(&good).change("2026-03-04T05:06:05Z", "2026-03-04T05:06:06Z"),
        ),
        whole(
            "two-encrypted",
            Rule::C1,
            "Two encrypted assertions.",
            carrying(&sealed(&signed).repeat(2)),
        ),
        whole(
            "response-issuer",
            Rule::C4,
            "The Response has another issuer than the assertion inside.",
            carrying(&sealed(&signed)).change(
                "https://idp.example/saml</saml:Issuer><samlp:Status>",
                "https://other.example/saml</saml:Issuer><samlp:Status>",
            ),
        ),
    ]
}

fn sealed(content: &str) -> String {
    seal(content, DataAlgorithm::Gcm(32), KeyTransport::OAEP_SHA256)
}
