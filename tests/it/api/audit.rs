//! The audit log by script.

use serde_json::json;
use vestibule::domain::Scope;

use crate::support::api::{is_problem, ok};
use crate::support::{ADMIN, Office, hidden_field};

#[tokio::test]
async fn changes_are_told_with_who_and_from_where() {
    let world = Office::new().await;
    let master = world.master().await;
    let path = format!("/api/v1/users/{}", world.member.id);
    ok(
        &master.patch(&path, "*", json!({"first_name": "<b>"})).await,
        200,
    );
    world.app.clock.step(time::Duration::SECOND);
    let group = json!({"title": "Auditors"});
    ok(&master.post("/api/v1/groups", group).await, 201);
    let client = world.client(&[Scope::AuditRead]).await;
    let log = ok(&client.get("/api/v1/audit?noun=user").await, 200);
    let entry = &log["items"][0];
    assert_eq!(entry["action"], "user.change");
    assert_eq!(entry["actor"], format!("token: {}", master.name));
    assert_eq!(entry["client"], "203.0.113.7");
    assert_eq!(entry["before"], json!({"first_name": ""}));
    assert_eq!(entry["after"], json!({"first_name": "<b>"}));
    for (query, count) in [
        ("text=auditors", 1),
        ("text=nobody", 0),
        ("noun=group", 1),
        ("until=2026-03-01T12:00:01Z&noun=user", 1),
        ("from=2026-03-01T12:00:01Z&noun=user", 0),
    ] {
        let answer = client.get(&format!("/api/v1/audit?{query}")).await;
        let items = ok(&answer, 200)["items"].clone();
        assert_eq!(items.as_array().unwrap().len(), count, "{query}");
    }
    let mut path = "/api/v1/audit?limit=1".to_owned();
    let mut seen = Vec::new();
    loop {
        let page = ok(&client.get(&path).await, 200);
        seen.extend(page["items"].as_array().unwrap().clone());
        match page["next"].as_str() {
            Some(next) => path = next.replace("http://acme.localhost:8080", ""),
            None => break,
        }
    }
    let all = ok(&client.get("/api/v1/audit?limit=100").await, 200);
    assert_eq!(&seen, all["items"].as_array().unwrap());
    assert!(seen.len() >= 4);
    for wrong in [
        "from=x",
        "cursor=AAAA",
        "actor=x",
        "noun=User",
        "noun=user.%25",
        &format!("text={}", "x".repeat(201)),
    ] {
        let answer = client.get(&format!("/api/v1/audit?{wrong}")).await;
        is_problem(&answer, 400, "malformed");
    }
}

/// The clock of this server stands still.
#[tokio::test]
async fn what_happens_at_one_instant_is_listed_in_its_order() {
    let world = Office::new().await;
    let client = world.master().await;
    let mut expected = Vec::new();
    for number in 0..30 {
        let title = format!("Group {number}");
        ok(
            &client.post("/api/v1/groups", json!({"title": title})).await,
            201,
        );
        expected.insert(0, title);
    }
    let mut path = "/api/v1/audit?noun=group&limit=7".to_owned();
    let mut seen = Vec::new();
    loop {
        let page = ok(&client.get(&path).await, 200);
        for entry in page["items"].as_array().unwrap() {
            seen.push(entry["subject"].as_str().unwrap().to_owned());
        }
        match page["next"].as_str() {
            Some(next) => path = next.replace("http://acme.localhost:8080", ""),
            None => break,
        }
    }
    assert_eq!(seen, expected);
    let mut browser = world.browser().signed_in(ADMIN).await;
    let page = browser.get("/admin/audit").await;
    let csrf = hidden_field(&page.body, "csrf").unwrap();
    let fields = [
        ("csrf", csrf.as_str()),
        ("form", "jsonl"),
        ("noun", "group"),
    ];
    let export = browser.post("/admin/audit/export", &fields).await;
    let lines = export.body.lines().map(|line| {
        let entry: serde_json::Value = serde_json::from_str(line).unwrap();
        entry["subject"].as_str().unwrap().to_owned()
    });
    assert_eq!(lines.collect::<Vec<_>>(), expected);
}
