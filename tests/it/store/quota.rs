//! Quotas: what is counted, what has no room, and what goes on all the same.

use time::Duration;
use vestibule::domain::{
    AttemptKind, AuditEvent, AuditId, Creation, Family, Grant, GrantSource, Group, GroupKind,
    NameId, Quotas, SetupLink, SetupLinkId, TrustVersion, UserId,
};
use vestibule::store::{AttemptRef, Error, Finished, Proof, Refusal, SetUp, Store};

use super::database::{Database, on_both};
use super::migrations::by_hand;
use super::tokens::token;
use super::world::{
    NOW, World, admin, company, connection, group, new_attempt, new_user, profile, refused,
    signed_in, unique, user,
};
use crate::support::people;
use vestibule::admin::Refused;

on_both!(
    every_way_to_a_user_and_from_it_is_counted,
    at_the_quota_nobody_is_made_and_everybody_known_gets_in,
    what_has_no_room_leaves_nothing,
    two_servers_at_once_add_no_more_than_there_is_room_for,
    an_upgrade_counts_what_is_there_and_takes_nothing_away,
    a_counter_that_is_wrong_is_set_right,
    groups_domains_and_connections_have_quotas,
    earlier_versions_make_room_for_settings,
    tokens_that_have_ended_do_not_stay_for_ever,
    a_first_administrator_is_refused_by_no_quota,
);

/// What a company has and may have of a family.
async fn used(world: &World, family: Family) -> (i64, u32) {
    let usage = world.store.usage(world.company.id, NOW).await.unwrap();
    let found = usage.into_iter().find(|it| it.family == family).unwrap();
    (found.used, found.quota)
}

async fn allow(store: &Store, world: &World, family: Family, most: u32) {
    let mut tx = store.begin().await.unwrap();
    tx.write_quota(world.company.id, family, Some(most))
        .await
        .unwrap();
    tx.commit(NOW).await.unwrap();
}

/// Deletes a user as an administrator does.
async fn delete(world: &World, id: UserId) {
    let mut tx = world.store.begin().await.unwrap();
    let stored = tx.lock_user(world.company.id, id).await.unwrap().unwrap();
    tx.delete_user(&stored.user, "deleted user x")
        .await
        .unwrap();
    tx.commit(NOW).await.unwrap();
}

fn by_hand_grant(user: UserId, group: &Group) -> Grant {
    Grant {
        user_id: user,
        group_id: group.id,
        source: GrantSource::Administrator,
    }
}

/// What is counted by the counters is what there is.
async fn holds(world: &World) {
    let store = &world.store;
    let users = store.users(world.company.id).await.unwrap();
    let mut given = 0;
    for user in &users {
        let grants = people::grants_of(store, user.company_id, user.id).await;
        let by_hand = grants
            .iter()
            .filter(|it| it.source == GrantSource::Administrator);
        given += i64::try_from(by_hand.count()).unwrap();
    }
    let count = i64::try_from(users.len()).unwrap();
    assert_eq!(used(world, Family::Users).await.0, count);
    assert_eq!(used(world, Family::Memberships).await.0, given);
}

async fn every_way_to_a_user_and_from_it_is_counted(database: &Database) {
    let world = World::new(database.open().await).await;
    let store = &world.store;
    holds(&world).await;
    let one = world.user("one@contoso.com", Creation::Administrator).await;
    signed_in(world.sign_in(&profile("oid:two", "two@contoso.com")).await);
    let mut tx = store.begin().await.unwrap();
    let many: Vec<_> = (0..30)
        .map(|number| {
            user(
                world.company.id,
                &format!("{number}@contoso.com"),
                Creation::Administrator,
            )
        })
        .collect();
    assert!(tx.add_users(&many).await.unwrap());
    let grants: Vec<_> = many.iter().map(|it| (it.id, world.staff.id)).collect();
    tx.grant_many(world.company.id, &grants, NOW).await.unwrap();
    // Once more adds nothing.
    tx.grant_many(world.company.id, &grants, NOW).await.unwrap();
    tx.commit(NOW).await.unwrap();
    assert!(people::grant(store, by_hand_grant(one.id, &world.staff)).await);
    assert!(people::grant(store, by_hand_grant(one.id, &world.basic)).await);
    assert!(!people::grant(store, by_hand_grant(one.id, &world.basic)).await);
    assert_eq!(used(&world, Family::Memberships).await.0, 32);
    holds(&world).await;
    assert!(people::revoke(store, by_hand_grant(one.id, &world.basic)).await);
    delete(&world, many[0].id).await;
    holds(&world).await;
    // The group of accounts that a connection made stays with them, as an administrator's word.
    let mut tx = store.begin().await.unwrap();
    let stored = store
        .connection(world.connection.id)
        .await
        .unwrap()
        .unwrap();
    assert!(tx.remove_connection(&stored).await.unwrap());
    tx.commit(NOW).await.unwrap();
    assert_eq!(used(&world, Family::Memberships).await.0, 31);
    holds(&world).await;
    let mut tx = store.begin().await.unwrap();
    tx.remove_group(world.company.id, world.staff.id)
        .await
        .unwrap();
    tx.commit(NOW).await.unwrap();
    assert_eq!(used(&world, Family::Memberships).await.0, 1);
    holds(&world).await;
    // What is taken back was never there.
    let mut tx = store.begin().await.unwrap();
    let gone = user(
        world.company.id,
        "gone@contoso.com",
        Creation::Administrator,
    );
    assert!(tx.add_user(&gone).await.unwrap());
    drop(tx);
    holds(&world).await;
}

async fn at_the_quota_nobody_is_made_and_everybody_known_gets_in(database: &Database) {
    let world = World::new(database.open().await).await;
    let known = profile("oid:known", "known@contoso.com");
    let (known_user, made) = signed_in(world.sign_in(&known).await);
    assert!(made);
    let waiting = world
        .user("waiting@contoso.com", Creation::Administrator)
        .await;
    allow(&world.store, &world, Family::Users, 2).await;
    let stranger = profile("oid:new", "new@contoso.com");
    let before = database.rows().await;
    let refusal = refused(world.sign_in(&stranger).await);
    assert!(
        matches!(refusal, Refusal::NoRoom { most: 2, .. }),
        "{refusal}"
    );
    assert_eq!(database.rows().await, before);
    // A test of the connection is told the same.
    let refusal = refused(world.rehearse("_test", &stranger).await);
    assert!(matches!(refusal, Refusal::NoRoom { .. }), "{refusal}");
    // Who has an account gets in, at the first time as well.
    assert!(!signed_in(world.sign_in(&known).await).1);
    assert!(
        !signed_in(
            world
                .sign_in(&profile("oid:waiting", "waiting@contoso.com"))
                .await
        )
        .1
    );
    let other = company("http://beta.localhost:8080");
    world.store.add_company(&other, NOW).await.unwrap();
    let elsewhere = user(other.id, "a@beta.example", Creation::Administrator);
    people::add(&world.store, &elsewhere, None, &[]).await;
    // One goes, and one comes.
    delete(&world, waiting.id).await;
    assert!(signed_in(world.sign_in(&stranger).await).1);
    let refusal = refused(
        world
            .sign_in(&profile("oid:third", "third@contoso.com"))
            .await,
    );
    assert!(matches!(refusal, Refusal::NoRoom { .. }), "{refusal}");
    // What is there stays when less is allowed, and changes.
    allow(&world.store, &world, Family::Users, 1).await;
    assert!(!signed_in(world.sign_in(&known).await).1);
    let mut tx = world.store.begin().await.unwrap();
    let stored = tx
        .lock_user(world.company.id, known_user.id)
        .await
        .unwrap()
        .unwrap();
    assert!(tx.write_user(&stored.user).await.unwrap());
    tx.commit(NOW).await.unwrap();
    holds(&world).await;
}

async fn what_has_no_room_leaves_nothing(database: &Database) {
    let world = World::new(database.open().await).await;
    let world = World {
        store: world.store.with_quotas(Quotas::new(|family| match family {
            Family::Users => 3,
            Family::Memberships => 2,
            other => other.usual(),
        })),
        ..world
    };
    let many = |count: u32| -> Vec<_> {
        (0..count)
            .map(|number| {
                user(
                    world.company.id,
                    &format!("m{number}@contoso.com"),
                    Creation::Administrator,
                )
            })
            .collect()
    };
    let before = database.rows().await;
    let mut tx = world.store.begin().await.unwrap();
    assert!(tx.add_users(&many(4)).await.unwrap());
    let full = tx.commit(NOW).await.unwrap_err();
    let Error::Full(full) = full else {
        panic!("{full}")
    };
    assert_eq!(
        (full.family, full.quota, full.slug.as_str()),
        (Family::Users, 3, "acme")
    );
    assert!(full.to_string().contains("at most 3 users"), "{full}");
    assert_eq!(database.rows().await, before);
    let three = many(3);
    let mut tx = world.store.begin().await.unwrap();
    assert!(tx.add_users(&three).await.unwrap());
    let grants: Vec<_> = three.iter().map(|it| (it.id, world.staff.id)).collect();
    tx.grant_many(world.company.id, &grants, NOW).await.unwrap();
    let full = tx.commit(NOW).await.unwrap_err();
    assert!(
        matches!(full, Error::Full(ref full) if full.family == Family::Memberships),
        "{full}"
    );
    assert_eq!(database.rows().await, before);
    // In one transaction one may go and another come.
    let mut tx = world.store.begin().await.unwrap();
    assert!(tx.add_users(&three).await.unwrap());
    tx.commit(NOW).await.unwrap();
    let mut tx = world.store.begin().await.unwrap();
    let stored = tx
        .lock_user(world.company.id, three[0].id)
        .await
        .unwrap()
        .unwrap();
    tx.delete_user(&stored.user, "deleted user x")
        .await
        .unwrap();
    let next = user(
        world.company.id,
        "next@contoso.com",
        Creation::Administrator,
    );
    assert!(tx.add_user(&next).await.unwrap());
    tx.commit(NOW).await.unwrap();
    holds(&world).await;
}

async fn two_servers_at_once_add_no_more_than_there_is_room_for(database: &Database) {
    let one = World::new(database.open().await).await;
    let two = database.open().await;
    allow(&one.store, &one, Family::Users, 10).await;
    let mut adding = tokio::task::JoinSet::new();
    for number in 0..30 {
        let store = if number % 2 == 0 {
            one.store.clone()
        } else {
            two.clone()
        };
        let (company, new) = (one.company.id, new_user(&format!("r{number}@contoso.com")));
        adding.spawn(async move { admin(&store, company).create_user(new).await });
    }
    let mut signing_in = tokio::task::JoinSet::new();
    for number in 0..10 {
        let person = profile(&format!("oid:r{number}"), &format!("s{number}@contoso.com"));
        let name_id = NameId::new(person.subject.clone(), None);
        let attempt = AttemptRef::Begun(one.attempt().await.id);
        let sign_in = one.saml(attempt, &format!("_r{number}"), &person, &name_id);
        let store = if number % 2 == 0 {
            two.clone()
        } else {
            one.store.clone()
        };
        signing_in.spawn(async move { store.finish_sign_in(sign_in).await });
    }
    let mut added = 0;
    while let Some(finished) = signing_in.join_next().await {
        match finished.unwrap().unwrap() {
            Finished::SignedIn { .. } => added += 1,
            other => assert!(matches!(refused(other), Refusal::NoRoom { most: 10, .. })),
        }
    }
    while let Some(result) = adding.join_next().await {
        match result.unwrap() {
            Ok(_) => added += 1,
            Err(cause) => assert!(matches!(cause, Refused::Full(_)), "{cause}"),
        }
    }
    assert_eq!(added, 10);
    holds(&one).await;
}

async fn an_upgrade_counts_what_is_there_and_takes_nothing_away(database: &Database) {
    let world = World::new(database.open().await).await;
    let one = world.user("one@contoso.com", Creation::Administrator).await;
    world.user("two@contoso.com", Creation::Administrator).await;
    people::grant(&world.store, by_hand_grant(one.id, &world.staff)).await;
    world.store.close().await;
    by_hand(
        database,
        "DROP TABLE company_quota; DELETE FROM migration WHERE number = 24",
    )
    .await;
    let few = Quotas::new(|_| 1);
    let world = World {
        store: database.open().await.with_quotas(few),
        ..world
    };
    holds(&world).await;
    assert_eq!(used(&world, Family::Users).await, (2, 1));
    assert_eq!(world.store.users(world.company.id).await.unwrap().len(), 2);
    let another = user(
        world.company.id,
        "three@contoso.com",
        Creation::Administrator,
    );
    let new = new_user(another.email.as_str());
    let full = world.admin().create_user(new).await.unwrap_err();
    assert!(matches!(full, Refused::Full(_)), "{full}");
    // A version before this one knows no counters: what it has made is counted when somebody is added.
    by_hand(database, "DELETE FROM company_quota").await;
    let roomy = database.open().await;
    people::add(&roomy, &another, None, &[]).await;
    holds(&world).await;
    assert_eq!(used(&world, Family::Users).await.0, 3);
}

async fn a_counter_that_is_wrong_is_set_right(database: &Database) {
    let world = World::new(database.open().await).await;
    world.user("one@contoso.com", Creation::Administrator).await;
    by_hand(database, "UPDATE company_quota SET used = 77").await;
    assert_eq!(used(&world, Family::Users).await.0, 77);
    world.store.purge(NOW, Duration::days(30)).await.unwrap();
    holds(&world).await;
    by_hand(database, "DELETE FROM company_quota").await;
    world.store.purge(NOW, Duration::days(30)).await.unwrap();
    holds(&world).await;
    // A company that is deleted takes its counters along.
    let mut tx = world.store.begin().await.unwrap();
    tx.write_suspended(world.company.id, Some(NOW))
        .await
        .unwrap();
    tx.commit(NOW).await.unwrap();
    world.store.empty_company(world.company.id).await.unwrap();
    let mut tx = world.store.begin().await.unwrap();
    assert!(tx.delete_company(world.company.id).await.unwrap());
    tx.commit(NOW).await.unwrap();
    let left = database.rows().await;
    assert!(
        !left.iter().any(|row| row.starts_with("company_quota")),
        "{left:?}"
    );
}

async fn groups_domains_and_connections_have_quotas(database: &Database) {
    let world = World::new(database.open().await).await;
    let store = world
        .store
        .clone()
        .with_quotas(Quotas::new(|family| match family {
            Family::Groups => 3,
            Family::Connections => 2,
            other => other.usual(),
        }));
    let a = group(world.company.id, "A", GroupKind::Member, false);
    let b = group(world.company.id, "B", GroupKind::Member, false);
    store.add_group(&a, NOW).await.unwrap();
    let full = store.add_group(&b, NOW).await.unwrap_err();
    assert!(
        full.to_string().contains("at most 3 permission groups"),
        "{full}"
    );
    store
        .add_connection(&connection(world.company.id, "second"), NOW)
        .await
        .unwrap();
    let third = connection(world.company.id, "third");
    let full = store.add_connection(&third, NOW).await.unwrap_err();
    assert!(full.to_string().contains("at most 2 connections"), "{full}");
    let mut tx = store.begin().await.unwrap();
    tx.remove_group(world.company.id, a.id).await.unwrap();
    tx.commit(NOW).await.unwrap();
    store.add_group(&b, NOW).await.unwrap();
    // The configuration's bound counts where the operator has said nothing else for the company.
    allow(&store, &world, Family::Connections, 3).await;
    store.add_connection(&third, NOW).await.unwrap();
    assert_eq!(used(&world, Family::Connections).await, (3, 3));
    assert_eq!(used(&world, Family::Groups).await.0, 3);
}

/// Writes a version of the connection as it is.
async fn version(world: &World, store: &Store) {
    let stored = store
        .connection(world.connection.id)
        .await
        .unwrap()
        .unwrap();
    let mut tx = store.begin().await.unwrap();
    let version = TrustVersion {
        connection_id: stored.id,
        company_id: stored.company_id,
        number: 0,
        at: NOW,
        actor: "test".to_owned(),
        actor_id: None,
        settings: stored.settings,
    };
    tx.add_trust_version(&version).await.unwrap();
    tx.commit(NOW).await.unwrap();
}

async fn earlier_versions_make_room_for_settings(database: &Database) {
    let world = World::new(database.open().await).await;
    let store = world
        .store
        .clone()
        .with_quotas(Quotas::new(|family| match family {
            Family::Documents => 1,
            other => other.usual(),
        }));
    let id = world.connection.id;
    let with = async |octets: usize| {
        let mut stored = store.connection(id).await.unwrap().unwrap();
        stored.settings.saml_mut().unwrap().extra_audiences = vec!["x".repeat(octets)];
        store.update_connection(&stored, NOW).await
    };
    assert!(with(100_000).await.unwrap());
    for _ in 0..30 {
        version(&world, &store).await;
    }
    // Of thirty versions those went that did not fit.
    let newest = store.newest_trust_version(id).await.unwrap();
    let oldest = store.oldest_trust_version(id).await.unwrap();
    assert_eq!(newest, 30);
    assert!((20..=26).contains(&oldest), "{oldest}");
    let full = with(1_000_000).await.unwrap_err();
    assert!(
        matches!(full, Error::Full(ref full) if full.family == Family::Documents),
        "{full}"
    );
    // What does not grow is written, and so is what shrinks.
    assert!(with(100_000).await.unwrap());
    assert!(with(10).await.unwrap());
    let (octets, quota) = used(&world, Family::Documents).await;
    assert!(octets < 1024 * 1024 && quota == 200, "{octets}");
}

async fn tokens_that_have_ended_do_not_stay_for_ever(database: &Database) {
    let world = World::new(database.open().await).await;
    let store = world
        .store
        .clone()
        .with_quotas(Quotas::new(|family| match family {
            Family::Tokens => 2,
            other => other.usual(),
        }));
    let add = async |number: u8| {
        let token = token(world.company.id, &number.to_string());
        let mut tx = store.begin().await.unwrap();
        tx.hold_tokens(world.company.id).await.unwrap();
        tx.add_token(&token, &[number; 32]).await.unwrap();
        tx.commit(NOW).await.map(|()| token.id)
    };
    add(1).await.unwrap();
    let mut last = add(2).await.unwrap();
    let full = add(3).await.unwrap_err();
    assert!(full.to_string().contains("at most 2 API tokens"), "{full}");
    for number in 3..=255 {
        let mut tx = store.begin().await.unwrap();
        let before = tx.revoke_token(world.company.id, last, NOW).await;
        assert!(before.unwrap().is_some());
        tx.commit(NOW).await.unwrap();
        last = add(number).await.unwrap();
    }
    assert_eq!(used(&world, Family::Tokens).await.0, 2);
    let rows = database.rows().await;
    let kept = rows
        .iter()
        .filter(|row| row.starts_with("api_token: "))
        .count();
    assert_eq!(kept, 202);
}

async fn a_first_administrator_is_refused_by_no_quota(database: &Database) {
    let world = World::new(database.open().await).await;
    world.user("one@contoso.com", Creation::Administrator).await;
    for family in Family::ALL {
        allow(&world.store, &world, family, 1).await;
    }
    let company = world.company.id;
    let link = SetupLink {
        id: SetupLinkId::from_bytes(unique()),
        company_id: company,
        created_at: NOW,
        expires_at: NOW + Duration::days(1),
        used_at: None,
        revoked_at: None,
    };
    let mut tx = world.store.begin().await.unwrap();
    tx.add_setup_link(&link, &[3; 32]).await.unwrap();
    tx.commit(NOW).await.unwrap();
    let attempt = AttemptRef::New(Box::new(new_attempt(company, AttemptKind::SetUp)));
    let person = profile("", "a@contoso.com");
    let mut sign_in = world.saml(attempt, "", &person, &NameId::new("", None));
    sign_in.proof = Proof::SetUp(Box::new(SetUp {
        link: link.id,
        company_name: "Acme".to_owned(),
        user: user(company, "a@contoso.com", Creation::Administrator),
        password: Some(b"sealed".to_vec()),
        group: group(company, "Administrators", GroupKind::Administrator, false),
        event: AuditEvent {
            id: AuditId::from_bytes(unique()),
            company_id: Some(company),
            at: NOW,
            actor: String::new(),
            action: "company.set_up".into(),
            subject: String::new(),
            detail: String::new(),
            client: None,
            before: None,
            after: None,
        },
    }));
    let (first, made) = signed_in(world.store.finish_sign_in(sign_in).await.unwrap());
    assert!(made);
    assert_eq!(used(&world, Family::Users).await, (2, 1));
    holds(&world).await;
    assert_eq!(world.titles(first.id).await, ["Administrators"]);
}
