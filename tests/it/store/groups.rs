//! Permission groups and break-glass administrators (rule F6).

use vestibule::domain::{Creation, Grant, GrantSource, GroupKind};
use vestibule::store::Error;

use super::database::{Database, on_both};
use super::world::{NOW, World, company, group, refused, signed_in, user};
use crate::support::people;
use vestibule::admin::Refused;

on_both!(
    groups_and_grants,
    single_sign_on_only,
    administrators_that_need_no_single_sign_on
);

async fn groups_and_grants(database: &Database) {
    let world = World::new(database.open().await).await;
    let (store, company_id) = (&world.store, world.company.id);
    assert_eq!(
        store.groups(company_id).await.unwrap(),
        [world.basic.clone(), world.staff.clone()]
    );
    assert_eq!(
        store.group(world.basic.id).await.unwrap().as_ref(),
        Some(&world.basic)
    );
    assert_eq!(
        store
            .group_by_title(company_id, "SSO Basic")
            .await
            .unwrap()
            .as_ref(),
        Some(&world.basic)
    );
    let again = store
        .add_group(&group(company_id, "Staff", GroupKind::Member, false), NOW)
        .await;
    assert!(matches!(again, Err(Error::Taken(_))));

    let member = world.user("b@contoso.com", Creation::Administrator).await;
    let grant = people::by_hand(member.id, &world.staff);
    assert!(people::grant(store, grant).await);
    assert!(!people::grant(store, grant).await);
    assert!(
        !people::revoke(
            store,
            Grant {
                source: GrantSource::Directory(world.connection.id),
                ..grant
            }
        )
        .await,
        "not the source's"
    );
    assert!(people::revoke(store, grant).await);
    assert!(store.groups_of(member.id).await.unwrap().is_empty());

    let other = company("https://other.example.com");
    store.add_company(&other, NOW).await.unwrap();
    let stranger = user(other.id, "b@contoso.com", Creation::Administrator);
    people::add(store, &stranger, None, &[]).await;
    assert!(
        !people::grant(
            store,
            Grant {
                user_id: stranger.id,
                ..grant
            }
        )
        .await,
        "another company's group"
    );
}

async fn single_sign_on_only(database: &Database) {
    let world = World::new(database.open().await).await;
    let member = world.user("b@contoso.com", Creation::Administrator).await;
    assert_eq!(refused(world.password(member.id).await).rule(), "F6");
    people::set_password(&world.store, member.id, Some(b"sealed")).await;
    signed_in(world.password(member.id).await);
    let grant = people::by_hand(member.id, &world.basic);
    people::grant(&world.store, grant).await;
    assert_eq!(refused(world.password(member.id).await).rule(), "F6");
}

async fn administrators_that_need_no_single_sign_on(database: &Database) {
    let world = World::new(database.open().await).await;
    let (store, company) = (&world.store, world.company.id);
    let administrators = group(company, "Administrators", GroupKind::Administrator, false);
    store.add_group(&administrators, NOW).await.unwrap();
    let admin = world
        .user("admin@contoso.com", Creation::Administrator)
        .await;
    assert_eq!(people::ways_in(store, company).await, 0);
    let grant = people::by_hand(admin.id, &administrators);
    people::grant(store, grant).await;
    assert_eq!(people::ways_in(store, company).await, 0, "no password");
    let password = Some(&b"sealed"[..]);
    people::set_password(store, admin.id, password).await;
    assert_eq!(people::ways_in(store, company).await, 1);
    let sso = Grant {
        group_id: world.basic.id,
        ..grant
    };
    let room = world.admin();
    for refused in [
        room.add_to_group(admin.id, world.basic.id).await.map(drop),
        room.take_from_group(admin.id, administrators.id)
            .await
            .map(drop),
        room.remove_password(admin.id, None).await.map(drop),
        room.deactivate_user(admin.id).await.map(drop),
    ] {
        assert!(
            matches!(refused, Err(Refused::LastBreakGlass)),
            "{refused:?}"
        );
    }
    assert_eq!(people::ways_in(store, company).await, 1);
    assert_eq!(world.titles(admin.id).await, ["Administrators"]);

    let other = world
        .user("other@contoso.com", Creation::Administrator)
        .await;
    let others = Grant {
        user_id: other.id,
        ..grant
    };
    people::grant(store, others).await;
    people::set_password(store, other.id, password).await;
    assert_eq!(people::ways_in(store, company).await, 2);
    people::grant(store, sso).await;
    assert_eq!(
        people::ways_in(store, company).await,
        1,
        "single sign-on only"
    );
    people::revoke(store, sso).await;
    room.deactivate_user(admin.id).await.unwrap();
    assert_eq!(people::ways_in(store, company).await, 1, "deactivated");
}
