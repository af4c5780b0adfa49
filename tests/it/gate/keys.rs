//! The keys of a proxy and of identity tokens, changed while both are in use (rules Q15 and V9).

use serde_json::Value;
use time::Duration;
use vestibule::admin::Operator;
use vestibule::app::{replace_identity_keys, rotate_identity_keys};

use super::{Gate, NOW};
use crate::support::Browser;

#[tokio::test]
async fn two_keys_of_a_proxy_count_at_a_time() {
    let mut gate = Gate::new().await;
    let (at_app, _) = gate.signed_in_there().await;
    let first = gate.key.clone();
    let at = |minutes| Operator {
        store: &gate.world.app.store,
        now: NOW + Duration::minutes(minutes),
    };
    let second = at(1).add_proxy_key(&gate.application).await.unwrap();
    gate.app.catch_up().await.unwrap();
    assert_eq!(gate.check(&at_app, "/").await.status, 200);
    at(2).retire_proxy_keys(&gate.application).await.unwrap();
    gate.app.catch_up().await.unwrap();
    assert_eq!(gate.check(&at_app, "/").await.status, 404);
    gate.key = second;
    assert_eq!(gate.check(&at_app, "/").await.status, 200);
    assert_ne!(gate.key, first);
}

async fn published(browser: &mut Browser) -> Vec<String> {
    let answer = browser.get("/.well-known/jwks.json").await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), "application/jwk-set+json");
    assert_eq!(answer.header("cache-control"), "public, max-age=300");
    let set: Value = serde_json::from_str(&answer.body).unwrap();
    let keys = set["keys"].as_array().unwrap();
    for key in keys {
        let mut members: Vec<&str> = key
            .as_object()
            .unwrap()
            .keys()
            .map(String::as_str)
            .collect();
        members.sort_unstable();
        assert_eq!(members, ["alg", "crv", "kid", "kty", "use", "x", "y"]);
    }
    let kid = |key: &Value| key["kid"].as_str().unwrap().to_owned();
    keys.iter().map(kid).collect()
}

fn kid_of(token: &str) -> String {
    use base64::Engine as _;
    let header = token.split('.').next().unwrap();
    let header = base64::prelude::BASE64_URL_SAFE_NO_PAD
        .decode(header)
        .unwrap();
    let header: Value = serde_json::from_slice(&header).unwrap();
    header["kid"].as_str().unwrap().to_owned()
}

// V9
#[tokio::test]
async fn a_key_is_published_before_it_signs_and_after() {
    let gate = Gate::new().await;
    let (at_app, mut at_acme) = gate.signed_in_there().await;
    let before = published(&mut at_acme).await;
    assert_eq!(before.len(), 2, "one signs, one waits");
    let app = &gate.app;
    let too_soon = rotate_identity_keys(&app.store, &app.keys, app.clock.now(), |_| None).await;
    assert!(too_soon.is_err(), "{too_soon:?}");

    let signing = kid_of(gate.check(&at_app, "/").await.header("vestibule-identity"));
    app.clock.step(Duration::hours(25));
    let (at_app, mut at_acme) = gate.signed_in_there().await;
    let change = rotate_identity_keys(&app.store, &app.keys, app.clock.now(), |_| None)
        .await
        .unwrap();
    app.catch_up().await.unwrap();
    assert!(before.contains(&change.kid) && change.kid != signing);
    assert!(change.from >= app.clock.now() + Duration::seconds(10));
    let still = gate.check(&at_app, "/").await;
    assert_eq!(kid_of(still.header("vestibule-identity")), signing);
    app.clock.step(Duration::seconds(70));
    let now = gate.check(&at_app, "/").await;
    assert_eq!(kid_of(now.header("vestibule-identity")), change.kid);
    let all = published(&mut at_acme).await;
    assert_eq!(all.len(), 3);
    assert!(all.contains(&signing));
    app.clock.step(Duration::hours(25));
    assert!(!published(&mut at_acme).await.contains(&signing));
}

// V9
#[tokio::test]
async fn compromised_keys_are_published_no_more() {
    let gate = Gate::new().await;
    let (at_app, mut at_acme) = gate.signed_in_there().await;
    let before = published(&mut at_acme).await;
    let app = &gate.app;
    replace_identity_keys(&app.store, &app.keys, app.clock.now(), |_| None)
        .await
        .unwrap();
    app.catch_up().await.unwrap();
    let after = published(&mut at_acme).await;
    assert!(after.iter().all(|kid| !before.contains(kid)));
    let answer = gate.check(&at_app, "/").await;
    assert_eq!(answer.status, 200, "nobody is signed out");
    assert!(after.contains(&kid_of(answer.header("vestibule-identity"))));
}

// V8
#[tokio::test]
async fn the_same_keys_are_at_every_host() {
    let gate = Gate::new().await;
    let at_company = gate.browser().get("/.well-known/jwks.json").await;
    let mut at_app = gate.at_application();
    let there = at_app.get("/.vestibule/jwks.json").await;
    assert_eq!(there.body, at_company.body);
    let tag = there.header("etag").to_owned();
    let known = at_app
        .get_if_none_match("/.vestibule/jwks.json", &tag)
        .await;
    assert_eq!(known.status, 304);
}
