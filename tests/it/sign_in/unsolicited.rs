//! Rule E5: a Response that nobody asked for.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use time::Duration;
use vestibule::demo_idp::IdpUser;
use vestibule::domain::Connection;

use crate::support::identity_provider::{self, begin, read};
use crate::support::{Answer, Browser, Federation, hidden_field};

async fn launch(browser: &mut Browser, response: &str) -> Answer {
    let fields = [("SAMLResponse", response), ("RelayState", "/somewhere")];
    browser.post_from_elsewhere("/sso/acs", &fields).await
}

#[tokio::test]
async fn by_default_it_is_dropped_and_a_fresh_sign_in_starts() {
    let world = Federation::new().await;
    let mut browser = world.browser();
    let response = world.encoded(&world.spec(&IdpUser::b_simon()));
    let answer = launch(&mut browser, &response).await;
    assert_eq!(
        (answer.status, answer.header("location")),
        (303, "/sso/login?connection=entra")
    );
    assert_eq!(browser.get("/sso/session").await.status, 401);
    let begun = read(&browser.get(answer.header("location")).await);
    let response = world.respond(&begun, |_| {});
    let answer = world.bring(&mut browser, &begun, &response).await;
    assert_eq!((answer.status, answer.header("location")), (303, "/"));

    // It is not even read: the same with a Response that no check would pass.
    let mut spec = world.spec(&IdpUser::b_simon());
    spec.audiences.clear();
    let mut browser = world.browser();
    assert_eq!(
        launch(&mut browser, &world.encoded(&spec)).await.status,
        303
    );
}

#[tokio::test]
async fn an_identity_provider_that_never_answers_does_not_send_the_browser_round() {
    let world = Federation::new().await;
    let mut browser = world.browser();
    let spec = || world.encoded(&world.spec(&IdpUser::b_simon()));
    for _ in 0..3 {
        assert_eq!(launch(&mut browser, &spec()).await.status, 303);
        browser.get("/sso/login?connection=entra").await;
    }
    for _ in 0..2 {
        let answer = launch(&mut browser, &spec()).await;
        world.assert_refused(&answer, "E5").await;
    }
    // A moment later nothing is known of it.
    browser.forget("vestibule-bounced");
    assert_eq!(launch(&mut browser, &spec()).await.status, 303);
}

/// Somebody who is not signed in clicks a tile twice: two windows are sent round at the same time, and both arrive.
#[tokio::test]
async fn two_clicks_at_once_both_sign_in() {
    let world = Federation::new().await;
    let tile = || world.encoded(&world.spec(&IdpUser::b_simon()));
    let home = |answer: &Answer| {
        assert_eq!(
            (answer.status, answer.header("location")),
            (303, "/"),
            "{}",
            answer.body
        );
    };
    for (second_click_first, second_answer_first) in
        [(false, false), (false, true), (true, false), (true, true)]
    {
        let mut browser = world.browser();
        let one = launch(&mut browser, &tile()).await;
        let mut begun = Vec::new();
        if !second_click_first {
            // The first window is at the identity provider already when the second Response comes.
            begun.push(read(&browser.get(one.header("location")).await));
        }
        let two = launch(&mut browser, &tile()).await;
        assert_eq!(two.status, 303, "{}", two.body);
        begun.push(read(&browser.get(two.header("location")).await));
        if second_click_first {
            begun.push(read(&browser.get(one.header("location")).await));
        }
        if second_answer_first {
            begun.reverse();
        }
        for begun in &begun {
            let response = world.respond(begun, |_| {});
            home(&world.bring(&mut browser, begun, &response).await);
            assert_eq!(browser.get("/sso/session").await.status, 200);
        }
        assert_eq!(browser.cookie("vestibule-bounced"), None);
    }
    // The second Response comes when the first window has arrived: its fresh start finds the session.
    let mut browser = world.browser();
    home(&click(&world, &mut browser).await);
    home(&click(&world, &mut browser).await);
    // Neither window has a cookie yet when they begin: the first answer gives one to both.
    let mut browser = world.browser();
    launch(&mut browser, &tile()).await;
    let login = browser.cookie("vestibule-login").map(str::to_owned);
    assert!(login.is_some());
    launch(&mut browser, &tile()).await;
    assert_eq!(browser.cookie("vestibule-login"), login.as_deref());
}

#[tokio::test]
async fn it_can_be_refused() {
    let world = Federation::new().await;
    world.set(&[("unsolicited", "refuse")]).await;
    let response = world.encoded(&world.spec(&IdpUser::b_simon()));
    let answer = launch(&mut world.browser(), &response).await;
    world.assert_refused(&answer, "E5").await;
}

#[tokio::test]
async fn it_can_be_accepted_once_and_fresh() {
    let world = Federation::new().await;
    world
        .set(&[("unsolicited", "accept"), ("landing", "/welcome")])
        .await;
    let mut browser = world.browser();
    let response = world.encoded(&world.spec(&IdpUser::b_simon()));
    let answer = launch(&mut browser, &response).await;
    // Never to what the RelayState says.
    assert_eq!(
        (answer.status, answer.header("location")),
        (303, "/welcome"),
        "{}",
        answer.body
    );
    assert_eq!(browser.get("/sso/session").await.status, 200);
    for browser in [&mut browser, &mut world.browser()] {
        let answer = launch(browser, &response).await;
        world.assert_refused(&answer, "E4").await;
    }
    for (age, accepted) in [(480, true), (481, false)] {
        let response = world.encoded(&world.spec(&IdpUser::b_simon()));
        world.app.clock.step(Duration::seconds(age));
        let answer = launch(&mut world.browser(), &response).await;
        if accepted {
            assert_eq!(answer.status, 303, "{age}");
        } else {
            world.assert_refused(&answer, "E5").await;
        }
    }
}

#[tokio::test]
async fn accepting_weakens_nothing() {
    let world = Federation::new().await;
    world.set(&[("unsolicited", "accept")]).await;
    let mut browser = world.browser();
    // An answer is judged as an answer.
    let answer = world
        .sign_in_with(&mut browser, |spec| {
            spec.in_response_to = Some("_unknown".into());
        })
        .await;
    world.assert_refused(&answer, "E1").await;
    // And every check of an assertion stands.
    for (rule, change) in [
        ("D4", "audience"),
        ("D2", "recipient"),
        ("D3", "expired"),
        ("B7", "unsigned"),
    ] {
        let mut spec = world.spec(&IdpUser::b_simon());
        match change {
            "audience" => spec.audiences = vec!["https://other.example".into()],
            "recipient" => spec.recipient = Some("https://other.example/acs".into()),
            "expired" => spec.not_on_or_after = spec.not_before + Duration::seconds(1),
            _ => spec.signed = vestibule::demo_idp::Signed::Nothing,
        }
        let answer = launch(&mut browser, &world.encoded(&spec)).await;
        world.assert_refused(&answer, rule).await;
    }
    // An issuer that is nobody's here.
    let mut spec = world.spec(&IdpUser::b_simon());
    spec.issuer = world.beta_idp.tenant().entity_id.clone();
    let answer = launch(&mut browser, &world.encoded(&spec)).await;
    world.assert_refused(&answer, "D1").await;
}

/// A click on a tile of an identity provider that begins every sign-in by itself; the way round, as a browser goes it.
async fn click(world: &Federation, browser: &mut Browser) -> Answer {
    let bounced = launch(browser, &world.encoded(&world.spec(&IdpUser::b_simon()))).await;
    assert_eq!(bounced.status, 303, "{}", bounced.body);
    let answer = browser.get(bounced.header("location")).await;
    if answer.status == 303 && !answer.header("location").contains("SAMLRequest") {
        return answer;
    }
    let begun = read(&answer);
    let response = world.respond(&begun, |_| {});
    world.bring(browser, &begun, &response).await
}

#[tokio::test]
async fn a_tile_can_be_clicked_again_and_after_signing_out() {
    let world = Federation::new().await;
    let mut browser = world.browser();
    let lands = |answer: &Answer| (answer.status, answer.header("location").to_owned());
    let home = (303, "/".to_owned());
    assert_eq!(lands(&click(&world, &mut browser).await), home);
    assert_eq!(browser.cookie("vestibule-bounced"), None);
    let session = browser.cookie("vestibule-session").map(str::to_owned);

    // Signed in already: no second sign-in, however often.
    for _ in 0..3 {
        assert_eq!(lands(&click(&world, &mut browser).await), home);
        assert_eq!(browser.cookie("vestibule-session"), session.as_deref());
        assert_eq!(browser.cookie("vestibule-bounced"), None);
    }
    // Many clicks at once: the others come while the first is on its way.
    let again = world.encoded(&world.spec(&IdpUser::b_simon()));
    for _ in 0..3 {
        assert_eq!(launch(&mut browser, &again).await.status, 303);
    }
    let page = launch(&mut browser, &again).await;
    assert_eq!(lands(&browser.repost(&page).await), home);
    assert_eq!(browser.cookie("vestibule-session"), session.as_deref());
    let mut starts = Vec::new();
    for _ in 0..2 {
        let answer = launch(&mut browser, &again).await;
        assert_eq!(answer.status, 303);
        starts.push(answer.header("location").to_owned());
    }
    assert_eq!(lands(&browser.get(&starts[0]).await), home);
    // The mark has ended with the first; the second asks the identity provider, and arrives as well.
    let begun = read(&browser.get(&starts[1]).await);
    let response = world.respond(&begun, |_| {});
    assert_eq!(
        lands(&world.bring(&mut browser, &begun, &response).await),
        home
    );
    assert_eq!(browser.get("/sso/session").await.status, 200);

    let page = browser.get("/sso/logout").await;
    let csrf = hidden_field(&page.body, "csrf").unwrap();
    browser.post("/sso/logout", &[("csrf", &csrf)]).await;
    assert_eq!(browser.get("/sso/session").await.status, 401);
    assert_eq!(lands(&click(&world, &mut browser).await), home);
    assert_eq!(browser.get("/sso/session").await.status, 200);

    // The user has to be asked again: a session is no answer to that.
    launch(&mut browser, &again).await;
    let asked = browser.get("/sso/login?connection=entra&force=1").await;
    assert!(read(&asked).xml.contains("ForceAuthn=\"true\""));
}

#[tokio::test]
async fn who_signed_in_here_before_is_not_sent_round_either() {
    let world = Federation::new().await;
    let mut browser = world.signed_in().await;
    browser.forget("vestibule-session");
    let again = world.encoded(&world.spec(&IdpUser::b_simon()));
    for _ in 0..3 {
        assert_eq!(launch(&mut browser, &again).await.status, 303);
        browser.get("/sso/login?connection=entra").await;
    }
    // Nobody knows yet whether a session's cookie was kept back.
    let page = launch(&mut browser, &again).await;
    let answer = browser.repost(&page).await;
    world.assert_refused(&answer, "E5").await;
}

#[tokio::test]
async fn of_two_connections_with_one_entity_id_the_last_used_is_meant() {
    let world = Federation::new().await;
    let second = world.connect(&world.idp, "partner", |_| {}).await;
    let response = world.encoded(&world.spec(&IdpUser::b_simon()));

    // Nothing tells which is meant: the user chooses, and that is no way round.
    let mut browser = world.browser();
    for _ in 0..2 {
        let answer = launch(&mut browser, &response).await;
        assert_eq!(
            (answer.status, answer.header("location")),
            (303, "/sign-in")
        );
    }
    let page = browser.get("/sign-in").await;
    assert!(page.body.contains("/sso/login?connection=partner"));
    for name in ["entra", "partner", "entra"] {
        let path = format!("/sso/login?connection={name}");
        let begun = begin(&mut browser, &path).await;
        let answer = world
            .bring(&mut browser, &begun, &world.respond(&begun, |_| {}))
            .await;
        if name == "partner" {
            // The account is bound to the other one.
            assert_eq!(answer.status, 403);
            continue;
        }
        assert_eq!(answer.status, 303, "{}", answer.body);
        let answer = launch(&mut browser, &response).await;
        assert_eq!(answer.header("location"), path);
        let answer = browser.get(&path).await;
        assert_eq!((answer.status, answer.header("location")), (303, "/"));
    }
    // What is none of them leads to a choice.
    for odd in [second.id.to_string().as_str(), "zzz"] {
        browser.keep("vestibule-through", odd);
        let answer = launch(&mut browser, &response).await;
        let expected = if odd == "zzz" {
            "/sign-in"
        } else {
            "/sso/login?connection=partner"
        };
        assert_eq!(answer.header("location"), expected);
        browser.forget("vestibule-bounced");
    }
}

/// Two applications of one tenant have one issuer: the one whose key and audience fit judges.
#[tokio::test]
async fn of_two_connections_with_one_issuer_the_one_that_fits_judges() {
    let world = Federation::new().await;
    // The same issuer, another key, and a connection of its own that accepts what nobody asked for.
    let idp = identity_provider::contoso_again(&world.app.clock);
    let accepts = |second: &mut Connection| {
        for (key, value) in [
            ("unsolicited", "accept"),
            ("landing", "/second"),
            ("extra_audiences", "urn:second"),
        ] {
            second.set(key, value).unwrap();
        }
        second.sort_order = 9;
    };
    let second = world.connect(&idp, "second", accepts).await;
    world.set(&[("unsolicited", "refuse")]).await;
    let mut browser = world.browser();
    let mut spec = world.spec(&IdpUser::b_simon());
    spec.audiences = vec!["urn:second".into()];
    let response = BASE64_STANDARD.encode(idp.respond(&spec).unwrap());
    let answer = launch(&mut browser, &response).await;
    assert_eq!((answer.status, answer.header("location")), (303, "/second"));
    let session = browser.get("/sso/session").await.body;
    assert!(session.contains(r#""connection":"second""#), "{session}");

    // The first one's own is judged by the first, and refused as that says.
    let answer = launch(
        &mut world.browser(),
        &world.encoded(&world.spec(&IdpUser::b_simon())),
    )
    .await;
    let attempt = world.assert_refused(&answer, "E5").await;
    assert_eq!(attempt.connection_id, Some(world.entra.id));

    // What fits neither is refused by the one that it fits better.
    let mut spec = world.spec(&IdpUser::b_simon());
    spec.audiences = vec!["urn:third".into()];
    let response = BASE64_STANDARD.encode(idp.respond(&spec).unwrap());
    let answer = launch(&mut world.browser(), &response).await;
    let attempt = world.assert_refused(&answer, "D4").await;
    assert_eq!(attempt.connection_id, Some(second.id));
}
