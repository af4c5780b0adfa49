//! A connection's directory by script.

use serde_json::{Value, json};
use vestibule::demo_idp::{DemoGroup, DemoPerson};
use vestibule::domain::Scope;

use crate::support::api::{is_problem, ok};
use crate::support::tenant::{BOTH, LOOK_UP, LOOK_UP_SECRET, Tenant};

const NORTH: &str = "11111111-0000-4000-8000-000000000002";
const PERSON: &str = "22222222-0000-4000-8000-000000000001";

/// Seed 004-2: the same three values; the secret is write-only.
#[tokio::test]
async fn a_directory_is_set_tested_searched_and_switched_off() {
    let world = Tenant::new().await;
    let path = format!("/api/v1/connections/{}/directory", world.connection.id);
    let master = world.office.master().await;
    is_problem(&master.get(&path).await, 404, "not-found");
    let body = json!({
        "tenant": world.idp.tenant().id,
        "client_id": LOOK_UP,
        "client_secret": LOOK_UP_SECRET,
    });
    let client = world
        .office
        .client(&[Scope::ConnectionsRead, Scope::ConnectionsWrite])
        .await;
    let problem = is_problem(
        &client.put(&path, Some(body.clone())).await,
        403,
        "insufficient-scope",
    );
    assert_eq!(problem["scope"], "admins:write");
    let wrong = json!({"client_id": LOOK_UP, "client_secret": NORTH});
    let problem = is_problem(&master.put(&path, Some(wrong)).await, 422, "invalid");
    assert_eq!(problem["errors"][0]["field"], "client_secret");
    let set = ok(&master.put(&path, Some(body)).await, 200);
    assert_eq!(set["credential"], "own");
    assert_eq!(set["client_id"], LOOK_UP);
    assert!(!set.to_string().contains(LOOK_UP_SECRET), "{set}");
    assert_eq!(ok(&client.get(&path).await, 200), set);

    world.idp.grant(LOOK_UP, &["User.Read.All"]);
    let check = format!("{path}/check");
    let found = ok(&master.post(&check, Value::Null).await, 200);
    assert_eq!(found["passed"], false);
    assert_eq!(found["missing"], json!(["GroupMember.Read.All"]));
    world.idp.grant(LOOK_UP, &BOTH);
    let found = ok(&master.post(&check, Value::Null).await, 200);
    assert_eq!(found["passed"], true, "{found}");

    world
        .idp
        .directory()
        .put_person(DemoPerson::new(PERSON, "n.ova@contoso.com", "Nina Ova"));
    let search = format!("{path}/users?search=Nina");
    let people = ok(&master.get(&search).await, 200);
    assert_eq!(people[0]["object_id"], PERSON, "{people}");
    assert_eq!(people[0]["disabled"], false);

    assert_eq!(master.delete(&path).await.status, 204);
    is_problem(&master.get(&path).await, 404, "not-found");
    is_problem(&master.get(&search).await, 409, "conflict");
    assert_eq!(
        world.office.actions().await,
        ["directory.remove", "directory.set"]
    );
}

/// Seeds 001-31 and -36: the preview, its answer, and the result, as numbers of the database.
#[tokio::test]
async fn a_synchronisation_is_previewed_and_started() {
    let world = Tenant::new().await;
    let path = format!("/api/v1/connections/{}/directory", world.connection.id);
    let master = world.office.master().await;
    world.idp.grant(LOOK_UP, &BOTH);
    world
        .idp
        .directory()
        .put_group(DemoGroup::new(NORTH, "North"));
    let body = json!({
        "client_id": LOOK_UP,
        "client_secret": LOOK_UP_SECRET,
        "synchronise": true,
    });
    ok(&master.put(&path, Some(body)).await, 200);
    let status = format!("{path}/status");
    assert_eq!(ok(&master.get(&status).await, 200)["preview"], Value::Null);
    assert_eq!(world.office.app.synchronise_once().await.unwrap(), 1);
    let shown = ok(&master.get(&status).await, 200);
    assert_eq!(shown["last_result"], "previewed", "{shown}");
    let add = shown["preview"]["add"].as_array().unwrap();
    assert!(add.iter().any(|it| it["title"] == "North"), "{shown}");
    let begin = format!("{path}/synchronise");
    let answer = ok(&master.post(&begin, json!({})).await, 200);
    assert_eq!(answer["under_way"], true, "{answer}");
    assert_eq!(world.office.app.synchronise_once().await.unwrap(), 1);
    let shown = ok(&master.get(&status).await, 200);
    assert_eq!(shown["last_result"], "done", "{shown}");
    assert_eq!(shown["preview"], Value::Null);
    assert!(shown["linked_groups"].as_u64().unwrap() >= 1);
    let wrong = json!({"adopt": ["North"]});
    is_problem(&master.post(&begin, wrong).await, 422, "invalid");
    let none = json!({"confirm_removal": {"people": 1, "memberships": 0, "groups": 0}});
    is_problem(&master.post(&begin, none).await, 404, "not-found");
}
