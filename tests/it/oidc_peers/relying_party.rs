//! Our side of a sign-in by hand, step by step: what our server does with a store, a test does with its own variables.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use openssl::sha::sha256;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE};
use serde_json::{Value, json};
use time::OffsetDateTime;
use url::Url;
use vestibule::clock::Clock;
use vestibule::jose::{Algorithm, KeySet};
use vestibule::keys;
use vestibule::oidc::{
    Answer, AuthorizationRequest, Callback, Checks, Client, ClientAuthentication, Discovery,
    Issuer, MatchedCallback, OpenRequest, Prompt, Rejection, ResponseMode, TokenAnswer,
    TokenRequest, UserInfo, UserInfoAnswer, ValidatedIdToken,
};

use super::visitor::Arrival;
use super::{Package, Peer, PeerSettings, Visitor};

/// Where answers come; nobody listens there.
pub(super) const REDIRECT_URI: &str = "http://acme.localhost:8080/sso/oidc/callback/0011";
pub(super) const CLIENT_ID: &str = "vestibule";
/// As ugly as a secret may be (RFC 6749, appendix A.2).
pub(super) const SECRET: &str = "a+b/c%d:e~";

/// Ada, with as many groups as a test wants.
pub(super) fn ada(groups: usize) -> Value {
    let groups = (0..groups).map(|at| format!("00000000-0000-4000-8000-{at:012x}"));
    json!({
        "sub": "ada",
        "email": "ada@acme.example",
        "email_verified": true,
        "name": "Ada Lovelace",
        "groups": groups.collect::<Vec<_>>(),
    })
}

pub(super) fn now() -> OffsetDateTime {
    Clock::system().now()
}

/// 32 random octets, as `state`, `nonce` and verifier are (rule L1).
pub(super) fn random_text() -> String {
    BASE64_URL_SAFE_NO_PAD.encode(keys::random::<32>())
}

/// One connection, and the provider that it is at.
pub(super) struct RelyingParty {
    pub(super) peer: Peer,
    pub(super) client: Client,
    pub(super) discovery: Discovery,
    pub(super) keys: KeySet,
    pub(super) authentication: ClientAuthentication,
    http: reqwest::Client,
}

/// A request that is open.
pub(super) struct OpenSignIn {
    pub(super) url: Url,
    pub(super) verifier: String,
    pub(super) request: OpenRequest,
}

/// What an answer over HTTP is to the judge.
pub(super) struct HttpAnswer {
    pub(super) status: u16,
    pub(super) media_type: String,
    pub(super) body: String,
}

impl RelyingParty {
    /// With Ada at the provider, by whose discovery document the connection is made.
    pub(super) async fn at(package: Package) -> Self {
        let settings = PeerSettings::new().account(&ada(3));
        Self::registered(Peer::start(package, &settings), |_| {}).await
    }

    /// At a provider that runs, with changes to the client's registration.
    pub(super) async fn registered(peer: Peer, change: impl FnOnce(&mut Value)) -> Self {
        let mut registration = json!({
            "client_id": CLIENT_ID,
            "client_secret": SECRET,
            "redirect_uris": [REDIRECT_URI],
            "token_endpoint_auth_method": "client_secret_basic",
            "id_token_signed_response_alg": "RS256",
        });
        change(&mut registration);
        peer.register(&registration).await;
        let http = reqwest::Client::new();
        let issuer = Issuer::named(peer.issuer());
        let document = get(&http, &issuer.discovery_url()).await;
        let discovery = Discovery::parse(document.as_bytes(), &issuer, true).unwrap();
        let keys = get(&http, &discovery.jwks_uri).await;
        let mut client = Client::new(issuer, CLIENT_ID);
        client.answers_name_issuer = discovery.answers_name_issuer;
        let algorithm = registration["id_token_signed_response_alg"].as_str();
        client.algorithms = algorithm
            .and_then(Algorithm::from_name)
            .into_iter()
            .collect();
        Self {
            keys: KeySet::parse(keys.as_bytes()).unwrap(),
            authentication: ClientAuthentication::SecretBasic(SECRET.to_owned()),
            peer,
            client,
            discovery,
            http,
        }
    }

    /// Reads the provider's keys anew (rule K4).
    pub(super) async fn refresh_keys(&mut self) {
        let keys = get(&self.http, &self.discovery.jwks_uri).await;
        self.keys = KeySet::parse(keys.as_bytes()).unwrap();
    }

    /// Begins a sign-in of somebody.
    pub(super) fn begin(&self, person: &str) -> OpenSignIn {
        self.begin_with(person, |_| {})
    }

    /// Begins one that asks for more.
    pub(super) fn begin_with(
        &self,
        person: &str,
        change: impl FnOnce(&mut AuthorizationRequest<'_>),
    ) -> OpenSignIn {
        let [state, nonce, verifier] = std::array::from_fn(|_| random_text());
        let mut request = AuthorizationRequest {
            endpoint: &self.discovery.authorization_endpoint,
            client_id: CLIENT_ID,
            redirect_uri: REDIRECT_URI,
            scope: "openid profile email groups",
            state: &state,
            nonce: &nonce,
            code_verifier: &verifier,
            response_mode: ResponseMode::Query,
            prompt: None,
            max_age: None,
            acr_values: &[],
            login_hint: Some(person),
            domain_hint: None,
            ui_locales: None,
        };
        change(&mut request);
        let url = request.url(&self.client.issuer).unwrap();
        let forced = request.prompt == Some(Prompt::Login);
        OpenSignIn {
            url,
            request: OpenRequest {
                state_hash: sha256(state.as_bytes()),
                nonce,
                started_at: now(),
                forced,
            },
            verifier,
        }
    }

    /// Judges what came back through the browser.
    pub(super) fn answer(&self, arrival: &Arrival, open: &OpenSignIn) -> Result<Answer, Rejection> {
        assert!(
            arrival.url.as_str().starts_with(REDIRECT_URI),
            "{}",
            arrival.url
        );
        let mut checks = Checks::new();
        let callback = Callback::parse(arrival.parameters().as_bytes(), &mut checks)?;
        callback.matches(open.request.clone(), &self.client, &mut checks)
    }

    /// Signs somebody in at the provider, in a browser.
    pub(super) async fn code(&self, visitor: &mut Visitor, open: &OpenSignIn) -> MatchedCallback {
        let arrival = visitor.follow(open.url.clone()).await;
        match self.answer(&arrival, open).unwrap() {
            Answer::Code(callback) => callback,
            Answer::Error(error) => panic!("{error:?}"),
        }
    }

    /// Asks the token endpoint.
    pub(super) async fn redeem(&self, callback: &MatchedCallback, verifier: &str) -> HttpAnswer {
        let authentication = &self.authentication;
        let request =
            TokenRequest::new(callback, CLIENT_ID, REDIRECT_URI, verifier, authentication);
        let mut post = self
            .http
            .post(&self.discovery.token_endpoint)
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        if let Some(authorization) = request.authorization() {
            post = post.header(AUTHORIZATION, authorization);
        }
        HttpAnswer::read(post.body(request.body().to_owned())).await
    }

    /// Somebody's ID token, not verified yet.
    pub(super) async fn token(&self, person: &str) -> Result<TokenAnswer, Rejection> {
        let open = self.begin(person);
        let callback = self.code(&mut Visitor::of(&self.peer), &open).await;
        let answer = self.redeem(&callback, &open.verifier).await;
        answer.token(callback)
    }

    /// The verdict on an ID token.
    pub(super) fn validate(&self, token: TokenAnswer) -> Result<ValidatedIdToken, Rejection> {
        let mut checks = Checks::new();
        token
            .verify(&self.keys, &self.client, &mut checks)?
            .validate(&self.client, now(), &mut checks)
    }

    /// What the provider says of the user at userinfo.
    pub(super) async fn userinfo(
        &self,
        token: &ValidatedIdToken,
        must_be_signed: bool,
    ) -> Result<UserInfo, Rejection> {
        let endpoint = self.discovery.userinfo_endpoint.as_deref().unwrap();
        let asked = self.http.get(endpoint).bearer_auth(token.access_token());
        let answer = HttpAnswer::read(asked).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        let body = match answer.media_type.as_str() {
            "application/jwt" => UserInfoAnswer::Signed(&answer.body),
            _ => UserInfoAnswer::Plain(answer.body.as_bytes()),
        };
        let mut checks = Checks::new();
        UserInfo::validate(
            body,
            token,
            must_be_signed,
            &self.keys,
            &self.client,
            &mut checks,
        )
    }
}

impl HttpAnswer {
    async fn read(request: reqwest::RequestBuilder) -> Self {
        let answer = request.send().await.unwrap();
        let media_type = answer.headers().get(CONTENT_TYPE);
        let media_type = media_type.map_or("", |it| it.to_str().unwrap());
        let media_type = media_type.split(';').next().unwrap_or_default();
        Self {
            status: answer.status().as_u16(),
            media_type: media_type.trim().to_owned(),
            body: answer.text().await.unwrap(),
        }
    }

    /// The token endpoint's answer to a code.
    pub(super) fn token(&self, callback: MatchedCallback) -> Result<TokenAnswer, Rejection> {
        let is_json = self.media_type == "application/json";
        let body = self.body.as_bytes();
        TokenAnswer::parse(callback, self.status, is_json, body, &mut Checks::new())
    }
}

async fn get(http: &reqwest::Client, url: &str) -> String {
    let answer = http.get(url).send().await.unwrap();
    assert_eq!(answer.status(), 200, "{url}");
    answer.text().await.unwrap()
}
