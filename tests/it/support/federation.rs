//! Two companies with a connection to an identity provider each; nothing between them but browsers.

use std::ops::Deref;

use vestibule::config::Config;
use vestibule::demo_idp::{DemoIdp, IdpUser, ResponseSpec};
use vestibule::domain::{
    Code, Company, Connection, Group, GroupKind, LoginAttempt, Outcome, UserId,
};

use super::identity_provider::{self as provider, Begun, begin};
use super::{ACME_ORIGIN, ADMIN, Answer, Browser, NOW, PASSWORD, World};

/// The server and who is around it.
pub(crate) struct Federation {
    pub(crate) world: World,
    /// acme's connection.
    pub(crate) entra: Connection,
    /// acme's identity provider.
    pub(crate) idp: DemoIdp,
    /// beta's.
    pub(crate) beta_idp: DemoIdp,
    /// acme's group of accounts made at first sign-in.
    pub(crate) basic: Group,
}

impl Deref for Federation {
    type Target = World;

    fn deref(&self) -> &World {
        &self.world
    }
}

impl Federation {
    pub(crate) async fn new() -> Self {
        Self::with(ACME_ORIGIN, |_| {}).await
    }

    /// With acme at another origin, or another configuration.
    pub(crate) async fn with(acme: &str, change: impl FnOnce(&mut Config)) -> Self {
        let world = World::with(acme, change).await;
        let idp = provider::contoso(&world.app.clock);
        let beta_idp = provider::fabrikam(&world.app.clock);
        let (entra, basic) = connect(&world, &world.acme, &idp, "entra").await;
        connect(&world, &world.beta, &beta_idp, "fabrikam").await;
        world.app.catch_up().await.unwrap();
        Self {
            world,
            entra,
            idp,
            beta_idp,
            basic,
        }
    }

    /// One more connection of acme, to an identity provider whose accounts are made in the same group.
    pub(crate) async fn connect(
        &self,
        idp: &DemoIdp,
        name: &str,
        change: impl FnOnce(&mut Connection),
    ) -> Connection {
        let settings = provider::settings(idp, &self.basic);
        let mut connection = super::connection(self.acme.id, name, settings);
        change(&mut connection);
        let store = &self.app.store;
        store.add_connection(&connection, NOW).await.unwrap();
        self.app.catch_up().await.unwrap();
        connection
    }

    /// acme's second connection, "okta", to beta's identity provider.
    pub(crate) async fn okta(&self) -> Connection {
        self.connect(&self.beta_idp, "okta", |_| {}).await
    }

    /// Changes acme's connection as `connection set` does.
    pub(crate) async fn set(&self, settings: &[(&str, &str)]) {
        self.change(|entra| {
            for (key, value) in settings {
                entra.set(key, value).unwrap();
            }
        })
        .await;
    }

    /// Changes acme's connection.
    pub(crate) async fn change(&self, change: impl FnOnce(&mut Connection)) {
        let stored = self.app.store.connection(self.entra.id).await.unwrap();
        let mut entra = stored.unwrap();
        change(&mut entra);
        assert!(self.app.store.update_connection(&entra, NOW).await.unwrap());
        self.app.catch_up().await.unwrap();
    }

    /// One more permission group of acme.
    pub(crate) async fn add_group(&self, title: &str, kind: GroupKind, sso_only: bool) -> Group {
        self.add_group_to(&self.acme, title, kind, sso_only).await
    }

    /// An administrator of acme, [`ADMIN`] with the password of everyone, and its group.
    pub(crate) async fn add_administrator(&self) -> Group {
        let admins = self
            .add_group("Administrators", GroupKind::Administrator, false)
            .await;
        self.add_user(ADMIN, Some(PASSWORD), &[&admins]).await;
        admins
    }

    /// An account that an administrator of acme made.
    pub(crate) async fn add_user(
        &self,
        email: &str,
        password: Option<&str>,
        groups: &[&Group],
    ) -> UserId {
        self.add_user_to(&self.acme, email, password, groups)
            .await
            .id
    }

    /// The Response of acme's identity provider about B.Simon, after a change.
    pub(crate) fn respond(&self, begun: &Begun, change: impl FnOnce(&mut ResponseSpec)) -> String {
        provider::respond(&self.idp, &self.acme, begun, change)
    }

    /// What acme's identity provider says about somebody without being asked.
    pub(crate) fn spec(&self, user: &IdpUser) -> ResponseSpec {
        let here = provider::service_provider(&self.acme);
        self.idp.response_spec(user, &here)
    }

    /// The Response, signed by acme's identity provider, as a form carries it.
    pub(crate) fn encoded(&self, spec: &ResponseSpec) -> String {
        provider::encoded(&self.idp, spec)
    }

    /// Brings a Response to the site of a browser, as the identity provider's page does.
    pub(crate) async fn bring(
        &self,
        browser: &mut Browser,
        begun: &Begun,
        response: &str,
    ) -> Answer {
        provider::bring(browser, begun, response).await
    }

    /// A whole sign-in by B.Simon, with a change in the Response.
    pub(crate) async fn sign_in_with(
        &self,
        browser: &mut Browser,
        change: impl FnOnce(&mut ResponseSpec),
    ) -> Answer {
        let begun = begin(browser, "/sso/login").await;
        let response = self.respond(&begun, change);
        self.bring(browser, &begun, &response).await
    }

    /// The same in a new browser, through one of several connections to this identity provider.
    pub(crate) async fn sign_in_through(
        &self,
        name: &str,
        idp: &DemoIdp,
        change: impl FnOnce(&mut ResponseSpec),
    ) -> (Browser, Answer) {
        let mut browser = self.browser();
        let begun = begin(&mut browser, &format!("/sso/login?connection={name}")).await;
        let response = provider::respond(idp, &self.acme, &begun, change);
        let answer = self.bring(&mut browser, &begun, &response).await;
        (browser, answer)
    }

    /// A whole sign-in by B.Simon in a new browser.
    pub(crate) async fn signed_in(&self) -> Browser {
        let mut browser = self.browser();
        let answer = self.sign_in_with(&mut browser, |_| {}).await;
        assert_eq!(answer.status, 303, "{}", answer.body);
        browser
    }

    /// Asserts that acme refused by a rule, with a page that says nothing of it, and began no session.
    pub(crate) async fn assert_refused(&self, answer: &Answer, rule: &str) -> LoginAttempt {
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

impl World {
    /// The attempt that a page's code names.
    pub(crate) async fn attempt(&self, company: &Company, answer: &Answer) -> LoginAttempt {
        let code: Code = provider::code_of(&answer.body).parse().unwrap();
        self.attempt_of(company, &code).await
    }

    /// A company's attempt of a code.
    pub(crate) async fn attempt_of(&self, company: &Company, code: &Code) -> LoginAttempt {
        let now = self.app.clock.now();
        let found = self.app.store.attempt_by_code(company.id, code, now).await;
        found.unwrap().unwrap()
    }
}

/// A company's connection to an identity provider, and the group of the accounts that it makes.
async fn connect(
    world: &World,
    company: &Company,
    idp: &DemoIdp,
    name: &str,
) -> (Connection, Group) {
    let group = world
        .add_group_to(company, "SSO Basic", GroupKind::Member, true)
        .await;
    let connection = super::connection(company.id, name, provider::settings(idp, &group));
    world
        .app
        .store
        .add_connection(&connection, NOW)
        .await
        .unwrap();
    (connection, group)
}
