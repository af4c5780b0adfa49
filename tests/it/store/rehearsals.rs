//! Tests of a connection: a sign-in up to its last step, taken back.

use vestibule::domain::{AccountMatch, GroupChange, GroupClaim, GroupMapping, Outcome};
use vestibule::store::{AttemptRef, Finished, Refusal};

use super::database::{Database, on_both};
use super::world::{NOW, World, new_attempt, profile, refused, signed_in, text};
use vestibule::domain::{AttemptKind, NameId};

on_both!(
    it_tells_what_a_sign_in_would_do_and_leaves_nothing,
    a_test_attempt_never_becomes_a_session,
    an_assertion_is_used_up_by_a_test,
    a_refused_test_is_closed_with_its_rule,
    tests_and_sign_ins_at_once_do_not_meet,
);

fn with_groups(values: &[&str]) -> vestibule::domain::Profile {
    let mut person = profile("oid:1", "b.simon@contoso.com");
    let values = values.iter().map(|it| (*it).to_owned());
    person.groups = GroupClaim::Values(values.collect());
    person
}

async fn it_tells_what_a_sign_in_would_do_and_leaves_nothing(database: &Database) {
    let mut world = World::new(database.open().await).await;
    world.connection.settings.group_mapping = vec![GroupMapping {
        value: "g1".into(),
        group_id: world.staff.id,
    }];
    let person = with_groups(&["g1"]);
    let revision = world.store.changes_since(-1).await.unwrap().revision;
    let Finished::Rehearsed {
        rehearsal,
        attempt_id,
    } = world.rehearse(&text(), &person).await
    else {
        panic!("not rehearsed")
    };
    assert_eq!(
        (rehearsal.way, &rehearsal.before),
        (AccountMatch::Made, &None)
    );
    assert_eq!(rehearsal.after.email.as_str(), "b.simon@contoso.com");
    let granted = |title: &str| (title.to_owned(), GroupChange::Granted);
    assert_eq!(rehearsal.groups, [granted("SSO Basic"), granted("Staff")]);
    assert!(world.everything().await.is_empty());
    let closed = world.store.attempt(attempt_id).await.unwrap().unwrap();
    assert_eq!(
        (closed.outcome, closed.consumed_at),
        (Outcome::Tested, Some(NOW))
    );
    assert_eq!((closed.user_id, closed.session_key), (None, None));
    assert!(closed.tested_by.is_some());
    assert!(closed.record.checks.iter().all(|check| check.passed));

    signed_in(world.sign_in(&person).await);
    let everything = world.everything().await;
    let after = world.store.changes_since(revision).await.unwrap().revision;
    let mut person = with_groups(&[]);
    person.last_name = Some("Simon-Jones".into());
    let Finished::Rehearsed { rehearsal, .. } = world.rehearse(&text(), &person).await else {
        panic!("not rehearsed")
    };
    assert_eq!(rehearsal.way, AccountMatch::Found);
    let before = rehearsal.before.unwrap();
    assert_eq!(
        (
            before.last_name.as_str(),
            rehearsal.after.last_name.as_str()
        ),
        ("Simon", "Simon-Jones")
    );
    assert_eq!(
        rehearsal.groups,
        [
            ("SSO Basic".to_owned(), GroupChange::Kept),
            ("Staff".to_owned(), GroupChange::Taken)
        ]
    );
    assert_eq!(world.everything().await, everything);
    // No server is told of a change that there was not.
    let revision = world.store.changes_since(revision).await.unwrap().revision;
    assert_eq!(revision, after);
}

async fn a_test_attempt_never_becomes_a_session(database: &Database) {
    let world = World::new(database.open().await).await;
    let person = profile("oid:1", "b.simon@contoso.com");
    signed_in(world.sign_in(&person).await);
    let before = world.everything().await;
    // Whatever the caller makes of it: the attempt's row says what it is.
    let attempt = world.test_attempt().await;
    for assertion in [text(), text()] {
        let finished = world.finish(attempt.id, &assertion, &person).await;
        assert!(
            !matches!(finished, Finished::SignedIn { .. }),
            "{finished:?}"
        );
    }
    let mut new = new_attempt(world.company.id, AttemptKind::Test);
    new.connection_id = Some(world.connection.id);
    let name = NameId::new("oid:1", None);
    let sign_in = world.saml(AttemptRef::New(Box::new(new)), &text(), &person, &name);
    let finished = world.store.finish_sign_in(sign_in).await.unwrap();
    assert!(
        matches!(finished, Finished::Rehearsed { .. }),
        "{finished:?}"
    );
    assert_eq!(world.everything().await, before);
}

async fn an_assertion_is_used_up_by_a_test(database: &Database) {
    let world = World::new(database.open().await).await;
    let person = profile("oid:1", "b.simon@contoso.com");
    let finished = world.rehearse("_used", &person).await;
    assert!(matches!(finished, Finished::Rehearsed { .. }));
    let attempt = world.attempt().await;
    let finished = world.finish(attempt.id, "_used", &person).await;
    assert_eq!(refused(finished), Refusal::AssertionReplayed);
    let finished = world.rehearse("_used", &person).await;
    assert_eq!(refused(finished), Refusal::AssertionReplayed);
}

async fn a_refused_test_is_closed_with_its_rule(database: &Database) {
    let mut world = World::new(database.open().await).await;
    world.connection.settings.jit = None;
    let person = profile("oid:1", "b.simon@contoso.com");
    let attempt = world.test_attempt().await;
    let finished = world.finish(attempt.id, &text(), &person).await;
    assert_eq!(refused(finished).rule(), "F3");
    let closed = world.store.attempt(attempt.id).await.unwrap().unwrap();
    assert_eq!(
        (closed.outcome, closed.rule.as_deref(), closed.kind),
        (Outcome::Refused, Some("F3"), AttemptKind::Test)
    );
    let finished = world.finish(attempt.id, &text(), &person).await;
    assert_eq!(refused(finished), Refusal::AttemptConsumed);
}

/// A batch of sign-ins may hold tests: what is taken back is the test's own.
async fn tests_and_sign_ins_at_once_do_not_meet(database: &Database) {
    let world = World::new(database.open().await).await;
    let mut work = Vec::new();
    for number in 0..12_u32 {
        let person = profile(
            &format!("oid:{}", number / 2),
            &format!("p{}@contoso.com", number / 2),
        );
        let attempt = if number % 2 == 0 {
            world.attempt().await
        } else {
            world.test_attempt().await
        };
        let name = NameId::new(person.subject.clone(), None);
        let sign_in = world.saml(AttemptRef::Begun(attempt.id), &text(), &person, &name);
        let store = world.store.clone();
        work.push((
            number % 2 == 0,
            tokio::spawn(async move { store.finish_sign_in(sign_in).await.unwrap() }),
        ));
    }
    for (is_sign_in, finished) in work {
        match finished.await.unwrap() {
            Finished::SignedIn { .. } => assert!(is_sign_in),
            Finished::Rehearsed { .. } => assert!(!is_sign_in),
            other @ Finished::Refused { .. } => panic!("{other:?}"),
        }
    }
    assert_eq!(world.people().await, (6, 6));
}
