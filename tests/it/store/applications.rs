//! Which users of a company may use an application.

use vestibule::admin::{Operator, Refused};
use vestibule::domain::{AllowedUsers, Application, GroupId, GroupKind};

use super::database::{Database, on_both};
use super::races::servers;
use super::world::{NOW, World, group};
use crate::support::application;

on_both!(
    the_set_is_made_exactly_so,
    of_two_at_once_the_later_one_is_told,
    a_group_that_goes_meanwhile_is_in_no_set,
);

async fn with_application(world: &World) -> Application {
    let crm = application("crm", None);
    let operator = Operator {
        store: &world.store,
        now: NOW,
    };
    operator.add_application(&crm).await.unwrap();
    crm
}

/// Who may, in order, and the version of that.
async fn now(world: &World, crm: &Application) -> (Option<Vec<GroupId>>, String) {
    let it = world.admin().company_application(crm.id).await.unwrap();
    let version = it.version();
    let groups = match it.allowed {
        AllowedUsers::Everybody => None,
        AllowedUsers::Groups(mut groups) => {
            groups.sort();
            Some(groups)
        }
    };
    (groups, version)
}

async fn the_set_is_made_exactly_so(database: &Database) {
    let world = World::new(database.open().await).await;
    let crm = with_application(&world).await;
    let (basic, staff) = (world.basic.id, world.staff.id);
    let mut both = vec![basic, staff];
    both.sort();
    for wanted in [
        Some(vec![basic]),
        Some(both),
        Some(vec![staff]),
        Some(vec![]),
        Some(vec![basic]),
        None,
        Some(vec![]),
        None,
    ] {
        let (_, read) = now(&world, &crm).await;
        let allowed = wanted
            .clone()
            .map_or(AllowedUsers::Everybody, AllowedUsers::Groups);
        let admin = world.admin();
        assert!(admin.set_allowed(crm.id, &read, &allowed).await.unwrap());
        let (is, version) = now(&world, &crm).await;
        assert_eq!(is, wanted);
        // The same once more is no change.
        let again = admin.set_allowed(crm.id, &version, &allowed).await;
        assert!(!again.unwrap());
    }
}

async fn of_two_at_once_the_later_one_is_told(database: &Database) {
    let [one, two] = servers(database).await;
    let crm = with_application(&one).await;
    for _ in 0..10 {
        let (before, read) = now(&one, &crm).await;
        // Each wants something else than there is.
        let next = |group: GroupId| match &before {
            Some(groups) if *groups == [group] => AllowedUsers::Everybody,
            _ => AllowedUsers::Groups(vec![group]),
        };
        let (mine, theirs) = (next(one.basic.id), next(one.staff.id));
        let (first, second) = (one.admin(), two.admin());
        let (first, second) = tokio::join!(
            first.set_allowed(crm.id, &read, &mine),
            second.set_allowed(crm.id, &read, &theirs)
        );
        let wanted = match (first, second) {
            (Ok(true), Err(Refused::Changed { .. })) => mine,
            (Err(Refused::Changed { .. }), Ok(true)) => theirs,
            other => panic!("{other:?}"),
        };
        let it = one.admin().company_application(crm.id).await.unwrap();
        assert_eq!(it.allowed, wanted);
    }
}

async fn a_group_that_goes_meanwhile_is_in_no_set(database: &Database) {
    let [one, two] = servers(database).await;
    let crm = with_application(&one).await;
    for round in 0..10 {
        let title = format!("Group {round}");
        let new = group(one.company.id, &title, GroupKind::Member, false);
        one.store.add_group(&new, NOW).await.unwrap();
        let (_, read) = now(&one, &crm).await;
        let wanted = AllowedUsers::Groups(vec![one.staff.id, new.id]);
        let (first, second) = (one.admin(), two.admin());
        let (said, deleted) = tokio::join!(
            first.set_allowed(crm.id, &read, &wanted),
            second.delete_group(new.id)
        );
        deleted.unwrap();
        let (is, _) = now(&one, &crm).await;
        match said {
            Ok(true) => assert_eq!(is, Some(vec![one.staff.id])),
            Err(Refused::Invalid(_)) => {}
            other => panic!("{other:?}"),
        }
        let (_, read) = now(&one, &crm).await;
        let admin = one.admin();
        let everybody = AllowedUsers::Everybody;
        admin.set_allowed(crm.id, &read, &everybody).await.unwrap();
    }
}
