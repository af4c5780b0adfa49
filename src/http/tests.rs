//! The frame around every route, tried with routes of its own.

mod flooding;
mod routes;
mod stopping;
mod unfinished;
mod unread;

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderMap, Request, header};
use axum::routing::{get, post};
use http_body_util::BodyExt as _;
use serde::Deserialize;
use tower::ServiceExt as _;

use super::client_address::{ClientAddress, Peer};
use super::cookies::Cookie;
use super::csrf::{CsrfForm, Purpose, csrf_token};
use super::current_site::{CameByAlias, CurrentSite};
use super::error::Error;
use super::pages::{FailurePage, Frame};
use super::response::{AttemptCode, Page};
use super::routes::Routes;
use super::*;
use crate::app::App;
use crate::site::Site;
use crate::site::tests::company;
use crate::web::router;

use self::routes::routes;

async fn frame() -> (Arc<App>, Edge, tempfile::TempDir) {
    let (app, dir) = App::for_test(|config| {
        config.limits.request_timeout = crate::config::Period::seconds(2);
        config.trusted_proxies = vec!["127.0.0.1".parse().unwrap()];
    })
    .await;
    let sites = [
        company(
            1,
            "acme",
            "https://acme.example.com",
            &["https://acme.alias.example"],
        ),
        company(2, "beta", "http://127.0.0.2:8080", &[]),
    ];
    let site = |company| Arc::new(Site::new(company, Vec::new(), &app.sp_keys()));
    app.directory.replace(sites.map(site));
    let router = Edge::around(routes(), Arc::clone(&app));
    (app, router, dir)
}

struct Answer {
    status: u16,
    headers: HeaderMap,
    extensions: axum::http::Extensions,
    body: String,
}

impl Answer {
    fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }
}

async fn send(router: &Edge, request: Request<Body>) -> Answer {
    let (parts, body) = router.clone().oneshot(request).await.unwrap().into_parts();
    let body = String::from_utf8(body.collect().await.unwrap().to_bytes().to_vec()).unwrap();
    Answer {
        status: parts.status.as_u16(),
        headers: parts.headers,
        extensions: parts.extensions,
        body,
    }
}

async fn fetch(router: &Edge, host: &str, path: &str) -> Answer {
    send(
        router,
        Request::get(path)
            .header(header::HOST, host)
            .body(Body::empty())
            .unwrap(),
    )
    .await
}

const ACME: &str = "acme.example.com";
const BETA: &str = "127.0.0.2:8080";

#[tokio::test]
async fn the_host_picks_the_company_and_an_unknown_one_is_misdirected() {
    let (_app, router, _dir) = frame().await;
    assert_eq!(fetch(&router, ACME, "/name").await.body, "acme & Sons");
    assert_eq!(fetch(&router, BETA, "/name").await.body, "beta & Sons");
    assert_eq!(
        fetch(&router, "acme.alias.example", "/name").await.body,
        "acme & Sons"
    );
    assert_eq!(
        fetch(&router, "acme.alias.example", "/alias").await.body,
        "true"
    );
    assert_eq!(fetch(&router, ACME, "/alias").await.body, "false");
    let unknown = fetch(&router, "evil.example", "/name").await;
    assert_eq!(unknown.status, 421);
    assert!(unknown.body.contains("There is no site at this address"));
    // The name that came is what the operator compares with the address bar.
    let named = "no company with the host name evil.example.";
    assert!(unknown.body.contains(named), "{}", unknown.body);
    let odd = fetch(&router, "evil.example<b>", "/name").await;
    assert!(odd.status == 421 && !odd.body.contains("evil"));
    assert_eq!(fetch(&router, "evil.example", "/nothing").await.status, 421);
}

#[tokio::test]
async fn every_answer_carries_the_security_headers() {
    let (_app, router, _dir) = frame().await;
    for path in ["/page", "/nothing", "/panic", "/refused", "/healthz"] {
        let answer = fetch(&router, ACME, path).await;
        assert!(
            answer
                .header("content-security-policy")
                .starts_with("default-src 'none'"),
            "{path}"
        );
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("cache-control"), "no-store", "{path}");
        assert_eq!(answer.header("referrer-policy"), "strict-origin", "{path}");
        assert_eq!(
            answer.header("strict-transport-security"),
            "max-age=31536000",
            "{path}"
        );
    }
    assert_eq!(
        fetch(&router, BETA, "/page")
            .await
            .header("strict-transport-security"),
        "",
        "plain http"
    );
}

#[tokio::test]
async fn forms_lead_where_the_page_says() {
    let (_app, router, _dir) = frame().await;
    let policy = |answer: &Answer| {
        answer
            .header("content-security-policy")
            .rsplit("form-action ")
            .next()
            .unwrap()
            .to_owned()
    };
    let page = fetch(&router, ACME, "/page").await;
    assert_eq!(
        policy(&page),
        "'self' https://acme.example.com https://acme.alias.example https://app.example.com"
    );
    let to_idp = fetch(&router, ACME, "/to-idp").await;
    assert_eq!(policy(&to_idp), "'self' https:");
    assert!(
        to_idp
            .header("set-cookie")
            .starts_with("__Host-vestibule-login=abc; ")
    );
}

#[tokio::test]
async fn failures_are_pages_or_problems() {
    let (_app, router, _dir) = frame().await;
    let refused = fetch(&router, ACME, "/refused").await;
    assert_eq!(refused.status, 403);
    assert!(
        refused.body.contains("K7QF-2M9X") && refused.body.contains("acme &#38; Sons"),
        "{}",
        refused.body
    );
    assert_eq!(
        refused.extensions.get::<AttemptCode>().unwrap().0,
        "K7QF-2M9X"
    );

    let request = Request::get("/refused")
        .header(header::HOST, ACME)
        .header(header::ACCEPT, "application/json");
    let problem = send(&router, request.body(Body::empty()).unwrap()).await;
    assert_eq!(problem.header("content-type"), "application/problem+json");
    insta::assert_snapshot!(problem.body, @r#"{"code":"K7QF-2M9X","detail":"This sign-in was refused.","status":403,"title":"Sign-in failed"}"#);

    for (path, status, title) in [
        ("/nothing", 404, "Page not found"),
        ("/nothing", 404, "Go to sign-in"),
        ("/rename", 405, "This page cannot be opened this way"),
        ("/panic", 500, "Something went wrong here"),
        ("/slow", 503, "Not available right now"),
    ] {
        let answer = fetch(&router, ACME, path).await;
        assert_eq!(answer.status, status, "{path}");
        assert!(answer.body.contains(title), "{path}: {}", answer.body);
    }
    assert_eq!(
        fetch(&router, ACME, "/rename").await.header("allow"),
        "POST"
    );
    let large = Request::post("/body")
        .header(header::HOST, ACME)
        .body(Body::from(vec![b'x'; 256 * 1024 + 1]))
        .unwrap();
    assert_eq!(send(&router, large).await.status, 413);
    let fits = Request::post("/body")
        .header(header::HOST, ACME)
        .body(Body::from(vec![b'x'; 256 * 1024]))
        .unwrap();
    assert_eq!(send(&router, fits).await.body, "262144");
}

#[tokio::test]
async fn a_form_needs_the_token_of_its_browser_and_purpose() {
    let (app, router, _dir) = frame().await;
    let submit = |cookie: &str, token: String, from: &str| {
        let request = Request::post("/rename")
            .header(header::HOST, ACME)
            .header(header::COOKIE, cookie)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header("sec-fetch-site", from)
            .body(Body::from(format!("name=new&csrf={token}")))
            .unwrap();
        send(&router, request)
    };
    let token = |cookie, value| csrf_token(&app, "rename", cookie, value);
    let session = "__Host-vestibule-session=abc";
    assert_eq!(
        submit(session, token(Cookie::Session, "abc"), "same-origin")
            .await
            .body,
        "new"
    );
    assert_eq!(
        submit(
            "__Host-vestibule-login=abc",
            token(Cookie::Login, "abc"),
            "none"
        )
        .await
        .body,
        "new"
    );
    for (cookie, token, from) in [
        (session, token(Cookie::Session, "abc"), "same-site"),
        (session, token(Cookie::Session, "abc"), "cross-site"),
        (session, token(Cookie::Session, "other"), "same-origin"),
        (session, token(Cookie::Login, "abc"), "same-origin"),
        (
            session,
            csrf_token(&app, "delete", Cookie::Session, "abc"),
            "same-origin",
        ),
        (
            session,
            format!("{0}&csrf={0}", token(Cookie::Session, "abc")),
            "same-origin",
        ),
        (session, String::new(), "same-origin"),
        ("", token(Cookie::Session, "abc"), "same-origin"),
        (
            "vestibule-session=abc",
            token(Cookie::Session, "abc"),
            "same-origin",
        ),
    ] {
        let answer = submit(cookie, token, from).await;
        assert_eq!(answer.status, 403);
        assert!(answer.body.contains("This form was not accepted"));
    }
}

#[tokio::test]
async fn probes_ask_what_they_say() {
    let (app, _, _dir) = frame().await;
    let router = router(Arc::clone(&app));
    assert_eq!(fetch(&router, "10.0.0.1", "/readyz").await.body, "ready\n");
    app.store.close().await;
    assert_eq!(fetch(&router, "10.0.0.1", "/readyz").await.status, 503);
    assert_eq!(fetch(&router, "10.0.0.1", "/healthz").await.body, "ok\n");
}

#[tokio::test]
async fn metadata_is_at_the_entity_id() {
    let (app, _, _dir) = frame().await;
    let router = router(app);
    let plain = fetch(&router, ACME, "/sso/metadata").await;
    assert_eq!(plain.header("content-type"), "application/samlmetadata+xml");
    assert!(
        plain
            .body
            .contains("entityID=\"https://acme.example.com/sso/metadata\"")
    );
    assert!(!plain.body.contains("SignatureValue"));
    assert!(
        fetch(&router, ACME, "/sso/metadata?signed=true")
            .await
            .body
            .contains("SignatureValue")
    );
    assert_eq!(
        fetch(&router, ACME, "/sso/metadata?signed=perhaps")
            .await
            .status,
        400
    );
    assert_eq!(
        fetch(&router, "evil.example", "/sso/metadata").await.status,
        421
    );
}

#[tokio::test]
async fn a_session_says_who_it_is() {
    let (app, _dir) = App::for_test(|_| {}).await;
    let (_, id) = crate::app::tests::signed_in(&app).await;
    app.catch_up().await.unwrap();
    let router = router(app);
    let host = "acme.localhost:8080";
    assert_eq!(fetch(&router, host, "/sso/session").await.status, 401);
    let cookie = format!("vestibule-session={}", session::cookie_value(id));
    let request = Request::get("/sso/session")
        .header(header::HOST, host)
        .header(header::COOKIE, cookie);
    let answer = send(&router, request.body(Body::empty()).unwrap()).await;
    assert_eq!(answer.header("cache-control"), "no-store");
    let id = answer.body.split('"').nth(3).unwrap_or_default();
    assert_eq!(id.len(), 26, "{}", answer.body);
    insta::assert_snapshot!(
        answer.body.replace(id, "ID"),
        @r#"{"id":"ID","email":"b.simon@acme.example","first_name":"Britta","last_name":"Simon","company":"acme","company_name":"ACME","groups":[],"connection":null,"signed_in_at":"2026-03-01T12:00:00Z","auth_time":"2026-03-01T12:00:00Z","acr":null,"expires_at":"2026-03-02T00:00:00Z"}"#
    );
}

#[tokio::test]
async fn assets_are_kept_for_ever_under_their_hash() {
    let (app, _, _dir) = frame().await;
    let router = router(app);
    for asset in [assets::stylesheet(), assets::script(), assets::icon()] {
        let answer = fetch(&router, "any.example", asset.path()).await;
        assert_eq!(answer.status, 200);
        assert_eq!(
            answer.header("cache-control"),
            "public, max-age=31536000, immutable"
        );
        assert!(!answer.header("content-type").is_empty());
    }
    let stale = fetch(&router, "any.example", "/assets/site.0000000000000000.css").await;
    assert_eq!(stale.status, 404);
    assert_eq!(stale.header("cache-control"), "no-store");
}

#[tokio::test]
async fn the_client_is_the_peer_or_whom_a_trusted_proxy_names() {
    let (_app, router, _dir) = frame().await;
    let mut request = Request::get("/client")
        .header(header::HOST, ACME)
        .header("x-forwarded-for", "198.51.100.7")
        .body(Body::empty())
        .unwrap();
    request
        .extensions_mut()
        .insert(Peer("127.0.0.1:4711".parse().unwrap()));
    assert_eq!(send(&router, request).await.body, "198.51.100.7");
}
