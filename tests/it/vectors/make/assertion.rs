//! An assertion that is signed by the right key and is not for us, not for now, or not complete (rules D1, D3 to D6).

use super::paper::{ENTITY, IDP, NOW};
use super::{Paper, Vector, reject};
use vestibule::saml::error::Rule;
use vestibule::saml::instant;

const AUDIENCE: &str = "<saml:Audience>https://acme.example/sso/metadata</saml:Audience>";
const FROM: &str = "NotBefore=\"2026-03-04T05:01:07Z\"";
const UNTIL: &str = "NotOnOrAfter=\"2026-03-04T06:06:07Z\"";
const CONDITIONS_END: &str = "</saml:Conditions>";
const INDEX: &str = "SessionIndex=\"_session\"";

pub(super) fn vectors() -> Vec<Vector> {
    let mut all = shape();
    all.extend(conditions());
    all.extend(audience());
    all.extend(unknown_conditions());
    all.extend(statements());
    all
}

fn good(from: &str, to: &str) -> Paper {
    Paper::good().change(from, to).sign("_assertion")
}

pub(super) fn at(seconds: i64) -> String {
    instant::format(NOW + time::Duration::seconds(seconds))
}

fn shape() -> Vec<Vector> {
    let case = |name: &str, note: &str, paper: Paper| reject(name, Rule::D1, note, paper);
    let version = "IssueInstant=\"2026-03-04T05:06:04Z\" Version=\"2.0\"";
    let instant = "IssueInstant=\"2026-03-04T05:06:04Z\"";
    let end = "</saml:Assertion>";
    let element = format!("<saml:Issuer>{IDP}</saml:Issuer>");
    let issuer = |name: &str, note: &str, value: &str| {
        // Both the same: rule C4 is met.
        let paper = Paper::good().change_all(IDP, value).sign("_assertion");
        case(name, note, paper)
    };
    vec![
        case(
            "assertion-version-2-1",
            "Version 2.1.",
            good(version, &format!("{instant} Version=\"2.1\"")),
        ),
        case(
            "assertion-version-missing",
            "No version.",
            good(version, instant),
        ),
        case(
            "assertion-id-missing",
            "No ID; the Response is signed.",
            Paper::good()
                .change(" ID=\"_assertion\"", "")
                .sign("_response"),
        ),
        case(
            "assertion-unknown-element",
            "An element that no assertion has.",
            good(end, &format!("<x:a xmlns:x=\"urn:x\"/>{end}")),
        ),
        case(
            "assertion-protocol-element",
            "A protocol's element in the assertion.",
            good(end, &format!("<samlp:Extensions/>{end}")),
        ),
        issuer(
            "issuer-other",
            "Signed by the right key, issued by another.",
            "https://other.example/saml",
        ),
        issuer(
            "issuer-slash",
            "The issuer has a slash at its end.",
            "https://idp.example/saml/",
        ),
        issuer(
            "issuer-case",
            "The issuer differs in upper and lower case.",
            "https://IDP.example/saml",
        ),
        issuer(
            "issuer-space",
            "The issuer has a line end around it.",
            "\nhttps://idp.example/saml\n",
        ),
        issuer(
            "issuer-look-alike",
            "The issuer has a Cyrillic letter that looks like ours.",
            "https://\u{456}dp.example/saml",
        ),
        issuer("issuer-empty", "The issuer is empty.", ""),
        issuer(
            "issuer-escaped",
            "The issuer is percent-encoded.",
            "https://idp.example/%73aml",
        ),
        reject(
            "issuer-missing",
            Rule::C4,
            "The assertion has no issuer; the Response, which is signed, has one.",
            Paper::good().change(&element, "").sign("_response"),
        ),
        case(
            "issuer-twice",
            "Two issuers.",
            Paper::good()
                .after(
                    &element,
                    "<saml:Issuer>https://other.example/saml</saml:Issuer>",
                )
                .sign("_response"),
        ),
    ]
}

fn conditions() -> Vec<Vector> {
    let whole = Paper::good().element("Conditions");
    let case = |name: &str, note: &str, paper: Paper| reject(name, Rule::D3, note, paper);
    let from = |text: &str| good(FROM, &format!("NotBefore=\"{text}\""));
    let until = |text: &str| good(UNTIL, &format!("NotOnOrAfter=\"{text}\""));
    vec![
        case("conditions-missing", "No Conditions.", good(&whole, "")),
        case(
            "conditions-twice",
            "Two Conditions.",
            good(&whole, &whole.repeat(2)),
        ),
        case(
            "not-before-one-second-outside",
            "Valid from 181 seconds from now.",
            from(&at(181)),
        ),
        case(
            "not-on-or-after-at-the-end",
            "Valid until before 180 seconds ago.",
            until(&at(-180)),
        ),
        case(
            "not-before-without-skew",
            "Valid from one second from now; the connection tolerates none.",
            from(&at(1)),
        )
        .settings(|settings| settings.clock_skew_seconds = Some(0)),
        case(
            "not-on-or-after-without-skew",
            "Valid until before now; the connection tolerates no skew.",
            until(&at(0)),
        )
        .settings(|settings| settings.clock_skew_seconds = Some(0)),
        case(
            "not-before-most-skew",
            "Valid from 301 seconds from now, with the most skew.",
            from(&at(301)),
        )
        .settings(|settings| settings.clock_skew_seconds = Some(300)),
        case(
            "not-on-or-after-most-skew",
            "Valid until before 300 seconds ago, with the most skew.",
            until(&at(-300)),
        )
        .settings(|settings| settings.clock_skew_seconds = Some(300)),
        case(
            "not-on-or-after-missing",
            "No end.",
            good(&format!(" {UNTIL}"), ""),
        ),
        case(
            "not-on-or-after-malformed",
            "An end that is no time.",
            until("tomorrow"),
        ),
        case("not-on-or-after-empty", "An empty end.", until("")),
        case(
            "not-on-or-after-leap-day",
            "An end on a day that is not there.",
            until("2027-02-29T00:00:00Z"),
        ),
        case(
            "not-before-malformed",
            "A start that is no time.",
            from("2026-03-04 05:01:07"),
        ),
        case(
            "not-before-offset",
            "A start with an offset, 181 seconds from now.",
            from("2026-03-04T10:09:08+05:00"),
        ),
    ]
}

fn audience() -> Vec<Vector> {
    let case = |name: &str, note: &str, paper: Paper| reject(name, Rule::D4, note, paper);
    let to = |value: &str| good(AUDIENCE, &format!("<saml:Audience>{value}</saml:Audience>"));
    let restriction = Paper::good().element("AudienceRestriction");
    let other = restriction.replace(ENTITY, "https://other.example/");
    vec![
        case(
            "audience-other",
            "For another service provider.",
            to("https://other.example/sso/metadata"),
        ),
        case(
            "audience-slash",
            "The audience has a slash at its end.",
            to("https://acme.example/sso/metadata/"),
        )
        .received("slash"),
        case(
            "audience-case",
            "The audience differs in upper and lower case.",
            to("https://acme.example/SSO/metadata"),
        )
        .received("case"),
        case(
            "audience-spn",
            "The audience has Entra's prefix spn:.",
            to("spn:https://acme.example/sso/metadata"),
        )
        .received("spn:"),
        case(
            "audience-space",
            "The audience has a space at its end.",
            to("https://acme.example/sso/metadata "),
        ),
        case(
            "audience-line-end",
            "The audience has a line end around it.",
            to("\nhttps://acme.example/sso/metadata\n"),
        ),
        case(
            "audience-prefix",
            "The audience begins like ours.",
            to("https://acme.example/sso/metadata.evil.example"),
        ),
        case(
            "audience-escaped",
            "The audience is percent-encoded.",
            to("https://acme.example/sso/%6Detadata"),
        ),
        case(
            "audience-look-alike",
            "The audience has a Cyrillic letter that looks like ours.",
            to("https://\u{430}cme.example/sso/metadata"),
        ),
        case(
            "audience-list",
            "Two audiences in one element.",
            to("https://acme.example/sso/metadata https://other.example/"),
        ),
        case(
            "audience-element-inside",
            "An element in the audience.",
            to("https://acme.example/sso/metadata<x xmlns=\"urn:x\"/>"),
        ),
        case("audience-empty", "An empty audience.", to("")),
        case(
            "audience-none",
            "A restriction without an audience.",
            good(AUDIENCE, ""),
        ),
        case(
            "audience-restriction-missing",
            "No restriction.",
            good(&restriction, ""),
        ),
        case(
            "audience-second-restriction-other",
            "Two restrictions; the second does not name us.",
            good(&restriction, &format!("{restriction}{other}")),
        ),
        case(
            "audience-first-restriction-other",
            "Two restrictions; the first does not name us.",
            good(&restriction, &format!("{other}{restriction}")),
        ),
        case(
            "audience-of-another-namespace",
            "An Audience of another namespace.",
            good(
                AUDIENCE,
                "<x:Audience xmlns:x=\"urn:x\">https://acme.example/sso/metadata</x:Audience>",
            ),
        ),
        case(
            "audience-extra-of-another-connection",
            "A further audience that this connection does not accept.",
            to("api://acme"),
        )
        .settings(|settings| settings.extra_audiences = vec!["api://other".to_owned()]),
    ]
}

fn unknown_conditions() -> Vec<Vector> {
    let case = |name: &str, note: &str, condition: &str| {
        let paper = good(CONDITIONS_END, &format!("{condition}{CONDITIONS_END}"));
        reject(name, Rule::D5, note, paper)
    };
    vec![
        case(
            "condition-delegation",
            "A condition of an extension.",
            "<saml:Condition xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xmlns:del=\"urn:oasis:names:tc:SAML:2.0:conditions:delegation\" xsi:type=\"del:DelegationRestrictionType\"/>",
        ),
        case(
            "condition-unknown",
            "A condition that SAML does not know.",
            "<saml:FullMoon/>",
        ),
        case(
            "condition-of-another-namespace",
            "A condition of another namespace.",
            "<x:OneTimeUse xmlns:x=\"urn:x\"/>",
        ),
        case(
            "condition-of-saml-1",
            "A condition of SAML 1.1.",
            "<saml:DoNotCacheCondition/>",
        ),
    ]
}

fn statements() -> Vec<Vector> {
    let statement = Paper::good().element("AuthnStatement");
    let case = |name: &str, note: &str, paper: Paper| reject(name, Rule::D6, note, paper);
    let until = |text: &str| good(INDEX, &format!("{INDEX} SessionNotOnOrAfter=\"{text}\""));
    let second = format!(
        "{statement}<saml:AuthnStatement AuthnInstant=\"2026-03-04T05:06:00Z\" SessionNotOnOrAfter=\"2026-03-04T04:00:00Z\"/>"
    );
    vec![
        case(
            "authn-statement-missing",
            "No AuthnStatement.",
            good(&statement, ""),
        ),
        case(
            "authn-statement-of-another-namespace",
            "An AuthnStatement of another namespace, in Advice.",
            good(
                &statement,
                &format!(
                    "<saml:Advice>{}</saml:Advice>",
                    statement.replace("saml:AuthnStatement", "samlp:AuthnStatement")
                ),
            ),
        ),
        case(
            "session-ended",
            "The session at the identity provider ended 180 seconds ago.",
            until(&at(-180)),
        ),
        case(
            "session-end-malformed",
            "The session's end is no time.",
            until("soon"),
        ),
        case(
            "session-ended-second-statement",
            "The second statement's session has ended.",
            good(&statement, &second),
        ),
    ]
}
