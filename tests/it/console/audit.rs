//! The audit log: found, paged through, and taken away as a file.

use serde_json::{Value, json};
use time::{Duration, OffsetDateTime};
use vestibule::domain::{AuditEvent, AuditId};

use crate::support::console::post;
use crate::support::{ADMIN, NOW, Office, unescaped, unique};

const LOG: &str = "/admin/audit";

fn entry(world: &Office, action: &str, subject: &str, at: OffsetDateTime) -> AuditEvent {
    AuditEvent {
        id: AuditId::from_bytes(unique()),
        company_id: Some(world.acme.id),
        at,
        actor: "b.jensen@acme.example".to_owned(),
        action: action.into(),
        subject: subject.to_owned(),
        detail: String::new(),
        client: None,
        before: None,
        after: None,
    }
}

async fn add(world: &Office, event: &AuditEvent) {
    world.app.store.add_audit_event(event).await.unwrap();
}

fn subjects(page: &str) -> Vec<String> {
    let rows = page.split("<span class=\"subject\">").skip(1);
    rows.map(|row| unescaped(row.split_once('<').unwrap().0))
        .collect()
}

#[tokio::test]
async fn who_changed_what_when_from_where_before_and_after() {
    let world = Office::new().await;
    let mut admin = world.admin().await.from("203.0.113.7");
    post(&mut admin, "/admin/account", &[("name", "Acme <b>2</b>")]).await;
    let page = admin.get(LOG).await.body;
    for part in [
        ADMIN,
        "203.0.113.7",
        "company.rename",
        "<del>ACME</del> <ins>Acme &#60;b&#62;2&#60;/b&#62;</ins>",
        "1 Mar 2026, 12:00:00 UTC<",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    let mut other = world.other_admin().await;
    let page = other.get(LOG).await.body;
    assert!(!page.contains("company.rename"), "{page}");
}

#[tokio::test]
async fn an_entry_is_found_by_what_one_knows_of_it() {
    let world = Office::new().await;
    let old = NOW - Duration::days(40);
    for event in [
        entry(&world, "user.deactivate", "50% off_x", NOW),
        entry(&world, "connection.change", "entra", NOW - Duration::HOUR),
        entry(&world, "connection.enable", "entra", old),
    ] {
        add(&world, &event).await;
    }
    let mut admin = world.admin().await;
    for (query, expected) in [
        ("noun=connection", vec!["entra", "entra"]),
        ("noun=user", vec!["50% off_x"]),
        ("noun=user%25", vec!["50% off_x", "entra", "entra"]),
        ("q=ENTRA", vec!["entra", "entra"]),
        ("q=jensen", vec!["50% off_x", "entra", "entra"]),
        // Not placeholders.
        ("q=50%25+off_x", vec!["50% off_x"]),
        ("q=5_%25", vec![]),
        ("q=%00", vec![]),
        ("q=enable&noun=connection", vec!["entra"]),
        ("until=2026-01-31", vec!["entra"]),
        ("from=2026-02-01&noun=connection", vec!["entra"]),
    ] {
        let page = admin.get(&format!("{LOG}?{query}")).await;
        assert_eq!(page.status, 200);
        let mut found = subjects(&page.body);
        found.sort();
        let mut expected = expected;
        expected.sort_unstable();
        assert_eq!(found, expected, "{query}");
    }
}

#[tokio::test]
async fn the_log_goes_on_page_by_page() {
    let world = Office::new().await;
    for number in 0..120 {
        let at = NOW - Duration::minutes(number / 7 + 1);
        add(
            &world,
            &entry(&world, "user.change", &format!("user {number}"), at),
        )
        .await;
    }
    let mut admin = world.admin().await;
    let mut path = format!("{LOG}?noun=user");
    let mut seen = Vec::new();
    for pages in 1.. {
        let page = admin.get(&path).await.body;
        seen.extend(subjects(&page));
        let Some((before, _)) = page.split_once(">Older</a>") else {
            assert_eq!(pages, 3);
            break;
        };
        path = unescaped(
            before
                .rsplit_once("href=\"")
                .unwrap()
                .1
                .split_once('"')
                .unwrap()
                .0,
        );
    }
    assert_eq!(seen.len(), 120);
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 120, "each once");
}

#[tokio::test]
async fn an_export_holds_what_fits_and_no_formula() {
    let world = Office::new().await;
    let formula = "=HYPERLINK(\"http://evil.example\")";
    let event = AuditEvent {
        before: Some(json!({"title": "A"})),
        after: Some(json!({"title": "=B"})),
        client: Some("203.0.113.7".parse().unwrap()),
        ..entry(&world, "group.change", formula, NOW)
    };
    add(&world, &event).await;
    add(&world, &entry(&world, "user.change", "somebody", NOW)).await;
    let mut admin = world.admin().await;
    let answer = post(
        &mut admin,
        "/admin/audit/export",
        &[("form", "csv"), ("noun", "group")],
    )
    .await;
    assert_eq!(answer.status, 200);
    assert!(answer.header("content-type").starts_with("text/csv"));
    assert_eq!(
        answer.header("content-disposition"),
        "attachment; filename=\"acme-audit-2026-03-01.csv\""
    );
    let lines: Vec<&str> = answer.body.lines().collect();
    assert_eq!(lines.len(), 2, "{}", answer.body);
    assert_eq!(lines[0], "at,actor,from,action,subject,detail,before,after");
    assert_eq!(
        lines[1],
        "2026-03-01T12:00:00Z,b.jensen@acme.example,203.0.113.7,group.change,\
         \"'=HYPERLINK(\"\"http://evil.example\"\")\",,\"{\"\"title\"\":\"\"A\"\"}\",\"{\"\"title\"\":\"\"=B\"\"}\""
    );
    let answer = post(
        &mut admin,
        "/admin/audit/export",
        &[("form", "jsonl"), ("noun", "group")],
    )
    .await;
    let lines: Vec<Value> = answer
        .body
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), 1);
    assert_eq!(lines[0]["subject"], formula);
    assert_eq!(lines[0]["before"], json!({"title": "A"}));
    // That it was taken away is in the log itself.
    let exports = world.audit().await;
    let exports = exports.iter().filter(|it| it.action == "audit.export");
    assert_eq!(exports.count(), 2);
}

#[tokio::test]
async fn an_export_is_complete_and_of_one_company() {
    let world = Office::new().await;
    let mut tx = world.app.store.begin().await.unwrap();
    for number in 0..2_300 {
        let at = NOW - Duration::seconds(number / 5);
        let event = entry(&world, "user.change", &format!("user {number}"), at);
        tx.audit(&event).await.unwrap();
    }
    tx.commit(NOW).await.unwrap();
    let mut admin = world.admin().await;
    let answer = post(
        &mut admin,
        "/admin/audit/export",
        &[("form", "jsonl"), ("noun", "user")],
    )
    .await;
    assert_eq!(answer.body.lines().count(), 2_300);
    let mut other = world.other_admin().await;
    let answer = post(
        &mut other,
        "/admin/audit/export",
        &[("form", "jsonl"), ("noun", "user")],
    )
    .await;
    assert_eq!(answer.body, "");
    assert_eq!(admin.get("/admin/audit/export").await.status, 405);
    assert_eq!(
        admin
            .post("/admin/audit/export", &[("form", "csv")])
            .await
            .status,
        403
    );
}

#[tokio::test]
async fn an_export_of_any_size_is_whole() {
    let world = Office::new().await;
    let mut admin = world.admin().await;
    // Fewer entries, each as large as it can be.
    let mut tx = world.app.store.begin().await.unwrap();
    for number in 0..33 * 128 {
        let much = || Some(json!({"title": "x".repeat(4_080)}));
        let event = AuditEvent {
            before: much(),
            after: much(),
            ..entry(
                &world,
                "group.change",
                "large",
                NOW - Duration::days(2 + number / 128),
            )
        };
        tx.audit(&event).await.unwrap();
    }
    // Many entries, each small, most of them at one moment.
    for _ in 0..=50_000 {
        let event = entry(&world, "user.change", "small", NOW - Duration::HOUR);
        tx.audit(&event).await.unwrap();
    }
    tx.commit(NOW).await.unwrap();
    for (noun, from, lines) in [
        ("group", "", 33 * 128),
        ("group", "2026-02-01", 27 * 128),
        ("user", "", 50_001),
    ] {
        let fields = [("form", "jsonl"), ("noun", noun), ("from", from)];
        let answer = post(&mut admin, "/admin/audit/export", &fields).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.body.lines().count(), lines, "{noun} {from}");
    }
    let fields = [("form", "csv"), ("noun", "user")];
    let answer = post(&mut admin, "/admin/audit/export", &fields).await;
    assert_eq!(answer.body.lines().count(), 1 + 50_001);
    assert_eq!(answer.body.matches("at,actor,from").count(), 1);
    let log = world.audit().await;
    let exports = log.iter().filter(|it| it.action == "audit.export");
    assert_eq!(exports.count(), 4);
    // An export does not hold itself, and holds those before it.
    let fields = [("form", "jsonl"), ("noun", "audit")];
    let answer = post(&mut admin, "/admin/audit/export", &fields).await;
    assert_eq!(answer.body.lines().count(), 4);
}
