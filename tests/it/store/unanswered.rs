//! Sign-ins that nobody finished.

use time::Duration;
use vestibule::domain::{AttemptKind, AuditEvent, AuditId, LoginAttempt, Outcome, Record};
use vestibule::store::{Retention, Store};

use super::database::{Database, on_both};
use super::world::{NOW, World, company, new_attempt, profile, signed_in, unique};

on_both!(
    what_nobody_can_answer_is_counted_and_not_kept,
    a_clock_that_was_ahead_hides_nothing,
    a_company_has_so_many_records_and_entries,
    what_is_too_many_is_found_in_steps
);

/// A start so long before now.
async fn begun(store: &Store, world: &World, kind: AttemptKind, before: Duration) -> LoginAttempt {
    let attempt = new_attempt(world.company.id, kind);
    let attempt = LoginAttempt {
        started_at: NOW - before,
        expires_at: NOW - before + Duration::minutes(10),
        ..attempt
    };
    store.add_attempt(&attempt).await.unwrap();
    attempt
}

async fn what_nobody_can_answer_is_counted_and_not_kept(database: &Database) {
    let world = World::new(database.open().await).await;
    let store = world.store.at_leisure();
    let other = company("https://other.example");
    store.add_company(&other, NOW).await.unwrap();
    let ended = world.attempt().await;
    let person = profile("oid:1", "b@contoso.example");
    signed_in(world.finish(ended.id, "_a", &person).await);
    let answerable = begun(&store, &world, AttemptKind::Saml, Duration::minutes(10)).await;
    let test = begun(&store, &world, AttemptKind::Test, Duration::days(2)).await;
    // Something came of it: a Response without its cookie, which nobody sent again (rule E2).
    let noted = begun(&store, &world, AttemptKind::Saml, Duration::hours(3)).await;
    let note = Record::default();
    store
        .note_attempt(noted.id, "no cookie", &note)
        .await
        .unwrap();
    let mut gone = Vec::new();
    for number in 0..1_100 {
        let before = Duration::hours(1) + Duration::seconds(number / 3);
        gone.push(begun(&store, &world, AttemptKind::Saml, before).await);
    }
    gone.push(begun(&store, &world, AttemptKind::Password, Duration::days(1)).await);

    assert_eq!(store.forget_unanswered(NOW).await.unwrap(), 1_101);
    for attempt in gone.iter().step_by(100).chain(gone.last()) {
        assert_eq!(store.attempt(attempt.id).await.unwrap(), None);
    }
    for attempt in [&ended, &answerable, &test, &noted] {
        assert!(store.attempt(attempt.id).await.unwrap().is_some());
    }
    let since = async |days| {
        store
            .unanswered(world.company.id, NOW - Duration::days(days))
            .await
    };
    assert_eq!(since(0).await.unwrap(), 1_100);
    assert_eq!(since(1).await.unwrap(), 1_101);
    assert_eq!(store.unanswered(other.id, NOW).await.unwrap(), 0);

    // Each is looked at once, and what has become too old since is added.
    assert_eq!(store.forget_unanswered(NOW).await.unwrap(), 0);
    let later = NOW + Duration::minutes(2);
    assert_eq!(store.forget_unanswered(later).await.unwrap(), 1);
    assert_eq!(since(0).await.unwrap(), 1_101);
    let ended = store.attempt(ended.id).await.unwrap().unwrap();
    assert_eq!(ended.outcome, Outcome::SignedIn);

    // The counts are kept as long as records are, and go with their company.
    let retained = Duration::days(30);
    let month = NOW + Duration::days(40);
    store.purge(month, retained).await.unwrap();
    assert_eq!(since(5).await.unwrap(), 0);
}

async fn a_clock_that_was_ahead_hides_nothing(database: &Database) {
    let world = World::new(database.open().await).await;
    let store = &world.store;
    begun(store, &world, AttemptKind::Saml, Duration::days(-30)).await;
    let ahead = NOW + Duration::days(31);
    assert_eq!(store.forget_unanswered(ahead).await.unwrap(), 1);
    begun(store, &world, AttemptKind::Saml, Duration::hours(1)).await;
    assert_eq!(store.forget_unanswered(NOW).await.unwrap(), 1);
}

async fn a_company_has_so_many_records_and_entries(database: &Database) {
    let world = World::new(database.open().await).await;
    let store = &world.store;
    let mut records = Vec::new();
    for minutes in 1..=12 {
        let at = NOW + Duration::minutes(minutes);
        let record = LoginAttempt {
            outcome: Outcome::Refused,
            started_at: at,
            ..new_attempt(world.company.id, AttemptKind::Saml)
        };
        store.add_attempt(&record).await.unwrap();
        records.push(record);
        let entry = AuditEvent {
            id: AuditId::from_bytes(unique()),
            company_id: Some(world.company.id),
            at,
            actor: "anna".into(),
            action: "user.add".into(),
            subject: minutes.to_string(),
            detail: String::new(),
            client: None,
            before: None,
            after: None,
        };
        store.add_audit_event(&entry).await.unwrap();
    }
    let keep = Retention {
        most_attempts: Some(10),
        most_entries: Some(11),
        ..Retention::from(Duration::days(30))
    };
    let later = NOW + Duration::hours(1);
    let purged = store.purge(later, keep).await.unwrap();
    assert_eq!((purged.attempts, purged.entries), (2, 1));
    assert_eq!(store.attempt(records[1].id).await.unwrap(), None);
    assert!(store.attempt(records[2].id).await.unwrap().is_some());
    let entries = store.audit_events(world.company.id, 50).await.unwrap();
    assert_eq!(entries.len(), 11);
    assert_eq!(entries.last().unwrap().subject, "2");
    let purged = store.purge(later, keep).await.unwrap();
    assert_eq!((purged.attempts, purged.entries), (0, 0));
}

async fn what_is_too_many_is_found_in_steps(database: &Database) {
    const ENTRIES: usize = 4_100;
    let world = World::new(database.open().await).await;
    let store = &world.store;
    let mut tx = store.begin().await.unwrap();
    for number in 0..ENTRIES {
        let entry = AuditEvent {
            id: AuditId::from_bytes(unique()),
            company_id: Some(world.company.id),
            // Many of one moment, which a step may end in.
            at: NOW + Duration::MINUTE * u32::try_from(number / 25).unwrap(),
            actor: "anna".into(),
            action: "user.add".into(),
            subject: number.to_string(),
            detail: String::new(),
            client: None,
            before: None,
            after: None,
        };
        tx.audit(&entry).await.unwrap();
    }
    tx.commit(NOW).await.unwrap();
    let later = NOW + Duration::days(10);
    for (most, left) in [
        (5_000, ENTRIES),
        (4_100, ENTRIES),
        (4_075, 4_075),
        // What came at the moment of one that has room stays.
        (4_010, 4_025),
        (2_000, 2_000),
        (1, 25),
    ] {
        let keep = Retention {
            most_entries: Some(most),
            ..Retention::from(Duration::days(30))
        };
        store.purge(later, keep).await.unwrap();
        let entries = store.audit_events(world.company.id, 4_500).await.unwrap();
        assert_eq!(entries.len(), left, "{most}");
    }
}

/// An hour of one client, at a tenth of its limit: after the first quarter the file grows no more.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn starts_that_nobody_finishes_fill_no_disk() {
    const A_MINUTE: u32 = 300;
    let database = Database::sqlite();
    let world = World::new(database.open().await).await;
    let store = world.store.at_leisure();
    let file = database.url().replace("sqlite:", "");
    let size = || {
        let connection = rusqlite::Connection::open(&file).unwrap();
        let pages = connection.query_row("PRAGMA page_count", [], |row| row.get::<_, i64>(0));
        4096 * pages.unwrap()
    };
    let (empty, mut early) = (size(), 0);
    for minute in 0..60 {
        let now = NOW + Duration::minutes(minute);
        for at in 0..A_MINUTE {
            let started_at = now + Duration::MINUTE * at / A_MINUTE;
            let attempt = LoginAttempt {
                started_at,
                expires_at: started_at + Duration::minutes(10),
                return_to: Some(format!("/{}", "a".repeat(511))),
                connection_id: Some(world.connection.id),
                ..new_attempt(world.company.id, AttemptKind::Saml)
            };
            store.add_attempt(&attempt).await.unwrap();
        }
        store
            .forget_unanswered(now + Duration::MINUTE)
            .await
            .unwrap();
        if minute == 15 {
            early = size();
        }
    }
    let late = size();
    assert!(late < early + early / 20, "{early} and then {late}");
    // Ten times as many, in MiB.
    let at_the_limit = (late - empty) * 10 / 1024 / 1024;
    println!("a client at its limit: {at_the_limit} MiB");
    assert!(at_the_limit <= 100, "{at_the_limit} MiB");
}
