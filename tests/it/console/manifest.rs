//! "Check a manifest": by page, command's twin and API, an app registration beside a connection (seed 000-45).

use serde_json::{Value, json};
use vestibule::domain::{Connection, OidcSettings};
use vestibule::oidc::{Cloud, Issuer};

use super::trust::at;
use crate::support::api::{is_problem, ok};
use crate::support::console::post;
use crate::support::{NOW, Office, connection, unescaped};

const CLIENT_ID: &str = "41ee2b0c-2c1f-4b0e-9f0a-6a1c3d7b5e92";
const TENANT: &str = "6f2c1d34-9a1e-4c55-8f0b-2c1d8e7a9b10";

async fn entra(world: &Office) -> Connection {
    let settings = OidcSettings {
        issuer: Issuer::EntraTenant {
            cloud: Cloud::Global,
            tenant: TENANT.parse().unwrap(),
        },
        client_id: CLIENT_ID.to_owned(),
        callback_codes: vec!["code".to_owned()],
        ..OidcSettings::default()
    };
    let entra = connection(world.acme.id, "entra", settings);
    let store = &world.app.store;
    store.add_connection(&entra, NOW).await.unwrap();
    world.app.catch_up().await.unwrap();
    entra
}

/// As Entra's page shows it today.
fn manifest(world: &Office, entra: &Connection) -> Value {
    json!({
        "appId": CLIENT_ID,
        "web": {
            "redirectUris": [world.acme.callback_url("code")],
            "logoutUrl": world.acme.front_channel_url(&entra.name),
            "implicitGrantSettings": { "enableIdTokenIssuance": true, "enableAccessTokenIssuance": false },
        },
        "signInAudience": "AzureADMyOrg",
        "groupMembershipClaims": null,
        "optionalClaims": { "idToken": [{ "name": "email" }] },
        "api": { "acceptMappedClaims": null },
    })
}

#[tokio::test]
async fn a_manifest_is_checked_on_the_page() {
    let world = Office::new().await;
    let entra = entra(&world).await;
    let mut browser = world.admin().await;
    let path = at(&entra, "/manifest");
    assert!(
        browser
            .get(&at(&entra, "/verify"))
            .await
            .body
            .contains("Check a manifest")
    );
    let pasted = manifest(&world, &entra).to_string();
    let page = post(&mut browser, &path, &[("manifest", &pasted)]).await;
    assert_eq!(page.status, 200, "{}", page.body);
    let text = unescaped(&page.body);
    for part in [
        "Every address is there.",
        "Implicit grant and hybrid flows: untick both boxes.",
        "ID tokens do not have family_name, given_name.",
        "Sign-ins can work with this app registration.",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    for wrong in ["", "{}", "no JSON", "[[["] {
        let page = post(&mut browser, &path, &[("manifest", wrong)]).await;
        assert_eq!(page.status, 422, "{wrong}: {}", page.body);
    }
    let another = pasted.replace(CLIENT_ID, "<b>another</b>");
    let page = post(&mut browser, &path, &[("manifest", &another)]).await;
    assert!(page.body.contains("does not fit this connection"));
    assert!(!page.body.contains("<b>another"), "{}", page.body);
}

#[tokio::test]
async fn a_manifest_is_checked_by_script() {
    let world = Office::new().await;
    let entra = entra(&world).await;
    let client = world.master().await;
    let path = format!("/api/v1/connections/{}/check-manifest", entra.id);
    let pasted = manifest(&world, &entra).to_string();
    let answer = client.post(&path, json!({ "manifest": pasted })).await;
    let found = ok(&answer, 200);
    assert_eq!(found["passed"], true, "{found}");
    let lines = found["lines"].as_array().unwrap();
    let state = |field: &str| {
        let line = lines.iter().find(|line| line["subject"] == field);
        line.unwrap()["state"].clone()
    };
    assert_eq!(state("redirectUris"), "passed");
    assert_eq!(state("implicitGrantSettings"), "warned");
    let answer = client.post(&path, json!({ "manifest": "{}" })).await;
    is_problem(&answer, 422, "invalid");
}
