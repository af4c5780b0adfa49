//! Logout messages in queries (rule A2).

use super::super::case::{Expect, Identity, Message};
use super::forms::{escaped, refused};
use super::paper::private_key;
use super::{Paper, SUBJECT, Vector};
use openssl::base64::encode_block;
use vestibule::saml::binding::{MessageKind, encode_redirect};
use vestibule::saml::error::Rule;
use vestibule::saml::names;
use vestibule::saml::signature::SigningKey;

const SLO: &str = "https://acme.example/sso/slo";

fn logout() -> String {
    format!(
        "<samlp:LogoutRequest xmlns:samlp=\"{}\" xmlns:saml=\"{}\" ID=\"_logout\" Version=\"2.0\" IssueInstant=\"2026-03-04T05:06:05Z\" Destination=\"{SLO}\"><saml:Issuer>https://idp.example/saml</saml:Issuer><saml:NameID>{SUBJECT}</saml:NameID></samlp:LogoutRequest>",
        names::SAMLP,
        names::SAML
    )
}

fn query_of(xml: &str, relay_state: Option<&str>, key: Option<&str>) -> String {
    let key = key.map(|name| SigningKey::new(private_key(name), None).unwrap());
    let url = encode_redirect(SLO, MessageKind::Request, xml, relay_state, key.as_ref()).unwrap();
    url.split_once('?').unwrap().1.to_owned()
}

/// A good logout request.
pub(crate) fn logout_query() -> String {
    query_of(&logout(), None, Some("idp"))
}

pub(super) fn vectors() -> Vec<Vector> {
    let good = query_of(&logout(), Some("handle"), Some("idp"));
    let unsigned = query_of(&logout(), Some("handle"), None);
    let message = unsigned.split('&').next().unwrap().to_owned();
    let query = |name: &str, note: &str, expect: Expect, query: String| {
        Vector::new(name, note, Message::Query(query), expect)
            .once()
            .with(|file| {
                SLO.clone_into(&mut file.acs_url);
                file.request_id = None;
            })
    };
    let case = |name: &str, note: &str, text: String| query(name, note, refused(Rule::A2), text);
    let by =
        |name: &str, rule: Rule, note: &str, text: String| query(name, note, refused(rule), text);
    let identity = Expect::Accepted(Identity {
        name_id: Some(SUBJECT.to_owned()),
        ..Identity::default()
    });
    let changed = |from: &str, to: &str| {
        assert!(good.contains(from), "{from}");
        good.replace(from, to)
    };
    let part = |name: &str| {
        let start = format!("{name}=");
        good.split('&')
            .find(|pair| pair.starts_with(&start))
            .unwrap()
            .to_owned()
    };
    let backwards: Vec<&str> = good.split('&').rev().collect();
    let bomb = query_of(
        &format!("<a>{}</a>", " ".repeat(1_000_000)),
        None,
        Some("idp"),
    );
    let trailing = format!("SAMLRequest={}", escaped(&encode_block(b"\x03\x00<a/>")));
    let logout_to =
        |from: &str, to: &str| query_of(&logout().replacen(from, to, 1), None, Some("idp"));
    let sha1 = "SigAlg=http%3A%2F%2Fwww.w3.org%2F2000%2F09%2Fxmldsig%23rsa-sha1";
    let hmac = "SigAlg=http%3A%2F%2Fwww.w3.org%2F2001%2F04%2Fxmldsig-more%23hmac-sha256";
    vec![
        query(
            "query",
            "A signed logout request.",
            identity.clone(),
            good.clone(),
        ),
        query(
            "query-parameters-in-other-order",
            "The parameters in another order.",
            identity.clone(),
            backwards.join("&"),
        ),
        query(
            "query-with-a-parameter-of-others",
            "A parameter that means nothing.",
            identity,
            format!("utm=x&{good}"),
        ),
        case("query-empty", "An empty query.", String::new()),
        case(
            "query-message-twice",
            "SAMLRequest twice.",
            format!("{good}&{message}"),
        ),
        case(
            "query-message-twice-by-escape",
            "SAMLRequest twice, once percent-encoded.",
            format!("{good}&{}", message.replacen("SAMLR", "SAML%52", 1)),
        ),
        case(
            "query-request-and-response",
            "SAMLRequest and SAMLResponse.",
            format!("{good}&{}", message.replacen("Request", "Response", 1)),
        ),
        case(
            "query-relay-state-twice",
            "RelayState twice.",
            format!("{good}&RelayState=other"),
        ),
        case(
            "query-algorithm-twice",
            "SigAlg twice.",
            format!("{good}&{sha1}"),
        ),
        case(
            "query-signature-twice",
            "Signature twice.",
            format!("{good}&{}", part("Signature")),
        ),
        case(
            "query-without-algorithm",
            "Signature without SigAlg.",
            good.replace(&format!("&{}", part("SigAlg")), ""),
        ),
        case(
            "query-without-signature",
            "SigAlg without Signature.",
            good.replace(&format!("&{}", part("Signature")), ""),
        ),
        case(
            "query-deflate-bomb",
            "A megabyte of spaces in a kilobyte.",
            bomb,
        ),
        case(
            "query-not-deflated",
            "Not compressed.",
            format!(
                "SAMLRequest={}",
                escaped(&encode_block(logout().as_bytes()))
            ),
        ),
        case(
            "query-octets-after-deflate",
            "Octets after the compressed stream.",
            trailing,
        ),
        case(
            "query-deflate-cut",
            "The compressed stream ends in the middle.",
            format!("SAMLRequest={}", escaped(&encode_block(b"\xcb\x48\xcd"))),
        ),
        case(
            "query-not-base64",
            "Not base64.",
            "SAMLRequest=%3Ca%2F%3E".to_owned(),
        ),
        case(
            "query-another-encoding",
            "An encoding that is not DEFLATE.",
            format!("{good}&SAMLEncoding=urn%3Ax"),
        ),
        case(
            "query-too-long",
            "A query of more than 64 KiB.",
            format!("SAMLRequest={}", "A".repeat(64 * 1024)),
        ),
        by("query-unsigned", Rule::B7, "Not signed.", unsigned.clone()),
        by(
            "query-relay-state-changed",
            Rule::B3,
            "Another RelayState.",
            changed("handle", "handlf"),
        ),
        by(
            "query-relay-state-removed",
            Rule::B3,
            "Without the RelayState that was signed.",
            changed("RelayState=handle&", ""),
        ),
        by(
            "query-relay-state-added",
            Rule::B3,
            "A RelayState that was not signed.",
            format!(
                "{}&RelayState=handle",
                query_of(&logout(), None, Some("idp"))
            ),
        ),
        by(
            "query-relay-state-without-equals-sign",
            Rule::B3,
            "The empty RelayState that was signed, without its equals sign: other octets.",
            query_of(&logout(), Some(""), Some("idp")).replace("RelayState=&", "RelayState&"),
        ),
        by(
            "query-algorithm-without-value",
            Rule::B4,
            "SigAlg without a value.",
            good.replace(&part("SigAlg"), "SigAlg"),
        ),
        by(
            "query-message-changed",
            Rule::B3,
            "Another message.",
            good.replace(
                &part("SAMLRequest"),
                query_of(&logout().replace("b.simon", "admin"), None, None).as_str(),
            ),
        ),
        by(
            "query-escaped-otherwise",
            Rule::B3,
            "The same values, percent-encoded in small letters: other octets.",
            good.replace("%3A", "%3a"),
        ),
        by(
            "query-algorithm-sha1",
            Rule::B4,
            "RSA-SHA1 by name.",
            good.replace(&part("SigAlg"), sha1),
        ),
        by(
            "query-algorithm-hmac",
            Rule::B4,
            "HMAC by name.",
            good.replace(&part("SigAlg"), hmac),
        ),
        by(
            "query-foreign-key",
            Rule::B3,
            "Signed by another key.",
            query_of(&logout(), Some("handle"), Some("idp-second")),
        ),
        by(
            "query-destination-other",
            Rule::C3,
            "For another address.",
            logout_to("/sso/slo", "/sso/other"),
        ),
        by(
            "query-issuer-other",
            Rule::D1,
            "Issued by another.",
            logout_to("idp.example", "other.example"),
        ),
        by(
            "query-issued-in-the-future",
            Rule::C5,
            "Issued in an hour.",
            logout_to("T05:06:05Z", "T06:06:05Z"),
        ),
        by(
            "query-not-a-logout-message",
            Rule::C1,
            "A Response in a query.",
            query_of(
                Paper::signed().without("Signature").text(),
                None,
                Some("idp"),
            ),
        ),
        by(
            "query-doctype",
            Rule::A3,
            "A DOCTYPE.",
            query_of(&format!("<!DOCTYPE a>{}", logout()), None, Some("idp")),
        ),
        by(
            "query-signed-inside-too",
            Rule::B1,
            "A signature in the message, too.",
            query_of(
                Paper::new(logout()).sign("_logout").text(),
                None,
                Some("idp"),
            ),
        ),
    ]
}
