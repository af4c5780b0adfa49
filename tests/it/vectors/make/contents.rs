//! Contents that vary and are accepted (rules C1, D2, D4 to D7).

use super::accepted::good;
use super::paper::IDP;
use super::{Paper, Vector, accept};
use std::collections::BTreeMap;
use vestibule::saml::names;

const NAME: &str = "b.simon@contoso.com";
const STATUS: &str = "<samlp:Status>";

pub(super) fn vectors() -> Vec<Vector> {
    let audience = "</saml:Audience>";
    let restriction = Paper::good().element("AudienceRestriction");
    let confirmation = Paper::good().element("SubjectConfirmation");
    let statement = Paper::good().element("AuthnStatement");
    let name = Paper::good().element("NameID");
    let end = "</saml:Conditions>";
    let unasked = || {
        Paper::good()
            .change(" InResponseTo=\"_request\">", ">")
            .change("InResponseTo=\"_request\" ", "")
    };
    let format = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress";
    let own = |value: &str, format_uri: &str| {
        Paper::good()
            .change(format, format_uri)
            .change(NAME, value)
            .sign("_assertion")
    };
    let issuer = Paper::good().element("Issuer");
    let value = "<saml:AttributeValue>Finance</saml:AttributeValue>";
    let several = format!(
        "{value}<saml:AttributeValue>Sales &amp; more</saml:AttributeValue><saml:AttributeValue xmlns:xsi=\"{}\" xsi:nil=\"true\"/>",
        names::XSI
    );
    vec![
        accept("unsolicited", "Nobody asked.", unasked().sign("_assertion")).unsolicited(),
        accept(
            "response-without-in-response-to",
            "Only the confirmation says which request is answered.",
            good(" InResponseTo=\"_request\">", ">"),
        ),
        accept(
            "response-without-issuer",
            "The Response has no issuer.",
            good(&issuer, ""),
        ),
        accept(
            "response-without-destination",
            "An unsigned Response without Destination.",
            good(" Destination=\"https://acme.example/sso/acs\"", ""),
        ),
        accept(
            "response-with-extensions",
            "Extensions are left alone.",
            good(
                STATUS,
                &format!(
                    "<samlp:Extensions><xi:include xmlns:xi=\"http://www.w3.org/2001/XInclude\" href=\"file:///etc/passwd\"/></samlp:Extensions>{STATUS}"
                ),
            ),
        ),
        accept(
            "response-with-schema-location",
            "A schemaLocation is left alone.",
            good(
                "<samlp:Response ",
                "<samlp:Response xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:schemaLocation=\"urn:x https://evil.example/x.xsd\" ",
            ),
        ),
        accept(
            "audience-second-of-two",
            "Two audiences in one restriction, the second is ours.",
            good(
                "<saml:Audience>",
                "<saml:Audience>https://other.example/</saml:Audience><saml:Audience>",
            ),
        ),
        accept(
            "audience-two-restrictions",
            "Two restrictions, each names us.",
            good(&restriction, &restriction.repeat(2)),
        ),
        accept(
            "audience-extra",
            "A further audience that the connection accepts.",
            good(
                "<saml:Audience>https://acme.example/sso/metadata",
                "<saml:Audience>spn:1234",
            ),
        )
        .settings(|settings| settings.extra_audiences = vec!["spn:1234".to_owned()]),
        accept(
            "audience-with-comment",
            "A comment in the audience, which canonicalisation leaves out.",
            good(audience, &format!("<!-- -->{audience}")),
        ),
        accept(
            "condition-one-time-use",
            "OneTimeUse: every assertion is used once anyway.",
            good(end, &format!("<saml:OneTimeUse/>{end}")),
        ),
        accept(
            "condition-proxy-restriction",
            "ProxyRestriction: nothing is passed on.",
            good(end, &format!("<saml:ProxyRestriction Count=\"0\"/>{end}")),
        ),
        accept(
            "confirmation-second-of-two",
            "Two confirmations, the second is for us.",
            good(
                &confirmation,
                &format!(
                    "{}{confirmation}",
                    confirmation.replace("acme.example", "other.example")
                ),
            ),
        ),
        accept(
            "confirmation-beside-holder-of-key",
            "A confirmation of another method beside ours.",
            good(
                &confirmation,
                &format!(
                    "{}{confirmation}",
                    confirmation.replace("bearer", "holder-of-key")
                ),
            ),
        ),
        accept(
            "authn-statement-optional",
            "No AuthnStatement; the connection allows that.",
            good(&statement, ""),
        )
        .settings(|settings| settings.authn_statement_optional = true),
        accept(
            "attributes-several-values",
            "An attribute with two values and one that is nil.",
            good(value, &several),
        )
        .identity(|identity| {
            let values = vec!["Finance".to_owned(), "Sales & more".to_owned()];
            identity.attributes = Some(BTreeMap::from([("department".to_owned(), values)]));
        }),
        accept(
            "name-any-format",
            "A persistent NameID, where any format is allowed.",
            own("a b", names::NAMEID_PERSISTENT),
        )
        .settings(|settings| settings.name_id_format = None)
        .identity(|identity| identity.name_id = Some("a b".to_owned())),
        accept(
            "name-not-ascii",
            "A NameID that is not ASCII, in a format that allows it.",
            own("j\u{f6}rg\u{1F600}", names::NAMEID_UNSPECIFIED),
        )
        .settings(|settings| settings.name_id_format = None)
        .identity(|identity| identity.name_id = Some("j\u{f6}rg\u{1F600}".to_owned())),
        accept(
            "name-missing-identity-attribute",
            "No NameID; an attribute identifies users.",
            good(&name, ""),
        )
        .settings(|settings| settings.identity_attribute = Some("department".to_owned()))
        .identity(|identity| identity.name_id = None),
        accept(
            "issuer-with-port",
            "An issuer is compared octet by octet, whatever is in it.",
            Paper::good()
                .change_all(IDP, "https://IDP.example:443/a b")
                .sign("_assertion"),
        )
        .with(|file| file.idp_entity_id = Some("https://IDP.example:443/a b".to_owned())),
    ]
}
