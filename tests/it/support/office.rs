//! Two companies with people who have passwords: an administrator and a member of acme, an administrator of beta.

use std::ops::Deref;
use std::sync::LazyLock;

use vestibule::admin::Operator;
use vestibule::config::Config;
use vestibule::domain::{Application, AuditEvent, Company, Group, GroupKind, User};

use super::{ACME_ORIGIN, Browser, NOW, World, application, people};

/// The password of everyone here.
pub(crate) const PASSWORD: &str = "Correct-Horse-9";
/// The administrator of acme.
pub(crate) const ADMIN: &str = "anna.admin@acme.example";
/// The member of acme.
pub(crate) const MEMBER: &str = "b.simon@acme.example";
/// The administrator of beta.
pub(crate) const OTHER_ADMIN: &str = "otto.admin@beta.example";

/// What is stored of [`PASSWORD`]. Hashed once, by the keys that all tests share: that costs as much as all else here.
fn sealed_password() -> &'static [u8] {
    static SEALED: LazyLock<Vec<u8>> = LazyLock::new(|| super::keys().hash_password(PASSWORD));
    &SEALED
}

/// The server and its people.
pub(crate) struct Office {
    pub(crate) world: World,
    /// acme's group of administrators, who may use passwords.
    pub(crate) admins: Group,
    /// acme's group of members, who may use passwords.
    pub(crate) members: Group,
    /// beta's group of administrators.
    pub(crate) others: Group,
    pub(crate) admin: User,
    pub(crate) member: User,
    pub(crate) other: User,
}

impl Deref for Office {
    type Target = World;

    fn deref(&self) -> &World {
        &self.world
    }
}

impl Office {
    pub(crate) async fn new() -> Self {
        Self::with(|_| {}).await
    }

    /// With another configuration.
    pub(crate) async fn with(change: impl FnOnce(&mut Config)) -> Self {
        let world = World::with(ACME_ORIGIN, |config| {
            // Tests ask more often than one person or one script may.
            let limits = &mut config.limits;
            limits.client_password_tries_per_minute = 0;
            limits.company_password_tries_per_minute = 0;
            limits.token_requests_per_minute = 0;
            limits.client_api_requests_per_minute = 0;
            // The reverse proxy that says where a browser is.
            config.trusted_proxies = vec!["127.0.0.1".parse().unwrap()];
            change(config);
        })
        .await;
        let kind = GroupKind::Administrator;
        let (acme, beta) = (&world.acme, &world.beta);
        let admins = world
            .add_group_to(acme, "Administrators", kind, false)
            .await;
        let members = world
            .add_group_to(acme, "Members", GroupKind::Member, false)
            .await;
        let others = world
            .add_group_to(beta, "Administrators", kind, false)
            .await;
        let mut users = Vec::new();
        for (company, email, group) in [
            (acme, ADMIN, &admins),
            (acme, MEMBER, &members),
            (beta, OTHER_ADMIN, &others),
        ] {
            let user = super::user(company.id, email);
            people::add(&world.app.store, &user, Some(sealed_password()), &[group]).await;
            users.push(user);
        }
        world.app.catch_up().await.unwrap();
        let [admin, member, other] = users.try_into().unwrap();
        Self {
            world,
            admins,
            members,
            others,
            admin,
            member,
            other,
        }
    }

    /// The administrator of acme, signed in.
    pub(crate) async fn admin(&self) -> Browser {
        self.browser().signed_in(ADMIN).await
    }

    /// A member of acme, signed in.
    pub(crate) async fn member(&self) -> Browser {
        self.browser().signed_in(MEMBER).await
    }

    /// The administrator of beta, signed in at beta's site.
    pub(crate) async fn other_admin(&self) -> Browser {
        self.browser_at(&self.beta).signed_in(OTHER_ADMIN).await
    }

    /// One more user of acme, without a password.
    pub(crate) async fn add_user(&self, email: &str, groups: &[&Group]) -> User {
        self.add_user_to(&self.acme, email, None, groups).await
    }

    /// One more user of beta.
    pub(crate) async fn add_other_user(&self, email: &str) -> User {
        self.add_user_to(&self.beta, email, None, &[]).await
    }

    /// Gives a user the password of everyone here.
    pub(crate) async fn give_password(&self, user: &User) {
        people::set_password(&self.app.store, user.id, Some(sealed_password())).await;
    }

    /// acme's audit log, the newest first, without what a fixture leaves there.
    pub(crate) async fn audit(&self) -> Vec<AuditEvent> {
        self.audit_of(&self.acme).await
    }

    /// The actions in it, sorted: what happens at one instant has no order.
    pub(crate) async fn actions(&self) -> Vec<String> {
        let events = self.audit().await.into_iter();
        let mut actions: Vec<String> = events.map(|event| event.action.to_string()).collect();
        actions.sort_unstable();
        actions
    }

    /// An application that serves one of the companies, or every one.
    pub(crate) async fn add_application(
        &self,
        name: &str,
        company: Option<&Company>,
    ) -> Application {
        let application = application(name, company);
        let operator = Operator {
            store: &self.app.store,
            now: NOW,
        };
        operator.add_application(&application).await.unwrap();
        self.app.catch_up().await.unwrap();
        application
    }
}
