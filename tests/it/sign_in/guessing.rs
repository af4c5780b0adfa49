//! Wrong passwords: who guesses is slowed down, whose password it is gets in.

use time::Duration;
use vestibule::config::LimitsConfig;
use vestibule::domain::GroupKind;

use crate::support::{ACME_ORIGIN, Answer, Browser, Federation, hidden_field, people};

const ADMIN: &str = "admin@acme.example";
const PASSWORD: &str = "Correct-Horse-9";
const STRANGER: &str = "203.0.113.66";
const OFFICE: &str = "198.51.100.1";

/// With an administrator who may use a password, and these numbers of wrong ones a minute.
async fn world(one: u32, client: u32, account: u32) -> Federation {
    let world = Federation::with(ACME_ORIGIN, |config| {
        config.trusted_proxies = vec!["127.0.0.1".parse().unwrap()];
        config.limits = LimitsConfig {
            wrong_passwords_per_minute: one,
            client_wrong_passwords_per_minute: client,
            account_wrong_passwords_per_minute: account,
            ..LimitsConfig::default()
        };
    })
    .await;
    let admins = world
        .add_group("Admins", GroupKind::Administrator, false)
        .await;
    world.add_user(ADMIN, Some(PASSWORD), &[&admins]).await;
    world
}

async fn wrong(world: &Federation, from: &str, email: &str) -> u16 {
    let mut browser = world.browser().from(from);
    browser.sign_in(email, "wrong", "").await.status
}

async fn right(browser: &mut Browser) -> u16 {
    browser.sign_in(ADMIN, PASSWORD, "").await.status
}

fn assert_too_many(answer: &Answer, seconds: &str) {
    assert_eq!(answer.status, 429);
    assert_eq!(answer.header("retry-after"), seconds);
    assert!(answer.body.contains("Too many tries"), "{}", answer.body);
    assert!(
        answer.body.contains(&format!("Wait {seconds} seconds")),
        "{}",
        answer.body
    );
}

#[tokio::test]
async fn guessing_is_slowed_down() {
    let world = world(3, 60, 60).await;
    for _ in 0..3 {
        assert_eq!(wrong(&world, STRANGER, ADMIN).await, 403);
    }
    // By another browser and in another spelling, and with the right password: nothing is compared.
    for email in [ADMIN, "ADMIN@acme.example"] {
        let mut browser = world.browser().from(STRANGER);
        let answer = browser.sign_in(email, PASSWORD, "").await;
        assert_too_many(&answer, "20");
    }
    // Single sign-on is not slowed down by it.
    world.signed_in().await;
    world.app.clock.step(Duration::seconds(19));
    assert_eq!(wrong(&world, STRANGER, ADMIN).await, 429);
    world.app.clock.step(Duration::seconds(1));
    assert_eq!(wrong(&world, STRANGER, ADMIN).await, 403);
    assert_eq!(wrong(&world, STRANGER, ADMIN).await, 429);
}

#[tokio::test]
async fn one_client_cannot_try_every_account() {
    let world = world(3, 5, 60).await;
    for at in 0..5 {
        let email = format!("user{at}@acme.example");
        assert_eq!(wrong(&world, STRANGER, &email).await, 403);
    }
    assert_eq!(wrong(&world, STRANGER, "user5@acme.example").await, 429);
    assert_eq!(wrong(&world, OFFICE, "user5@acme.example").await, 403);
}

#[tokio::test]
async fn a_stranger_cannot_keep_the_owner_out() {
    let world = world(3, 60, 6).await;
    // One network uses up its own tries: the owner has his, from anywhere else.
    while wrong(&world, STRANGER, ADMIN).await == 403 {}
    let mut owner = world.browser().from(OFFICE);
    assert_eq!(right(&mut owner).await, 303);
    assert!(owner.cookie("vestibule-known").is_some());

    // Many networks use up what all strangers have together, one of them the owner's own.
    let mut networks = 0;
    while wrong(&world, &format!("198.51.100.{networks}"), ADMIN).await == 403 {
        networks += 1;
        assert!(networks < 100, "nothing ends it");
    }
    while wrong(&world, OFFICE, ADMIN).await == 403 {}
    // Then the owner gets in where he has been before, again and again, and nowhere else.
    for _ in 0..20 {
        owner.forget("vestibule-session");
        assert_eq!(right(&mut owner).await, 303);
    }
    assert_eq!(right(&mut world.browser().from(OFFICE)).await, 429);
    assert_eq!(right(&mut world.browser().from("192.0.2.99")).await, 429);

    // What he types wrong counts for his browser alone.
    let mut mistyped = 0;
    while owner.sign_in(ADMIN, "Correct-Hose-9", "").await.status == 403 {
        mistyped += 1;
    }
    assert_eq!(mistyped, 3);
    assert_eq!(right(&mut owner).await, 429);
    world.app.clock.step(Duration::seconds(20));
    assert_eq!(right(&mut owner).await, 303);
}

#[tokio::test]
async fn a_cookie_that_nobody_was_given_is_a_strangers() {
    let world = world(1, 60, 60).await;
    let other = "other@acme.example";
    world.add_user(other, Some(PASSWORD), &[]).await;
    let mut browser = world.browser().from(STRANGER);
    assert_eq!(browser.sign_in(other, PASSWORD, "").await.status, 303);
    // It speaks of another account.
    assert_eq!(browser.sign_in(ADMIN, "wrong", "").await.status, 403);
    assert_eq!(browser.sign_in(ADMIN, "wrong", "").await.status, 429);
    for forged in ["x", "AAAAAAAAAAAAAAAAAAAAAAAA", &"A".repeat(65)] {
        browser.keep("vestibule-known", forged);
        assert_eq!(browser.sign_in(ADMIN, "wrong", "").await.status, 429);
    }
}

#[tokio::test]
async fn single_sign_on_makes_a_browser_known_to_who_has_a_password() {
    let world = world(3, 60, 6).await;
    let mut without = world.browser();
    world.sign_in_with(&mut without, |_| {}).await;
    assert_eq!(without.cookie("vestibule-known"), None);
    let user = world.user("b.simon@contoso.com").await.unwrap();
    let sealed = world.app.keys.hash_password(PASSWORD);
    people::set_password(&world.app.store, user.id, Some(&sealed)).await;
    let mut with = world.browser();
    world.sign_in_with(&mut with, |_| {}).await;
    assert!(with.cookie("vestibule-known").is_some());
}

#[tokio::test]
async fn right_passwords_are_not_counted() {
    let world = world(1, 1, 1).await;
    for _ in 0..10 {
        // Each browser is new.
        assert_eq!(right(&mut world.browser().from(OFFICE)).await, 303);
    }
    assert_eq!(wrong(&world, OFFICE, ADMIN).await, 403);
    assert_eq!(wrong(&world, OFFICE, ADMIN).await, 429);
}

#[tokio::test]
async fn tries_at_the_same_moment_get_nothing_more() {
    let world = world(3, 60, 60).await;
    let tries = (0..12).map(|_| {
        let mut browser = world.browser().from(STRANGER);
        tokio::spawn(async move {
            let page = browser.get("/sign-in").await;
            let csrf = hidden_field(&page.body, "csrf").unwrap();
            let fields = [
                ("csrf", csrf.as_str()),
                ("email", ADMIN),
                ("password", "wrong"),
            ];
            browser.post("/sign-in", &fields).await.status
        })
    });
    let mut compared = 0;
    for one in tries.collect::<Vec<_>>() {
        compared += u32::from(one.await.unwrap() == 403);
    }
    assert_eq!(compared, 3);
}

#[tokio::test]
async fn guessing_limits_of_0_are_none() {
    let world = world(0, 0, 0).await;
    for _ in 0..15 {
        assert_eq!(wrong(&world, STRANGER, ADMIN).await, 403);
    }
}
