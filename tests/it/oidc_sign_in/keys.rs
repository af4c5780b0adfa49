//! The provider's keys (rule K4).

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::RawQuery;
use axum::routing::get;
use openssl::pkey::PKey;
use openssl::rsa::Rsa;
use serde_json::json;
use tokio::net::TcpListener;
use vestibule::demo_idp::OidcVariant;
use vestibule::jose::{Algorithm, SigningKey};
use vestibule::oidc::Issuer;
use vestibule::outbound::Reach;

use super::world::{CLIENT_ID, Relying, path_of};

/// A thousand tokens of unknown keys make one question; here the count is the provider's.
#[tokio::test]
async fn unknown_kid_flood() {
    let world = Relying::new().await;
    let counter = Counter::before(&world).await;
    world.sign_in(&mut world.browser()).await;
    assert_eq!(counter.asked(), 1);
    world.vary(OidcVariant::UnknownKid);
    for _ in 0..20 {
        let answer = world.sign_in(&mut world.browser()).await;
        world.assert_refused(&answer, "K3").await;
    }
    assert_eq!(counter.asked(), 2);
    world.app.clock.step(time::Duration::minutes(6));
    let answer = world.sign_in(&mut world.browser()).await;
    world.assert_refused(&answer, "K3").await;
    assert_eq!(counter.asked(), 3);
}

/// Keys that were good stay while the provider gives none.
#[tokio::test]
async fn jwks_empty_after_good() {
    let world = Relying::new().await;
    let counter = Counter::before(&world).await;
    world.sign_in(&mut world.browser()).await;
    counter.answer("{\"keys\":[]}");
    world.app.clock.step(time::Duration::hours(2));
    assert_eq!(world.sign_in(&mut world.browser()).await.status, 303);
    world.app.clock.step(time::Duration::hours(23));
    let answer = world.sign_in(&mut world.browser()).await;
    world.assert_refused(&answer, "N5").await;
}

/// A key that is listed no more lives an hour after it was last seen.
#[tokio::test]
async fn key_gone_two_hours() {
    let world = Relying::new().await;
    let counter = Counter::before(&world).await;
    assert_eq!(world.sign_in(&mut world.browser()).await.status, 303);
    let other = PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap();
    let other = SigningKey::new(other, Algorithm::Rs256).unwrap().jwk();
    counter.answer(&json!({ "keys": [other] }).to_string());
    world.app.clock.step(time::Duration::minutes(30));
    assert_eq!(world.sign_in(&mut world.browser()).await.status, 303);
    world.app.clock.step(time::Duration::minutes(90));
    let answer = world.sign_in(&mut world.browser()).await;
    world.assert_refused(&answer, "K3").await;
    assert!(counter.asked() > 1);
}

/// Rule H5: a document that leads elsewhere is not followed.
#[tokio::test]
async fn discovery_redirect() {
    let world = Relying::new().await;
    let issuer = world.stored().await.settings.oidc().unwrap().issuer.clone();
    let document = issuer.discovery_url();
    let target = document.clone();
    let leads = move || std::future::ready(axum::response::Redirect::temporary(&target));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/moved", listener.local_addr().unwrap());
    let router = Router::new().route("/moved", get(leads));
    tokio::spawn(async move { axum::serve(listener, router).await });
    let client = world.app.provider_client();
    let at = |address: String| Issuer::Named {
        issuer: issuer.of_document(),
        discovery: Some(address),
    };
    let asked = async |address| client.discovery(&at(address), Reach::Private).await;
    assert!(asked(document).await.is_ok());
    assert!(asked(address).await.is_err());
}

#[tokio::test]
async fn keys_are_read_again_after_an_hour() {
    let world = Relying::new().await;
    let counter = Counter::before(&world).await;
    world.sign_in(&mut world.browser()).await;
    world.sign_in(&mut world.browser()).await;
    assert_eq!(counter.asked(), 1);
    world.app.clock.step(time::Duration::minutes(61));
    world.sign_in(&mut world.browser()).await;
    assert_eq!(counter.asked(), 2);
}

/// Entra signs with a key that it lists for the application alone, where a claims mapping is in use (rule K6).
#[tokio::test]
async fn appid_key_only() {
    let world = Relying::of_entra().await;
    let keys = reqwest::get(world.idp.tenant().jwks_url()).await.unwrap();
    let keys = keys.text().await.unwrap();
    let other = PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap();
    let other = SigningKey::new(other, Algorithm::Rs256).unwrap().jwk();
    let common = json!({"keys": [other]}).to_string();
    let asked = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&asked);
    let answer = move |query: RawQuery| {
        let query = query.0.unwrap_or_default();
        let is_own = query == format!("appid={CLIENT_ID}");
        let body = if is_own { keys.clone() } else { common.clone() };
        log.lock().unwrap().push(query);
        async move { ([("content-type", "application/json")], body) }
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/keys", listener.local_addr().unwrap());
    let router = Router::new().route("/keys", get(answer));
    tokio::spawn(async move { axum::serve(listener, router).await });
    world
        .change(|connection| {
            let oidc = connection.settings.oidc_mut().unwrap();
            oidc.discovery.as_mut().unwrap().jwks_uri = address;
        })
        .await;
    for _ in 0..3 {
        let answer = world.sign_in(&mut world.browser()).await;
        assert_eq!(answer.status, 303, "{}", answer.body);
    }
    let own = format!("appid={CLIENT_ID}");
    assert_eq!(*asked.lock().unwrap(), ["", &own]);
    // What an hour later is read again is where the key was; and it is kept with the connection.
    world.app.clock.step(time::Duration::minutes(61));
    assert_eq!(world.sign_in(&mut world.browser()).await.status, 303);
    assert_eq!(asked.lock().unwrap().last(), Some(&own));
    let due = world.app.due_looks(10);
    let [due] = &due[..] else { panic!("{due:?}") };
    let admin = world.admin_of(&world.acme);
    let way = (world.app.provider_client(), Reach::Private);
    let stored = world.stored().await;
    let looked = admin.look_at_provider(&stored, None, due.application_keys, way);
    looked.await.unwrap();
    assert!(
        world
            .stored()
            .await
            .settings
            .oidc()
            .unwrap()
            .application_keys
    );
    // An unknown key is still one question in five minutes, to both addresses.
    let before = asked.lock().unwrap().len();
    world.vary(OidcVariant::UnknownKid);
    for _ in 0..5 {
        let answer = world.sign_in(&mut world.browser()).await;
        world.assert_refused(&answer, "K3").await;
    }
    assert!(asked.lock().unwrap().len() - before <= 2);
}

/// Stands before the provider's keys and counts.
struct Counter {
    state: std::sync::Arc<std::sync::Mutex<(usize, Option<String>)>>,
}

impl Counter {
    async fn before(world: &Relying) -> Self {
        let keys = reqwest::get(world.idp.tenant().jwks_url()).await.unwrap();
        let keys = keys.text().await.unwrap();
        let state = std::sync::Arc::new(std::sync::Mutex::new((0, None::<String>)));
        let shared = std::sync::Arc::clone(&state);
        let answer = axum::routing::get(move || {
            let mut held = shared.lock().unwrap();
            held.0 += 1;
            let body = held.1.clone().unwrap_or_else(|| keys.clone());
            async move { ([("content-type", "application/json")], body) }
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}/keys", listener.local_addr().unwrap());
        let router = axum::Router::new().route("/keys", answer);
        tokio::spawn(async move { axum::serve(listener, router).await });
        world
            .change(|connection| {
                let oidc = connection.settings.oidc_mut().unwrap();
                oidc.discovery.as_mut().unwrap().jwks_uri = address;
            })
            .await;
        Self { state }
    }

    fn asked(&self) -> usize {
        self.state.lock().unwrap().0
    }

    fn answer(&self, body: &str) {
        self.state.lock().unwrap().1 = Some(body.to_owned());
    }
}

/// An address of the site is one of acme's.
#[tokio::test]
async fn an_answer_leads_back_to_the_site() {
    let world = Relying::new().await;
    let address = world.answered(&mut world.browser()).await;
    assert!(path_of(&address).starts_with("/sso/oidc/callback/"));
}
