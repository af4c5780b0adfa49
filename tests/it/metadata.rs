//! Metadata of identity providers: every sample behaves as `metadata/README.md` says.

mod encoding;

use time::OffsetDateTime;
use time::macros::datetime;
use vestibule::saml::metadata::{IdpMetadata, MetadataError, MetadataWarning, ParsedMetadata};
use vestibule::saml::names;

const NOW: OffsetDateTime = datetime!(2023-11-20 12:00 UTC);
const UMU: &str = "https://idp.umu.se/saml2/idp/metadata.php";

fn sample(name: &str) -> Vec<u8> {
    let path = format!("{}/metadata/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn import(name: &str) -> ParsedMetadata {
    IdpMetadata::parse(&sample(name), None, NOW).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// A document with one identity provider, whose parts a test can replace.
fn document(parts: &str) -> String {
    format!(
        r#"<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" xmlns:ds="http://www.w3.org/2000/09/xmldsig#" entityID="https://idp.example.com/"><IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">{parts}</IDPSSODescriptor></EntityDescriptor>"#
    )
}

fn key(attributes: &str) -> String {
    let certificate = &import("okta-ssoready.xml").idp.signing_certificates[0];
    format!(
        "<KeyDescriptor{attributes}><ds:KeyInfo><ds:X509Data><ds:X509Certificate>{certificate}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></KeyDescriptor>"
    )
}

const SSO: &str = r#"<SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="https://idp.example.com/sso"/>"#;

fn parse(text: &str) -> Result<ParsedMetadata, MetadataError> {
    IdpMetadata::parse(text.as_bytes(), None, NOW)
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn samples_are_imported_with_the_right_endpoints_and_keys() {
    struct Expected {
        file: &'static str,
        entity_id: &'static str,
        redirect: Option<&'static str>,
        post: Option<&'static str>,
        logout: usize,
        signing: usize,
        encryption: usize,
        entra: bool,
    }
    let entra = "https://login.microsoftonline.com/a9054a0f-2011-4e31-b3ac-fd8c354146ec/saml2";
    let google = "https://accounts.google.com/o/saml2/idp?idpid=C029op2ga";
    let keycloak = "http://localhost:8085/realms/master/protocol/saml";
    let okta = "https://trial-1022863.okta.com/app/trial-1022863_oktalocalhostbis_1/exkdoocxa1VmjpXmX697/sso/saml";
    let ping = "https://auth.pingone.com/3030059e-440b-4ad0-9217-44326f1757f6/saml20/idp/sso";
    let rows = [
        Expected {
            file: "entra-ssoready.xml",
            entity_id: "https://sts.windows.net/a9054a0f-2011-4e31-b3ac-fd8c354146ec/",
            redirect: Some(entra),
            post: Some(entra),
            logout: 1,
            signing: 1,
            encryption: 0,
            entra: true,
        },
        Expected {
            file: "adfs3-microsoft.xml",
            entity_id: "http://fs.msidlab2.com/adfs/services/trust",
            redirect: Some("https://fs.msidlab2.com/adfs/ls/"),
            post: Some("https://fs.msidlab2.com/adfs/ls/"),
            logout: 2,
            signing: 1,
            encryption: 1,
            entra: false,
        },
        Expected {
            file: "google-ssoready.xml",
            entity_id: "https://accounts.google.com/o/saml2?idpid=C029op2ga",
            redirect: Some(google),
            post: Some(google),
            logout: 0,
            signing: 1,
            encryption: 0,
            entra: false,
        },
        Expected {
            file: "jumpcloud-ssoready.xml",
            entity_id: "IdP Entity ID",
            redirect: None,
            post: Some("https://sso.jumpcloud.com/saml2/ucariontest"),
            logout: 0,
            signing: 1,
            encryption: 0,
            entra: false,
        },
        Expected {
            file: "keycloak-ssoready.xml",
            entity_id: "http://localhost:8085/realms/master",
            redirect: Some(keycloak),
            post: Some(keycloak),
            logout: 4,
            signing: 1,
            encryption: 0,
            entra: false,
        },
        Expected {
            file: "okta-ssoready.xml",
            entity_id: "http://www.okta.com/exkdoocxa1VmjpXmX697",
            redirect: Some(okta),
            post: Some(okta),
            logout: 0,
            signing: 1,
            encryption: 0,
            entra: false,
        },
        Expected {
            file: "ping-ssoready.xml",
            entity_id: "https://auth.pingone.com/3030059e-440b-4ad0-9217-44326f1757f6",
            redirect: Some(ping),
            post: Some(ping),
            logout: 2,
            signing: 1,
            encryption: 0,
            entra: false,
        },
        Expected {
            file: "multi-signing-certs.xml",
            entity_id: "https://idp.examle.com/saml/metadata",
            redirect: Some("https://idp.examle.com/saml/sso"),
            post: None,
            logout: 1,
            signing: 2,
            encryption: 0,
            entra: false,
        },
    ];
    for row in rows {
        let idp = import(row.file).idp;
        assert_eq!(idp.entity_id, row.entity_id, "{}", row.file);
        assert_eq!(
            idp.sign_on_location(names::BINDING_REDIRECT),
            row.redirect,
            "{}",
            row.file
        );
        assert_eq!(
            idp.sign_on_location(names::BINDING_POST),
            row.post,
            "{}",
            row.file
        );
        assert_eq!(idp.single_logout.len(), row.logout, "{}", row.file);
        assert_eq!(idp.signing_certificates.len(), row.signing, "{}", row.file);
        assert_eq!(
            idp.encryption_certificates.len(),
            row.encryption,
            "{}",
            row.file
        );
        assert_eq!(idp.is_entra(), row.entra, "{}", row.file);
    }
}

#[test]
fn particulars_of_samples() {
    let google = import("google-ssoready.xml").idp;
    assert_eq!(google.valid_until.map(OffsetDateTime::year), Some(2028));
    assert!(!google.want_authn_requests_signed);
    assert!(
        import("keycloak-ssoready.xml")
            .idp
            .want_authn_requests_signed
    );
    assert_eq!(import("keycloak-ssoready.xml").idp.single_sign_on.len(), 4);
    assert_eq!(import("entra-ssoready.xml").warnings, []);
    let dropped: Vec<String> = import("multi-signing-certs.xml")
        .warnings
        .iter()
        .filter(|warning| matches!(warning, MetadataWarning::KeyDropped { .. }))
        .map(ToString::to_string)
        .collect();
    assert_eq!(
        dropped,
        ["A key for signing was left out: the RSA key has 1024 bits; at least 2048 are needed."]
    );
}

#[test]
fn samples_are_refused_with_the_right_reason() {
    let refusal = |file: &str| IdpMetadata::parse(&sample(file), None, NOW).unwrap_err();
    let common = refusal("entra-common-2017-microsoft.xml");
    assert!(matches!(common, MetadataError::TenantPlaceholder { .. }));
    assert!(
        common
            .to_string()
            .starts_with("The common document belongs to no tenant")
    );
    for file in ["entities-python3-saml.xml", "uu-se.xml"] {
        assert_eq!(refusal(file), MetadataError::NoIdentityProvider, "{file}");
    }
    match refusal("mock-saml-boxyhq.xml") {
        MetadataError::Xml(error) => assert_eq!((error.line, error.column), (3, 53)),
        other => panic!("{other}"),
    }
}

#[test]
fn an_aggregate_asks_for_the_entity_id() {
    let bytes = sample("swamid-test.xml");
    match IdpMetadata::parse(&bytes, None, NOW).unwrap_err() {
        MetadataError::SeveralIdentityProviders { entity_ids } => {
            assert_eq!(entity_ids.len(), 10);
            assert!(entity_ids.iter().any(|id| id == UMU));
        }
        other => panic!("{other}"),
    }
    let imported = IdpMetadata::parse(&bytes, Some(UMU), NOW).unwrap();
    assert_eq!(imported.idp.entity_id, UMU);
    // Its KeyDescriptor has no `use` and serves both.
    assert_eq!(imported.idp.signing_certificates.len(), 1);
    assert_eq!(
        imported.idp.encryption_certificates,
        imported.idp.signing_certificates
    );
    assert_eq!(
        imported.idp.sign_on_location(names::BINDING_REDIRECT),
        Some("https://idp.umu.se/saml2/idp/SSOService.php")
    );
    assert!(
        imported
            .warnings
            .iter()
            .any(|warning| matches!(warning, MetadataWarning::CertificateNotInForce { .. }))
    );
    assert!(matches!(
        IdpMetadata::parse(&bytes, Some("https://idp.hig.se/identity"), NOW),
        Err(MetadataError::NotSaml2 { .. })
    ));
    assert!(matches!(
        IdpMetadata::parse(&bytes, Some("https://idp.umu.se/"), NOW),
        Err(MetadataError::UnknownEntity { .. })
    ));
}

#[test]
fn rules_of_the_importer() {
    assert!(parse(&document(&format!("{}{SSO}", key("")))).is_ok());
    let cases = [
        ("no key", document(SSO)),
        (
            "only an encryption key",
            document(&format!("{}{SSO}", key(r#" use="encryption""#))),
        ),
        (
            "an unknown use",
            document(&format!("{}{SSO}", key(r#" use="other""#))),
        ),
        (
            "a bare key",
            document(&format!(
                r#"<KeyDescriptor use="signing"><ds:KeyInfo><ds:KeyValue/></ds:KeyInfo></KeyDescriptor>{SSO}"#
            )),
        ),
        (
            "armour around the certificate",
            document(&format!(
                "{}{SSO}",
                key("").replace("MII", "-----BEGIN CERTIFICATE-----MII")
            )),
        ),
    ];
    for (what, text) in cases {
        assert!(
            matches!(parse(&text), Err(MetadataError::NoSigningKey { .. })),
            "{what}"
        );
    }
    for location in [
        "http://idp.example.com/sso",
        "/sso",
        "javascript:alert(1)",
        "",
    ] {
        let text = document(&format!(
            "{}{}",
            key(""),
            SSO.replace("https://idp.example.com/sso", location)
        ));
        assert!(
            matches!(parse(&text), Err(MetadataError::NoSignOnEndpoint { .. })),
            "{location}"
        );
    }
    let good = document(&format!("{}{SSO}", key("")));
    let soap = good.replace("HTTP-Redirect", "SOAP");
    assert!(matches!(
        parse(&soap),
        Err(MetadataError::NoSignOnEndpoint { .. })
    ));
    let long = good.replace(
        "https://idp.example.com/\"",
        &format!("{}\"", "e".repeat(1025)),
    );
    assert_eq!(parse(&long).unwrap_err(), MetadataError::EntityId);
    assert_eq!(
        parse(&good.replace("https://idp.example.com/\"", "\"")).unwrap_err(),
        MetadataError::EntityId
    );
    let exact = parse(&good.replace("https://idp.example.com/\"", " padded \"")).unwrap();
    assert_eq!(exact.idp.entity_id, " padded ");
    assert!(matches!(
        parse("<html/>"),
        Err(MetadataError::NotMetadata { .. })
    ));
    assert!(matches!(
        parse(&good.replace("SAML:2.0:protocol", "SAML:1.1:protocol")),
        Err(MetadataError::NotSaml2 { .. })
    ));
}

#[test]
fn a_group_lends_its_expiry_and_hides_nothing() {
    let entity = document(&format!("{}{SSO}", key("")));
    let group = |attributes: &str, inside: &str| {
        format!(
            r#"<EntitiesDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata"{attributes}>{inside}</EntitiesDescriptor>"#
        )
    };
    let nested = group(r#" validUntil="2020-01-01T00:00:00Z""#, &group("", &entity));
    let imported = parse(&nested).unwrap();
    assert_eq!(
        imported.idp.valid_until,
        Some(datetime!(2020-01-01 0:00 UTC))
    );
    assert!(imported.warnings.contains(&MetadataWarning::Expired {
        valid_until: datetime!(2020-01-01 0:00 UTC)
    }));
    assert!(matches!(
        IdpMetadata::parse(
            group("", &format!("{entity}{entity}")).as_bytes(),
            Some("https://idp.example.com/"),
            NOW
        ),
        Err(MetadataError::DuplicateEntity { .. })
    ));
    // An entity inside an extension is none.
    let hidden = group("", &format!("<Extensions>{entity}</Extensions>"));
    assert_eq!(
        parse(&hidden).unwrap_err(),
        MetadataError::NoIdentityProvider
    );
}

#[test]
fn extensions_for_people_are_read() {
    let parts = format!(
        r#"<Extensions><mdui:UIInfo xmlns:mdui="urn:oasis:names:tc:SAML:metadata:ui"><mdui:DisplayName xml:lang="sv">Uppsala universitet</mdui:DisplayName><mdui:Keywords xml:lang="en">a b</mdui:Keywords></mdui:UIInfo><s:Scope xmlns:s="urn:mace:shibboleth:metadata:1.0" regexp="false">uu.se</s:Scope><x xmlns="urn:unknown"/></Extensions>{}{SSO}"#,
        key("")
    );
    let idp = parse(&document(&parts)).unwrap().idp;
    assert_eq!(idp.display_names[0].value, "Uppsala universitet");
    assert_eq!(idp.display_names[0].lang, "sv");
    assert_eq!(idp.scopes[0].value, "uu.se");
    let kept = serde_json::to_string(&idp).unwrap();
    assert_eq!(serde_json::from_str::<IdpMetadata>(&kept).unwrap(), idp);
}

#[test]
fn white_space_around_an_address_is_none_of_it() {
    let spaced = SSO
        .replace(
            "https://idp.example.com/sso",
            "\n https://idp.example.com/sso\t ",
        )
        .replace("Binding=\"", "Binding=\" ");
    let imported = parse(&document(&format!("{}{spaced}", key("")))).unwrap();
    assert_eq!(
        imported.idp.sign_on_location(names::BINDING_REDIRECT),
        Some("https://idp.example.com/sso")
    );
    let inside = SSO.replace("/sso", "/s so");
    assert!(parse(&document(&format!("{}{inside}", key("")))).is_err());
}

#[test]
fn a_certificate_is_read_in_every_form_that_products_publish() {
    use base64::prelude::{BASE64_STANDARD, Engine as _};
    let okta = import("okta-ssoready.xml").idp.signing_certificates[0].clone();
    let google = import("google-ssoready.xml").idp.signing_certificates[0].clone();
    let pem = |certificate: &str| {
        format!("-----BEGIN CERTIFICATE-----\n{certificate}\n-----END CERTIFICATE-----\n")
    };
    let twice = BASE64_STANDARD.encode(pem(&okta));
    let unpadded = okta.trim_end_matches('=');
    for text in [&okta, &pem(&okta), &twice, unpadded] {
        let imported = parse(&document(&format!("{}{SSO}", key("").replace(&okta, text)))).unwrap();
        assert_eq!(imported.idp.signing_certificates, [okta.as_str()], "{text}");
        assert!(
            !imported
                .warnings
                .iter()
                .any(|it| matches!(it, MetadataWarning::KeyDropped { .. })),
            "{text}"
        );
    }
    // One KeyDescriptor with two X509Data, while the identity provider changes over.
    let data = |certificate: &str| {
        format!("<ds:X509Data><ds:X509Certificate>{certificate}</ds:X509Certificate></ds:X509Data>")
    };
    let two = format!("</ds:X509Data>{}", data(&google));
    let text = document(&format!("{}{SSO}", key("").replace("</ds:X509Data>", &two)));
    assert_eq!(
        parse(&text).unwrap().idp.signing_certificates,
        [okta.clone(), google.clone()]
    );
    // What follows within one X509Data is the chain above the key, however it is written.
    let chain = format!("</ds:X509Certificate><ds:X509Certificate>{google}</ds:X509Certificate>");
    let within = [
        key("").replacen("</ds:X509Certificate>", &chain, 1),
        key("").replace(&okta, &(pem(&okta) + &pem(&google))),
    ];
    for key in within {
        let imported = parse(&document(&format!("{key}{SSO}"))).unwrap();
        assert_eq!(imported.idp.signing_certificates, [okta.as_str()]);
        let said = imported
            .warnings
            .iter()
            .any(|it| it.to_string().contains("chain"));
        assert!(said, "{:?}", imported.warnings);
    }
}
