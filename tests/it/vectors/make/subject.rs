//! An assertion about nobody, about somebody else, or for another bearer (rules D2, D7).

use super::assertion::at;
use super::{Paper, Vector, reject};
use vestibule::saml::error::Rule;
use vestibule::saml::names;

const EMAIL: &str = "b.simon@contoso.com";
const BEARER: &str = "urn:oasis:names:tc:SAML:2.0:cm:bearer";
const DATA: &str = "<saml:SubjectConfirmationData InResponseTo=\"_request\" NotOnOrAfter=\"2026-03-04T05:36:07Z\" Recipient=\"https://acme.example/sso/acs\"/>";
const FORMAT: &str = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress";

pub(super) fn vectors() -> Vec<Vector> {
    let mut all = confirmations();
    all.extend(names());
    all
}

fn good(from: &str, to: &str) -> Paper {
    Paper::good().change(from, to).sign("_assertion")
}

fn confirmations() -> Vec<Vector> {
    let case = |name: &str, note: &str, paper: Paper| reject(name, Rule::D2, note, paper);
    let data = |from: &str, to: &str| good(DATA, &DATA.replace(from, to));
    let subject = Paper::good().element("Subject");
    let confirmation = Paper::good().element("SubjectConfirmation");
    let request = "InResponseTo=\"_request\" ";
    let until = "NotOnOrAfter=\"2026-03-04T05:36:07Z\"";
    let recipient = "Recipient=\"https://acme.example/sso/acs\"";
    let other = confirmation.replace("acme.example", "other.example");
    let late = confirmation.replace("05:36:07", "04:36:07");
    vec![
        case("subject-missing", "No Subject.", good(&subject, "")),
        case(
            "subject-twice",
            "Two Subjects.",
            good(
                &subject,
                &format!("{subject}{}", subject.replace(EMAIL, "admin@contoso.com")),
            ),
        ),
        case(
            "confirmation-missing",
            "No SubjectConfirmation.",
            good(&confirmation, ""),
        ),
        case(
            "confirmation-holder-of-key",
            "The holder of a key, not a bearer.",
            good(BEARER, "urn:oasis:names:tc:SAML:2.0:cm:holder-of-key"),
        ),
        case(
            "confirmation-sender-vouches",
            "The sender vouches.",
            good(BEARER, "urn:oasis:names:tc:SAML:2.0:cm:sender-vouches"),
        ),
        case(
            "confirmation-of-saml-1",
            "The bearer method of SAML 1.1.",
            good(BEARER, "urn:oasis:names:tc:SAML:1.0:cm:bearer"),
        ),
        case(
            "confirmation-method-missing",
            "No method.",
            good(&format!(" Method=\"{BEARER}\""), ""),
        ),
        case(
            "confirmation-data-missing",
            "No SubjectConfirmationData.",
            good(DATA, ""),
        ),
        case(
            "confirmation-data-twice",
            "Two SubjectConfirmationData.",
            good(DATA, &DATA.repeat(2)),
        ),
        case(
            "recipient-other",
            "For another address.",
            data("acme.example", "other.example"),
        )
        .received("other.example"),
        case("recipient-missing", "No Recipient.", data(recipient, "")),
        case(
            "recipient-slash",
            "The address has a slash at its end.",
            data("/sso/acs", "/sso/acs/"),
        ),
        case(
            "recipient-case",
            "The address differs in upper and lower case.",
            data("/sso/acs", "/sso/Acs"),
        ),
        case(
            "recipient-entity-id",
            "The Recipient is the entity ID.",
            data("/sso/acs", "/sso/metadata"),
        ),
        case(
            "confirmation-expired",
            "Confirmed until before 180 seconds ago.",
            data("2026-03-04T05:36:07Z", &at(-180)),
        ),
        case(
            "confirmation-expired-without-skew",
            "Confirmed until before now; the connection tolerates no skew.",
            data("2026-03-04T05:36:07Z", &at(0)),
        )
        .settings(|settings| settings.clock_skew_seconds = Some(0)),
        case(
            "confirmation-without-end",
            "No NotOnOrAfter.",
            data(until, ""),
        ),
        case(
            "confirmation-end-malformed",
            "NotOnOrAfter is no time.",
            data("2026-03-04T05:36:07Z", "never"),
        ),
        case(
            "confirmation-starts-later",
            "A NotBefore 181 seconds from now.",
            data(until, &format!("NotBefore=\"{}\" {until}", at(181))),
        )
        .received("NotBefore"),
        case(
            "confirmation-starts-never",
            "A NotBefore that is no time.",
            data(until, &format!("NotBefore=\"soon\" {until}")),
        ),
        case(
            "confirmation-of-another-request",
            "The confirmation answers another request.",
            data("_request", "_another"),
        ),
        case(
            "confirmation-without-request",
            "The confirmation answers no request.",
            data(request, ""),
        ),
        case(
            "confirmation-answers-unasked",
            "The confirmation answers a request, but none is open.",
            good("InResponseTo=\"_request\">", ">"),
        )
        .unsolicited(),
        case(
            "confirmations-each-half-right",
            "Two confirmations: one for another address, one that has expired.",
            good(&confirmation, &format!("{other}{late}")),
        ),
        case(
            "confirmation-in-advice",
            "The good confirmation lies in Advice.",
            Paper::good()
                .change(&confirmation, &other)
                .after(
                    "</saml:Conditions>",
                    &format!("<saml:Advice>{confirmation}</saml:Advice>"),
                )
                .sign("_assertion"),
        ),
    ]
}

fn names() -> Vec<Vector> {
    let case = |name: &str, note: &str, paper: Paper| reject(name, Rule::D7, note, paper);
    let named = |value: &str| good(EMAIL, value);
    let element = Paper::good().element("NameID");
    let format = |uri: &str| good(FORMAT, uri);
    let any = |vector: Vector| vector.settings(|settings| settings.name_id_format = None);
    let unspecified = |value: &str| {
        let paper = Paper::good().change(FORMAT, names::NAMEID_UNSPECIFIED);
        paper.change(EMAIL, value).sign("_assertion")
    };
    vec![
        case("name-missing", "No NameID.", good(&element, "")),
        case(
            "name-twice",
            "Two NameIDs.",
            good(
                &element,
                &format!("{element}{}", element.replace(EMAIL, "admin@contoso.com")),
            ),
        ),
        case("name-empty", "An empty NameID.", named("")),
        case(
            "name-element-inside",
            "An element in the NameID.",
            named("b.simon@contoso.com<x xmlns=\"urn:x\"/>"),
        ),
        case(
            "name-format-unspecified",
            "The format is not the connection's.",
            format(names::NAMEID_UNSPECIFIED),
        ),
        case(
            "name-format-persistent",
            "The format is persistent, the connection's is e-mail address.",
            format(names::NAMEID_PERSISTENT),
        ),
        case(
            "name-format-missing",
            "No format, which means unspecified.",
            good(&format!(" Format=\"{FORMAT}\""), ""),
        ),
        case(
            "name-format-case",
            "The format differs in upper and lower case.",
            format("urn:oasis:names:tc:SAML:1.1:nameid-format:emailaddress"),
        ),
        case(
            "name-not-an-address",
            "An e-mail address without an at sign.",
            named("b.simon"),
        ),
        case(
            "name-two-addresses",
            "Two e-mail addresses.",
            named("b.simon@contoso.com,admin@contoso.com"),
        ),
        case(
            "name-two-at-signs",
            "Two at signs.",
            named("b.simon@contoso.com@evil.example"),
        ),
        case(
            "name-with-display-name",
            "An address with a name before it.",
            named("Simon &lt;b.simon@contoso.com&gt;"),
        ),
        case(
            "name-quoted",
            "A quoted local part.",
            named("\"b simon\"@contoso.com"),
        ),
        case(
            "name-with-comment",
            "A comment of RFC 5322.",
            named("b.simon(x)@contoso.com"),
        ),
        case(
            "name-space-at-end",
            "A space at the end.",
            named("b.simon@contoso.com "),
        ),
        case(
            "name-line-end",
            "A line end at the end.",
            named("b.simon@contoso.com\n"),
        ),
        case(
            "name-kelvin",
            "The Kelvin sign, which is k in lower case.",
            named("\u{212A}@contoso.com"),
        ),
        case(
            "name-full-width",
            "A full-width at sign.",
            named("b.simon\u{FF20}contoso.com"),
        ),
        case(
            "name-internationalised-domain",
            "A domain that is not ASCII.",
            named("b.simon@contos\u{F6}.com"),
        ),
        case(
            "name-right-to-left",
            "A mark that turns the direction of text.",
            named("b.simon@contoso.com\u{202E}"),
        ),
        any(case(
            "name-tab",
            "A tab in a NameID of any format.",
            unspecified("b.simon&#9;admin"),
        )),
        any(case(
            "name-carriage-return",
            "A carriage return in a NameID of any format.",
            unspecified("b.simon&#13;"),
        )),
        any(case(
            "name-delete",
            "U+007F in a NameID of any format.",
            unspecified("b.simon&#x7F;"),
        )),
        any(case(
            "name-next-line",
            "U+0085 in a NameID of any format.",
            unspecified("b.simon&#x85;"),
        )),
        any(case(
            "name-bad-address-of-any-format",
            "An e-mail address that is none, where any format is allowed.",
            named("b.simon"),
        )),
        case(
            "name-missing-and-attribute-missing",
            "No NameID, and the identity attribute is not there either.",
            good(&element, ""),
        )
        .settings(|settings| settings.identity_attribute = Some("oid".to_owned())),
        case(
            "name-missing-and-attribute-empty",
            "No NameID, and the identity attribute is empty.",
            Paper::good()
                .change(&element, "")
                .change("<saml:AttributeValue>Finance", "<saml:AttributeValue>")
                .sign("_assertion"),
        )
        .settings(|settings| settings.identity_attribute = Some("department".to_owned())),
    ]
}
