//! The main job, on both databases: from the sign-on URL to a session and out again.

use time::Duration;
use vestibule::config::Secret;
use vestibule::demo_idp::ResponseSpec;

use crate::store::database::{Database, on_both};
use crate::support::identity_provider::{begin, claim, read};
use crate::support::{ACME_ORIGIN, Federation};

const SURNAME: &str = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/surname";

on_both!(a_sign_in);

async fn a_sign_in(database: &Database) {
    let world = Federation::with(ACME_ORIGIN, |config| {
        config.database.url = Some(Secret::new(database.url()));
    })
    .await;
    let mut browser = world.browser();
    let nobody = browser.get("/sso/session").await;
    assert_eq!(nobody.status, 401);
    assert_eq!(nobody.header("content-type"), "application/json");

    // One connection: the sign-on URL starts at once.
    let begun = begin(&mut browser, "/").await;
    assert_eq!(begun.destination, world.idp.tenant().saml_url());
    assert!(begun.id.len() >= 33, "rule E1: {}", begun.id);
    assert!(begun.relay_state.as_ref().unwrap().len() <= 80, "rule E3");
    let response = world.respond(&begun, |_| {});
    let answer = world.bring(&mut browser, &begun, &response).await;
    assert_eq!(
        (answer.status, answer.header("location")),
        (303, "/"),
        "{}",
        answer.body
    );
    let cookie = answer.header("set-cookie").to_owned();
    let (value, attributes) = cookie.split_once(';').unwrap();
    assert_eq!(attributes, " Path=/; HttpOnly; SameSite=Lax");
    assert_eq!(value.len(), "vestibule-session=".len() + 22);

    let who = browser.get("/sso/session").await;
    assert_eq!((who.status, who.header("cache-control")), (200, "no-store"));
    let id = world.user("b.simon@contoso.com").await.unwrap().id;
    assert_eq!(
        who.body.replace(&id.to_string(), "ID"),
        r#"{"id":"ID","email":"b.simon@contoso.com","first_name":"B.","last_name":"Simon","company":"acme","company_name":"ACME","groups":["SSO Basic"],"connection":"entra","signed_in_at":"2026-03-01T12:00:00Z","auth_time":"2026-03-01T12:00:00Z","acr":"urn:oasis:names:tc:SAML:2.0:ac:classes:Password","expires_at":"2026-03-02T00:00:00Z"}"#
    );
    let page = browser.get("/").await;
    for text in ["You are signed in", "B. Simon", "SSO Basic", "ENTRA"] {
        assert!(page.body.contains(text), "{text}: {}", page.body);
    }
    let choice = browser.get("/sign-in").await;
    let known = "You are signed in as <strong>b.simon@contoso.com</strong>";
    assert!(choice.body.contains(known), "{}", choice.body);
    let choice = world.browser().get("/sign-in").await;
    assert!(!choice.body.contains("You are signed in"));
    let icon = world.browser().get("/favicon.ico").await;
    assert_eq!(
        (icon.status, icon.header("content-type")),
        (200, "image/svg+xml")
    );

    // The session is at this company only, and the account is found again.
    let mut elsewhere = world.browser_at(&world.beta);
    elsewhere.keep(
        "vestibule-session",
        browser.cookie("vestibule-session").unwrap(),
    );
    assert_eq!(elsewhere.get("/sso/session").await.status, 401);
    world.app.clock.step(Duration::hours(1));
    let again = world.signed_in().await;
    assert_ne!(
        again.cookie("vestibule-session"),
        browser.cookie("vestibule-session")
    );
    let users = world.app.store.users(world.acme.id).await.unwrap();
    assert_eq!(users.len(), 1);

    // Out again, by the form of the page.
    let csrf = crate::support::hidden_field(&page.body, "csrf").unwrap();
    let out = browser.post("/sso/logout", &[("csrf", &csrf)]).await;
    assert_eq!(out.status, 200);
    assert_eq!(browser.cookie("vestibule-session"), None);
    assert_eq!(browser.get("/sso/session").await.status, 401);
    world.app.store.close().await;
}

/// The shape of a test of a whole sign-in (docs/architecture.md, "How to write a test").
#[tokio::test]
async fn who_married_has_the_new_name_after_the_next_sign_in() {
    let world = Federation::new().await;
    world.signed_in().await;
    let mut browser = world.browser();
    let married = |spec: &mut ResponseSpec| claim(spec, SURNAME, &["Miller"]);
    let answer = world.sign_in_with(&mut browser, married).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    let page = browser.get("/").await;
    assert!(page.body.contains("B. Miller"), "{}", page.body);
}

#[tokio::test]
async fn over_https_cookies_carry_the_host_prefix() {
    let world = Federation::with("https://acme.example.com", |_| {}).await;
    let mut browser = world.browser();
    let start = browser.get("/sso/login").await;
    let cookie = start.header("set-cookie");
    let (name, rest) = cookie.split_once('=').unwrap();
    assert_eq!(name, "__Host-vestibule-login");
    assert_eq!(
        rest.split_once(';').unwrap().1,
        " Path=/; HttpOnly; SameSite=None; Secure; Max-Age=3600"
    );
    let begun = read(&start);
    let response = world.respond(&begun, |_| {});
    let answer = world.bring(&mut browser, &begun, &response).await;
    let cookie = answer.header("set-cookie");
    assert!(cookie.starts_with("__Host-vestibule-session="), "{cookie}");
    assert!(
        cookie.ends_with("; Path=/; HttpOnly; SameSite=Lax; Secure"),
        "{cookie}"
    );
    assert_eq!(browser.get("/sso/session").await.status, 200);
}
