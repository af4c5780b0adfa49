//! How much a company may have, and what happens at the end of it.

use axum::http::Method;
use serde_json::{Value, json};
use vestibule::domain::{Family, Scope, Settings};

use crate::support::api::{is_problem, json as body, ok};
use crate::support::{NOW, Office};

/// A server on which a company may have so much.
async fn bounded(family: Family, most: u32) -> Office {
    Office::with(|config| {
        let quota = &mut config.quota;
        let of = match family {
            Family::Users => &mut quota.users,
            Family::Memberships => &mut quota.memberships,
            Family::Groups => &mut quota.groups,
            Family::Connections => &mut quota.connections,
            Family::Documents => &mut quota.document_megabytes,
            Family::Domains => &mut quota.domains,
            Family::Tokens => &mut quota.tokens,
        };
        *of = most;
    })
    .await
}

/// What the API says of a family: used, quota, told.
async fn of(world: &Office, family: Family) -> Value {
    let client = world.client_of(&world.acme, &[Scope::CompanyRead]).await;
    let shown = ok(&client.get("/api/v1/company/quota").await, 200);
    let items = shown["items"].as_array().unwrap();
    assert_eq!(items.len(), Family::ALL.len());
    let found = items.iter().find(|it| it["family"] == family.as_str());
    let found = found.unwrap();
    json!([found["used"], found["quota"], found["told"]])
}

#[tokio::test]
async fn a_company_has_so_many_users() {
    let world = bounded(Family::Users, 5).await;
    let client = world.master().await;
    let path = "/api/v1/users";
    let made = client.post(path, json!({"email": "c@acme.example"})).await;
    let third = ok(&made, 201);
    assert_eq!(of(&world, Family::Users).await, json!([3, 5, false]));
    ok(
        &client.post(path, json!({"email": "d@acme.example"})).await,
        201,
    );
    assert_eq!(of(&world, Family::Users).await, json!([4, 5, true]));
    ok(
        &client.post(path, json!({"email": "e@acme.example"})).await,
        201,
    );
    // With a key as well, which stays free for a request that is made again when there is room.
    let key = [("idempotency-key", "once")];
    let over = json!({"email": "f@acme.example"}).to_string();
    let answer = client
        .call(Method::POST, path, &key, Some(over.clone()))
        .await;
    let problem = is_problem(&answer, 409, "quota-reached");
    let detail = problem["detail"].as_str().unwrap();
    for part in ["at most 5 users", "/admin/users", "ask the operator"] {
        assert!(detail.contains(part), "{part}: {detail}");
    }
    // What is there is changed, and goes.
    let at = format!("{path}/{}", third["id"].as_str().unwrap());
    let renamed = client.patch(&at, "*", json!({"first_name": "Carla"})).await;
    ok(&renamed, 200);
    let any = [("if-match", "*")];
    let deleted = client.call(Method::DELETE, &at, &any, None).await;
    assert!(deleted.status < 300, "{}", deleted.body);
    let again = client.call(Method::POST, path, &key, Some(over)).await;
    ok(&again, 201);
    // Another company has its own.
    let others = world.client_of(&world.beta, &Scope::ALL).await;
    for number in 0..3 {
        let email = format!("{number}@beta.example");
        ok(&others.post(path, json!({ "email": email })).await, 201);
    }
}

#[tokio::test]
async fn a_company_has_so_many_memberships() {
    let world = bounded(Family::Memberships, 2).await;
    let client = world.master().await;
    // Both users of this world are in a group.
    let at = |group| format!("/api/v1/users/{}/groups/{group}", world.member.id);
    let answer = client.put(&at(world.admins.id), None).await;
    is_problem(&answer, 409, "quota-reached");
    let new = json!({"email": "c@acme.example", "groups": [world.members.id]});
    let answer = client.post("/api/v1/users", new).await;
    is_problem(&answer, 409, "quota-reached");
    let users = world.app.store.users(world.acme.id).await.unwrap();
    assert_eq!(users.len(), 2);
    // Once more is no more.
    let there = client.put(&at(world.members.id), None).await;
    assert!(there.status < 300, "{}", there.body);
    let taken = client.delete(&at(world.members.id)).await;
    assert!(taken.status < 300, "{}", taken.body);
    let answer = client.put(&at(world.admins.id), None).await;
    assert!(answer.status < 300, "{}", answer.body);
}

#[tokio::test]
async fn a_company_has_so_many_connections() {
    let world = bounded(Family::Connections, 2).await;
    let client = world.master().await;
    let path = "/api/v1/connections";
    ok(
        &client.post(path, json!({"display_name": "First"})).await,
        201,
    );
    let made = client.post(path, json!({"display_name": "Last"})).await;
    let last = ok(&made, 201);
    let answer = client.post(path, json!({"display_name": "Over"})).await;
    let problem = is_problem(&answer, 409, "quota-reached");
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.contains("at most 2 connections"), "{detail}");
    // A draft that was made before says the same.
    let admin = world.admin_of(&world.acme);
    let mut late = crate::support::connection(world.acme.id, "late", Settings::default());
    late.enabled = false;
    let refused = admin.add_connection(&late, "").await.unwrap_err();
    assert!(refused.to_string().contains("at most 2"), "{refused}");
    // With one less there is room.
    let gone = format!("{path}/{}", last["id"].as_str().unwrap());
    let any = [("if-match", "*")];
    let deleted = client.call(Method::DELETE, &gone, &any, None).await;
    assert_eq!(deleted.status, 204, "{}", deleted.body);
    ok(
        &client.post(path, json!({"display_name": "Again"})).await,
        201,
    );
}

#[tokio::test]
async fn a_company_has_so_many_permission_groups_domains_and_tokens() {
    let world = bounded(Family::Groups, 3).await;
    let client = world.master().await;
    let path = "/api/v1/groups";
    ok(&client.post(path, json!({"title": "Last"})).await, 201);
    let answer = client.post(path, json!({"title": "Over"})).await;
    let problem = is_problem(&answer, 409, "quota-reached");
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.contains("at most 3 permission groups"), "{detail}");
    assert_eq!(of(&world, Family::Groups).await, json!([3, 3, true]));
    // The operator may say otherwise for one company, and takes it back.
    let admin = world.admin_of(&world.acme);
    let more = [(Family::Groups, Some(4)), (Family::Domains, Some(1))];
    admin.set_quotas("acme", &more).await.unwrap();
    ok(&client.post(path, json!({"title": "Over"})).await, 201);
    let entry = &world.audit().await;
    let entry = entry
        .iter()
        .find(|it| it.action == "company.quota")
        .unwrap();
    assert_eq!(entry.before, Some(json!({"groups": 3, "domains": 200})));
    assert_eq!(entry.after, Some(json!({"groups": 4, "domains": 1})));
    let put = async |name: &str| {
        let path = format!("/api/v1/domains/{name}");
        client.put(&path, Some(json!({ "connection": null }))).await
    };
    let first = put("acme.example").await;
    assert!(first.status < 300, "{}", first.body);
    is_problem(&put("more.example").await, 409, "quota-reached");
    admin
        .set_quotas(
            "acme",
            &[(Family::Domains, None), (Family::Tokens, Some(1))],
        )
        .await
        .unwrap();
    let second = put("more.example").await;
    assert!(second.status < 300, "{}", second.body);
    let new = vestibule::admin::NewToken {
        name: "one more".to_owned(),
        scopes: vec!["users:read".to_owned()],
        days: 30,
    };
    let refused = admin.create_token(&new).await.unwrap_err();
    assert!(refused.to_string().contains("/admin/tokens"), "{refused}");
    let tokens = world.app.store.tokens(world.acme.id, NOW).await.unwrap();
    assert!(tokens.iter().all(|it| it.name != "one more"));
    assert!(body(&client.get("/api/v1/company/quota").await)["items"].is_array());
}
