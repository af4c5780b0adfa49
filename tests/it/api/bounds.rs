//! How many connections and permission groups a company may have.

use serde_json::json;
use vestibule::admin::{MOST_CONNECTIONS, MOST_GROUPS};
use vestibule::domain::SamlSettings;

use super::world::{ADMIN, World, is_problem, ok};
use crate::support::{self, NOW, hidden_field};

#[tokio::test]
async fn a_company_has_so_many_connections() {
    let world = World::new().await;
    let client = world.master().await;
    let mut tx = world.app.store.begin().await.unwrap();
    for number in 1..MOST_CONNECTIONS {
        let name = format!("idp-{number}");
        let mut one = support::connection(world.acme.id, &name, SamlSettings::default());
        one.enabled = false;
        tx.add_connection(&one, NOW).await.unwrap();
    }
    tx.commit(NOW).await.unwrap();
    let path = "/api/v1/connections";
    let made = client.post(path, json!({"display_name": "Last"})).await;
    let last = ok(&made, 201);
    let answer = client.post(path, json!({"display_name": "Over"})).await;
    let problem = is_problem(&answer, 409, "conflict");
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.contains("at most 50 connections"), "{detail}");
    // The console and a draft that was made before say the same.
    let mut browser = world.browser(ADMIN).await;
    let page = browser.get("/admin/connections/new/manual").await;
    assert_eq!(page.status, 409);
    assert!(
        page.body.contains("at most 50 connections"),
        "{}",
        page.body
    );
    let admin = world.admin_of(&world.acme);
    let mut late = support::connection(world.acme.id, "late", SamlSettings::default());
    late.enabled = false;
    let refused = admin.add_connection(&late, "").await.unwrap_err();
    assert!(refused.to_string().contains("at most 50"), "{refused}");
    // With one less there is room; another company has its own.
    let gone = format!("{path}/{}", last["id"].as_str().unwrap());
    let any = [("if-match", "*")];
    let deleted = client
        .call(axum::http::Method::DELETE, &gone, &any, None)
        .await;
    assert_eq!(deleted.status, 204, "{}", deleted.body);
    let again = client.post(path, json!({"display_name": "Again"})).await;
    ok(&again, 201);
}

#[tokio::test]
async fn a_company_has_so_many_permission_groups() {
    let world = World::new().await;
    let client = world.master().await;
    let store = &world.app.store;
    let there = store.groups(world.acme.id).await.unwrap().len();
    let mut tx = store.begin().await.unwrap();
    for number in there + 1..MOST_GROUPS {
        let one = support::group(world.acme.id, &format!("Group {number}"));
        assert!(tx.add_group(&one).await.unwrap());
    }
    tx.commit(NOW).await.unwrap();
    let path = "/api/v1/groups";
    ok(&client.post(path, json!({"title": "Last"})).await, 201);
    let answer = client.post(path, json!({"title": "Over"})).await;
    let problem = is_problem(&answer, 409, "conflict");
    let detail = problem["detail"].as_str().unwrap();
    assert!(
        detail.contains("at most 1000 permission groups"),
        "{detail}"
    );
    let mut browser = world.browser(ADMIN).await;
    let page = browser.get("/admin/groups/new").await;
    let csrf = hidden_field(&page.body, "csrf").unwrap();
    let fields = [
        ("csrf", csrf.as_str()),
        ("title", "Over"),
        ("kind", "member"),
    ];
    let answer = browser.post("/admin/groups/new", &fields).await;
    assert_eq!(answer.status, 409, "{}", answer.body);
    let says = "at most 1000 permission groups";
    assert!(answer.body.contains(says), "{}", answer.body);
}
