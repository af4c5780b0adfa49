//! What a running server must see of another's writes.

use time::Duration;
use vestibule::domain::{Grant, GrantSource, GroupClaim, GroupMapping};
use vestibule::store::{Changes, Finished};

use super::database::{Database, on_both};
use super::world::{NOW, World, profile, signed_in};
use crate::support::people;

on_both!(
    every_kind_of_change_is_seen,
    a_reader_that_slept_reads_everything
);

async fn every_kind_of_change_is_seen(database: &Database) {
    let mut world = World::new(database.open().await).await;
    let server = database.open().await;
    let mut seen = server.changes_since(0).await.unwrap();
    assert_eq!(seen.companies, [world.company.id]);
    let mut next = async || {
        let changes = server.changes_since(seen.revision).await.unwrap();
        seen = changes.clone();
        changes
    };
    assert_eq!(
        next().await,
        Changes {
            revision: 4,
            ..Changes::default()
        },
        "nothing"
    );

    let mut connection = world
        .store
        .connection(world.connection.id)
        .await
        .unwrap()
        .unwrap();
    connection.settings.set("binding", "redirect").unwrap();
    assert!(
        world
            .store
            .update_connection(&connection, NOW)
            .await
            .unwrap()
    );
    assert_eq!(next().await.companies, [world.company.id]);

    let Finished::SignedIn { key, user, .. } =
        world.sign_in(&profile("oid:1", "b@contoso.com")).await
    else {
        panic!()
    };
    signed_in(world.sign_in(&profile("oid:1", "b@contoso.com")).await);
    assert_eq!(
        next().await,
        Changes {
            revision: 5,
            ..Changes::default()
        },
        "a plain sign-in changes nothing that is cached"
    );

    world.connection.settings.group_mapping = vec![GroupMapping {
        value: "g".into(),
        group_id: world.staff.id,
    }];
    let mut promoted = profile("oid:1", "b@contoso.com");
    promoted.groups = GroupClaim::Values(vec!["g".into()]);
    signed_in(world.sign_in(&promoted).await);
    assert_eq!(
        next().await.users,
        [user.id],
        "the user's other sessions have other groups now"
    );

    people::grant(
        &world.store,
        Grant {
            user_id: user.id,
            group_id: world.staff.id,
            source: GrantSource::Directory(world.connection.id),
        },
    )
    .await;
    assert_eq!(next().await.users, [user.id]);
    world.store.end_session(key, NOW).await.unwrap();
    assert_eq!(next().await.sessions, [key]);
    world.admin().deactivate_user(user.id).await.unwrap();
    let changes = next().await;
    assert_eq!((changes.users, changes.sessions.len()), (vec![user.id], 2));
    assert!(!changes.everything);
}

async fn a_reader_that_slept_reads_everything(database: &Database) {
    let world = World::new(database.open().await).await;
    let asleep = world.store.changes_since(0).await.unwrap().revision;
    let (user, _) = signed_in(world.sign_in(&profile("oid:1", "b@contoso.com")).await);
    world.admin().deactivate_user(user.id).await.unwrap();
    let awake = world.store.changes_since(asleep).await.unwrap();
    assert!(!awake.everything);
    world
        .store
        .purge(NOW + Duration::hours(2), Duration::days(30))
        .await
        .unwrap();
    assert!(world.store.changes_since(asleep).await.unwrap().everything);
    assert_eq!(
        world.store.changes_since(awake.revision).await.unwrap(),
        Changes {
            revision: awake.revision,
            ..Changes::default()
        }
    );
    assert!(
        world
            .store
            .changes_since(awake.revision + 1)
            .await
            .unwrap()
            .everything,
        "another database"
    );
}
