//! What a directory does at a sign-in: groups of somebody new, groups that overflow, and people who were looked up before.

use vestibule::admin::NewDirectoryUser;
use vestibule::demo_idp::{DemoGroup, DemoPerson, IdpUser, OidcVariant};
use vestibule::domain::{Creation, GroupKind, GroupMapping};
use vestibule::store::Store;

use super::directory::{NORTH, SALES, person};
use super::world::Relying;

async fn titles(store: &Store, world: &Relying) -> Vec<String> {
    let user = world.user("b.simon@contoso.com").await.unwrap();
    let groups = store.groups_of(user.id).await.unwrap();
    groups.into_iter().map(|group| group.title).collect()
}

/// Seed 001-32: members are added when they first sign on.
#[tokio::test]
async fn a_first_sign_in_comes_into_the_groups_of_the_directory() {
    let world = Relying::of_entra().await;
    world.switch_directory_on().await;
    let id = IdpUser::b_simon().object_id;
    let directory = world.tenant();
    directory.put_group(DemoGroup::new(NORTH, "North").with_members(&[&id]));
    directory.put_group(DemoGroup::new(SALES, "Sales").with_members(&[NORTH]));
    world.started().await;
    assert_eq!(world.sign_in(&mut world.browser()).await.status, 303);
    let titles = titles(&world.app.store, &world).await;
    for title in ["North", "Sales", "Staff"] {
        assert!(titles.iter().any(|it| it == title), "{titles:?}");
    }
}

/// Rules S2 and S3: the directory of the connection is asked, and never the address in the claim.
#[tokio::test]
async fn src1_evil_endpoint() {
    let world = Relying::of_entra().await;
    world.switch_directory_on().await;
    let sales = world
        .add_group_to(&world.acme, "Sales", GroupKind::Member, false)
        .await;
    let north = world
        .add_group_to(&world.acme, "North", GroupKind::Member, false)
        .await;
    let id = IdpUser::b_simon().object_id;
    let directory = world.tenant();
    directory.put_group(DemoGroup::new(NORTH, "North").with_members(&[&id]));
    directory.put_group(DemoGroup::new(SALES, "Sales").with_members(&[NORTH]));
    world
        .change(|connection| {
            connection.settings.directory.as_mut().unwrap().synchronise = false;
            connection.settings.group_mapping = vec![GroupMapping {
                value: SALES.to_owned(),
                group_id: sales.id,
            }];
        })
        .await;
    world.vary(OidcVariant::GroupsOverage);
    world.idp.grant(
        super::world::CLIENT_ID,
        &["User.Read.All", "GroupMember.Read.All"],
    );
    directory.take_calls();
    let answer = world.sign_in(&mut world.browser()).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    let calls = directory.take_calls().join("\n");
    assert!(calls.contains("checkMemberGroups"), "{calls}");
    assert_eq!(titles(&world.app.store, &world).await, ["Sales", "Staff"]);

    // It does not answer: what is known stays, although the person is not in the group any more.
    directory.remove_member(SALES, NORTH);
    directory.fault("503").unwrap();
    assert_eq!(world.sign_in(&mut world.browser()).await.status, 303);
    assert_eq!(titles(&world.app.store, &world).await, ["Sales", "Staff"]);
    directory.fault("none").unwrap();
    world.app.clock.step(time::Duration::minutes(2));
    assert_eq!(world.sign_in(&mut world.browser()).await.status, 303);
    assert_eq!(titles(&world.app.store, &world).await, ["Staff"]);

    // By name nobody can be asked.
    world
        .change(|connection| {
            connection.settings.group_mapping = vec![GroupMapping {
                value: "North".to_owned(),
                group_id: north.id,
            }];
        })
        .await;
    directory.take_calls();
    assert_eq!(world.sign_in(&mut world.browser()).await.status, 303);
    assert!(!directory.take_calls().join("\n").contains("Member"));
}

/// Seed 004-14: a person is chosen, a user is made, and the first sign-in lands in it.
#[tokio::test]
async fn somebody_who_was_looked_up_signs_in_into_the_user_that_was_made() {
    let world = Relying::of_entra().await;
    world.switch_directory_on().await;
    let directory = world.tenant();
    let connection = world.stored().await;
    let keeper = world.app.directory_keeper(&world.acme);
    let open = keeper.open(&connection).unwrap();
    let admin = world.admin_of(&world.acme);
    let new = |id: &str| NewDirectoryUser {
        object_id: id.parse().unwrap(),
        groups: vec![world.staff.id],
    };
    let id = IdpUser::b_simon().object_id;
    let user = admin.add_directory_user(&open, new(&id)).await.unwrap();
    assert_eq!(user.created_by, Creation::Directory);
    assert_eq!(user.email.as_str(), "b.simon@contoso.com");
    assert_eq!(world.sign_in(&mut world.browser()).await.status, 303);
    let users = world.app.store.users(world.acme.id).await.unwrap();
    assert_eq!(users.iter().map(|it| it.id).collect::<Vec<_>>(), [user.id]);

    // What is refused, each with a sentence.
    let mut blocked = DemoPerson::new(&person(1), "blocked@contoso.com", "Blocked");
    blocked.is_enabled = false;
    directory.put_person(blocked);
    let mut mailless = DemoPerson::new(&person(2), "none@contoso.com", "None");
    mailless.mail = None;
    directory.put_person(mailless);
    let mut taken = DemoPerson::new(&person(3), "other@contoso.com", "Taken");
    taken.mail = Some("b.simon@contoso.com".to_owned());
    directory.put_person(taken);
    for (id, told) in [
        (person(1), "blocked"),
        (person(2), "no e-mail address"),
        (person(3), "b.simon@contoso.com"),
        (person(4), "not in the directory"),
    ] {
        let refused = admin.add_directory_user(&open, new(&id)).await.unwrap_err();
        assert!(refused.to_string().contains(told), "{refused}");
    }
}
