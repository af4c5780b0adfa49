//! A server with two companies, acme and beta, and clients with tokens.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{Method, Request, header};
use serde_json::Value;
use vestibule::admin::{Actor, Admin, NewToken};
use vestibule::app::App;
use vestibule::clock::Clock;
use vestibule::config::Config;
use vestibule::domain::{
    AuditEvent, Company, Creation, Grant, GrantSource, Group, GroupKind, Scope, User, UserId,
};
use vestibule::http::Edge;
use vestibule::http::client_address::Peer;

use super::document::Document;
use crate::support::{self, Answer, Browser, NOW, hidden_field, send, unique};

pub(super) const PASSWORD: &str = "Correct-Horse-9";
pub(super) const ADMIN: &str = "anna.admin@acme.example";
pub(super) const MEMBER: &str = "b.simon@acme.example";

pub(super) struct World {
    pub(super) app: Arc<App>,
    pub(super) router: Edge,
    pub(super) acme: Company,
    pub(super) beta: Company,
    /// acme's group of administrators, who may use passwords.
    pub(super) admins: Group,
    pub(super) members: Group,
    /// beta's.
    pub(super) others: Group,
    pub(super) admin: User,
    pub(super) member: User,
    pub(super) other: User,
    _dir: tempfile::TempDir,
}

impl World {
    pub(super) async fn new() -> Self {
        Self::with(|_| {}).await
    }

    pub(super) async fn with(change: impl FnOnce(&mut Config)) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut config = support::config(dir.path());
        config.trusted_proxies = vec!["127.0.0.1".parse().unwrap()];
        config.limits.token_requests_per_minute = 0;
        config.limits.client_api_requests_per_minute = 0;
        change(&mut config);
        let app = App::open(config, Clock::fixed(NOW)).await.unwrap();
        let acme = support::company("http://acme.localhost:8080");
        let beta = support::company("http://beta.localhost:8080");
        for company in [&acme, &beta] {
            app.store.add_company(company, NOW).await.unwrap();
        }
        let admins = add_group(&app, &acme, "Administrators", GroupKind::Administrator).await;
        let members = add_group(&app, &acme, "Members", GroupKind::Member).await;
        let others = add_group(&app, &beta, "Others", GroupKind::Administrator).await;
        let sealed = app.keys.hash_password(PASSWORD);
        let admin = add_user(&app, &acme, ADMIN, &sealed, &admins).await;
        let member = add_user(&app, &acme, MEMBER, &sealed, &members).await;
        let other = add_user(&app, &beta, "otto@beta.example", &sealed, &others).await;
        app.catch_up().await.unwrap();
        Self {
            router: vestibule::web::router(Arc::clone(&app)),
            app,
            acme,
            beta,
            admins,
            members,
            others,
            admin,
            member,
            other,
            _dir: dir,
        }
    }

    /// A client of acme whose token may do this.
    pub(super) async fn client(&self, scopes: &[Scope]) -> Client {
        self.client_of(&self.acme, scopes).await
    }

    /// A client of acme whose token may do everything.
    pub(super) async fn master(&self) -> Client {
        self.client(&Scope::ALL).await
    }

    pub(super) async fn client_of(&self, company: &Company, scopes: &[Scope]) -> Client {
        let new = NewToken {
            name: format!("test {}", u128::from_be_bytes(unique())),
            scopes: scopes.iter().map(ToString::to_string).collect(),
            days: 30,
        };
        let made = self.admin_of(company).create_token(&new).await.unwrap();
        Client {
            name: made.token.name,
            ..self.bearing(company, &made.secret)
        }
    }

    /// A client of a company with any token.
    pub(super) fn bearing(&self, company: &Company, token: &str) -> Client {
        Client {
            router: self.router.clone(),
            host: company.origin.host_key().to_owned(),
            authorization: Some(format!("Bearer {token}")),
            name: String::new(),
        }
    }

    /// A client without a token.
    pub(super) fn stranger(&self) -> Client {
        Client {
            authorization: None,
            ..self.bearing(&self.acme, "")
        }
    }

    pub(super) fn admin_of(&self, company: &Company) -> Admin<'_> {
        Admin {
            store: &self.app.store,
            keys: &self.app.keys,
            company: company.id,
            actor: Actor::command_line(),
            now: self.app.clock.now(),
            once: None,
        }
    }

    /// A browser of acme in which somebody is signed in.
    pub(super) async fn browser(&self, email: &str) -> Browser {
        self.browser_of(&self.acme, email).await
    }

    pub(super) async fn browser_of(&self, company: &Company, email: &str) -> Browser {
        let mut browser = Browser::new(&self.router, company.origin.host_key());
        let page = browser.get("/sign-in").await;
        let csrf = hidden_field(&page.body, "csrf").unwrap();
        let fields = [
            ("csrf", csrf.as_str()),
            ("email", email),
            ("password", PASSWORD),
            ("return_to", ""),
        ];
        let answer = browser.post("/sign-in", &fields).await;
        assert_eq!(answer.status, 303, "{}", answer.body);
        browser
    }

    /// acme's audit log, the newest first, without tokens that were made.
    pub(super) async fn audit(&self) -> Vec<AuditEvent> {
        self.audit_of(&self.acme).await
    }

    /// The actions in it, sorted: what happens at one instant has no order.
    pub(super) async fn actions(&self) -> Vec<String> {
        let events = self.audit().await.into_iter();
        let mut actions: Vec<String> = events.map(|event| event.action).collect();
        actions.sort_unstable();
        actions
    }

    pub(super) async fn audit_of(&self, company: &Company) -> Vec<AuditEvent> {
        let events = self.app.store.audit_events(company.id, 100).await.unwrap();
        let is_change = |event: &AuditEvent| {
            !["token.add", "administrator.password_sign_in"].contains(&event.action.as_str())
        };
        events.into_iter().filter(is_change).collect()
    }
}

/// A script with a token.
#[derive(Clone)]
pub(super) struct Client {
    pub(super) router: Edge,
    pub(super) host: String,
    pub(super) authorization: Option<String>,
    /// The token's name.
    pub(super) name: String,
}

impl Client {
    pub(super) async fn get(&self, path: &str) -> Answer {
        self.call(Method::GET, path, &[], None).await
    }

    pub(super) async fn post(&self, path: &str, body: Value) -> Answer {
        self.call(Method::POST, path, &[], Some(body.to_string()))
            .await
    }

    pub(super) async fn put(&self, path: &str, body: Option<Value>) -> Answer {
        let body = body.map(|body| body.to_string());
        self.call(Method::PUT, path, &[], body).await
    }

    pub(super) async fn patch(&self, path: &str, version: &str, body: Value) -> Answer {
        let headers = [("if-match", version)];
        self.call(Method::PATCH, path, &headers, Some(body.to_string()))
            .await
    }

    pub(super) async fn delete(&self, path: &str) -> Answer {
        self.call(Method::DELETE, path, &[], None).await
    }

    /// Sends a request, and holds its answer against the document.
    pub(super) async fn call(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<String>,
    ) -> Answer {
        let answer = self.raw(method.clone(), path, headers, body).await;
        Document::get().check(&method, path, &answer);
        answer
    }

    /// Sends a request.
    pub(super) async fn raw(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<String>,
    ) -> Answer {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, &self.host)
            .header("x-forwarded-for", "203.0.113.7")
            .extension(Peer("127.0.0.1:4711".parse().unwrap()));
        if let Some(authorization) = &self.authorization {
            request = request.header(header::AUTHORIZATION, authorization);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if body.is_some() {
            request = request.header(header::CONTENT_TYPE, "application/json");
        }
        let body = body.map_or_else(Body::empty, Body::from);
        send(&self.router, request.body(body).unwrap()).await
    }
}

/// The JSON of an answer.
pub(super) fn json(answer: &Answer) -> Value {
    serde_json::from_str(&answer.body).unwrap_or_else(|_| panic!("{answer:?}"))
}

/// The JSON of an answer with this status.
pub(super) fn ok(answer: &Answer, status: u16) -> Value {
    assert_eq!(answer.status, status, "{}", answer.body);
    json(answer)
}

/// Holds that an answer is this problem.
pub(super) fn is_problem(answer: &Answer, status: u16, kind: &str) -> Value {
    assert_eq!(answer.status, status, "{}", answer.body);
    assert_eq!(answer.header("content-type"), "application/problem+json");
    let problem = json(answer);
    assert_eq!(problem["type"], format!("urn:vestibule:problem:{kind}"));
    assert_eq!(problem["status"], status);
    problem
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

async fn add_user(app: &App, company: &Company, email: &str, sealed: &[u8], group: &Group) -> User {
    let user = User {
        id: UserId::from_bytes(unique()),
        company_id: company.id,
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
    app.store.add_user(&user).await.unwrap();
    let set = app.store.set_password(user.id, Some(sealed), NOW).await;
    assert!(set.unwrap());
    let grant = Grant {
        user_id: user.id,
        group_id: group.id,
        source: GrantSource::Administrator,
    };
    assert!(app.store.add_grant(grant, NOW).await.unwrap());
    user
}
