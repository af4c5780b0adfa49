//! A Response that is not what the sign-in waits for (rules C1 to C5, E1).

use super::paper::{IDP, NOW};
use super::{Paper, Signer, Vector, reject};
use vestibule::saml::error::Rule;
use vestibule::saml::instant;

const STATUS: &str = "<samlp:StatusCode Value=\"urn:oasis:names:tc:SAML:2.0:status:Success\"/>";
const ISSUED: &str = "IssueInstant=\"2026-03-04T05:06:05Z\"";
const DESTINATION: &str = "Destination=\"https://acme.example/sso/acs\"";
const ANSWER: &str = "InResponseTo=\"_request\">";

pub(super) fn vectors() -> Vec<Vector> {
    let mut all = shape();
    all.extend(status());
    all.extend(destination());
    all.extend(issuer());
    all.extend(times());
    all
}

fn good(from: &str, to: &str) -> Paper {
    Paper::good().change(from, to).sign("_assertion")
}

fn shape() -> Vec<Vector> {
    let case = |name: &str, note: &str, paper: Paper| reject(name, Rule::C1, note, paper);
    let version = "ID=\"_response\" Version=\"2.0\"";
    let status = Paper::good().element("Status");
    let issuer = Paper::good().element("Issuer");
    let end = "</samlp:Response>";
    vec![
        case(
            "response-version-1-1",
            "Version 1.1.",
            good(version, "ID=\"_response\" Version=\"1.1\""),
        ),
        case(
            "response-version-missing",
            "No version.",
            good(version, "ID=\"_response\""),
        ),
        case(
            "response-version-long",
            "Version 2.00.",
            good(version, "ID=\"_response\" Version=\"2.00\""),
        ),
        case(
            "assertion-missing",
            "Success without an assertion.",
            Paper::good().without("Assertion").sign("_response"),
        ),
        case(
            "assertion-missing-unsigned",
            "Success without an assertion, unsigned.",
            Paper::good().without("Assertion"),
        ),
        case(
            "assertion-of-saml-1",
            "The assertion is in the namespace of SAML 1.1.",
            Paper::good()
                .change("SAML:2.0:assertion\" ID", "SAML:1.0:assertion\" ID")
                .sign("_response"),
        ),
        case(
            "assertion-in-protocol-namespace",
            "A samlp:Assertion.",
            Paper::good()
                .change_all("saml:Assertion", "samlp:Assertion")
                .sign("_response"),
        ),
        case(
            "status-missing",
            "No Status.",
            Paper::signed().without("Status"),
        ),
        case(
            "status-twice",
            "Two Status.",
            Paper::signed().change(&status, &status.repeat(2)),
        ),
        case(
            "response-issuer-twice",
            "Two Issuers.",
            Paper::signed().change(&issuer, &issuer.repeat(2)),
        ),
        case(
            "response-unknown-element",
            "An element that no Response has.",
            Paper::signed().before(end, "<x:a xmlns:x=\"urn:x\"/>"),
        ),
        case(
            "response-attribute-statement",
            "An AttributeStatement beside the assertion.",
            Paper::signed().before(
                end,
                "<saml:AttributeStatement xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\"/>",
            ),
        ),
    ]
}

fn status() -> Vec<Vector> {
    let failed = |code: &str| {
        let paper = Paper::good().without("Assertion");
        paper.change(STATUS, code)
    };
    let code = |value: &str| {
        format!("<samlp:StatusCode Value=\"urn:oasis:names:tc:SAML:2.0:status:{value}\"/>")
    };
    let nested = |outer: &str, inner: &str| {
        code(outer).replace("/>", &format!(">{}</samlp:StatusCode>", code(inner)))
    };
    let case = |name: &str, note: &str, paper: Paper| reject(name, Rule::C2, note, paper);
    let aadsts = "<samlp:StatusMessage>AADSTS50105: The signed in user is not assigned to a role for the application.</samlp:StatusMessage>";
    vec![
        case(
            "status-requester",
            "The identity provider says that the request is wrong.",
            failed(&code("Requester")),
        )
        .received("Requester"),
        case(
            "status-responder-denied",
            "The identity provider refuses.",
            failed(&nested("Responder", "RequestDenied")),
        )
        .received("Responder / RequestDenied"),
        case(
            "status-aadsts",
            "Entra's reason goes to the record.",
            failed(&format!("{}{aadsts}", nested("Responder", "AuthnFailed"))),
        )
        .received("AADSTS50105"),
        case(
            "status-no-passive",
            "The user would have to be asked.",
            failed(&nested("Responder", "NoPassive")),
        )
        .received("NoPassive"),
        case(
            "status-failure-signed",
            "A signed failure.",
            failed(&code("AuthnFailed")).sign("_response"),
        )
        .received("AuthnFailed"),
        case(
            "status-failure-with-assertion",
            "A failure with a good assertion.",
            good(STATUS, &code("Responder")),
        ),
        case(
            "status-success-inside-failure",
            "Success only on the second level.",
            good(STATUS, &nested("Responder", "Success")),
        ),
        case(
            "status-other-case",
            "success, in small letters.",
            good(STATUS, &code("success")),
        ),
        case(
            "status-empty",
            "A StatusCode without a value.",
            good(STATUS, "<samlp:StatusCode Value=\"\"/>"),
        ),
        case(
            "status-without-code",
            "A Status without a code.",
            good(STATUS, ""),
        ),
        case(
            "status-of-another-namespace",
            "A StatusCode of another namespace.",
            good(
                STATUS,
                "<x:StatusCode xmlns:x=\"urn:x\" Value=\"urn:oasis:names:tc:SAML:2.0:status:Success\"/>",
            ),
        ),
        case(
            "status-log-injection",
            "A message with line ends does not make lines in the record.",
            failed(&format!(
                "{}<samlp:StatusMessage>a&#10;b</samlp:StatusMessage>",
                code("Responder")
            )),
        )
        .received("a\u{FFFD}b"),
    ]
}

fn destination() -> Vec<Vector> {
    let to = |url: &str| good(DESTINATION, &format!("Destination=\"{url}\""));
    let case = |name: &str, note: &str, paper: Paper| reject(name, Rule::C3, note, paper);
    vec![
        case(
            "destination-other",
            "Sent to another server.",
            to("https://other.example/sso/acs"),
        ),
        case(
            "destination-slash",
            "The address has a slash at its end.",
            to("https://acme.example/sso/acs/"),
        ),
        case(
            "destination-case",
            "The address differs in upper and lower case.",
            to("https://acme.example/sso/ACS"),
        ),
        case(
            "destination-http",
            "The address is http.",
            to("http://acme.example/sso/acs"),
        ),
        case(
            "destination-port",
            "The address names the usual port.",
            to("https://acme.example:443/sso/acs"),
        ),
        case(
            "destination-query",
            "The address has a query.",
            to("https://acme.example/sso/acs?x"),
        ),
        case(
            "destination-prefix",
            "The address begins like ours.",
            to("https://acme.example/sso/acs.evil.example"),
        ),
        case("destination-empty", "The address is empty.", to("")),
        case(
            "destination-missing-signed",
            "A signed Response without a Destination.",
            Paper::good()
                .change(&format!(" {DESTINATION}"), "")
                .sign("_response"),
        ),
        case(
            "destination-other-signed",
            "A signed Response to another server.",
            Paper::good()
                .change(DESTINATION, "Destination=\"https://other.example/sso/acs\"")
                .sign("_response"),
        ),
    ]
}

fn issuer() -> Vec<Vector> {
    let own = format!("{IDP}</saml:Issuer><samlp:Status>");
    let case = |name: &str, note: &str, issuer: &str| {
        let to = format!("{issuer}</saml:Issuer><samlp:Status>");
        reject(name, Rule::C4, note, good(&own, &to))
    };
    vec![
        case(
            "response-issuer-other",
            "The Response has another issuer than its assertion.",
            "https://other.example/saml",
        ),
        case(
            "response-issuer-slash",
            "The Response's issuer has a slash at its end.",
            "https://idp.example/saml/",
        ),
        case(
            "response-issuer-space",
            "The Response's issuer has a space around it.",
            " https://idp.example/saml ",
        ),
        case(
            "response-issuer-empty",
            "The Response's issuer is empty.",
            "",
        ),
        reject(
            "response-issuer-other-signed",
            Rule::C4,
            "A signed Response has another issuer than its assertion.",
            Paper::good()
                .change(
                    &own,
                    "https://other.example/saml</saml:Issuer><samlp:Status>",
                )
                .sign_by("_response", &Signer::of("idp")),
        ),
    ]
}

fn times() -> Vec<Vector> {
    let at = |seconds: i64| instant::format(NOW + time::Duration::seconds(seconds));
    let issued = |text: &str| good(ISSUED, &format!("IssueInstant=\"{text}\""));
    let assertion = |text: &str| {
        good(
            "IssueInstant=\"2026-03-04T05:06:04Z\"",
            &format!("IssueInstant=\"{text}\""),
        )
    };
    let case = |name: &str, note: &str, paper: Paper| reject(name, Rule::C5, note, paper);
    vec![
        case(
            "response-issued-in-the-future",
            "Issued 181 seconds from now.",
            issued(&at(181)),
        ),
        case(
            "response-issued-a-year-ahead",
            "Issued in a year.",
            issued("2027-03-04T05:06:07Z"),
        ),
        case(
            "response-issued-never",
            "No IssueInstant.",
            good(&format!(" {ISSUED}"), ""),
        ),
        case(
            "response-issued-without-time",
            "IssueInstant is a day.",
            issued("2026-03-04"),
        ),
        case(
            "response-issued-with-space",
            "IssueInstant has a space at its end.",
            issued("2026-03-04T05:06:05Z "),
        ),
        case(
            "assertion-issued-in-the-future",
            "The assertion was issued 181 seconds from now.",
            assertion(&at(181)),
        ),
        case(
            "assertion-issued-never",
            "The assertion's IssueInstant is empty.",
            assertion(""),
        ),
        case(
            "response-issued-without-skew",
            "Issued one second from now; the connection tolerates none.",
            issued(&at(1)),
        )
        .settings(|settings| settings.clock_skew_seconds = Some(0)),
        reject(
            "answers-another-request",
            Rule::E1,
            "The Response answers another request.",
            good(ANSWER, "InResponseTo=\"_another\">"),
        ),
        reject(
            "answers-an-empty-request",
            Rule::E1,
            "The Response answers a request without an ID.",
            good(ANSWER, "InResponseTo=\"\">"),
        ),
        reject(
            "answers-unasked",
            Rule::E1,
            "The Response answers a request, but none is open.",
            Paper::signed(),
        )
        .unsolicited(),
    ]
}
