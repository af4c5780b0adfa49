//! What may be pasted for a provider, and what becomes of it (rule J1).

use vestibule::oidc::{Cloud, Issuer, PasteError, PasteNote, Pasted};

const TENANT: &str = "8eaef023-2b34-4da1-9baa-8bc8c9d6a490";

fn tenant(cloud: Option<Cloud>, note: Option<PasteNote>) -> Pasted {
    Pasted::Tenant {
        tenant: TENANT.parse().unwrap(),
        cloud,
        note,
        client_id: None,
    }
}

fn domain(domain: &str, cloud: Cloud) -> Pasted {
    let domain = domain.to_owned();
    Pasted::Domain { domain, cloud }
}

fn provider(issuer: &str) -> Pasted {
    Pasted::Provider {
        issuer: Issuer::named(issuer),
    }
}

#[test]
fn what_may_be_pasted() {
    use Cloud::{China, Global, UsGovernment};
    use PasteNote::{OtherEndpoint, VersionOne};
    let known = [
        (format!(" {} \n", TENANT.to_uppercase()), tenant(None, None)),
        ("contoso.onmicrosoft.com".to_owned(), domain("contoso.onmicrosoft.com", Global)),
        ("Contoso.onmicrosoft.us".to_owned(), domain("contoso.onmicrosoft.us", UsGovernment)),
        ("contoso.partner.onmschina.cn".to_owned(), domain("contoso.partner.onmschina.cn", China)),
        (format!("https://login.microsoftonline.com/{TENANT}/v2.0"), tenant(Some(Global), None)),
        (
            format!("https://login.microsoftonline.com/{TENANT}/v2.0/.well-known/openid-configuration"),
            tenant(Some(Global), None),
        ),
        (
            format!("https://login.microsoftonline.us/{TENANT}/v2.0/"),
            tenant(Some(UsGovernment), None),
        ),
        (
            format!("https://login.chinacloudapi.cn/{TENANT}/v2.0"),
            tenant(Some(China), None),
        ),
        (format!("https://login.microsoftonline.com/{TENANT}"), tenant(Some(Global), Some(VersionOne))),
        (
            format!("https://login.microsoftonline.com/{TENANT}/.well-known/openid-configuration"),
            tenant(Some(Global), Some(VersionOne)),
        ),
        (format!("https://sts.windows.net/{TENANT}/"), tenant(Some(Global), Some(VersionOne))),
        (
            format!("https://login.microsoftonline.com/{TENANT}/federationmetadata/2007-06/federationmetadata.xml"),
            tenant(Some(Global), Some(OtherEndpoint)),
        ),
        (
            format!("https://login.microsoftonline.com/{TENANT}/saml2"),
            tenant(Some(Global), Some(OtherEndpoint)),
        ),
        (
            format!("https://login.microsoftonline.com/{TENANT}/oauth2/v2.0/authorize"),
            tenant(Some(Global), Some(OtherEndpoint)),
        ),
        (
            "https://login.microsoftonline.com/contoso.com/v2.0".to_owned(),
            domain("contoso.com", Global),
        ),
        ("https://acme.okta.com".to_owned(), provider("https://acme.okta.com")),
        (
            "https://acme.eu.auth0.com/.well-known/openid-configuration".to_owned(),
            provider("https://acme.eu.auth0.com"),
        ),
        ("https://acme.eu.auth0.com/".to_owned(), provider("https://acme.eu.auth0.com/")),
        (
            "https://idp.example.com/realms/acme/.well-known/openid-configuration".to_owned(),
            provider("https://idp.example.com/realms/acme"),
        ),
        (
            "https://acme.ciamlogin.com/acme.onmicrosoft.com/v2.0".to_owned(),
            Pasted::Confirm {
                document: "https://acme.ciamlogin.com/acme.onmicrosoft.com/v2.0/.well-known/openid-configuration"
                    .to_owned(),
            },
        ),
        (
            "https://acme.b2clogin.com/acme.onmicrosoft.com/v2.0/.well-known/openid-configuration?p=b2c_1".to_owned(),
            Pasted::Confirm {
                document: "https://acme.b2clogin.com/acme.onmicrosoft.com/v2.0/.well-known/openid-configuration?p=b2c_1"
                    .to_owned(),
            },
        ),
    ];
    for (text, expected) in known {
        assert_eq!(Pasted::parse(&text, false, None), Ok(expected), "{text}");
    }
}

#[test]
fn what_an_address_has_with_it_is_kept() {
    let pasted = Pasted::parse(
        &format!(
            "https://login.microsoftonline.com/{TENANT}/v2.0/.well-known/openid-configuration?appid=abc"
        ),
        false,
        None,
    );
    let Ok(Pasted::Tenant { client_id, .. }) = pasted else {
        panic!("{pasted:?}");
    };
    assert_eq!(client_id.as_deref(), Some("abc"));
    let pasted = Pasted::parse("https://idp.example.com/a?policy=b", false, None);
    let Ok(Pasted::Provider { issuer }) = pasted else {
        panic!("{pasted:?}");
    };
    assert_eq!(issuer.of_document(), "https://idp.example.com/a");
    assert_eq!(
        issuer.discovery_url(),
        "https://idp.example.com/a/.well-known/openid-configuration?policy=b"
    );
}

#[test]
fn what_cannot_be_pasted_says_what_can() {
    for (text, why) in [
        ("", PasteError::Empty),
        ("  ", PasteError::Empty),
        ("common", PasteError::EveryTenant),
        ("Organizations", PasteError::EveryTenant),
        (
            "https://login.microsoftonline.com/common/v2.0",
            PasteError::EveryTenant,
        ),
        (
            "https://login.microsoftonline.com/consumers",
            PasteError::EveryTenant,
        ),
        ("http://idp.example.com", PasteError::NotHttps),
        ("ftp://idp.example.com", PasteError::NotHttps),
        ("http://127.0.0.1:4000", PasteError::NotHttps),
        ("https://user@idp.example.com", PasteError::UserOrFragment),
        (
            "https://a:b@login.microsoftonline.com/common",
            PasteError::UserOrFragment,
        ),
        ("https://idp.example.com/#a", PasteError::UserOrFragment),
        ("contoso", PasteError::Unknown),
        ("a b.com", PasteError::Unknown),
        ("https://login.microsoftonline.com/", PasteError::Unknown),
        ("https://", PasteError::Unknown),
        ("https://idp.example.com/a\r\nb", PasteError::Unknown),
        ("https://idp.exa\tmple.com", PasteError::Unknown),
        ("https://idp.example.com/a b", PasteError::Unknown),
    ] {
        assert_eq!(Pasted::parse(text, false, None), Err(why), "{text}");
    }
    assert!(Pasted::parse("http://127.0.0.1:4000", true, None).is_ok());
    let local = Cloud::Local(4000);
    let address = format!("{}/{TENANT}/v2.0", local.origin());
    for (text, expected) in [
        (address.clone(), Some(local)),
        (address.replace("4000", "4001"), None),
    ] {
        let cloud = match Pasted::parse(&text, true, Some(local)).unwrap() {
            Pasted::Tenant { cloud, .. } => cloud,
            _ => None,
        };
        assert_eq!(cloud, expected, "{text}");
    }
    assert_eq!(
        Pasted::parse("http://192.168.1.1", true, None),
        Err(PasteError::NotHttps)
    );
}
