//! A server with two companies, acme and beta, each with an administrator and a member, and what their browsers do.

use std::sync::Arc;

use vestibule::app::App;
use vestibule::clock::Clock;
use vestibule::config::{Config, Limits};
use vestibule::domain::{AuditEvent, Company, Grant, GrantSource, Group, GroupKind, User};
use vestibule::http::Edge;

use crate::support::{self, Answer, Browser, NOW, hidden_field};

pub(super) const PASSWORD: &str = "Correct-Horse-9";
/// The administrator of acme.
pub(super) const ADMIN: &str = "anna.admin@acme.example";
/// The member of acme.
pub(super) const MEMBER: &str = "b.simon@acme.example";
/// The administrator of beta.
pub(super) const OTHER_ADMIN: &str = "otto.admin@beta.example";

pub(super) struct World {
    pub(super) app: Arc<App>,
    pub(super) router: Edge,
    pub(super) acme: Company,
    pub(super) beta: Company,
    /// acme's group of administrators, who may use passwords.
    pub(super) admins: Group,
    /// acme's group of members, who may use passwords.
    pub(super) members: Group,
    _dir: tempfile::TempDir,
}

impl World {
    pub(super) async fn new() -> Self {
        Self::with(|_| {}).await
    }

    /// With another configuration.
    pub(super) async fn with(change: impl FnOnce(&mut Config)) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut config = support::config(dir.path());
        config.limits = Limits {
            client_password_tries_per_minute: 0,
            company_password_tries_per_minute: 0,
            ..config.limits
        };
        // The reverse proxy that says where a browser is.
        config.trusted_proxies = vec!["127.0.0.1".parse().unwrap()];
        change(&mut config);
        let app = App::open(config, Clock::fixed(NOW)).await.unwrap();
        let acme = support::company("http://acme.localhost:8080");
        let beta = support::company("http://beta.localhost:8080");
        for company in [&acme, &beta] {
            app.store.add_company(company, NOW).await.unwrap();
        }
        let admins = add_group(&app, &acme, "Administrators", GroupKind::Administrator).await;
        let members = add_group(&app, &acme, "Members", GroupKind::Member).await;
        let others = add_group(&app, &beta, "Administrators", GroupKind::Administrator).await;
        let sealed = app.keys.hash_password(PASSWORD);
        add_user(&app, &acme, ADMIN, Some(&sealed), &[&admins]).await;
        add_user(&app, &acme, MEMBER, Some(&sealed), &[&members]).await;
        add_user(&app, &beta, OTHER_ADMIN, Some(&sealed), &[&others]).await;
        app.catch_up().await.unwrap();
        Self {
            router: vestibule::web::router(Arc::clone(&app)),
            app,
            acme,
            beta,
            admins,
            members,
            _dir: dir,
        }
    }

    /// A new browser at acme's site, in which nobody is signed in.
    pub(super) fn browser(&self) -> Browser {
        Browser::new(&self.router, self.acme.origin.host_key())
    }

    /// The administrator of acme, signed in.
    pub(super) async fn admin(&self) -> Browser {
        signed_in(self.browser(), ADMIN).await
    }

    /// A member of acme, signed in.
    pub(super) async fn member(&self) -> Browser {
        signed_in(self.browser(), MEMBER).await
    }

    /// The administrator of beta, signed in at beta's site.
    pub(super) async fn other_admin(&self) -> Browser {
        let browser = Browser::new(&self.router, self.beta.origin.host_key());
        signed_in(browser, OTHER_ADMIN).await
    }

    /// One more user of acme, without a password.
    pub(super) async fn add_user(&self, email: &str, groups: &[&Group]) -> User {
        add_user(&self.app, &self.acme, email, None, groups).await
    }

    /// One more user of beta.
    pub(super) async fn add_other_user(&self, email: &str) -> User {
        add_user(&self.app, &self.beta, email, None, &[]).await
    }

    /// acme as it is stored.
    pub(super) async fn stored_company(&self) -> Company {
        self.app.store.company(self.acme.id).await.unwrap().unwrap()
    }

    /// acme's audit log, the newest first, without the sign-ins of this fixture.
    pub(super) async fn audit(&self) -> Vec<AuditEvent> {
        let mut events = self
            .app
            .store
            .audit_events(self.acme.id, 100)
            .await
            .unwrap();
        events.retain(|event| event.action != "administrator.password_sign_in");
        events
    }
}

/// Signs in with the password of everyone here.
pub(super) async fn signed_in(mut browser: Browser, email: &str) -> Browser {
    let answer = sign_in(&mut browser, email, "").await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    browser
}

/// The answer to a sign-in with a password.
pub(super) async fn sign_in(browser: &mut Browser, email: &str, return_to: &str) -> Answer {
    let page = browser.get("/sign-in").await;
    let csrf = hidden_field(&page.body, "csrf").unwrap();
    let fields = [
        ("csrf", csrf.as_str()),
        ("email", email),
        ("password", PASSWORD),
        ("return_to", return_to),
    ];
    browser.post("/sign-in", &fields).await
}

/// The token of the forms in this browser's console.
pub(super) async fn token(browser: &mut Browser) -> String {
    let page = browser.get("/admin/account").await;
    assert_eq!(page.status, 200, "{}", page.body);
    hidden_field(&page.body, "csrf").unwrap()
}

/// Sends a form of the console with its token.
pub(super) async fn post(browser: &mut Browser, path: &str, fields: &[(&str, &str)]) -> Answer {
    let csrf = token(browser).await;
    let mut all = vec![("csrf", csrf.as_str())];
    all.extend_from_slice(fields);
    browser.post(path, &all).await
}

/// Sends a form with files of the console with its token.
pub(super) async fn upload(
    browser: &mut Browser,
    path: &str,
    fields: &[(&str, &str)],
    files: &[(&str, &str, &[u8])],
) -> Answer {
    let csrf = token(browser).await;
    let mut all = vec![("csrf", csrf.as_str())];
    all.extend_from_slice(fields);
    browser.upload(path, &all, files).await
}

/// The version that the form of a page holds.
pub(super) async fn version_of(browser: &mut Browser, path: &str) -> String {
    let page = browser.get(path).await;
    hidden_field(&page.body, "version").unwrap()
}

/// Follows the answer to a form to its page.
pub(super) async fn follow(browser: &mut Browser, answer: &Answer) -> Answer {
    assert_eq!(answer.status, 303, "{}", answer.body);
    let page = browser.get(answer.header("location")).await;
    assert_eq!(page.status, 200, "{}", page.body);
    page
}

async fn add_group(app: &App, company: &Company, title: &str, kind: GroupKind) -> Group {
    let group = Group {
        kind,
        sso_only: false,
        ..support::group(company.id, title)
    };
    app.store.add_group(&group, NOW).await.unwrap();
    group
}

async fn add_user(
    app: &App,
    company: &Company,
    email: &str,
    sealed: Option<&[u8]>,
    groups: &[&Group],
) -> User {
    let user = support::user(company.id, email);
    app.store.add_user(&user).await.unwrap();
    if sealed.is_some() {
        assert!(app.store.set_password(user.id, sealed, NOW).await.unwrap());
    }
    for group in groups {
        let grant = Grant {
            user_id: user.id,
            group_id: group.id,
            source: GrantSource::Administrator,
        };
        assert!(app.store.add_grant(grant, NOW).await.unwrap());
    }
    user
}
