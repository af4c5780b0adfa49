use time::OffsetDateTime;
use time::macros::datetime;

use super::*;
use crate::config::Config;
use crate::domain::{self, CompanyId, SamlSettings, Settings};
use crate::keys::Keys;

pub(crate) fn sp_keys() -> SpKeys {
    let mut config = Config::default();
    config.keys.dir = Some(concat!(env!("CARGO_MANIFEST_DIR"), "/target/test-keys").into());
    SpKeys::new(&Keys::load(&config, datetime!(2026-03-01 12:00 UTC)).unwrap()).unwrap()
}

pub(crate) fn company(number: u8, slug: &str, origin: &str, aliases: &[&str]) -> Company {
    Company {
        id: CompanyId::from_bytes([number; 16]),
        slug: slug.parse().unwrap(),
        name: format!("{slug} & Sons"),
        origin: origin.parse().unwrap(),
        aliases: aliases.iter().map(|alias| alias.parse().unwrap()).collect(),
        return_origins: vec!["https://app.example.com".parse().unwrap()],
        landing: None,
        organization: None,
        contact: None,
        encrypted_assertions: true,
        logo: None,
        created_at: OffsetDateTime::UNIX_EPOCH,
        suspended_at: None,
        revision: 1,
    }
}

fn connection(
    number: u8,
    display_name: &str,
    sort_order: i64,
    certificates: Vec<String>,
) -> Connection {
    Connection {
        id: ConnectionId::from_bytes([number; 16]),
        company_id: CompanyId::from_bytes([1; 16]),
        name: display_name.to_lowercase().parse().unwrap(),
        display_name: display_name.to_owned(),
        sort_order,
        enabled: true,
        settings: SamlSettings {
            certificates,
            ..SamlSettings::default()
        }
        .into(),
        revision: 1,
        created_at: OffsetDateTime::UNIX_EPOCH,
    }
}

#[test]
fn connections_are_offered_in_order_when_they_can_verify() {
    let keys = sp_keys();
    let certificate = vec![keys.signing_certificate.clone()];
    let mut off = connection(4, "Off", 0, certificate.clone());
    off.enabled = false;
    let connections = vec![
        connection(1, "Zulu", 1, certificate.clone()),
        connection(2, "Entra", 1, certificate),
        connection(3, "Broken", 0, vec!["AAAA".to_owned(), "!".to_owned()]),
        off,
    ];
    let site = Site::new(
        company(1, "acme", "https://acme.example.com", &[]),
        connections,
        &keys,
    );
    let offered: Vec<&str> = site
        .enabled_connections()
        .map(|it| it.connection.display_name.as_str())
        .collect();
    assert_eq!(offered, ["Entra", "Zulu"]);
    assert!(!site.connection_named("broken").unwrap().is_enabled());
    assert_eq!(
        site.connection(ConnectionId::from_bytes([2; 16]))
            .unwrap()
            .trust
            .keys
            .len(),
        1
    );
}

#[test]
fn metadata_names_the_companys_addresses_and_our_keys() {
    let keys = sp_keys();
    let mut acme = company(
        1,
        "acme",
        "https://acme.example.com",
        &["https://sso.acme.example"],
    );
    acme.contact = Some(domain::Contact {
        name: Some("Help desk".to_owned()),
        email: "it@acme.example".to_owned(),
    });
    let site = Site::new(acme, Vec::new(), &keys);
    let text = std::str::from_utf8(site.metadata(&keys)).unwrap();
    for part in [
        "entityID=\"https://acme.example.com/sso/metadata\"",
        "Location=\"https://acme.example.com/sso/acs\"",
        "Location=\"https://acme.example.com/sso/slo\"",
        "AuthnRequestsSigned=\"false\"",
        "acme &amp; Sons",
        "it@acme.example",
        keys.signing_certificate.as_str(),
        keys.encryption_certificate.as_str(),
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(
        !text.contains("sso.acme.example"),
        "an alias is not for identity providers"
    );
    let signed = site.signed_metadata(&keys).unwrap();
    assert!(
        std::str::from_utf8(signed)
            .unwrap()
            .contains("SignatureValue")
    );
    assert_eq!(site.signed_metadata(&keys).unwrap(), signed);
}

#[test]
fn metadata_announces_the_formats_that_the_connections_want() {
    let formats = |settings: Vec<Settings>| {
        let connections = settings
            .into_iter()
            .zip(1..)
            .map(|(settings, place)| Connection {
                settings,
                ..connection(place, &format!("c{place}"), place.into(), Vec::new())
            });
        let keys = sp_keys();
        let acme = company(1, "acme", "https://acme.example.com", &[]);
        let site = Site::new(acme, connections.collect(), &keys);
        let xml = String::from_utf8(site.metadata(&keys).to_vec()).unwrap();
        let formats = xml.split("<md:NameIDFormat>").skip(1);
        formats
            .map(|it| it.split('<').next().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let of = |format: Option<&str>, policy: Option<&str>| {
        Settings::from(SamlSettings {
            name_id_format: format.map(str::to_owned),
            name_id_policy: policy.map(str::to_owned),
            ..SamlSettings::default()
        })
    };
    assert_eq!(formats(Vec::new()), [EMAIL_ADDRESS]);
    assert!(formats(vec![of(None, None)]).is_empty());
    let several = vec![
        of(Some("urn:a"), None),
        of(None, Some("urn:b")),
        Settings::default(),
        of(Some("urn:a"), None),
    ];
    assert_eq!(formats(several), ["urn:a", "urn:b", EMAIL_ADDRESS]);
}
