//! Logout with npm's oidc-provider: a sign-in there, a sign-out that begins here, and the token that comes at the back.

use std::net::SocketAddr;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, Request, StatusCode, header};
use axum::routing::post;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use url::Url;
use vestibule::domain::GroupKind;
use vestibule::http::Edge;

use crate::oidc_peers::{Package, Peer, PeerSettings, Visitor};
use crate::oidc_sign_in::logout_world::ACME;
use crate::oidc_sign_in::world::{connect_to, path_of};
use crate::support::{self, Browser, NOW, World, hidden_field};

const SECRET: &str = "a+b/c%d:e~";

/// The server, a connection that tells of sign-outs, and its provider, which tells of them as well.
struct Foreign {
    world: World,
    peer: Peer,
    /// What the server answered to the provider.
    told: UnboundedReceiver<(u16, String)>,
}

impl Foreign {
    async fn new() -> Self {
        let world = World::new().await;
        // The provider has the system's clock.
        let now = vestibule::clock::Clock::system().now();
        world.app.clock.jump(now - NOW);
        let account = json!({ "sub": "ada", "email": "ada@contoso.com", "email_verified": true });
        let settings = PeerSettings::new().account(&account);
        let peer = Peer::start(Package::OidcProvider, &settings);
        let staff = world
            .add_group_to(&world.acme, "Staff", GroupKind::Member, false)
            .await;
        let connection = connect_to(
            &world,
            &world.acme,
            "peer",
            ("acme", SECRET),
            peer.issuer(),
            |it| {
                it.settings.jit = Some(staff.id);
                it.settings.single_logout = true;
            },
        );
        let connection = connection.await;
        let (back, told) = lead_to(&world.router).await;
        let code = &connection.settings.oidc().unwrap().callback_codes[0];
        let registration = json!({
            "client_id": "acme",
            "client_secret": SECRET,
            "redirect_uris": [world.acme.callback_url(code)],
            "token_endpoint_auth_method": "client_secret_post",
            "post_logout_redirect_uris": [world.acme.signed_out_url()],
            "backchannel_logout_uri": format!("http://{back}/sso/oidc/backchannel/peer"),
            "backchannel_logout_session_required": true,
        });
        peer.register(&registration).await;
        Self { world, peer, told }
    }

    /// Signs Ada in, in a browser at our site and at the provider.
    async fn sign_in(&self, browser: &mut Browser, visitor: &mut Visitor) {
        let path = "/sso/login?connection=peer&login_hint=ada&return_to=/welcome";
        let begun = browser.get(path).await;
        assert_eq!(begun.status, 303, "{}", begun.body);
        let url = Url::parse(begun.header("location")).unwrap();
        let arrival = visitor.follow(url).await;
        let answer = browser.get(path_of(arrival.url.as_str())).await;
        let arrived = (answer.status, answer.header("location"));
        assert_eq!(arrived, (303, "/welcome"), "{}", answer.body);
    }
}

/// A socket in front of acme's site, because the provider finds no name of this machine; and what was answered there.
async fn lead_to(edge: &Edge) -> (SocketAddr, UnboundedReceiver<(u16, String)>) {
    let (sender, answers) = unbounded_channel();
    let edge = edge.clone();
    let lead = async move |uri: axum::http::Uri, headers: HeaderMap, body: Bytes| {
        let request = Request::post(uri.path())
            .header(header::HOST, ACME)
            .header(header::CONTENT_TYPE, &headers[header::CONTENT_TYPE])
            .body(Body::from(body));
        let answer = support::send(&edge, request.unwrap()).await;
        sender.send((answer.status, answer.body)).unwrap();
        StatusCode::from_u16(answer.status).unwrap()
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = Router::new().route("/{*path}", post(lead));
    tokio::spawn(async move { axum::serve(listener, router).await });
    (address, answers)
}

#[tokio::test]
async fn a_sign_out_here_signs_out_there_and_comes_back() {
    let mut foreign = Foreign::new().await;
    let mut visitor = Visitor::of(&foreign.peer);
    let mut browser = foreign.world.browser();
    foreign.sign_in(&mut browser, &mut visitor).await;
    let page = browser.get("/sso/logout").await;
    let csrf = hidden_field(&page.body, "csrf").unwrap();
    let sent = browser.post("/sso/logout", &[("csrf", &csrf)]).await;
    assert_eq!(sent.status, 303, "{}", sent.body);
    assert_eq!(browser.get("/sso/session").await.status, 401);
    let url = Url::parse(sent.header("location")).unwrap();
    let has_token = url.query_pairs().any(|(name, _)| name == "id_token_hint");
    assert!(has_token, "{url}");
    let arrival = visitor.follow(url).await;
    let back = path_of(arrival.url.as_str());
    assert!(back.starts_with("/sso/oidc/signed-out?state="), "{back}");
    assert_eq!(browser.get(back).await.status, 200);
    // The provider tells of its own end, too, of which nothing is left here.
    assert_eq!(foreign.told.try_recv().unwrap(), (200, String::new()));
}

#[tokio::test]
async fn a_sign_out_there_ends_the_session_here() {
    let mut foreign = Foreign::new().await;
    let mut visitor = Visitor::of(&foreign.peer);
    let mut browser = foreign.world.browser();
    foreign.sign_in(&mut browser, &mut visitor).await;
    // The same person in another browser there.
    let mut other = foreign.world.browser();
    foreign
        .sign_in(&mut other, &mut Visitor::of(&foreign.peer))
        .await;
    assert_eq!(browser.get("/sso/session").await.status, 200);
    let mut url = Url::parse(&format!("{}/session/end", foreign.peer.issuer())).unwrap();
    url.query_pairs_mut()
        .append_pair("client_id", "acme")
        .append_pair(
            "post_logout_redirect_uri",
            &foreign.world.acme.signed_out_url(),
        );
    let arrival = visitor.follow(url).await;
    assert!(path_of(arrival.url.as_str()).starts_with("/sso/oidc/signed-out"));
    assert_eq!(foreign.told.try_recv().unwrap(), (200, String::new()));
    assert_eq!(browser.get("/sso/session").await.status, 401);
    assert_eq!(other.get("/sso/session").await.status, 200);
}
