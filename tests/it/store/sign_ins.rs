//! The list of sign-ins: complete, in order, and quick among very many.

use std::collections::BTreeSet;

use time::Duration;
use vestibule::domain::{AttemptKind, LoginAttempt, Outcome};
use vestibule::store::SignInFilter;

use super::database::{Database, on_both};
use super::world::{NOW, World, new_attempt, profile, signed_in};

on_both!(
    each_is_listed_once_whatever_its_time,
    filters_hold_together,
    a_rare_one_is_reached_step_by_step,
);

fn at(world: &World, ago: Duration) -> LoginAttempt {
    let attempt = new_attempt(world.company.id, AttemptKind::Saml);
    LoginAttempt {
        started_at: NOW - ago,
        connection_id: Some(world.connection.id),
        ..attempt
    }
}

async fn each_is_listed_once_whatever_its_time(database: &Database) {
    let world = World::new(database.open().await).await;
    let mut expected = BTreeSet::new();
    for number in 0..57 {
        let attempt = at(&world, Duration::milliseconds(number / 9));
        world.store.add_attempt(&attempt).await.unwrap();
        expected.insert(attempt.id);
    }
    let mut filter = SignInFilter::default();
    let mut seen = Vec::new();
    loop {
        let page = world
            .store
            .sign_ins(world.company.id, &filter, 10)
            .await
            .unwrap();
        assert!(!page.looked_enough);
        seen.extend(page.rows.iter().map(|row| (row.started_at, row.id)));
        match page.next {
            Some(next) => filter.after = Some(next),
            None => break,
        }
    }
    assert!(seen.is_sorted_by(|a, b| a > b), "the newest first");
    let seen: Vec<_> = seen.into_iter().map(|(_, id)| id).collect();
    assert_eq!(seen.len(), 57);
    assert_eq!(seen.into_iter().collect::<BTreeSet<_>>(), expected);
}

fn with(change: impl FnOnce(&mut SignInFilter)) -> SignInFilter {
    let mut filter = SignInFilter::default();
    change(&mut filter);
    filter
}

async fn filters_hold_together(database: &Database) {
    let world = World::new(database.open().await).await;
    let (simon, _) = signed_in(
        world
            .sign_in(&profile("oid:1", "b.simon@contoso.com"))
            .await,
    );
    let mut refused = at(&world, Duration::HOUR);
    refused.outcome = Outcome::Refused;
    refused.rule = Some("D3".into());
    world.store.add_attempt(&refused).await.unwrap();
    let test = LoginAttempt {
        kind: AttemptKind::Test,
        tested_by: Some(simon.id),
        connection_id: None,
        ..at(&world, Duration::ZERO)
    };
    world.store.add_attempt(&test).await.unwrap();
    let company = world.company.id;
    let count = |filter: SignInFilter| {
        let store = world.store.clone();
        async move {
            store
                .sign_ins(company, &filter, 10)
                .await
                .unwrap()
                .rows
                .len()
        }
    };
    let all = SignInFilter::default;
    assert_eq!(count(all()).await, 3);
    let outcome = |outcome| SignInFilter {
        outcome: Some(outcome),
        ..all()
    };
    for (filter, expected) in [
        (outcome(Outcome::Refused), 1),
        (outcome(Outcome::SignedIn), 1),
        (outcome(Outcome::Tested), 0),
        (with(|it| it.kind = Some(AttemptKind::Test)), 1),
        (with(|it| it.user_id = Some(simon.id)), 1),
        (with(|it| it.connection_id = Some(world.connection.id)), 2),
        (with(|it| it.from = Some(NOW)), 2),
        (with(|it| it.until = Some(NOW)), 1),
        (
            SignInFilter {
                connection_id: Some(world.connection.id),
                until: Some(NOW),
                from: Some(NOW - Duration::HOUR),
                ..outcome(Outcome::Refused)
            },
            1,
        ),
    ] {
        assert_eq!(count(filter.clone()).await, expected, "{filter:?}");
    }
    let page = world.store.sign_ins(company, &all(), 10).await.unwrap();
    let who = page.rows.iter().filter_map(|row| row.email.as_ref());
    assert_eq!(who.filter(|it| **it == simon.email).count(), 2);
    let stranger = vestibule::domain::CompanyId::from_bytes([9; 16]);
    let page = world.store.sign_ins(stranger, &all(), 10).await.unwrap();
    assert!(page.rows.is_empty() && page.next.is_none());
}

async fn a_rare_one_is_reached_step_by_step(database: &Database) {
    let world = World::new(database.open().await).await;
    let rare = LoginAttempt {
        outcome: Outcome::Tested,
        ..at(&world, Duration::DAY)
    };
    world.store.add_attempt(&rare).await.unwrap();
    for number in 0..4_100 {
        let attempt = at(&world, Duration::milliseconds(number / 3));
        world.store.add_attempt(&attempt).await.unwrap();
    }
    let mut filter = SignInFilter {
        outcome: Some(Outcome::Tested),
        ..SignInFilter::default()
    };
    let mut steps = 1;
    loop {
        let page = world
            .store
            .sign_ins(world.company.id, &filter, 10)
            .await
            .unwrap();
        if let [row] = &page.rows[..] {
            assert_eq!((row.id, page.next), (rare.id, None));
            break;
        }
        assert!(page.looked_enough && page.rows.is_empty());
        filter.after = page.next;
        steps += 1;
    }
    assert_eq!(steps, 3);
}
