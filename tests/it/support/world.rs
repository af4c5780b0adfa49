//! A server in this process, with two companies and nothing in them; what has to be there for a test is added.
//!
//! [`Office`](super::Office) adds people with passwords, [`Federation`](super::Federation) identity providers.

use std::sync::Arc;

#[cfg(feature = "demo")]
use vestibule::admin::{Actor, Admin};
use vestibule::app::App;
use vestibule::clock::Clock;
use vestibule::config::Config;
#[cfg(feature = "demo")]
use vestibule::domain::{AuditEvent, User};
use vestibule::domain::{Company, Group, GroupKind};
use vestibule::http::Edge;

use super::NOW;
#[cfg(feature = "demo")]
use super::{Browser, people};

/// The origins of the two companies.
pub(crate) const ACME_ORIGIN: &str = "http://acme.localhost:8080";
pub(crate) const BETA_ORIGIN: &str = "http://beta.localhost:8080";

/// The server and its companies.
pub(crate) struct World {
    pub(crate) app: Arc<App>,
    pub(crate) router: Edge,
    pub(crate) acme: Company,
    pub(crate) beta: Company,
    _dir: tempfile::TempDir,
}

impl World {
    /// On a SQLite file of its own, at [`NOW`].
    pub(crate) async fn new() -> Self {
        Self::with(ACME_ORIGIN, |_| {}).await
    }

    /// With acme at another origin, or another configuration.
    pub(crate) async fn with(acme: &str, change: impl FnOnce(&mut Config)) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut config = super::config(dir.path());
        change(&mut config);
        let app = Box::pin(App::open(config, Clock::fixed(NOW))).await;
        let app = app.unwrap();
        let (acme, beta) = (super::company(acme), super::company(BETA_ORIGIN));
        for company in [&acme, &beta] {
            app.store.add_company(company, NOW).await.unwrap();
        }
        app.catch_up().await.unwrap();
        Self {
            router: vestibule::web::router(Arc::clone(&app)),
            app,
            acme,
            beta,
            _dir: dir,
        }
    }

    /// One more permission group of a company.
    pub(crate) async fn add_group_to(
        &self,
        company: &Company,
        title: &str,
        kind: GroupKind,
        sso_only: bool,
    ) -> Group {
        let group = super::group(company.id, title, kind, sso_only);
        self.app.store.add_group(&group, NOW).await.unwrap();
        group
    }
}

#[cfg(feature = "demo")]
impl World {
    /// A new browser at acme's site, in which nobody is signed in.
    pub(crate) fn browser(&self) -> Browser {
        self.browser_at(&self.acme)
    }

    /// A new browser at a company's site.
    pub(crate) fn browser_at(&self, company: &Company) -> Browser {
        Browser::new(&self.router, company.origin.host_key())
    }

    /// What an administrator of a company may do, by the command line's word.
    pub(crate) fn admin_of(&self, company: &Company) -> Admin<'_> {
        Admin {
            store: &self.app.store,
            keys: &self.app.keys,
            company: company.id,
            actor: Actor::command_line(),
            now: self.app.clock.now(),
            once: None,
        }
    }

    /// A user that an administrator of a company made, in groups, with a password when there is one.
    pub(crate) async fn add_user_to(
        &self,
        company: &Company,
        email: &str,
        password: Option<&str>,
        groups: &[&Group],
    ) -> User {
        let sealed = password.map(|password| self.app.keys.hash_password(password));
        let user = super::user(company.id, email);
        people::add(&self.app.store, &user, sealed.as_deref(), groups).await;
        user
    }

    /// A user of acme by its address.
    pub(crate) async fn user(&self, email: &str) -> Option<User> {
        let store = &self.app.store;
        store.user_by_email(self.acme.id, email).await.unwrap()
    }

    /// acme as it is stored.
    pub(crate) async fn stored_company(&self) -> Company {
        self.app.store.company(self.acme.id).await.unwrap().unwrap()
    }

    /// Changes acme itself.
    pub(crate) async fn change_company(&self, change: impl FnOnce(&mut Company)) {
        let mut acme = self.stored_company().await;
        change(&mut acme);
        assert!(self.app.store.update_company(&acme, NOW).await.unwrap());
        self.app.catch_up().await.unwrap();
    }

    /// A company's audit log, the newest first, without what a fixture leaves there: its tokens, and sign-ins with a password.
    pub(crate) async fn audit_of(&self, company: &Company) -> Vec<AuditEvent> {
        let command_line = Actor::command_line().name;
        let mut events = self.app.store.audit_events(company.id, 100).await.unwrap();
        events.retain(|event| {
            let of_a_client = event.action == "token.add" && event.actor == command_line;
            !of_a_client && event.action != "administrator.password_sign_in"
        });
        events
    }
}
