//! The manifest of a registration: what Microsoft Graph has of it.

use super::{OidcApp, OptionalClaim};
use crate::saml::instant;
use serde_json::{Value, json};

/// The manifest, without any secret's value.
pub(in crate::demo_idp) fn manifest(app: &OidcApp) -> Value {
    let claims = app.claims.iter().filter(|claim| !is_groups(**claim));
    let claims: Vec<Value> = claims
        .map(|claim| json!({"name": claim.name(), "source": null, "essential": false, "additionalProperties": []}))
        .collect();
    let has_groups = app.claims.iter().any(|claim| is_groups(*claim));
    let secrets: Vec<Value> = app
        .secrets
        .iter()
        .map(|secret| {
            json!({
                "keyId": secret.id,
                "displayName": secret.description,
                "endDateTime": secret.expires.map(instant::format),
                "hint": secret.value.get(..3),
            })
        })
        .collect();
    json!({
        "id": app.object_id,
        "appId": app.client_id,
        "displayName": app.name,
        "signInAudience": "AzureADMyOrg",
        "groupMembershipClaims": has_groups.then_some("SecurityGroup"),
        "optionalClaims": {"idToken": claims, "accessToken": [], "saml2Token": []},
        "passwordCredentials": secrets,
        "isFallbackPublicClient": false,
        "web": {
            "homePageUrl": app.home_page_url,
            "logoutUrl": app.front_channel_logout_url,
            "redirectUris": app.redirect_uris,
            "implicitGrantSettings": {
                "enableAccessTokenIssuance": false,
                "enableIdTokenIssuance": false,
            },
        },
        "spa": {"redirectUris": []},
        "publicClient": {"redirectUris": []},
    })
}

fn is_groups(claim: OptionalClaim) -> bool {
    claim == OptionalClaim::Groups
}
