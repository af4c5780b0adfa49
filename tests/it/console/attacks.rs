//! What an attacker would try: ways around a rule that each page keeps by itself.

use std::future::Future as _;
use std::task::Poll;

use vestibule::domain::{Grant, GrantSource, Group, GroupKind, Settings, User};
use vestibule::http::session::cookie_value;

use crate::support::{self, ADMIN, Browser, NOW, Office, PASSWORD, hidden_field, people};

use super::trust::at;
use crate::support::console::{follow, post, token, upload, version_of};

async fn user(world: &Office, email: &str) -> User {
    let store = &world.app.store;
    let found = store.user_by_email(world.acme.id, email).await.unwrap();
    found.unwrap()
}

async fn grant(world: &Office, user: &User, group: &Group, source: GrantSource) {
    let grant = Grant {
        user_id: user.id,
        group_id: group.id,
        source,
    };
    assert!(people::grant(&world.app.store, grant).await);
}

async fn sources(world: &Office, user: &User) -> Vec<GrantSource> {
    let grants = people::grants_of(&world.app.store, user.company_id, user.id).await;
    grants.into_iter().map(|grant| grant.source).collect()
}

/// Whoever the identity provider lets in would be an administrator.
#[tokio::test]
async fn the_group_of_new_accounts_does_not_become_one_of_administrators() {
    let world = Office::new().await;
    let settings = Settings {
        jit: Some(world.members.id),
        ..Settings::default()
    };
    let connection = support::connection(world.acme.id, "entra", settings);
    let store = &world.app.store;
    store.add_connection(&connection, NOW).await.unwrap();
    let mut browser = world.admin().await;
    let href = format!("/admin/groups/{}", world.members.id);
    let version = version_of(&mut browser, &href).await;
    let mut fields = [
        ("version", version.as_str()),
        ("title", "Members"),
        ("kind", "administrator"),
        ("sure", "on"),
    ];
    let answer = post(&mut browser, &href, &fields).await;
    assert_eq!(answer.status, 409, "{}", answer.body);
    assert!(
        answer.body.contains("Just-In-Time User Provisioning"),
        "{}",
        answer.body
    );
    let stored = store.group_of(world.acme.id, world.members.id).await;
    assert_eq!(stored.unwrap().unwrap().group.kind, GroupKind::Member);
    assert!(world.audit().await.is_empty());
    // Another title is nothing to worry about.
    fields[1].1 = "Staff";
    fields[2].1 = "member";
    let answer = post(&mut browser, &href, &fields).await;
    assert!(follow(&mut browser, &answer).await.body.contains("Saved."));
}

/// A connection that does not know a user any more has no say in its groups either, and nobody else could take them away.
#[tokio::test]
async fn an_unlinked_identity_takes_along_what_its_claims_gave() {
    let world = Office::new().await;
    let connection = world.add_connection("entra").await;
    let simon = world.add_user("simon@acme.example", &[]).await;
    world
        .sign_in_through(&connection, "simon@acme.example")
        .await;
    let other = world.add_connection("okta").await;
    for source in [
        GrantSource::Idp(connection.id),
        GrantSource::Idp(other.id),
        GrantSource::Administrator,
    ] {
        grant(&world, &simon, &world.admins, source).await;
    }
    let mut browser = world.admin().await;
    let path = format!("/admin/users/{}/unlink", simon.id);
    let id = connection.id.to_string();
    let answer = post(&mut browser, &path, &[("connection", id.as_str())]).await;
    follow(&mut browser, &answer).await;
    let mut left = sources(&world, &simon).await;
    left.sort_by_key(ToString::to_string);
    let mut kept = [GrantSource::Administrator, GrantSource::Idp(other.id)];
    kept.sort_by_key(ToString::to_string);
    assert_eq!(left, kept);
}

/// An administrator by a group claim alone, and nobody else who could give the administration back.
async fn by_claim_alone(world: &Office) -> (vestibule::domain::Connection, Browser, User) {
    let connection = world.add_connection("entra").await;
    let claire = world.add_user("claire@acme.example", &[]).await;
    let source = GrantSource::Idp(connection.id);
    grant(world, &claire, &world.admins, source).await;
    let session = world
        .sign_in_through(&connection, "claire@acme.example")
        .await;
    let mut browser = world.browser();
    browser.keep("vestibule-session", &cookie_value(session));
    (connection, browser, claire)
}

#[tokio::test]
async fn nobody_deletes_the_connection_that_makes_them_an_administrator() {
    let world = Office::new().await;
    let (connection, mut browser, claire) = by_claim_alone(&world).await;
    let page = browser.get(&at(&connection, "/delete")).await;
    let revision = hidden_field(&page.body, "revision").unwrap();
    let fields = [("revision", revision.as_str())];
    let answer = post(&mut browser, &at(&connection, "/delete"), &fields).await;
    assert_eq!(answer.status, 409, "{}", answer.body);
    assert!(
        answer.body.contains("take your own administration away"),
        "{}",
        answer.body
    );
    let path = format!("/admin/users/{}/unlink", claire.id);
    let id = connection.id.to_string();
    let answer = post(&mut browser, &path, &[("connection", id.as_str())]).await;
    assert_eq!(answer.status, 409, "{}", answer.body);
    assert_eq!(browser.get("/admin/account").await.status, 200);
    // Another administrator can.
    let mut anna = world.admin().await;
    let answer = post(&mut anna, &at(&connection, "/delete"), &fields).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    assert_eq!(browser.get("/admin/account").await.status, 303);
}

/// What was shown as a group of members is not imported as one of administrators.
#[tokio::test]
async fn a_group_that_changes_its_type_changes_the_plan() {
    let world = Office::new().await;
    let mut browser = world.admin().await;
    let file = b"email,groups\neve@acme.example,Members\n";
    let files = [("file", "users.csv", &file[..])];
    let page = upload(&mut browser, "/admin/users/import", &[], &files).await;
    assert_eq!(page.status, 200, "{}", page.body);
    let field = |name| hidden_field(&page.body, name).unwrap();
    let (digest, content) = (field("digest"), field("content"));
    let href = format!("/admin/groups/{}", world.members.id);
    let version = version_of(&mut browser, &href).await;
    let fields = [
        ("version", version.as_str()),
        ("title", "Members"),
        ("kind", "administrator"),
        ("sure", "on"),
    ];
    let answer = post(&mut browser, &href, &fields).await;
    follow(&mut browser, &answer).await;
    let fields = [("digest", digest.as_str()), ("content", content.as_str())];
    let answer = upload(&mut browser, "/admin/users/import/save", &fields, &[]).await;
    assert_eq!(answer.status, 409, "{}", answer.body);
    assert!(
        answer.body.contains("becomes an administrator"),
        "{}",
        answer.body
    );
    let store = &world.app.store;
    let eve = store.user_by_email(world.acme.id, "eve@acme.example").await;
    assert_eq!(eve.unwrap(), None);
}

/// Each of these would take minutes of a processor, or fill the memory.
#[tokio::test]
async fn a_file_has_bounds_within_its_bytes() {
    let world = Office::new().await;
    let mut browser = world.admin().await;
    let titles: Vec<String> = (0..250_000).map(|title: u32| title.to_string()).collect();
    let titles = titles.join(";");
    let columns = format!(
        "{}email{}\n",
        "x,".repeat(300_000),
        ",email".repeat(200_000)
    );
    let lines = "email\n".to_owned() + &"a,b\n".repeat(400_000);
    for (file, told) in [
        (
            format!("email,groups\ne@acme.example,\"{titles}\"\n"),
            "at most 200 permission groups",
        ),
        (columns, "at most 200 columns"),
        (lines, "And 9,901 more lines."),
    ] {
        let files = [("file", "users.csv", file.as_bytes())];
        let page = upload(&mut browser, "/admin/users/import", &[], &files).await;
        assert_eq!(page.status, 422);
        assert!(page.body.contains(told), "{told}: {}", page.body);
    }
}

/// A database takes no pattern of this length.
#[tokio::test]
async fn a_long_search_finds_nothing_and_breaks_nothing() {
    let world = Office::new().await;
    let mut browser = world.admin().await;
    let long = "x".repeat(60_000);
    let fields = [("form", "csv"), ("q", long.as_str())];
    let answer = post(&mut browser, "/admin/audit/export", &fields).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert!(!answer.body.contains("audit.export"), "{}", answer.body);
}

/// Each password that is hashed takes 19 MiB: an administrator's wait for a turn like everyone's.
#[tokio::test]
async fn setting_passwords_takes_turns() {
    let world = Office::new().await;
    let mut browser = world.admin().await;
    let csrf = token(&mut browser).await;
    let anna = user(&world, ADMIN).await;
    // Everyone of acme who may wait, waits.
    let mut waiting = Vec::new();
    loop {
        let mut turn = Box::pin(world.app.throttle.password_turn(world.acme.id));
        let polled = std::future::poll_fn(|cx| Poll::Ready(turn.as_mut().poll(cx))).await;
        match polled {
            Poll::Ready(Err(_)) => break,
            Poll::Ready(Ok(held)) => waiting.push((None, Some(held))),
            Poll::Pending => waiting.push((Some(turn), None)),
        }
    }
    let path = format!("/admin/users/{}/password", anna.id);
    let fields = [
        ("csrf", csrf.as_str()),
        ("password", "another correct horse"),
        ("present", PASSWORD),
    ];
    let answer = browser.post(&path, &fields).await;
    assert_eq!(answer.status, 429, "{}", answer.body);
    drop(waiting);
    let answer = browser.post(&path, &fields).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
}
