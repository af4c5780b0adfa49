//! Our own metadata: stable, in the order of the schema, signed so that others can verify it.

use openssl::pkey::PKey;
use openssl::rsa::Rsa;
use std::process::Command;
use vestibule::saml::metadata::{
    ContactKind, Localized, MetadataContact, MetadataOrganization, SpMetadata, UiInfo, UiLogo,
};
use vestibule::saml::names;
use vestibule::saml::signature::SigningKey;
use vestibule::xml::{Document, Limits};

fn service_provider() -> SpMetadata {
    SpMetadata {
        entity_id: "https://acme.sso.example.com/sso/metadata".to_owned(),
        acs_url: "https://acme.sso.example.com/sso/acs".to_owned(),
        slo_url: Some("https://acme.sso.example.com/sso/slo".to_owned()),
        name_id_formats: vec![names::NAMEID_EMAIL.to_owned()],
        signing_certificates: vec!["MIIsigning".to_owned()],
        encryption_certificates: vec!["MIIencryption".to_owned()],
        authn_requests_signed: true,
        want_assertions_signed: true,
        organization: Some(MetadataOrganization {
            names: vec![Localized::english("Acme")],
            display_names: vec![Localized::english("Acme & Söhne")],
            urls: vec![Localized::english("https://acme.example.com/")],
        }),
        contacts: vec![MetadataContact {
            kind: ContactKind::Technical,
            given_name: Some("Operations".to_owned()),
            surname: None,
            email: "ops@example.com".to_owned(),
        }],
        ui_info: UiInfo {
            display_names: vec![Localized::english("Acme sign-in")],
            logo: Some(UiLogo {
                url: "https://acme.example.com/logo.png".to_owned(),
                width: 80,
                height: 60,
            }),
            privacy_statement_urls: vec![Localized::english("https://acme.example.com/privacy")],
            ..UiInfo::default()
        },
    }
}

#[test]
fn our_metadata_is_stable_and_in_the_order_of_the_schema() {
    let metadata = service_provider();
    let text = metadata.to_xml();
    assert_eq!(text, metadata.to_xml());
    insta::assert_snapshot!(text.replace("><", ">\n<"));
    let document = Document::parse(text.as_bytes(), &Limits::MESSAGE).unwrap();
    let locals = |element: vestibule::xml::Element<'_>| {
        element
            .children()
            .map(|child| child.local_name().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        locals(document.root()),
        ["SPSSODescriptor", "Organization", "ContactPerson"]
    );
    assert_eq!(
        locals(document.root().children().next().unwrap()),
        [
            "Extensions",
            "KeyDescriptor",
            "KeyDescriptor",
            "SingleLogoutService",
            "SingleLogoutService",
            "NameIDFormat",
            "AssertionConsumerService"
        ]
    );
    assert_eq!(document.root().attribute("ID"), None);
}

#[test]
fn signed_metadata_verifies_elsewhere() {
    let key = PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let pem = folder.path().join("key.pem");
    std::fs::write(&pem, key.public_key_to_pem().unwrap()).unwrap();
    let signing = SigningKey::new(key, None).unwrap();
    let file = folder.path().join("metadata.xml");
    let text = service_provider().to_signed_xml("_1", &signing).unwrap();
    let verified = |text: &str| {
        std::fs::write(&file, text).unwrap();
        Command::new("xmlsec1")
            .args([
                "--verify",
                "--id-attr:ID",
                "urn:oasis:names:tc:SAML:2.0:metadata:EntityDescriptor",
            ])
            .arg("--pubkey-pem")
            .args([&pem, &file])
            .output()
            .expect("xmlsec1 is there: script/bootstrap test")
            .status
            .success()
    };
    assert!(verified(&text));
    assert!(!verified(
        &text.replace("ops@example.com", "eve@example.com")
    ));
    let document = Document::parse(text.as_bytes(), &Limits::MESSAGE).unwrap();
    assert_eq!(
        document.root().children().next().unwrap().local_name(),
        "Signature"
    );
}

#[test]
fn the_least_metadata_has_nothing_empty_in_it() {
    let text = SpMetadata {
        entity_id: "e".to_owned(),
        acs_url: "https://sp.example.com/acs".to_owned(),
        organization: Some(MetadataOrganization::default()),
        ..SpMetadata::default()
    }
    .to_xml();
    insta::assert_snapshot!(text.replace("><", ">\n<"));
}
