//! On PostgreSQL, sign-ins have connections that nobody else takes; on SQLite, the log stays short.

use std::time::{Duration, Instant};

use serde_json::json;
use sqlx::{Connection as _, Executor as _, PgConnection};
use vestibule::domain::{AuditEvent, AuditId};

use super::database::Database;
use super::world::{NOW, World, profile, signed_in, unique};

const PATIENT: usize = 6;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_can_wait_takes_no_connection_from_sign_ins() {
    let database = Database::postgres().await;
    let world = World::new(database.open().await).await;
    let desk = world.store.at_leisure();
    let person = profile("oid:1", "b@contoso.example");
    signed_in(world.sign_in(&person).await);

    // All connections of the desk are taken: it waits, is told so, and the database is not called away for it.
    let mut held = Vec::new();
    for _ in 0..PATIENT {
        held.push(desk.begin().await.unwrap());
    }
    let waits = tokio::spawn({
        let (desk, company) = (desk.clone(), world.company.id);
        async move { desk.users(company).await }
    });
    let begun = Instant::now();
    signed_in(world.sign_in(&person).await);
    assert!(
        begun.elapsed() < Duration::from_secs(2),
        "{:?}",
        begun.elapsed()
    );
    assert!(waits.await.unwrap().unwrap_err().is_away());
    held.clear();
    assert_eq!(desk.users(world.company.id).await.unwrap().len(), 1);

    // A statement that takes too long is given up, and is not the end of the others.
    let mut other = PgConnection::connect(&database.url()).await.unwrap();
    other.execute("BEGIN").await.unwrap();
    other
        .execute("LOCK TABLE audit_event IN ACCESS EXCLUSIVE MODE")
        .await
        .unwrap();
    let slow = tokio::spawn({
        let (desk, company) = (desk.clone(), world.company.id);
        async move { desk.audit_events(company, 10).await }
    });
    let begun = Instant::now();
    while !slow.is_finished() {
        signed_in(world.sign_in(&person).await);
        assert_eq!(desk.users(world.company.id).await.unwrap().len(), 1);
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    assert!(slow.await.unwrap().unwrap_err().is_away());
    assert!(
        begun.elapsed() < Duration::from_secs(10),
        "{:?}",
        begun.elapsed()
    );
    other.execute("ROLLBACK").await.unwrap();
    desk.audit_events(world.company.id, 10).await.unwrap();
    database.remove().await;
}

/// 160 MiB of entries of the audit log, by none of which anybody signs in.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_log_is_written_back_whatever_wrote_it() {
    let database = Database::sqlite();
    let world = World::new(database.open().await).await;
    let log = format!("{}-wal", database.url().replace("sqlite:", ""));
    // The detail of an entry is bounded; the name of a user is not so short.
    let many: Vec<String> = (0..40)
        .map(|number| format!("_{number:04}{}", "x".repeat(1_000)))
        .collect();
    let (mut longest, mut written) = (0, 0);
    for round in 0..800 {
        let mut tx = world.store.begin().await.unwrap();
        for text in &many {
            let event = AuditEvent {
                id: AuditId::from_bytes(unique()),
                company_id: Some(world.company.id),
                at: NOW,
                actor: "anna".into(),
                action: "user.change".into(),
                subject: format!("{round}"),
                detail: text.clone(),
                client: None,
                before: Some(json!({"a": "b".repeat(2_000)})),
                after: Some(json!({"a": "c".repeat(2_000)})),
            };
            written += 5_000;
            tx.audit(&event).await.unwrap();
        }
        tx.commit(NOW).await.unwrap();
        longest = longest.max(std::fs::metadata(&log).unwrap().len());
    }
    assert!(written > 150_000_000);
    println!("the log had {} MiB at the most", longest / 1024 / 1024);
    assert!(longest < 128 * 1024 * 1024, "{longest}");
}
