//! An OpenID provider on this machine that answers at once: its ID tokens are signed before they are asked for.

use std::collections::{HashMap, VecDeque};
use std::process::Command;
use std::sync::{Arc, Mutex};

use axum::extract::Form;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse as _;
use axum::routing::{get, post};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use openssl::sign::Signer;
use serde_json::{Value, json};
use vestibule::clock::Clock;

use crate::client::{self, Request, request};
use crate::server::Server;
use crate::world::{World, host, set_cookie};

const CLIENT: &str = "bench";
/// What starts a sign-in.
pub(crate) const START: &str = "/sso/login?connection=openid";
/// People who sign in again and again.
const USERS: usize = 200;

type Answers = Arc<Mutex<HashMap<String, String>>>;

pub(crate) struct Provider {
    origin: String,
    key: PKey<Private>,
    /// What the token endpoint says, by code.
    answers: Answers,
}

impl Provider {
    /// In a thread of its own, on the core of the load.
    pub(crate) fn start() -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let key = Rsa::generate(2048).unwrap();
        let encoded =
            |number: &openssl::bn::BigNumRef| BASE64_URL_SAFE_NO_PAD.encode(number.to_vec());
        let keys = json!({ "keys": [{
            "kty": "RSA", "kid": CLIENT, "use": "sig", "n": encoded(key.n()), "e": encoded(key.e()),
        }] });
        let discovery = json!({
            "issuer": origin,
            "authorization_endpoint": format!("{origin}/authorize"),
            "token_endpoint": format!("{origin}/token"),
            "jwks_uri": format!("{origin}/keys"),
            "response_types_supported": ["code"],
            "token_endpoint_auth_methods_supported": ["client_secret_post"],
        });
        let answers = Answers::default();
        let asked = Arc::clone(&answers);
        let token = move |Form(form): Form<HashMap<String, String>>| {
            let answer = asked.lock().unwrap().remove(&form["code"]).unwrap();
            async { answer_of(answer) }
        };
        let router = axum::Router::new()
            .route("/.well-known/openid-configuration", document(&discovery))
            .route("/keys", document(&keys))
            .route("/token", post(token));
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async move {
                let listener = tokio::net::TcpListener::from_std(listener).unwrap();
                axum::serve(listener, router).await
            })
        });
        Self {
            origin,
            key: PKey::from_rsa(key).unwrap(),
            answers,
        }
    }

    /// A connection of the first company to it, by command, before the server starts.
    pub(crate) fn connect(&self, world: &World) {
        std::fs::write(world.data().join("secret.txt"), "a secret").unwrap();
        let made = Command::new(env!("CARGO_BIN_EXE_vestibule"))
            .args(["connection", "add-oidc", "--company", "c0", "--enable"])
            .args(["--name", "openid", "--display-name", "OpenID"])
            .args(["--issuer", &self.origin, "--client-id", CLIENT])
            .args(["--client-secret-file", "secret.txt"])
            .args(["--jit-group", "SSO Basic"])
            .current_dir(world.data())
            .env("VESTIBULE_DATA_DIR", world.data())
            .output()
            .unwrap();
        assert!(made.status.success(), "{made:?}");
    }

    /// Starts sign-ins, each another browser's; what is left is to bring the answers.
    pub(crate) async fn begin_many(&self, server: &Server, count: usize) -> VecDeque<Request> {
        let mut connection = client::Connection::open(server.address).await;
        let start = request("GET", &host(0), START, "", "");
        let mut callbacks = VecDeque::with_capacity(count);
        for number in 0..count {
            let status = connection.exchange(&start).await;
            assert!(status == 303, "{status}\n{}", connection.text());
            let page = connection.text();
            let location = page.split("location: ").nth(1).unwrap();
            let location = location.split("\r\n").next().unwrap();
            let asked: HashMap<String, String> =
                form_urlencoded::parse(location.split_once('?').unwrap().1.as_bytes())
                    .into_owned()
                    .collect();
            let code = format!("code-{number}");
            let answer = json!({
                "token_type": "Bearer", "access_token": "opaque", "expires_in": 3600,
                "id_token": self.id_token(&asked["nonce"], number % USERS),
            });
            let mut answers = self.answers.lock().unwrap();
            answers.insert(code.clone(), answer.to_string());
            drop(answers);
            let path = asked["redirect_uri"].split(&host(0)).nth(1).unwrap();
            let path = format!("{path}?code={code}&state={}", asked["state"]);
            callbacks.push_back(request("GET", &host(0), &path, set_cookie(&page), ""));
        }
        callbacks
    }

    fn id_token(&self, nonce: &str, user: usize) -> String {
        let now = Clock::system().now().unix_timestamp();
        let email = format!("b.simon.{user}@contoso.com");
        let claims = json!({
            "iss": self.origin, "aud": CLIENT, "sub": format!("user-{user}"), "nonce": nonce,
            "iat": now, "exp": now + 3600, "email": email, "email_verified": true,
            "given_name": "B.", "family_name": "Simon",
        });
        let part = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
        let header = json!({ "alg": "RS256", "kid": CLIENT, "typ": "JWT" });
        let signed = format!("{}.{}", part(&header), part(&claims));
        let signature = Signer::new(MessageDigest::sha256(), &self.key)
            .and_then(|mut signer| signer.sign_oneshot_to_vec(signed.as_bytes()))
            .unwrap();
        format!("{signed}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature))
    }
}

fn document(value: &Value) -> axum::routing::MethodRouter {
    let text = value.to_string();
    get(move || {
        let text = text.clone();
        async { answer_of(text) }
    })
}

fn answer_of(text: String) -> axum::response::Response {
    ([(CONTENT_TYPE, "application/json")], text).into_response()
}
