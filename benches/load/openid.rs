//! The same by OpenID Connect: what an ID token costs, starts, and callbacks whose token endpoint answers at once.

use std::collections::HashMap;
use std::collections::VecDeque;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::post;
use openssl::hash::MessageDigest;
use openssl::pkey::PKey;
use openssl::sha::sha256;
use openssl::sign::Verifier;
use tempfile::TempDir;
use time::OffsetDateTime;
use tokio::net::TcpListener;
use vestibule::admin::{Actor, Admin};
use vestibule::app::App;
use vestibule::clock::Clock;
use vestibule::config::Config;
use vestibule::demo_idp::{DemoIdp, OidcApp, OptionalClaim};
use vestibule::domain::{Connection, Group, GroupId, GroupKind};
use vestibule::jose::KeySet;
use vestibule::keys;
use vestibule::oidc::{
    Answer, Callback, Checks, Client, Issuer, OpenRequest, TokenAnswer, ValidatedIdToken,
};
use vestibule::outbound::{ProviderClient, Reach};

use crate::client::{self, Request, request};
use crate::report::{self, Figures, head, microseconds, row};
use crate::server::{Cores, Server};
use crate::table::{CONNECTIONS, WARM_UP, get, load, repeated};
use crate::world::{company, host, identity_provider, set_cookie, user};

const CLIENT_ID: &str = "41ee2b0c-2c1f-4b0e-9f0a-6a1c3d7b5e92";
const USERS: usize = 200;
/// ID tokens are signed beforehand, which takes longer than verifying them.
const CALLBACKS: usize = 10_000;
const TIME: Duration = Duration::from_secs(4);

/// `script/bench openid`
pub(crate) async fn openid(cores: &Cores) {
    let world = OpenIdWorld::new().await;
    let (check, floor) = world.time_of_id_token().await;
    head(&["work", "goal", "each"]);
    row(&[
        "an ID token: callback, answer and token, keys cached".to_owned(),
        "≤ 60 µs".to_owned(),
        microseconds(check),
    ]);
    row(&[
        "its floor: SHA-256 and RSA-2048".to_owned(),
        String::new(),
        microseconds(floor),
    ]);

    let bare = Server::bare(cores);
    let site = Server::vestibule(world.dir.path(), cores);
    let bare = repeated(&bare, CONNECTIONS, &get("/", "")).await;
    let starts = repeated_starts(&site).await;
    let callbacks = world.callbacks(&site).await;
    println!("\n{CONNECTIONS} connections");
    head(&report::LOAD);
    starts.report("start by OpenID Connect", "as SAML's", &bare);
    callbacks.report("callback: a whole sign-in", "≥ 1,500/s", &bare);
}

async fn repeated_starts(site: &Server) -> Figures {
    let start = get("/sso/login", "");
    let next = Arc::new(move || Some(Arc::clone(&start)));
    load(site, CONNECTIONS, WARM_UP, 303, Arc::clone(&next)).await;
    load(site, CONNECTIONS, TIME / 2, 303, next).await
}

/// What the token endpoint answers to each code.
type Codes = Arc<Mutex<HashMap<String, String>>>;

struct OpenIdWorld {
    dir: TempDir,
    idp: DemoIdp,
    app: OidcApp,
    callback: String,
    codes: Codes,
}

impl OpenIdWorld {
    async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let clock = Clock::system();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let idp = identity_provider(origin, clock.clone());
        let served = idp.clone();
        beside(async move { served.serve(listener, std::future::pending()).await });
        let codes = Codes::default();
        let tokens = token_endpoint(Arc::clone(&codes));
        let connection = add(dir.path(), clock, &idp, &tokens).await;
        let oidc = connection.settings.oidc().unwrap();
        let callback = format!("/sso/oidc/callback/{}", oidc.callback_codes[0]);
        let app = OidcApp::new(CLIENT_ID, "Bench", format!("http://{}{callback}", host(0)))
            .with_claims(
                OptionalClaim::ALL
                    .into_iter()
                    .filter(|claim| !matches!(claim.name(), "xms_edov" | "verified_primary_email")),
            );
        Self {
            dir,
            idp,
            app,
            callback,
            codes,
        }
    }

    fn answer(&self, number: usize, nonce: &str) -> String {
        let spec = self.idp.id_token_spec(&self.app, &user(number), nonce);
        let token = self.idp.sign_id_token(&spec).unwrap();
        serde_json::json!({
            "token_type": "Bearer",
            "expires_in": 3599,
            "access_token": "opaque",
            "id_token": token,
        })
        .to_string()
    }

    /// Sign-ins as far as the provider's answer; what is left is to bring it.
    async fn begin_many(&self, server: &Server, count: usize) -> VecDeque<Request> {
        let mut connection = client::Connection::open(server.address).await;
        let start = get("/sso/login", "");
        let mut callbacks = VecDeque::with_capacity(count);
        for number in 0..count {
            let status = connection.exchange(&start).await;
            let text = connection.text();
            assert!(status == 303, "{status}\n{text}");
            let query = text.split("location: ").nth(1).unwrap();
            let query = query.split("\r\n").next().unwrap();
            let parameter = |name: &str| {
                let rest = query.split(&format!("{name}=")).nth(1).unwrap();
                rest.split('&').next().unwrap().to_owned()
            };
            let (state, nonce) = (parameter("state"), parameter("nonce"));
            let code = format!("code-{number}");
            let answer = self.answer(number % USERS, &nonce);
            self.codes.lock().unwrap().insert(code.clone(), answer);
            let path = format!("{}?code={code}&state={state}", self.callback);
            callbacks.push_back(request("GET", &host(0), &path, set_cookie(&text), ""));
        }
        callbacks
    }

    async fn callbacks(&self, server: &Server) -> Figures {
        let queue = Mutex::new(self.begin_many(server, CALLBACKS).await);
        let next = Arc::new(move || queue.lock().unwrap().pop_front());
        load(server, CONNECTIONS, WARM_UP, 303, Arc::clone(&next)).await;
        load(server, CONNECTIONS, TIME, 303, next).await
    }

    /// The median of many verdicts, and of what no implementation can save.
    async fn time_of_id_token(&self) -> (Duration, Duration) {
        let nonce = "n-0S6_WzA2MjUtN0S6_WzA2MjUtN0S6_WzA2MjUtN0S";
        let answer = self.answer(0, nonce);
        let jwks = reqwest::get(self.idp.tenant().jwks_url()).await.unwrap();
        let keys = KeySet::parse(&jwks.bytes().await.unwrap()).unwrap();
        let client = Client::new(Issuer::named(self.idp.tenant().issuer()), CLIENT_ID);
        let now = Clock::system().now();
        let check = median(|| {
            let token = verdict(answer.as_bytes(), nonce, &keys, &client, now);
            std::hint::black_box(token);
        });
        let token: serde_json::Value = serde_json::from_str(&answer).unwrap();
        let token = token["id_token"].as_str().unwrap();
        let (signed, signature) = token.rsplit_once('.').unwrap();
        let signature =
            base64::Engine::decode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, signature)
                .unwrap();
        let key = self.idp.signing_key().private_key();
        let key = PKey::public_key_from_der(&key.public_key_to_der().unwrap()).unwrap();
        let floor = median(|| {
            let mut verifier = Verifier::new(MessageDigest::sha256(), &key).unwrap();
            assert!(
                verifier
                    .verify_oneshot(&signature, signed.as_bytes())
                    .unwrap()
            );
        });
        (check, floor)
    }
}

/// The way of a callback from its octets to its verdict.
fn verdict(
    answer: &[u8],
    nonce: &str,
    keys: &KeySet,
    client: &Client,
    now: OffsetDateTime,
) -> ValidatedIdToken {
    const STATE: &str = "af0ifjsldkjaf0ifjsldkjaf0ifjsldkjaf0ifjsldk";
    let query = format!("code=SplxlOBeZQQYbYS6WxSbIA&state={STATE}");
    let mut checks = Checks::new();
    let callback = Callback::parse(query.as_bytes(), &mut checks).unwrap();
    let open = OpenRequest {
        state_hash: sha256(STATE.as_bytes()),
        nonce: nonce.to_owned(),
        started_at: now,
        forced: false,
    };
    let Answer::Code(callback) = callback.matches(open, client, &mut checks).unwrap() else {
        panic!("an error");
    };
    let answer = TokenAnswer::parse(callback, 200, true, answer, &mut checks).unwrap();
    let token = answer.verify(keys, client, &mut checks).unwrap();
    token.validate(client, now, &mut checks).unwrap()
}

fn median(work: impl Fn()) -> Duration {
    const BATCH: u32 = 50;
    let mut batches: Vec<Duration> = (0..200)
        .map(|_| {
            let begun = Instant::now();
            (0..BATCH).for_each(|_| work());
            begun.elapsed() / BATCH
        })
        .collect();
    batches.sort_unstable();
    batches[batches.len() / 2]
}

/// Runs beside the load, on the load's core.
fn beside(task: impl Future + Send + 'static) {
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(task);
    });
}

/// An endpoint that has each answer ready.
fn token_endpoint(codes: Codes) -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap();
    beside(async move {
        let listener = TcpListener::from_std(listener).unwrap();
        let router = Router::new()
            .route("/token", post(redeem))
            .with_state(codes);
        axum::serve(listener, router).await
    });
    format!("http://{address}/token")
}

async fn redeem(State(codes): State<Codes>, form: String) -> impl IntoResponse {
    let mut pairs = form_urlencoded::parse(form.as_bytes());
    let code = pairs.find(|(name, _)| name == "code").unwrap().1;
    let answer = codes.lock().unwrap().remove(&*code).unwrap();
    ([(CONTENT_TYPE, "application/json")], answer)
}

/// A company with a connection to the provider; its codes are redeemed elsewhere.
async fn add(dir: &Path, clock: Clock, idp: &DemoIdp, token_endpoint: &str) -> Connection {
    let now = clock.now();
    let config = Config {
        data_dir: dir.to_owned(),
        ..Config::from_sources(None, []).unwrap()
    };
    let app = App::open(config, clock).await.unwrap();
    let company = company(0, now);
    app.store.add_company(&company, now).await.unwrap();
    let group = Group {
        id: GroupId::from_bytes(keys::random()),
        company_id: company.id,
        title: "SSO Basic".to_owned(),
        kind: GroupKind::Member,
        sso_only: true,
        created_at: now,
    };
    app.store.add_group(&group, now).await.unwrap();
    let admin = Admin {
        store: &app.store,
        keys: &app.keys,
        company: company.id,
        actor: Actor::command_line(),
        now,
        once: None,
    };
    let issuer = Issuer::named(idp.tenant().issuer());
    let name = "entra-oidc".parse().unwrap();
    let draft = admin.provider_draft(name, "Entra ID".to_owned(), issuer, CLIENT_ID);
    let draft = draft.await.unwrap();
    let mut connection = admin.with_client_secret(&draft, "8Q~secret", None).unwrap();
    connection.settings.jit = Some(group.id);
    connection.enabled = true;
    let client = ProviderClient::new().unwrap();
    let (mut connection, read) = admin
        .with_discovery(&connection, &client, Reach::Private)
        .await
        .unwrap();
    read.unwrap();
    let oidc = connection.settings.oidc_mut().unwrap();
    let discovery = oidc.discovery.as_mut().unwrap();
    token_endpoint.clone_into(&mut discovery.token_endpoint);
    let added = admin.add_connection(&connection, "bench").await.unwrap();
    app.store.close().await;
    added
}
