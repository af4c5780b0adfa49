//! Users by script.

use axum::http::Method;
use serde_json::json;
use vestibule::domain::{Scope, Settings, User};

use crate::support::api::{is_problem, ok};
use crate::support::{MEMBER, NOW, Office, connection};

#[tokio::test]
async fn a_user_is_made_read_changed_and_kept_out() {
    let world = Office::new().await;
    let client = world.master().await;
    let new = json!({
        "email": "Britta.Simon@acme.example", "first_name": "Britta", "last_name": "Simon",
        "company_name": "Acme", "groups": [world.members.id.to_string()],
    });
    let made = client.post("/api/v1/users", new).await;
    let user = ok(&made, 201);
    let path = format!("/api/v1/users/{}", user["id"].as_str().unwrap());
    assert_eq!(
        made.header("location"),
        format!("http://acme.localhost:8080{path}")
    );
    assert_eq!(user["groups"][0]["title"], "Members");
    assert_eq!(user["groups"][0]["sources"][0]["by"], "administrator");
    assert_eq!(user["active"], true);
    assert_eq!(user["has_password"], false);
    let read = client.get(&path).await;
    assert_eq!(ok(&read, 200), user);
    let version = read.header("etag").to_owned();
    assert_eq!(version, made.header("etag"));

    let changed = client
        .patch(&path, &version, json!({"last_name": "Sømøn"}))
        .await;
    let now = ok(&changed, 200);
    assert_eq!(now["last_name"], "Sømøn");
    assert_eq!(now["first_name"], "Britta");
    assert_ne!(changed.header("etag"), version);
    assert_eq!(
        client.get(&path).await.header("etag"),
        changed.header("etag")
    );

    let off = client
        .call(Method::POST, &format!("{path}/deactivate"), &[], None)
        .await;
    assert_eq!(ok(&off, 200)["active"], false);
    assert!(ok(&off, 200)["deactivated_at"].is_string());
    let on = client
        .call(Method::POST, &format!("{path}/activate"), &[], None)
        .await;
    assert_eq!(ok(&on, 200)["active"], true);
    assert_eq!(
        world.actions().await,
        [
            "user.activate",
            "user.add",
            "user.change",
            "user.deactivate"
        ]
    );
}

#[tokio::test]
async fn who_changes_a_user_has_read_it() {
    let world = Office::new().await;
    let client = world.master().await;
    let path = format!("/api/v1/users/{}", world.member.id);
    let version = client.get(&path).await.header("etag").to_owned();
    let body = json!({"first_name": "B."});
    let without = client
        .call(Method::PATCH, &path, &[], Some(body.to_string()))
        .await;
    is_problem(&without, 428, "precondition-required");
    for wrong in ["3", "\"a\"b\"", "", "W/\"x\"", "\"a\", \"b\""] {
        let answer = client.patch(&path, wrong, body.clone()).await;
        is_problem(&answer, 400, "malformed");
    }
    ok(&client.patch(&path, &version, body).await, 200);
    let stale = client
        .patch(&path, &version, json!({"first_name": "X"}))
        .await;
    let problem = is_problem(&stale, 412, "changed");
    let told = problem["detail"].as_str().unwrap();
    assert!(told.contains(&client.name), "{told}");
    assert_eq!(ok(&client.get(&path).await, 200)["first_name"], "B.");
    ok(
        &client.patch(&path, "*", json!({"first_name": "X"})).await,
        200,
    );
}

#[tokio::test]
async fn what_is_wrong_is_told_by_its_member() {
    let world = Office::new().await;
    let client = world.master().await;
    let answer = client
        .post(
            "/api/v1/users",
            json!({"email": "no", "first_name": "a\u{7}", "password": "short"}),
        )
        .await;
    let problem = is_problem(&answer, 422, "invalid");
    let fields: Vec<&str> = problem["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| error["field"].as_str().unwrap())
        .collect();
    assert_eq!(fields, ["email", "first_name", "password"]);
    let taken = client
        .post("/api/v1/users", json!({"email": MEMBER.to_uppercase()}))
        .await;
    let problem = is_problem(&taken, 409, "taken");
    assert_eq!(problem["errors"][0]["field"], "email");
    for (body, status, kind) in [
        ("", 400, "malformed"),
        ("{", 400, "malformed"),
        ("{\"email\":\"a@b.example\"} x", 400, "malformed"),
        ("\u{feff}{}", 400, "malformed"),
        ("[]", 422, "invalid"),
        ("null", 422, "invalid"),
        ("{}", 422, "invalid"),
        ("{\"email\":1}", 422, "invalid"),
        ("{\"email\":\"a@b.example\",\"admin\":true}", 422, "invalid"),
        (
            "{\"email\":\"a@b.example\",\"email\":\"c@d.example\"}",
            422,
            "invalid",
        ),
        (
            "{\"email\":\"a@b.example\",\"password\":null}",
            422,
            "invalid",
        ),
        (
            "{\"email\":\"a@b.example\",\"groups\":[\"x\"]}",
            422,
            "invalid",
        ),
        ("{\"email\":\"a@b.example\\u0000\"}", 422, "invalid"),
    ] {
        let answer = client
            .call(Method::POST, "/api/v1/users", &[], Some(body.to_owned()))
            .await;
        is_problem(&answer, status, kind);
    }
    for kind in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/jsonx",
    ] {
        let stranger = world.stranger();
        let authorization = client.authorization.clone().unwrap();
        let headers = [
            ("authorization", authorization.as_str()),
            ("content-type", kind),
        ];
        let answer = stranger
            .raw(Method::POST, "/api/v1/users", &headers, None)
            .await;
        is_problem(&answer, 415, "media-type");
    }
    let huge = format!("{{\"email\":\"{}\"}}", "x".repeat(300 * 1024));
    let answer = client
        .call(Method::POST, "/api/v1/users", &[], Some(huge))
        .await;
    is_problem(&answer, 413, "too-large");
    assert!(world.audit().await.is_empty());
}

#[tokio::test]
async fn a_password_is_set_and_removed_and_ends_sessions() {
    let world = Office::new().await;
    let client = world.master().await;
    let mut browser = world.browser().signed_in(MEMBER).await;
    let path = format!("/api/v1/users/{}/password", world.member.id);
    let short = client.put(&path, Some(json!({"password": "short"}))).await;
    is_problem(&short, 422, "invalid");
    assert_eq!(browser.get("/sso/session").await.status, 200);
    let set = client
        .put(&path, Some(json!({"password": "another-Horse-10"})))
        .await;
    assert_eq!(set.status, 204, "{}", set.body);
    assert_eq!(browser.get("/sso/session").await.status, 401);
    assert_eq!(client.delete(&path).await.status, 204);
    let user = format!("/api/v1/users/{}", world.member.id);
    assert_eq!(ok(&client.get(&user).await, 200)["has_password"], false);
    assert_eq!(client.delete(&path).await.status, 204, "again");
}

#[tokio::test]
async fn groups_are_given_and_taken() {
    let world = Office::new().await;
    let client = world.master().await;
    let user = format!("/api/v1/users/{}", world.member.id);
    let path = format!("{user}/groups/{}", world.admins.id);
    for _ in 0..2 {
        let added = client.put(&path, None).await;
        assert_eq!(ok(&added, 200), json!({"password_removed": false}));
    }
    let groups = ok(&client.get(&user).await, 200)["groups"].clone();
    let titles: Vec<&str> = groups
        .as_array()
        .unwrap()
        .iter()
        .map(|group| group["title"].as_str().unwrap())
        .collect();
    assert_eq!(titles, ["Administrators", "Members"]);
    for _ in 0..2 {
        assert_eq!(client.delete(&path).await.status, 204);
    }
    let groups = ok(&client.get(&user).await, 200)["groups"].clone();
    assert_eq!(groups.as_array().unwrap().len(), 1);
    let identities = client.get(&format!("{user}/identities")).await;
    assert_eq!(ok(&identities, 200), json!([]));
}

#[tokio::test]
async fn a_membership_says_that_it_took_the_password() {
    let world = Office::new().await;
    let (client, master) = (
        world.client(&[Scope::UsersWrite]).await,
        world.master().await,
    );
    let user = format!("/api/v1/users/{}", world.member.id);
    let password = json!({"password": "four-words-are-enough"});
    let set = client
        .call(
            Method::PUT,
            &format!("{user}/password"),
            &[],
            Some(password.to_string()),
        )
        .await;
    assert_eq!(set.status, 204, "{}", set.body);
    let path = format!("{user}/groups/{}", world.admins.id);
    let added = master.put(&path, None).await;
    assert_eq!(ok(&added, 200), json!({"password_removed": true}));
    assert_eq!(ok(&master.get(&user).await, 200)["has_password"], false);
    let again = master.put(&path, None).await;
    assert_eq!(ok(&again, 200), json!({"password_removed": false}));
}

#[tokio::test]
async fn an_account_with_another_address_is_nobodys_until_the_owner_comes() {
    let world = Office::new().await;
    let store = &world.app.store;
    let now = world.app.clock.now();
    let entra = connection(world.acme.id, "entra", Settings::default());
    store.add_connection(&entra, now).await.unwrap();
    let bind = async || {
        let mut tx = store.begin().await.unwrap();
        assert!(
            tx.bind_identity(entra.id, "oid:1", world.member.id, now)
                .await
                .unwrap()
        );
        tx.commit(now).await.unwrap();
    };
    bind().await;
    let client = world.client(&[Scope::UsersRead, Scope::UsersWrite]).await;
    let mut browser = world.browser().signed_in(MEMBER).await;
    assert_eq!(browser.get("/sso/session").await.status, 200);
    let path = format!("/api/v1/users/{}", world.member.id);
    // A name, and the same address in other letters, change nothing.
    let body = json!({"first_name": "The", "email": MEMBER.to_uppercase()});
    let named = ok(&client.patch(&path, "*", body).await, 200);
    assert_eq!(
        (&named["identities_removed"], &named["sessions_ended"]),
        (&json!(0), &json!(0))
    );
    assert_eq!(browser.get("/sso/session").await.status, 200);
    let body = json!({"email": "boss@acme.example", "last_name": "Boss"});
    let renamed = ok(&client.patch(&path, "*", body).await, 200);
    assert_eq!(renamed["email"], "boss@acme.example");
    assert_eq!(
        (&renamed["identities_removed"], &renamed["sessions_ended"]),
        (&json!(1), &json!(1))
    );
    assert_eq!(renamed["bound"], false);
    assert_eq!(renamed["password_removed"], true);
    assert_eq!(browser.get("/sso/session").await.status, 401);
    let told = world.audit().await.remove(0);
    assert_eq!(told.action, "user.change");
    assert!(told.detail.contains("oid:1"), "{}", told.detail);
    assert!(told.detail.contains("sessions ended: 1"), "{}", told.detail);
    // The auditor's: the account is promoted, and whoever it was gets no console.
    let admins = format!("{path}/groups/{}", world.admins.id);
    let added = world.master().await.put(&admins, None).await;
    assert_eq!(ok(&added, 200), json!({"password_removed": false}));
    assert_ne!(browser.get("/admin").await.status, 200);
    // Somebody who may change administrators says who somebody is.
    bind().await;
    let body = json!({"email": "chief@acme.example"});
    let renamed = ok(&world.master().await.patch(&path, "*", body).await, 200);
    assert_eq!(
        (&renamed["identities_removed"], &renamed["bound"]),
        (&json!(0), &json!(true))
    );
}

#[tokio::test]
async fn a_user_is_deleted() {
    let world = Office::new().await;
    let client = world.client(&[Scope::UsersRead, Scope::UsersWrite]).await;
    let path = format!("/api/v1/users/{}", world.member.id);
    let uses = ok(&client.get(&format!("{path}/deletion")).await, 200);
    assert_eq!(uses["groups"], 1);
    assert_eq!(uses["sessions"], 0);
    let of_admin = format!("/api/v1/users/{}", world.admin.id);
    let problem = is_problem(&client.delete(&of_admin).await, 403, "insufficient-scope");
    assert_eq!(problem["scope"], "admins:write");
    let answer = world.master().await.delete(&of_admin).await;
    is_problem(&answer, 409, "last-administrator");
    assert_eq!(client.delete(&path).await.status, 204);
    is_problem(&client.get(&path).await, 404, "not-found");
    is_problem(&client.delete(&path).await, 404, "not-found");
    let log = world.audit().await;
    assert_eq!(log[0].action, "user.remove");
    assert!(
        !format!("{log:?}").contains(world.member.email.as_str()),
        "{log:?}"
    );
}

/// Seed 001-25: what a directory says beside is told, and taken from nobody else.
#[tokio::test]
async fn further_attributes_are_told() {
    let world = Office::new().await;
    let client = world.master().await;
    let user = User {
        attributes: [("department".parse().unwrap(), "R & D".to_owned())].into(),
        ..crate::support::user(world.acme.id, "d@acme.example")
    };
    let mut tx = world.app.store.begin().await.unwrap();
    assert!(tx.add_user(&user).await.unwrap());
    tx.commit(NOW).await.unwrap();
    let path = format!("/api/v1/users/{}", user.id);
    let told = ok(&client.get(&path).await, 200);
    assert_eq!(told["attributes"], json!({"department": "R & D"}));
    let body = json!({"attributes": {"department": "Board"}});
    let answer = client.patch(&path, "*", body).await;
    assert!((400..500).contains(&answer.status), "{}", answer.body);
    let changed = client.patch(&path, "*", json!({"last_name": "X"})).await;
    assert_eq!(ok(&changed, 200)["attributes"], told["attributes"]);
    let other = format!("/api/v1/users/{}", world.member.id);
    assert_eq!(ok(&client.get(&other).await, 200)["attributes"], json!({}));
    let file = client.get("/api/v1/users/export").await.body;
    let cell = r#","{""department"":""R & D""}""#;
    assert!(file.contains(cell), "{file}");
    assert!(file.lines().next().unwrap().ends_with(",attributes"));
}
