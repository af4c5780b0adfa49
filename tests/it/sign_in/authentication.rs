//! Rules D8 and D9: what was asked for has to come back, and applications are told what came.

use time::Duration;

use crate::support::identity_provider::begin;
use crate::support::{Answer, Browser, Federation, NOW};

const MFA: &str = "https://refeds.org/profile/mfa";
const PASSWORD: &str = "urn:oasis:names:tc:SAML:2.0:ac:classes:Password";

/// Signs in from `path`, by an authentication that is so many seconds old.
async fn sign_in(world: &Federation, browser: &mut Browser, path: &str, seconds: i64) -> Answer {
    let begun = begin(browser, path).await;
    let response = world.respond(&begun, |spec| {
        spec.authn_instant = world.app.clock.now() - Duration::seconds(seconds);
        PASSWORD.clone_into(&mut spec.authn_context);
    });
    world.bring(browser, &begun, &response).await
}

#[tokio::test]
async fn who_is_asked_to_sign_in_again_does() {
    let world = Federation::new().await;
    for (path, seconds, accepted) in [
        ("/sso/login?force=1", 180, true),
        ("/sso/login?force=1", 181, false),
        ("/sso/login?force=true", 28_800, false),
        // Nobody asked.
        ("/sso/login", 28_800, true),
    ] {
        let mut browser = world.browser();
        let answer = sign_in(&world, &mut browser, path, seconds).await;
        if accepted {
            assert_eq!(answer.status, 303, "{path} {seconds}");
            continue;
        }
        let attempt = world.assert_refused(&answer, "D8").await;
        let advice = attempt.record.advice.join(" ");
        assert!(advice.contains("ForceAuthn"), "{advice}");
        assert!(advice.contains("force_authn=false"), "{advice}");
    }
    // What takes long at the identity provider's pages is no old sign-in.
    let mut browser = world.browser();
    let begun = begin(&mut browser, "/sso/login?force=1").await;
    world.app.clock.step(Duration::minutes(9));
    let response = world.respond(&begun, |spec| spec.authn_instant = NOW);
    let answer = world.bring(&mut browser, &begun, &response).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
}

#[tokio::test]
async fn the_connection_can_ask_each_time_and_bound_the_age() {
    let world = Federation::new().await;
    world.set(&[("force_authn", "true")]).await;
    let answer = sign_in(&world, &mut world.browser(), "/sso/login", 600).await;
    world.assert_refused(&answer, "D8").await;
    world
        .set(&[("force_authn", "false"), ("max_authentication_age", "3600")])
        .await;
    for (seconds, accepted) in [(3780, true), (3781, false)] {
        let answer = sign_in(&world, &mut world.browser(), "/sso/login", seconds).await;
        if accepted {
            assert_eq!(answer.status, 303, "{seconds}");
        } else {
            let attempt = world.assert_refused(&answer, "D8").await;
            let advice = attempt.record.advice.join(" ");
            assert!(advice.contains("max_authentication_age=none"), "{advice}");
        }
    }
    // Whatever it is set to afterwards, the answer is held to what its request asked.
    world
        .set(&[("max_authentication_age", "none"), ("force_authn", "true")])
        .await;
    let mut browser = world.browser();
    let begun = begin(&mut browser, "/sso/login").await;
    world.set(&[("force_authn", "false")]).await;
    let response = world.respond(&begun, |spec| {
        spec.authn_instant = NOW - Duration::hours(8);
    });
    let answer = world.bring(&mut browser, &begun, &response).await;
    world.assert_refused(&answer, "D8").await;
}

#[tokio::test]
async fn the_way_to_sign_in_that_was_asked_for_comes_back() {
    let world = Federation::new().await;
    for (settings, accepted) in [
        (
            [
                ("requested_authn_context", MFA),
                ("accepted_authn_context", "none"),
            ],
            false,
        ),
        (
            [
                ("requested_authn_context", "none"),
                ("accepted_authn_context", MFA),
            ],
            false,
        ),
        (
            [
                ("requested_authn_context", PASSWORD),
                ("accepted_authn_context", "none"),
            ],
            true,
        ),
        (
            [
                ("requested_authn_context", "none"),
                (
                    "accepted_authn_context",
                    "https://refeds.org/profile/mfa,urn:oasis:names:tc:SAML:2.0:ac:classes:Password",
                ),
            ],
            true,
        ),
    ] {
        world.set(&settings).await;
        let answer = sign_in(&world, &mut world.browser(), "/sso/login", 5).await;
        if accepted {
            assert_eq!(answer.status, 303, "{settings:?}");
        } else {
            let attempt = world.assert_refused(&answer, "D9").await;
            let advice = attempt.record.advice.join(" ");
            assert!(advice.contains("requested_authn_context"), "{advice}");
        }
    }
}

#[tokio::test]
async fn an_application_is_told_when_and_how() {
    let world = Federation::new().await;
    let mut browser = world.browser();
    sign_in(&world, &mut browser, "/sso/login", 60).await;
    let session: serde_json::Value =
        serde_json::from_str(&browser.get("/sso/session").await.body).unwrap();
    assert_eq!(session["auth_time"], "2026-03-01T11:59:00Z", "{session}");
    assert_eq!(session["acr"], PASSWORD);
}
