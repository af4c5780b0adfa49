//! Changed after signing (rules B3, B6, B7).

use super::{Paper, Vector, reject};
use vestibule::saml::error::Rule;
use vestibule::saml::names;

pub(super) fn vectors() -> Vec<Vector> {
    let good = Paper::signed;
    let case = |name: &str, note: &str, paper: Paper| reject(name, Rule::B6, note, paper);
    vec![
        case("changed-name", "The NameID is another.", good().change("b.simon@", "admin@")),
        case("changed-audience", "An audience was added.", good().after("</saml:Audience>", "<saml:Audience>x</saml:Audience>")),
        case(
            "changed-attribute-added",
            "An attribute was added.",
            good().before(
                "</saml:AttributeStatement>",
                "<saml:Attribute Name=\"role\"><saml:AttributeValue>admin</saml:AttributeValue></saml:Attribute>",
            ),
        ),
        case("changed-attribute-removed", "An attribute was removed.", good().without("Attribute")),
        case("changed-time", "The assertion's end was moved.", good().change("NotOnOrAfter=\"2026-03-04T06:06:07Z\"", "NotOnOrAfter=\"2036-03-04T06:06:07Z\"")),
        case("changed-space", "A space was added to the NameID.", good().change("com</saml:NameID>", "com </saml:NameID>")),
        case("changed-prefix", "A prefix is another; its namespace is the same.", good().change_all("saml:Audience", "s:Audience").change("<s:AudienceRestriction>", "<s:AudienceRestriction xmlns:s=\"urn:oasis:names:tc:SAML:2.0:assertion\">")),
        case("changed-attribute-of-assertion", "The assertion got a further XML attribute.", good().change("ID=\"_assertion\"", "ID=\"_assertion\" x=\"y\"")),
        case("changed-line-end", "A line end was added between two elements.", good().change("</saml:Subject>", "</saml:Subject>\n")),
        case(
            "changed-digest-comment",
            "The forged content's digest stands in a comment of DigestValue.",
            Paper::signed()
                .change("<ds:DigestValue>", "<ds:DigestValue><!--AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=-->")
                .change("b.simon@", "admin@"),
        ),
        reject(
            "changed-digest",
            Rule::B3,
            "The DigestValue is another, and with it SignedInfo.",
            good().change("<ds:DigestValue>", "<ds:DigestValue>AAAA"),
        ),
        reject(
            "changed-signature-method",
            Rule::B3,
            "The signature algorithm's name is another one of the list.",
            good().change(names::RSA_SHA256, names::RSA_SHA384),
        ),
        reject(
            "changed-response-both-signed",
            Rule::B7,
            "Both were signed; the Response was changed. Both must verify.",
            good().sign("_response").change("Version=\"2.0\" IssueInstant=\"2026-03-04T05:06:05Z\"", "Version=\"2.0\" IssueInstant=\"2026-03-04T05:06:06Z\""),
        ),
        reject(
            "changed-assertion-both-signed",
            Rule::B6,
            "Both were signed; the assertion was changed.",
            good().sign("_response").change("b.simon@", "admin@"),
        ),
        case("changed-response", "Only the Response was signed; the NameID was changed.", Paper::good().sign("_response").change("b.simon@", "admin@")),
    ]
}
