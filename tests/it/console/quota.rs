//! Quotas in the console: told before they are used up, and refused with what to do.

use vestibule::domain::Family;

use super::user_import::{preview, save};
use crate::support::Office;
use crate::support::console::{follow, post};

/// A console in which acme may have so many.
async fn bounded(most: &[(Family, u32)]) -> Office {
    let world = Office::new().await;
    let mut tx = world.app.store.begin().await.unwrap();
    for (family, most) in most {
        tx.write_quota(world.acme.id, *family, Some(*most))
            .await
            .unwrap();
    }
    tx.commit(crate::support::NOW).await.unwrap();
    world
}

async fn user_count(world: &Office) -> usize {
    world.app.store.users(world.acme.id).await.unwrap().len()
}

#[tokio::test]
async fn it_is_told_on_the_overview_and_on_the_page_where_room_is_made() {
    // Two users, two memberships and two groups are there.
    let world = bounded(&[(Family::Users, 10), (Family::Groups, 10)]).await;
    let mut browser = world.admin().await;
    let told = "of the 10 users that it may have";
    for path in ["/admin", "/admin/users"] {
        let page = browser.get(path).await.body;
        assert!(!page.contains(told), "{path}: {page}");
    }
    for number in 0..6 {
        world.add_user(&format!("{number}@acme.example"), &[]).await;
    }
    for path in ["/admin", "/admin/users", "/admin/users/new"] {
        let page = browser.get(path).await.body;
        let text = format!("This company uses 80 % {told}");
        assert!(page.contains(&text), "{path}: {page}");
        assert!(page.contains("ask the operator of this server"), "{page}");
    }
    for path in ["/admin/groups", "/admin/domains", "/admin/connections"] {
        let page = browser.get(path).await.body;
        assert!(!page.contains(told), "{path}: {page}");
    }
    for number in 6..8 {
        world.add_user(&format!("{number}@acme.example"), &[]).await;
    }
    let page = browser.get("/admin").await.body;
    assert!(
        page.contains("has all of the 10 users that it may have"),
        "{page}"
    );
    let mut elsewhere = world.other_admin().await;
    let page = elsewhere.get("/admin").await.body;
    assert!(!page.contains("that it may have"), "{page}");
}

#[tokio::test]
async fn a_form_that_has_no_room_comes_again_with_what_was_typed() {
    let few = [
        (Family::Users, 2),
        (Family::Groups, 2),
        (Family::Domains, 1),
        (Family::Connections, 1),
        (Family::Tokens, 1),
    ];
    let world = bounded(&few).await;
    let mut browser = world.admin().await;
    let fields = [("email", "c@acme.example"), ("first_name", "Carla")];
    let answer = post(&mut browser, "/admin/users/new", &fields).await;
    assert_eq!(answer.status, 409, "{}", answer.body);
    for part in ["at most 2 users", "Delete users", "c@acme.example", "Carla"] {
        assert!(answer.body.contains(part), "{part}: {}", answer.body);
    }
    assert_eq!(user_count(&world).await, 2);
    let fields = [("title", "Over"), ("kind", "member")];
    let answer = post(&mut browser, "/admin/groups/new", &fields).await;
    assert_eq!(answer.status, 409, "{}", answer.body);
    for part in ["at most 2 permission groups", "value=\"Over\""] {
        assert!(answer.body.contains(part), "{part}: {}", answer.body);
    }
    let fields = [("domain", "acme.example"), ("connection", "")];
    let answer = post(&mut browser, "/admin/domains", &fields).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    let fields = [("domain", "more.example"), ("connection", "")];
    let answer = post(&mut browser, "/admin/domains", &fields).await;
    assert_eq!(answer.status, 409, "{}", answer.body);
    for part in ["at most 1 e-mail domains", "more.example"] {
        assert!(answer.body.contains(part), "{part}: {}", answer.body);
    }
    let token = |name| [("name", name), ("scope", "users:read"), ("days", "30")];
    let answer = post(&mut browser, "/admin/tokens", &token("first")).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let answer = post(&mut browser, "/admin/tokens", &token("second")).await;
    assert_eq!(answer.status, 409, "{}", answer.body);
    for part in ["at most 1 API tokens", "Revoke tokens", "second"] {
        assert!(answer.body.contains(part), "{part}: {}", answer.body);
    }
    world.add_connection("entra").await;
    // Told before a form is filled in.
    let page = browser.get("/admin/connections/new/manual").await;
    assert_eq!(page.status, 409);
    assert!(page.body.contains("at most 1 connections"), "{}", page.body);
}

#[tokio::test]
async fn an_import_that_has_no_room_imports_nobody() {
    let world = bounded(&[(Family::Users, 5), (Family::Memberships, 4)]).await;
    let mut browser = world.admin().await;
    let file = |users: std::ops::Range<usize>, groups: &str| {
        let lines: Vec<String> = users
            .map(|number| format!("{number}@acme.example,{groups}\n"))
            .collect();
        format!("email,groups\n{}", lines.concat())
    };
    let page = preview(&mut browser, file(0..4, "").as_bytes()).await;
    let answer = save(&mut browser, &page).await;
    assert_eq!(answer.status, 409, "{}", answer.body);
    assert!(answer.body.contains("at most 5 users"), "{}", answer.body);
    let page = preview(&mut browser, file(0..3, "Members").as_bytes()).await;
    let answer = save(&mut browser, &page).await;
    assert_eq!(answer.status, 409, "{}", answer.body);
    let says = "at most 4 memberships";
    assert!(answer.body.contains(says), "{}", answer.body);
    assert_eq!(user_count(&world).await, 2);
    assert!(world.audit().await.iter().all(|it| it.action != "user.add"));
    // What fits is imported, and a change of those who are there needs no room.
    let page = preview(&mut browser, file(0..3, "").as_bytes()).await;
    let answer = save(&mut browser, &page).await;
    follow(&mut browser, &answer).await;
    let renamed = "email,first_name\n0@acme.example,Otto\n1@acme.example,Ida\n";
    let page = preview(&mut browser, renamed.as_bytes()).await;
    let answer = save(&mut browser, &page).await;
    follow(&mut browser, &answer).await;
    assert_eq!(user_count(&world).await, 5);
}
