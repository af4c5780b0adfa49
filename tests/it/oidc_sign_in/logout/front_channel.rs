//! Logout at the front (rule T3).

use axum::body::Body;
use axum::http::{Request, header};
use vestibule::domain::Outcome;

use crate::oidc_sign_in::logout_world::{ACME, BETA, Provided};
use crate::support;

const PAGE: &str = "/sso/oidc/logout/idp";

#[tokio::test]
async fn sid_ends_its_sessions_and_no_others() {
    let world = Provided::new().await;
    let here = world.sign_in(&world.idp, "ada", "s1").await;
    let phone = world.sign_in(&world.idp, "ada", "s1").await;
    let later = world.sign_in(&world.idp, "ada", "s2").await;
    // As Entra asks: without `iss`, and without a cookie.
    let answer = world.fetch(&format!("{PAGE}?sid=s1"), "").await;
    assert_eq!((answer.status, &*answer.body), (200, ""));
    assert_eq!(answer.header("cache-control"), "no-store");
    for absent in ["x-frame-options", "set-cookie"] {
        assert!(!answer.headers.contains_key(absent), "{absent}");
    }
    let ancestors = format!(
        "frame-ancestors {} https://login.idp.example;",
        world.issuer
    );
    let policy = answer.header("content-security-policy");
    assert!(policy.contains(&ancestors), "{policy}");
    assert!(policy.starts_with("default-src 'none'"), "{policy}");
    assert!(!world.is_live(ACME, &here).await);
    assert!(!world.is_live(ACME, &phone).await);
    assert!(world.is_live(ACME, &later).await);
    let records = world.records().await;
    assert_eq!(records.len(), 1);
    assert_eq!(records[0].outcome, Outcome::SignedOut);
    assert_eq!(records[0].connection_id, Some(world.idp.id));
    assert!(records[0].summary.contains("2 sessions ended"));
    assert!(records[0].user_id.is_some());

    let named = form_urlencoded::Serializer::new(String::new())
        .append_pair("iss", &world.issuer)
        .append_pair("sid", "s2")
        .finish();
    world.fetch(&format!("{PAGE}?{named}"), "").await;
    assert!(!world.is_live(ACME, &later).await);
}

#[tokio::test]
async fn fc_wrong_iss() {
    let world = Provided::new().await;
    let here = world.sign_in(&world.idp, "ada", "s1").await;
    let near = format!("{}/", world.issuer);
    for iss in ["https://evil.example", "", &near] {
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("iss", iss)
            .append_pair("sid", "s1")
            .finish();
        let answer = world.fetch(&format!("{PAGE}?{query}"), "").await;
        assert_eq!(answer.status, 200);
        assert!(world.is_live(ACME, &here).await, "{iss}");
    }
    assert!(world.records().await.is_empty());
}

#[tokio::test]
async fn fc_sid_of_other_connection() {
    let world = Provided::new().await;
    let other = world.sign_in(&world.other, "ada", "s1").await;
    let theirs = world.sign_in(&world.theirs, "ada", "s1").await;
    let answer = world.fetch(&format!("{PAGE}?sid=s1"), "").await;
    assert_eq!(answer.status, 200);
    assert!(world.is_live(ACME, &other).await);
    assert!(world.is_live(BETA, &theirs).await);
    assert_eq!(
        world
            .fetch("/sso/oidc/logout/nobody?sid=s1", "")
            .await
            .status,
        404
    );
}

#[tokio::test]
async fn fc_no_sid_with_cookie() {
    let world = Provided::new().await;
    let here = world.sign_in(&world.idp, "ada", "s1").await;
    for query in ["", "?", "?sid=", "?sid=s1&sid=s1", "?SID=s1"] {
        let answer = world.fetch(&format!("{PAGE}{query}"), &here).await;
        assert_eq!(answer.status, 200, "{query}");
        assert!(!answer.headers.contains_key("set-cookie"), "{query}");
        assert!(world.is_live(ACME, &here).await, "{query}");
    }
}

#[tokio::test]
async fn fc_unknown_sid() {
    let world = Provided::new().await;
    world.sign_in(&world.idp, "ada", "s1").await;
    let unknown = world.fetch(&format!("{PAGE}?sid=s9"), "").await;
    let none = world.fetch(PAGE, "").await;
    let known = world.fetch(&format!("{PAGE}?sid=s1"), "").await;
    for answer in [&unknown, &none] {
        assert_eq!(answer.status, known.status);
        assert_eq!(answer.headers, known.headers);
        assert_eq!(answer.octets, known.octets);
    }
}

#[tokio::test]
async fn a_look_ends_nothing() {
    let world = Provided::new().await;
    let here = world.sign_in(&world.idp, "ada", "s1").await;
    let request = Request::head(format!("{PAGE}?sid=s1"))
        .header(header::HOST, ACME)
        .body(Body::empty());
    let answer = support::send(&world.router, request.unwrap()).await;
    assert_eq!((answer.status, answer.header("allow")), (405, "GET"));
    assert!(world.is_live(ACME, &here).await);
}

/// Nobody comes in through a connection that is switched off; who is in goes when the provider says so.
#[tokio::test]
async fn a_connection_that_is_switched_off_still_ends_sessions() {
    let world = Provided::new().await;
    let here = world.sign_in(&world.idp, "ada", "s1").await;
    let later = world.sign_in(&world.idp, "ada", "s2").await;
    let stored = world.app.store.connection(world.idp.id).await.unwrap();
    let mut off = stored.unwrap();
    off.enabled = false;
    let now = world.app.clock.now();
    assert!(world.app.store.update_connection(&off, now).await.unwrap());
    world.app.catch_up().await.unwrap();
    assert!(world.is_live(ACME, &here).await);
    let answer = world.fetch(&format!("{PAGE}?sid=s1"), "").await;
    assert_eq!(answer.status, 200);
    assert!(!world.is_live(ACME, &here).await);
    let mut claims = world.claims();
    claims["sid"] = serde_json::json!("s2");
    let token = crate::oidc_sign_in::logout_world::sign(&claims);
    let fields = [("logout_token", &*token)];
    let answer = world.post("/sso/oidc/backchannel/idp", "", &fields).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert!(!world.is_live(ACME, &later).await);
}
