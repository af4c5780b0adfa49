//! The server's clock is set, by hours and by a year, forwards and back, while people sign in.
//!
//! The identity provider's clock stays right: its messages are of the true time.

use time::Duration;
use vestibule::app::{ProofAnswer as Told, ProofQuestion};
use vestibule::demo_idp::{IdpUser, ResponseSpec};
use vestibule::domain::Outcome;

use crate::support::identity_provider::begin;
use crate::support::{ACME_ORIGIN, Answer, Browser, Federation};

const HOURS: Duration = Duration::hours(5);
const YEAR: Duration = Duration::days(365);

/// Signs in while the server's clock is wrong by so much; the identity provider's is as well when it says so.
async fn sign_in(world: &Federation, idp_is_wrong_too: bool, wrong: Duration) -> (Browser, Answer) {
    let mut browser = world.browser();
    let shift = if idp_is_wrong_too {
        Duration::ZERO
    } else {
        -wrong
    };
    let answer = world
        .sign_in_with(&mut browser, |spec| set(spec, shift))
        .await;
    (browser, answer)
}

/// A Response of another time.
fn set(spec: &mut ResponseSpec, by: Duration) {
    spec.issue_instant += by;
    spec.not_before += by;
    spec.not_on_or_after += by;
    spec.authn_instant += by;
}

#[tokio::test]
async fn a_wrong_clock_lets_nobody_in_and_a_right_one_does() {
    let world = Federation::new().await;
    for wrong in [HOURS, -HOURS, YEAR, -YEAR] {
        world.app.clock.jump(wrong);
        let (_, answer) = sign_in(&world, false, wrong).await;
        // Too old, or from the future; said in the record.
        let attempt = world.attempt(&world.acme, &answer).await;
        assert_eq!(attempt.outcome, Outcome::Refused);
        let rule = attempt.rule.unwrap();
        assert!(
            ["C5", "D2", "D3"].contains(&rule.as_str()),
            "{wrong}: {rule}"
        );
        assert_eq!(answer.status, 403);
        world.app.clock.jump(-wrong);
        let (mut browser, answer) = sign_in(&world, true, Duration::ZERO).await;
        assert_eq!(answer.status, 303, "{}", answer.body);
        assert_eq!(browser.get("/sso/session").await.status, 200);
    }
}

#[tokio::test]
async fn no_session_outlives_a_clock_that_was_wrong() {
    let world = Federation::new().await;
    let mut before = world.signed_in().await;
    for wrong in [HOURS, YEAR] {
        world.app.clock.jump(wrong);
        // It is over by this clock.
        assert_eq!(before.get("/sso/session").await.status, 401);
        let (mut during, answer) = sign_in(&world, true, wrong).await;
        assert_eq!(answer.status, 303, "{}", answer.body);
        assert_eq!(during.get("/sso/session").await.status, 200);
        world.app.clock.jump(-wrong);
        // The one of the right time goes on; the one of the future would last until then.
        assert_eq!(before.get("/sso/session").await.status, 200);
        assert_eq!(during.get("/sso/session").await.status, 401);
        assert_eq!(during.get("/sign-in").await.status, 200, "no defect");
    }
    // Set back, and right again: nobody has to sign in anew.
    world.app.clock.jump(-HOURS);
    assert_eq!(before.get("/sso/session").await.status, 401);
    world.app.clock.jump(HOURS);
    assert_eq!(before.get("/sso/session").await.status, 200);
    // What is a little off is off everywhere.
    world.app.clock.jump(-Duration::minutes(4));
    assert_eq!(before.get("/sso/session").await.status, 200);
    world.app.clock.jump(Duration::minutes(4));
    world.app.clock.step(Duration::hours(2));
    assert_eq!(before.get("/sso/session").await.status, 401, "unused");
}

#[tokio::test]
async fn an_attempt_of_another_time_is_over() {
    let world = Federation::new().await;
    for wrong in [HOURS, YEAR] {
        // Begun while the clock was ahead, answered when it is right: it would stay open until then.
        world.app.clock.jump(wrong);
        let mut browser = world.browser();
        let begun = begin(&mut browser, "/sso/login").await;
        world.app.clock.jump(-wrong);
        let response = world.respond(&begun, |_| {});
        let answer = world.bring(&mut browser, &begun, &response).await;
        world.assert_refused(&answer, "E1").await;
        // Begun at the right time, answered while it is ahead.
        let mut browser = world.browser();
        let begun = begin(&mut browser, "/sso/login").await;
        world.app.clock.jump(wrong);
        let response = world.respond(&begun, |_| {});
        let answer = world.bring(&mut browser, &begun, &response).await;
        world.assert_refused(&answer, "E1").await;
        world.app.clock.jump(-wrong);
    }
}

#[tokio::test]
async fn a_clock_that_goes_back_and_forth_makes_no_second_use() {
    let world = Federation::new().await;
    world.set(&[("unsolicited", "accept")]).await;
    let response = world.encoded(&world.spec(&IdpUser::b_simon()));
    let fields = [("SAMLResponse", response.as_str())];
    let launch = async || {
        let mut browser = world.browser();
        browser.post_from_elsewhere("/sso/acs", &fields).await
    };
    assert_eq!(launch().await.status, 303);
    for _ in 0..3 {
        world.app.clock.jump(HOURS);
        let now = world.app.clock.now();
        let keep = Duration::days(30);
        world.app.store.purge(now, keep).await.unwrap();
        world.assert_refused(&launch().await, "D2").await;
        world.app.clock.jump(-HOURS);
        world.assert_refused(&launch().await, "E4").await;
    }
}

#[tokio::test]
async fn changes_are_followed_and_limits_hold_whatever_the_clock_says() {
    let world = Federation::with(ACME_ORIGIN, |config| {
        config.limits.client_metadata_per_minute = 3;
    })
    .await;
    let mut browser = world.browser();
    let follow = tokio::spawn({
        let app = std::sync::Arc::clone(&world.app);
        async move { app.follow().await }
    });
    for (at, wrong) in [HOURS, -HOURS, -HOURS, HOURS].into_iter().enumerate() {
        world.app.clock.jump(wrong);
        // As a command does, in another process: this one reads it in the log.
        let mut entra = world
            .app
            .store
            .connection(world.entra.id)
            .await
            .unwrap()
            .unwrap();
        entra.enabled = at % 2 == 1;
        let now = world.app.clock.now();
        assert!(
            world
                .app
                .store
                .update_connection(&entra, now)
                .await
                .unwrap()
        );
        let expected = if entra.enabled { 200 } else { 400 };
        let begun = std::time::Instant::now();
        loop {
            let answer = browser.get("/sso/login?connection=entra").await;
            if answer.status == expected {
                break;
            }
            let waited = begun.elapsed();
            assert!(waited.as_secs() < 5, "{at}, {wrong}: {}", answer.status);
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    }
    follow.abort();
    // The clock is where it was; setting it gave nobody anything.
    let mut metadata = async || browser.get("/sso/metadata").await.status;
    for _ in 0..3 {
        assert_eq!(metadata().await, 200);
    }
    for wrong in [HOURS, -HOURS, -HOURS, HOURS] {
        assert_eq!(metadata().await, 429);
        world.app.clock.jump(wrong);
    }
    world.app.clock.step(Duration::minutes(1));
    assert_eq!(metadata().await, 200);
}

/// What arrives at `/healthz` is told to a question of this moment alone, by this server's clock.
#[tokio::test]
async fn a_question_of_doctor_counts_for_five_minutes() {
    let world = Federation::new().await;
    let asked = world.app.clock.now();
    let question = ProofQuestion::new(&world.app.keys, asked);
    for (seconds, counts) in [
        (0, true),
        (300, true),
        (301, false),
        (-300, true),
        (-301, false),
    ] {
        world.app.clock.jump(Duration::seconds(seconds));
        let address = format!("/healthz?nonce={}", question.text);
        let answer = world.browser().get(&address).await;
        let told: Told = serde_json::from_str(&answer.body).unwrap();
        assert!(question.is_answered(&world.app.keys, &told));
        assert_eq!(told.arrived.is_some(), counts, "{seconds}: {}", answer.body);
        assert_eq!(answer.body.contains("acme.localhost"), counts);
        assert_eq!(told.clock(), Some(asked + Duration::seconds(seconds)));
        world.app.clock.jump(Duration::seconds(-seconds));
    }
    // Another time or another clock than the sealed one is nobody's.
    let forged = question.text.replacen('1', "2", 1);
    let answer = world
        .browser()
        .get(&format!("/healthz?nonce={forged}"))
        .await;
    assert_eq!(answer.body, "ok\n");
}
