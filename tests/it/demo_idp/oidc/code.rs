//! A code is redeemed once, in time, by the application that asked for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use time::Duration;
use vestibule::demo_idp::{DemoConfig, DemoIdp, OidcApp};

use super::{
    Browser, CLIENT, NONCE, REDIRECT, STATE, Story, code_request, field, jws, oidc_app, redemption,
    set,
};
use crate::demo_idp::{IDP_KEY, NOW, random};

#[tokio::test]
async fn the_whole_way() {
    let mut story = Story::new(oidc_app());
    let reply = story.sign_in(&code_request()).await;
    let names: Vec<&str> = reply.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["code", "state", "session_state"]);
    assert_eq!(field(&reply, "state"), Some(STATE));
    let code = field(&reply, "code").unwrap();
    assert!(code.len() > 1_000);

    let tokens = story.redeem(&redemption(code)).await;
    assert_eq!(tokens.status, 200, "{tokens:?}");
    assert_eq!(tokens.text("token_type"), "Bearer");
    assert!(tokens.json.get("refresh_token").is_none());
    let claims = jws::verify(story.idp(), tokens.text("id_token"));
    assert_eq!(claims["aud"], CLIENT);
    assert_eq!(claims["iss"], story.idp().tenant().issuer());
    assert_eq!(claims["nonce"], NONCE);

    // The second application of the session gets its code at once.
    let silent = super::reply(&story.ask(&code_request()).await);
    assert_eq!(
        field(&silent, "session_state"),
        field(&reply, "session_state")
    );
}

#[tokio::test]
async fn a_code_is_redeemed_once() {
    let mut story = Story::new(oidc_app());
    let form = redemption(&story.code().await);
    assert_eq!(story.redeem(&form).await.status, 200);
    let again = story.redeem(&form).await;
    assert_eq!(again.refusal(), (400, "invalid_grant", 54_005));
}

#[tokio::test]
async fn a_code_lasts_ten_minutes() {
    let minutes = Arc::new(AtomicI64::new(0));
    let clock = Arc::clone(&minutes);
    let idp = DemoIdp::new(DemoConfig::contoso(
        "http://login.localhost:8090",
        IDP_KEY.clone(),
        Arc::new(move || NOW + Duration::minutes(clock.load(Ordering::Relaxed))),
        random(),
    ));
    idp.register_oidc(oidc_app());
    let mut story = Story {
        browser: Browser::new(idp),
    };
    let form = redemption(&story.code().await);
    minutes.store(10, Ordering::Relaxed);
    let late = story.redeem(&form).await;
    assert_eq!(late.refusal(), (400, "invalid_grant", 70_008));
}

#[tokio::test]
async fn what_does_not_fit_the_request_is_refused() {
    let cases = [
        (
            "code_verifier",
            Some("another"),
            (400, "invalid_grant", 501_481),
        ),
        ("code_verifier", None, (400, "invalid_grant", 501_481)),
        (
            "redirect_uri",
            Some("http://acme.localhost:8080/sso/oidc/callback/k3y/"),
            (401, "invalid_client", 500_112),
        ),
        ("redirect_uri", None, (400, "invalid_request", 900_144)),
        (
            "code",
            Some("1.nobody.has-it"),
            (400, "invalid_grant", 9_002_313),
        ),
        ("code", None, (400, "invalid_request", 900_144)),
        ("grant_type", None, (400, "invalid_request", 900_144)),
        (
            "grant_type",
            Some("password"),
            (400, "unsupported_grant_type", 70_003),
        ),
    ];
    for (name, value, expected) in cases {
        let mut story = Story::new(oidc_app());
        let mut form = redemption(&story.code().await);
        set(&mut form, name, value.map(str::to_owned));
        let answer = story.redeem(&form).await;
        assert_eq!(answer.refusal(), expected, "{name} {value:?}");
    }
}

#[tokio::test]
async fn a_code_of_another_application_is_refused() {
    let mut story = Story::new(oidc_app());
    let other = "99992222-bbbb-4333-8ccc-4444dddd5555";
    let app = OidcApp::new(other, "Other", REDIRECT).with_secret("other");
    story.idp().register_oidc(app);
    let mut form = redemption(&story.code().await);
    set(&mut form, "client_id", Some(other.to_owned()));
    set(&mut form, "client_secret", Some("other".to_owned()));
    let answer = story.redeem(&form).await;
    assert_eq!(answer.refusal(), (400, "invalid_grant", 70_000));
}

#[tokio::test]
async fn a_refresh_token_comes_with_offline_access_only() {
    let mut story = Story::new(oidc_app());
    let mut parameters = code_request();
    set(
        &mut parameters,
        "scope",
        Some("openid profile offline_access"),
    );
    let reply = story.sign_in(&parameters).await;
    let tokens = story
        .redeem(&redemption(field(&reply, "code").unwrap()))
        .await;
    assert_eq!(tokens.text("scope"), "openid profile");
    let mut form = redemption("");
    set(&mut form, "code", None);
    set(&mut form, "grant_type", Some("refresh_token".to_owned()));
    form.push(("refresh_token", tokens.text("refresh_token").to_owned()));
    let fresh = story.redeem(&form).await;
    assert_eq!(fresh.status, 200, "{fresh:?}");
    let claims = jws::verify(story.idp(), fresh.text("id_token"));
    assert!(!claims.contains_key("nonce"));
    assert_ne!(fresh.text("refresh_token"), tokens.text("refresh_token"));

    set(&mut form, "refresh_token", Some("guessed".to_owned()));
    let guessed = story.redeem(&form).await;
    assert_eq!(guessed.refusal(), (400, "invalid_grant", 9_002_313));
}

#[tokio::test]
async fn the_token_endpoint_takes_posts_of_this_tenant_without_an_origin() {
    let mut story = Story::new(oidc_app());
    let address = story.address("token");
    let page = story.browser.get(&address).await;
    assert!(page.text.contains("AADSTS900561"));
    let elsewhere = "/11111111-2222-3333-4444-555555555555/oauth2/v2.0/token";
    let page = story.browser.post(elsewhere, &[]).await;
    assert!(page.text.contains("AADSTS90002"));
}
