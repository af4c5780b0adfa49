//! A company with a connection to a provider in Entra's shape, which answers at a socket.

use std::sync::{Arc, LazyLock};

use time::OffsetDateTime;
use tokio::net::TcpListener;
use vestibule::admin::ChosenProvider;
use vestibule::config::Config;
use vestibule::demo_idp::{
    DemoConfig, DemoIdp, IdpKey, IdpUser, OidcApp, OidcVariant, OptionalClaim,
};
use vestibule::domain::{Company, Connection, Group, GroupKind, LoginAttempt, Outcome};
use vestibule::oidc::Cloud;
use vestibule::outbound::{ProviderClient, Reach};

use crate::support::{ACME_ORIGIN, Answer, Browser, NOW, World, hidden_field, random};

pub(super) const CLIENT_ID: &str = "41ee2b0c-2c1f-4b0e-9f0a-6a1c3d7b5e92";
pub(super) const SECRET: &str = "8Q~a+b/c%d:e~f-g_h.i";

static KEY: LazyLock<IdpKey> = LazyLock::new(|| IdpKey::generate(NOW).unwrap());

/// The server, acme's connection "entra-oidc", and its provider.
pub(super) struct Relying {
    pub(super) world: World,
    pub(super) idp: DemoIdp,
    pub(super) connection: Connection,
    /// The group of accounts made at first sign-in.
    pub(super) staff: Group,
}

impl std::ops::Deref for Relying {
    type Target = World;

    fn deref(&self) -> &World {
        &self.world
    }
}

/// A provider in Entra's shape that listens on a port of its own.
pub(super) async fn provider(world: &World) -> DemoIdp {
    serve(world, TcpListener::bind("127.0.0.1:0").await.unwrap())
}

fn serve(world: &World, listener: TcpListener) -> DemoIdp {
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let clock = world.app.clock.clone();
    let now = Arc::new(move || -> OffsetDateTime { clock.now() });
    let idp = DemoIdp::new(DemoConfig::contoso(origin, KEY.clone(), now, random()));
    let served = idp.clone();
    tokio::spawn(async move { served.serve(listener, std::future::pending()).await });
    idp
}

/// A connection of a company to a provider, enabled, with one secret; and the provider knows it.
pub(super) async fn connect(
    world: &World,
    company: &Company,
    idp: &DemoIdp,
    name: &str,
    jit: &Group,
) -> Connection {
    let tenant = idp.tenant();
    // What an administrator pastes: of Entra ID the tenant alone.
    let pasted = match world.app.cloud() {
        Cloud::Local(_) => tenant.id.clone(),
        _ => tenant.issuer(),
    };
    let client = (CLIENT_ID, SECRET);
    let added = connect_to(world, company, name, client, &pasted, |connection| {
        connection.settings.jit = Some(jit.id);
    });
    let added = added.await;
    register(idp, company, &added, OidcVariant::Usual);
    added
}

/// A connection of a company to any provider that answers, enabled: our client ID and secret there, and further settings.
pub(super) async fn connect_to(
    world: &World,
    company: &Company,
    name: &str,
    (client_id, secret): (&str, &str),
    issuer: &str,
    change: impl FnOnce(&mut Connection),
) -> Connection {
    let admin = world.admin_of(company);
    let client = ProviderClient::new().unwrap();
    let chosen = ChosenProvider::find(world.app.cloud(), issuer, &client, Reach::Private);
    let issuer = chosen.await.unwrap().issuer;
    let draft = admin.provider_draft(name.parse().unwrap(), name.to_owned(), issuer, client_id);
    let draft = draft.await.unwrap();
    let mut connection = admin.with_client_secret(&draft, secret, None).unwrap();
    change(&mut connection);
    connection.enabled = true;
    let looked = admin.with_discovery(&connection, &client, Reach::Private);
    let (connection, read) = looked.await.unwrap();
    read.unwrap();
    let added = admin.add_connection(&connection, "test").await.unwrap();
    world.app.catch_up().await.unwrap();
    added
}

/// Registers a connection at its provider, with a variant of its answers.
pub(super) fn register(
    idp: &DemoIdp,
    company: &Company,
    connection: &Connection,
    variant: OidcVariant,
) {
    idp.register_oidc(app(company, connection).with_variant(variant));
}

/// A connection's registration at its provider.
pub(super) fn app(company: &Company, connection: &Connection) -> OidcApp {
    let oidc = connection.settings.oidc().unwrap();
    let mut codes = oidc.callback_codes.iter();
    let first = company.callback_url(codes.next().unwrap());
    let app = OidcApp::new(CLIENT_ID, "Acme", first)
        .with_secret(SECRET)
        .with_claims(OptionalClaim::ALL.into_iter().filter(|claim| {
            // What decides about an address is a test's to send.
            !matches!(claim.name(), "xms_edov" | "verified_primary_email")
        }));
    codes.fold(app, |app, code| {
        app.with_redirect_uri(company.callback_url(code))
    })
}

impl Relying {
    pub(super) async fn new() -> Self {
        Self::at(ACME_ORIGIN).await
    }

    pub(super) async fn at(origin: &str) -> Self {
        let world = World::with(origin, |_| {}).await;
        let idp = provider(&world).await;
        Self::between(world, idp).await
    }

    /// The same where the provider is Entra ID for the server, and not one more provider.
    pub(super) async fn of_entra() -> Self {
        Self::of_entra_with(|_| {}).await
    }

    /// The same with another configuration.
    pub(super) async fn of_entra_with(change: impl FnOnce(&mut Config)) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let world = World::with(ACME_ORIGIN, |config| {
            config.development.entra_port = port;
            change(config);
        });
        let world = world.await;
        let idp = serve(&world, listener);
        Self::between(world, idp).await
    }

    async fn between(world: World, idp: DemoIdp) -> Self {
        let staff = world
            .add_group_to(&world.acme, "Staff", GroupKind::Member, false)
            .await;
        let connection = connect(&world, &world.acme, &idp, "entra-oidc", &staff).await;
        Self {
            world,
            idp,
            connection,
            staff,
        }
    }

    /// Has the provider answer in another way from now on.
    pub(super) fn vary(&self, variant: OidcVariant) {
        register(&self.idp, &self.acme, &self.connection, variant);
    }

    /// Changes the connection as `connection set` does.
    pub(super) async fn set(&self, settings: &[(&str, &str)]) {
        self.change(|connection| {
            for (key, value) in settings {
                connection.set(key, value).unwrap();
            }
        })
        .await;
    }

    pub(super) async fn change(&self, change: impl FnOnce(&mut Connection)) {
        let mut connection = self.stored().await;
        change(&mut connection);
        let store = &self.app.store;
        assert!(store.update_connection(&connection, NOW).await.unwrap());
        self.app.catch_up().await.unwrap();
    }

    pub(super) async fn stored(&self) -> Connection {
        let stored = self.app.store.connection(self.connection.id).await.unwrap();
        stored.unwrap()
    }

    /// Begins a sign-in, and B.Simon signs in at the provider: the address that it sends the browser to.
    pub(super) async fn answered(&self, browser: &mut Browser) -> String {
        self.answered_by(browser, &IdpUser::b_simon()).await
    }

    pub(super) async fn answered_by(&self, browser: &mut Browser, user: &IdpUser) -> String {
        let begun = browser
            .get("/sso/login?connection=entra-oidc&return_to=/welcome")
            .await;
        assert_eq!(begun.status, 303, "{}", begun.body);
        let answer = sign_in_at(&self.idp, begun.header("location"), user).await;
        answer
            .location
            .unwrap_or_else(|| panic!("no redirect: {}", answer.body))
    }

    /// A whole sign-in by B.Simon.
    pub(super) async fn sign_in(&self, browser: &mut Browser) -> Answer {
        let address = self.answered(browser).await;
        browser.get(path_of(&address)).await
    }

    /// Asserts that acme refused by a rule, with a page that says nothing of it, and began no session.
    pub(super) async fn assert_refused(&self, answer: &Answer, rule: &str) -> LoginAttempt {
        assert_eq!(answer.status, 403, "{}", answer.body);
        assert!(answer.body.contains("Sign-in failed"), "{}", answer.body);
        assert!(
            !answer.header("set-cookie").contains("session"),
            "{:?}",
            answer.headers
        );
        let attempt = self.attempt(&self.acme, answer).await;
        assert_eq!(attempt.outcome, Outcome::Refused);
        assert_eq!(attempt.rule.as_deref(), Some(rule), "{}", attempt.summary);
        attempt
    }
}

/// What the provider's last page sends the browser to, or shows.
pub(super) struct ProviderPage {
    pub(super) location: Option<String>,
    /// The provider's own session.
    pub(super) cookie: Option<String>,
    pub(super) body: String,
}

/// Goes to the provider and signs in there.
pub(super) async fn sign_in_at(idp: &DemoIdp, address: &str, user: &IdpUser) -> ProviderPage {
    let client = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap();
    let page = client
        .get(address)
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    let Some(flow) = hidden_field(&page, "flow") else {
        return ProviderPage {
            location: None,
            cookie: None,
            body: page,
        };
    };
    let tenant = idp.tenant();
    let form = form_urlencoded::Serializer::new(String::new())
        .append_pair("flow", &flow)
        .append_pair("login", &user.principal_name)
        .append_pair("passwd", &user.password)
        .finish();
    let answer = client
        .post(format!("{}/{}/login", tenant.origin, tenant.id))
        .header("content-type", "application/x-www-form-urlencoded")
        .body(form)
        .send()
        .await
        .unwrap();
    let header = |name| {
        let value = answer.headers().get(name)?;
        value.to_str().ok().map(str::to_owned)
    };
    ProviderPage {
        location: header("location"),
        cookie: header("set-cookie"),
        body: answer.text().await.unwrap(),
    }
}

/// Where the provider sends a browser on that it still knows.
pub(super) async fn pass_through(address: &str, cookie: &str) -> String {
    let client = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap();
    let answer = client.get(address).header("cookie", cookie).send();
    let answer = answer.await.unwrap();
    answer.headers()["location"].to_str().unwrap().to_owned()
}

/// Path and query of an address of acme's site.
pub(super) fn path_of(address: &str) -> &str {
    address
        .strip_prefix(ACME_ORIGIN)
        .unwrap_or_else(|| panic!("not at acme: {address}"))
}

/// An address with another value of a parameter; without it when there is none.
pub(super) fn with_parameter(address: &str, name: &str, value: Option<&str>) -> String {
    let (base, query) = address.split_once('?').unwrap();
    let pairs = form_urlencoded::parse(query.as_bytes());
    let others = pairs.filter(|(it, _)| it != name);
    let query = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(others)
        .extend_pairs(value.map(|value| (name, value)))
        .finish();
    format!("{base}?{query}")
}
