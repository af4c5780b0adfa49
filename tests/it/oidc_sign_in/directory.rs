//! A connection's directory is synchronised: preview, groups, memberships, people who leave, and nodes that die.
//!
//! Rules F4 to F6, S5 and T7; what counts as evidence is told in `docs/architecture.md`, "The way of a synchronisation".

use std::sync::Arc;

use time::Duration;
use vestibule::app::App;
use vestibule::config::Secret;
use vestibule::demo_idp::{DemoDirectory, DemoGroup, DemoPerson, IdpUser};
use vestibule::domain::{
    DirectorySettings, GrantSource, Group, GroupKind, RemovalCount, SyncPhase, SyncResult,
    SyncState, User,
};

use super::world::{CLIENT_ID, Relying};
use crate::store::database::{Database, on_both};
use crate::support::{PASSWORD, people};

pub(super) const SALES: &str = "11111111-0000-4000-8000-000000000001";
pub(super) const NORTH: &str = "11111111-0000-4000-8000-000000000002";

on_both!(
    nothing_is_applied_before_the_preview_is_answered,
    memberships_count_through_groups_and_manual_ones_stay,
    who_leaves_is_deactivated_and_comes_back_by_the_directory_alone,
    a_failed_round_removes_nothing,
    a_node_that_dies_is_followed_by_another,
    more_than_a_fifth_waits_for_a_word,
    the_last_administrator_stays,
    a_delta_link_that_is_too_old_makes_a_full_round,
);

/// The object ID of one of many.
pub(super) fn person(number: usize) -> String {
    format!("22222222-0000-4000-8000-{number:012}")
}

impl Relying {
    /// Acme with its directory switched on, on a database.
    pub(super) async fn with_directory(database: &Database) -> Self {
        let url = database.url();
        let relying =
            Self::of_entra_with(|config| config.database.url = Some(Secret::new(url))).await;
        relying.switch_directory_on().await;
        relying
    }

    pub(super) async fn switch_directory_on(&self) {
        self.idp
            .grant(CLIENT_ID, &["User.Read.All", "GroupMember.Read.All"]);
        let tenant = self.idp.tenant().id.parse().unwrap();
        let at = self.idp.tenant().origin.clone();
        self.change(|connection| {
            let cloud = vestibule::domain::GraphCloud::Global;
            connection.settings.directory = Some(Box::new(DirectorySettings {
                at: Some(at),
                synchronise: true,
                ..DirectorySettings::new(tenant, cloud)
            }));
        })
        .await;
    }

    pub(super) fn tenant(&self) -> DemoDirectory {
        self.idp.directory()
    }

    pub(super) async fn state(&self) -> SyncState {
        let state = self.app.store.sync_state(self.connection.id).await;
        state.unwrap().unwrap()
    }

    /// What is due is done by this node.
    pub(super) async fn synchronise(&self) -> SyncState {
        assert_eq!(self.app.synchronise_once().await.unwrap(), 1);
        self.state().await
    }

    /// The button, and what comes of it.
    pub(super) async fn press(&self) -> SyncState {
        let connection = self.stored().await;
        let admin = self.admin_of(&self.acme);
        admin.start_synchronisation(&connection, &[]).await.unwrap();
        self.synchronise().await
    }

    /// Preview and start.
    pub(super) async fn started(&self) -> SyncState {
        let state = self.synchronise().await;
        assert!(state.has_preview(), "{state:?}");
        self.press().await
    }

    /// A user whom the connection knows as somebody of its directory, who is put there as well.
    async fn known(&self, number: usize, groups: &[&Group]) -> User {
        let email = format!("p{number}@contoso.com");
        let id = person(number);
        self.tenant()
            .put_person(DemoPerson::new(&id, &email, &email));
        let user = self.add_user_to(&self.acme, &email, None, groups).await;
        let mut tx = self.app.store.begin().await.unwrap();
        let (connection, name) = (self.connection.id, format!("oid:{id}"));
        let bound = tx.bind_identity(connection, &name, user.id, user.created_at);
        assert!(bound.await.unwrap());
        tx.commit(user.created_at).await.unwrap();
        user
    }

    /// The titles of the groups that the directory has put somebody into.
    async fn given(&self, user: &User) -> Vec<String> {
        let source = GrantSource::Directory(self.connection.id);
        let groups = self.app.store.groups_and_grants(self.acme.id, user.id);
        let groups = groups.await.unwrap().into_iter();
        let of_directory = groups.filter(|(_, sources)| sources.contains(&source));
        of_directory.map(|(group, _)| group.title).collect()
    }

    async fn is_active(&self, user: &User) -> bool {
        let found = self.app.store.user(user.id).await.unwrap().unwrap();
        found.disabled_at.is_none()
    }
}

async fn nothing_is_applied_before_the_preview_is_answered(database: &Database) {
    let world = Relying::with_directory(database).await;
    let existing = world
        .add_group_to(&world.acme, "Sales", GroupKind::Member, false)
        .await;
    let user = world.known(1, &[]).await;
    world
        .tenant()
        .put_group(DemoGroup::new(SALES, "Sales").with_members(&[&person(1)]));
    world.tenant().put_group(DemoGroup::new(NORTH, "North"));
    let before = world.app.store.groups(world.acme.id).await.unwrap();

    let state = world.synchronise().await;
    assert_eq!(state.last_result, Some(SyncResult::Previewed), "{state:?}");
    assert!(state.pages >= 2 && state.groups >= 2 && state.people >= 2);
    assert_eq!(world.app.store.groups(world.acme.id).await.unwrap(), before);
    let connection = world.stored().await;
    let admin = world.admin_of(&world.acme);
    let plan = admin.synchronisation_preview(&connection).await.unwrap();
    assert!(plan.add.iter().any(|it| it.title == "North"), "{plan:?}");
    assert_eq!(plan.clash[0].title, "Sales (2)", "{plan:?}");

    // The administrator says that the same group is meant.
    let adopted = [plan.clash[0].object_id.clone()];
    admin
        .start_synchronisation(&connection, &adopted)
        .await
        .unwrap();
    let state = world.synchronise().await;
    assert_eq!(state.last_result, Some(SyncResult::Done), "{state:?}");
    assert_eq!(world.given(&user).await, ["Sales"]);
    let linked = world
        .app
        .store
        .linked_directory_groups(connection.id, None, 100);
    let linked = linked.await.unwrap().rows;
    assert!(
        linked
            .iter()
            .any(|it| it.group == Some(existing.id) && !it.made)
    );
    let titles = world.app.store.groups(world.acme.id).await.unwrap();
    assert!(titles.iter().any(|it| it.title == "North"));

    // A new name is followed by the object ID.
    world
        .tenant()
        .change_group(NORTH, |it| "Norden".clone_into(&mut it.name));
    world.press().await;
    let titles = world.app.store.groups(world.acme.id).await.unwrap();
    assert!(titles.iter().any(|it| it.title == "Norden"), "{titles:?}");
    assert!(!titles.iter().any(|it| it.title == "North"), "{titles:?}");
}

async fn memberships_count_through_groups_and_manual_ones_stay(database: &Database) {
    let world = Relying::with_directory(database).await;
    let user = world.known(1, &[&world.staff]).await;
    let groups = world.tenant();
    groups.put_group(DemoGroup::new(NORTH, "North").with_members(&[&person(1), SALES]));
    // A circle.
    groups.put_group(DemoGroup::new(SALES, "Sales").with_members(&[NORTH]));
    groups.set_page_size(1);
    let state = world.started().await;
    assert_eq!(state.last_result, Some(SyncResult::Done), "{state:?}");
    assert_eq!(world.given(&user).await, ["North", "Sales"]);
    groups.remove_member(NORTH, &person(1));
    // The same again, and late.
    groups.fault("replay").unwrap();
    world.press().await;
    world.press().await;
    assert_eq!(world.given(&user).await, [""; 0]);
    let all = people::grants_of(&world.app.store, world.acme.id, user.id).await;
    assert_eq!(all.len(), 1, "an administrator gave it: {all:?}");
    assert_eq!(all[0].group_id, world.staff.id);
}

async fn who_leaves_is_deactivated_and_comes_back_by_the_directory_alone(database: &Database) {
    let world = Relying::with_directory(database).await;
    let mut browser = world.browser();
    assert_eq!(world.sign_in(&mut browser).await.status, 303);
    let simon = world.user("b.simon@contoso.com").await.unwrap();
    let [deleted, purged, by_hand] = [
        world.known(1, &[]).await,
        world.known(2, &[]).await,
        world.known(3, &[]).await,
    ];
    world.started().await;
    let directory = world.tenant();
    let id = IdpUser::b_simon().object_id;
    directory.change_person(&id, |it| it.is_enabled = false);
    directory.delete_person(&person(1));
    directory.purge_person(&person(2));
    let admin = world.admin_of(&world.acme);
    admin.deactivate_user(by_hand.id).await.unwrap();
    assert_eq!(browser.get("/sso/session").await.status, 200);
    let state = world.press().await;
    assert_eq!(state.last_result, Some(SyncResult::Done), "{state:?}");
    for user in [&simon, &deleted, &purged] {
        assert!(!world.is_active(user).await, "{}", user.email);
    }
    // Rule F4: the session is over.
    world.app.catch_up().await.unwrap();
    assert_eq!(browser.get("/sso/session").await.status, 401);
    let audit = world.audit_of(&world.acme).await;
    let told = |email: &str| {
        let mut all = audit.iter();
        all.any(|it| {
            it.subject == email
                && it.action == "user.deactivate"
                && it.actor == "directory: entra-oidc"
        })
    };
    assert!(
        told("b.simon@contoso.com") && told("p1@contoso.com"),
        "{audit:?}"
    );

    directory.change_person(&id, |it| it.is_enabled = true);
    directory.restore_person(&person(1));
    directory.change_person(&person(3), |it| it.is_enabled = true);
    world.press().await;
    assert!(world.is_active(&simon).await && world.is_active(&deleted).await);
    assert!(
        !world.is_active(&by_hand).await,
        "an administrator's word stays"
    );
    // An administrator lets somebody in whom the directory has shut out: it does not shut out again what it knows already.
    world
        .admin_of(&world.acme)
        .activate_user(purged.id)
        .await
        .unwrap();
    world.press().await;
    assert!(world.is_active(&purged).await);
}

async fn a_failed_round_removes_nothing(database: &Database) {
    let world = Relying::with_directory(database).await;
    let user = world.known(1, &[]).await;
    let directory = world.tenant();
    directory.put_group(DemoGroup::new(SALES, "Sales").with_members(&[&person(1)]));
    directory.put_group(DemoGroup::new(NORTH, "North"));
    world.started().await;
    directory.remove_member(SALES, &person(1));
    directory.change_group(NORTH, |it| "Norden".clone_into(&mut it.name));
    directory.purge_person(&person(1));
    for fault in [
        "broken json",
        "html",
        "next link to another host",
        "forbidden groups/delta",
    ] {
        directory.set_page_size(1);
        directory.fault(fault).unwrap();
        let state = world.press().await;
        assert_eq!(
            state.last_result,
            Some(SyncResult::Failed),
            "{fault}: {state:?}"
        );
        assert!(!state.last_text.is_empty() && state.next_at > world.app.clock.now());
        assert!(world.is_active(&user).await, "{fault}");
        assert_eq!(world.given(&user).await, ["Sales"], "{fault}");
        directory.fault("none").unwrap();
    }
    // Asked to wait for longer than a moment: later, and from the same place.
    directory.fault("throttle 1 90").unwrap();
    let state = world.press().await;
    assert_eq!(state.last_result, Some(SyncResult::Waiting), "{state:?}");
    assert!(world.is_active(&user).await);
    world.app.clock.step(Duration::seconds(100));
    let state = world.press().await;
    assert_eq!(state.last_result, Some(SyncResult::Done), "{state:?}");
    assert!(!world.is_active(&user).await);
    assert_eq!(world.given(&user).await, [""; 0]);
}

async fn a_node_that_dies_is_followed_by_another(database: &Database) {
    let world = Relying::with_directory(database).await;
    let user = world.known(1, &[]).await;
    let directory = world.tenant();
    for number in 2..40 {
        let name = format!("p{number}@contoso.com");
        directory.put_person(DemoPerson::new(&person(number), &name, &name));
    }
    directory.put_group(DemoGroup::new(SALES, "Sales").with_members(&[&person(1)]));
    world.started().await;
    world.app.clock.step(Duration::days(8));
    directory.set_page_size(2);
    let connection = world.stored().await;
    let admin = world.admin_of(&world.acme);
    admin.start_synchronisation(&connection, &[]).await.unwrap();
    // It stops wherever it is: in the middle of a list.
    let dying = Arc::clone(&world.app);
    let work = tokio::spawn(async move { dying.synchronise_once().await });
    loop {
        let state = world.state().await;
        if state.phase == SyncPhase::People && state.people > 0 {
            break;
        }
        tokio::task::yield_now().await;
    }
    work.abort();
    let _ = work.await;
    let left = world.state().await;
    assert!(left.is_running(world.app.clock.now()), "{left:?}");

    let config = world.app.config.clone();
    let other = App::open(config, world.app.clock.clone()).await.unwrap();
    assert_eq!(
        other.synchronise_once().await.unwrap(),
        0,
        "the lease is the first node's"
    );
    assert!(world.is_active(&user).await);
    world.app.clock.step(Duration::minutes(3));
    assert_eq!(other.synchronise_once().await.unwrap(), 1);
    let state = world.state().await;
    assert_eq!(state.last_result, Some(SyncResult::Done), "{state:?}");
    assert!(!state.is_running(world.app.clock.now()));
    assert_eq!(world.given(&user).await, ["Sales"]);
    assert!(world.is_active(&user).await);
    other.store.close().await;
}

async fn more_than_a_fifth_waits_for_a_word(database: &Database) {
    let world = Relying::with_directory(database).await;
    let mut users = Vec::new();
    for number in 1..=12 {
        users.push(world.known(number, &[]).await);
    }
    world.started().await;
    for number in 1..=11 {
        world
            .tenant()
            .change_person(&person(number), |it| it.is_enabled = false);
    }
    let state = world.press().await;
    assert_eq!(state.last_result, Some(SyncResult::Held), "{state:?}");
    let held = state.held.unwrap();
    assert_eq!((held.count.people, held.names.len()), (11, 10));
    for user in &users {
        assert!(world.is_active(user).await);
    }
    let connection = world.stored().await;
    let admin = world.admin_of(&world.acme);
    // What was not seen is not allowed.
    let other = RemovalCount {
        people: 12,
        ..held.count
    };
    assert!(admin.confirm_removal(&connection, other).await.is_err());
    admin
        .confirm_removal(&connection, held.count)
        .await
        .unwrap();
    // One more than was seen: it is asked again.
    world
        .tenant()
        .change_person(&person(12), |it| it.is_enabled = false);
    let state = world.synchronise().await;
    let held = state.held.unwrap();
    assert_eq!(held.count.people, 12);
    admin
        .confirm_removal(&connection, held.count)
        .await
        .unwrap();
    let state = world.synchronise().await;
    assert_eq!(state.last_result, Some(SyncResult::Done), "{state:?}");
    assert_eq!(state.held, None);
    for user in &users {
        assert!(!world.is_active(user).await);
    }
}

async fn the_last_administrator_stays(database: &Database) {
    let world = Relying::with_directory(database).await;
    let admins = world
        .add_group_to(
            &world.acme,
            "Administrators",
            GroupKind::Administrator,
            false,
        )
        .await;
    let boss = world.known(1, &[&admins]).await;
    world.started().await;
    world.tenant().delete_person(&person(1));
    let state = world.press().await;
    assert!(world.is_active(&boss).await, "{state:?}");
    assert!(
        state.remarks.iter().any(|it| it.contains("p1@contoso.com")),
        "{state:?}"
    );
    // Somebody else can administer the company now.
    let email = "other@example.com";
    world
        .add_user_to(&world.acme, email, Some(PASSWORD), &[&admins])
        .await;
    world.press().await;
    assert!(!world.is_active(&boss).await);
}

async fn a_delta_link_that_is_too_old_makes_a_full_round(database: &Database) {
    let world = Relying::with_directory(database).await;
    let (stays, leaves) = (world.known(1, &[]).await, world.known(2, &[]).await);
    world.started().await;
    world.tenant().purge_person(&person(2));
    world.app.clock.step(Duration::days(8));
    let state = world.press().await;
    assert!(state.is_full, "{state:?}");
    assert_eq!(state.last_result, Some(SyncResult::Done), "{state:?}");
    assert!(world.is_active(&stays).await);
    assert!(
        !world.is_active(&leaves).await,
        "absent from a full round that has ended"
    );
}

/// What a link of the directory holds is in no row of the database in clear.
#[tokio::test]
async fn links_are_sealed() {
    let database = Database::sqlite();
    let world = Relying::with_directory(&database).await;
    world.started().await;
    let rows = database.rows().await.join("\n");
    assert!(!rows.contains("deltatoken") && !rows.contains("skiptoken"));
    let connection = world.stored().await;
    let mut tx = world.app.store.begin().await.unwrap();
    tx.forget_directory(world.acme.id, connection.id)
        .await
        .unwrap();
    tx.commit(world.app.clock.now()).await.unwrap();
    assert_eq!(
        world.app.store.sync_state(connection.id).await.unwrap(),
        None
    );
}
