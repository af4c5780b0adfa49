//! Users for a file, part by part, while others change them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use vestibule::domain::{ConnectionId, Creation, Grant, GrantSource, Group, GroupKind, User};
use vestibule::store::{ExportedUser, Store};

use super::database::{Database, on_both};
use super::world::{NOW, World, group, unique, user};

on_both!(
    nobody_loses_groups_while_users_move,
    who_is_in_more_groups_than_a_part_holds_has_all_of_them
);

/// All parts.
async fn all(world: &World) -> Vec<ExportedUser> {
    let (mut everyone, mut after) = (Vec::new(), String::new());
    loop {
        let part = world.store.users_to_export(world.company.id, &after);
        let part = part.await.unwrap();
        everyone.extend(part.rows);
        match part.next {
            Some(next) => after = next,
            None => return everyone,
        }
    }
}

async fn groups(world: &World, count: usize) -> Vec<Group> {
    let mut groups = Vec::new();
    let mut tx = world.store.begin().await.unwrap();
    for number in 0..count {
        let title = format!("Group {number:03}");
        let group = group(world.company.id, &title, GroupKind::Member, false);
        assert!(tx.add_group(&group).await.unwrap());
        groups.push(group);
    }
    tx.commit(NOW).await.unwrap();
    groups
}

/// Adds a user that is in these groups, by the word of these.
async fn add(world: &World, email: &str, groups: &[Group], sources: &[GrantSource]) -> User {
    let user = user(world.company.id, email, Creation::Administrator);
    let mut tx = world.store.begin().await.unwrap();
    assert!(tx.add_user(&user).await.unwrap());
    for group in groups {
        for &source in sources {
            let grant = Grant {
                user_id: user.id,
                group_id: group.id,
                source,
            };
            assert!(tx.grant(grant, NOW).await.unwrap());
        }
    }
    tx.commit(NOW).await.unwrap();
    user
}

/// Gives a user one address and another, until it is over.
async fn moves(store: Store, mut user: User, over: Arc<AtomicBool>) {
    while !over.load(Ordering::Relaxed) {
        for email in ["person.0198a@acme.example", "zoe@acme.example"] {
            user.email = email.parse().unwrap();
            let mut tx = store.begin().await.unwrap();
            assert!(tx.write_user(&user).await.unwrap());
            tx.commit(NOW).await.unwrap();
        }
    }
}

async fn nobody_loses_groups_while_users_move(database: &Database) {
    const PEOPLE: usize = 450;
    let world = World::new(database.open().await).await;
    let groups = groups(&world, 10).await;
    let by_hand = [GrantSource::Administrator];
    for number in 0..PEOPLE {
        let email = format!("person.{number:04}@acme.example");
        add(&world, &email, &groups, &by_hand).await;
    }
    // Where it is for a while, a part of full rows ends.
    let zoe = add(&world, "zoe@acme.example", &groups, &by_hand).await;
    let over = Arc::new(AtomicBool::new(false));
    let moving = tokio::spawn(moves(world.store.clone(), zoe.clone(), Arc::clone(&over)));
    for _ in 0..20 {
        let everyone = all(&world).await;
        let others = everyone.iter().filter(|one| one.user.id != zoe.id);
        let emails: Vec<&str> = others.map(|one| one.user.email.as_str()).collect();
        assert!(emails.is_sorted());
        assert_eq!(emails.len(), PEOPLE);
        for one in &everyone {
            assert_eq!(one.groups.len(), 10, "{}", one.user.email);
        }
    }
    over.store(true, Ordering::Relaxed);
    moving.await.unwrap();
}

async fn who_is_in_more_groups_than_a_part_holds_has_all_of_them(database: &Database) {
    let world = World::new(database.open().await).await;
    let groups = groups(&world, 700).await;
    let by = |octet| GrantSource::Idp(ConnectionId::from_bytes(octet));
    let three = [GrantSource::Administrator, by(unique()), by(unique())];
    add(&world, "a@acme.example", &groups[..2], &three[..1]).await;
    add(&world, "b@acme.example", &groups, &three).await;
    add(&world, "c@acme.example", &[], &three).await;
    add(&world, "d@acme.example", &groups[..3], &three[..1]).await;
    let everyone = all(&world).await;
    let found: Vec<(&str, usize)> = everyone
        .iter()
        .map(|one| (one.user.email.as_str(), one.groups.len()))
        .collect();
    let expected = [
        ("a@acme.example", 2),
        ("b@acme.example", 2_100),
        ("c@acme.example", 0),
        ("d@acme.example", 3),
    ];
    assert_eq!(found, expected);
}
