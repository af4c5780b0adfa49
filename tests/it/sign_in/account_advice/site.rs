//! Where a refusal is brought about and mended: what the people of a company do there.

use axum::http::Method;
use serde_json::{Value, json};
use vestibule::demo_idp::ResponseSpec;
use vestibule::domain::{
    AttemptId, AttemptKind, Connection, Family, Group, LoginAttempt, Profile, UserId,
};
use vestibule::store::{AttemptFilter, AttemptRef, Proof, SignIn};

use super::SIMON;
use crate::support::console::post;
use crate::support::{self, ADMIN, Answer, ApiClient, Browser, Federation};

/// acme with an administrator, a token that may do everything, and a second connection where it is wanted.
pub(super) struct Site {
    pub(super) world: Federation,
    pub(super) admins: Group,
    script: ApiClient,
}

impl Site {
    pub(super) async fn new() -> Self {
        let world = Federation::new().await;
        let admins = world.add_administrator().await;
        let script = world.master().await;
        world.app.catch_up().await.unwrap();
        Self {
            world,
            admins,
            script,
        }
    }

    pub(super) async fn sign_in(
        &self,
        through: &str,
        change: impl FnOnce(&mut ResponseSpec),
    ) -> Answer {
        let world = &self.world;
        let idp = if through == "okta" {
            &world.beta_idp
        } else {
            &world.idp
        };
        world.sign_in_through(through, idp, change).await.1
    }

    /// The user of a sign-in that succeeds.
    pub(super) async fn signed_in(
        &self,
        email: &str,
        change: impl FnOnce(&mut ResponseSpec),
    ) -> UserId {
        let answer = self.sign_in("entra", change).await;
        assert_eq!(answer.status, 303, "{}", answer.body);
        self.user(email).await
    }

    pub(super) async fn user(&self, email: &str) -> UserId {
        self.world.user(email).await.unwrap().id
    }

    /// A user that an administrator has made by the API.
    pub(super) async fn add(&self, body: Value) -> UserId {
        let answer = self.api(Method::POST, "/api/v1/users", body).await;
        answer["id"].as_str().unwrap().parse().unwrap()
    }

    pub(super) async fn api(&self, method: Method, path: &str, body: Value) -> Value {
        let any_version = [("if-match", "*")];
        let body = (!body.is_null()).then(|| body.to_string());
        let answer = self.script.call(method, path, &any_version, body).await;
        assert!(
            (200..300).contains(&answer.status),
            "{path}: {}",
            answer.body
        );
        serde_json::from_str(&answer.body).unwrap_or_default()
    }

    pub(super) async fn set(&self, key: &str, value: &str) {
        let path = format!("/api/v1/connections/{}", self.world.entra.id);
        self.api(Method::PATCH, &path, json!({"settings": {key: value}}))
            .await;
    }

    pub(super) async fn assign(&self, domain: &str, to: &Connection) {
        let path = format!("/api/v1/domains/{domain}");
        let body = json!({"connection": to.id.to_string()});
        self.api(Method::PUT, &path, body).await;
    }

    /// As many users as there are, and so many more, as the operator's command allows.
    pub(super) async fn allow_users(&self, more: u32) -> u32 {
        let (store, acme) = (&self.world.app.store, self.world.acme.id);
        let most = u32::try_from(store.users(acme).await.unwrap().len()).unwrap() + more;
        let mut tx = store.begin().await.unwrap();
        tx.write_quota(acme, Family::Users, Some(most))
            .await
            .unwrap();
        tx.commit(self.world.app.clock.now()).await.unwrap();
        most
    }

    /// Simon's account gets another address.
    pub(super) async fn rename(&self) {
        let path = format!("/api/v1/users/{}", self.user(SIMON).await);
        let body = json!({"email": "former@contoso.com"});
        self.api(Method::PATCH, &path, body).await;
    }

    pub(super) async fn console(&self) -> Browser {
        self.world.browser().signed_in(ADMIN).await
    }

    pub(super) async fn post(&self, path: &str, fields: &[(&str, &str)]) {
        let answer = post(&mut self.console().await, path, fields).await;
        assert_eq!(answer.status, 303, "{path}: {}", answer.body);
    }

    /// Unlinks one name of a user, on the user's page.
    pub(super) async fn unlink(&self, user: UserId, starts: &str) {
        let names = self.world.app.store.identities_of(user).await.unwrap();
        let name = names.iter().find(|it| it.subject.starts_with(starts));
        let name = &name
            .unwrap_or_else(|| panic!("{starts}: {names:?}"))
            .subject;
        let connection = self.world.entra.id.to_string();
        let fields = [("connection", connection.as_str()), ("subject", name)];
        self.post(&format!("/admin/users/{user}/unlink"), &fields)
            .await;
    }

    /// The newest record.
    pub(super) async fn newest(&self) -> LoginAttempt {
        let (store, all) = (&self.world.app.store, AttemptFilter::default());
        let attempts = store.attempts(self.world.acme.id, &all, 50).await.unwrap();
        let finished = attempts.into_iter().filter(|it| it.finished_at.is_some());
        finished.max_by_key(|it| it.id.to_bytes()).unwrap()
    }

    /// A sign-in whose proof comes to the transaction as no browser can bring it in time for a test.
    pub(super) async fn stored(
        &self,
        kind: AttemptKind,
        change: impl FnOnce(&mut LoginAttempt, &mut SignIn),
    ) -> LoginAttempt {
        let (app, now) = (&self.world.app, self.world.app.clock.now());
        let store = &app.store;
        let entra = store
            .connection(self.world.entra.id)
            .await
            .unwrap()
            .unwrap();
        let company_id = self.world.acme.id;
        let id = AttemptId::at(now, [9; 10]);
        let mut attempt = LoginAttempt::open(id, company_id, kind, [7; 32], now);
        attempt.connection_id = (kind == AttemptKind::Saml).then_some(entra.id);
        let profile = Profile {
            first_name: None,
            last_name: None,
            company_name: None,
            ..support::profile("oid:stored", SIMON)
        };
        let proof = support::federated_proof(&entra, profile, "_stored", now);
        let proof = Proof::Federated(Box::new(proof));
        let mut sign_in = support::new_sign_in(company_id, AttemptRef::Begun(id), proof, now);
        change(&mut attempt, &mut sign_in);
        store.add_attempt(&attempt).await.unwrap();
        store.finish_sign_in(sign_in).await.unwrap();
        store.attempt(id).await.unwrap().unwrap()
    }
}
