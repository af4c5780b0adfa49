//! Rules E1 to E4 and E6: which Response ends which sign-in, in which browser.

use time::Duration;
use vestibule::demo_idp::IdpUser;

use crate::support::identity_provider::{begin, service_provider};
use crate::support::{Federation, NOW};

#[tokio::test]
async fn a_response_to_no_request_of_ours_is_refused() {
    let world = Federation::new().await;
    let mut browser = world.browser();
    let begun = begin(&mut browser, "/sso/login").await;
    for request in ["_0123456789abcdef0123456789abcdef", " ", "é"] {
        let response = world.respond(&begun, |spec| spec.in_response_to = Some(request.into()));
        let answer = world.bring(&mut browser, &begun, &response).await;
        world.assert_refused(&answer, "E1").await;
    }
    // The sign-in itself is still open.
    let response = world.respond(&begun, |_| {});
    let answer = world.bring(&mut browser, &begun, &response).await;
    assert_eq!(answer.status, 303);
}

#[tokio::test]
async fn a_request_lasts_ten_minutes() {
    let world = Federation::new().await;
    for (wait, accepted) in [(599, true), (600, false)] {
        let mut browser = world.browser();
        let begun = begin(&mut browser, "/sso/login").await;
        world.app.clock.step(Duration::seconds(wait));
        let response = world.respond(&begun, |_| {});
        let answer = world.bring(&mut browser, &begun, &response).await;
        if accepted {
            assert_eq!(answer.status, 303, "{wait}");
        } else {
            world.assert_refused(&answer, "E1").await;
        }
    }
}

#[tokio::test]
async fn what_nobody_answered_is_forgotten_and_a_late_answer_is_told_so() {
    let world = Federation::new().await;
    let (mut late, mut early) = (world.browser(), world.browser());
    let first = begin(&mut late, "/sso/login").await;
    world.app.clock.step(Duration::minutes(5));
    let second = begin(&mut early, "/sso/login").await;
    world.app.clock.step(Duration::minutes(7));
    let now = world.app.clock.now();
    assert_eq!(world.app.desk.forget_unanswered(now).await.unwrap(), 1);
    let counted = world.app.desk.unanswered(world.acme.id, now).await;
    assert_eq!(counted.unwrap(), 1);
    // This server still remembers it, once; whoever comes again meets any other.
    for _ in 0..2 {
        let response = world.respond(&first, |_| {});
        let answer = world.bring(&mut late, &first, &response).await;
        let attempt = world.assert_refused(&answer, "E1").await;
        assert_eq!(
            attempt.summary,
            "The answer came after more than ten minutes (E1)"
        );
    }
    let response = world.respond(&second, |_| {});
    let answer = world.bring(&mut early, &second, &response).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
}

#[tokio::test]
async fn a_request_is_answered_once() {
    let world = Federation::new().await;
    let mut browser = world.browser();
    let begun = begin(&mut browser, "/sso/login").await;
    // A refusal consumes the attempt as well: nobody gets a second try at it.
    let wrong = world.respond(&begun, |spec| {
        spec.audiences = vec!["https://other.example".into()];
    });
    let answer = world.bring(&mut browser, &begun, &wrong).await;
    world.assert_refused(&answer, "D4").await;
    let good = world.respond(&begun, |_| {});
    let answer = world.bring(&mut browser, &begun, &good).await;
    world.assert_refused(&answer, "E1").await;

    // Another Response to a request that was answered: not to this session, and not to another one.
    let begun = begin(&mut browser, "/sso/login").await;
    let first = world.respond(&begun, |_| {});
    assert_eq!(world.bring(&mut browser, &begun, &first).await.status, 303);
    let mut robbed = browser.clone();
    robbed.forget("vestibule-session");
    let second = world.respond(&begun, |_| {});
    let page = world.bring(&mut robbed, &begun, &second).await;
    let answer = robbed.repost(&page).await;
    world.assert_refused(&answer, "E1").await;
}

#[tokio::test]
async fn a_sign_in_belongs_to_its_browser() {
    let world = Federation::new().await;
    let mut browser = world.browser();
    let begun = begin(&mut browser, "/sso/login").await;
    let response = world.respond(&begun, |_| {});

    // Login CSRF: an attacker's Response in a browser with a sign-in of its own, or with a made-up cookie.
    let mut other = world.browser();
    begin(&mut other, "/sso/login").await;
    for _ in 0..2 {
        let answer = world.bring(&mut other, &begun, &response).await;
        let attempt = world.assert_refused(&answer, "E2").await;
        assert!(answer.body.contains("Allow cookies"), "{}", answer.body);
        assert!(attempt.request_id.is_none(), "it is written down apart");
    }
    other.keep("vestibule-login", &"A".repeat(43));
    let answer = world.bring(&mut other, &begun, &response).await;
    world.assert_refused(&answer, "E2").await;

    // Without a cookie: one re-post, then a clear page.
    let mut without = world.browser();
    let page = world.bring(&mut without, &begun, &response).await;
    let answer = without.repost(&page).await;
    world.assert_refused(&answer, "E2").await;
    assert!(answer.body.contains("Allow cookies"), "{}", answer.body);

    // None of this has touched the sign-in of the first browser.
    let answer = world.bring(&mut browser, &begun, &response).await;
    assert_eq!(answer.status, 303);
}

#[tokio::test]
async fn a_cookie_that_only_our_own_site_sees_is_enough() {
    let world = Federation::new().await;
    let mut browser = world.browser();
    let begun = begin(&mut browser, "/sso/login?return_to=/reports").await;
    let response = world.respond(&begun, |_| {});
    // The browser keeps the cookie back from the cross-site request, as some do.
    let mut strict = browser.clone();
    strict.forget("vestibule-login");
    let page = world.bring(&mut strict, &begun, &response).await;
    let answer = browser.repost(&page).await;
    assert_eq!(
        (answer.status, answer.header("location")),
        (303, "/reports")
    );
}

#[tokio::test]
async fn the_relay_state_is_the_handle_of_the_sign_in() {
    let world = Federation::new().await;
    let mut browser = world.browser();
    let other = begin(&mut browser, "/sso/login").await;
    for relay_state in [
        other.relay_state.as_deref().unwrap(),
        "https://evil.example/",
        " ",
        &"x".repeat(81),
        &"x".repeat(5_000),
    ] {
        let begun = begin(&mut browser, "/sso/login").await;
        let response = world.respond(&begun, |_| {});
        let answer = browser
            .post_from_elsewhere(
                "/sso/acs",
                &[("SAMLResponse", &response), ("RelayState", relay_state)],
            )
            .await;
        world.assert_refused(&answer, "E3").await;
    }
    // Some identity providers leave it out or empty; the request ID is what counts.
    for relay_state in [None, Some(("RelayState", ""))] {
        let begun = begin(&mut browser, "/sso/login?return_to=/reports").await;
        let response = world.respond(&begun, |_| {});
        let mut fields = vec![("SAMLResponse", response.as_str())];
        fields.extend(relay_state);
        let answer = browser.post_from_elsewhere("/sso/acs", &fields).await;
        assert_eq!(
            (answer.status, answer.header("location")),
            (303, "/reports")
        );
    }
}

#[tokio::test]
async fn the_back_button_leads_on_and_a_stolen_response_nowhere() {
    let world = Federation::new().await;
    let mut browser = world.browser();
    let begun = begin(&mut browser, "/sso/login?return_to=/reports").await;
    let response = world.respond(&begun, |_| {});
    let answer = world.bring(&mut browser, &begun, &response).await;
    assert_eq!(answer.status, 303);
    let session = browser.cookie("vestibule-session").unwrap().to_owned();

    // The session cookie does not come with the cross-site request, but with our own re-post.
    let page = world.bring(&mut browser, &begun, &response).await;
    let answer = browser.repost(&page).await;
    assert_eq!(
        (answer.status, answer.header("location")),
        (303, "/reports")
    );
    assert_eq!(
        browser.cookie("vestibule-session"),
        Some(session.as_str()),
        "no new session"
    );

    // In another browser, with a sign-in of its own and without.
    let mut other = world.browser();
    begin(&mut other, "/sso/login").await;
    let answer = world.bring(&mut other, &begun, &response).await;
    world.assert_refused(&answer, "E2").await;
    let mut fresh = world.browser();
    let page = world.bring(&mut fresh, &begun, &response).await;
    world.assert_refused(&fresh.repost(&page).await, "E2").await;

    // After signing out it is a used Response in this browser, too.
    let page = browser.get("/sso/logout").await;
    let csrf = crate::support::hidden_field(&page.body, "csrf").unwrap();
    browser.post("/sso/logout", &[("csrf", &csrf)]).await;
    let page = world.bring(&mut browser, &begun, &response).await;
    world
        .assert_refused(&browser.repost(&page).await, "E1")
        .await;
}

#[tokio::test]
async fn a_double_click_signs_in_once_and_shows_no_error() {
    let world = Federation::new().await;
    for _ in 0..20 {
        let mut browser = world.browser();
        let begun = begin(&mut browser, "/sso/login?return_to=/reports").await;
        let response = world.respond(&begun, |_| {});
        let mut clicked = browser.clone();
        let (first, second) = tokio::join!(
            world.bring(&mut browser, &begun, &response),
            world.bring(&mut clicked, &begun, &response),
        );
        let (mut winner, page) = if first.status == 303 {
            (browser, second)
        } else {
            assert_eq!(second.status, 303, "{}", second.body);
            (clicked, first)
        };
        // It is one browser: the page of the second click has the cookie of the first.
        let answer = winner.repost(&page).await;
        assert_eq!(
            (answer.status, answer.header("location")),
            (303, "/reports")
        );
    }
}

#[tokio::test]
async fn an_assertion_is_used_once_whatever_it_answers() {
    let world = Federation::new().await;
    let mut browser = world.browser();
    let spec = world.spec(&IdpUser::b_simon());
    let answer = world
        .sign_in_with(&mut browser, |answer| {
            answer.assertion_id.clone_from(&spec.assertion_id);
        })
        .await;
    assert_eq!(answer.status, 303);
    let answer = world
        .sign_in_with(&mut browser, |answer| {
            answer.assertion_id.clone_from(&spec.assertion_id);
        })
        .await;
    world.assert_refused(&answer, "E4").await;
}

#[tokio::test]
async fn several_tabs_sign_in_side_by_side() {
    let world = Federation::new().await;
    let mut browser = world.browser();
    let mut tabs = Vec::new();
    for target in ["/one", "/two", "/three"] {
        let path = format!("/sso/login?return_to={target}");
        tabs.push((begin(&mut browser, &path).await, target));
    }
    // They come back in another order than they went.
    tabs.reverse();
    for (begun, target) in &tabs {
        let response = world.respond(begun, |_| {});
        let answer = world.bring(&mut browser, begun, &response).await;
        assert_eq!((answer.status, answer.header("location")), (303, *target));
    }
    assert_eq!(browser.get("/sso/session").await.status, 200);
}

#[tokio::test]
async fn a_response_counts_in_its_own_company_only() {
    let world = Federation::new().await;
    // The identity provider of beta answers a request of acme, in its own name and in the other's.
    for issuer in [world.beta_idp.tenant(), world.idp.tenant()] {
        let mut browser = world.browser();
        let begun = begin(&mut browser, "/sso/login").await;
        let mut spec = world.spec(&IdpUser::b_simon()).answering(&begun.id);
        spec.issuer.clone_from(&issuer.entity_id);
        let xml = world.beta_idp.respond(&spec).unwrap();
        let response = base64::Engine::encode(&base64::prelude::BASE64_STANDARD, xml);
        let answer = world.bring(&mut browser, &begun, &response).await;
        assert_eq!(answer.status, 403);
        let rule = world.attempt(&world.acme, &answer).await.rule.unwrap();
        assert!(["B3", "D1"].contains(&rule.as_str()), "{rule}");
    }
    // A good Response, brought to the other company's site.
    let mut browser = world.browser();
    let begun = begin(&mut browser, "/sso/login").await;
    let response = world.respond(&begun, |_| {});
    let mut beta = world.browser_at(&world.beta);
    beta.keep(
        "vestibule-login",
        browser.cookie("vestibule-login").unwrap(),
    );
    let answer = world.bring(&mut beta, &begun, &response).await;
    assert_eq!(answer.status, 403);
    let attempt = world.attempt(&world.beta, &answer).await;
    assert_eq!(
        attempt.rule.as_deref(),
        Some("E1"),
        "the request is unknown there"
    );
    // acme's identity provider speaks to beta's address about a request of beta.
    let begun = begin(&mut beta, "/sso/login").await;
    let spec = world
        .idp
        .response_spec(&IdpUser::b_simon(), &service_provider(&world.beta))
        .answering(&begun.id);
    let answer = world.bring(&mut beta, &begun, &world.encoded(&spec)).await;
    assert_eq!(answer.status, 403);
    assert!(
        world
            .app
            .store
            .users(world.beta.id)
            .await
            .unwrap()
            .is_empty()
    );
}

/// Rule E6: another connection of the same company is another identity provider.
#[tokio::test]
async fn a_response_counts_for_its_own_connection_only() {
    let world = Federation::new().await;
    world.connect(&world.beta_idp, "partner", |_| {}).await;
    let user = IdpUser::b_simon();
    let acme = service_provider(&world.acme);
    let both = [("entra", &world.idp), ("partner", &world.beta_idp)];
    for (name, own) in both {
        for (_, idp) in both {
            let mut browser = world.browser();
            let begun = begin(&mut browser, &format!("/sso/login?connection={name}")).await;
            let mut spec = idp.response_spec(&user, &acme).answering(&begun.id);
            let xml = idp.respond(&spec).unwrap();
            let answer = world.bring(&mut browser, &begun, &encoded(&xml)).await;
            if std::ptr::eq(own, idp) && name == "entra" {
                assert_eq!(answer.status, 303, "{}", answer.body);
                continue;
            }
            if std::ptr::eq(own, idp) {
                // It verifies, and is not the person of that address: the account belongs to the first connection.
                world.assert_refused(&answer, "F2").await;
                continue;
            }
            world.assert_refused(&answer, "B3").await;
            // In the other's name, it is the other's key that is missing.
            let mut browser = world.browser();
            let begun = begin(&mut browser, &format!("/sso/login?connection={name}")).await;
            spec = spec.answering(&begun.id);
            spec.issuer.clone_from(&own.tenant().entity_id);
            let xml = idp.respond(&spec).unwrap();
            let answer = world.bring(&mut browser, &begun, &encoded(&xml)).await;
            world.assert_refused(&answer, "B3").await;
        }
    }
}

fn encoded(xml: &str) -> String {
    base64::Engine::encode(&base64::prelude::BASE64_STANDARD, xml)
}

#[tokio::test]
async fn a_connection_that_is_disabled_midway_signs_nobody_in() {
    let world = Federation::new().await;
    let mut browser = world.browser();
    let begun = begin(&mut browser, "/sso/login").await;
    world.change(|entra| entra.enabled = false).await;
    let response = world.respond(&begun, |_| {});
    let answer = world.bring(&mut browser, &begun, &response).await;
    assert_eq!(answer.status, 403);
    let attempt = world.attempt(&world.acme, &answer).await;
    assert!(attempt.summary.contains("disabled"), "{}", attempt.summary);
    assert_eq!(browser.get("/sso/session").await.status, 401);
    let answer = browser.get("/sso/login?connection=entra").await;
    assert_eq!(answer.status, 400);
}

/// Between the look at a sign-in and its refusal it may be forgotten, or another server may answer it: what is refused then is on
/// record all the same, and the code leads to it.
#[tokio::test]
async fn what_is_refused_too_late_for_its_sign_in_has_a_record_of_its_own() {
    let world = Federation::new().await;
    let store = &world.app.store;
    let another_audience =
        |spec: &mut vestibule::demo_idp::ResponseSpec| spec.audiences = vec!["urn:other".into()];
    for is_forgotten in [true, false] {
        let mut browser = world.browser();
        let begun = begin(&mut browser, "/sso/login").await;
        let all = vestibule::store::AttemptFilter::default();
        let open = store.attempts(world.acme.id, &all, 10).await.unwrap();
        let open = open
            .into_iter()
            .find(|it| it.finished_at.is_none())
            .unwrap();
        // Only this server still takes it for open.
        if is_forgotten {
            let later = NOW + Duration::minutes(12);
            assert_eq!(store.forget_unanswered(later).await.unwrap(), 1);
        } else {
            let elsewhere = vestibule::store::AttemptRefusal {
                rule: Some("B3".to_owned()),
                summary: "Refused elsewhere".to_owned(),
                record: vestibule::domain::Record::default(),
                named: None,
            };
            assert!(
                store
                    .refuse_attempt(open.id, elsewhere.into(), NOW)
                    .await
                    .unwrap()
            );
        }
        let response = world.respond(&begun, another_audience);
        let answer = world.bring(&mut browser, &begun, &response).await;
        let refused = world.assert_refused(&answer, "D4").await;
        assert_ne!((refused.id, &refused.code), (open.id, &open.code));
        assert_eq!(refused.connection_id, Some(world.entra.id));
        assert!(
            refused
                .record
                .checks
                .iter()
                .any(|check| check.rule == "D4" && !check.passed)
        );
        assert!(!refused.record.advice.is_empty());
        // The verdict of the other server stands.
        let kept = store.attempt(open.id).await.unwrap();
        let rule = kept.map(|it| it.rule.unwrap());
        assert_eq!(rule.as_deref(), (!is_forgotten).then_some("B3"));
    }
}
