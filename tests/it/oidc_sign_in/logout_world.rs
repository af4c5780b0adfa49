//! Companies with connections to a provider that signs what a test wants, and browsers that are signed in.

use std::ops::Deref;
use std::sync::LazyLock;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, header};
use axum::routing::get;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use openssl::sign::Signer;
use serde_json::{Value, json};
use time::Duration;
use tokio::net::TcpListener;
use vestibule::domain::{
    AttemptKind, Company, Connection, GroupKind, LoginAttempt, OidcSettings, Settings,
};
use vestibule::http::session::cookie_value;
use vestibule::jose::Algorithm;
use vestibule::oidc::{Discovery, Issuer};
use vestibule::store::{AttemptFilter, AttemptRef, FederatedProof, Finished, Proof};

use crate::support::{self, World};
pub(super) use crate::support::{ACME, Answer, BETA, NOW};

pub(super) const CLIENT_ID: &str = "acme-at-the-provider";
/// Where people sign out at the provider.
pub(super) const END_SESSION: &str = "https://login.idp.example/end?tenant=1";
const KID: &str = "one";

static KEY: LazyLock<PKey<Private>> =
    LazyLock::new(|| PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap());

/// The server, two connections of acme to one provider, and one of beta.
pub(super) struct Provided {
    world: World,
    pub(super) issuer: String,
    pub(super) idp: Connection,
    pub(super) other: Connection,
    pub(super) theirs: Connection,
}

impl Deref for Provided {
    type Target = World;

    fn deref(&self) -> &World {
        &self.world
    }
}

impl Provided {
    pub(super) async fn new() -> Self {
        Self::with(|_| {}).await
    }

    /// With other settings of acme's connection "idp".
    pub(super) async fn with(change: impl FnOnce(&mut Settings)) -> Self {
        let world = World::new().await;
        let issuer = publish_keys().await;
        let (acme, beta) = (&world.acme, &world.beta);
        let idp = connect(&world, acme, "idp", &issuer, change).await;
        let other = connect(&world, acme, "other", &issuer, |settings| {
            "another".clone_into(&mut settings.oidc_mut().unwrap().client_id);
        });
        let other = other.await;
        let theirs = connect(&world, beta, "idp", &issuer, |_| {}).await;
        Self {
            world,
            issuer,
            idp,
            other,
            theirs,
        }
    }

    /// Signs a new browser in as a user of the provider; its cookie.
    pub(super) async fn sign_in(&self, connection: &Connection, sub: &str, sid: &str) -> String {
        self.sign_in_with(connection, sub, sid, None).await
    }

    /// The same, with what the provider wants back.
    pub(super) async fn sign_in_with(
        &self,
        connection: &Connection,
        sub: &str,
        sid: &str,
        hint: Option<&str>,
    ) -> String {
        let now = self.app.clock.now();
        let company = connection.company_id;
        let mut attempt = support::new_attempt(company, AttemptKind::Oidc, now);
        attempt.connection_id = Some(connection.id);
        let email = format!("{}.{sub}@contoso.com", connection.name);
        let profile = support::profile(&format!("sub:{sub}"), &email);
        let oidc = connection.settings.oidc().unwrap();
        let hint = hint.and_then(|hint| self.app.seal_logout_hint(attempt.id, oidc, hint));
        let proof = FederatedProof {
            assertion: None,
            session_index: Some(sid.to_owned()),
            logout_hint: hint,
            ..support::federated_proof(connection, profile, "_", now)
        };
        let attempt = AttemptRef::New(Box::new(attempt));
        let proof = Proof::Federated(Box::new(proof));
        let mut sign_in = support::new_sign_in(company, attempt, proof, now);
        sign_in.session.idle = Duration::hours(2);
        let id = sign_in.session.id;
        let finished = self.app.store.finish_sign_in(sign_in).await.unwrap();
        assert!(
            matches!(finished, Finished::SignedIn { .. }),
            "{finished:?}"
        );
        self.app.catch_up().await.unwrap();
        format!("vestibule-session={}", cookie_value(id))
    }

    /// Whether the browser of this cookie is signed in.
    pub(super) async fn is_live(&self, host: &str, cookie: &str) -> bool {
        let answer = self.fetch_at(host, "/sso/session", cookie).await;
        assert!(matches!(answer.status, 200 | 401), "{}", answer.status);
        answer.status == 200
    }

    pub(super) async fn fetch(&self, path: &str, cookie: &str) -> Answer {
        self.fetch_at(ACME, path, cookie).await
    }

    pub(super) async fn fetch_at(&self, host: &str, path: &str, cookie: &str) -> Answer {
        let request = Request::get(path)
            .header(header::HOST, host)
            .header(header::COOKIE, cookie)
            .body(Body::empty());
        support::send(&self.router, request.unwrap()).await
    }

    pub(super) async fn post(&self, path: &str, cookie: &str, fields: &[(&str, &str)]) -> Answer {
        let mut body = form_urlencoded::Serializer::new(String::new());
        let request = Request::post(path)
            .header(header::HOST, ACME)
            .header(header::COOKIE, cookie)
            .header("sec-fetch-site", "same-origin")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(body.extend_pairs(fields).finish()));
        support::send(&self.router, request.unwrap()).await
    }

    /// A good logout token of acme's connection, to be changed; it names nobody yet.
    pub(super) fn claims(&self) -> Value {
        let now = self.app.clock.now().unix_timestamp();
        json!({
            "iss": self.issuer, "aud": CLIENT_ID, "iat": now, "exp": now + 120, "jti": "token-1",
            "events": { "http://schemas.openid.net/event/backchannel-logout": {} },
        })
    }

    /// The records of sign-outs at acme.
    pub(super) async fn records(&self) -> Vec<LoginAttempt> {
        let (store, filter) = (&self.app.store, AttemptFilter::default());
        let all = store.attempts(self.acme.id, &filter, 50).await.unwrap();
        let kept = all.into_iter();
        kept.filter(|it| it.kind == AttemptKind::Logout).collect()
    }
}

/// A token that the provider has signed.
pub(super) fn sign(claims: &Value) -> String {
    let header = json!({ "alg": "RS256", "typ": "logout+jwt", "kid": KID });
    let encode = |part: &Value| BASE64_URL_SAFE_NO_PAD.encode(part.to_string());
    let input = format!("{}.{}", encode(&header), encode(claims));
    let mut signer = Signer::new(MessageDigest::sha256(), &KEY).unwrap();
    let signature = signer.sign_oneshot_to_vec(input.as_bytes()).unwrap();
    format!("{input}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature))
}

/// Publishes the provider's key at a port of its own.
async fn publish_keys() -> String {
    let rsa = KEY.rsa().unwrap();
    let keys = json!({ "keys": [{
        "kty": "RSA", "use": "sig", "kid": KID,
        "n": BASE64_URL_SAFE_NO_PAD.encode(rsa.n().to_vec()),
        "e": BASE64_URL_SAFE_NO_PAD.encode(rsa.e().to_vec()),
    }] });
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let issuer = format!("http://{}", listener.local_addr().unwrap());
    let router = Router::new().route("/keys", get(async move || axum::Json(keys)));
    tokio::spawn(async move { axum::serve(listener, router).await });
    issuer
}

async fn connect(
    world: &World,
    company: &Company,
    name: &str,
    issuer: &str,
    change: impl FnOnce(&mut Settings),
) -> Connection {
    let title = format!("Users of {name}");
    let group = world
        .add_group_to(company, &title, GroupKind::Member, true)
        .await;
    let discovery = Discovery {
        issuer: issuer.to_owned(),
        authorization_endpoint: format!("{issuer}/authorize"),
        token_endpoint: format!("{issuer}/token"),
        jwks_uri: format!("{issuer}/keys"),
        userinfo_endpoint: None,
        end_session_endpoint: Some(END_SESSION.to_owned()),
        algorithms: vec![Algorithm::Rs256],
        token_auth_methods: Vec::new(),
        token_auth_algorithms: Vec::new(),
        response_modes: Vec::new(),
        scopes: Vec::new(),
        pkce_s256: None,
        answers_name_issuer: false,
        frontchannel_logout: true,
        backchannel_logout: true,
    };
    let mut settings = Settings::from(OidcSettings {
        issuer: Issuer::named(issuer),
        client_id: CLIENT_ID.to_owned(),
        discovery: Some(discovery),
        ..OidcSettings::default()
    });
    settings.jit = Some(group.id);
    change(&mut settings);
    let connection = support::connection(company.id, name, settings);
    let store = &world.app.store;
    store.add_connection(&connection, NOW).await.unwrap();
    world.app.catch_up().await.unwrap();
    connection
}
