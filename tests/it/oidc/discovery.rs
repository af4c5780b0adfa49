//! What a provider's document must say (rules J3 and J5).

use serde_json::{Map, Value, json};
use vestibule::jose::Algorithm;
use vestibule::oidc::{Cloud, Discovery, DiscoveryError, Issuer, LONGEST_DISCOVERY};

const TENANT: &str = "8eaef023-2b34-4da1-9baa-8bc8c9d6a490";

fn entra() -> Issuer {
    Issuer::EntraTenant {
        cloud: Cloud::Global,
        tenant: TENANT.parse().unwrap(),
    }
}

/// Entra's document, as far as it says something to us.
pub(super) fn document() -> Value {
    let at = |path: &str| format!("https://login.microsoftonline.com/{TENANT}{path}");
    json!({
        "token_endpoint": at("/oauth2/v2.0/token"),
        "token_endpoint_auth_methods_supported":
            ["client_secret_post", "private_key_jwt", "client_secret_basic"],
        "jwks_uri": at("/discovery/v2.0/keys"),
        "response_modes_supported": ["query", "fragment", "form_post"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
        "scopes_supported": ["openid", "profile", "email", "offline_access"],
        "issuer": at("/v2.0"),
        "request_uri_parameter_supported": false,
        "userinfo_endpoint": "https://graph.microsoft.com/oidc/userinfo",
        "authorization_endpoint": at("/oauth2/v2.0/authorize"),
        "frontchannel_logout_supported": true,
        "end_session_endpoint": at("/oauth2/v2.0/logout"),
        "tenant_region_scope": "EU",
    })
}

pub(super) fn parse(
    change: impl FnOnce(&mut Map<String, Value>),
) -> Result<Discovery, DiscoveryError> {
    let mut document = document();
    change(document.as_object_mut().unwrap());
    Discovery::parse(document.to_string().as_bytes(), &entra(), false)
}

fn refusal(member: &str, value: Value) -> DiscoveryError {
    parse(|document| {
        document.insert(member.to_owned(), value);
    })
    .unwrap_err()
}

#[test]
fn entras_document_is_understood() {
    let discovery = parse(|_| {}).unwrap();
    assert_eq!(discovery.algorithms, [Algorithm::Rs256]);
    assert_eq!(discovery.pkce_s256, None, "not said is not refused");
    assert!(!discovery.answers_name_issuer && discovery.frontchannel_logout);
    assert!(!discovery.backchannel_logout);
    assert_eq!(discovery.scopes.len(), 4);
}

/// Under ciamlogin.com the issuer is the one that was confirmed, and each later document names it exactly.
#[test]
fn ciam_issuer_changed() {
    let at =
        "https://acme.ciamlogin.com/acme.onmicrosoft.com/v2.0/.well-known/openid-configuration";
    let named = |guid: &str| format!("https://{guid}.ciamlogin.com/{guid}/v2.0");
    let confirmed = Issuer::Named {
        issuer: named(TENANT),
        discovery: Some(at.to_owned()),
    };
    let read = |issuer: String| {
        let mut document = document();
        document["issuer"] = issuer.into();
        Discovery::parse(document.to_string().as_bytes(), &confirmed, false)
    };
    assert!(read(named(TENANT)).is_ok());
    let other = "0d9c1a5e-77f4-4f0b-9b53-8f2a6c4e1d30";
    for changed in [
        named(other),
        format!("https://{TENANT}.ciamlogin.com/{other}/v2.0"),
        format!("{}/", named(TENANT)),
    ] {
        assert!(read(changed.clone()).is_err(), "{changed}");
    }
}

#[test]
fn what_is_not_said_has_the_standards_meaning() {
    let discovery = parse(|document| {
        document.remove("token_endpoint_auth_methods_supported");
        document.remove("response_modes_supported");
        document.remove("id_token_signing_alg_values_supported");
        document.remove("userinfo_endpoint");
    })
    .unwrap();
    assert_eq!(discovery.token_auth_methods, ["client_secret_basic"]);
    assert_eq!(discovery.response_modes, ["query", "fragment"]);
    assert_eq!(discovery.algorithms, [Algorithm::Rs256]);
    assert_eq!(discovery.userinfo_endpoint, None);
}

#[test]
fn the_issuer_is_the_expected_one_octet_by_octet() {
    let issuer = format!("https://login.microsoftonline.com/{TENANT}/v2.0");
    for (received, difference) in [
        (format!("{issuer}/"), "slash"),
        (issuer.to_uppercase(), "case"),
        (issuer.replace("https", "http"), "http"),
        (format!("https://sts.windows.net/{TENANT}/"), "v1"),
        (issuer.replace(TENANT, "{tenantid}"), "every tenant"),
        (issuer.replace('8', "9"), "another Entra tenant"),
        ("https://evil.example.com".to_owned(), "evil"),
    ] {
        let DiscoveryError::Issuer { received, .. } = refusal("issuer", received.into()) else {
            panic!("{difference}");
        };
        assert!(received.contains(difference), "{received}");
    }
    assert_eq!(
        parse(|document| drop(document.remove("issuer"))),
        Err(DiscoveryError::Missing("issuer"))
    );
}

#[test]
fn what_must_be_there_is_there_and_is_https() {
    for member in ["authorization_endpoint", "token_endpoint", "jwks_uri"] {
        assert_eq!(
            parse(|document| drop(document.remove(member))),
            Err(DiscoveryError::Missing(member))
        );
    }
    for address in [
        "http://login.microsoftonline.com/token",
        "https://user@idp.example.com/token",
        "https://user:secret@idp.example.com/token",
        "https://idp.example.com/token#a",
        "file:///etc/passwd",
        "ldap://idp.example.com",
        "//idp.example.com/token",
        "/token",
        "",
        "http://127.0.0.1:4000/token",
        "https://idp.example.com/to\nken",
        "https://idp.example.com/ token",
    ] {
        for member in [
            "token_endpoint",
            "userinfo_endpoint",
            "end_session_endpoint",
        ] {
            let refused = refusal(member, address.into());
            let address = address.to_owned();
            assert_eq!(refused, DiscoveryError::Address { member, address });
        }
    }
}

#[test]
fn a_provider_on_this_machine_may_speak_http_where_that_is_allowed() {
    let issuer = Issuer::named("http://localhost:4000");
    let document = |endpoint: &str| {
        json!({
            "issuer": "http://localhost:4000",
            "authorization_endpoint": endpoint,
            "token_endpoint": endpoint,
            "jwks_uri": endpoint,
            "response_types_supported": ["code"],
        })
        .to_string()
    };
    for good in [
        "http://localhost:4000/x",
        "http://127.0.0.1:4000/x",
        "http://[::1]:4000/x",
    ] {
        assert!(
            Discovery::parse(document(good).as_bytes(), &issuer, true).is_ok(),
            "{good}"
        );
        assert!(
            Discovery::parse(document(good).as_bytes(), &issuer, false).is_err(),
            "{good}"
        );
    }
    let elsewhere = document("http://localhost.evil.example.com/x");
    assert!(Discovery::parse(elsewhere.as_bytes(), &issuer, true).is_err());
}

#[test]
fn what_we_do_not_speak_is_refused_by_name() {
    assert_eq!(
        refusal("response_types_supported", json!(["id_token"])),
        DiscoveryError::NoCodeFlow
    );
    assert_eq!(
        refusal("require_pushed_authorization_requests", json!(true)),
        DiscoveryError::PushedRequests
    );
    assert_eq!(
        refusal(
            "id_token_signing_alg_values_supported",
            json!(["HS256", "none"])
        ),
        DiscoveryError::Algorithms("HS256, none".to_owned())
    );
    assert!(matches!(
        refusal("jwks_uri", json!(["https://a.example.com"])),
        DiscoveryError::Member(_)
    ));
    let without_s256 = parse(|document| {
        document.insert(
            "code_challenge_methods_supported".to_owned(),
            json!(["plain"]),
        );
    });
    assert_eq!(without_s256.unwrap().pkce_s256, Some(false));
}

#[test]
fn a_document_is_bounded_and_strict() {
    let long = vec![b' '; LONGEST_DISCOVERY + 1];
    let refused = Discovery::parse(&long, &entra(), false);
    assert_eq!(refused, Err(DiscoveryError::TooLong(LONGEST_DISCOVERY + 1)));
    let twice = br#"{"issuer":"https://a.example.com","issuer":"https://b.example.com"}"#;
    for document in [&twice[..], b"<html>", b"[]"] {
        let refused = Discovery::parse(document, &entra(), false);
        assert!(
            matches!(refused, Err(DiscoveryError::Json(_))),
            "{refused:?}"
        );
    }
}
