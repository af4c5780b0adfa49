//! A key pair in the place of a secret (rules N1, N3 and N6), and what becomes of secrets and keys that are over.

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use serde_json::Value;
use time::Duration;
use vestibule::demo_idp::OidcApp;
use vestibule::domain::{AuditAction, ClientKeyAlgorithm, ClientKeyPair, Connection};
use vestibule::oidc::ClientAuthentication;
use vestibule::site::{authentications, sign_in_credential};

use super::world::{CLIENT_ID, Relying, SECRET};
use crate::support::NOW;

/// Saves a connection as administrators do; as it is then.
async fn save(world: &Relying, after: &Connection) -> Connection {
    let admin = world.admin_of(&world.acme);
    let action = AuditAction::ConnectionSet;
    let saved = admin.change_connection(after, action, None).await.unwrap();
    world.app.catch_up().await.unwrap();
    saved
}

/// Makes a key pair.
async fn make(world: &Relying) -> ClientKeyPair {
    let admin = world.admin_of(&world.acme);
    let before = world.stored().await;
    let (after, pair) = admin.with_new_key(&before, None).await.unwrap();
    save(world, &after).await;
    pair
}

async fn put_in_use(world: &Relying, pair: &ClientKeyPair) {
    let admin = world.admin_of(&world.acme);
    let before = world.stored().await;
    let after = admin.with_key_in_use(&before, &pair.sha1, None).unwrap();
    save(world, &after).await;
}

/// The provider knows the connection by certificates alone.
fn register(world: &Relying, pairs: &[&ClientKeyPair]) {
    let code = &world.connection.settings.oidc().unwrap().callback_codes[0];
    let app = OidcApp::new(CLIENT_ID, "Acme", world.acme.callback_url(code)).with_claims(
        vestibule::demo_idp::OptionalClaim::ALL
            .into_iter()
            .filter(|claim| !matches!(claim.name(), "xms_edov" | "verified_primary_email")),
    );
    let der = |pair: &&ClientKeyPair| BASE64_STANDARD.decode(&pair.certificate).unwrap();
    let app = pairs
        .iter()
        .map(der)
        .fold(app, vestibule::demo_idp::OidcApp::with_certificate);
    world.idp.register_oidc(app);
}

/// Make, upload, switch, and the same again while sign-ins go on.
#[tokio::test]
async fn a_key_pair_is_made_uploaded_used_and_changed() {
    let world = Relying::of_entra().await;
    let first = make(&world).await;
    assert_eq!(first.algorithm, ClientKeyAlgorithm::Ps256);
    // It is not used before somebody says so.
    assert_eq!(world.sign_in(&mut world.browser()).await.status, 303);
    register(&world, &[&first]);
    put_in_use(&world, &first).await;
    for _ in 0..2 {
        let answer = world.sign_in(&mut world.browser()).await;
        assert_eq!(answer.status, 303, "{}", answer.body);
    }
    let second = make(&world).await;
    assert_eq!(world.sign_in(&mut world.browser()).await.status, 303);
    let admin = world.admin_of(&world.acme);
    let before = world.stored().await;
    let third = admin.with_new_key(&before, None).await.unwrap_err();
    assert!(third.to_string().contains("two key pairs"), "{third}");
    let used = admin.with_key_deleted(&before, &first.sha1).unwrap_err();
    assert!(used.to_string().contains("in use"), "{used}");
    register(&world, &[&second]);
    put_in_use(&world, &second).await;
    assert_eq!(world.sign_in(&mut world.browser()).await.status, 303);
    let before = world.stored().await;
    let after = admin.with_key_deleted(&before, &first.sha1).unwrap();
    save(&world, &after).await;
    assert_eq!(world.sign_in(&mut world.browser()).await.status, 303);
    // The private key is nowhere in clear, and nobody is told it.
    let oidc = after.settings.oidc().unwrap();
    let files = admin.public_key_files(&after, &second.sha1).unwrap();
    assert!(files.pem.starts_with("-----BEGIN CERTIFICATE-----"));
    assert!(files.jwk.get("d").is_none(), "{}", files.jwk);
    let sealed = BASE64_STANDARD.decode(&oidc.client_keys[0].sealed).unwrap();
    let marker = [0x30, 0x82, sealed[2]];
    assert_ne!(sealed[..2], marker[..2], "a sealed key is no PKCS #8");
}

/// The record tells which certificate was used, so that it is compared with the provider's page.
#[tokio::test]
async fn wrong_thumbprint() {
    let world = Relying::of_entra().await;
    let (first, second) = (make(&world).await, make(&world).await);
    register(&world, &[&second]);
    put_in_use(&world, &first).await;
    let answer = world.sign_in(&mut world.browser()).await;
    let attempt = world.assert_refused(&answer, "N5").await;
    let advice = attempt.record.advice.join("\n");
    assert!(advice.contains("Certificates must list"), "{advice}");
    let record = format!("{:?}", attempt.record);
    assert!(record.contains(&first.sha1), "{record}");
    assert!(!record.contains("eyJ"), "{record}");
}

/// What a connection would show its provider now.
async fn claims(world: &Relying) -> (Value, Value) {
    let connection = world.stored().await;
    let oidc = connection.settings.oidc().unwrap();
    let discovery = oidc.discovery.clone().unwrap();
    let keys = &world.app.keys;
    let credential = sign_in_credential(oidc, &discovery, NOW);
    let shown = authentications(keys, &connection, &credential, NOW);
    let [ClientAuthentication::Assertion(assertion)] = &*shown else {
        panic!("{shown:?}");
    };
    let mut parts = assertion.split('.').map(|part| {
        let octets = BASE64_URL_SAFE_NO_PAD.decode(part).unwrap_or_default();
        serde_json::from_slice(&octets).unwrap_or(Value::Null)
    });
    (parts.next().unwrap(), parts.next().unwrap())
}

/// We send none: an array would let one server use an assertion at another.
#[tokio::test]
async fn assertion_aud_is_array() {
    for is_entra in [true, false] {
        let world = if is_entra {
            Relying::of_entra().await
        } else {
            Relying::new().await
        };
        let pair = make(&world).await;
        put_in_use(&world, &pair).await;
        let discovery = world
            .stored()
            .await
            .settings
            .oidc()
            .unwrap()
            .discovery
            .clone();
        let discovery = discovery.unwrap();
        let (_, usual) = claims(&world).await;
        let expected = if is_entra {
            &discovery.token_endpoint
        } else {
            &discovery.issuer
        };
        assert_eq!(usual["aud"], Value::from(expected.as_str()));
        world.set(&[("assertion_audience", "token_endpoint")]).await;
        let (_, changed) = claims(&world).await;
        assert_eq!(changed["aud"], Value::from(discovery.token_endpoint));
    }
}

#[tokio::test]
async fn assertion_reused_jti() {
    let world = Relying::of_entra().await;
    let pair = make(&world).await;
    register(&world, &[&pair]);
    put_in_use(&world, &pair).await;
    let ((_, one), (_, other)) = (claims(&world).await, claims(&world).await);
    assert_ne!(one["jti"], other["jti"]);
    // The provider takes each once; a sign-in has always a new one.
    for _ in 0..3 {
        assert_eq!(world.sign_in(&mut world.browser()).await.status, 303);
    }
}

/// What the provider calls the key is what it is called (rule N3).
#[tokio::test]
async fn a_key_has_the_name_that_the_provider_gave_it() {
    let world = Relying::new().await;
    let pair = make(&world).await;
    let admin = world.admin_of(&world.acme);
    let before = world.stored().await;
    let after = admin.with_key_in_use(&before, &pair.sha1, Some("theirs-7"));
    save(&world, &after.unwrap()).await;
    let (header, _) = claims(&world).await;
    assert_eq!(header["kid"], "theirs-7");
    assert_eq!(header.get("x5t#S256"), None);
}

/// Seed 000-17: for a day both count; then the older one is not tried, and goes with the next change.
#[tokio::test]
async fn the_older_secret_ends_a_day_after_the_newer_one_was_set() {
    let world = Relying::new().await;
    let admin = world.admin_of(&world.acme);
    let stored = world.stored().await;
    let newer = admin.with_client_secret(&stored, "not-there-yet", None);
    save(&world, &newer.unwrap()).await;
    world.app.clock.step(Duration::hours(23));
    assert_eq!(world.sign_in(&mut world.browser()).await.status, 303);
    world.app.clock.step(Duration::hours(2));
    let answer = world.sign_in(&mut world.browser()).await;
    world.assert_refused(&answer, "N5").await;
    let mut after = world.stored().await;
    assert_eq!(after.settings.oidc().unwrap().client_secrets.len(), 2);
    after.sort_order += 1;
    let saved = world
        .admin_of(&world.acme)
        .change_connection(&after, AuditAction::ConnectionSet, None)
        .await
        .unwrap();
    assert_eq!(saved.settings.oidc().unwrap().client_secrets.len(), 1);
}

/// An older version has the settings of then, and the secrets, keys and redirect URIs of now.
#[tokio::test]
async fn a_restored_version_brings_no_credential_back() {
    let world = Relying::new().await;
    let admin = world.admin_of(&world.acme);
    let before = world.stored().await;
    let code = before.settings.oidc().unwrap().callback_codes[0].clone();
    let newer = admin.with_client_secret(&before, "another", None).unwrap();
    let newer = admin.with_secret_retired(&newer).unwrap();
    let newer = admin.with_new_callback(&newer).unwrap();
    let newer = admin.with_callback_retired(&newer).unwrap();
    let mut newer = admin.with_new_key(&newer, None).await.unwrap().0;
    newer.set("response_mode", "form_post").unwrap();
    let newer = save(&world, &newer).await;
    let restored = admin.with_version(&newer, 1).await.unwrap();
    let (then, now) = (
        restored.settings.oidc().unwrap(),
        newer.settings.oidc().unwrap(),
    );
    assert_eq!(restored.value("response_mode").unwrap(), "query");
    assert_eq!(then.client_secrets, now.client_secrets);
    assert_eq!(then.client_keys, now.client_keys);
    assert_eq!(then.callback_codes, now.callback_codes);
    assert!(!then.callback_codes.contains(&code));
    let settings = serde_json::to_string(&restored.settings).unwrap();
    assert!(!settings.contains(SECRET), "{settings}");
}
