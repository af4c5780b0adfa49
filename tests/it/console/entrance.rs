//! Who gets into the console, and what a form has to bring.

use crate::support::console::{post, token};
use crate::support::{ADMIN, Browser, MEMBER, Office, PASSWORD, hidden_field, people};

const PAGES: &[&str] = &[
    "/admin",
    "/admin/account",
    "/admin/sign-ins",
    "/admin/sign-ins/aadsts",
    "/admin/sign-ins/K7QF-3XHD",
    "/admin/audit",
    "/admin/no-such-page",
    "/admin/no/such/page",
];

#[tokio::test]
async fn nobody_is_led_to_the_sign_in_and_back() {
    let world = Office::new().await;
    for page in PAGES {
        let answer = world.browser().get(page).await;
        let there = format!("/sign-in?return_to={}", page.replace('/', "%2F"));
        assert_eq!(
            (answer.status, answer.header("location")),
            (303, there.as_str())
        );
    }
    let mut browser = world.browser();
    let answer = browser.get("/admin/account?from=mail").await;
    let page = browser.get(answer.header("location")).await;
    let return_to = hidden_field(&page.body, "return_to").unwrap();
    assert_eq!(return_to, "/admin/account?from=mail");
    let answer = browser.sign_in(ADMIN, PASSWORD, &return_to).await;
    assert_eq!(answer.header("location"), return_to);
    let page = browser.get(&return_to).await;
    assert_eq!(page.status, 200);
    assert!(page.body.contains("Company name"), "{}", page.body);
}

#[tokio::test]
async fn an_administrator_without_a_target_lands_in_the_console() {
    let world = Office::new().await;
    let answer = world.browser().sign_in(ADMIN, PASSWORD, "").await;
    assert_eq!(answer.header("location"), "/admin");
    let answer = world.browser().sign_in(MEMBER, PASSWORD, "").await;
    assert_eq!(answer.header("location"), "/");
    let own = |page: String| page.contains("href=\"/admin\"");
    assert!(own(world.admin().await.get("/").await.body));
    assert!(!own(world.member().await.get("/").await.body));
}

#[tokio::test]
async fn a_member_is_told_that_it_is_not_for_members() {
    let world = Office::new().await;
    let mut browser = world.member().await;
    for page in PAGES {
        let answer = browser.get(page).await;
        assert_eq!(answer.status, 403, "{page}");
        assert!(
            answer.body.contains("This page is for administrators"),
            "{}",
            answer.body
        );
        assert!(!answer.body.contains("class=\"console\""));
    }
    let answer = browser.post("/admin/account", &[("name", "Mine")]).await;
    assert_eq!(answer.status, 403);
    assert_eq!(world.stored_company().await.name, "ACME");
}

#[tokio::test]
async fn who_is_no_administrator_any_more_is_out_at_once() {
    let world = Office::new().await;
    let mut browser = world.admin().await;
    let csrf = token(&mut browser).await;
    let user = world.app.store.user_by_email(world.acme.id, ADMIN).await;
    let user = user.unwrap().unwrap();
    let spare = world.add_user("spare@acme.example", &[&world.admins]).await;
    let sealed = world.app.keys.hash_password("Another-Horse-10");
    let store = &world.app.store;
    people::set_password(store, spare.id, Some(&sealed)).await;
    for grant in people::grants_of(store, user.company_id, user.id).await {
        assert!(people::revoke(store, grant).await);
    }
    assert_eq!(browser.get("/admin").await.status, 403);
    let fields = [("csrf", csrf.as_str()), ("name", "Mine")];
    assert_eq!(browser.post("/admin/account", &fields).await.status, 403);
    assert_eq!(world.stored_company().await.name, "ACME");
}

#[tokio::test]
async fn an_administrator_of_another_company_is_nobody_here() {
    let world = Office::new().await;
    let mut other = world.other_admin().await;
    assert_eq!(other.get("/admin").await.status, 200);
    let csrf = token(&mut other).await;
    // The same cookie at acme's site.
    let mut intruder = world.browser();
    let session = other.cookie("vestibule-session").unwrap();
    intruder.keep("vestibule-session", session);
    for page in PAGES {
        assert_eq!(intruder.get(page).await.status, 303, "{page}");
    }
    let fields = [("csrf", csrf.as_str()), ("name", "Mine")];
    let answer = intruder.post("/admin/account", &fields).await;
    assert_eq!(answer.status, 403);
    assert_eq!(world.stored_company().await.name, "ACME");
}

#[tokio::test]
async fn a_form_without_its_token_changes_nothing() {
    let world = Office::new().await;
    let mut browser = world.admin().await;
    let right = token(&mut browser).await;
    let of_another = token(&mut world.admin().await).await;
    assert_ne!(right, of_another, "each session has its own");
    let name = ("name", "Changed");
    let twice = [("csrf", right.as_str()), ("csrf", right.as_str()), name];
    for fields in [&[name][..], &[("csrf", ""), name], &twice] {
        let answer = browser.post("/admin/account", fields).await;
        assert_eq!(answer.status, 403, "{fields:?}");
        assert!(answer.body.contains("This form was not accepted"));
    }
    // The form of another session of one's own is shown again, and not carried out.
    let stale = [("csrf", of_another.as_str()), name];
    let answer = browser.post("/admin/account", &stale).await;
    assert_eq!(answer.status, 403);
    assert!(
        answer.body.contains("You are signed in again."),
        "{}",
        answer.body
    );
    let whole = [("csrf", right.as_str()), name];
    let answer = browser.post_from_elsewhere("/admin/account", &whole).await;
    assert_eq!(answer.status, 403);
    assert_eq!(world.stored_company().await.name, "ACME");
    // The token itself is not at fault.
    assert_eq!(browser.post("/admin/account", &whole).await.status, 303);
    assert_eq!(world.stored_company().await.name, "Changed");
}

#[tokio::test]
async fn what_is_not_there_is_told_within_the_console() {
    let world = Office::new().await;
    let mut browser = world.admin().await;
    let answer = browser.get("/admin/no-such-page").await;
    assert_eq!(answer.status, 404);
    for part in ["class=\"console\"", "Page not found", "href=\"/admin\""] {
        assert!(answer.body.contains(part), "{part}: {}", answer.body);
    }
    let answer = post(&mut browser, "/admin", &[]).await;
    assert_eq!(answer.status, 405);
    assert!(answer.body.contains("class=\"console\""));
    assert!(
        answer.header("allow").contains("GET"),
        "{:?}",
        answer.headers
    );
}

#[tokio::test]
async fn who_comes_by_another_host_name_is_led_to_the_public_one() {
    let world = Office::new().await;
    let mut acme = world.stored_company().await;
    acme.aliases
        .push("http://second.localhost:8080".parse().unwrap());
    let now = crate::support::NOW;
    assert!(world.app.store.update_company(&acme, now).await.unwrap());
    world.app.catch_up().await.unwrap();
    let mut browser = Browser::new(&world.router, "second.localhost:8080");
    let answer = browser.get("/admin/account").await;
    assert_eq!(
        (answer.status, answer.header("location")),
        (303, "http://acme.localhost:8080/admin/account")
    );
}

#[tokio::test]
async fn forms_of_the_console_have_limits() {
    let world = Office::with(|config| {
        config.limits.session_console_changes_per_minute = 3;
        config.limits.company_console_changes_per_minute = 5;
    })
    .await;
    let (mut one, mut other) = (world.admin().await, world.admin().await);
    let send = async |browser: &mut Browser| {
        let answer = post(browser, "/admin/account", &[("name", "ACME")]).await;
        (answer.status, answer.header("retry-after").to_owned())
    };
    for _ in 0..3 {
        assert_ne!(send(&mut one).await.0, 429);
    }
    let (status, wait) = send(&mut one).await;
    assert_eq!((status, wait.is_empty()), (429, false));
    assert_eq!(
        one.get("/admin/account").await.status,
        200,
        "reading goes on"
    );
    assert_ne!(send(&mut other).await.0, 429);
    assert_ne!(send(&mut other).await.0, 429);
    assert_eq!(send(&mut other).await.0, 429, "the company's");
    world.app.clock.step(time::Duration::MINUTE);
    assert_ne!(send(&mut one).await.0, 429);
}
