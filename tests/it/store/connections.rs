//! Connections that are renamed and removed, and versions of their trust.

use time::Duration;
use vestibule::domain::{Creation, Grant, GrantSource, GroupKind, TrustVersion};
use vestibule::store::{ConnectionUse, Error, Refusal};

use super::database::{Database, on_both};
use super::world::{NOW, World, company, connection, group, profile, refused, signed_in, user};
use crate::support::people;

on_both!(
    a_connection_is_renamed,
    a_connection_is_removed_with_what_hangs_on_it,
    very_many_sessions_end_with_their_connection,
    a_removed_connection_signs_nobody_in,
    removing_keeps_a_way_in,
    versions_are_numbered,
    the_newest_versions_are_kept,
    what_was_read_stays_read,
);

async fn a_connection_is_renamed(database: &Database) {
    let world = World::new(database.open().await).await;
    let other = connection(world.company.id, "other");
    world.store.add_connection(&other, NOW).await.unwrap();
    let mut renamed = world
        .store
        .connection(world.connection.id)
        .await
        .unwrap()
        .unwrap();
    renamed.name = "other".parse().unwrap();
    let taken = world.store.update_connection(&renamed, NOW).await;
    assert!(matches!(taken, Err(Error::Taken(_))), "{taken:?}");
    renamed.name = "acme-entra".parse().unwrap();
    assert!(world.store.update_connection(&renamed, NOW).await.unwrap());
    let found = world.store.connection(renamed.id).await.unwrap().unwrap();
    assert_eq!(found.name, renamed.name);
    assert!(found.revision > renamed.revision);
    // What was read before is stale now.
    assert!(!world.store.update_connection(&renamed, NOW).await.unwrap());
    // Another company's connection of the same name is no obstacle.
    let beta = company("https://beta.example.com");
    world.store.add_company(&beta, NOW).await.unwrap();
    let theirs = connection(beta.id, "acme-entra");
    world.store.add_connection(&theirs, NOW).await.unwrap();
}

async fn a_connection_is_removed_with_what_hangs_on_it(database: &Database) {
    let world = World::new(database.open().await).await;
    let store = &world.store;
    let (made, _) = signed_in(world.sign_in(&profile("s1", "b@contoso.com")).await);
    let idp = Grant {
        user_id: made.id,
        group_id: world.staff.id,
        source: GrantSource::Idp(world.connection.id),
    };
    assert!(people::grant(store, idp).await);
    let uses = store
        .connection_use(world.connection.id, NOW)
        .await
        .unwrap();
    let expected = ConnectionUse {
        users: 1,
        sessions: 1,
        grants: 1,
        waiting: 0,
    };
    assert_eq!(uses, expected);
    let read = store
        .connection(world.connection.id)
        .await
        .unwrap()
        .unwrap();
    let since = store.changes_since(0).await.unwrap().revision;

    let mut tx = store.begin().await.unwrap();
    let mut stale = read.clone();
    stale.revision -= 1;
    assert!(!tx.remove_connection(&stale).await.unwrap());
    drop(tx);
    let mut tx = store.begin().await.unwrap();
    assert!(tx.remove_connection(&read).await.unwrap());
    assert!(!tx.has_way_in(world.company.id).await.unwrap());
    tx.commit(NOW).await.unwrap();

    assert_eq!(store.connection(read.id).await.unwrap(), None);
    assert!(store.sessions_of(made.id, NOW).await.unwrap().is_empty());
    assert!(store.identities_of(made.id).await.unwrap().is_empty());
    let grants = people::grants_of(store, made.company_id, made.id).await;
    let jit = people::by_hand(made.id, &world.basic);
    assert_eq!(grants, [jit], "the group that it was made in stays");
    let changes = store.changes_since(since).await.unwrap();
    assert_eq!(changes.companies, [world.company.id]);
    assert_eq!(changes.users, [made.id]);
    assert_eq!(changes.sessions.len(), 1);
    assert!(!changes.everything);
}

async fn very_many_sessions_end_with_their_connection(database: &Database) {
    let world = World::new(database.open().await).await;
    let store = &world.store;
    let someone = profile("s1", "b@contoso.com");
    for _ in 0..501 {
        signed_in(world.sign_in(&someone).await);
    }
    let since = store.changes_since(0).await.unwrap().revision;
    let read = store
        .connection(world.connection.id)
        .await
        .unwrap()
        .unwrap();
    let mut tx = store.begin().await.unwrap();
    assert!(tx.remove_connection(&read).await.unwrap());
    tx.commit(NOW).await.unwrap();
    let changes = store.changes_since(since).await.unwrap();
    assert!(
        changes.everything,
        "running servers forget all that they remember"
    );
    let after = store.changes_since(changes.revision).await.unwrap();
    assert!(!after.everything);
}

async fn a_removed_connection_signs_nobody_in(database: &Database) {
    let world = World::new(database.open().await).await;
    let store = &world.store;
    let (made, _) = signed_in(world.sign_in(&profile("s1", "b@contoso.com")).await);
    let read = store
        .connection(world.connection.id)
        .await
        .unwrap()
        .unwrap();
    let mut tx = store.begin().await.unwrap();
    assert!(tx.remove_connection(&read).await.unwrap());
    tx.commit(NOW).await.unwrap();
    // Another server has not heard of it yet.
    for person in [
        profile("s1", "b@contoso.com"),
        profile("s2", "new@contoso.com"),
    ] {
        assert_eq!(
            refused(world.sign_in(&person).await),
            Refusal::ConnectionGone
        );
    }
    assert!(store.sessions_of(made.id, NOW).await.unwrap().is_empty());
    let users = store.users(world.company.id).await.unwrap();
    assert_eq!(users.len(), 1, "nobody was made");
}

async fn removing_keeps_a_way_in(database: &Database) {
    let world = World::new(database.open().await).await;
    let store = &world.store;
    // The last administrator with a password is one by the connection's group claims.
    let admins = group(world.company.id, "Admins", GroupKind::Administrator, false);
    store.add_group(&admins, NOW).await.unwrap();
    let admin = user(world.company.id, "a@contoso.com", Creation::Administrator);
    people::add(store, &admin, None, &[]).await;
    people::set_password(store, admin.id, Some(b"sealed")).await;
    let grant = Grant {
        user_id: admin.id,
        group_id: admins.id,
        source: GrantSource::Idp(world.connection.id),
    };
    assert!(people::grant(store, grant).await);
    let read = store
        .connection(world.connection.id)
        .await
        .unwrap()
        .unwrap();
    let mut tx = store.begin().await.unwrap();
    let removed = tx.remove_connection(&read).await;
    assert!(matches!(removed, Err(Error::LastBreakGlass)), "{removed:?}");
    drop(tx);
    assert_eq!(
        people::grants_of(store, admin.company_id, admin.id).await,
        [grant]
    );
    let kept = Grant {
        source: GrantSource::Administrator,
        ..grant
    };
    assert!(people::grant(store, kept).await);
    let mut tx = store.begin().await.unwrap();
    assert!(tx.remove_connection(&read).await.unwrap());
    assert!(
        tx.has_way_in(world.company.id).await.unwrap(),
        "by password"
    );
    tx.commit(NOW).await.unwrap();
}

fn version(world: &World, actor: &str, minutes: i64) -> TrustVersion {
    TrustVersion {
        connection_id: world.connection.id,
        company_id: world.company.id,
        number: 0,
        at: NOW + Duration::minutes(minutes),
        actor: actor.to_owned(),
        actor_id: None,
        settings: world.connection.settings.clone(),
    }
}

async fn versions_are_numbered(database: &Database) {
    let world = World::new(database.open().await).await;
    let store = &world.store;
    for number in 1..=3 {
        let mut tx = store.begin().await.unwrap();
        let newest = tx.newest_trust(world.connection.id).await.unwrap();
        let settings = (number > 1).then(|| world.connection.settings.clone());
        assert_eq!(newest, settings);
        let written = version(&world, "anna", number);
        assert_eq!(tx.add_trust_version(&written).await.unwrap(), number);
        tx.commit(NOW).await.unwrap();
    }
    let id = world.connection.id;
    assert_eq!(store.newest_trust_version(id).await.unwrap(), 3);
    for (newest, limit, expected) in [(3, 9, &[3, 2, 1][..]), (2, 9, &[2, 1]), (3, 2, &[3, 2])] {
        let lines = store.trust_lines(id, newest, limit).await.unwrap();
        let numbers: Vec<i64> = lines.iter().map(|line| line.number).collect();
        assert_eq!(numbers, expected);
        assert!(lines.iter().all(|line| line.actor == "anna"));
    }
    let second = store.trust_version(id, 2).await.unwrap();
    let expected = TrustVersion {
        number: 2,
        ..version(&world, "anna", 2)
    };
    assert_eq!(second, Some(expected));
    assert_eq!(
        store.trust_version(world.connection.id, 4).await.unwrap(),
        None
    );
}

async fn what_was_read_stays_read(database: &Database) {
    let world = World::new(database.open().await).await;
    let store = &world.store;
    let anna = world
        .user("anna@contoso.com", Creation::Administrator)
        .await;
    let zoe = world.user("zoe@contoso.com", Creation::Administrator).await;
    for (minutes, actor) in [(1, None), (2, Some(zoe.id)), (3, Some(anna.id))] {
        let mut tx = store.begin().await.unwrap();
        let mut written = version(&world, "somebody", minutes);
        written.actor_id = actor;
        tx.add_trust_version(&written).await.unwrap();
        tx.commit(NOW).await.unwrap();
    }
    let unread = async |user, since| {
        let standing = store.standing(world.company.id, user, since, NOW).await;
        let unread = standing.unwrap().unread_trust;
        unread.iter().map(|one| one.number).collect::<Vec<_>>()
    };
    assert_eq!(unread(anna.id, NOW).await, [2], "not her own");
    assert_eq!(unread(zoe.id, NOW).await, [3]);
    let late = NOW + Duration::minutes(9);
    assert!(unread(zoe.id, late).await.is_empty(), "before her time");
    store
        .read_trust(anna.id, world.connection.id, 2)
        .await
        .unwrap();
    assert!(unread(anna.id, NOW).await.is_empty());
    store
        .read_trust(anna.id, world.connection.id, 1)
        .await
        .unwrap();
    assert_eq!(
        store
            .trust_read(anna.id, world.connection.id)
            .await
            .unwrap(),
        2
    );
    assert_eq!(unread(zoe.id, NOW).await, [3], "each reads for herself");
    let beta = company("https://beta.example.com");
    store.add_company(&beta, NOW).await.unwrap();
    let none = store.standing(beta.id, zoe.id, NOW, NOW).await.unwrap();
    assert!(none.unread_trust.is_empty());
}

async fn the_newest_versions_are_kept(database: &Database) {
    let world = World::new(database.open().await).await;
    let (store, id) = (&world.store, world.connection.id);
    for number in 1..=60 {
        let mut tx = store.begin().await.unwrap();
        let written = version(&world, "anna", number);
        assert_eq!(tx.add_trust_version(&written).await.unwrap(), number);
        tx.commit(NOW).await.unwrap();
    }
    assert_eq!(store.oldest_trust_version(id).await.unwrap(), 11);
    assert_eq!(store.newest_trust_version(id).await.unwrap(), 60);
    let lines = store.trust_lines(id, 60, 100).await.unwrap();
    assert_eq!(lines.len(), 50);
    assert_eq!(store.trust_version(id, 10).await.unwrap(), None);
}
