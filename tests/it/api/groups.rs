//! Permission groups by script.

use crate::support::Office;
use crate::support::api::{is_problem, ok};
use axum::http::Method;
use serde_json::json;

#[tokio::test]
async fn a_group_is_made_changed_and_deleted() {
    let world = Office::new().await;
    let client = world.master().await;
    let made = client
        .post(
            "/api/v1/groups",
            json!({"title": "SSO Basic", "sso_only": true}),
        )
        .await;
    let group = ok(&made, 201);
    assert_eq!(group["type"], "member");
    assert_eq!(group["members"], 0);
    let path = format!("/api/v1/groups/{}", group["id"].as_str().unwrap());
    let read = client.get(&path).await;
    assert_eq!(ok(&read, 200), group);
    assert_eq!(read.header("etag"), made.header("etag"));
    let version = read.header("etag").to_owned();
    let changed = client
        .patch(&path, &version, json!({"title": "SSO", "sso_only": false}))
        .await;
    assert_eq!(ok(&changed, 200)["title"], "SSO");
    let stale = client.patch(&path, &version, json!({"title": "Y"})).await;
    is_problem(&stale, 412, "changed");
    let without = client
        .call(Method::PATCH, &path, &[], Some("{}".into()))
        .await;
    is_problem(&without, 428, "precondition-required");
    assert_eq!(client.delete(&path).await.status, 204);
    is_problem(&client.get(&path).await, 404, "not-found");
    is_problem(&client.delete(&path).await, 404, "not-found");
    assert_eq!(
        world.actions().await,
        ["group.add", "group.change", "group.remove"]
    );
}

#[tokio::test]
async fn a_title_is_there_once() {
    let world = Office::new().await;
    let client = world.master().await;
    for title in ["Members", "MEMBERS"] {
        let answer = client.post("/api/v1/groups", json!({"title": title})).await;
        let problem = is_problem(&answer, 409, "taken");
        assert_eq!(problem["errors"][0]["field"], "title");
    }
    for body in [
        json!({"title": ""}),
        json!({"title": "x".repeat(201)}),
        json!({"title": "x", "type": "owner"}),
        json!({"title": "x", "type": null}),
        json!({"title": "x", "sso_only": "yes"}),
        json!({"kind": "member"}),
    ] {
        is_problem(&client.post("/api/v1/groups", body).await, 422, "invalid");
    }
    assert_eq!(
        ok(&client.get("/api/v1/groups").await, 200)["items"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
}
