//! Login attempts: rules E1, E4, E6.

use time::Duration;
use vestibule::domain::{AttemptKind, Check, Outcome, Record};
use vestibule::store::{AttemptFilter, AttemptRef, AttemptRefusal, Finished, Refusal};

use super::database::{Database, on_both};
use super::world::{NOW, World, connection, new_attempt, profile, refused, signed_in, text};

on_both!(
    found_by_what_the_browser_brings,
    consumed_once,
    too_late,
    only_through_the_connection_that_it_began_through,
    an_assertion_is_accepted_once,
    refusals_are_kept_and_final,
    an_unsolicited_response_brings_its_own_attempt,
    listed_newest_first,
    forgotten_after_their_days,
    however_many_are_old_they_are_forgotten,
);

async fn found_by_what_the_browser_brings(database: &Database) {
    let world = World::new(database.open().await).await;
    let mut attempt = new_attempt(world.company.id, AttemptKind::Saml);
    attempt.connection_id = Some(world.connection.id);
    attempt.return_to = Some("/reports?id=1".into());
    world.store.add_attempt(&attempt).await.unwrap();
    let (company, store) = (world.company.id, &world.store);
    assert_eq!(
        store.attempt(attempt.id).await.unwrap().as_ref(),
        Some(&attempt)
    );
    // By the server on which it began, which remembers it, and by any other.
    for store in [store, &database.open().await, store] {
        assert_eq!(
            store
                .attempt_by_request(company, attempt.request_id.as_deref().unwrap())
                .await
                .unwrap()
                .as_ref(),
            Some(&attempt)
        );
    }
    assert_eq!(
        store
            .attempt_by_code(company, &attempt.code, NOW)
            .await
            .unwrap()
            .as_ref(),
        Some(&attempt)
    );
    for hostile in ["", "_x", "a\0b", "' OR 1=1 --"] {
        assert_eq!(
            store.attempt_by_request(company, hostile).await.unwrap(),
            None
        );
    }
    // Rule E6, remembered or not.
    let other = vestibule::domain::CompanyId::from_bytes([9; 16]);
    let remembered = new_attempt(company, AttemptKind::Saml);
    store.add_attempt(&remembered).await.unwrap();
    for attempt in [&attempt, &remembered] {
        let request_id = attempt.request_id.as_deref().unwrap();
        assert_eq!(
            store.attempt_by_request(other, request_id).await.unwrap(),
            None
        );
    }
}

async fn consumed_once(database: &Database) {
    let world = World::new(database.open().await).await;
    let attempt = world.attempt().await;
    let person = profile("oid:1", "b.simon@contoso.com");
    let finished = world.finish(attempt.id, "_a", &person).await;
    let Finished::SignedIn {
        key, attempt_id, ..
    } = finished
    else {
        panic!("refused")
    };
    assert_eq!(attempt_id, attempt.id);
    assert_eq!(
        refused(world.finish(attempt.id, "_b", &person).await),
        Refusal::AttemptConsumed
    );
    let kept = world.store.attempt(attempt.id).await.unwrap().unwrap();
    assert_eq!(
        (kept.outcome, kept.session_key),
        (Outcome::SignedIn, Some(key)),
        "the first verdict stays"
    );
    assert_eq!(world.people().await, (1, 1));
    // The assertion of the refused repeat was not used up by it.
    let fresh = world.attempt().await;
    signed_in(world.finish(fresh.id, "_b", &person).await);
}

async fn too_late(database: &Database) {
    let world = World::new(database.open().await).await;
    let mut attempt = new_attempt(world.company.id, AttemptKind::Saml);
    attempt.connection_id = Some(world.connection.id);
    attempt.expires_at = NOW;
    world.store.add_attempt(&attempt).await.unwrap();
    assert_eq!(
        refused(
            world
                .finish(attempt.id, "_a", &profile("oid:1", "b@contoso.com"))
                .await
        ),
        Refusal::AttemptExpired
    );
    let kept = world.store.attempt(attempt.id).await.unwrap().unwrap();
    assert_eq!(
        (kept.outcome, kept.rule.as_deref(), kept.consumed_at),
        (Outcome::Refused, Some("E1"), Some(NOW))
    );
}

async fn only_through_the_connection_that_it_began_through(database: &Database) {
    let mut world = World::new(database.open().await).await;
    let attempt = world.attempt().await;
    let other = connection(world.company.id, "other");
    world.store.add_connection(&other, NOW).await.unwrap();
    world.connection = other;
    assert_eq!(
        refused(
            world
                .finish(attempt.id, "_a", &profile("oid:1", "b@contoso.com"))
                .await
        ),
        Refusal::OtherConnection
    );
    assert_eq!(world.people().await, (0, 0));
}

async fn an_assertion_is_accepted_once(database: &Database) {
    let world = World::new(database.open().await).await;
    let person = profile("oid:1", "b.simon@contoso.com");
    let (first, second) = (world.attempt().await, world.attempt().await);
    signed_in(world.finish(first.id, "_a", &person).await);
    assert_eq!(
        refused(world.finish(second.id, "_a", &person).await),
        Refusal::AssertionReplayed
    );
    let kept = world.store.attempt(second.id).await.unwrap().unwrap();
    assert_eq!(
        (kept.outcome, kept.rule.as_deref()),
        (Outcome::Refused, Some("E4"))
    );
    assert_eq!(world.people().await, (1, 1));
}

async fn refusals_are_kept_and_final(database: &Database) {
    let world = World::new(database.open().await).await;
    let attempt = world.attempt().await;
    let refusal = AttemptRefusal {
        rule: Some("D3".into()),
        summary: "The assertion has expired.".into(),
        record: Record {
            checks: vec![Check {
                rule: "D3".into(),
                subject: "NotOnOrAfter".into(),
                expected: "later".into(),
                received: "nul \0 byte".into(),
                passed: false,
            }],
            advice: vec!["Check the clock.".into()],
        },
        named: None,
    };
    assert!(
        world
            .store
            .refuse_attempt(attempt.id, refusal.clone().into(), NOW)
            .await
            .unwrap()
    );
    assert!(
        !world
            .store
            .refuse_attempt(attempt.id, refusal.clone().into(), NOW)
            .await
            .unwrap()
    );
    let kept = world.store.attempt(attempt.id).await.unwrap().unwrap();
    assert_eq!(
        (kept.outcome, kept.rule.as_deref(), &kept.record),
        (Outcome::Refused, Some("D3"), &refusal.record)
    );
    assert_eq!(
        refused(
            world
                .finish(attempt.id, "_a", &profile("oid:1", "b@contoso.com"))
                .await
        ),
        Refusal::AttemptConsumed
    );
}

async fn an_unsolicited_response_brings_its_own_attempt(database: &Database) {
    let world = World::new(database.open().await).await;
    let mut attempt = new_attempt(world.company.id, AttemptKind::Saml);
    attempt.connection_id = Some(world.connection.id);
    (attempt.request_id, attempt.relay) = (None, None);
    let person = profile("oid:1", "b.simon@contoso.com");
    let name_id = vestibule::domain::NameId::new("x", None);
    let id = text();
    let sign_in = world.saml(
        AttemptRef::New(Box::new(attempt.clone())),
        &id,
        &person,
        &name_id,
    );
    signed_in(world.store.finish_sign_in(sign_in.clone()).await.unwrap());
    assert_eq!(
        world
            .store
            .attempt(attempt.id)
            .await
            .unwrap()
            .unwrap()
            .outcome,
        Outcome::SignedIn
    );

    let mut repeat = new_attempt(world.company.id, AttemptKind::Saml);
    repeat.connection_id = Some(world.connection.id);
    let sign_in = world.saml(
        AttemptRef::New(Box::new(repeat.clone())),
        &id,
        &person,
        &name_id,
    );
    assert_eq!(
        refused(world.store.finish_sign_in(sign_in.clone()).await.unwrap()),
        Refusal::AssertionReplayed
    );
    assert_eq!(
        world
            .store
            .attempt(repeat.id)
            .await
            .unwrap()
            .unwrap()
            .outcome,
        Outcome::Refused,
        "kept too"
    );
}

async fn listed_newest_first(database: &Database) {
    let world = World::new(database.open().await).await;
    let mut ids = vec![];
    for minute in 0..4 {
        let mut attempt = new_attempt(world.company.id, AttemptKind::Saml);
        attempt.started_at = NOW + Duration::minutes(minute);
        if minute == 1 {
            attempt.outcome = Outcome::Refused;
        }
        world.store.add_attempt(&attempt).await.unwrap();
        ids.insert(0, attempt.id);
    }
    let list = async |filter: AttemptFilter, limit| {
        world
            .store
            .attempts(world.company.id, &filter, limit)
            .await
            .unwrap()
            .iter()
            .map(|attempt| attempt.id)
            .collect::<Vec<_>>()
    };
    assert_eq!(list(AttemptFilter::default(), 10).await, ids);
    assert_eq!(list(AttemptFilter::default(), 2).await, ids[..2]);
    assert_eq!(
        list(
            AttemptFilter {
                outcome: Some(Outcome::Refused),
                ..AttemptFilter::default()
            },
            10
        )
        .await,
        ids[2..3]
    );
    assert_eq!(
        list(
            AttemptFilter {
                before: Some(NOW + Duration::minutes(2)),
                ..AttemptFilter::default()
            },
            10
        )
        .await,
        ids[2..]
    );
    assert!(
        list(
            AttemptFilter {
                connection_id: Some(world.connection.id),
                ..AttemptFilter::default()
            },
            10
        )
        .await
        .is_empty()
    );
}

async fn forgotten_after_their_days(database: &Database) {
    let world = World::new(database.open().await).await;
    let person = profile("oid:1", "b.simon@contoso.com");
    let attempt = world.attempt().await;
    signed_in(world.finish(attempt.id, "_a", &person).await);
    let keep = Duration::days(30);
    let purged = world
        .store
        .purge(NOW + Duration::minutes(59), keep)
        .await
        .unwrap();
    assert_eq!(
        (purged.sessions, purged.assertions, purged.attempts),
        (0, 0, 0)
    );
    let purged = world
        .store
        .purge(NOW + Duration::hours(1), keep)
        .await
        .unwrap();
    assert_eq!(
        (purged.sessions, purged.assertions, purged.attempts),
        (1, 0, 0)
    );
    // A day more, for clocks that are set.
    let purged = world
        .store
        .purge(NOW + Duration::hours(25), keep)
        .await
        .unwrap();
    assert_eq!(
        (purged.sessions, purged.assertions, purged.attempts),
        (0, 1, 0)
    );
    let purged = world.store.purge(NOW + keep, keep).await.unwrap();
    assert_eq!(
        (purged.sessions, purged.assertions, purged.attempts),
        (0, 0, 1)
    );
    assert_eq!(world.store.attempt(attempt.id).await.unwrap(), None);
}

async fn however_many_are_old_they_are_forgotten(database: &Database) {
    let world = World::new(database.open().await).await;
    // More than one transaction takes.
    for number in 0..1_001 {
        let mut attempt = new_attempt(world.company.id, AttemptKind::Saml);
        attempt.started_at = NOW - Duration::days(31) + Duration::seconds(number);
        world.store.add_attempt(&attempt).await.unwrap();
    }
    let kept = world.attempt().await;
    let keep = Duration::days(30);
    assert_eq!(world.store.purge(NOW, keep).await.unwrap().attempts, 1_001);
    assert_eq!(world.store.purge(NOW, keep).await.unwrap().attempts, 0);
    assert!(world.store.attempt(kept.id).await.unwrap().is_some());
}
