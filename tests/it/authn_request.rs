//! What we ask an identity provider for.

use time::macros::datetime;
use vestibule::saml::authn_request::{AuthnRequest, NameIdPolicy, message_id};
use vestibule::saml::names;
use vestibule::xml::{Document, Limits};

fn request() -> AuthnRequest {
    AuthnRequest {
        id: message_id(time::OffsetDateTime::UNIX_EPOCH, &[0xAB; 20]),
        issue_instant: datetime!(2026-11-20 16:30:05.123 +1),
        destination: "https://idp.example.com/sso?a=1&b=2".to_owned(),
        issuer: "https://acme.sso.example.com/sso/metadata".to_owned(),
        acs_url: "https://acme.sso.example.com/sso/acs".to_owned(),
        force_authn: false,
        is_passive: false,
        name_id_policy: None,
        requested_authn_context: Vec::new(),
    }
}

#[test]
fn nothing_is_asked_for_that_was_not_configured() {
    insta::assert_snapshot!(request().to_xml().replace("><", ">\n<"));
}

#[test]
fn what_it_holds_stays_content() {
    let hostile = "\"/><x a='1'>&amp;]]><!--</saml:Issuer>";
    let request = AuthnRequest {
        destination: hostile.to_owned(),
        issuer: hostile.to_owned(),
        acs_url: hostile.to_owned(),
        name_id_policy: Some(NameIdPolicy {
            format: Some(hostile.to_owned()),
        }),
        requested_authn_context: vec![hostile.to_owned()],
        ..request()
    };
    let text = request.to_xml();
    let document = Document::parse(text.as_bytes(), &Limits::MESSAGE).unwrap();
    let root = document.root();
    for name in ["Destination", "AssertionConsumerServiceURL"] {
        assert_eq!(root.attribute(name), Some(hostile), "{name}");
    }
    let issuer = root.child(names::SAML, "Issuer").unwrap();
    assert_eq!(issuer.text().unwrap(), hostile);
    let policy = root.child(names::SAMLP, "NameIDPolicy").unwrap();
    assert_eq!(policy.attribute("Format"), Some(hostile));
    let context = root.child(names::SAMLP, "RequestedAuthnContext").unwrap();
    let class = context.child(names::SAML, "AuthnContextClassRef").unwrap();
    assert_eq!(class.text().unwrap(), hostile);
    assert!(!root.descendants().any(|element| element.name() == "x"));
}

#[test]
fn everything_that_can_be_configured() {
    let request = AuthnRequest {
        force_authn: true,
        is_passive: true,
        name_id_policy: Some(NameIdPolicy {
            format: Some(names::NAMEID_PERSISTENT.to_owned()),
        }),
        requested_authn_context: vec![
            names::AC_PASSWORD_PROTECTED.to_owned(),
            "urn:example:<mfa>".to_owned(),
        ],
        ..request()
    };
    let text = request.to_xml();
    insta::assert_snapshot!(text.replace("><", ">\n<"));
    let document = Document::parse(text.as_bytes(), &Limits::MESSAGE).unwrap();
    assert_eq!(
        document.root().attribute("Destination"),
        Some(request.destination.as_str())
    );
}
