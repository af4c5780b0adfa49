//! The OpenID Connect metadata document and the key set, with the members that Entra's have.
//!
//! What is not in them matters as much: no `code_challenge_methods_supported`, no
//! `authorization_response_iss_parameter_supported`, no `alg` beside a key.

use super::OidcVariant;
use crate::demo_idp::{DemoIdp, IdpKey, Tenant};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

/// The metadata document.
pub(in crate::demo_idp) fn configuration(tenant: &Tenant, variant: OidcVariant) -> Value {
    let issuer = match variant {
        OidcVariant::DiscoveryIssuerV1 => tenant.entity_id.clone(),
        _ => tenant.issuer(),
    };
    json!({
        "token_endpoint": tenant.token_url(),
        "token_endpoint_auth_methods_supported":
            ["client_secret_post", "private_key_jwt", "client_secret_basic"],
        "jwks_uri": tenant.jwks_url(),
        "response_modes_supported": ["query", "fragment", "form_post"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
        "scopes_supported": ["openid", "profile", "email", "offline_access"],
        "issuer": issuer,
        "request_uri_parameter_supported": false,
        "userinfo_endpoint": tenant.userinfo_url(),
        "authorization_endpoint": tenant.authorize_url(),
        "device_authorization_endpoint": tenant.oauth2_url("devicecode"),
        "http_logout_supported": true,
        "frontchannel_logout_supported": true,
        "end_session_endpoint": tenant.oidc_logout_url(),
        "claims_supported": [
            "sub", "iss", "cloud_instance_name", "cloud_instance_host_name", "cloud_graph_host_name", "msgraph_host",
            "aud", "exp", "iat", "auth_time", "acr", "nonce", "preferred_username", "name", "tid", "ver", "at_hash",
            "c_hash", "email",
        ],
        "kerberos_endpoint": format!("{}/{}/kerberos", tenant.origin, tenant.id),
        "tenant_region_scope": "EU",
        "cloud_instance_name": "microsoftonline.com",
        "cloud_graph_host_name": "graph.windows.net",
        "msgraph_host": "graph.microsoft.com",
        "rbac_url": "https://pas.windows.net",
    })
}

/// The key set: the next key of a rollover stands first, because order means nothing.
pub(in crate::demo_idp) fn keys(idp: &DemoIdp) -> Value {
    let keys = idp.next_key().into_iter().chain([idp.signing_key()]);
    let keys: Vec<Value> = keys.map(|key| jwk(key, idp.tenant())).collect();
    json!({ "keys": keys })
}

/// A key's name: the SHA-1 thumbprint of its certificate.
pub(super) fn key_id(key: &IdpKey) -> String {
    URL_SAFE_NO_PAD.encode(openssl::sha::sha1(key.certificate_der()))
}

fn jwk(key: &IdpKey, tenant: &Tenant) -> Value {
    let rsa = key.private_key().rsa();
    let number = |octets: Option<Vec<u8>>| octets.map(|octets| URL_SAFE_NO_PAD.encode(octets));
    let id = key_id(key);
    json!({
        "kty": "RSA",
        "use": "sig",
        "kid": id,
        "x5t": id,
        "n": number(rsa.as_ref().ok().map(|rsa| rsa.n().to_vec())),
        "e": number(rsa.as_ref().ok().map(|rsa| rsa.e().to_vec())),
        "x5c": [key.certificate_base64()],
        "cloud_instance_name": "microsoftonline.com",
        "issuer": tenant.issuer(),
    })
}
