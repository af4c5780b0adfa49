//! A password that somebody else has set is changed before anything else; one's own is changed by who knows it.

use time::Duration;

use crate::support::console::{follow, post};
use crate::support::{ADMIN, Answer, Browser, MEMBER, Office, PASSWORD, hidden_field};

const GIVEN: &str = "given by somebody else";
const OWN: &str = "known to nobody else";

async fn sign_in(browser: &mut Browser, email: &str, password: &str) -> Answer {
    let page = browser.get("/sign-in").await;
    let csrf = hidden_field(&page.body, "csrf").unwrap();
    let fields = [
        ("csrf", csrf.as_str()),
        ("email", email),
        ("password", password),
    ];
    browser.post("/sign-in", &fields).await
}

/// Sends the page that asks for another password.
async fn choose(browser: &mut Browser, page: &Answer, password: &str) -> Answer {
    let field = |name| hidden_field(&page.body, name).unwrap();
    let (csrf, ticket, email) = (field("csrf"), field("ticket"), field("email"));
    let fields = [
        ("csrf", csrf.as_str()),
        ("ticket", ticket.as_str()),
        ("email", email.as_str()),
        ("password", password),
    ];
    browser.post("/sign-in/password", &fields).await
}

async fn given(world: &Office) {
    let mut anna = world.admin().await;
    let user = world.app.store.user_by_email(world.acme.id, MEMBER).await;
    let path = format!("/admin/users/{}/password", user.unwrap().unwrap().id);
    let answer = post(&mut anna, &path, &[("password", GIVEN)]).await;
    let page = follow(&mut anna, &answer).await;
    assert!(page.body.contains("asks for another one"), "{}", page.body);
}

#[tokio::test]
async fn a_password_of_somebody_else_is_changed_before_anything_else() {
    let world = Office::new().await;
    given(&world).await;
    let mut browser = world.browser();
    let page = sign_in(&mut browser, MEMBER, GIVEN).await;
    assert_eq!(page.status, 403, "{}", page.body);
    assert!(
        page.body.contains("Choose your own password"),
        "{}",
        page.body
    );
    assert_eq!(browser.get("/sso/session").await.status, 401);
    for (password, told) in [
        ("short", "at least 15 characters"),
        (GIVEN, "somebody else has set"),
        ("passwordpassword1", "guessed"),
        (MEMBER, "e-mail address"),
    ] {
        let page = choose(&mut browser, &page, password).await;
        assert_eq!(page.status, 422, "{password}: {}", page.body);
        assert!(page.body.contains(told), "{told}: {}", page.body);
        assert_eq!(browser.get("/sso/session").await.status, 401);
    }
    let answer = choose(&mut browser, &page, OWN).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    assert_eq!(browser.get("/sso/session").await.status, 200);
    // The page is good for one password.
    let mut other = world.browser();
    let again = choose(&mut browser, &page, "quite another one again").await;
    assert_eq!(again.status, 403, "{}", again.body);
    assert_eq!(sign_in(&mut other, MEMBER, GIVEN).await.status, 403);
    assert_eq!(sign_in(&mut other, MEMBER, OWN).await.status, 303);
    let log = world.audit().await;
    let set: Vec<&str> = log
        .iter()
        .filter(|event| event.action == "user.set_password")
        .map(|event| event.actor.as_str())
        .collect();
    assert_eq!(set, [MEMBER, ADMIN]);
}

#[tokio::test]
async fn the_page_does_not_stay_open_for_long() {
    let world = Office::new().await;
    given(&world).await;
    let mut browser = world.browser();
    let page = sign_in(&mut browser, MEMBER, GIVEN).await;
    world.app.clock.step(Duration::minutes(10));
    let late = choose(&mut browser, &page, OWN).await;
    assert_eq!(late.status, 403, "{}", late.body);
    assert!(late.body.contains("took too long"), "{}", late.body);
    let page = sign_in(&mut browser, MEMBER, GIVEN).await;
    // The administrator sets another one meanwhile.
    given(&world).await;
    let late = choose(&mut browser, &page, OWN).await;
    assert_eq!(late.status, 403, "{}", late.body);
    assert_eq!(browser.get("/sso/session").await.status, 401);
}

#[tokio::test]
async fn the_own_password_is_changed_by_who_knows_it() {
    let world = Office::new().await;
    let mut anna = world.admin().await;
    let me = world.app.store.user_by_email(world.acme.id, ADMIN).await;
    let href = format!("/admin/users/{}", me.unwrap().unwrap().id);
    assert!(anna.get(&href).await.body.contains("Present password"));
    let path = format!("{href}/password");
    for present in ["", "wrong-password-9"] {
        let fields = [("password", OWN), ("present", present)];
        let answer = post(&mut anna, &path, &fields).await;
        assert_eq!(answer.status, 422, "{}", answer.body);
        assert!(
            answer.body.contains("not your present password"),
            "{}",
            answer.body
        );
    }
    let fields = [("password", OWN), ("present", PASSWORD)];
    assert_eq!(post(&mut anna, &path, &fields).await.status, 303);
    assert_eq!(sign_in(&mut world.browser(), ADMIN, OWN).await.status, 303);
    // Whoever found the session open tries a few and no more.
    let mut statuses = Vec::new();
    for _ in 0..40 {
        let fields = [("password", PASSWORD), ("present", "wrong-password-9")];
        statuses.push(post(&mut anna, &path, &fields).await.status);
    }
    assert!(statuses.contains(&429), "{statuses:?}");
}
