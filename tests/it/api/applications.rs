//! Applications by script: what is told of them, and who may use each.

use axum::http::Method;
use serde_json::{Value, json};
use vestibule::domain::{GroupKind, Scope};

use crate::support::api::{is_problem, ok};
use crate::support::{Answer, ApiClient, Office};

const LIST: &str = "/api/v1/applications";
const CRM: &str = "/api/v1/applications/crm";

async fn say(client: &ApiClient, version: Option<&str>, body: Value) -> Answer {
    let path = format!("{CRM}/allowed-groups");
    let headers: Vec<(&str, &str)> = version.map(|it| ("if-match", it)).into_iter().collect();
    let body = Some(body.to_string());
    client.call(Method::PUT, &path, &headers, body).await
}

#[tokio::test]
async fn what_serves_the_company_is_shown() {
    let world = Office::new().await;
    let client = world.client(&[Scope::GroupsRead]).await;
    assert_eq!(ok(&client.get(LIST).await, 200), json!([]));
    world.add_application("crm", Some(&world.acme)).await;
    world.add_application("wiki", Some(&world.beta)).await;
    let shown = client.get(CRM).await;
    assert!(!shown.header("etag").is_empty());
    let shown = ok(&shown, 200);
    assert_eq!(ok(&client.get(LIST).await, 200), json!([shown]));
    for (member, expected) in [
        ("name", json!("crm")),
        ("display_name", json!("CRM")),
        ("description", json!("What crm is for")),
        (
            "origins",
            json!(["https://acme.crm.example.com", "https://crm.example.com"]),
        ),
        ("audience", json!("urn:crm")),
        ("told_groups", json!(["SSO Basic"])),
        ("allowed", json!({"everybody": true, "groups": []})),
    ] {
        assert_eq!(shown[member], expected, "{member}");
    }
    let user = json!({"tells": "user", "name": "Remote-User"});
    assert_eq!(shown["headers"][0], user);
    for path in [
        "/api/v1/applications/wiki",
        "/api/v1/applications/none",
        "/api/v1/applications/No%20name",
    ] {
        is_problem(&client.get(path).await, 404, "not-found");
    }
}

#[tokio::test]
async fn the_set_is_made_exactly_so() {
    let world = Office::new().await;
    world.add_application("crm", None).await;
    let client = world.client(&[Scope::GroupsRead, Scope::GroupsWrite]).await;
    let version = client.get(CRM).await.header("etag").to_owned();
    let groups = |groups: Value| json!({ "groups": groups });
    let answer = say(&client, Some(&version), groups(json!(["Members"]))).await;
    let shown = ok(&answer, 200);
    let members = json!({"everybody": false, "groups": ["Members"]});
    assert_eq!(shown["allowed"], members);
    let read = client.get(CRM).await;
    assert_eq!(read.header("etag"), answer.header("etag"));
    assert_eq!(ok(&read, 200), shown);
    // What is shown is taken.
    ok(&say(&client, Some("*"), members).await, 200);
    let both = groups(json!(["Administrators", "Members"]));
    let shown = ok(&say(&client, Some("*"), both).await, 200);
    assert_eq!(
        shown["allowed"]["groups"],
        json!(["Administrators", "Members"])
    );
    let nobody = ok(&say(&client, Some("*"), groups(json!([]))).await, 200);
    assert_eq!(nobody["allowed"], json!({"everybody": false, "groups": []}));
    for everybody in [
        json!({"everybody": true}),
        json!({"everybody": true, "groups": []}),
    ] {
        let shown = ok(&say(&client, Some("*"), everybody).await, 200);
        assert_eq!(shown["allowed"]["everybody"], true);
    }
    assert_eq!(
        world.actions().await,
        [
            "application.allow",
            "application.allow",
            "application.deny",
            "application.deny"
        ]
    );
}

#[tokio::test]
async fn a_stale_change_and_a_wrong_one_are_refused() {
    let world = Office::new().await;
    world.add_application("crm", None).await;
    let client = world.master().await;
    let version = client.get(CRM).await.header("etag").to_owned();
    let nobody = json!({"groups": []});
    let missing = say(&client, None, nobody.clone()).await;
    is_problem(&missing, 428, "precondition-required");
    ok(&say(&client, Some(&version), nobody.clone()).await, 200);
    let before = world.actions().await;
    // Told first, whatever else is wrong with it.
    for body in [nobody, json!({"groups": ["None"]}), json!({"x": 1})] {
        let stale = say(&client, Some(&version), body).await;
        is_problem(&stale, 412, "changed");
    }
    let unknown = say(
        &client,
        Some("*"),
        json!({"groups": ["Members", "No <such>"]}),
    )
    .await;
    let problem = is_problem(&unknown, 422, "invalid");
    assert_eq!(problem["errors"][0]["field"], "groups");
    let message = problem["errors"][0]["message"].as_str().unwrap();
    assert!(message.contains("\"No <such>\""), "{message}");
    for body in [
        json!({}),
        json!({"everybody": false}),
        json!({"everybody": true, "groups": ["Members"]}),
        json!({"everybody": "yes"}),
        json!({"groups": "Members"}),
        json!({"groups": null}),
        json!({"groups": [], "x": 1}),
    ] {
        let refused = say(&client, Some("*"), body).await;
        is_problem(&refused, 422, "invalid");
    }
    // Another company's group has a title that counts there.
    world
        .add_group_to(&world.beta, "Theirs", GroupKind::Member, false)
        .await;
    let theirs = say(&client, Some("*"), json!({"groups": ["Theirs"]})).await;
    is_problem(&theirs, 422, "invalid");
    assert_eq!(world.actions().await, before);
}

#[tokio::test]
async fn a_token_needs_its_scope() {
    let world = Office::new().await;
    world.add_application("crm", None).await;
    let reader = world.client(&[Scope::GroupsRead, Scope::UsersWrite]).await;
    let everybody = json!({"everybody": true});
    let answer = say(&reader, Some("*"), everybody.clone()).await;
    let problem = is_problem(&answer, 403, "insufficient-scope");
    assert_eq!(problem["scope"], "groups:write");
    let writer = world.client(&[Scope::GroupsWrite]).await;
    let answer = writer.get(CRM).await;
    is_problem(&answer, 403, "insufficient-scope");
    ok(&say(&writer, Some("*"), everybody).await, 200);
    assert!(world.audit().await.is_empty());
}
