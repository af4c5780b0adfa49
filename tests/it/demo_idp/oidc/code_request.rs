//! The authorization endpoint: what it takes, what stops on its page, and what goes back.

use axum::http::StatusCode;
use vestibule::demo_idp::IdpUser;

use super::{REDIRECT, STATE, Story, code_request, field, oidc_app, reply, set};

#[tokio::test]
async fn until_the_redirect_uri_is_known_a_refusal_stays_here() {
    let cases = [
        ("client_id", None, "AADSTS900144"),
        ("client_id", Some("nobody"), "AADSTS700016"),
        ("redirect_uri", None, "AADSTS900144"),
        (
            "redirect_uri",
            Some("http://acme.localhost:8080/SSO"),
            "AADSTS50011",
        ),
        ("response_mode", Some("fragment"), "AADSTS70007"),
        (
            "resource",
            Some("https://graph.microsoft.com"),
            "AADSTS901002",
        ),
        ("scope", None, "AADSTS900144"),
        ("response_type", None, "AADSTS900144"),
    ];
    for (name, value, expected) in cases {
        let mut story = Story::new(oidc_app());
        let mut parameters = code_request();
        set(&mut parameters, name, value);
        let page = story.ask(&parameters).await;
        assert_eq!(page.status, StatusCode::BAD_REQUEST, "{name}");
        assert!(page.text.contains(expected), "{name}: {}", page.text);
    }
}

#[tokio::test]
async fn a_parameter_that_comes_twice_is_refused() {
    let mut story = Story::new(oidc_app());
    let mut parameters = code_request();
    parameters.push(("state", "another"));
    let page = story.ask(&parameters).await;
    assert!(page.text.contains("AADSTS90023"), "{}", page.text);
}

#[tokio::test]
async fn what_cannot_be_met_goes_back() {
    let cases = [
        (
            "response_type",
            Some("id_token"),
            "unsupported_response_type",
            "AADSTS700054",
        ),
        (
            "response_type",
            Some("magic"),
            "unsupported_response_type",
            "AADSTS70007",
        ),
        ("scope", Some("profile"), "invalid_scope", "AADSTS70011"),
        (
            "scope",
            Some("openid magic"),
            "invalid_scope",
            "AADSTS70011",
        ),
        (
            "code_challenge_method",
            Some("plain"),
            "invalid_request",
            "AADSTS501491",
        ),
        (
            "code_challenge_method",
            None,
            "invalid_request",
            "AADSTS501491",
        ),
        (
            "code_challenge",
            Some("short"),
            "invalid_request",
            "AADSTS501491",
        ),
        ("prompt", Some("magic"), "invalid_request", "AADSTS90023"),
        ("max_age", Some("-1"), "invalid_request", "AADSTS90023"),
        (
            "request_uri",
            Some("x"),
            "request_uri_not_supported",
            "AADSTS90100",
        ),
        ("prompt", Some("none"), "login_required", "AADSTS50058"),
    ];
    for (name, value, error, code) in cases {
        let mut story = Story::new(oidc_app());
        let mut parameters = code_request();
        set(&mut parameters, name, value);
        let reply = reply(&story.ask(&parameters).await);
        assert_eq!(field(&reply, "error"), Some(error), "{name}");
        assert_eq!(field(&reply, "state"), Some(STATE));
        let description = field(&reply, "error_description").unwrap();
        assert!(
            description.starts_with(&format!("{code}: ")),
            "{description}"
        );
    }
}

#[tokio::test]
async fn a_session_is_enough_unless_the_request_wants_more() {
    let mut story = Story::new(oidc_app());
    story.sign_in(&code_request()).await;
    let cases = [
        ("prompt", "none", true),
        ("prompt", "login", false),
        ("prompt", "select_account", false),
        ("login_hint", "b.simon@contoso.com", true),
        ("login_hint", "britta.simon@contoso.com", false),
        ("domain_hint", "contoso.com", true),
        ("max_age", "60", true),
    ];
    for (name, value, silent) in cases {
        let mut parameters = code_request();
        parameters.push((name, value));
        let page = story.ask(&parameters).await;
        assert_eq!(page.location.is_some(), silent, "{name} {value}");
    }
    let mut both = code_request();
    both.extend([
        ("prompt", "select_account"),
        ("login_hint", "b.simon@contoso.com"),
    ]);
    let refused = reply(&story.ask(&both).await);
    assert_eq!(field(&refused, "error"), Some("invalid_request"));
}

#[tokio::test]
async fn a_login_hint_picks_the_account() {
    let mut story = Story::new(oidc_app());
    let mut parameters = code_request();
    let hint = IdpUser::britta_simon().login_hint();
    set(&mut parameters, "login_hint", Some(hint.leak()));
    let page = story.ask(&parameters).await.text;
    assert!(page.contains("value=\"britta.simon@contoso.com\" checked"));
}

#[tokio::test]
async fn the_reply_can_be_posted() {
    let mut story = Story::new(oidc_app());
    let mut parameters = code_request();
    parameters.push(("response_mode", "form_post"));
    let page = story.ask(&parameters).await;
    let posted = story.browser.sign_in(&page, &IdpUser::b_simon(), "").await;
    assert_eq!(posted.status, StatusCode::OK);
    assert_eq!(posted.attribute("action"), REDIRECT);
    assert_eq!(posted.field("state"), STATE);
    assert!(posted.field("code").len() > 1_000);
}

#[tokio::test]
async fn a_posted_request_comes_once_more_from_here() {
    let mut story = Story::new(oidc_app());
    let address = story.address("authorize");
    let next = story.browser.post(&address, &code_request()).await;
    assert_eq!(next.status, StatusCode::SEE_OTHER);
    let page = story.browser.get(&next.location.unwrap()).await;
    assert!(page.text.contains("Pick an account"));
    assert!(page.text.contains("Acme Library"));
}

#[tokio::test]
async fn a_user_without_assignment_stays_here() {
    let mut story = Story::new(oidc_app());
    let page = story.ask(&code_request()).await;
    let adele = IdpUser::adele_vance();
    let refused = story.browser.sign_in(&page, &adele, "").await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    assert!(refused.text.contains("AADSTS50105"));
}

#[tokio::test]
async fn a_redirect_uri_keeps_its_query_and_gets_a_path() {
    for (uri, start) in [
        (
            "http://acme.localhost:8080",
            "http://acme.localhost:8080/?code=",
        ),
        (
            "http://acme.localhost:8080/x?a=b",
            "http://acme.localhost:8080/x?a=b&code=",
        ),
    ] {
        let mut story = Story::new(oidc_app().with_redirect_uri(uri));
        let mut parameters = code_request();
        set(&mut parameters, "redirect_uri", Some(uri));
        let page = story.ask(&parameters).await;
        let answer = story.browser.sign_in(&page, &IdpUser::b_simon(), "").await;
        let location = answer.location.unwrap();
        assert!(location.starts_with(start), "{location}");
    }
}
