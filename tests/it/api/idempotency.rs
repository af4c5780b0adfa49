//! `Idempotency-Key`: what is made is made once.

use axum::http::Method;
use serde_json::{Value, json};
use time::Duration;
use vestibule::admin::{Admin, NewUser, UserText};
use vestibule::store::KeyedRequest;

use crate::support::api::{is_problem, ok};
use crate::support::{Answer, ApiClient, Office};

async fn post(client: &ApiClient, path: &str, key: &str, body: &Value) -> Answer {
    let headers = [("idempotency-key", key)];
    client
        .call(Method::POST, path, &headers, Some(body.to_string()))
        .await
}

#[tokio::test]
async fn the_same_request_has_the_same_answer() {
    let world = Office::new().await;
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
    let world = Office::new().await;
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
    let world = Office::new().await;
    let client = world.master().await;
    let body = json!({"email": "new@acme.example"});
    let many = (0..8).map(|_| {
        let (client, body) = (client.clone(), body.clone());
        tokio::spawn(async move { post(&client, "/api/v1/users", "k", &body).await })
    });
    let many: Vec<_> = many.collect();
    let mut made = Vec::new();
    for answer in many {
        made.push(ok(&answer.await.unwrap(), 201));
    }
    assert!(made.iter().all(|user| *user == made[0]));
    assert_eq!(world.audit().await.len(), 1);
}

#[tokio::test]
async fn after_a_crash_what_was_made_is_answered_and_nothing_else() {
    let world = Office::new().await;
    let client = world.master().await;
    let token = world.admin_of(&world.acme).tokens().await.unwrap()[0].id;
    let body = json!({"email": "new@acme.example"});
    let purpose = "idempotency /api/v1/users";
    let code = world.app.keys.token(purpose, body.to_string().as_bytes());
    let request = |key: &str| KeyedRequest {
        token,
        key: key.to_owned(),
        hash: code.clone().into_bytes(),
        notes: String::new(),
    };
    let new = |email: &str| NewUser {
        text: UserText {
            email: email.to_owned(),
            ..UserText::default()
        },
        ..NewUser::default()
    };
    // The server dies before the commit.
    let mut tx = world.app.store.begin().await.unwrap();
    let now = world.app.clock.now();
    assert!(tx.answers(&request("before"), "x", now).await.unwrap());
    drop(tx);
    let corrected = json!({"email": "a@acme.example"});
    let answer = post(&client, "/api/v1/users", "before", &corrected);
    ok(&answer.await, 201);
    // It dies after the commit, before its answer.
    let once = request("after");
    let dying = Admin {
        once: Some(&once),
        ..world.admin_of(&world.acme)
    };
    let made = dying.create_user(new("new@acme.example")).await.unwrap();
    let answer = post(&client, "/api/v1/users", "after", &body).await;
    assert_eq!(ok(&answer, 201)["id"], made.id.to_string());
    assert_eq!(answer.header("idempotent-replayed"), "true");
    assert!(answer.header("location").ends_with(&made.id.to_string()));
    let another = json!({"email": "b@acme.example"});
    let other = post(&client, "/api/v1/users", "after", &another);
    is_problem(&other.await, 422, "idempotency-key-reused");
    // Who was slower makes nothing, whatever it was about to make.
    let slower = dying.create_user(new("c@acme.example")).await;
    assert!(slower.is_err());
    let found = world
        .app
        .store
        .user_by_email(world.acme.id, "c@acme.example");
    assert_eq!(found.await.unwrap(), None);
}

#[tokio::test]
async fn who_was_deleted_is_not_made_again_by_a_repetition() {
    let world = Office::new().await;
    let client = world.master().await;
    let token = world.admin_of(&world.acme).tokens().await.unwrap()[0].id;
    let body = json!({"email": "new@acme.example"});
    let made = ok(&post(&client, "/api/v1/users", "k", &body).await, 201);
    let path = format!("/api/v1/users/{}", made["id"].as_str().unwrap());
    assert_eq!(client.delete(&path).await.status, 204);
    for _ in 0..2 {
        let again = post(&client, "/api/v1/users", "k", &body).await;
        let problem = is_problem(&again, 409, "conflict");
        let told = problem["detail"].as_str().unwrap();
        assert!(told.contains("was deleted since"), "{told}");
    }
    let store = &world.app.store;
    let found = store.user_by_email(world.acme.id, "new@acme.example").await;
    assert_eq!(found.unwrap(), None);
    // Also where the server died before it had kept its answer.
    let purpose = "idempotency /api/v1/users";
    let code = world.app.keys.token(purpose, body.to_string().as_bytes());
    let once = KeyedRequest {
        token,
        key: "died".to_owned(),
        hash: code.into_bytes(),
        notes: String::new(),
    };
    let dying = Admin {
        once: Some(&once),
        ..world.admin_of(&world.acme)
    };
    let new = NewUser {
        text: UserText {
            email: "new@acme.example".to_owned(),
            ..UserText::default()
        },
        ..NewUser::default()
    };
    let made = dying.create_user(new).await.unwrap();
    let path = format!("/api/v1/users/{}", made.id);
    assert_eq!(client.delete(&path).await.status, 204);
    let again = post(&client, "/api/v1/users", "died", &body).await;
    is_problem(&again, 409, "conflict");
    // Whoever means it says so.
    ok(&post(&client, "/api/v1/users", "k-2", &body).await, 201);
}

#[tokio::test]
async fn a_key_is_forgotten_after_a_day() {
    let world = Office::new().await;
    let client = world.master().await;
    let store = &world.app.store;
    let now = || world.app.clock.now();
    let body = json!({"email": "new@acme.example"});
    let first = ok(&post(&client, "/api/v1/users", "k", &body).await, 201);
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
    let world = Office::new().await;
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

/// What is told of a connection when it is made is told again, also where the server died before it had kept its answer, and to who
/// asked a moment later.
#[tokio::test]
async fn what_the_first_answer_told_is_told_again() {
    let world = Office::new().await;
    let client = world.master().await;
    let body = |name: &str| json!({"display_name": name});
    let path = "/api/v1/connections";
    let first = ok(&post(&client, path, "kept", &body("One")).await, 201);
    let findings = first["findings"].as_array().unwrap();
    assert!(!findings.is_empty(), "{first}");
    let again = post(&client, path, "kept", &body("One")).await;
    assert_eq!(again.header("idempotent-replayed"), "true");
    assert_eq!(ok(&again, 201), first);
    // The answer is not kept: everything is as after a crash.
    let file = world.app.config.data_dir.join("vestibule.sqlite3");
    let database = rusqlite::Connection::open(file).unwrap();
    database
        .execute_batch(
            "CREATE TRIGGER crash BEFORE UPDATE ON idempotency BEGIN SELECT RAISE(FAIL, 'crash'); END",
        )
        .unwrap();
    let first = post(&client, path, "lost", &body("Two")).await;
    let again = post(&client, path, "lost", &body("Two")).await;
    assert_eq!(again.header("idempotent-replayed"), "true");
    for header in ["etag", "location"] {
        assert_eq!(first.header(header), again.header(header), "{header}");
    }
    let first = ok(&first, 201);
    assert!(!first["findings"].as_array().unwrap().is_empty(), "{first}");
    assert_eq!(ok(&again, 201), first);
    for (path, body) in [
        (
            "/api/v1/users",
            json!({"email": "new@acme.example", "groups": [world.members.id]}),
        ),
        ("/api/v1/groups", json!({"title": "New"})),
    ] {
        let first = ok(&post(&client, path, "lost-too", &body).await, 201);
        let again = ok(&post(&client, path, "lost-too", &body).await, 201);
        assert_eq!(again, first, "{path}");
        database.execute("DELETE FROM idempotency", []).unwrap();
    }
}
