//! `Idempotency-Key`: what is made is made once.

use axum::http::Method;
use serde_json::{Value, json};
use time::Duration;
use vestibule::store::Claim;

use super::world::{Client, World, is_problem, ok};
use crate::support::Answer;

async fn post(client: &Client, path: &str, key: &str, body: &Value) -> Answer {
    let headers = [("idempotency-key", key)];
    client
        .call(Method::POST, path, &headers, Some(body.to_string()))
        .await
}

#[tokio::test]
async fn the_same_request_has_the_same_answer() {
    let world = World::new().await;
    let client = world.master().await;
    let body = json!({"email": "new@acme.example", "password": "a-long-password-9"});
    let first = post(&client, "/api/v1/users", "key-1", &body).await;
    let second = post(&client, "/api/v1/users", "key-1", &body).await;
    assert_eq!(ok(&first, 201), ok(&second, 201));
    for header in ["etag", "location", "content-type"] {
        assert_eq!(first.header(header), second.header(header), "{header}");
    }
    assert_eq!(first.header("idempotent-replayed"), "");
    assert_eq!(second.header("idempotent-replayed"), "true");
    assert_eq!(world.audit().await.len(), 1);
    let other = json!({"email": "other@acme.example"});
    let answer = post(&client, "/api/v1/users", "key-1", &other).await;
    is_problem(&answer, 422, "idempotency-key-reused");
    let answer = post(&client, "/api/v1/groups", "key-1", &json!({"title": "x"})).await;
    is_problem(&answer, 422, "idempotency-key-reused");
    // Another token has keys of its own, and another key is another request.
    let answer = post(&world.master().await, "/api/v1/users", "key-1", &other).await;
    ok(&answer, 201);
    let answer = post(&client, "/api/v1/users", "key-2", &body).await;
    is_problem(&answer, 409, "taken");
    let group = json!({"title": "SSO"});
    let one = post(&client, "/api/v1/groups", "key-3", &group).await;
    let two = post(&client, "/api/v1/groups", "key-3", &group).await;
    assert_eq!(ok(&one, 201), ok(&two, 201));
}

#[tokio::test]
async fn a_refused_request_may_be_corrected() {
    let world = World::new().await;
    let client = world.master().await;
    let wrong = post(&client, "/api/v1/users", "k", &json!({"email": "no"})).await;
    is_problem(&wrong, 422, "invalid");
    let right = post(
        &client,
        "/api/v1/users",
        "k",
        &json!({"email": "a@b.example"}),
    )
    .await;
    ok(&right, 201);
}

#[tokio::test]
async fn of_two_at_once_one_makes_it() {
    let world = World::new().await;
    let client = world.master().await;
    let body = json!({"email": "new@acme.example"});
    let many = (0..8).map(|_| {
        let (client, body) = (client.clone(), body.clone());
        tokio::spawn(async move { post(&client, "/api/v1/users", "k", &body).await })
    });
    let many: Vec<_> = many.collect();
    let mut made = Vec::new();
    for answer in many {
        let answer = answer.await.unwrap();
        if answer.status == 409 {
            is_problem(&answer, 409, "idempotency-key-running");
        } else {
            made.push(ok(&answer, 201));
        }
    }
    assert!(!made.is_empty());
    assert!(made.iter().all(|user| *user == made[0]));
    assert_eq!(world.audit().await.len(), 1);
}

#[tokio::test]
async fn a_key_waits_for_its_first_request_and_is_forgotten_after_a_day() {
    let world = World::new().await;
    let client = world.master().await;
    let token = world.admin_of(&world.acme).tokens().await.unwrap()[0].id;
    let store = &world.app.store;
    let now = || world.app.clock.now();
    let claim = store.claim_key(token, "k", b"another", now()).await;
    assert_eq!(claim.unwrap(), Claim::Begun);
    let body = json!({"email": "new@acme.example"});
    let answer = post(&client, "/api/v1/users", "k", &body).await;
    is_problem(&answer, 422, "idempotency-key-reused");
    // Its server has died.
    world.app.clock.step(Duration::minutes(2));
    let first = ok(&post(&client, "/api/v1/users", "k", &body).await, 201);
    let claim = store.claim_key(token, "k2", b"x", now()).await;
    assert_eq!(claim.unwrap(), Claim::Begun);
    let claim = store.claim_key(token, "k2", b"x", now()).await;
    assert_eq!(claim.unwrap(), Claim::Running);
    world.app.clock.step(Duration::hours(24) - Duration::SECOND);
    store.purge(now(), Duration::days(1)).await.unwrap();
    let again = post(&client, "/api/v1/users", "k", &body).await;
    assert_eq!(ok(&again, 201), first);
    world.app.clock.step(Duration::SECOND);
    store.purge(now(), Duration::days(1)).await.unwrap();
    let anew = post(&client, "/api/v1/users", "k", &body).await;
    is_problem(&anew, 409, "taken");
}

#[tokio::test]
async fn what_is_no_key_is_refused() {
    let world = World::new().await;
    let client = world.master().await;
    for key in ["", " ", "a b", &"x".repeat(256)] {
        let body = json!({"email": "new@acme.example"});
        let answer = post(&client, "/api/v1/users", key, &body).await;
        is_problem(&answer, 400, "malformed");
    }
    let key = "x".repeat(255);
    let body = json!({"email": "new@acme.example"});
    ok(&post(&client, "/api/v1/users", &key, &body).await, 201);
}
