//! The way of a session to an application's host (rules Q29 to Q34).

use time::Duration;

use super::{ACME_ORIGIN, APP, Gate, below};
use crate::support::Browser;

#[tokio::test]
async fn a_browser_comes_to_the_page_that_it_wanted() {
    let gate = Gate::new().await;
    let (mut at_app, mut at_acme) = (gate.at_application(), gate.browser());
    let nobody = gate.check(&at_app, "/orders?id=7&x=a%20b").await;
    assert_eq!(nobody.status, 401);
    let start = below(&nobody, APP);
    assert_eq!(start, "/.vestibule/start?rd=/orders%3Fid%3D7%26x%3Da%2520b");

    let finished = gate.led_through(&mut at_app, &mut at_acme, &start).await;
    assert_eq!(
        (finished.status, finished.header("location")),
        (303, "/orders?id=7&x=a%20b"),
        "{}",
        finished.body
    );
    assert_eq!(finished.header("cache-control"), "no-store");
    assert_eq!(finished.header("referrer-policy"), "no-referrer");
    let value = at_app.cookie("vestibule-gate").unwrap();
    assert_eq!(value.len(), 43, "256 bits");
    assert!(!at_app.cookies().contains("vestibule-start"), "it is over");

    let allowed = gate.check(&at_app, "/orders?id=7").await;
    assert_eq!(allowed.status, 200, "{}", allowed.body);
    let user = gate.user("b.simon@contoso.com").await.unwrap();
    assert_eq!(allowed.header("remote-user"), user.id.to_string());
    assert_eq!(allowed.header("vestibule-company"), "acme");
    assert_eq!(allowed.header("remote-groups"), "SSO Basic");
    assert!(allowed.body.is_empty() && allowed.header("set-cookie").is_empty());

    // The next application, or the next tab, asks nobody anything.
    let mut other = gate.at_application();
    let again = gate
        .led_through(&mut other, &mut at_acme, "/.vestibule/start?rd=/b")
        .await;
    assert_eq!(again.header("location"), "/b");
}

// Q29
#[tokio::test]
async fn who_is_signed_in_there_is_led_back_once() {
    let gate = Gate::new().await;
    let (mut at_app, _) = gate.signed_in_there().await;
    let back = at_app.get("/.vestibule/start?rd=/a").await;
    assert_eq!((back.status, back.header("location")), (303, "/a"));
    let round = at_app.get("/.vestibule/start?rd=/a").await;
    assert_eq!(round.status, 409);
    assert!(round.body.contains("the application did not notice"));
    let elsewhere = at_app.get("/.vestibule/start?rd=/b").await;
    assert_eq!(elsewhere.header("location"), "/b");
}

// Q29, Q32
#[tokio::test]
async fn a_hand_over_leads_back_to_the_applications_own_pages() {
    let gate = Gate::new().await;
    let mut at_acme = gate.signed_in().await;
    for rd in [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example/",
        "/a%0d%0ab/../../x",
        "/.vestibule/start",
        "evil",
        "",
    ] {
        let mut at_app = gate.at_application();
        let rd: String = form_urlencoded::byte_serialize(rd.as_bytes()).collect();
        let start = format!("/.vestibule/start?rd={rd}");
        let finished = gate.led_through(&mut at_app, &mut at_acme, &start).await;
        let location = finished.header("location");
        assert!(
            location.starts_with('/') && !location.starts_with("//"),
            "{location}"
        );
        assert!(
            !location.contains("evil") && !location.contains(".."),
            "{location}"
        );
    }
    let long = format!("/{}", "a".repeat(1_900));
    let mut at_app = gate.at_application();
    let start = format!("/.vestibule/start?rd={long}");
    let mut stranger = gate.browser();
    let finished = gate.led_through(&mut at_app, &mut stranger, &start).await;
    assert_eq!(finished.header("location"), long);
}

// Q31
#[tokio::test]
async fn a_code_is_for_the_browser_that_asked() {
    let gate = Gate::new().await;
    let (mut attacker, mut at_acme) = (gate.at_application(), gate.browser());
    let code = gate
        .code(&mut attacker, &mut at_acme, "/.vestibule/start?rd=/")
        .await;
    // A victim who follows the attacker's way to the end holds no cookie of it.
    let mut victim = gate.at_application();
    let shown = victim.get(&code).await;
    assert_eq!(shown.status, 400);
    assert!(
        shown.body.contains("This sign-in is over"),
        "{}",
        shown.body
    );
    assert!(victim.cookie("vestibule-gate").is_none());
    // And it is dead by then.
    let late = attacker.get(&code).await;
    assert_eq!(late.status, 400);
    assert!(attacker.cookie("vestibule-gate").is_none());
    assert_eq!(gate.check(&attacker, "/").await.status, 401);
}

// Q31
#[tokio::test]
async fn a_code_that_is_shown_again_ends_what_it_made_unless_it_is_the_same_browser() {
    let gate = Gate::new().await;
    let (mut at_app, mut at_acme) = (gate.at_application(), gate.browser());
    let code = gate
        .code(&mut at_app, &mut at_acme, "/.vestibule/start?rd=/orders")
        .await;
    assert_eq!(at_app.get(&code).await.header("location"), "/orders");
    let back_button = at_app.get(&code).await;
    assert_eq!(
        (back_button.status, back_button.header("location")),
        (303, "/orders")
    );
    assert_eq!(gate.check(&at_app, "/").await.status, 200);
    let mut thief = gate.at_application();
    assert_eq!(thief.get(&code).await.status, 400);
    assert_eq!(gate.check(&at_app, "/").await.status, 401, "it has ended");
}

// Q30
#[tokio::test]
async fn a_code_and_a_hand_over_have_their_time() {
    let gate = Gate::new().await;
    let (mut at_app, mut at_acme) = (gate.at_application(), gate.browser());
    let code = gate
        .code(&mut at_app, &mut at_acme, "/.vestibule/start?rd=/")
        .await;
    gate.app.clock.step(Duration::seconds(61));
    assert_eq!(at_app.get(&code).await.status, 400);

    let started = at_app.get("/.vestibule/start?rd=/").await;
    let hand_over = below(&started, ACME_ORIGIN);
    gate.app.clock.step(Duration::minutes(11));
    let over = at_acme.get(&hand_over).await;
    assert_eq!(over.status, 400);
    assert!(over.body.contains("This sign-in is over"), "{}", over.body);
    let forged = at_acme.get("/sso/hand-over?state=AAAA").await;
    assert_eq!(forged.status, 400);
}

// Q31: other than a session of this code, none.
#[tokio::test]
async fn what_is_no_code_is_told_the_same() {
    let gate = Gate::new().await;
    let mut at_app = gate.at_application();
    for code in ["", "AAAA", &"A".repeat(43), "../..", &"%41".repeat(43)] {
        let answer = at_app.get(&format!("/.vestibule/finish?code={code}")).await;
        assert_eq!(answer.status, 400, "{code}");
    }
    assert_eq!(at_app.get("/.vestibule/finish").await.status, 400);
}

// Q34
#[tokio::test]
async fn several_tabs_do_not_disturb_each_other() {
    let gate = Gate::new().await;
    let (mut at_app, mut at_acme) = (gate.at_application(), gate.signed_in().await);
    let first = gate
        .code(&mut at_app, &mut at_acme, "/.vestibule/start?rd=/first")
        .await;
    let second = gate
        .code(&mut at_app, &mut at_acme, "/.vestibule/start?rd=/second")
        .await;
    assert_eq!(at_app.get(&second).await.header("location"), "/second");
    assert_eq!(at_app.get(&first).await.header("location"), "/first");
    assert_eq!(gate.check(&at_app, "/").await.status, 200);
    // The former gate session of this browser has ended: there is one.
    let sessions = gate.app.store.gate_sessions(gate.application.id).await;
    assert_eq!(sessions.unwrap(), 1);
}

// Q29: the address is for people.
#[tokio::test]
async fn a_program_does_not_start() {
    let gate = Gate::new().await;
    let mut at_app = gate.at_application();
    let program = [
        ("sec-fetch-mode", "cors"),
        ("sec-fetch-site", "same-origin"),
    ];
    let answer = at_app.get_with("/.vestibule/start", &program).await;
    assert_eq!(answer.status, 400);
    assert!(answer.header("set-cookie").is_empty());
}

#[tokio::test]
async fn the_hosts_answer_for_themselves_only() {
    let gate = Gate::new().await;
    let mut elsewhere = Browser::new(&gate.router, "other.localhost:9000");
    assert_eq!(elsewhere.get("/.vestibule/start").await.status, 421);
    assert_eq!(gate.browser().get("/.vestibule/start").await.status, 421);
    assert_eq!(gate.at_application().get("/sso/login").await.status, 421);
}

#[tokio::test]
async fn one_session_has_so_many_codes_and_gate_sessions() {
    let gate = Gate::new().await;
    let mut at_acme = gate.signed_in().await;
    let (mut first, mut at_app) = (gate.at_application(), gate.at_application());
    gate.led_through(&mut first, &mut at_acme, "/.vestibule/start?rd=/")
        .await;
    for _ in 0..64 {
        gate.app.clock.step(Duration::SECOND);
        at_app = gate.at_application();
        gate.led_through(&mut at_app, &mut at_acme, "/.vestibule/start?rd=/")
            .await;
    }
    let sessions = gate.app.store.gate_sessions(gate.application.id).await;
    assert_eq!(sessions.unwrap(), 64);
    assert_eq!(gate.check(&at_app, "/").await.status, 200);
    assert_eq!(gate.check(&first, "/").await.status, 401, "the oldest");

    let mut codes = Vec::new();
    for _ in 0..33 {
        gate.app.clock.step(Duration::SECOND);
        let (mut tab, start) = (gate.at_application(), "/.vestibule/start?rd=/");
        let code = gate.code(&mut tab, &mut at_acme, start).await;
        codes.push((tab, code));
    }
    let (oldest, newest) = (codes.remove(0), codes.remove(31));
    for ((mut tab, code), status) in [(oldest, 400), (newest, 303)] {
        assert_eq!(tab.get(&code).await.status, status);
    }
}

// Q48
#[tokio::test]
async fn who_sent_something_when_the_session_had_ended_is_told() {
    let gate = Gate::new().await;
    let (mut at_app, mut at_acme) = (gate.at_application(), gate.browser());
    let sent = [
        ("sec-fetch-mode", "navigate"),
        ("sec-fetch-dest", "document"),
        ("sec-fetch-site", "same-origin"),
        ("referer", "http://app.localhost:9000/orders/7"),
    ];
    let nobody = gate.check_with(&at_app, "POST", "/orders", &sent).await;
    let start = below(&nobody, APP);
    assert_eq!(start, "/.vestibule/start?rd=/orders/7&lost=1");
    let told = gate.led_through(&mut at_app, &mut at_acme, &start).await;
    assert_eq!(told.status, 200, "{}", told.body);
    assert!(told.body.contains("was not done"), "{}", told.body);
    assert!(told.body.contains("href=\"/orders/7\""), "{}", told.body);
    assert_eq!(gate.check(&at_app, "/orders/7").await.status, 200);
}
