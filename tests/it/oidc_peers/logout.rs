//! Logout that begins here, and what the provider tells of it at the back (rules T2, T4 and T5).

use std::net::SocketAddr;

use axum::Router;
use axum::body::Bytes;
use axum::http::StatusCode;
use axum::routing::post;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use url::Url;
use url::form_urlencoded;
use vestibule::oidc::{Checks, LogoutToken, Rejection};

use super::relying_party::{CLIENT_ID, RelyingParty, ada, now, random_text};
use super::{Package, Peer, PeerSettings, Visitor};

const SIGNED_OUT: &str = "http://acme.localhost:8080/sso/oidc/signed-out";

/// Where the provider posts its logout tokens.
struct BackChannel {
    address: SocketAddr,
    tokens: UnboundedReceiver<String>,
}

impl BackChannel {
    async fn open() -> Self {
        let (told, tokens) = unbounded_channel();
        let receive = async move |body: Bytes| {
            let fields: Vec<_> = form_urlencoded::parse(&body).into_owned().collect();
            let [(name, token)] = fields.as_slice() else {
                return StatusCode::BAD_REQUEST;
            };
            assert_eq!(name, "logout_token");
            told.send(token.clone()).unwrap();
            StatusCode::OK
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new().route("/", post(receive));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { address, tokens }
    }
}

/// A client that is told of logouts, by session where it wants.
async fn told_of_logouts(back: &BackChannel, by_session: bool) -> RelyingParty {
    let settings = PeerSettings::new().account(&ada(3));
    let peer = Peer::start(Package::OidcProvider, &settings);
    RelyingParty::registered(peer, |client| {
        client["post_logout_redirect_uris"] = json!([SIGNED_OUT]);
        client["backchannel_logout_uri"] = json!(format!("http://{}/", back.address));
        client["backchannel_logout_session_required"] = json!(by_session);
    })
    .await
}

/// Signs Ada in and out again; what comes is the `sid` of her ID token, and both tokens.
async fn sign_in_and_out(
    ours: &RelyingParty,
    back: &mut BackChannel,
) -> (Option<String>, String, String) {
    let mut visitor = Visitor::of(&ours.peer);
    let open = ours.begin("ada");
    let callback = ours.code(&mut visitor, &open).await;
    let answer = ours.redeem(&callback, &open.verifier).await;
    let body: Value = serde_json::from_str(&answer.body).unwrap();
    let id_token = body["id_token"].as_str().unwrap().to_owned();
    let token = ours.validate(answer.token(callback).unwrap()).unwrap();
    let session = token.claims().text("sid").unwrap().map(str::to_owned);

    let state = random_text();
    let endpoint = ours.discovery.end_session_endpoint.as_deref().unwrap();
    let parameters = [
        ("id_token_hint", id_token.as_str()),
        ("client_id", CLIENT_ID),
        ("post_logout_redirect_uri", SIGNED_OUT),
        ("state", &state),
    ];
    let url = Url::parse_with_params(endpoint, parameters).unwrap();
    let arrival = visitor.follow(url).await;
    assert_eq!(arrival.url.as_str(), format!("{SIGNED_OUT}?state={state}"));
    // The provider tells before it sends the browser back.
    let logout_token = back.tokens.try_recv().unwrap();
    (session, id_token, logout_token)
}

fn validate(ours: &RelyingParty, token: &str) -> Result<LogoutToken, Rejection> {
    let (keys, client) = (&ours.keys, &ours.client);
    LogoutToken::validate(token, keys, client, false, now(), &mut Checks::new())
}

#[tokio::test]
async fn the_logout_token_names_the_session_of_the_id_token() {
    let mut back = BackChannel::open().await;
    let ours = told_of_logouts(&back, true).await;
    let (session, _, logout_token) = sign_in_and_out(&ours, &mut back).await;
    let logout = validate(&ours, &logout_token).unwrap();
    assert!(session.is_some());
    assert_eq!(logout.session(), session.as_deref());
    assert_eq!(logout.subject(), Some("ada"));
    assert!(!logout.id().is_empty());
    assert!(logout.remembered_until() > now());
}

#[tokio::test]
async fn the_logout_token_names_the_user_where_sessions_are_not_asked_for() {
    let mut back = BackChannel::open().await;
    let ours = told_of_logouts(&back, false).await;
    let (_, _, logout_token) = sign_in_and_out(&ours, &mut back).await;
    let logout = validate(&ours, &logout_token).unwrap();
    assert_eq!(logout.session(), None);
    assert_eq!(logout.subject(), Some("ada"));
}

#[tokio::test]
async fn an_id_token_is_no_logout_token_and_neither_is_another_clients() {
    let mut back = BackChannel::open().await;
    let mut ours = told_of_logouts(&back, true).await;
    let (_, id_token, logout_token) = sign_in_and_out(&ours, &mut back).await;
    let refusal = validate(&ours, &id_token).unwrap_err();
    assert_eq!(refusal.rule(), "T4");
    ours.client.client_id = format!("not-{CLIENT_ID}");
    let refusal = validate(&ours, &logout_token).unwrap_err();
    assert_eq!(refusal.rule(), "P5");
}
