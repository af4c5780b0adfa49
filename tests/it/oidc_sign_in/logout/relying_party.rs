//! A sign-out that begins here (rule T2).

use std::collections::BTreeMap;

use url::Url;
use vestibule::domain::Settings;
use vestibule::oidc::{Cloud, Issuer};

use crate::oidc_sign_in::logout_world::{ACME, Answer, CLIENT_ID, END_SESSION, Provided};
use crate::support::hidden_field;

const SIGNED_OUT: &str = "/sso/oidc/signed-out";
const HINT: &str = "head.claims.signature";

/// Signs out by the page's own form.
async fn sign_out(world: &Provided, cookie: &str) -> Answer {
    let page = world.fetch("/sso/logout", cookie).await;
    let csrf = hidden_field(&page.body, "csrf").unwrap();
    world.post("/sso/logout", cookie, &[("csrf", &csrf)]).await
}

fn parameters(answer: &Answer) -> BTreeMap<String, String> {
    assert_eq!(answer.status, 303, "{}", answer.body);
    let url = Url::parse(answer.header("location")).unwrap();
    url.query_pairs().into_owned().collect()
}

fn told(settings: &mut Settings) {
    settings.single_logout = true;
}

#[tokio::test]
async fn by_default_it_ends_here() {
    let world = Provided::new().await;
    let here = world
        .sign_in_with(&world.idp, "ada", "s1", Some(HINT))
        .await;
    let answer = sign_out(&world, &here).await;
    assert_eq!(answer.status, 200);
    assert!(!world.is_live(ACME, &here).await);
}

#[tokio::test]
async fn the_session_ends_first_and_the_provider_gets_its_token_back() {
    let world = Provided::with(told).await;
    let here = world
        .sign_in_with(&world.idp, "ada", "s1", Some(HINT))
        .await;
    let page = world.fetch("/sso/logout", &here).await;
    let policy = page.header("content-security-policy");
    assert!(policy.ends_with("form-action 'self' http:"), "{policy}");
    let answer = sign_out(&world, &here).await;
    assert!(answer.header("location").starts_with(END_SESSION));
    assert!(answer.header("set-cookie").contains("Max-Age=0"));
    let mut sent = parameters(&answer);
    assert!(sent.remove("state").unwrap().len() >= 43);
    let expected = [
        ("tenant", "1"),
        ("client_id", CLIENT_ID),
        ("id_token_hint", HINT),
        ("post_logout_redirect_uri", &world.acme.signed_out_url()),
    ];
    let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(sent, BTreeMap::from(expected));
    assert!(!world.is_live(ACME, &here).await);
    // What comes back finds nobody.
    assert_eq!(world.fetch(SIGNED_OUT, "").await.status, 200);
}

#[tokio::test]
async fn entra_gets_its_own_hint() {
    let tenant: &str = "8eaef023-2b34-4da1-9baa-8bc8c9d6a490";
    let world = Provided::with(|settings| {
        told(settings);
        settings.oidc_mut().unwrap().issuer = Issuer::EntraTenant {
            cloud: Cloud::Global,
            tenant: tenant.parse().unwrap(),
        };
    })
    .await;
    let here = world
        .sign_in_with(&world.idp, "ada", "s1", Some("O.opaque"))
        .await;
    let sent = parameters(&sign_out(&world, &here).await);
    assert_eq!(
        sent.get("logout_hint").map(String::as_str),
        Some("O.opaque")
    );
    assert!(!sent.contains_key("id_token_hint"));
}

#[tokio::test]
async fn another_client_gets_no_token_of_the_one_before() {
    let world = Provided::with(told).await;
    let here = world
        .sign_in_with(&world.idp, "ada", "s1", Some(HINT))
        .await;
    let store = &world.app.store;
    let mut changed = store.connection(world.idp.id).await.unwrap().unwrap();
    changed.settings.oidc_mut().unwrap().client_id = "new".to_owned();
    let now = world.app.clock.now();
    assert!(store.update_connection(&changed, now).await.unwrap());
    world.app.catch_up().await.unwrap();
    let sent = parameters(&sign_out(&world, &here).await);
    assert_eq!(sent.get("client_id").map(String::as_str), Some("new"));
    assert!(!sent.contains_key("id_token_hint"));
}

#[tokio::test]
async fn a_token_that_fits_no_address_is_not_kept() {
    let world = Provided::with(told).await;
    let long = "t".repeat(4097);
    let here = world
        .sign_in_with(&world.idp, "ada", "s1", Some(&long))
        .await;
    let sent = parameters(&sign_out(&world, &here).await);
    assert!(!sent.contains_key("id_token_hint"));
}

#[tokio::test]
async fn signed_out_state_other() {
    let world = Provided::with(told).await;
    let plain = world.fetch(SIGNED_OUT, "").await;
    assert_eq!(plain.status, 200);
    assert!(
        plain.body.contains("You may still be signed in"),
        "{}",
        plain.body
    );
    for query in ["?state=", "?state=other", "?state=a&state=b"] {
        let answer = world.fetch(&format!("{SIGNED_OUT}{query}"), "").await;
        assert_eq!((answer.status, &answer.body), (200, &plain.body), "{query}");
    }
    // Who has signed in again is not told to be signed out, and is not signed out.
    let here = world.sign_in(&world.idp, "ada", "s1").await;
    let answer = world.fetch(SIGNED_OUT, &here).await;
    assert_eq!(
        (answer.status, answer.header("location")),
        (303, "/sso/logout")
    );
    assert!(world.is_live(ACME, &here).await);
}

#[tokio::test]
async fn signed_out_evil_target() {
    let world = Provided::with(told).await;
    let plain = world.fetch(SIGNED_OUT, "").await;
    for name in [
        "state",
        "return_to",
        "post_logout_redirect_uri",
        "target_link_uri",
    ] {
        let path = format!("{SIGNED_OUT}?{name}=https%3A%2F%2Fevil.example%2F");
        let answer = world.fetch(&path, "").await;
        assert_eq!((answer.status, &answer.body), (200, &plain.body), "{name}");
        assert!(!answer.headers.contains_key("location"), "{name}");
    }
}
