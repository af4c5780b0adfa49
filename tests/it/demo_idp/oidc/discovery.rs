//! The metadata document and the key set.

use serde_json::Value;
use vestibule::demo_idp::{DemoConfig, DemoIdp, IdpKey};

use super::{Browser, CLIENT, OidcVariant, jws, oidc_app, provider};
use crate::demo_idp::{IDP_KEY, NOW, random};

async fn document(idp: &DemoIdp, query: &str) -> Value {
    let url = idp.tenant().discovery_url();
    let path = url.strip_prefix(&idp.tenant().origin).unwrap();
    let page = Browser::new(idp.clone())
        .get(&format!("{path}{query}"))
        .await;
    serde_json::from_str(&page.text).unwrap()
}

#[tokio::test]
async fn the_document_has_the_members_of_entra_and_no_others() {
    let idp = provider(oidc_app());
    let document = document(&idp, "").await;
    let tenant = idp.tenant();
    assert_eq!(document["issuer"], tenant.issuer());
    assert_eq!(document["token_endpoint"], tenant.token_url());
    assert_eq!(document["jwks_uri"], tenant.jwks_url());
    assert_eq!(document["end_session_endpoint"], tenant.oidc_logout_url());
    assert_eq!(document["frontchannel_logout_supported"], true);
    for absent in [
        "code_challenge_methods_supported",
        "authorization_response_iss_parameter_supported",
        "frontchannel_logout_session_supported",
        "backchannel_logout_supported",
        "registration_endpoint",
    ] {
        assert!(document.get(absent).is_none(), "{absent}");
    }
}

#[tokio::test]
async fn the_key_set_has_both_keys_of_a_rollover() {
    let next = IdpKey::generate(NOW).unwrap();
    let idp = DemoIdp::new(DemoConfig {
        next_key: Some(next),
        ..DemoConfig::contoso(
            "http://login.localhost:8090",
            IDP_KEY.clone(),
            std::sync::Arc::new(|| NOW),
            random(),
        )
    });
    let keys = jws::served_keys(&idp);
    assert_eq!(keys.len(), 2);
    for key in &keys {
        assert_eq!(key["kty"], "RSA");
        assert_eq!(key["kid"], key["x5t"]);
        assert!(key.get("alg").is_none());
    }
    assert_eq!(keys[1]["x5c"][0], IDP_KEY.certificate_base64());
}

#[tokio::test]
async fn a_variant_has_the_issuer_of_v1() {
    let idp = provider(oidc_app().with_variant(OidcVariant::DiscoveryIssuerV1));
    let issuer = document(&idp, "").await["issuer"].clone();
    assert_eq!(issuer, idp.tenant().entity_id);
    let query = format!("?appid={CLIENT}");
    assert_eq!(document(&idp, &query).await["issuer"], issuer);
}

#[tokio::test]
async fn another_tenant_is_unknown() {
    let mut browser = Browser::new(provider(oidc_app()));
    let address = "/11111111-2222-3333-4444-555555555555/v2.0/.well-known/openid-configuration";
    assert!(browser.get(address).await.text.contains("AADSTS90002"));
    let address = "/common/v2.0/.well-known/openid-configuration";
    assert!(browser.get(address).await.text.contains("AADSTS50194"));
}
