//! The client against the double: pages, changes, and what must be refused.

use std::time::Duration;

use vestibule::demo_idp::{DemoGroup, DemoPerson};
use vestibule::directory::{DirectoryError, OpenDirectory};
use vestibule::graph::{
    DirectoryChange, DirectoryGroup, DirectoryMember, DirectoryUser, GraphFault, GraphLink,
    GraphPage, GraphRefusalKind, GraphRequest, GroupDelta, MemberKind, ObjectId, Removal, UserKey,
};
use vestibule::outbound::ProviderFailure;

use super::world::Contoso;

const SIMON: &str = "8f1d4b62-5a0e-4c3d-9b7a-2e6f0c1d3a54";
const BRITTA: &str = "c3a7e915-2f48-4d6b-8e01-7b5d9c4f2a36";
const USERS: &str = "02d5a1c4-7b5e-4f0a-8d6c-1f3b9e27a810";
const ALL: &str = "4b8e1f60-7c29-4d5a-9e03-d2a6f81b5c97";

async fn people(directory: &OpenDirectory<'_>) -> Result<Vec<DirectoryUser>, DirectoryError> {
    let mut pages = directory.pages(directory.addresses().users());
    let mut all = Vec::new();
    while let Some(page) = pages.next::<DirectoryUser>().await? {
        all.extend(page.items);
    }
    Ok(all)
}

/// A round of groups, and the link to the next.
async fn round(
    directory: &OpenDirectory<'_>,
    first: GraphRequest,
) -> (Vec<DirectoryChange<GroupDelta>>, GraphLink) {
    let mut pages = directory.pages(first);
    let mut all = Vec::new();
    while let Some(page) = pages.next().await.unwrap() {
        all.extend(page.items);
    }
    let delta = pages.delta().unwrap().clone();
    (all, delta)
}

#[tokio::test]
async fn a_list_is_read_over_all_its_pages() {
    let contoso = Contoso::new().await;
    let directory = contoso.open();
    contoso.directory().set_page_size(1);
    let all = people(&directory).await.unwrap();
    assert_eq!(all.len(), 3);
    assert!(all.iter().all(|it| it.is_enabled == Some(true)));
    contoso.fault("empty page with link 1");
    assert_eq!(people(&directory).await.unwrap().len(), 3);
    // Casts and counts keep their header from page to page.
    let group = USERS.parse().unwrap();
    let mut pages = directory.pages(directory.addresses().transitive_users(&group));
    let mut found = 0;
    while let Some(page) = pages.next::<DirectoryMember>().await.unwrap() {
        found += page.items.len();
    }
    assert_eq!(found, 2);
}

#[tokio::test]
async fn members_are_users_groups_and_what_else_there_is() {
    let contoso = Contoso::new().await;
    let directory = contoso.open();
    let device = "d10c5e7a-93b4-4f82-8a61-b7e2c0f4d938";
    let group = DemoGroup::new(ALL, "All").with_members(&[USERS, BRITTA, device]);
    contoso.directory().put_group(group);
    let all: ObjectId = ALL.parse().unwrap();
    let page: GraphPage<DirectoryMember> = directory
        .page(&directory.addresses().members(&all))
        .await
        .unwrap();
    let mut kinds: Vec<_> = page
        .items
        .iter()
        .map(|it| format!("{:?}", it.kind))
        .collect();
    kinds.sort();
    assert_eq!(kinds, ["Device", "Group", "User"]);
    let britta = page.items.iter().find(|it| it.kind == MemberKind::User);
    assert_eq!(
        britta.unwrap().mail.as_deref(),
        Some("britta.simon@contoso.com")
    );
    // Groups in a circle end.
    contoso.directory().add_member(USERS, ALL);
    let simon = SIMON.parse().unwrap();
    let mut groups = directory.member_groups(&simon, true).await.unwrap();
    groups.sort();
    assert!(groups.contains(&all) && groups.len() == 3, "{groups:?}");
    let wanted: Vec<ObjectId> = (0..30)
        .map(|at| {
            format!("00000000-0000-4000-8000-0000000000{at:02}")
                .parse()
                .unwrap()
        })
        .chain([all.clone()])
        .collect();
    let found = directory
        .check_member_groups(&simon, &wanted)
        .await
        .unwrap();
    assert_eq!(found, [all]);
}

#[tokio::test]
async fn changes_are_told_until_the_link_is_too_old() {
    let contoso = Contoso::new().await;
    let (directory, double) = (contoso.open(), contoso.directory());
    double.set_page_size(1);
    let (first, delta) = round(&directory, directory.addresses().groups_delta()).await;
    // Two groups; the members of the larger one come in pieces.
    assert_eq!(first.len(), 3);
    let (nothing, delta) = round(&directory, GraphRequest::kept(&delta)).await;
    assert!(nothing.is_empty());
    double.remove_member(USERS, SIMON);
    double.put_group(DemoGroup::new(ALL, "All").with_members(&[USERS]));
    let (changes, delta) = round(&directory, GraphRequest::kept(&delta)).await;
    let gone = changes.iter().any(|change| match change {
        DirectoryChange::Present(it) => it
            .members
            .iter()
            .any(|member| member.is_removed && member.id.as_str() == SIMON),
        DirectoryChange::Removed { .. } => false,
    });
    assert!(gone && changes.len() == 2, "{changes:?}");
    double.fault("replay").unwrap();
    double.delete_group(ALL);
    let (changes, delta) = round(&directory, GraphRequest::kept(&delta)).await;
    assert_eq!(changes.len(), 2);
    assert_eq!(changes[0], changes[1]);
    let removed = matches!(
        &changes[0],
        DirectoryChange::Removed {
            reason: Removal::Deleted,
            ..
        }
    );
    assert!(removed, "{changes:?}");
    double.fault("none").unwrap();
    double.fault("location 1").unwrap();
    let failed = directory
        .ask(&GraphRequest::kept(&delta))
        .await
        .unwrap_err();
    let DirectoryError::Refused(refusal) = failed else {
        panic!("{failed}")
    };
    assert_eq!(refusal.kind, GraphRefusalKind::Resync);
    let (again, _) = round(&directory, GraphRequest::kept(&refusal.restart.unwrap())).await;
    assert_eq!(again.len(), 2);
    double.advance(time::Duration::days(8));
    directory.forget_token().await;
    let failed = directory
        .ask(&GraphRequest::kept(&delta))
        .await
        .unwrap_err();
    assert_eq!(failed.refusal_kind(), Some(GraphRefusalKind::Resync));
}

#[tokio::test]
async fn people_who_are_deleted_can_be_restored_and_are_purged() {
    let contoso = Contoso::new().await;
    let (directory, double) = (contoso.open(), contoso.directory());
    let round = async |first| {
        let mut pages = directory.pages(first);
        let mut all: Vec<DirectoryChange<DirectoryUser>> = Vec::new();
        while let Some(page) = pages.next().await.unwrap() {
            all.extend(page.items);
        }
        (all, GraphRequest::kept(pages.delta().unwrap()))
    };
    let (all, next) = round(directory.addresses().users_delta()).await;
    assert_eq!(all.len(), 3);
    double.delete_person(SIMON);
    let simon = UserKey::parse(SIMON).unwrap();
    assert_eq!(directory.user(&simon).await.unwrap(), None);
    let reason = |changes: &[DirectoryChange<DirectoryUser>]| match changes {
        [DirectoryChange::Removed { reason, .. }] => Some(*reason),
        _ => None,
    };
    let (changes, next) = round(next).await;
    assert_eq!(reason(&changes), Some(Removal::Changed));
    let deleted: GraphPage<DirectoryUser> = directory
        .page(&directory.addresses().deleted_users())
        .await
        .unwrap();
    assert!(deleted.items[0].deleted_at.is_some());
    double.restore_person(SIMON);
    let (changes, next) = round(next).await;
    assert!(matches!(&changes[..], [DirectoryChange::Present(_)]));
    double.purge_person(SIMON);
    let (changes, _) = round(next).await;
    assert_eq!(reason(&changes), Some(Removal::Deleted));
}

#[tokio::test]
async fn a_change_may_show_late() {
    let contoso = Contoso::new().await;
    let (directory, double) = (contoso.open(), contoso.directory());
    double.fault("lag 2").unwrap();
    let id = "3e9d7c15-a286-4b0f-91d4-6c8f2e05b7a3";
    double.put_person(DemoPerson::new(id, "new@contoso.com", "New"));
    for expected in [3, 3, 4] {
        assert_eq!(people(&directory).await.unwrap().len(), expected);
    }
}

/// What the client must refuse, whatever else it does.
#[tokio::test]
async fn what_is_no_answer_is_refused() {
    let contoso = Contoso::new().await;
    let directory = contoso.open();
    contoso.directory().set_page_size(1);
    for (fault, is_right) in [
        (
            "next link to another host 1",
            (|it| matches!(it, DirectoryError::Fault(GraphFault::ForeignLink(host)) if host == "graph.example.net"))
                as fn(&DirectoryError) -> bool,
        ),
        ("next link loop 9", |it| {
            matches!(it, DirectoryError::Fault(GraphFault::Loop))
        }),
        ("html 1", |it| {
            matches!(it, DirectoryError::Fault(GraphFault::NotJson))
        }),
        ("broken json 1", |it| {
            matches!(it, DirectoryError::Fault(GraphFault::Json(_)))
        }),
        ("deep json 1", |it| {
            matches!(it, DirectoryError::Fault(GraphFault::Json(_)))
        }),
        ("huge page 1", |it| {
            matches!(it, DirectoryError::Way(ProviderFailure::TooLarge { .. }))
        }),
        ("503 1", |it| {
            it.refusal_kind() == Some(GraphRefusalKind::Unavailable) && it.is_passing()
        }),
        ("expired page 1", |it| {
            it.refusal_kind() == Some(GraphRefusalKind::ExpiredPage)
        }),
        ("no service principal 1", |it| {
            it.refusal_kind() == Some(GraphRefusalKind::NoConsent)
                && it
                    .advice()
                    .is_some_and(|it| it.contains("Grant admin consent"))
        }),
        ("forbidden users", |it| {
            it.refusal_kind() == Some(GraphRefusalKind::Forbidden)
        }),
    ] {
        contoso.fault(fault);
        let failed = people(&directory).await.expect_err(fault);
        assert!(is_right(&failed), "{fault}: {failed} {failed:?}");
        contoso.fault("none");
    }
    assert_eq!(people(&directory).await.unwrap().len(), 3);
}

#[tokio::test]
async fn who_is_throttled_asks_nothing_more_until_the_time_is_over() {
    let contoso = Contoso::new().await;
    let directory = contoso.open();
    people(&directory).await.unwrap();
    contoso.fault("throttle 1 2.128");
    let failed = people(&directory).await.unwrap_err();
    assert_eq!(failed.wait(), Some(Duration::from_secs(3)));
    assert!(failed.is_passing());
    contoso.directory().take_calls();
    let failed = people(&directory).await.unwrap_err();
    assert!(matches!(failed, DirectoryError::Waiting(_)), "{failed}");
    assert!(contoso.directory().take_calls().is_empty());
    contoso.world.app.clock.step(time::Duration::seconds(3));
    assert_eq!(people(&directory).await.unwrap().len(), 3);
    // Without a time in the answer it is for the caller to wait.
    contoso.fault("throttle 1");
    let failed = people(&directory).await.unwrap_err();
    assert_eq!((failed.wait(), failed.is_passing()), (None, true));
    assert!(people(&directory).await.is_ok());
}

#[tokio::test]
async fn who_waits_for_an_answer_waits_no_longer_than_that() {
    let contoso = Contoso::new().await;
    people(&contoso.open()).await.unwrap();
    let urgent = contoso.open().urgent(Duration::from_millis(200));
    for fault in ["timeout 1", "slow body 1"] {
        contoso.fault(fault);
        let failed = people(&urgent).await.unwrap_err();
        assert!(
            matches!(failed, DirectoryError::Way(_)),
            "{fault}: {failed}"
        );
        assert!(failed.is_passing(), "{fault}");
    }
}

#[tokio::test]
async fn more_groups_than_can_be_listed_are_checked_one_by_one() {
    let contoso = Contoso::new().await;
    let directory = contoso.open();
    contoso.fault("11,001 groups");
    let simon = SIMON.parse().unwrap();
    let failed = directory.member_groups(&simon, true).await.unwrap_err();
    assert_eq!(failed.refusal_kind(), Some(GraphRefusalKind::TooManyGroups));
    let users: ObjectId = USERS.parse().unwrap();
    let found = directory.check_member_groups(&simon, std::slice::from_ref(&users));
    assert_eq!(found.await.unwrap(), std::slice::from_ref(&users));
    let asked = directory.addresses().groups_of(&simon);
    let page: GraphPage<DirectoryGroup> = directory.page(&asked).await.unwrap();
    assert!(page.items.iter().any(|it| it.id == users));
}
