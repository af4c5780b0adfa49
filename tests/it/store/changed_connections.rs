//! A connection changes while a sign-in through it is on its way (rules E6 and R1).

use vestibule::domain::{AttemptKind, Connection, NameId, Profile};
use vestibule::store::{AttemptRef, Finished, Refusal, SignIn, finish_in};

use super::database::{Database, on_both};
use super::races::{servers, until_somebody_waits};
use super::world::{NOW, World, new_attempt, profile, refused, signed_in, text};

on_both!(
    what_another_provider_said_is_refused,
    a_sign_in_behind_a_change_of_provider_is_refused,
    a_change_of_provider_waits_for_those_who_are_bound,
    no_name_is_left_as_it_was,
);

const OTHER: &str = "https://id.other.example/";

fn person(number: usize) -> Profile {
    profile(&format!("sub:{number}"), &format!("u{number}@contoso.com"))
}

fn sign_in(world: &World, attempt: AttemptRef, person: &Profile) -> SignIn {
    world.saml(attempt, &text(), person, &NameId::new("x", None))
}

/// Changes the connection as it is stored; the world goes on with the one that it judges by.
async fn change(world: &World, change: impl FnOnce(&mut Connection)) {
    let stored = world.store.connection(world.connection.id).await.unwrap();
    let mut connection = stored.unwrap();
    change(&mut connection);
    assert!(
        world
            .store
            .update_connection(&connection, NOW)
            .await
            .unwrap()
    );
}

fn asks_another(connection: &mut Connection) {
    OTHER.clone_into(&mut connection.settings.saml_mut().unwrap().idp_entity_id);
}

/// Whether somebody has come before or not, and whether we asked or not.
async fn what_another_provider_said_is_refused(database: &Database) {
    let world = World::new(database.open().await).await;
    change(&world, |connection| connection.enabled = true).await;
    let (known, stranger) = (person(1), person(2));
    signed_in(world.sign_in(&known).await);
    // What is not about whom it asks is no matter.
    change(&world, |connection| {
        connection.display_name = "Contoso".into();
    })
    .await;
    signed_in(world.sign_in(&known).await);

    change(&world, asks_another).await;
    let people = world.people().await;
    for person in [&known, &stranger] {
        let finished = world.sign_in(person).await;
        assert_eq!(refused(finished), Refusal::ConnectionChanged);
        let finished = world.rehearse(&text(), person).await;
        assert_eq!(refused(finished), Refusal::ConnectionChanged);
        let mut unasked = new_attempt(world.company.id, AttemptKind::Saml);
        unasked.connection_id = Some(world.connection.id);
        let unasked = sign_in(&world, AttemptRef::New(Box::new(unasked)), person);
        let finished = world.store.finish_sign_in(unasked).await.unwrap();
        assert_eq!(refused(finished), Refusal::ConnectionChanged);
    }
    let back = world.connection.settings.clone();
    change(&world, |connection| {
        connection.settings = back;
        connection.enabled = false;
    })
    .await;
    let finished = world.sign_in(&known).await;
    assert_eq!(refused(finished), Refusal::ConnectionGone);
    // A test is of a connection that may be disabled.
    let finished = world.rehearse(&text(), &known).await;
    assert!(
        matches!(finished, Finished::Rehearsed { .. }),
        "{finished:?}"
    );
    assert_eq!(world.people().await, people);
}

/// It has begun before the change is committed, and ends after it: nothing of it is bound.
async fn a_sign_in_behind_a_change_of_provider_is_refused(database: &Database) {
    let [one, two] = servers(database).await;
    change(&one, |connection| connection.enabled = true).await;
    let attempt = one.attempt().await;
    let stored = two.store.connection(two.connection.id).await.unwrap();
    let mut connection = stored.unwrap();
    asks_another(&mut connection);
    let mut changing = two.store.begin().await.unwrap();
    changing.hold_names(connection.id).await.unwrap();
    assert!(changing.update_connection(&connection, NOW).await.unwrap());

    let sign_in = sign_in(&one, AttemptRef::Begun(attempt.id), &person(1));
    let store = one.store.clone();
    let signing_in = tokio::spawn(async move { store.finish_sign_in(sign_in).await.unwrap() });
    until_somebody_waits(database).await;
    changing.commit(NOW).await.unwrap();
    let finished = signing_in.await.unwrap();
    assert_eq!(refused(finished), Refusal::ConnectionChanged);
    assert_eq!(one.people().await, (0, 0));
}

/// Who is bound before the change is committed is among those whose names it puts away.
async fn a_change_of_provider_waits_for_those_who_are_bound(database: &Database) {
    let [one, two] = servers(database).await;
    change(&one, |connection| connection.enabled = true).await;
    let attempt = one.attempt().await;
    let sign_in = sign_in(&one, AttemptRef::Begun(attempt.id), &person(1));
    let mut binding = one.store.begin().await.unwrap();
    let finished = finish_in(&mut binding, &sign_in, openssl::sha::sha256)
        .await
        .unwrap();
    let (user, _) = signed_in(finished);

    let changing = tokio::spawn(async move {
        let id = two.connection.id;
        let mut tx = two.store.begin().await.unwrap();
        tx.hold_names(id).await.unwrap();
        tx.rewrite_identities(id, "sub:", "away:").await.unwrap();
        tx.commit(NOW).await.unwrap();
    });
    until_somebody_waits(database).await;
    binding.commit(NOW).await.unwrap();
    changing.await.unwrap();
    let names = one.store.identities_of(user.id).await.unwrap();
    let names: Vec<_> = names.into_iter().map(|it| it.subject).collect();
    assert_eq!(names, ["away:1"]);
}

/// Rule R1: not even where somebody has the name already that another one gets.
async fn no_name_is_left_as_it_was(database: &Database) {
    let world = World::new(database.open().await).await;
    let id = world.connection.id;
    let (first, _) = signed_in(world.sign_in(&person(1)).await);
    let (second, _) = signed_in(world.sign_in(&person(2)).await);
    let mut tx = world.store.begin().await.unwrap();
    for (name, user) in [
        ("away:1", second.id),
        ("away:3", first.id),
        ("oid:1", first.id),
    ] {
        assert!(tx.bind_identity(id, name, user, NOW).await.unwrap());
    }
    assert_eq!(tx.rewrite_identities(id, "sub:", "away:").await.unwrap(), 2);
    tx.commit(NOW).await.unwrap();
    for (user, expected) in [
        (first, &["away:1", "away:3", "oid:1"][..]),
        (second, &["away:2"]),
    ] {
        let names = world.store.identities_of(user.id).await.unwrap();
        let mut names: Vec<_> = names.into_iter().map(|it| it.subject).collect();
        names.sort_unstable();
        assert_eq!(names, expected);
    }
}
