//! acme's connection to an Entra-shaped identity provider, as an administrator tests it.

use vestibule::demo_idp::{DemoIdp, ResponseSpec};
use vestibule::domain::{Connection, LoginAttempt};

use crate::support::console::post;
use crate::support::identity_provider::{self as provider, Begun, begin, bring, read};
use crate::support::{self, Answer, Browser, NOW, Office};

/// The identity provider and the connection to it.
pub(super) struct Provider {
    pub(super) idp: DemoIdp,
    pub(super) connection: Connection,
}

impl Provider {
    /// With an enabled connection that makes accounts in acme's group of members.
    pub(super) async fn of(world: &Office) -> Self {
        Self::with(world, |_| {}).await
    }

    /// With another connection.
    pub(super) async fn with(world: &Office, change: impl FnOnce(&mut Connection)) -> Self {
        let idp = provider::contoso(&world.app.clock);
        let settings = provider::settings(&idp, &world.members);
        let mut connection = support::connection(world.acme.id, "entra", settings);
        change(&mut connection);
        let store = &world.app.store;
        store.add_connection(&connection, NOW).await.unwrap();
        world.app.catch_up().await.unwrap();
        Self { idp, connection }
    }

    /// Changes the connection.
    pub(super) async fn change(&self, world: &Office, change: impl FnOnce(&mut Connection)) {
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
        read(&post(browser, &self.test(), &[]).await)
    }

    /// A whole test about B.Simon, with a change in the Response; the page that it ends on.
    pub(super) async fn test_with(
        &self,
        world: &Office,
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
        world: &Office,
        change: impl FnOnce(&mut ResponseSpec),
    ) -> (Browser, Answer) {
        let mut browser = world.browser();
        let begun = begin(&mut browser, "/sso/login").await;
        let response = self.respond(world, &begun, change);
        let answer = bring(&mut browser, &begun, &response).await;
        (browser, answer)
    }

    /// A sign-in that is refused, and its code.
    pub(super) async fn refused_with(
        &self,
        world: &Office,
        change: impl FnOnce(&mut ResponseSpec),
    ) -> LoginAttempt {
        let (_, answer) = self.sign_in_with(world, change).await;
        assert_eq!(answer.status, 403, "{}", answer.body);
        world.attempt(&world.acme, &answer).await
    }

    /// The Response about B.Simon, after a change.
    pub(super) fn respond(
        &self,
        world: &Office,
        begun: &Begun,
        change: impl FnOnce(&mut ResponseSpec),
    ) -> String {
        provider::respond(&self.idp, &world.acme, begun, change)
    }
}
