//! A server with two companies, and an Entra-shaped identity provider for each; nothing between them but browsers.

use std::sync::{Arc, LazyLock};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use time::OffsetDateTime;
use vestibule::app::App;
use vestibule::clock::Clock;
use vestibule::config::Config;
use vestibule::demo_idp::{
    DemoConfig, DemoIdp, IdpKey, ResponseSpec, ServiceProvider, Tenant, User,
};
use vestibule::domain::{
    self, Code, Company, Connection, Creation, Grant, GrantSource, Group, GroupKind, LoginAttempt,
    Outcome, UserId,
};
use vestibule::http::Edge;
use vestibule::import;
use vestibule::saml::binding::{MessageKind, decode_redirect};
use vestibule::saml::metadata::IdpMetadata;
use vestibule::xml::{Document, Limits};

use crate::support::{self, Answer, Browser, NOW, hidden_field, unescaped, unique};

pub(super) const ACME: &str = "http://acme.localhost:8080";
pub(super) const BETA: &str = "http://beta.localhost:8080";

static ACME_KEY: LazyLock<IdpKey> = LazyLock::new(|| IdpKey::generate(NOW).unwrap());
static BETA_KEY: LazyLock<IdpKey> = LazyLock::new(|| IdpKey::generate(NOW).unwrap());

/// The server and who is around it.
pub(super) struct World {
    pub(super) app: Arc<App>,
    pub(super) router: Edge,
    pub(super) acme: Company,
    pub(super) beta: Company,
    /// acme's connection.
    pub(super) entra: Connection,
    /// acme's identity provider.
    pub(super) idp: DemoIdp,
    /// beta's.
    pub(super) beta_idp: DemoIdp,
    /// acme's group of accounts made at first sign-in.
    pub(super) basic: Group,
    _dir: tempfile::TempDir,
}

/// An AuthnRequest in a browser's hands.
#[derive(Debug, Clone)]
pub(super) struct Begun {
    /// Where it goes.
    pub(super) destination: String,
    /// Its ID.
    pub(super) id: String,
    pub(super) xml: String,
    pub(super) relay_state: Option<String>,
    /// Whether its query was signed.
    pub(super) signed_query: bool,
    /// Whether it travels by POST.
    pub(super) by_post: bool,
}

impl World {
    /// On a SQLite file of its own.
    pub(super) async fn new() -> Self {
        Self::with(ACME, |_| {}).await
    }

    /// With acme at another origin, or another configuration.
    pub(super) async fn with(acme: &str, change: impl FnOnce(&mut Config)) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut config = support::config(dir.path());
        change(&mut config);
        let app = App::open(config, Clock::fixed(NOW)).await.unwrap();
        let (acme, beta) = (support::company(acme), support::company(BETA));
        let idp = identity_provider(
            &app,
            Tenant::contoso("http://127.0.0.1:8090"),
            ACME_KEY.clone(),
        );
        let tenant = Tenant::new(
            "0d9c1a5e-77f4-4f0b-9b53-8f2a6c4e1d30",
            "Fabrikam",
            "http://127.0.0.1:8091",
        );
        let beta_idp = identity_provider(&app, tenant, BETA_KEY.clone());
        let (entra, basic) = add(&app, &acme, &idp, "entra").await;
        add(&app, &beta, &beta_idp, "fabrikam").await;
        app.catch_up().await.unwrap();
        Self {
            router: vestibule::web::router(Arc::clone(&app)),
            app,
            acme,
            beta,
            entra,
            idp,
            beta_idp,
            basic,
            _dir: dir,
        }
    }

    /// A new browser at acme's site.
    pub(super) fn browser(&self) -> Browser {
        self.browser_at(&self.acme)
    }

    pub(super) fn browser_at(&self, company: &Company) -> Browser {
        Browser::new(&self.router, company.origin.host_key())
    }

    /// Changes acme's connection as `connection set` does.
    pub(super) async fn set(&self, settings: &[(&str, &str)]) {
        self.change(|entra| {
            for (key, value) in settings {
                entra.set(key, value).unwrap();
            }
        })
        .await;
    }

    /// Changes acme's connection.
    pub(super) async fn change(&self, change: impl FnOnce(&mut Connection)) {
        let stored = self.app.store.connection(self.entra.id).await.unwrap();
        let mut entra = stored.unwrap();
        change(&mut entra);
        assert!(self.app.store.update_connection(&entra, NOW).await.unwrap());
        self.app.catch_up().await.unwrap();
    }

    /// Changes acme itself.
    pub(super) async fn change_company(&self, change: impl FnOnce(&mut Company)) {
        let stored = self.app.store.company(self.acme.id).await.unwrap();
        let mut acme = stored.unwrap();
        change(&mut acme);
        assert!(self.app.store.update_company(&acme, NOW).await.unwrap());
        self.app.catch_up().await.unwrap();
    }

    /// One more permission group of acme.
    pub(super) async fn add_group(&self, title: &str, kind: GroupKind, sso_only: bool) -> Group {
        let group = Group {
            kind,
            sso_only,
            ..support::group(self.acme.id, title)
        };
        self.app.store.add_group(&group, NOW).await.unwrap();
        group
    }

    /// An account that an administrator of acme made.
    pub(super) async fn add_user(
        &self,
        email: &str,
        password: Option<&str>,
        groups: &[&Group],
    ) -> UserId {
        let id = UserId::from_bytes(unique());
        let user = domain::User {
            id,
            company_id: self.acme.id,
            email: email.parse().unwrap(),
            first_name: String::new(),
            last_name: String::new(),
            company_name: String::new(),
            created_by: Creation::Administrator,
            has_password: false,
            waits_for: None,
            disabled_at: None,
            created_at: NOW,
            last_sign_in_at: None,
        };
        let store = &self.app.store;
        store.add_user(&user).await.unwrap();
        if let Some(password) = password {
            let sealed = self.app.keys.hash_password(password);
            assert!(store.set_password(id, Some(&sealed), NOW).await.unwrap());
        }
        for group in groups {
            let grant = Grant {
                user_id: id,
                group_id: group.id,
                source: GrantSource::Administrator,
            };
            assert!(store.add_grant(grant, NOW).await.unwrap());
        }
        id
    }

    /// The account of an address at acme.
    pub(super) async fn user(&self, email: &str) -> Option<domain::User> {
        let store = &self.app.store;
        store.user_by_email(self.acme.id, email).await.unwrap()
    }

    /// The Response of acme's identity provider about B.Simon, after a change.
    pub(super) fn respond(&self, begun: &Begun, change: impl FnOnce(&mut ResponseSpec)) -> String {
        let mut spec = self.spec(&User::b_simon()).answering(&begun.id);
        change(&mut spec);
        self.encoded(&spec)
    }

    /// What acme's identity provider says about somebody without being asked.
    pub(super) fn spec(&self, user: &User) -> ResponseSpec {
        self.idp.response_spec(user, &service_provider(&self.acme))
    }

    /// The Response, signed by acme's identity provider, as a form carries it.
    pub(super) fn encoded(&self, spec: &ResponseSpec) -> String {
        BASE64_STANDARD.encode(self.idp.respond(spec).unwrap())
    }

    /// Brings a Response to acme, as the identity provider's page does.
    pub(super) async fn bring(
        &self,
        browser: &mut Browser,
        begun: &Begun,
        response: &str,
    ) -> Answer {
        let relay_state = begun.relay_state.as_deref().unwrap();
        browser
            .post_from_elsewhere(
                "/sso/acs",
                &[("SAMLResponse", response), ("RelayState", relay_state)],
            )
            .await
    }

    /// A whole sign-in by B.Simon, with a change in the Response.
    pub(super) async fn sign_in_with(
        &self,
        browser: &mut Browser,
        change: impl FnOnce(&mut ResponseSpec),
    ) -> Answer {
        let begun = begin(browser, "/sso/login").await;
        let response = self.respond(&begun, change);
        self.bring(browser, &begun, &response).await
    }

    /// A whole sign-in by B.Simon in a new browser.
    pub(super) async fn signed_in(&self) -> Browser {
        let mut browser = self.browser();
        let answer = self.sign_in_with(&mut browser, |_| {}).await;
        assert_eq!(answer.status, 303, "{}", answer.body);
        browser
    }

    /// The attempt that a page's code names.
    pub(super) async fn attempt(&self, company: &Company, answer: &Answer) -> LoginAttempt {
        let code: Code = code_of(&answer.body).parse().unwrap();
        let now = self.app.clock.now();
        let found = self.app.store.attempt_by_code(company.id, &code, now).await;
        found.unwrap().unwrap()
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
        assert!(!attempt.summary.is_empty() && !answer.body.contains(&attempt.summary));
        attempt
    }
}

/// Follows an address of the site that begins a sign-in, and reads the request on its way.
pub(super) async fn begin(browser: &mut Browser, path: &str) -> Begun {
    read(&browser.get(path).await)
}

/// Reads the request in an answer.
pub(super) fn read(answer: &Answer) -> Begun {
    let (destination, xml, relay_state, signed_query) = if answer.status == 303 {
        let (destination, query) = answer.header("location").split_once('?').unwrap();
        let message = decode_redirect(query).unwrap();
        assert_eq!(message.kind, MessageKind::Request);
        (
            destination.to_owned(),
            message.xml,
            message.relay_state,
            message.signature.is_some(),
        )
    } else {
        assert_eq!(answer.status, 200, "{}", answer.body);
        let action = answer
            .body
            .split_once("action=\"")
            .unwrap()
            .1
            .split_once('"');
        let request = hidden_field(&answer.body, "SAMLRequest").unwrap();
        (
            unescaped(action.unwrap().0),
            BASE64_STANDARD.decode(request).unwrap(),
            hidden_field(&answer.body, "RelayState"),
            false,
        )
    };
    let document = Document::parse(&xml, &Limits::MESSAGE).unwrap();
    let id = document.root().attribute("ID").unwrap().to_owned();
    drop(document);
    Begun {
        destination,
        id,
        xml: String::from_utf8(xml).unwrap(),
        relay_state,
        signed_query,
        by_post: answer.status != 303,
    }
}

/// The code on a page.
pub(super) fn code_of(page: &str) -> &str {
    let code = page.split_once("<code").expect("a code").1;
    code.split_once('>').unwrap().1.split_once('<').unwrap().0
}

pub(super) fn service_provider(company: &Company) -> ServiceProvider {
    ServiceProvider {
        entity_id: company.entity_id(),
        acs_url: company.acs_url(),
    }
}

fn identity_provider(app: &Arc<App>, tenant: Tenant, key: IdpKey) -> DemoIdp {
    let clock = app.clock.clone();
    let config = DemoConfig {
        tenant,
        ..DemoConfig::contoso(
            "http://127.0.0.1:8090",
            key,
            Arc::new(move || -> OffsetDateTime { clock.now() }),
            support::random(),
        )
    };
    DemoIdp::new(config)
}

/// A company with a permission group and the connection that the identity provider's metadata makes.
async fn add(app: &App, company: &Company, idp: &DemoIdp, name: &str) -> (Connection, Group) {
    app.store.add_company(company, NOW).await.unwrap();
    let group = support::group(company.id, "SSO Basic");
    app.store.add_group(&group, NOW).await.unwrap();
    let metadata = idp.metadata_xml().unwrap();
    let imported = IdpMetadata::parse(metadata.as_bytes(), None, NOW).unwrap();
    let mut settings = import::settings(&imported.idp);
    settings.jit = Some(group.id);
    let connection = support::connection(company.id, name, settings);
    app.store.add_connection(&connection, NOW).await.unwrap();
    (connection, group)
}

/// A second application of acme's tenant: the same issuer, another key, and a connection of its own that accepts what nobody
/// asked for.
pub(super) async fn second_application(world: &World) -> (Connection, DemoIdp) {
    let tenant = Tenant::contoso("http://127.0.0.1:8090");
    let idp = identity_provider(&world.app, tenant, BETA_KEY.clone());
    let metadata = idp.metadata_xml().unwrap();
    let imported = IdpMetadata::parse(metadata.as_bytes(), None, NOW).unwrap();
    let mut settings = import::settings(&imported.idp);
    settings.jit = Some(world.basic.id);
    for (key, value) in [
        ("unsolicited", "accept"),
        ("landing", "/second"),
        ("extra_audiences", "urn:second"),
    ] {
        settings.set(key, value).unwrap();
    }
    let mut connection = support::connection(world.acme.id, "second", settings);
    connection.sort_order = 9;
    let store = &world.app.store;
    store.add_connection(&connection, NOW).await.unwrap();
    world.app.catch_up().await.unwrap();
    (connection, idp)
}
