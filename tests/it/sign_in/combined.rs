//! Rules E and F with D2 at their edges, in combination: which sign-in ends with a session, and which rule refuses another.

use crate::support::Federation;
use crate::support::identity_provider::begin;
use time::Duration;

/// What can be wrong, in the order in which it is asked for, with the rule that refuses it.
const WRONG: [&str; 7] = ["E2", "E1", "E3", "E6", "D2", "E4", "F4"];

#[tokio::test]
async fn every_edge_of_a_sign_in_with_every_other() {
    let world = Federation::new().await;
    let mut browser = world.browser();
    let answer = world
        .sign_in_with(&mut browser, |spec| spec.assertion_id = "_used".into())
        .await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    let user = world.user("b.simon@contoso.com").await.unwrap().id;
    let skew = Duration::seconds(180);
    for choice in 0..1_u32 << WRONG.len() {
        let wrong = |rule: &str| {
            let at = WRONG.iter().position(|it| *it == rule).unwrap();
            choice & (1 << at) != 0
        };
        let mut browser = world.browser();
        let begun = begin(&mut browser, "/sso/login").await;
        let other = begin(&mut browser, "/sso/login").await;
        // The last second of the attempt, or the first after it.
        let age = if wrong("E1") { 600 } else { 599 };
        world.app.clock.step(Duration::seconds(age));
        let now = world.app.clock.now();
        let response = world.respond(&begun, |spec| {
            // The last second of the assertion, or the first after it.
            let late = Duration::seconds(i64::from(!wrong("D2")));
            spec.confirmation_not_on_or_after = Some(now - skew + late);
            if wrong("E4") {
                spec.assertion_id = "_used".into();
            }
        });
        if wrong("E6") {
            world.change(|entra| entra.enabled = false).await;
        }
        if wrong("F4") {
            world
                .admin_of(&world.acme)
                .deactivate_user(user)
                .await
                .unwrap();
        }
        let mut brought_by = if wrong("E2") {
            let mut stranger = world.browser();
            stranger.keep("vestibule-login", &"A".repeat(43));
            stranger
        } else {
            browser.clone()
        };
        let told = if wrong("E3") { &other } else { &begun };
        let mut carried = begun.clone();
        carried.relay_state.clone_from(&told.relay_state);
        let answer = world.bring(&mut brought_by, &carried, &response).await;
        match WRONG.into_iter().find(|rule| wrong(rule)) {
            None => assert_eq!(answer.status, 303, "{}", answer.body),
            Some(rule) => drop(world.assert_refused(&answer, rule).await),
        }
        // No session began but the one.
        let sessions = world.app.store.sessions_of(user, now).await.unwrap();
        let began_now = sessions.iter().filter(|(_, it)| it.signed_in_at == now);
        assert_eq!(began_now.count(), usize::from(choice == 0), "{choice:07b}");
        if wrong("E6") {
            world.change(|entra| entra.enabled = true).await;
        }
        if wrong("F4") {
            world
                .admin_of(&world.acme)
                .activate_user(user)
                .await
                .unwrap();
        }
    }
}

/// Rule E4 at its edge: an assertion ID is forgotten when no connection could accept the assertion any more, and not before.
#[tokio::test]
async fn an_assertion_id_is_remembered_until_it_has_expired() {
    let world = Federation::new().await;
    let start = world.app.clock.now();
    let end = start + Duration::minutes(5);
    // A connection with less skew: its administrator may set more at any time.
    world.set(&[("clock_skew_seconds", "0")]).await;
    let bring = async || {
        let mut browser = world.browser();
        world
            .sign_in_with(&mut browser, |spec| {
                spec.assertion_id = "_once".into();
                spec.issue_instant = start;
                spec.not_before = start;
                spec.confirmation_not_on_or_after = Some(end);
                spec.not_on_or_after = end;
            })
            .await
    };
    assert_eq!(bring().await.status, 303);
    world.set(&[("clock_skew_seconds", "300")]).await;
    for (after, rule) in [(0, "E4"), (299, "E4"), (300, "D2")] {
        let now = end + Duration::seconds(after);
        world.app.clock.step(now - world.app.clock.now());
        world
            .app
            .store
            .purge(now, Duration::days(30))
            .await
            .unwrap();
        world.assert_refused(&bring().await, rule).await;
    }
}
