//! Whole files by script.

use axum::http::Method;
use serde_json::Value;
use vestibule::domain::Scope;

use crate::support::api::is_problem;
use crate::support::{ADMIN, MEMBER, Office, hidden_field};

#[tokio::test]
async fn all_users_come_as_the_file_of_the_console() {
    let world = Office::new().await;
    let mut browser = world.browser().signed_in(ADMIN).await;
    let client = world.client(&[Scope::UsersRead]).await;
    let file = client.get("/api/v1/users/export").await;
    assert_eq!(file.status, 200, "{}", file.body);
    assert!(
        file.header("content-disposition")
            .contains("users-acme.csv")
    );
    assert_eq!(file.header("cache-control"), "no-store");
    for text in ["email,first_name", ADMIN, MEMBER] {
        assert!(file.body.contains(text), "{text}: {}", file.body);
    }
    assert!(!file.body.contains("beta.example"), "{}", file.body);
    let page = browser.get("/admin/users").await;
    let csrf = hidden_field(&page.body, "csrf").unwrap();
    let fields = [("csrf", csrf.as_str())];
    let of_console = browser.post("/admin/users/export", &fields).await;
    assert_eq!(of_console.body, file.body);
    let log = world.audit().await;
    let exports = log.iter().filter(|it| it.action == "user.export");
    let mut actors: Vec<&str> = exports.map(|it| it.actor.as_str()).collect();
    actors.sort_unstable();
    assert_eq!(actors, [ADMIN, &format!("token: {}", client.name)]);
    // A file is read, and nothing else.
    let other = world.client(&[Scope::AuditRead]).await;
    let refused = other.get("/api/v1/users/export").await;
    is_problem(&refused, 403, "insufficient-scope");
}

#[tokio::test]
async fn the_audit_log_comes_as_a_table_or_in_lines() {
    let world = Office::new().await;
    world.browser().signed_in(ADMIN).await;
    let client = world.client(&[Scope::AuditRead]).await;
    let table = client.get("/api/v1/audit/export").await;
    assert_eq!(table.status, 200, "{}", table.body);
    assert!(
        table.body.starts_with("at,actor,from,action"),
        "{}",
        table.body
    );
    assert!(
        table
            .header("content-disposition")
            .contains("acme-audit-2026-03-01.csv")
    );
    let lines = client.get("/api/v1/audit/export?form=jsonl").await;
    let entries: Vec<Value> = lines
        .body
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    // It is not in itself, and those before it are.
    let exports = |entries: &[Value]| {
        let of = |entry: &&Value| entry["action"] == "audit.export";
        entries.iter().filter(of).count()
    };
    assert_eq!(exports(&entries), 1);
    assert_eq!(entries.len(), table.body.lines().count());
    for (query, count) in [
        ("noun=token", 1),
        ("text=nobody", 0),
        ("from=2026-03-01T12:00:01Z", 0),
        ("until=2026-03-01T12:00:01Z&noun=token", 1),
    ] {
        let path = format!("/api/v1/audit/export?form=jsonl&{query}");
        let answer = client.get(&path).await;
        assert_eq!(answer.body.lines().count(), count, "{query}");
    }
    for wrong in ["form=xml", "noun=User", "limit=1", "cursor=x", "from=x"] {
        let answer = client.get(&format!("/api/v1/audit/export?{wrong}")).await;
        is_problem(&answer, 400, "malformed");
    }
    let head = client
        .raw(Method::POST, "/api/v1/audit/export", &[], None)
        .await;
    is_problem(&head, 405, "method-not-allowed");
}
