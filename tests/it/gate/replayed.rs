//! Proxies that are not at hand, by the requests that they are documented to send: Envoy's `ext_authz` over HTTP, and Traefik's
//! `forwardAuth`, which can send no key (rules Q12, Q15 and Q26).

use axum::body::Body;
use axum::http::Request;
use vestibule::domain::Application;
use vestibule::http::LocalProxy;
use vestibule::http::client_address::Peer;
use vestibule::policy::ProxyKind;

use super::{APP, APP_HOST, Gate};
use crate::support::{Answer, Browser, send};

async fn behind(kind: ProxyKind) -> Gate {
    let change = |application: &mut Application| {
        application.settings.kind = kind;
        let skip = ("skip_rules", "GET /public/");
        *application = application.changed([skip]).unwrap();
    };
    Gate::with(|_| {}, change).await
}

impl Gate {
    /// A request of a browser that opens a page, as Envoy asks about it.
    async fn envoy(&self, browser: &Browser, method: &str, target: &str) -> Answer {
        let request = Request::builder()
            .method(method)
            .uri(format!("/sso/check/crm{target}"))
            .header("host", APP_HOST)
            .header("content-length", "0")
            .header("cookie", browser.cookies())
            .header("accept", "text/html,application/xhtml+xml")
            .header("sec-fetch-mode", "navigate")
            .header("sec-fetch-dest", "document")
            .header("x-forwarded-for", "203.0.113.9")
            .header("x-forwarded-proto", "http")
            .header("vestibule-proxy-key", &self.key)
            .extension(Peer("127.0.0.1:4711".parse().unwrap()));
        send(&self.router, request.body(Body::empty()).unwrap()).await
    }

    /// The same by Traefik, at the address that is for checks alone.
    async fn traefik(&self, browser: &Browser, method: &str, target: &str) -> Answer {
        let request = Request::get("/sso/check/crm")
            .header("host", "127.0.0.1:8081")
            .header("user-agent", "Mozilla/5.0")
            .header("cookie", browser.cookies())
            .header("accept", "text/html,application/xhtml+xml")
            .header("sec-fetch-mode", "navigate")
            .header("sec-fetch-dest", "document")
            .header("x-forwarded-for", "203.0.113.9")
            .header("x-forwarded-host", APP_HOST)
            .header("x-forwarded-method", method)
            .header("x-forwarded-port", "9000")
            .header("x-forwarded-proto", "http")
            .header("x-forwarded-server", "traefik-1")
            .header("x-forwarded-uri", target)
            .header("x-real-ip", "203.0.113.9")
            .extension(LocalProxy);
        send(&self.router, request.body(Body::empty()).unwrap()).await
    }
}

#[tokio::test]
async fn envoy_is_answered_in_its_way() {
    let gate = behind(ProxyKind::Envoy).await;
    let nobody = gate.at_application();
    let led = gate.envoy(&nobody, "GET", "/orders?id=7").await;
    assert_eq!(led.status, 302);
    let start = format!("{APP}/.vestibule/start?rd=/orders%3Fid%3D7");
    assert_eq!(led.header("location"), start);
    assert_eq!(gate.envoy(&nobody, "POST", "/orders").await.status, 303);

    let open = gate.envoy(&nobody, "GET", "/public/x?y").await;
    assert_eq!(open.status, 200);
    let removed = open.header("x-envoy-auth-headers-to-remove");
    for name in [
        "remote-user",
        "vestibule-identity",
        "remote_user",
        "vestibule_identity",
    ] {
        assert!(removed.split(',').any(|it| it == name), "{name}: {removed}");
    }
    // Envoy hands the path as it is after its own normalisation; what is left ambiguous opens nothing.
    for target in ["/public/../admin", "/public//x", "/public/%2e%2e/admin"] {
        assert_ne!(
            gate.envoy(&nobody, "GET", target).await.status,
            200,
            "{target}"
        );
    }

    let (at_app, _) = gate.signed_in_there().await;
    let allowed = gate.envoy(&at_app, "GET", "/").await;
    assert_eq!(allowed.status, 200);
    assert!(allowed.header("vestibule-identity").starts_with("ey"));
    let removed = allowed.header("x-envoy-auth-headers-to-remove");
    assert!(
        !removed.split(',').any(|it| it == "remote-user"),
        "{removed}"
    );
    assert!(
        removed.split(',').any(|it| it == "remote_user"),
        "{removed}"
    );
}

#[tokio::test]
async fn traefik_is_answered_at_the_address_for_checks() {
    let gate = behind(ProxyKind::Forwarded).await;
    let nobody = gate.at_application();
    let led = gate.traefik(&nobody, "GET", "/orders?id=7").await;
    assert_eq!(led.status, 302);
    // Absolute: Traefik would write the check's address before a relative one.
    assert!(led.header("location").starts_with(APP));
    let (at_app, _) = gate.signed_in_there().await;
    let allowed = gate.traefik(&at_app, "GET", "/orders").await;
    assert_eq!(allowed.status, 200);
    assert_eq!(allowed.header("vestibule-company"), "acme");
    let foreign = gate.traefik(&at_app, "get", "/orders").await;
    assert_eq!(foreign.status, 400, "{}", foreign.body);
}
