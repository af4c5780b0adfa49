//! Logout at the back (rules T4 and T5). Each refused token is a good one with one change.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use vestibule::domain::Outcome;

use crate::oidc_sign_in::logout_world::{ACME, Answer, BETA, Provided, sign};

const ADDRESS: &str = "/sso/oidc/backchannel/idp";

async fn post(world: &Provided, token: &str) -> Answer {
    world.post(ADDRESS, "", &[("logout_token", token)]).await
}

fn assert_refused(answer: &Answer) {
    assert_eq!(answer.status, 400, "{}", answer.body);
    assert_eq!(answer.body, r#"{"error":"invalid_request"}"#);
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(answer.header("cache-control"), "no-store");
}

/// Changes a good token by one thing: it is refused by the rule, ends nothing, and has a record.
async fn refuses(rule: &str, change: impl FnOnce(&mut Value)) {
    let world = Box::pin(Provided::new()).await;
    let mut claims = world.claims();
    claims["sid"] = json!("s1");
    change(&mut claims);
    refuses_token(&world, rule, &sign(&claims)).await;
}

async fn refuses_token(world: &Provided, rule: &str, token: &str) {
    let here = world.sign_in(&world.idp, "ada", "s1").await;
    assert_refused(&post(world, token).await);
    assert!(world.is_live(ACME, &here).await);
    let records = world.records().await;
    assert_eq!(records.len(), 1);
    assert_eq!(records[0].outcome, Outcome::Refused);
    assert_eq!(records[0].rule.as_deref(), Some(rule), "{records:?}");
    assert_eq!(records[0].connection_id, Some(world.idp.id));
    assert_eq!(records[0].record.advice.len(), 1);
    assert!(!format!("{records:?}").contains(token));
}

fn remove(claims: &mut Value, member: &str) {
    claims.as_object_mut().unwrap().remove(member).unwrap();
}

#[tokio::test]
async fn sid_ends_its_sessions_and_sub_alone_all_of_the_user() {
    let world = Provided::new().await;
    let first = world.sign_in(&world.idp, "ada", "s1").await;
    let second = world.sign_in(&world.idp, "ada", "s2").await;
    let third = world.sign_in(&world.idp, "ada", "s3").await;
    let grace = world.sign_in(&world.idp, "grace", "s4").await;
    let elsewhere = world.sign_in(&world.other, "ada", "s1").await;
    let theirs = world.sign_in(&world.theirs, "ada", "s1").await;

    let mut claims = world.claims();
    claims["sid"] = json!("s1");
    let answer = post(&world, &sign(&claims)).await;
    assert_eq!((answer.status, &*answer.body), (200, ""));
    assert_eq!(answer.header("cache-control"), "no-store");
    assert!(!world.is_live(ACME, &first).await);
    assert!(world.is_live(ACME, &second).await);

    // Both have to fit.
    claims["jti"] = json!("token-2");
    (claims["sid"], claims["sub"]) = (json!("s2"), json!("grace"));
    assert_eq!(post(&world, &sign(&claims)).await.status, 200);
    assert!(world.is_live(ACME, &second).await);
    claims["jti"] = json!("token-3");
    claims["sub"] = json!("ada");
    assert_eq!(post(&world, &sign(&claims)).await.status, 200);
    assert!(!world.is_live(ACME, &second).await);
    assert!(world.is_live(ACME, &third).await);

    claims["jti"] = json!("token-4");
    remove(&mut claims, "sid");
    assert_eq!(post(&world, &sign(&claims)).await.status, 200);
    assert!(!world.is_live(ACME, &third).await);
    for (host, cookie) in [(ACME, &grace), (ACME, &elsewhere), (BETA, &theirs)] {
        assert!(world.is_live(host, cookie).await);
    }
    // Nothing to do is done.
    claims["jti"] = json!("token-5");
    claims["sub"] = json!("nobody");
    assert_eq!(post(&world, &sign(&claims)).await.status, 200);
    let records = world.records().await;
    assert_eq!(records.len(), 5);
    assert!(records.iter().all(|it| it.outcome == Outcome::SignedOut));
    let ended = |it: &&vestibule::domain::LoginAttempt| it.summary.contains("1 session ended");
    assert_eq!(records.iter().filter(ended).count(), 3);
}

#[tokio::test]
async fn bc_id_token_as_logout_token() {
    refuses("T4", |claims| {
        remove(claims, "events");
        claims["nonce"] = json!("n");
        claims["sub"] = json!("ada");
    })
    .await;
}

#[tokio::test]
async fn bc_nonce() {
    refuses("T4", |claims| claims["nonce"] = json!("n")).await;
}

#[tokio::test]
async fn bc_no_events() {
    refuses("T4", |claims| remove(claims, "events")).await;
}

#[tokio::test]
async fn bc_no_exp() {
    refuses("P6", |claims| remove(claims, "exp")).await;
}

#[tokio::test]
async fn bc_no_jti() {
    refuses("T4", |claims| remove(claims, "jti")).await;
}

#[tokio::test]
async fn bc_other_aud() {
    refuses("P5", |claims| claims["aud"] = json!("another")).await;
}

#[tokio::test]
async fn bc_neither_sub_nor_sid() {
    refuses("T4", |claims| remove(claims, "sid")).await;
}

#[tokio::test]
async fn bc_alg_none() {
    let world = Provided::new().await;
    let mut claims = world.claims();
    claims["sid"] = json!("s1");
    let encode = |part: &Value| BASE64_URL_SAFE_NO_PAD.encode(part.to_string());
    let header = json!({ "alg": "none", "typ": "logout+jwt" });
    let token = format!("{}.{}.", encode(&header), encode(&claims));
    refuses_token(&world, "P2", &token).await;
}

#[tokio::test]
async fn bc_replay() {
    let world = Provided::new().await;
    world.sign_in(&world.idp, "ada", "s1").await;
    let mut claims = world.claims();
    claims["sub"] = json!("ada");
    // As long as a token may be.
    claims["jti"] = json!("j".repeat(8000));
    let token = sign(&claims);
    assert_eq!(post(&world, &token).await.status, 200);
    let again = world.sign_in(&world.idp, "ada", "s2").await;
    assert_refused(&post(&world, &token).await);
    assert!(world.is_live(ACME, &again).await);
    let records = world.records().await;
    let refused = records.iter().find(|it| it.outcome == Outcome::Refused);
    assert!(refused.unwrap().summary.contains("came before"));
}

#[tokio::test]
async fn advice_about_clocks_lets_the_same_token_pass() {
    let world = Provided::new().await;
    let here = world.sign_in(&world.idp, "ada", "s1").await;
    let ahead = time::Duration::minutes(10);
    let mut claims = world.claims();
    claims["sid"] = json!("s1");
    for member in ["iat", "exp"] {
        let time = claims[member].as_i64().unwrap() + ahead.whole_seconds();
        claims[member] = json!(time);
    }
    let token = sign(&claims);
    assert_refused(&post(&world, &token).await);
    let records = world.records().await;
    let advice = &records[0].record.advice[0];
    assert!(advice.starts_with("Compare the clocks"), "{advice}");
    world.app.clock.jump(ahead);
    assert_eq!(post(&world, &token).await.status, 200);
    assert!(!world.is_live(ACME, &here).await);
}

#[tokio::test]
async fn bc_get() {
    let world = Provided::new().await;
    let here = world.sign_in(&world.idp, "ada", "s1").await;
    let mut claims = world.claims();
    claims["sid"] = json!("s1");
    let path = format!("{ADDRESS}?logout_token={}", sign(&claims));
    assert_eq!(world.fetch(&path, "").await.status, 405);
    assert!(world.is_live(ACME, &here).await);
}

#[tokio::test]
async fn the_token_comes_once_and_nothing_else_is_looked_at() {
    let world = Provided::new().await;
    let here = world.sign_in(&world.idp, "ada", "s1").await;
    let mut claims = world.claims();
    claims["sid"] = json!("s1");
    let token = sign(&claims);
    let twice = [("logout_token", &*token), ("logout_token", &*token)];
    assert_refused(&world.post(ADDRESS, "", &twice).await);
    assert_refused(&world.post(ADDRESS, "", &[("token", &token)]).await);
    let elsewhere = "/sso/oidc/backchannel/nobody";
    let unknown = world.post(elsewhere, "", &[("logout_token", &token)]).await;
    assert_eq!(unknown.status, 404);
    assert!(world.is_live(ACME, &here).await);
    let more = [("a", "b"), ("logout_token", &*token), ("a", "b")];
    assert_eq!(world.post(ADDRESS, "", &more).await.status, 200);
    assert!(!world.is_live(ACME, &here).await);
}
