//! Who is answered a check, and what (rules Q11 to Q26).

use axum::body::Body;
use axum::http::{HeaderName, Request};
use vestibule::http::client_address::Peer;

use super::{APP, Gate, asked};
use crate::support::send;

// Q15
#[tokio::test]
async fn only_the_applications_own_proxy_is_answered() {
    let gate = Gate::new().await;
    let (at_app, _) = gate.signed_in_there().await;
    assert_eq!(gate.check(&at_app, "/").await.status, 200);
    let asked = |peer: &str, keys: &[&str]| {
        let mut request = Request::get("/sso/check/crm")
            .header("host", "check.localhost")
            .header("x-original-method", "GET")
            .header("x-original-url", format!("{APP}/"))
            .header("cookie", at_app.cookies())
            .extension(Peer(peer.parse().unwrap()));
        for key in keys {
            request = request.header("vestibule-proxy-key", *key);
        }
        request.body(Body::empty()).unwrap()
    };
    let key = gate.key.as_str();
    let cut = &key[..key.len() - 1];
    for (peer, keys) in [
        ("203.0.113.9:1", &[key][..]),
        ("127.0.0.1:1", &[]),
        ("127.0.0.1:1", &["wrong"]),
        ("127.0.0.1:1", &[cut]),
        ("127.0.0.1:1", &[key, key]),
        ("127.0.0.1:1", &[key, "wrong"]),
    ] {
        let answer = send(&gate.router, asked(peer, keys)).await;
        assert_eq!(answer.status, 404, "{peer} {}", keys.len());
        assert!(answer.header("remote-user").is_empty());
    }
    let answer = send(&gate.router, asked("127.0.0.1:1", &[key])).await;
    assert_eq!(answer.status, 200);
}

// Q11, Q25
#[tokio::test]
async fn an_application_that_there_is_not_is_never_a_success() {
    let gate = Gate::new().await;
    for path in [
        "/sso/check/other",
        "/sso/check/",
        "/sso/check",
        "/sso/check/crm/x",
    ] {
        let request = Request::get(path)
            .header("host", "check.localhost")
            .header("vestibule-proxy-key", &gate.key)
            .extension(Peer("127.0.0.1:1".parse().unwrap()));
        let answer = send(&gate.router, request.body(Body::empty()).unwrap()).await;
        assert!(
            matches!(answer.status, 404 | 421),
            "{path} {}",
            answer.status
        );
    }
}

// Q13
#[tokio::test]
async fn a_check_that_says_too_little_is_refused() {
    let gate = Gate::new().await;
    let request = asked().header("vestibule-proxy-key", &gate.key);
    let answer = send(&gate.router, request.body(Body::empty()).unwrap()).await;
    assert_eq!(answer.status, 400, "{}", answer.body);
}

// Q21, Q23, Q27: nothing that a proxy's buffer has no room for.
#[tokio::test]
async fn an_answer_has_the_headers_of_its_kind_and_no_others() {
    let gate = Gate::new().await;
    let (at_app, _) = gate.signed_in_there().await;
    let allowed = gate.check(&at_app, "/").await;
    let mut names: Vec<&str> = allowed.headers.keys().map(HeaderName::as_str).collect();
    names.sort_unstable();
    assert_eq!(
        names,
        [
            "cache-control",
            "content-length",
            "remote-email",
            "remote-groups",
            "remote-name",
            "remote-user",
            "vestibule-company",
            "vestibule-groups-omitted",
            "vestibule-identity",
        ]
    );
    let program = [
        ("sec-fetch-mode", "cors"),
        ("sec-fetch-site", "same-origin"),
    ];
    let nobody = gate.at_application();
    let answer = gate.check_with(&nobody, "GET", "/api", &program).await;
    assert_eq!(answer.status, 401);
    assert_eq!(answer.header("content-type"), "application/problem+json");
    assert!(answer.header("location").is_empty());
    let start = format!("Vestibule sign_in=\"{APP}/.vestibule/start\"");
    assert_eq!(answer.header("www-authenticate"), start);
    assert!(answer.header("content-security-policy").is_empty());
}

// Q35: an e-mail that nobody has verified is told no application of a server with several companies (R33).
#[tokio::test]
async fn an_unverified_address_is_not_told() {
    let gate = Gate::new().await;
    let (at_app, _) = gate.signed_in_there().await;
    assert_eq!(gate.check(&at_app, "/").await.header("remote-email"), "");

    let admin = gate.admin_of(&gate.acme);
    admin.add_domain("contoso.com", None).await.unwrap();
    admin
        .verify_domain(&"contoso.com".parse().unwrap())
        .await
        .unwrap();
    gate.app.catch_up().await.unwrap();
    let told = gate.check(&at_app, "/").await;
    assert_eq!(told.header("remote-email"), "b.simon@contoso.com");

    // Another company's address is nobody's here.
    admin
        .remove_domain(&"contoso.com".parse().unwrap(), true)
        .await
        .unwrap();
    let other = gate.admin_of(&gate.beta);
    other.add_domain("contoso.com", None).await.unwrap();
    other
        .verify_domain(&"contoso.com".parse().unwrap())
        .await
        .unwrap();
    gate.app.catch_up().await.unwrap();
    assert_eq!(gate.check(&at_app, "/").await.header("remote-email"), "");
}

#[tokio::test]
async fn a_request_of_another_site_is_refused_before_the_cookie_is_looked_at() {
    let gate = Gate::new().await;
    let (at_app, _) = gate.signed_in_there().await;
    let cross = [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-mode", "navigate"),
        ("sec-fetch-dest", "document"),
    ];
    assert_eq!(
        gate.check_with(&at_app, "POST", "/", &cross).await.status,
        403
    );
    assert_eq!(
        gate.check_with(&at_app, "GET", "/", &cross).await.status,
        200
    );
}

// Q20: a cookie of another form, twice, or another's is nobody's.
#[tokio::test]
async fn what_is_no_cookie_of_ours_is_nobody() {
    let gate = Gate::new().await;
    let (at_app, at_acme) = gate.signed_in_there().await;
    let value = at_app.cookie("vestibule-gate").unwrap().to_owned();
    let session = at_acme.cookie("vestibule-session").unwrap();
    for cookies in [
        format!("vestibule-gate={value}; vestibule-gate={value}"),
        format!("vestibule-gate={}", &value[1..]),
        format!("vestibule-gate={}", "A".repeat(43)),
        format!("vestibule-gate={session}"),
        format!("vestibule-session={session}"),
        format!("__Host-vestibule-gate={value}"),
    ] {
        let request = asked()
            .header("vestibule-proxy-key", &gate.key)
            .header("x-original-method", "GET")
            .header("x-original-url", format!("{APP}/"))
            .header("accept", "text/html")
            .header("cookie", &cookies);
        let answer = send(&gate.router, request.body(Body::empty()).unwrap()).await;
        assert_eq!(answer.status, 401, "{cookies}");
    }
}
