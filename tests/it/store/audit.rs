//! The audit log's list.

use std::collections::BTreeSet;

use time::Duration;
use vestibule::domain::{AuditEvent, AuditId};
use vestibule::store::AuditFilter;

use super::database::{Database, on_both};
use super::world::{NOW, World, unique};

on_both!(
    each_entry_is_listed_once,
    text_is_found_and_never_a_placeholder
);

fn entry(world: &World, action: &str, subject: &str, ago: Duration) -> AuditEvent {
    AuditEvent {
        id: AuditId::from_bytes(unique()),
        company_id: Some(world.company.id),
        at: NOW - ago,
        actor: "anna@acme.example".to_owned(),
        action: action.into(),
        subject: subject.to_owned(),
        detail: String::new(),
        client: Some("2001:db8::1".parse().unwrap()),
        before: None,
        after: Some(serde_json::json!({"a": 1})),
    }
}

async fn each_entry_is_listed_once(database: &Database) {
    let world = World::new(database.open().await).await;
    let mut expected = BTreeSet::new();
    for number in 0..35 {
        let entry = entry(
            &world,
            "user.change",
            "x",
            Duration::milliseconds(number / 9),
        );
        world.store.add_audit_event(&entry).await.unwrap();
        expected.insert(entry.id);
    }
    let mut filter = AuditFilter::default();
    let mut seen = Vec::new();
    loop {
        let page = world
            .store
            .audit_page(world.company.id, &filter, 10)
            .await
            .unwrap();
        seen.extend(page.rows.iter().map(|entry| entry.id));
        match page.next {
            Some(next) => filter.after = Some(next),
            None => break,
        }
    }
    assert_eq!(seen.len(), 35);
    assert_eq!(seen.into_iter().collect::<BTreeSet<_>>(), expected);
}

async fn text_is_found_and_never_a_placeholder(database: &Database) {
    let world = World::new(database.open().await).await;
    for (action, subject) in [
        ("user.change", "100% B_x!"),
        ("user.change", "Anything"),
        ("user_import.begin", "Anything"),
    ] {
        let entry = entry(&world, action, subject, Duration::ZERO);
        world.store.add_audit_event(&entry).await.unwrap();
    }
    let company = world.company.id;
    let count = |noun: Option<&str>, text: Option<&str>| {
        let filter = AuditFilter {
            noun: noun.map(str::to_owned),
            text: text.map(str::to_owned),
            ..AuditFilter::default()
        };
        let store = world.store.clone();
        async move {
            let page = store.audit_page(company, &filter, 10).await.unwrap();
            page.rows.len()
        }
    };
    for (noun, text, expected) in [
        (None, Some("ANYTHING"), 2),
        (None, Some("100%"), 1),
        (None, Some("1_0%"), 0),
        (None, Some("b_x!"), 1),
        (None, Some("%"), 1),
        (None, Some("anna@"), 3),
        (None, Some("a\0"), 0),
        (Some("user"), None, 2),
        (Some("user_import"), None, 1),
        (Some("%"), None, 3),
    ] {
        assert_eq!(count(noun, text).await, expected, "{noun:?} {text:?}");
    }
}
