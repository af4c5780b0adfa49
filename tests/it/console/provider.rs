//! An Entra-shaped identity provider of acme, its connection, and Responses by hand.

use std::sync::{Arc, LazyLock};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use vestibule::demo_idp::{DemoConfig, DemoIdp, IdpKey, ResponseSpec, ServiceProvider, User};
use vestibule::domain::{Code, Connection, LoginAttempt};
use vestibule::import;
use vestibule::saml::metadata::IdpMetadata;

use super::world::{World, post};
use crate::support::{self, Answer, Browser, NOW, hidden_field};

static KEY: LazyLock<IdpKey> = LazyLock::new(|| IdpKey::generate(NOW).unwrap());

/// The identity provider and the connection to it.
pub(super) struct Provider {
    pub(super) idp: DemoIdp,
    pub(super) connection: Connection,
}

/// An AuthnRequest in a browser's hands.
#[derive(Debug, Clone)]
pub(super) struct Begun {
    pub(super) request: String,
    pub(super) relay_state: String,
}

impl Provider {
    /// With an enabled connection that makes accounts in acme's group of members.
    pub(super) async fn of(world: &World) -> Self {
        Self::with(world, |_| {}).await
    }

    /// With another connection.
    pub(super) async fn with(world: &World, change: impl FnOnce(&mut Connection)) -> Self {
        let clock = world.app.clock.clone();
        let idp = DemoIdp::new(DemoConfig::contoso(
            "http://127.0.0.1:8090",
            KEY.clone(),
            Arc::new(move || clock.now()),
            support::random(),
        ));
        let metadata = idp.metadata_xml().unwrap();
        let imported = IdpMetadata::parse(metadata.as_bytes(), None, NOW).unwrap();
        let mut settings = import::settings(&imported.idp);
        settings.jit = Some(world.members.id);
        let mut connection = support::connection(world.acme.id, "entra", settings);
        change(&mut connection);
        let store = &world.app.store;
        store.add_connection(&connection, NOW).await.unwrap();
        world.app.catch_up().await.unwrap();
        Self { idp, connection }
    }

    /// Changes the connection.
    pub(super) async fn change(&self, world: &World, change: impl FnOnce(&mut Connection)) {
        let store = &world.app.store;
        let mut stored = store.connection(self.connection.id).await.unwrap().unwrap();
        change(&mut stored);
        assert!(store.update_connection(&stored, NOW).await.unwrap());
        world.app.catch_up().await.unwrap();
    }

    /// The address of the connection's test.
    pub(super) fn test(&self) -> String {
        format!("/admin/connections/{}/test", self.connection.id)
    }

    /// Begins a test.
    pub(super) async fn begin_test(&self, browser: &mut Browser) -> Begun {
        begun(&post(browser, &self.test(), &[]).await)
    }

    /// A whole test about B.Simon, with a change in the Response; the page that it ends on.
    pub(super) async fn test_with(
        &self,
        world: &World,
        browser: &mut Browser,
        change: impl FnOnce(&mut ResponseSpec),
    ) -> Answer {
        let begun = self.begin_test(browser).await;
        let response = self.respond(world, &begun, change);
        let answer = bring(browser, &begun, &response).await;
        assert_eq!(answer.status, 303, "{}", answer.body);
        assert!(answer.header("location").starts_with("/admin/sign-ins/"));
        let page = browser.get(answer.header("location")).await;
        assert_eq!(page.status, 200, "{}", page.body);
        page
    }

    /// A whole sign-in of B.Simon in a new browser, with a change in the Response.
    pub(super) async fn sign_in_with(
        &self,
        world: &World,
        change: impl FnOnce(&mut ResponseSpec),
    ) -> (Browser, Answer) {
        let mut browser = world.browser();
        let begun = begun(&browser.get("/sso/login").await);
        let response = self.respond(world, &begun, change);
        let answer = bring(&mut browser, &begun, &response).await;
        (browser, answer)
    }

    /// A sign-in that is refused, and its code.
    pub(super) async fn refused_with(
        &self,
        world: &World,
        change: impl FnOnce(&mut ResponseSpec),
    ) -> LoginAttempt {
        let (_, answer) = self.sign_in_with(world, change).await;
        assert_eq!(answer.status, 403, "{}", answer.body);
        attempt(world, code_of(&answer.body)).await
    }

    /// The Response about B.Simon, after a change.
    pub(super) fn respond(
        &self,
        world: &World,
        begun: &Begun,
        change: impl FnOnce(&mut ResponseSpec),
    ) -> String {
        let sp = ServiceProvider {
            entity_id: world.acme.entity_id(),
            acs_url: world.acme.acs_url(),
        };
        let spec = self.idp.response_spec(&User::b_simon(), &sp);
        let mut spec = spec.answering(&begun.request);
        change(&mut spec);
        BASE64_STANDARD.encode(self.idp.respond(&spec).unwrap())
    }
}

/// Reads the request on a page that posts itself.
pub(super) fn begun(page: &Answer) -> Begun {
    assert_eq!(page.status, 200, "{}", page.body);
    let request = hidden_field(&page.body, "SAMLRequest").unwrap();
    let request = String::from_utf8(BASE64_STANDARD.decode(request).unwrap()).unwrap();
    let id = request.split_once(" ID=\"").unwrap().1;
    Begun {
        request: id.split_once('"').unwrap().0.to_owned(),
        relay_state: hidden_field(&page.body, "RelayState").unwrap(),
    }
}

/// Brings a Response, as the identity provider's page does.
pub(super) async fn bring(browser: &mut Browser, begun: &Begun, response: &str) -> Answer {
    let fields = [
        ("SAMLResponse", response),
        ("RelayState", begun.relay_state.as_str()),
    ];
    browser.post_from_elsewhere("/sso/acs", &fields).await
}

/// The code on a user's page.
pub(super) fn code_of(page: &str) -> &str {
    let code = page.split_once("<code").expect("a code").1;
    code.split_once('>').unwrap().1.split_once('<').unwrap().0
}

/// acme's attempt of a code.
pub(super) async fn attempt(world: &World, code: &str) -> LoginAttempt {
    let code: Code = code.parse().unwrap();
    let now = world.app.clock.now();
    let found = world
        .app
        .store
        .attempt_by_code(world.acme.id, &code, now)
        .await;
    found.unwrap().unwrap()
}
