//! The lists of the console: users, groups and sessions of one company.

use time::Duration;
use vestibule::domain::{CompanyId, Creation, Grant, GrantSource, Group, GroupKind, User};
use vestibule::store::{Error, SignInMethod, Store, Total, UserFilter};

use super::database::{Database, on_both};
use super::world::{NOW, World, company, group, profile, signed_in, user};
use crate::support::people;

on_both!(
    users_are_found_by_what_is_known_of_them,
    users_come_page_by_page,
    groups_are_counted_and_held,
    sessions_come_page_by_page,
    a_change_is_part_of_its_transaction
);

async fn emails(store: &Store, company: CompanyId, filter: &UserFilter) -> Vec<String> {
    let listed = store.list_users(company, filter, 1).await.unwrap();
    assert_eq!(listed.total, Total::Exact(listed.rows.len() as u64));
    let emails = listed.rows.iter().map(|row| row.user.email.to_string());
    emails.collect()
}

fn search(text: &str) -> UserFilter {
    UserFilter {
        search: text.to_owned(),
        ..UserFilter::default()
    }
}

async fn users_are_found_by_what_is_known_of_them(database: &Database) {
    let world = World::new(database.open().await).await;
    let (store, company_id) = (&world.store, world.company.id);
    let (bound, _) = signed_in(world.sign_in(&profile("oid:1", "Britta@contoso.com")).await);
    let named = |email: &str, first: &str, last: &str| User {
        first_name: first.to_owned(),
        last_name: last.to_owned(),
        company_name: "50% off_Ltd\\".to_owned(),
        ..user(company_id, email, Creation::Administrator)
    };
    let ozgur = named("o@contoso.com", "Özgür", "ÇELİK");
    people::add(store, &ozgur, None, &[]).await;
    let local = world.user("local@contoso.com", Creation::Directory).await;
    people::set_password(store, local.id, Some(b"sealed")).await;
    let gone = world
        .user("gone@contoso.com", Creation::Administrator)
        .await;
    world.admin().deactivate_user(gone.id).await.unwrap();
    let other = company("https://other.example.com");
    store.add_company(&other, NOW).await.unwrap();
    let stranger = user(other.id, "britta@contoso.com", Creation::Jit);
    people::add(store, &stranger, None, &[]).await;

    let found = async |filter: UserFilter| emails(store, company_id, &filter).await;
    let all = [
        "Britta@contoso.com",
        "gone@contoso.com",
        "local@contoso.com",
        "o@contoso.com",
    ];
    assert_eq!(found(UserFilter::default()).await, all);
    assert_eq!(found(search(" \n\0 ")).await, all);
    for text in [
        "BRITTA",
        "simon britta contoso",
        "Simon Brit contoso.com a",
        "britta@",
    ] {
        assert_eq!(found(search(text)).await, ["Britta@contoso.com"], "{text}");
    }
    for text in ["özgür", "ÖZGÜR", "çel", "50%", "off_", "ltd\\"] {
        assert_eq!(found(search(text)).await, ["o@contoso.com"], "{text}");
    }
    for text in ["%", "_"] {
        assert_eq!(found(search(text)).await, ["o@contoso.com"], "{text}");
    }
    for text in ["b%a", "brit_a", "' OR 1=1", "zz"] {
        assert!(found(search(text)).await.is_empty(), "{text}");
    }
    let filter = |change: fn(&mut UserFilter)| {
        let mut filter = UserFilter::default();
        change(&mut filter);
        filter
    };
    assert_eq!(
        found(filter(|it| it.active = Some(false))).await,
        ["gone@contoso.com"]
    );
    assert_eq!(
        found(filter(|it| it.created_by = Some(Creation::Jit))).await,
        ["Britta@contoso.com"]
    );
    assert_eq!(
        found(filter(|it| it.method = Some(SignInMethod::Password))).await,
        ["local@contoso.com"]
    );
    assert_eq!(
        found(filter(|it| it.method = Some(SignInMethod::SingleSignOn))).await,
        ["Britta@contoso.com"]
    );
    assert_eq!(
        found(filter(|it| it.method = Some(SignInMethod::Waiting))).await,
        ["gone@contoso.com", "o@contoso.com"]
    );
    let in_basic = UserFilter {
        group: Some(world.basic.id),
        ..UserFilter::default()
    };
    assert_eq!(found(in_basic.clone()).await, ["Britta@contoso.com"]);
    let both = UserFilter {
        active: Some(false),
        ..in_basic
    };
    assert!(found(both).await.is_empty());
    let listed = store
        .list_users(company_id, &search("britta"), 1)
        .await
        .unwrap();
    let row = &listed.rows[0];
    assert_eq!(
        (row.user.id, row.method()),
        (bound.id, SignInMethod::SingleSignOn)
    );
    assert_eq!(
        row.grants,
        [(world.basic.clone(), GrantSource::Jit(world.connection.id))]
    );
}

async fn users_come_page_by_page(database: &Database) {
    let world = World::new(database.open().await).await;
    let (store, company_id) = (&world.store, world.company.id);
    for place in 0..101 {
        world
            .user(&format!("u{place:03}@contoso.com"), Creation::Administrator)
            .await;
    }
    for filter in [UserFilter::default(), search("contoso")] {
        let mut seen = Vec::new();
        for (page, rows) in [(1, 50), (2, 50), (3, 1), (4, 0), (u32::MAX, 0)] {
            let listed = store.list_users(company_id, &filter, page).await.unwrap();
            assert_eq!(listed.rows.len(), rows, "page {page}");
            if rows > 0 || filter.is_all() {
                assert_eq!(listed.total, Total::Exact(101), "page {page}");
            }
            seen.extend(listed.rows.into_iter().map(|row| row.user.email.key()));
        }
        assert!(seen.is_sorted());
        seen.dedup();
        assert_eq!(seen.len(), 101);
    }
    let elsewhere = CompanyId::from_bytes([9; 16]);
    assert!(
        emails(store, elsewhere, &UserFilter::default())
            .await
            .is_empty()
    );
}

async fn groups_are_counted_and_held(database: &Database) {
    let world = World::new(database.open().await).await;
    let (store, company_id) = (&world.store, world.company.id);
    let (bound, _) = signed_in(world.sign_in(&profile("oid:1", "b@contoso.com")).await);
    for source in [
        GrantSource::Administrator,
        GrantSource::Directory(world.connection.id),
    ] {
        let grant = Grant {
            user_id: bound.id,
            group_id: world.staff.id,
            source,
        };
        assert!(people::grant(store, grant).await);
    }
    let counts: Vec<(String, u64)> = store
        .list_groups(company_id)
        .await
        .unwrap()
        .into_iter()
        .map(|listed| (listed.group.title, listed.members))
        .collect();
    assert_eq!(
        counts,
        [("SSO Basic".to_owned(), 1), ("Staff".to_owned(), 1)]
    );
    let alone = store.count_members_only(world.staff.id, 10).await;
    assert_eq!(alone.unwrap(), 0);
    let uses = store
        .uses_of_group(company_id, world.basic.id)
        .await
        .unwrap();
    assert!(uses.len() == 1 && uses[0].jit && uses[0].values.is_empty());
    let uses = store
        .uses_of_group(company_id, world.staff.id)
        .await
        .unwrap();
    assert!(uses.is_empty());

    let mut tx = store.begin().await.unwrap();
    let stored = tx.lock_group(company_id, world.staff.id).await.unwrap();
    let stored = stored.unwrap();
    assert_eq!((&stored.group, stored.revision), (&world.staff, 0));
    let taken = Group {
        title: "SSO Basic".to_owned(),
        ..world.staff.clone()
    };
    assert!(!tx.write_group(&taken).await.unwrap());
    let renamed = Group {
        title: "Everyone".to_owned(),
        kind: GroupKind::Administrator,
        sso_only: true,
        ..world.staff.clone()
    };
    assert!(tx.write_group(&renamed).await.unwrap());
    tx.commit(NOW).await.unwrap();
    let stored = store.group_of(company_id, world.staff.id).await.unwrap();
    let stored = stored.unwrap();
    assert_eq!((&stored.group, stored.revision), (&renamed, 1));
    let elsewhere = CompanyId::from_bytes([9; 16]);
    assert_eq!(
        store.group_of(elsewhere, world.staff.id).await.unwrap(),
        None
    );

    let mut tx = store.begin().await.unwrap();
    tx.remove_group(elsewhere, world.staff.id).await.unwrap();
    let again = group(company_id, "Everyone", GroupKind::Member, false);
    assert!(!tx.add_group(&again).await.unwrap());
    tx.remove_group(company_id, world.staff.id).await.unwrap();
    tx.commit(NOW).await.unwrap();
    assert_eq!(world.titles(bound.id).await, ["SSO Basic"]);
    // No connection puts users into what is gone.
    let entra = store.connection(world.connection.id).await.unwrap();
    let mut entra = entra.unwrap();
    entra.settings.jit = Some(world.staff.id);
    let updated = store.update_connection(&entra, NOW).await;
    assert!(matches!(updated, Err(Error::GroupGone)), "{updated:?}");
    entra.settings.jit = None;
    assert!(store.update_connection(&entra, NOW).await.unwrap());
}

async fn sessions_come_page_by_page(database: &Database) {
    let world = World::new(database.open().await).await;
    let (store, company_id) = (&world.store, world.company.id);
    let local = world
        .user("local@contoso.com", Creation::Administrator)
        .await;
    people::set_password(store, local.id, Some(b"sealed")).await;
    for _ in 0..51 {
        signed_in(world.password(local.id).await);
    }
    signed_in(world.sign_in(&profile("oid:1", "b@contoso.com")).await);
    let mut keys = Vec::new();
    let mut after = None;
    for rows in [50, 2] {
        let part = store
            .sessions_after(company_id, after, 50, NOW)
            .await
            .unwrap();
        assert_eq!(part.rows.len(), rows);
        keys.extend(part.rows.into_iter().map(|row| row.key));
        after = part.next;
    }
    assert_eq!(after, None);
    let count = async |company, now| store.count_sessions(company, 100, now).await.unwrap();
    assert_eq!(count(company_id, NOW).await, 52);
    assert_eq!(store.count_sessions(company_id, 10, NOW).await.unwrap(), 10);
    keys.sort_unstable_by_key(|key| key.0);
    keys.dedup();
    assert_eq!(keys.len(), 52);
    assert_eq!(count(company_id, NOW + Duration::hours(2)).await, 0);
    let elsewhere = CompanyId::from_bytes([9; 16]);
    assert_eq!(count(elsewhere, NOW).await, 0);
    let part = store
        .sessions_after(elsewhere, None, 50, NOW)
        .await
        .unwrap();
    assert_eq!(part.rows, []);

    let since = store.changes_since(0).await.unwrap().revision;
    let mut tx = store.begin().await.unwrap();
    assert_eq!(tx.end_session_of(elsewhere, keys[0]).await.unwrap(), None);
    assert!(
        tx.end_session_of(company_id, keys[0])
            .await
            .unwrap()
            .is_some()
    );
    assert_eq!(tx.end_all_sessions(elsewhere, None).await.unwrap(), 0);
    assert_eq!(
        tx.end_all_sessions(company_id, Some(keys[1]))
            .await
            .unwrap(),
        50
    );
    tx.commit(NOW).await.unwrap();
    let changes = store.changes_since(since).await.unwrap();
    assert!(
        changes.companies.contains(&company_id),
        "every server forgets"
    );
    assert_eq!(changes.sessions, [keys[0]]);
    let left = store
        .sessions_after(company_id, None, 50, NOW)
        .await
        .unwrap();
    let left: Vec<_> = left.rows.iter().map(|row| row.key).collect();
    assert_eq!(left, [keys[1]]);
}

async fn a_change_is_part_of_its_transaction(database: &Database) {
    let world = World::new(database.open().await).await;
    let (store, company_id) = (&world.store, world.company.id);
    let (bound, _) = signed_in(world.sign_in(&profile("oid:1", "b@contoso.com")).await);
    world.user("a@contoso.com", Creation::Administrator).await;
    let elsewhere = CompanyId::from_bytes([9; 16]);
    assert_eq!(store.user_of(elsewhere, bound.id).await.unwrap(), None);

    let mut tx = store.begin().await.unwrap();
    let stored = tx.lock_user(company_id, bound.id).await.unwrap().unwrap();
    let mut changed = stored.user.clone();
    changed.email = "A@contoso.com".parse().unwrap();
    assert!(!tx.write_user(&changed).await.unwrap(), "another's address");
    changed.email = "c@contoso.com".parse().unwrap();
    assert!(tx.write_user(&changed).await.unwrap());
    drop(tx);
    let now = store.user_of(company_id, bound.id).await.unwrap().unwrap();
    assert_eq!(now, stored, "taken back");

    let mut tx = store.begin().await.unwrap();
    assert!(tx.write_user(&changed).await.unwrap());
    assert_eq!(
        tx.unbind(bound.id, world.connection.id, None)
            .await
            .unwrap(),
        ["oid:1"]
    );
    tx.commit(NOW).await.unwrap();
    let now = store.user_of(company_id, bound.id).await.unwrap().unwrap();
    // Who was unlinked waits for the connection again, so that the next sign-in finds the account.
    changed.waits_for = Some(world.connection.id);
    assert_eq!((&now.user, now.revision), (&changed, stored.revision + 1));
    assert!(store.identities_of(bound.id).await.unwrap().is_empty());
    assert!(store.sessions_of(bound.id, NOW).await.unwrap().is_empty());
}
