//! Permission groups and break-glass administrators (rule F6).

use vestibule::domain::{Creation, Grant, GrantSource, GroupKind};
use vestibule::store::Error;

use super::database::{Database, on_both};
use super::world::{NOW, World, company, group, refused, signed_in, user};

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
    let grant = Grant {
        user_id: member.id,
        group_id: world.staff.id,
        source: GrantSource::Administrator,
    };
    assert!(store.add_grant(grant, NOW).await.unwrap());
    assert!(!store.add_grant(grant, NOW).await.unwrap());
    assert!(
        !store
            .remove_grant(
                Grant {
                    source: GrantSource::Directory,
                    ..grant
                },
                NOW
            )
            .await
            .unwrap(),
        "not the source's"
    );
    assert!(store.remove_grant(grant, NOW).await.unwrap());
    assert!(store.groups_of(member.id).await.unwrap().is_empty());

    let other = company("https://other.example.com");
    store.add_company(&other, NOW).await.unwrap();
    let stranger = user(other.id, "b@contoso.com", Creation::Administrator);
    store.add_user(&stranger).await.unwrap();
    assert!(
        !store
            .add_grant(
                Grant {
                    user_id: stranger.id,
                    ..grant
                },
                NOW
            )
            .await
            .unwrap(),
        "another company's group"
    );
}

async fn single_sign_on_only(database: &Database) {
    let world = World::new(database.open().await).await;
    let member = world.user("b@contoso.com", Creation::Administrator).await;
    assert_eq!(refused(world.password(member.id).await).rule(), "F6");
    world
        .store
        .set_password(member.id, Some(b"sealed"), NOW)
        .await
        .unwrap();
    signed_in(world.password(member.id).await);
    let grant = Grant {
        user_id: member.id,
        group_id: world.basic.id,
        source: GrantSource::Administrator,
    };
    world.store.add_grant(grant, NOW).await.unwrap();
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
    assert_eq!(store.count_break_glass(company).await.unwrap(), 0);
    let grant = Grant {
        user_id: admin.id,
        group_id: administrators.id,
        source: GrantSource::Administrator,
    };
    store.add_grant(grant, NOW).await.unwrap();
    assert_eq!(
        store.count_break_glass(company).await.unwrap(),
        0,
        "no password"
    );
    let password = Some(&b"sealed"[..]);
    store.set_password(admin.id, password, NOW).await.unwrap();
    assert_eq!(store.count_break_glass(company).await.unwrap(), 1);
    let sso = Grant {
        group_id: world.basic.id,
        ..grant
    };
    for refused in [
        store.add_grant(sso, NOW).await,
        store.remove_grant(grant, NOW).await,
        store.set_password(admin.id, None, NOW).await,
        store.deactivate_user(admin.id, NOW).await,
    ] {
        assert!(matches!(refused, Err(Error::LastBreakGlass)), "{refused:?}");
    }
    assert_eq!(store.count_break_glass(company).await.unwrap(), 1);
    assert_eq!(world.titles(admin.id).await, ["Administrators"]);

    let other = world
        .user("other@contoso.com", Creation::Administrator)
        .await;
    let others = Grant {
        user_id: other.id,
        ..grant
    };
    store.add_grant(others, NOW).await.unwrap();
    store.set_password(other.id, password, NOW).await.unwrap();
    assert_eq!(store.count_break_glass(company).await.unwrap(), 2);
    store.add_grant(sso, NOW).await.unwrap();
    assert_eq!(
        store.count_break_glass(company).await.unwrap(),
        1,
        "single sign-on only"
    );
    store.remove_grant(sso, NOW).await.unwrap();
    store.deactivate_user(admin.id, NOW).await.unwrap();
    assert_eq!(
        store.count_break_glass(company).await.unwrap(),
        1,
        "deactivated"
    );
}
