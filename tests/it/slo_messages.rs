//! Single logout messages: written, signed, received, refused.

use openssl::asn1::Asn1Time;
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use openssl::x509::X509;
use time::macros::datetime;
use time::{Duration, OffsetDateTime};
use vestibule::saml::assertion::SamlNameId;
use vestibule::saml::binding::{MessageKind, Posted, decode_redirect, encode_redirect};
use vestibule::saml::error::Requirement;
use vestibule::saml::logout::{
    LogoutExpectation, LogoutMessage, LogoutRequest, LogoutResponse, LogoutStatus, ValidatedLogout,
    receive_post, receive_redirect,
};
use vestibule::saml::names;
use vestibule::saml::signature::{
    SignatureCoverage, SigningKey, Trust, ValidityPolicy, VerificationKey, sign_enveloped,
};

const NOW: OffsetDateTime = datetime!(2026-11-20 12:00 UTC);
const SLO: &str = "https://acme.sso.example.com/sso/slo";
const IDP: &str = "https://sts.windows.net/7/";
const OTHER_NAME: &str = "https://login.microsoftonline.com/7/";

struct Idp {
    signing: SigningKey,
    trust: Trust,
}

fn idp() -> Idp {
    let key = PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap();
    let trust = Trust {
        idp_entity_id: IDP.to_owned(),
        keys: vec![VerificationKey::from_certificate(&certificate(&key)).unwrap()],
        certificate_validity: ValidityPolicy::Reject,
        required_signature: SignatureCoverage::Either,
        danger_allow_sha1: false,
        danger_accept_cbc: false,
        decryption_keys: Vec::new(),
    };
    Idp {
        signing: SigningKey::new(key, None).unwrap(),
        trust,
    }
}

fn certificate(key: &PKey<Private>) -> Vec<u8> {
    let mut builder = X509::builder().unwrap();
    builder.set_pubkey(key).unwrap();
    builder
        .set_not_before(&Asn1Time::from_unix(NOW.unix_timestamp() - 60).unwrap())
        .unwrap();
    builder
        .set_not_after(&Asn1Time::from_unix(NOW.unix_timestamp() + 60).unwrap())
        .unwrap();
    builder.sign(key, MessageDigest::sha256()).unwrap();
    builder.build().to_der().unwrap()
}

fn expectation() -> LogoutExpectation {
    LogoutExpectation {
        slo_url: SLO.to_owned(),
        extra_issuers: vec![OTHER_NAME.to_owned()],
        clock_skew: Duration::seconds(180),
    }
}

fn request() -> LogoutRequest {
    LogoutRequest {
        id: "_1".to_owned(),
        issue_instant: NOW,
        destination: SLO.to_owned(),
        issuer: IDP.to_owned(),
        not_on_or_after: Some(NOW + Duration::minutes(5)),
        reason: Some(names::LOGOUT_USER.to_owned()),
        name_id: SamlNameId {
            value: "b.simon@example.com".to_owned(),
            format: Some(names::NAMEID_EMAIL.to_owned()),
            name_qualifier: Some("q".to_owned()),
            sp_name_qualifier: None,
            sp_provided_id: None,
        },
        session_indexes: vec!["_a".to_owned(), "_b".to_owned()],
    }
}

fn response() -> LogoutResponse {
    LogoutResponse {
        id: "_2".to_owned(),
        issue_instant: NOW,
        destination: SLO.to_owned(),
        issuer: OTHER_NAME.to_owned(),
        in_response_to: Some("_9".to_owned()),
        status: LogoutStatus {
            code: names::STATUS_RESPONDER.to_owned(),
            detail: Some(names::STATUS_PARTIAL_LOGOUT.to_owned()),
            message: Some("one & all".to_owned()),
        },
    }
}

fn posted(kind: MessageKind, xml: String) -> Posted {
    Posted {
        kind,
        xml: xml.into_bytes(),
        relay_state: None,
        reposted: None,
    }
}

/// The message by HTTP-Redirect; `Err` names what was not met.
fn by_redirect(idp: &Idp, kind: MessageKind, xml: &str) -> Result<LogoutMessage, Requirement> {
    let url = encode_redirect(SLO, kind, xml, Some("r"), Some(&idp.signing)).unwrap();
    let message = decode_redirect(url.split_once('?').unwrap().1)
        .ok()
        .unwrap();
    receive_redirect(&message, &idp.trust, &expectation(), NOW)
        .into_outcome()
        .map(ValidatedLogout::into_message)
        .map_err(|rejection| rejection.requirement)
}

fn by_post(idp: &Idp, kind: MessageKind, xml: String) -> Result<LogoutMessage, Requirement> {
    receive_post(&posted(kind, xml), &idp.trust, &expectation(), NOW)
        .into_outcome()
        .map(ValidatedLogout::into_message)
        .map_err(|rejection| rejection.requirement)
}

#[test]
fn messages_as_they_are_written() {
    insta::assert_snapshot!(request().to_xml().replace("><", ">\n<"));
    insta::assert_snapshot!(response().to_xml().replace("><", ">\n<"));
}

#[test]
fn a_signed_message_arrives_word_for_word() {
    let idp = idp();
    let asked = LogoutMessage::Request(request());
    let answered = LogoutMessage::Response(response());
    let request = request().to_xml();
    let response = response().to_xml();
    assert_eq!(
        by_redirect(&idp, MessageKind::Request, &request),
        Ok(asked.clone())
    );
    assert_eq!(
        by_redirect(&idp, MessageKind::Response, &response),
        Ok(answered.clone())
    );
    let request = sign_enveloped(&request, "_1", &idp.signing).unwrap();
    let response = sign_enveloped(&response, "_2", &idp.signing).unwrap();
    assert_eq!(by_post(&idp, MessageKind::Request, request), Ok(asked));
    assert_eq!(by_post(&idp, MessageKind::Response, response), Ok(answered));
}

#[test]
fn what_a_signed_message_may_not_say() {
    let idp = idp();
    let change = |from: &str, to: &str| {
        let xml = request().to_xml();
        assert!(xml.contains(from), "{from}");
        let changed = xml.replace(from, to);
        let redirect = by_redirect(&idp, MessageKind::Request, &changed).unwrap_err();
        if let Ok(signed) = sign_enveloped(&changed, "_1", &idp.signing) {
            assert_eq!(
                by_post(&idp, MessageKind::Request, signed).unwrap_err(),
                redirect
            );
        }
        redirect
    };
    assert_eq!(
        change(SLO, "https://acme.sso.example.com/sso/slo/"),
        Requirement::LogoutDestination
    );
    assert_eq!(
        change(IDP, "https://sts.windows.net/8/"),
        Requirement::Issuer
    );
    assert_eq!(
        change("Version=\"2.0\"", "Version=\"1.1\""),
        Requirement::LogoutShape
    );
    assert_eq!(
        change("LogoutRequest", "LogoutResponse"),
        Requirement::LogoutShape
    );
    assert_eq!(change("12:00:00", "12:03:01"), Requirement::IssueInstant);
    assert_eq!(change("12:05:00", "11:57:00"), Requirement::LogoutTime);
    assert_eq!(change("12:05:00", "noon"), Requirement::LogoutTime);
    assert_eq!(change("b.simon@example.com", ""), Requirement::LogoutShape);
    assert_eq!(
        change("saml:NameID", "saml:BaseID"),
        Requirement::LogoutShape
    );
    assert_eq!(
        change(
            "<samlp:SessionIndex>",
            "<saml:NameID>x</saml:NameID><samlp:SessionIndex>"
        ),
        Requirement::LogoutShape
    );
}

#[test]
fn what_is_not_signed_by_the_connection_is_refused() {
    let idp = idp();
    let xml = request().to_xml();
    let signed = sign_enveloped(&xml, "_1", &idp.signing).unwrap();
    assert_eq!(
        by_post(&idp, MessageKind::Request, xml.clone()),
        Err(Requirement::LogoutSignature)
    );
    assert_eq!(
        by_post(&idp, MessageKind::Request, signed.replace("b.simon", "eve")),
        Err(Requirement::Digest)
    );
    assert_eq!(
        by_post(&idp, MessageKind::Response, signed.clone()),
        Err(Requirement::LogoutShape)
    );
    let twice = sign_enveloped(&signed, "_1", &idp.signing).unwrap();
    assert_eq!(
        by_post(&idp, MessageKind::Request, twice),
        Err(Requirement::SignaturePlacement)
    );
    assert_eq!(
        by_redirect(&idp, MessageKind::Request, &signed),
        Err(Requirement::SignaturePlacement)
    );
    let stranger = Idp {
        signing: self::idp().signing,
        trust: idp.trust.clone(),
    };
    assert_eq!(
        by_redirect(&stranger, MessageKind::Request, &xml),
        Err(Requirement::SignatureValue)
    );
    let url = encode_redirect(SLO, MessageKind::Request, &xml, Some("r"), None).unwrap();
    let message = decode_redirect(url.split_once('?').unwrap().1)
        .ok()
        .unwrap();
    let verdict = receive_redirect(&message, &idp.trust, &expectation(), NOW);
    assert_eq!(
        verdict.into_outcome().unwrap_err().requirement,
        Requirement::LogoutSignature
    );
    // Another RelayState than the one that was signed.
    let url = encode_redirect(
        SLO,
        MessageKind::Request,
        &xml,
        Some("r"),
        Some(&idp.signing),
    )
    .unwrap();
    let query = url
        .split_once('?')
        .unwrap()
        .1
        .replace("RelayState=r", "RelayState=s");
    let verdict = receive_redirect(
        &decode_redirect(&query).ok().unwrap(),
        &idp.trust,
        &expectation(),
        NOW,
    );
    assert_eq!(
        verdict.outcome().unwrap_err().requirement,
        Requirement::SignatureValue
    );
    assert!(verdict.checks().iter().any(|check| !check.passed));
}
