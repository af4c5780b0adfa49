//! The provider is asked again while its user is signed in (rule T6).

use std::sync::{Arc, Mutex};

use axum::extract::Form;
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use openssl::pkey::PKey;
use openssl::rsa::Rsa;
use serde_json::{Value, json};
use time::Duration;
use tokio::net::TcpListener;
use vestibule::domain::GroupKind;
use vestibule::jose::{Algorithm, ProtectedHeader, SigningKey};
use vestibule::logout::check_again;

use crate::oidc_sign_in::world::{connect_to, path_of};
use crate::support::{Browser, World};

/// What the provider answers to a refresh token.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Answering {
    /// New tokens, of the same user.
    Good,
    /// No ID token.
    NoIdToken,
    /// An ID token of another user.
    OtherSubject,
    /// An ID token of another sign-in.
    OtherTime,
    /// An error with its status.
    Error(u16, &'static str),
}

struct ProviderState {
    nonce: String,
    /// The refresh tokens that came, in their order.
    refreshed: Vec<String>,
    answering: Answering,
}

/// The server, and a provider that gives refresh tokens.
struct Renewing {
    world: World,
    state: Arc<Mutex<ProviderState>>,
}

impl Renewing {
    async fn new() -> Self {
        let world = World::new().await;
        let key = PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap();
        let key = Arc::new(SigningKey::new(key, Algorithm::Rs256).unwrap());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(Mutex::new(ProviderState {
            nonce: String::new(),
            refreshed: Vec::new(),
            answering: Answering::Good,
        }));
        let discovery = json!({
            "issuer": issuer,
            "authorization_endpoint": format!("{issuer}/authorize"),
            "token_endpoint": format!("{issuer}/token"),
            "jwks_uri": format!("{issuer}/keys"),
            "response_types_supported": ["code"],
            "token_endpoint_auth_methods_supported": ["client_secret_post"],
        });
        let keys = json!({"keys": [key.jwk()]});
        let (shared, clock, named) = (Arc::clone(&state), world.app.clock.clone(), issuer.clone());
        let token = move |Form(form): Form<Vec<(String, String)>>| {
            let field = |name: &str| {
                form.iter()
                    .find(|(it, _)| it == name)
                    .map(|it| it.1.clone())
            };
            let mut state = shared.lock().unwrap();
            let now = clock.now().unix_timestamp();
            let mut claims = json!({
                "iss": named, "aud": "acme", "sub": "u1", "iat": now, "exp": now + 300,
                "auth_time": 1_700_000_000, "email": "b.simon@contoso.com", "email_verified": true,
            });
            let mut answer = json!({"token_type": "Bearer", "access_token": "opaque"});
            let mut status = 200;
            if let Some(sent) = field("refresh_token") {
                state.refreshed.push(sent);
                answer["refresh_token"] = json!(format!("r{}", state.refreshed.len() + 1));
                match state.answering {
                    Answering::OtherSubject => claims["sub"] = json!("u2"),
                    Answering::OtherTime => claims["auth_time"] = json!(1_700_000_001),
                    Answering::Error(code, error) => {
                        status = code;
                        answer = json!({"error": error});
                    }
                    Answering::Good | Answering::NoIdToken => {}
                }
            } else {
                claims["nonce"] = json!(state.nonce);
                answer["refresh_token"] = json!("r1");
            }
            let header = ProtectedHeader {
                typ: Some("JWT"),
                kid: Some(key.thumbprint()),
                x5t_s256: None,
            };
            let is_first = field("code").is_some();
            if status == 200 && (is_first || state.answering != Answering::NoIdToken) {
                answer["id_token"] = json!(key.sign(header, &claims).unwrap());
            }
            let status = StatusCode::from_u16(status).unwrap();
            async move { (status, Json(answer)) }
        };
        let router = Router::new()
            .route(
                "/.well-known/openid-configuration",
                get(async move || Json(discovery)),
            )
            .route("/keys", get(async move || Json(keys)))
            .route("/token", post(token));
        tokio::spawn(async move { axum::serve(listener, router).await });
        let staff = world
            .add_group_to(&world.acme, "Staff", GroupKind::Member, false)
            .await;
        let client = ("acme", "a secret");
        connect_to(&world, &world.acme, "idp", client, &issuer, |it| {
            it.set("check_again", "30").unwrap();
            it.settings.jit = Some(staff.id);
        })
        .await;
        Self { world, state }
    }

    /// A browser that is signed in.
    async fn sign_in(&self) -> Browser {
        let mut browser = self.world.browser();
        let begun = browser.get("/sso/login?connection=idp").await;
        let sent = url::Url::parse(begun.header("location")).unwrap();
        let sent = |name: &str| {
            let mut pairs = sent.query_pairs();
            pairs.find(|(it, _)| it == name).unwrap().1.into_owned()
        };
        assert!(sent("scope").contains("offline_access"));
        self.state.lock().unwrap().nonce = sent("nonce");
        let callback = path_of(&sent("redirect_uri")).to_owned();
        let answer = format!("{callback}?code=c&state={}", sent("state"));
        let answer = browser.get(&answer).await;
        assert_eq!(answer.status, 303, "{}", answer.body);
        assert!(is_live(&mut browser).await);
        browser
    }

    fn answers(&self, answering: Answering) {
        self.state.lock().unwrap().answering = answering;
    }

    fn refreshed(&self) -> Vec<String> {
        self.state.lock().unwrap().refreshed.clone()
    }

    /// Half an hour passes, and whoever is due is asked for; how many that are.
    async fn half_an_hour(&self) -> usize {
        self.world.app.clock.step(Duration::minutes(30));
        let asked = check_again(&self.world.app, 10).await.unwrap();
        self.world.app.catch_up().await.unwrap();
        asked
    }
}

async fn is_live(browser: &mut Browser) -> bool {
    let answer = browser.get("/sso/session").await;
    assert!(matches!(answer.status, 200 | 401), "{}", answer.body);
    answer.status == 200
}

/// The token is replaced at each use; an answer without an ID token is one, too.
#[tokio::test]
async fn a_sign_in_that_still_counts_goes_on() {
    let provider = Renewing::new().await;
    let mut browser = provider.sign_in().await;
    assert_eq!(check_again(&provider.world.app, 10).await.unwrap(), 0);
    for answering in [Answering::Good, Answering::NoIdToken, Answering::Good] {
        provider.answers(answering);
        assert_eq!(provider.half_an_hour().await, 1);
        assert!(is_live(&mut browser).await);
    }
    assert_eq!(provider.refreshed(), ["r1", "r2", "r3"]);
}

async fn ends(answering: Answering) {
    let provider = Renewing::new().await;
    let mut browser = provider.sign_in().await;
    provider.answers(answering);
    assert_eq!(provider.half_an_hour().await, 1);
    assert!(!is_live(&mut browser).await);
    let next = browser.get("/").await;
    assert!(!next.body.contains("b.simon@contoso.com"), "{}", next.body);
    assert_eq!(provider.half_an_hour().await, 0);
}

#[tokio::test]
async fn refresh_other_sub() {
    ends(Answering::OtherSubject).await;
    ends(Answering::OtherTime).await;
}

/// An account that is disabled, or whose tokens were revoked.
#[tokio::test]
async fn refresh_invalid_grant() {
    ends(Answering::Error(400, "invalid_grant")).await;
}

/// The next page asks for a sign-in.
#[tokio::test]
async fn refresh_interaction_required() {
    ends(Answering::Error(400, "interaction_required")).await;
}

/// What says nothing of the user changes nothing.
#[tokio::test]
async fn refresh_500() {
    for (status, error) in [
        (500, "server_error"),
        (503, "temporarily_unavailable"),
        (429, "slow_down"),
        (401, "invalid_client"),
    ] {
        let provider = Renewing::new().await;
        let mut browser = provider.sign_in().await;
        provider.answers(Answering::Error(status, error));
        for _ in 0..3 {
            assert_eq!(provider.half_an_hour().await, 1);
            assert!(is_live(&mut browser).await);
        }
        provider.answers(Answering::Good);
        assert_eq!(provider.half_an_hour().await, 1);
        assert!(is_live(&mut browser).await);
        let all = provider.refreshed();
        assert!(all.iter().all(|it| it == "r1"), "{all:?}");
    }
}

/// Two nodes at once: one asks.
#[tokio::test]
async fn refresh_token_reuse_two_nodes() {
    let provider = Renewing::new().await;
    let mut browser = provider.sign_in().await;
    let app = &provider.world.app;
    app.clock.step(Duration::minutes(31));
    let both = tokio::join!(check_again(app, 10), check_again(app, 10));
    assert_eq!(both.0.unwrap() + both.1.unwrap(), 1);
    assert_eq!(provider.refreshed(), ["r1"]);
    assert!(is_live(&mut browser).await);
}

/// It is sealed while the session lasts, and gone with it.
#[tokio::test]
async fn a_refresh_token_is_destroyed_at_sign_out() {
    let provider = Renewing::new().await;
    let browser = provider.sign_in().await;
    let store = &provider.world.app.store;
    let later = provider.world.app.clock.now() + Duration::hours(2);
    let kept = store.claim_refreshes(later, later, 10).await.unwrap();
    let [kept] = &kept[..] else {
        panic!("{kept:?}")
    };
    assert!(!kept.sealed.windows(2).any(|it| it == b"r1"));
    drop(browser);
    let ended = store.end_session(kept.session, later).await.unwrap();
    assert!(ended);
    let kept = store.claim_refreshes(later, later, 10).await.unwrap();
    assert_eq!(kept, []);
}

/// Without the setting nothing that lasts is asked for, whatever the scopes say.
#[tokio::test]
async fn offline_access_is_asked_for_where_it_is_used() {
    let provider = Renewing::new().await;
    let stored = provider.world.app.store.connections(provider.world.acme.id);
    let mut connection = stored.await.unwrap().remove(0);
    connection.set("scopes", "email,offline_access").unwrap();
    let scope = |connection: &vestibule::domain::Connection| -> String {
        connection.settings.oidc().unwrap().scope()
    };
    assert_eq!(scope(&connection), "openid email offline_access");
    connection.set("check_again", "off").unwrap();
    assert_eq!(scope(&connection), "openid email");
    for wrong in ["4", "1441", "often"] {
        connection.set("check_again", wrong).unwrap_err();
    }
    let _: Value = serde_json::to_value(&connection.settings).unwrap();
}
