//! Whole sign-ins against providers that others wrote: npm's oidc-provider, and Python's pyop.

use serde_json::{Value, json};
use url::Url;
use vestibule::domain::{AuditAction, ClientKeyAlgorithm, Connection, GroupKind};

use super::world::{connect_to, path_of};
use crate::oidc_peers::{Package, Peer, PeerSettings, Visitor};
use crate::support::{Browser, NOW, World};

const SECRET: &str = "a+b/c%d:e~";

struct Foreign {
    world: World,
    peer: Peer,
    connection: Connection,
    registration: Value,
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
        let connection = connect_to(
            &world,
            &world.acme,
            "peer",
            ("acme", SECRET),
            peer.issuer(),
            |it| {
                for (key, value) in set {
                    it.set(key, value).unwrap();
                }
                it.settings.jit = Some(staff.id);
            },
        );
        let connection = connection.await;
        let code = &connection.settings.oidc().unwrap().callback_codes[0];
        let registration = json!({
            "client_id": "acme",
            "client_secret": SECRET,
            "redirect_uris": [world.acme.callback_url(code)],
            "grant_types": ["authorization_code"],
            "response_types": ["code"],
            "token_endpoint_auth_method": "client_secret_post",
        });
        let foreign = Self {
            world,
            peer,
            connection,
            registration,
        };
        foreign.register(client).await;
        foreign
    }

    /// Registers the client with further members.
    async fn register(&self, client: &Value) {
        let mut registration = self.registration.clone();
        let members = client.as_object().unwrap().clone();
        registration.as_object_mut().unwrap().extend(members);
        self.peer.register(&registration).await;
    }

    /// Shows the provider a key pair from now on; its public key.
    async fn use_key(&self, algorithm: ClientKeyAlgorithm) -> Value {
        let admin = self.world.admin_of(&self.world.acme);
        let before = admin.connection(self.connection.id).await.unwrap();
        let made = admin.with_new_key(&before, Some(algorithm)).await;
        let (after, pair) = made.unwrap();
        let after = admin.with_key_in_use(&after, &pair.sha1, None).unwrap();
        let action = AuditAction::ConnectionSet;
        admin.change_connection(&after, action, None).await.unwrap();
        self.world.app.catch_up().await.unwrap();
        admin.public_key_files(&after, &pair.sha1).unwrap().jwk
    }

    /// A whole sign-in; the page that ends it.
    async fn sign_in(&self, browser: &mut Browser) -> crate::support::Answer {
        let begun = browser
            .get("/sso/login?connection=peer&login_hint=u1&return_to=/welcome")
            .await;
        assert_eq!(begun.status, 303, "{}", begun.body);
        let url = Url::parse(begun.header("location")).unwrap();
        let arrival = Visitor::of(&self.peer).follow(url).await;
        let path = path_of(arrival.url.as_str());
        match &arrival.form {
            None => browser.get(path).await,
            Some(form) => {
                let body = form.clone().into();
                let kind = "application/x-www-form-urlencoded";
                browser.post_body(path, kind, body).await
            }
        }
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

/// By the issuer as audience, and by the token endpoint where the connection says so (rule N3).
#[tokio::test]
async fn a_key_pair_of_each_algorithm() {
    for (algorithm, audience) in [
        (ClientKeyAlgorithm::Rs256, "issuer"),
        (ClientKeyAlgorithm::Ps256, "token_endpoint"),
        (ClientKeyAlgorithm::Es256, "issuer"),
    ] {
        let set = [("assertion_audience", audience)];
        let foreign = Foreign::with(Package::OidcProvider, simon(), &json!({}), &set).await;
        let jwk = foreign.use_key(algorithm).await;
        let client = json!({
            "token_endpoint_auth_method": "private_key_jwt",
            "jwks": {"keys": [jwk]},
        });
        foreign.register(&client).await;
        foreign.assert_signed_in().await;
        foreign.assert_signed_in().await;
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
