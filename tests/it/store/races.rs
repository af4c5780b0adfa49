//! Two servers on one database, at the same instant; and a crash in the middle.

use std::time::Duration;

use sqlx::{Connection as _, Executor as _, PgConnection, Row as _};
use vestibule::domain::{
    AttemptKind, Creation, Grant, GrantSource, Group, GroupClaim, GroupKind, GroupMapping, Outcome,
    Profile, UserId,
};
use vestibule::store::{AttemptRef, Error, Finished, LinkObstacle, Refusal, Tx, finish_in};

use super::database::{Database, on_both};
use super::world::{
    NOW, World, group, new_attempt, profile, refused, signed_in, text, unique, user,
};
use crate::support::people;
use vestibule::admin::Refused;

on_both!(
    one_response_on_two_servers_makes_one_session,
    one_assertion_for_two_attempts_makes_one_session,
    one_person_twice_at_first_makes_one_account,
    one_subject_with_two_addresses_makes_one_account,
    two_subjects_with_one_address_make_one_account,
    deactivation_and_sign_in_leave_no_session,
    a_crash_leaves_nothing,
    the_last_way_in_is_kept,
    a_group_and_a_connection_change_at_once,
    what_fails_takes_nobody_with_it,
    who_goes_away_does_not_hold_up_the_others,
    who_is_unlinked_meanwhile_gets_no_session,
    who_is_deleted_meanwhile_gets_no_session,
    groups_that_changed_meanwhile_are_reconciled,
);

const ROUNDS: usize = 25;

/// The same company as two servers see it.
pub(super) async fn servers(database: &Database) -> [World; 2] {
    let first = World::new(database.open().await).await;
    let second = World {
        store: database.open().await,
        company: first.company.clone(),
        connection: first.connection.clone(),
        basic: first.basic.clone(),
        staff: first.staff.clone(),
    };
    [first, second]
}

fn sessions(finished: &[&Finished]) -> usize {
    finished
        .iter()
        .filter(|finished| matches!(finished, Finished::SignedIn { .. }))
        .count()
}

async fn one_response_on_two_servers_makes_one_session(database: &Database) {
    let [one, two] = servers(database).await;
    for round in 0..ROUNDS {
        let attempt = one.attempt().await;
        let (id, person) = (
            text(),
            profile(&format!("oid:{round}"), &format!("u{round}@contoso.com")),
        );
        let (a, b, c, d) = tokio::join!(
            one.finish(attempt.id, &id, &person),
            two.finish(attempt.id, &id, &person),
            one.finish(attempt.id, &id, &person),
            two.finish(attempt.id, &id, &person),
        );
        assert_eq!(sessions(&[&a, &b, &c, &d]), 1, "{a:?} {b:?} {c:?} {d:?}");
        assert_eq!(one.people().await, (round + 1, round + 1));
        assert_eq!(
            two.store
                .attempt(attempt.id)
                .await
                .unwrap()
                .unwrap()
                .outcome,
            Outcome::SignedIn
        );
    }
}

async fn one_assertion_for_two_attempts_makes_one_session(database: &Database) {
    let [one, two] = servers(database).await;
    for round in 0..ROUNDS {
        let (first, second) = (one.attempt().await, two.attempt().await);
        let (id, person) = (
            text(),
            profile(&format!("oid:{round}"), &format!("u{round}@contoso.com")),
        );
        let (a, b) = tokio::join!(
            one.finish(first.id, &id, &person),
            two.finish(second.id, &id, &person)
        );
        assert_eq!(sessions(&[&a, &b]), 1, "{a:?} {b:?}");
        assert!([a, b].into_iter().any(|finished| matches!(
            finished,
            Finished::Refused {
                refusal: Refusal::AssertionReplayed,
                ..
            }
        )));
    }
}

async fn one_person_twice_at_first_makes_one_account(database: &Database) {
    let [one, two] = servers(database).await;
    for round in 0..ROUNDS {
        let person = profile(&format!("oid:{round}"), &format!("u{round}@contoso.com"));
        let (a, b) = tokio::join!(one.sign_in(&person), two.sign_in(&person));
        let ((a, a_made), (b, b_made)) = (signed_in(a), signed_in(b));
        assert_eq!(a.id, b.id);
        assert!(a_made ^ b_made);
        assert_eq!(one.people().await, (round + 1, 2 * (round + 1)));
        assert_eq!(one.titles(a.id).await, ["SSO Basic"]);
    }
}

async fn one_subject_with_two_addresses_makes_one_account(database: &Database) {
    let [one, two] = servers(database).await;
    for round in 0..ROUNDS {
        let subject = format!("oid:{round}");
        let (old, new) = (
            profile(&subject, &format!("old{round}@contoso.com")),
            profile(&subject, &format!("new{round}@contoso.com")),
        );
        let (a, b) = tokio::join!(one.sign_in(&old), two.sign_in(&new));
        assert_eq!(signed_in(a).0.id, signed_in(b).0.id);
        assert_eq!(one.people().await.0, round + 1);
    }
}

async fn two_subjects_with_one_address_make_one_account(database: &Database) {
    let [one, two] = servers(database).await;
    for round in 0..ROUNDS {
        let email = format!("u{round}@contoso.com");
        let (first, second) = (
            profile(&format!("oid:a{round}"), &email),
            profile(&format!("oid:b{round}"), &email),
        );
        let (a, b) = tokio::join!(one.sign_in(&first), two.sign_in(&second));
        assert_eq!(sessions(&[&a, &b]), 1);
        assert!([a, b].into_iter().any(|finished| matches!(
            finished,
            Finished::Refused {
                refusal: Refusal::NotLinked {
                    why: LinkObstacle::Bound { .. },
                    ..
                },
                ..
            }
        )));
        assert_eq!(one.people().await.0, round + 1);
    }
}

async fn deactivation_and_sign_in_leave_no_session(database: &Database) {
    let [one, two] = servers(database).await;
    let person = profile("oid:1", "b.simon@contoso.com");
    let (user, _) = signed_in(one.sign_in(&person).await);
    for _ in 0..ROUNDS {
        let admin = two.admin();
        let (_, deactivated) = tokio::join!(one.sign_in(&person), admin.deactivate_user(user.id));
        assert!(deactivated.unwrap().is_some());
        assert_eq!(one.people().await, (1, 0));
        two.admin().activate_user(user.id).await.unwrap();
    }
}

async fn a_crash_leaves_nothing(database: &Database) {
    let world = World::new(database.open().await).await;
    let attempt = world.attempt().await;
    let person = profile("oid:1", "b.simon@contoso.com");
    let name_id = vestibule::domain::NameId::new("x", None);
    let id = text();
    let sign_in = world.saml(AttemptRef::Begun(attempt.id), &id, &person, &name_id);
    let mut tx = world.store.begin().await.unwrap();
    signed_in(
        finish_in(&mut tx, &sign_in, openssl::sha::sha256)
            .await
            .unwrap(),
    );
    drop(tx);
    assert_eq!(world.people().await, (0, 0));
    assert_eq!(
        world.store.attempt(attempt.id).await.unwrap(),
        Some(attempt.clone())
    );

    // Several in one transaction, as a writer that groups its commits would: both or neither.
    let other = world.attempt().await;
    let (other_person, other_id) = (profile("oid:2", "c@contoso.com"), text());
    let mut second = world.saml(
        AttemptRef::Begun(other.id),
        &other_id,
        &other_person,
        &name_id,
    );
    second.new_user_id = UserId::from_bytes(unique());
    let mut tx = world.store.begin().await.unwrap();
    signed_in(
        finish_in(&mut tx, &sign_in, openssl::sha::sha256)
            .await
            .unwrap(),
    );
    signed_in(
        finish_in(&mut tx, &second, openssl::sha::sha256)
            .await
            .unwrap(),
    );
    let repeat = finish_in(&mut tx, &sign_in, openssl::sha::sha256)
        .await
        .unwrap();
    assert_eq!(refused(repeat), Refusal::AttemptConsumed);
    assert_eq!(
        new_attempt(world.company.id, AttemptKind::Saml).outcome,
        Outcome::Open
    );
    tx.commit(NOW).await.unwrap();
    assert_eq!(world.people().await, (2, 2));
}

/// Rule F6: of two administrators, whichever way each is taken away at the same instant, one stays.
async fn the_last_way_in_is_kept(database: &Database) {
    let [one, two] = servers(database).await;
    let company = one.company.id;
    let administrators = group(company, "Administrators", GroupKind::Administrator, false);
    one.store.add_group(&administrators, NOW).await.unwrap();
    let mut pair = Vec::new();
    for email in ["a@contoso.com", "b@contoso.com"] {
        let user = user(company, email, Creation::Administrator);
        people::add(&one.store, &user, Some(b"sealed"), &[&administrators]).await;
        pair.push(user.id);
    }
    let [a, b] = pair[..] else { unreachable!() };
    let (here, there) = (one.admin(), two.admin());
    for round in 0..ROUNDS {
        let (first, second) = match round % 3 {
            0 => {
                let both = tokio::join!(here.deactivate_user(a), there.deactivate_user(b));
                (both.0.map(drop), both.1.map(drop))
            }
            1 => {
                let both =
                    tokio::join!(here.deactivate_user(a), there.add_to_group(b, one.basic.id));
                (both.0.map(drop), both.1.map(drop))
            }
            _ => {
                let both = tokio::join!(
                    here.remove_password(a, None),
                    there.take_from_group(b, administrators.id)
                );
                (both.0.map(drop), both.1.map(drop))
            }
        };
        let refused = |result: &Result<(), Refused>| matches!(result, Err(Refused::LastBreakGlass));
        assert!(refused(&first) ^ refused(&second), "{first:?} {second:?}");
        assert!(first.is_ok() ^ second.is_ok(), "{first:?} {second:?}");
        assert_eq!(people::ways_in(&one.store, company).await, 1);

        here.activate_user(a).await.unwrap();
        here.activate_user(b).await.unwrap();
        here.add_to_group(b, administrators.id).await.unwrap();
        people::set_password(&one.store, a, Some(b"sealed")).await;
        here.take_from_group(b, one.basic.id).await.unwrap();
        assert_eq!(people::ways_in(&one.store, company).await, 2);
    }
}

/// On SQLite those who wait share a transaction: a piece of it that fails must not lose the others.
async fn what_fails_takes_nobody_with_it(database: &Database) {
    let world = World::new(database.open().await).await;
    for _ in 0..ROUNDS {
        let [taken, one, two, three] =
            [0; 4].map(|_| new_attempt(world.company.id, AttemptKind::Saml));
        world.store.add_attempt(&taken).await.unwrap();
        let store = &world.store;
        let person = profile("oid:1", "u1@contoso.com");
        let (a, b, c, d, finished) = tokio::join!(
            store.add_attempt(&one),
            store.add_attempt(&taken),
            store.add_attempt(&two),
            store.add_attempt(&three),
            world.sign_in(&person),
        );
        assert!(a.is_ok() && c.is_ok() && d.is_ok());
        assert!(b.is_err(), "an identifier is used once");
        signed_in(finished);
        for attempt in [one, two, three] {
            assert!(store.attempt(attempt.id).await.unwrap().is_some());
        }
    }
}

async fn who_goes_away_does_not_hold_up_the_others(database: &Database) {
    let world = World::new(database.open().await).await;
    for _ in 0..ROUNDS {
        let [one, two] = [0; 2].map(|_| new_attempt(world.company.id, AttemptKind::Saml));
        {
            let mut leaving = Box::pin(world.store.add_attempt(&one));
            // Begun, and dropped wherever it is.
            std::future::poll_fn(|context| {
                let _ = leaving.as_mut().poll(context);
                std::task::Poll::Ready(())
            })
            .await;
        }
        world.store.add_attempt(&two).await.unwrap();
        assert!(world.store.attempt(two.id).await.unwrap().is_some());
    }
}

/// Who changes a group looks at the connections that use it, and who changes a connection at its groups: neither waits for the
/// other for ever.
async fn a_group_and_a_connection_change_at_once(database: &Database) {
    let [one, two] = servers(database).await;
    for round in 0..ROUNDS {
        let group = async {
            let (company, id) = (one.company.id, one.basic.id);
            let mut tx = one.store.begin().await?;
            let way_in = tx.hold_way_in(company, []).await?;
            let stored = tx.lock_group(company, id).await?;
            tx.hold_uses_of_group(company, id).await?;
            let group = Group {
                title: format!("SSO Basic {round}"),
                ..stored.unwrap().group
            };
            assert!(tx.write_group(&group).await?);
            way_in.check(&mut tx).await?;
            tx.commit(NOW).await
        };
        let connection = async {
            let stored = two.store.connection(two.connection.id).await?;
            let mut connection = stored.unwrap();
            connection.display_name = format!("Entra {round}");
            two.store.update_connection(&connection, NOW).await
        };
        let (group, connection): (Result<(), Error>, Result<bool, Error>) =
            tokio::join!(group, connection);
        group.unwrap();
        assert!(connection.unwrap());
    }
}

/// Waits until a transaction waits for another one's lock. (On SQLite it waits for its turn to write, before it has read anything.)
pub(super) async fn until_somebody_waits(database: &Database) {
    let Database::Postgres { .. } = database else {
        return;
    };
    let mut connection = PgConnection::connect(&database.url()).await.unwrap();
    let waiting = "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    loop {
        let row = connection.fetch_one(waiting).await.unwrap();
        if row.get::<i64, _>(0) > 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// A sign-in on one server that has found its account, and waits for a transaction of another one that holds it.
async fn sign_in_behind(
    database: &Database,
    [world, other]: &[World; 2],
    user: UserId,
    person: &Profile,
    change: impl AsyncFnOnce(&mut Tx),
) -> Finished {
    let attempt = world.attempt().await;
    let mut holding = other.store.begin().await.unwrap();
    let held = holding.lock_user(world.company.id, user).await.unwrap();
    assert!(held.is_some());
    let name_id = vestibule::domain::NameId::new("x", None);
    let sign_in = world.saml(AttemptRef::Begun(attempt.id), &text(), person, &name_id);
    let store = world.store.clone();
    let signing_in = tokio::spawn(async move { store.finish_sign_in(sign_in).await.unwrap() });
    until_somebody_waits(database).await;
    change(&mut holding).await;
    holding.commit(NOW).await.unwrap();
    signing_in.await.unwrap()
}

/// Rule F1: what was found before an unlink was committed opens nothing after it, by whatever name it was found.
async fn who_is_unlinked_meanwhile_gets_no_session(database: &Database) {
    let servers = servers(database).await;
    let [one, two] = &servers;
    for (number, by_another_name) in [false, true].into_iter().enumerate() {
        let email = format!("u{number}@contoso.com");
        let mut person = profile(&format!("oid:{number}"), &email);
        let (user, _) = signed_in(one.sign_in(&person).await);
        // Unlinked, an account with a password waits for nobody.
        people::set_password(&one.store, user.id, Some(b"sealed")).await;
        if by_another_name {
            person.other_names = vec![person.subject.clone()];
            person.subject = format!("attribute:employee={number}");
        }
        let unlinks = async |tx: &mut Tx| {
            let gone = tx.unbind(user.id, two.connection.id, None).await;
            assert_eq!(gone.unwrap().len(), 1);
        };
        let finished = sign_in_behind(database, &servers, user.id, &person, unlinks).await;
        assert!(
            matches!(
                &finished,
                Finished::Refused {
                    refusal: Refusal::NotLinked {
                        why: LinkObstacle::NotAssigned,
                        ..
                    },
                    ..
                }
            ),
            "{finished:?}"
        );
        let sessions = one.store.sessions_of(user.id, NOW).await.unwrap();
        assert!(sessions.is_empty(), "{sessions:?}");
        assert!(one.store.identities_of(user.id).await.unwrap().is_empty());
    }
}

/// Rule F5: what another sign-in of the same person was given meanwhile goes where the claim does not give it, and the other way round.
async fn groups_that_changed_meanwhile_are_reconciled(database: &Database) {
    let servers = servers(database).await;
    let one = &servers[0];
    let group = &one.staff;
    let mut connection = one.connection.clone();
    connection.settings.group_mapping = vec![GroupMapping {
        value: "g-mapped".into(),
        group_id: group.id,
    }];
    one.store.update_connection(&connection, NOW).await.unwrap();
    let group = group.id;
    let servers = servers.map(|world| World {
        connection: connection.clone(),
        ..world
    });
    for (number, values) in [vec![], vec!["g-mapped".to_owned()]]
        .into_iter()
        .enumerate()
    {
        let is_given = !values.is_empty();
        let mut person = profile(&format!("oid:{number}"), &format!("u{number}@contoso.com"));
        // What the other sign-in leaves is the opposite.
        person.groups = GroupClaim::Values(if is_given { values.clone() } else { vec![] });
        let (user, _) = signed_in(servers[0].sign_in(&person).await);
        let grant = Grant {
            user_id: user.id,
            group_id: group,
            source: GrantSource::Idp(connection.id),
        };
        let other = async |tx: &mut Tx| {
            if is_given {
                assert!(tx.revoke(grant).await.unwrap());
            } else {
                assert!(tx.grant(grant, NOW).await.unwrap());
            }
        };
        let finished = sign_in_behind(database, &servers, user.id, &person, other).await;
        signed_in(finished);
        let grants = people::grants_of(&servers[0].store, user.company_id, user.id).await;
        assert_eq!(grants.contains(&grant), is_given, "{grants:?}");
    }
}

/// Who was deleted is somebody new, and no deactivated user.
async fn who_is_deleted_meanwhile_gets_no_session(database: &Database) {
    let servers = servers(database).await;
    let one = &servers[0];
    let person = profile("oid:1", "b.simon@contoso.com");
    let (user, _) = signed_in(one.sign_in(&person).await);
    let deletes = async |tx: &mut Tx| {
        tx.delete_user(&user, "deleted user x").await.unwrap();
    };
    let finished = sign_in_behind(database, &servers, user.id, &person, deletes).await;
    let (again, made) = signed_in(finished);
    assert!(made && again.id != user.id);
    assert_eq!(one.people().await, (1, 1));
    // Nor does a password that was compared meanwhile open anything, and nothing of it is left.
    let finished = one.typed(user.id, b"sealed".to_vec()).await;
    assert_eq!(refused(finished), Refusal::AccountGone);
    assert_eq!(one.people().await, (1, 1));
}

/// A connection is deleted while a sign-in through it has begun its session, and has not committed it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_that_began_while_its_connection_was_deleted_is_none() {
    let database = Database::postgres().await;
    let [one, two] = servers(&database).await;
    let person = profile("oid:1", "b.simon@contoso.com");
    signed_in(one.sign_in(&person).await);
    let attempt = one.attempt().await;
    let name_id = vestibule::domain::NameId::new("x", None);
    let sign_in = one.saml(AttemptRef::Begun(attempt.id), &text(), &person, &name_id);
    let mut tx = one.store.begin().await.unwrap();
    let finished = finish_in(&mut tx, &sign_in, openssl::sha::sha256).await;
    let Finished::SignedIn { key, .. } = finished.unwrap() else {
        panic!("no session")
    };
    let stored = two.store.connection(two.connection.id).await.unwrap();
    let mut removing = two.store.begin().await.unwrap();
    assert!(removing.remove_connection(&stored.unwrap()).await.unwrap());
    removing.commit(NOW).await.unwrap();
    tx.commit(NOW).await.unwrap();
    assert_eq!(one.store.signed_in(key, NOW).await.unwrap(), None);
    database.remove().await;
}
