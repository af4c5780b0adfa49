//! Rule E5: a Response that nobody asked for.

use time::Duration;
use vestibule::demo_idp::User;

use super::world::{World, read};
use crate::support::{Answer, Browser};

async fn launch(browser: &mut Browser, response: &str) -> Answer {
    let fields = [("SAMLResponse", response), ("RelayState", "/somewhere")];
    browser.post_from_elsewhere("/sso/acs", &fields).await
}

#[tokio::test]
async fn by_default_it_is_dropped_and_a_fresh_sign_in_starts() {
    let world = World::new().await;
    let mut browser = world.browser();
    let response = world.encoded(&world.spec(&User::b_simon()));
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
    let mut spec = world.spec(&User::b_simon());
    spec.audiences.clear();
    let mut browser = world.browser();
    assert_eq!(
        launch(&mut browser, &world.encoded(&spec)).await.status,
        303
    );
}

#[tokio::test]
async fn an_identity_provider_that_never_answers_does_not_send_the_browser_round() {
    let world = World::new().await;
    let mut browser = world.browser();
    let spec = || world.encoded(&world.spec(&User::b_simon()));
    assert_eq!(launch(&mut browser, &spec()).await.status, 303);
    browser.get("/sso/login?connection=entra").await;
    let answer = launch(&mut browser, &spec()).await;
    world.assert_refused(&answer, "E5").await;
}

#[tokio::test]
async fn it_can_be_refused() {
    let world = World::new().await;
    world.set(&[("unsolicited", "refuse")]).await;
    let response = world.encoded(&world.spec(&User::b_simon()));
    let answer = launch(&mut world.browser(), &response).await;
    world.assert_refused(&answer, "E5").await;
}

#[tokio::test]
async fn it_can_be_accepted_once_and_fresh() {
    let world = World::new().await;
    world
        .set(&[("unsolicited", "accept"), ("landing", "/welcome")])
        .await;
    let mut browser = world.browser();
    let response = world.encoded(&world.spec(&User::b_simon()));
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
        let response = world.encoded(&world.spec(&User::b_simon()));
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
    let world = World::new().await;
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
        let mut spec = world.spec(&User::b_simon());
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
    let mut spec = world.spec(&User::b_simon());
    spec.issuer = world.beta_idp.tenant().entity_id.clone();
    let answer = launch(&mut browser, &world.encoded(&spec)).await;
    world.assert_refused(&answer, "D1").await;
}
