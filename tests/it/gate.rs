//! Applications' hosts: the hand-over of a session, and what a proxy's check is answered.

mod access;
mod built_in;
mod check;
mod doctor;
mod hand_over;
mod hub;
mod keys;
mod probe;
pub(crate) mod proxied;
mod proxies;
pub(crate) mod proxy;
mod replayed;
mod revoked;
mod same_host;
mod sign_out;
mod socket;
mod token;
mod verifiers;

use std::ops::Deref;

use axum::body::Body;
use axum::http::Request;
use vestibule::admin::Operator;
use vestibule::config::Config;
use vestibule::domain::{Application, ApplicationId, ApplicationSettings, ServedCompanies};
use vestibule::http::client_address::Peer;
use vestibule::policy::ProxyKind;

use crate::support::identity_provider::begin;
use crate::support::{ACME_ORIGIN, Answer, Browser, Federation, NOW, send};

/// Where the application is.
const APP: &str = "http://app.localhost:9000";
const APP_HOST: &str = "app.localhost:9000";

/// A federation with an application that serves acme.
struct Gate {
    world: Federation,
    application: Application,
    key: String,
}

impl Deref for Gate {
    type Target = Federation;

    fn deref(&self) -> &Federation {
        &self.world
    }
}

impl Gate {
    async fn new() -> Self {
        Self::with(|_| {}, |_| {}).await
    }

    async fn with(
        configure: impl FnOnce(&mut Config),
        change: impl FnOnce(&mut Application),
    ) -> Self {
        let world = Federation::with(ACME_ORIGIN, |config| {
            config.trusted_proxies = vec!["127.0.0.1".parse().unwrap()];
            configure(config);
        })
        .await;
        let mut application = Application {
            id: ApplicationId::from_bytes([7; 16]),
            name: "crm".parse().unwrap(),
            display_name: "CRM".to_owned(),
            settings: ApplicationSettings {
                kind: ProxyKind::Nginx,
                origins: vec![APP.parse().unwrap()],
                groups: vec!["SSO Basic".to_owned()],
                ..ApplicationSettings::default()
            },
            companies: ServedCompanies::Named(vec![world.acme.id]),
            created_at: NOW,
        };
        change(&mut application);
        let operator = Operator {
            store: &world.app.store,
            now: NOW,
        };
        let key = operator.add_application(&application).await.unwrap();
        world.app.catch_up().await.unwrap();
        Self {
            world,
            application,
            key,
        }
    }

    /// A new browser at the application's host.
    fn at_application(&self) -> Browser {
        Browser::new(&self.router, APP_HOST)
    }

    /// A check by the application's proxy about a page that a browser opens.
    async fn check(&self, browser: &Browser, uri: &str) -> Answer {
        let page = [
            ("sec-fetch-mode", "navigate"),
            ("sec-fetch-dest", "document"),
        ];
        self.check_with(browser, "GET", uri, &page).await
    }

    /// The same of any request with these headers.
    async fn check_with(
        &self,
        browser: &Browser,
        method: &str,
        uri: &str,
        headers: &[(&str, &str)],
    ) -> Answer {
        let mut request = asked()
            .header("vestibule-proxy-key", &self.key)
            .header("x-original-method", method)
            .header("x-original-url", format!("{APP}{uri}"))
            .header("cookie", browser.cookies());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        send(&self.router, request.body(Body::empty()).unwrap()).await
    }

    /// The way from the application's start to its finish, of a browser that is signed in at acme's site or signs in there as B.Simon.
    async fn led_through(&self, at_app: &mut Browser, at_acme: &mut Browser, path: &str) -> Answer {
        let code = self.code(at_app, at_acme, path).await;
        at_app.get(&code).await
    }

    /// The same up to the address of the finish.
    async fn code(&self, at_app: &mut Browser, at_acme: &mut Browser, path: &str) -> String {
        let started = at_app.get(path).await;
        assert_eq!(started.status, 303, "{}", started.body);
        let hand_over = below(&started, ACME_ORIGIN);
        let mut answer = at_acme.get(&hand_over).await;
        if answer.header("location").starts_with("/sso/login") {
            let login = answer.header("location").to_owned();
            let begun = begin(at_acme, &login).await;
            let response = self.respond(&begun, |_| {});
            let signed_in = self.bring(at_acme, &begun, &response).await;
            assert_eq!(signed_in.status, 303, "{}", signed_in.body);
            answer = at_acme.get(signed_in.header("location")).await;
        }
        assert_eq!(answer.status, 303, "{}", answer.body);
        assert_eq!(answer.header("referrer-policy"), "no-referrer");
        below(&answer, APP)
    }

    /// A browser that is signed in at the application, and the same at acme's site.
    async fn signed_in_there(&self) -> (Browser, Browser) {
        let (mut at_app, mut at_acme) = (self.at_application(), self.browser());
        let finished = self
            .led_through(&mut at_app, &mut at_acme, "/.vestibule/start?rd=/")
            .await;
        assert_eq!(finished.status, 303, "{}", finished.body);
        (at_app, at_acme)
    }
}

/// The path of a redirect that leads to an origin.
fn below(answer: &Answer, origin: &str) -> String {
    let location = answer.header("location");
    let path = location.strip_prefix(origin);
    path.unwrap_or_else(|| panic!("{location} is not at {origin}"))
        .to_owned()
}

/// A check by somebody at the proxy's address.
fn asked() -> axum::http::request::Builder {
    let proxy = Peer("127.0.0.1:4711".parse().unwrap());
    Request::get("/sso/check/crm")
        .header("host", "check.localhost")
        .extension(proxy)
}
