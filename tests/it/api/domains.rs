//! The company's e-mail domains by script.

use serde_json::{Value, json};
use vestibule::domain::{SamlSettings, Scope};

use super::world::{World, is_problem, ok};
use crate::support::{self, NOW};

#[tokio::test]
async fn a_domain_is_set_and_removed_with_a_scope_of_trust() {
    let world = World::new().await;
    let entra = support::connection(world.acme.id, "entra", SamlSettings::default());
    world.app.store.add_connection(&entra, NOW).await.unwrap();
    let path = "/api/v1/domains/acme.test";
    let body = || Some(json!({"connection": entra.id}));
    let master = world.master().await;
    let set = ok(&master.put(path, body()).await, 200);
    let client = world
        .client(&[Scope::CompanyRead, Scope::ConnectionsWrite])
        .await;
    for answer in [
        client.put(path, body()).await,
        client.delete(path).await,
        client.post(&format!("{path}/check"), Value::Null).await,
    ] {
        let problem = is_problem(&answer, 403, "insufficient-scope");
        assert_eq!(problem["scope"], "admins:write");
    }
    assert_eq!(ok(&client.get("/api/v1/domains").await, 200), json!([set]));
    assert_eq!(set["domain"], "acme.test");
    assert_eq!(set["connection"], json!(entra.id));
    assert_eq!(set["links"], true);
    assert_eq!(set["verified_by"], Value::Null);
    assert_eq!(set["dns_record"]["name"], "_vestibule.acme.test");
    assert_eq!(ok(&client.get(path).await, 200), set);
    let none = master.put(path, Some(json!({"connection": null}))).await;
    assert_eq!(ok(&none, 200)["connection"], Value::Null);
    assert_eq!(master.delete(path).await.status, 204);
    is_problem(&master.delete(path).await, 404, "not-found");
    is_problem(&client.get(path).await, 404, "not-found");
    assert_eq!(
        world.actions().await,
        ["domain.add", "domain.assign", "domain.remove"]
    );

    let shared = "/api/v1/domains/gmail.com";
    is_problem(&master.put(shared, body()).await, 422, "invalid");
    let unknown = Some(json!({"connection": "01234567890123456789012345"}));
    let problem = is_problem(&master.put(path, unknown).await, 422, "invalid");
    assert_eq!(problem["errors"][0]["field"], "connection");
    let nowhere = "/api/v1/domains/no%20domain";
    is_problem(&master.put(nowhere, body()).await, 404, "not-found");
}

#[tokio::test]
async fn a_user_who_waits_names_a_connection() {
    let world = World::new().await;
    for name in ["entra", "okta"] {
        let connection = support::connection(world.acme.id, name, SamlSettings::default());
        world
            .app
            .store
            .add_connection(&connection, NOW)
            .await
            .unwrap();
    }
    let all = world.app.store.connections(world.acme.id).await.unwrap();
    let client = world.client(&[Scope::UsersWrite, Scope::UsersRead]).await;
    let body = json!({"email": "a@acme.test"});
    let problem = is_problem(&client.post("/api/v1/users", body).await, 422, "invalid");
    assert_eq!(problem["errors"][0]["field"], "connection");
    let body = json!({"email": "a@acme.test", "connection": all[1].id});
    let made = ok(&client.post("/api/v1/users", body).await, 201);
    assert_eq!(made["waits_for"], json!(all[1].id));
}
