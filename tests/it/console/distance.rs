//! Far from the database: how often it is asked does not grow with the rows that it is asked about.

use std::fmt::Write as _;

use serde_json::json;
use time::Duration;
use vestibule::config::Secret;
use vestibule::domain::{AuditEvent, AuditId, Creation, GroupKind};
use vestibule::store::AuditFilter;

use super::user_import::{preview, save};
use crate::store::database::Database;
use crate::support::console::{follow, post};
use crate::support::{self, Browser, MEMBER, NOW, Office, people};

/// On a PostgreSQL of its own, which counts how often it is asked.
async fn far_away() -> (Office, Database) {
    let database = Database::postgres().await;
    let url = database.url();
    let world = Office::with(|config| config.database.url = Some(Secret::new(&url))).await;
    (world, database)
}

fn file(users: usize, last_name: &str, groups: &str) -> String {
    let mut file = "email,first_name,last_name,groups\n".to_owned();
    for number in 0..users {
        let _ = writeln!(
            file,
            "person.{number:05}@acme.example,Person,{last_name},{groups}"
        );
    }
    file
}

/// Previews and saves a file; how often the database was asked.
async fn import(world: &Office, browser: &mut Browser, file: &str, told: &str) -> u64 {
    let before = world.app.store.round_trips();
    let page = preview(browser, file.as_bytes()).await;
    let answer = save(browser, &page).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    let asked = world.app.store.round_trips() - before;
    let page = follow(browser, &answer).await.body;
    assert!(page.contains(told), "{told}: {page}");
    asked
}

#[tokio::test]
async fn an_import_asks_for_parts_and_not_for_lines() {
    let (world, database) = far_away().await;
    let mut browser = world.admin().await;
    let few = import(
        &world,
        &mut browser,
        &file(10, "A", "Members"),
        "10 created",
    )
    .await;
    // By hand for more of them: docs/performance.md.
    let many = std::env::var("VESTIBULE_TEST_USERS").map_or(1_200, |many| many.parse().unwrap());
    let file_of = |last_name, groups| file(many, last_name, groups);
    // Each quarter of a thousand asks a few times more.
    let bound = few + 12 * (many as u64).div_ceil(250);
    let made = format!("{} created, 0 changed", many - 10);
    let changed = format!("0 created, {many} changed");
    for (file, told) in [
        (file_of("A", "Members"), &made),
        (file_of("B", ""), &changed),
        (file_of("B", "Administrators"), &changed),
    ] {
        let begun = std::time::Instant::now();
        let asked = import(&world, &mut browser, &file, told).await;
        let took = begun.elapsed();
        println!("distance: {told}: asked {asked} times in {took:?}, of 10 users {few} times");
        assert!(asked <= bound, "{told}: {asked}, {bound}");
    }
    let store = &world.app.store;
    let last = store
        .user_by_email(
            world.acme.id,
            &format!("person.{:05}@acme.example", many - 1),
        )
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (last.last_name.as_str(), last.created_by),
        ("B", Creation::Administrator)
    );
    assert_eq!(store.groups_of(last.id).await.unwrap().len(), 2);
    let administrators = store.count_members(world.admins.id).await.unwrap();
    assert_eq!(administrators, many as u64 + 1);
    // One page of the log has room for so many.
    if many > 1_200 {
        return database.remove().await;
    }
    let entries = store.audit_events(world.acme.id, 10_000).await.unwrap();
    for (action, count) in [
        ("user.add", many),
        ("user.change", many),
        ("user.group.add", many),
        ("user.import", 4),
    ] {
        let found = entries.iter().filter(|it| it.action == action).count();
        assert_eq!(found, count, "{action}");
    }
    database.remove().await;
}

#[tokio::test]
async fn a_change_of_a_group_does_not_ask_for_each_member() {
    let (world, database) = far_away().await;
    let store = &world.app.store;
    let group = support::group(world.acme.id, "Many", GroupKind::Member, false);
    store.add_group(&group, NOW).await.unwrap();
    let mut browser = world.admin().await;
    let mut asked = Vec::new();
    for users in [10, 2_000] {
        let file = file(users, "A", "Many");
        import(&world, &mut browser, &file, "created").await;
        let before = store.round_trips();
        for kind in [GroupKind::Administrator, GroupKind::Member] {
            let path = format!("/admin/groups/{}", group.id);
            let page = browser.get(&path).await;
            let version = support::hidden_field(&page.body, "version").unwrap();
            let fields = [
                ("version", version.as_str()),
                ("title", "Many"),
                ("kind", kind.as_str()),
                ("sure", "on"),
            ];
            let answer = post(&mut browser, &path, &fields).await;
            follow(&mut browser, &answer).await;
        }
        asked.push(store.round_trips() - before);
    }
    println!("distance: a group's type, with 10 and 2,000 members: {asked:?}");
    assert!(asked[1] <= asked[0] + 2, "{asked:?}");
    database.remove().await;
}

#[tokio::test]
async fn the_end_of_a_user_does_not_ask_for_each_entry_of_the_log() {
    let (world, database) = far_away().await;
    let store = &world.app.store;
    let mut browser = world.admin().await;
    let mut asked = Vec::new();
    for entries in [10, 1_010] {
        let email = format!("gone.{entries}@acme.example");
        let user = support::user(world.acme.id, &email);
        people::add(store, &user, None, &[]).await;
        let mut tx = store.begin().await.unwrap();
        for number in 0..entries {
            // Half of them by the user, half of them about.
            let (actor, subject) = match number % 2 {
                0 => (email.as_str(), "nightly"),
                _ => ("anna", email.as_str()),
            };
            let event = AuditEvent {
                id: AuditId::from_bytes(support::unique()),
                company_id: Some(world.acme.id),
                at: NOW + Duration::minutes(number / 3),
                actor: actor.to_owned(),
                action: "user.change".into(),
                subject: subject.to_owned(),
                detail: String::new(),
                client: None,
                before: Some(json!({"first_name": "A", "last_name": ""})),
                after: None,
            };
            tx.audit(&event).await.unwrap();
        }
        tx.commit(NOW).await.unwrap();
        let before = store.round_trips();
        let path = format!("/admin/users/{}/delete", user.id);
        let answer = post(&mut browser, &path, &[]).await;
        assert_eq!(answer.status, 303, "{}", answer.body);
        asked.push(store.round_trips() - before);
        let found = async |text| {
            let filter = AuditFilter {
                text: Some(text),
                ..AuditFilter::default()
            };
            let page = store.audit_page(world.acme.id, &filter, 10).await;
            page.unwrap().rows.len()
        };
        assert_eq!(found(email).await, 0);
        let told = format!("of this log without the name: {entries}");
        assert_eq!(found(told).await, 1);
    }
    println!("distance: the end of a user of 10 and 1,010 entries: {asked:?}");
    // Each quarter of a thousand is read once and written once.
    assert!(asked[1] <= asked[0] + 2 * 5, "{asked:?}");
    database.remove().await;
}

/// The most that a page of the console asks, with who is there and what its session keeps.
const OF_A_PAGE: u64 = 9;

#[tokio::test]
async fn a_page_of_the_console_asks_a_few_times() {
    let (world, database) = far_away().await;
    let mut browser = world.admin().await;
    let member = world.app.store.user_by_email(world.acme.id, MEMBER);
    let member = member.await.unwrap().unwrap();
    world.add_application("crm", None).await;
    let paths = [
        "/admin".to_owned(),
        "/admin/applications".to_owned(),
        "/admin/applications/crm".to_owned(),
        "/admin/users".to_owned(),
        "/admin/users?q=simon".to_owned(),
        "/admin/users/new".to_owned(),
        format!("/admin/users/{}", member.id),
        "/admin/groups".to_owned(),
        format!("/admin/groups/{}", world.members.id),
        "/admin/sessions".to_owned(),
        "/admin/connections".to_owned(),
        "/admin/connections/new".to_owned(),
        "/admin/domains".to_owned(),
        "/admin/sign-ins".to_owned(),
        "/admin/audit".to_owned(),
        "/admin/tokens".to_owned(),
        "/admin/account".to_owned(),
    ];
    let mut over = Vec::new();
    for path in &paths {
        assert_eq!(browser.get(path).await.status, 200, "{path}");
        let before = world.app.store.round_trips();
        browser.get(path).await;
        let asked = world.app.store.round_trips() - before;
        println!("distance: {path} asks {asked} times");
        if asked > OF_A_PAGE {
            over.push((path, asked));
        }
    }
    assert!(over.is_empty(), "{over:?}");
    database.remove().await;
}
