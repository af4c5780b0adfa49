//! Sessions: how long they last, how they end, and that a sign-in always begins a new one.

use time::Duration;

use crate::support::identity_provider::begin;
use crate::support::{Browser, Federation, hidden_field};

/// The session is used now, and what the server remembers of it is out of date, as it is after two seconds.
async fn used(world: &Federation, browser: &mut Browser) -> u16 {
    let status = browser.get("/sso/session").await.status;
    let user = world.user("b.simon@contoso.com").await.unwrap();
    let now = world.app.clock.now();
    if status == 200 {
        // The use is noted after the answer.
        loop {
            let sessions = world.app.store.sessions_of(user.id, now).await.unwrap();
            if sessions.iter().any(|(_, it)| it.last_seen_at == now) {
                break;
            }
            tokio::task::yield_now().await;
        }
    }
    world.change_company(|_| {}).await;
    status
}

#[tokio::test]
async fn a_session_ends_by_itself() {
    let world = Federation::new().await;
    let mut browser = world.signed_in().await;
    // Idle for two hours.
    for (minutes, status) in [(0, 200), (119, 200), (119, 200), (120, 401)] {
        world.app.clock.step(Duration::minutes(minutes));
        assert_eq!(used(&world, &mut browser).await, status, "{minutes}");
    }
    // In use, twelve hours.
    let mut browser = world.signed_in().await;
    for _ in 0..11 {
        world.app.clock.step(Duration::hours(1));
        assert_eq!(used(&world, &mut browser).await, 200);
    }
    world.app.clock.step(Duration::hours(1));
    assert_eq!(used(&world, &mut browser).await, 401);
}

#[tokio::test]
async fn the_identity_provider_may_ask_for_less() {
    let world = Federation::new().await;
    let mut browser = world.browser();
    let end = world.app.clock.now() + Duration::minutes(30);
    let answer = world
        .sign_in_with(&mut browser, |spec| {
            spec.session_not_on_or_after = Some(end);
        })
        .await;
    assert_eq!(answer.status, 303);
    let who = browser.get("/sso/session").await.body;
    assert!(
        who.contains("\"expires_at\":\"2026-03-01T12:30:00Z\""),
        "{who}"
    );
    world.app.clock.step(Duration::minutes(30));
    assert_eq!(browser.get("/sso/session").await.status, 401);
}

#[tokio::test]
async fn a_planted_session_cookie_is_not_taken_over() {
    let world = Federation::new().await;
    let mut browser = world.browser();
    let planted = "AAAAAAAAAAAAAAAAAAAAAA";
    browser.keep("vestibule-session", planted);
    let answer = world.sign_in_with(&mut browser, |_| {}).await;
    assert_eq!(answer.status, 303);
    assert_ne!(browser.cookie("vestibule-session"), Some(planted));
    let mut attacker = world.browser();
    attacker.keep("vestibule-session", planted);
    assert_eq!(attacker.get("/sso/session").await.status, 401);
}

#[tokio::test]
async fn a_session_that_a_new_sign_in_replaces_is_gone_at_once() {
    let world = Federation::new().await;
    world
        .add_user("admin@acme.test", Some("correct horse"), &[])
        .await;
    for way in ["single sign-on", "password"] {
        let mut browser = world.signed_in().await;
        let mut old = browser.clone();
        // Twice: what is remembered counts as well.
        for _ in 0..2 {
            assert_eq!(old.get("/sso/session").await.status, 200);
        }
        if way == "password" {
            let page = browser.get("/sign-in").await;
            let csrf = hidden_field(&page.body, "csrf").unwrap();
            let fields = [
                ("csrf", csrf.as_str()),
                ("email", "admin@acme.test"),
                ("password", "correct horse"),
            ];
            assert_eq!(browser.post("/sign-in", &fields).await.status, 303);
        } else {
            let begun = begin(&mut browser, "/sso/login").await;
            let response = world.respond(&begun, |_| {});
            let mut strict = browser.clone();
            strict.forget("vestibule-login");
            let page = world.bring(&mut strict, &begun, &response).await;
            assert_eq!(browser.repost(&page).await.status, 303);
        }
        assert_eq!(old.get("/sso/session").await.status, 401, "{way}");
        assert_eq!(browser.get("/sso/session").await.status, 200);
    }
}

#[tokio::test]
async fn signing_out_asks_first() {
    let world = Federation::new().await;
    let mut browser = world.signed_in().await;
    let page = browser.get("/sso/logout").await;
    assert_eq!(page.status, 200);
    assert!(page.body.contains("b.simon@contoso.com"), "{}", page.body);
    assert_eq!(
        browser.get("/sso/session").await.status,
        200,
        "a link does nothing"
    );
    let csrf = hidden_field(&page.body, "csrf").unwrap();

    // Without the token, with another one, and from another site.
    for fields in [vec![], vec![("csrf", "wrong")]] {
        let answer = browser.post("/sso/logout", &fields).await;
        assert_eq!(answer.status, 403, "{}", answer.body);
    }
    let answer = browser
        .post_from_elsewhere("/sso/logout", &[("csrf", &csrf)])
        .await;
    assert_eq!(answer.status, 403);
    let other = world.signed_in().await.get("/sso/logout").await;
    let foreign = hidden_field(&other.body, "csrf").unwrap();
    let answer = browser.post("/sso/logout", &[("csrf", &foreign)]).await;
    assert_eq!(answer.status, 403);
    assert_eq!(browser.get("/sso/session").await.status, 200);

    let old = browser.clone();
    let answer = browser.post("/sso/logout", &[("csrf", &csrf)]).await;
    assert_eq!(answer.status, 200);
    assert!(answer.body.contains("You are signed out"));
    assert_eq!(old.clone().get("/sso/session").await.status, 401);
    // Again, and when nobody is signed in.
    assert!(
        browser
            .get("/sso/logout")
            .await
            .body
            .contains("You are signed out")
    );
}
