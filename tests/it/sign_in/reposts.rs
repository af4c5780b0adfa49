//! A Response that is sent again by our own page (rule E2), and what is seen of one that is not.

use crate::support::Federation;
use crate::support::identity_provider::begin;
use vestibule::domain::{LoginAttempt, Outcome};
use vestibule::store::AttemptFilter;

/// All attempts of acme, the newest first.
async fn attempts(world: &Federation) -> Vec<LoginAttempt> {
    let (store, all) = (&world.app.store, AttemptFilter::default());
    store.attempts(world.acme.id, &all, 100).await.unwrap()
}

async fn refused(world: &Federation) -> Vec<LoginAttempt> {
    let mut attempts = attempts(world).await;
    attempts.retain(|it| it.outcome == Outcome::Refused);
    attempts
}

#[tokio::test]
async fn a_replay_that_never_comes_back_leaves_a_record() {
    let world = Federation::new().await;
    let mut browser = world.browser();
    let begun = begin(&mut browser, "/sso/login").await;
    let response = world.respond(&begun, |_| {});
    assert_eq!(
        world.bring(&mut browser, &begun, &response).await.status,
        303
    );
    assert!(refused(&world).await.is_empty());

    // Without any cookie, and without the session's.
    let mut robber = world.browser();
    for (count, browser) in [&mut robber, &mut browser.clone()].into_iter().enumerate() {
        let page = world.bring(browser, &begun, &response).await;
        assert_eq!(page.status, 403);
        let refused = refused(&world).await;
        assert_eq!(refused.len(), count + 1);
        let summary = &refused[0].summary;
        assert!(summary.contains("send it again"), "{summary}");
        assert!(!refused[0].record.advice.is_empty());
    }
    // The sign-in itself stands.
    let own = attempts(&world).await.into_iter();
    let own = own.filter(|it| it.outcome == Outcome::SignedIn);
    assert_eq!(own.count(), 1);
    assert_eq!(browser.get("/sso/session").await.status, 200);
}

#[tokio::test]
async fn what_comes_back_takes_the_place_of_the_record() {
    let world = Federation::new().await;
    let mut browser = world.browser();
    let begun = begin(&mut browser, "/sso/login").await;
    let response = world.respond(&begun, |_| {});
    world.bring(&mut browser, &begun, &response).await;

    // The Back button, as often as one likes.
    for _ in 0..3 {
        let page = world.bring(&mut browser, &begun, &response).await;
        assert_eq!(refused(&world).await.len(), 1);
        assert_eq!(browser.repost(&page).await.status, 303);
        assert!(refused(&world).await.is_empty());
    }
    // A refusal, once however it came.
    let mut robber = world.browser();
    let page = world.bring(&mut robber, &begun, &response).await;
    let answer = robber.repost(&page).await;
    let record = world.assert_refused(&answer, "E2").await;
    let [only] = &refused(&world).await[..] else {
        panic!("one record");
    };
    assert_eq!(only.id, record.id);

    // What the page carries takes nothing else away: not what it was not made for, and nothing that somebody made up.
    let page = world.bring(&mut robber, &begun, &response).await;
    let handle = crate::support::hidden_field(&page.body, "reposted").unwrap();
    let others = format!("{}{}", record.id, &handle[26..]);
    for made_up in [others.as_str(), &handle[..30], "2", "\u{e9}", "1"] {
        let fields = [("SAMLResponse", response.as_str()), ("reposted", made_up)];
        let answer = robber.post("/sso/acs", &fields).await;
        world.assert_refused(&answer, "E2").await;
        assert!(refused(&world).await.iter().any(|it| it.id == record.id));
    }
}

#[tokio::test]
async fn an_open_sign_in_notes_an_answer_that_came_without_its_cookie() {
    let world = Federation::new().await;
    let mut browser = world.browser();
    let begun = begin(&mut browser, "/sso/login?return_to=/reports").await;
    let response = world.respond(&begun, |_| {});
    let mut without = world.browser();
    let mut page = None;
    for _ in 0..2 {
        page = Some(world.bring(&mut without, &begun, &response).await);
    }
    let [open] = &attempts(&world).await[..] else {
        panic!("one attempt");
    };
    assert_eq!(open.outcome, Outcome::Open);
    assert!(
        open.summary.contains("without the cookie"),
        "{}",
        open.summary
    );
    assert_eq!(open.record.checks.len(), 1);
    // It is no refusal, and what comes back writes over it.
    let answer = browser.repost(&page.unwrap()).await;
    assert_eq!(
        (answer.status, answer.header("location")),
        (303, "/reports")
    );
    let [closed] = &attempts(&world).await[..] else {
        panic!("one attempt");
    };
    assert_eq!(closed.outcome, Outcome::SignedIn);
    assert!(!closed.summary.contains("cookie"), "{}", closed.summary);
    assert!(closed.record.checks.iter().all(|check| check.passed));
}
