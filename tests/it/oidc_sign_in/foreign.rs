//! Whole sign-ins against providers that others wrote: npm's oidc-provider, and Python's pyop.

use serde_json::{Value, json};
use vestibule::admin::ChosenProvider;
use vestibule::domain::{Connection, Group, GroupKind};
use vestibule::outbound::{ProviderClient, Reach};

use crate::oidc_peers::{Package, Peer, PeerSettings};
use crate::support::{Browser, NOW, World, hidden_field};

const SECRET: &str = "a+b/c%d:e~";

struct Foreign {
    world: World,
    peer: Peer,
    connection: Connection,
}

impl Foreign {
    async fn new(package: Package, settings: PeerSettings, client: &Value) -> Self {
        Self::with(package, settings, client, &[]).await
    }

    async fn with(
        package: Package,
        settings: PeerSettings,
        client: &Value,
        set: &[(&str, &str)],
    ) -> Self {
        let world = World::new().await;
        // These have the system's clock.
        let now = vestibule::clock::Clock::system().now();
        world.app.clock.jump(now - NOW);
        let peer = Peer::start(package, &settings);
        let staff = world
            .add_group_to(&world.acme, "Staff", GroupKind::Member, false)
            .await;
        let connection = connect(&world, &peer, &staff, set).await;
        let code = &connection.settings.oidc().unwrap().callback_codes[0];
        let mut registration = json!({
            "client_id": "acme",
            "client_secret": SECRET,
            "redirect_uris": [world.acme.callback_url(code)],
            "grant_types": ["authorization_code"],
            "response_types": ["code"],
            "token_endpoint_auth_method": "client_secret_post",
        });
        let members = client.as_object().unwrap().clone();
        registration.as_object_mut().unwrap().extend(members);
        peer.register(&registration).await;
        Self {
            world,
            peer,
            connection,
        }
    }

    /// A whole sign-in; the page that ends it.
    async fn sign_in(&self, browser: &mut Browser) -> crate::support::Answer {
        let begun = browser
            .get("/sso/login?connection=peer&login_hint=u1&return_to=/welcome")
            .await;
        assert_eq!(begun.status, 303, "{}", begun.body);
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap();
        let mut at = begun.header("location").to_owned();
        let mut cookies = std::collections::BTreeMap::<String, String>::new();
        for _ in 0..6 {
            let pairs: Vec<_> = cookies
                .iter()
                .map(|(name, value)| format!("{name}={value}"))
                .collect();
            let answer = client
                .get(&at)
                .header("cookie", pairs.join("; "))
                .send()
                .await
                .unwrap();
            for cookie in answer.headers().get_all("set-cookie") {
                let pair = cookie.to_str().unwrap().split(';').next().unwrap();
                let (name, value) = pair.split_once('=').unwrap();
                cookies.insert(name.to_owned(), value.to_owned());
            }
            let Some(location) = answer.headers().get("location") else {
                let page = answer.text().await.unwrap();
                let path = format!(
                    "/sso/oidc/callback/{}",
                    self.connection.settings.oidc().unwrap().callback_codes[0]
                );
                let fields: Vec<_> = ["code", "state", "iss"]
                    .into_iter()
                    .filter_map(|name| Some((name, hidden_field(&page, name)?)))
                    .collect();
                assert!(!fields.is_empty(), "{page}");
                let fields: Vec<_> = fields
                    .iter()
                    .map(|(name, value)| (*name, &**value))
                    .collect();
                return browser.post(&path, &fields).await;
            };
            let location = location.to_str().unwrap();
            at = if location.starts_with('/') {
                format!("{}{location}", self.peer.issuer())
            } else {
                location.to_owned()
            };
            if let Some(path) = at.strip_prefix(&self.world.acme.origin.to_string()) {
                return browser.get(path).await;
            }
        }
        panic!("no end: {at}");
    }

    async fn assert_signed_in(&self) {
        let mut browser = self.world.browser();
        let answer = self.sign_in(&mut browser).await;
        assert_eq!(
            (answer.status, answer.header("location")),
            (303, "/welcome"),
            "{}",
            answer.body
        );
        let who = browser.get("/sso/session").await;
        assert!(who.body.contains("b.simon@contoso.com"), "{}", who.body);
    }
}

async fn connect(world: &World, peer: &Peer, staff: &Group, set: &[(&str, &str)]) -> Connection {
    let admin = world.admin_of(&world.acme);
    let client = ProviderClient::new().unwrap();
    let chosen = ChosenProvider::find(peer.issuer(), &client, Reach::Private)
        .await
        .unwrap();
    let draft = admin
        .provider_draft(
            "peer".parse().unwrap(),
            "Peer".to_owned(),
            chosen.issuer,
            "acme",
        )
        .await
        .unwrap();
    let mut connection = admin.with_client_secret(&draft, SECRET, None).unwrap();
    for (key, value) in set {
        connection.set(key, value).unwrap();
    }
    connection.settings.jit = Some(staff.id);
    connection.enabled = true;
    let looked = admin
        .with_discovery(&connection, &client, Reach::Private)
        .await;
    let (connection, read) = looked.unwrap();
    read.unwrap();
    let added = admin.add_connection(&connection, "test").await.unwrap();
    world.app.catch_up().await.unwrap();
    added
}

fn simon() -> PeerSettings {
    PeerSettings::new().account(&json!({
        "sub": "u1",
        "email": "b.simon@contoso.com",
        "email_verified": true,
        "given_name": "B.",
        "family_name": "Simon",
    }))
}

#[tokio::test]
async fn each_algorithm_of_oidc_provider() {
    for algorithm in ["RS256", "PS256", "ES256", "EdDSA"] {
        let client = json!({"id_token_signed_response_alg": algorithm});
        Foreign::new(Package::OidcProvider, simon(), &client)
            .await
            .assert_signed_in()
            .await;
    }
}

#[tokio::test]
async fn the_secret_in_a_header() {
    let client = json!({"token_endpoint_auth_method": "client_secret_basic"});
    let set = [("client_authentication", "client_secret_basic")];
    let foreign = Foreign::with(Package::OidcProvider, simon(), &client, &set).await;
    foreign.assert_signed_in().await;
}

#[tokio::test]
async fn an_answer_that_is_posted() {
    let set = [("response_mode", "form_post")];
    let foreign = Foreign::with(Package::OidcProvider, simon(), &json!({}), &set).await;
    foreign.assert_signed_in().await;
}

#[tokio::test]
async fn claims_at_userinfo_signed() {
    let client = json!({"userinfo_signed_response_alg": "RS256"});
    let set = [("userinfo", "signed")];
    let settings = simon().claims_at_userinfo();
    let foreign = Foreign::with(Package::OidcProvider, settings, &client, &set).await;
    foreign.assert_signed_in().await;
}

#[tokio::test]
async fn a_key_rotation() {
    let foreign = Foreign::new(Package::OidcProvider, simon(), &json!({})).await;
    foreign.assert_signed_in().await;
    foreign.peer.add_keys().await;
    foreign.assert_signed_in().await;
    foreign.peer.drop_keys().await;
    foreign.assert_signed_in().await;
}

#[tokio::test]
async fn pyop_with_claims_at_userinfo() {
    let set = [
        ("userinfo", "on"),
        ("client_authentication", "client_secret_basic"),
    ];
    let client = json!({"token_endpoint_auth_method": "client_secret_basic"});
    let foreign = Foreign::with(Package::Pyop, simon(), &client, &set).await;
    foreign.assert_signed_in().await;
}
