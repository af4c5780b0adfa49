//! The hourly look at what a provider says of itself (rule J6).

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::http::{HeaderMap, Method};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use openssl::pkey::PKey;
use openssl::rsa::Rsa;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use vestibule::admin::LookError;
use vestibule::domain::{Connection, OidcSettings, Scope};
use vestibule::jose::{Algorithm, SigningKey};
use vestibule::outbound::Reach;

use super::world::connect_to;
use crate::support::console::{follow, post};
use crate::support::{Office, hidden_field};

/// A provider whose document is the test's.
struct Documents {
    world: Office,
    issuer: String,
    document: Arc<Mutex<String>>,
    /// The status of each answer.
    answered: Arc<Mutex<Vec<u16>>>,
    connection: Connection,
}

impl Documents {
    async fn new() -> Self {
        let world = Office::new().await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        let document = Arc::new(Mutex::new(usual(&issuer).to_string()));
        let answered = Arc::new(Mutex::new(Vec::new()));
        let (told, log) = (Arc::clone(&document), Arc::clone(&answered));
        let discovery = move |headers: HeaderMap| {
            let body = told.lock().unwrap().clone();
            let version = format!("\"{:x}\"", body.len());
            let known = headers.get("if-none-match");
            let answer: Response = if known.is_some_and(|it| it.to_str().unwrap() == version) {
                axum::http::StatusCode::NOT_MODIFIED.into_response()
            } else {
                let headers = [("content-type", "application/json"), ("etag", &version)];
                (headers, body).into_response()
            };
            log.lock().unwrap().push(answer.status().as_u16());
            async move { answer }
        };
        let key = PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap();
        let key = SigningKey::new(key, Algorithm::Rs256).unwrap().jwk();
        let keys = json!({"keys": [key]}).to_string();
        let keys = move || async move { ([("content-type", "application/json")], keys) };
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(discovery))
            .route("/keys", get(keys));
        tokio::spawn(async move { axum::serve(listener, router).await });
        let client = ("acme", "a secret");
        let connection = connect_to(&world, &world.acme, "idp", client, &issuer, |_| {}).await;
        Self {
            world,
            issuer,
            document,
            answered,
            connection,
        }
    }

    fn says(&self, change: impl FnOnce(&mut Value)) {
        let mut document = usual(&self.issuer);
        change(&mut document);
        *self.document.lock().unwrap() = document.to_string();
    }

    async fn stored(&self) -> Connection {
        let admin = self.world.admin_of(&self.world.acme);
        admin.connection(self.connection.id).await.unwrap()
    }

    async fn oidc(&self) -> OidcSettings {
        self.stored().await.settings.oidc().unwrap().clone()
    }

    /// Somebody signs in: the provider's keys are wanted.
    async fn is_used(&self) {
        let (world, stored) = (&self.world, self.stored().await);
        let oidc = stored.settings.oidc().unwrap();
        let discovery = oidc.discovery.as_ref().unwrap();
        let keys = world
            .app
            .provider_keys(&world.acme, &stored, discovery, None);
        keys.await.unwrap();
    }

    /// An hour passes, and the looks that are due then are made; how many.
    async fn hour(&self) -> Result<usize, LookError> {
        let app = &self.world.app;
        app.clock.step(time::Duration::minutes(61));
        let due = app.due_looks(10);
        for due in &due {
            let stored = self.stored().await;
            let way = (app.provider_client(), Reach::Private);
            let admin = self.world.admin_of(&self.world.acme);
            let (etag, own) = (due.etag.clone(), due.application_keys);
            let etag = admin.look_at_provider(&stored, etag, own, way).await?;
            app.note_look(due.connection, etag);
        }
        app.catch_up().await.unwrap();
        Ok(due.len())
    }

    async fn audited(&self) -> Vec<String> {
        let events = self.world.audit().await;
        events.iter().map(|it| it.action.to_string()).collect()
    }
}

fn usual(issuer: &str) -> Value {
    json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"),
        "jwks_uri": format!("{issuer}/keys"),
        "response_types_supported": ["code"],
        "token_endpoint_auth_methods_supported": ["client_secret_post"],
    })
}

/// What nobody uses is not asked; what is used is asked once an hour, and not for what is known.
#[tokio::test]
async fn a_provider_in_use_is_looked_at_each_hour() {
    let idp = Documents::new().await;
    assert_eq!(idp.hour().await.unwrap(), 0);
    idp.is_used().await;
    assert_eq!(idp.world.app.due_looks(10), []);
    assert_eq!(idp.hour().await.unwrap(), 1);
    assert_eq!(idp.world.app.due_looks(10), []);
    assert_eq!(idp.hour().await.unwrap(), 1);
    let answered = idp.answered.lock().unwrap().clone();
    assert_eq!(answered.last(), Some(&304), "{answered:?}");
    idp.world.app.clock.step(time::Duration::hours(25));
    assert_eq!(idp.world.app.due_looks(10), []);
}

/// A path is the provider's own affair: it is taken, and stands in the audit log.
#[tokio::test]
async fn a_path_that_moves_is_taken() {
    let idp = Documents::new().await;
    idp.is_used().await;
    let path = format!("{}/oauth2/token", idp.issuer);
    idp.says(|document| document["token_endpoint"] = json!(path));
    idp.hour().await.unwrap();
    let oidc = idp.oidc().await;
    assert_eq!(oidc.discovery.unwrap().token_endpoint, path);
    assert_eq!(oidc.held_discovery, None);
    let audited = idp.audited().await;
    assert!(
        audited.contains(&"connection.follow_provider".to_owned()),
        "{audited:?}"
    );
    // What cannot be read changes nothing.
    for broken in ["{", "[]", "{\"issuer\":\"https://evil.example\"}"] {
        broken.clone_into(&mut idp.document.lock().unwrap());
        idp.hour().await.unwrap_err();
    }
    assert_eq!(idp.oidc().await.discovery.unwrap().token_endpoint, path);
}

/// A host is not: the old address stays in force until an administrator has seen the new one and accepted it.
#[tokio::test]
async fn token_endpoint_moves_host() {
    let idp = Documents::new().await;
    idp.is_used().await;
    let (old, new) = (
        format!("{}/token", idp.issuer),
        "https://elsewhere.example/token",
    );
    idp.says(|document| document["token_endpoint"] = json!(new));
    for _ in 0..3 {
        idp.hour().await.unwrap();
        idp.is_used().await;
    }
    let oidc = idp.oidc().await;
    assert_eq!(oidc.discovery.as_ref().unwrap().token_endpoint, old);
    let [moved] = &oidc.held_changes()[..] else {
        panic!("{oidc:?}")
    };
    assert_eq!((moved.name, &*moved.after), ("token_endpoint", new));
    let held = idp.audited().await;
    let held = held.iter().filter(|it| *it == "connection.hold_provider");
    assert_eq!(held.count(), 1, "found once");
    let mut browser = idp.world.admin().await;
    let path = format!("/admin/connections/{}", idp.connection.id);
    let page = browser.get(&path).await.body;
    assert!(
        page.contains("another host") && page.contains(new),
        "{page}"
    );
    let review = post(&mut browser, &format!("{path}/provider/held"), &[]).await;
    let review = if review.status == 303 {
        follow(&mut browser, &review).await
    } else {
        review
    };
    assert!(review.body.contains(new), "{}", review.body);
    assert_eq!(idp.oidc().await.discovery.unwrap().token_endpoint, old);
    let proposal = hidden_field(&review.body, "proposal").unwrap();
    let fields = [("proposal", proposal.as_str())];
    let saved = post(&mut browser, "/admin/connections/confirm", &fields).await;
    assert_eq!(saved.status, 303, "{}", saved.body);
    let oidc = idp.oidc().await;
    assert_eq!(oidc.discovery.unwrap().token_endpoint, new);
    assert_eq!(oidc.held_discovery, None);
}

/// A provider that comes back to what it said has nothing that is held.
#[tokio::test]
async fn a_host_that_comes_back_is_held_no_longer() {
    let idp = Documents::new().await;
    idp.is_used().await;
    idp.says(|document| document["userinfo_endpoint"] = json!("https://elsewhere.example/me"));
    idp.hour().await.unwrap();
    assert!(idp.oidc().await.held_discovery.is_some());
    idp.says(|_| {});
    idp.hour().await.unwrap();
    assert_eq!(idp.oidc().await.held_discovery, None);
    let admin = idp.world.admin_of(&idp.world.acme);
    let none = admin.with_held_accepted(&idp.stored().await).unwrap_err();
    assert!(none.to_string().contains("No new addresses"), "{none}");
}

/// A script sees them, too, and accepts what it has seen, with the right to make administrators: whoever answers there can be anybody.
#[tokio::test]
async fn a_script_accepts_the_addresses_that_it_has_seen() {
    let idp = Documents::new().await;
    idp.is_used().await;
    let new = "https://elsewhere.example/token";
    idp.says(|document| document["token_endpoint"] = json!(new));
    idp.hour().await.unwrap();
    let path = format!("/api/v1/connections/{}", idp.connection.id);
    let accept = format!("{path}/provider/accept");
    let api = idp.world.master().await;
    let seen = api.get(&path).await;
    let held: Value = serde_json::from_str(&seen.body).unwrap();
    let held = &held["openid"]["held_addresses"][0];
    assert_eq!(
        (&held["name"], &held["after"]),
        (&json!("token_endpoint"), &json!(new))
    );

    let weak = idp.world.client(&[Scope::ConnectionsWrite]).await;
    let version = [("if-match", seen.header("etag"))];
    let refused = weak.call(Method::POST, &accept, &version, None).await;
    assert_eq!(refused.status, 403, "{}", refused.body);
    let stale = [("if-match", "\"0-old\"")];
    let refused = api.call(Method::POST, &accept, &stale, None).await;
    assert_eq!(refused.status, 412, "{}", refused.body);
    assert!(idp.oidc().await.held_discovery.is_some());

    let accepted = api.call(Method::POST, &accept, &version, None).await;
    assert_eq!(accepted.status, 200, "{}", accepted.body);
    let oidc = idp.oidc().await;
    assert_eq!(oidc.discovery.unwrap().token_endpoint, new);
    assert_eq!(oidc.held_discovery, None);
    let told = idp.audited().await;
    assert!(
        told.iter().any(|it| it == "connection.accept_provider"),
        "{told:?}"
    );
}
