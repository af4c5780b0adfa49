//! The end of a session, and what the applications of the session are told.

use axum::http::StatusCode;

use super::{CLIENT, REDIRECT, Story, code_request, field, oidc_app, set};

const FRONT_CHANNEL: &str = "http://acme.localhost:8080/sso/oidc/logout/k3y";
const SIGNED_OUT: &str = "http://acme.localhost:8080/sso/oidc/signed-out";

fn story() -> Story {
    Story::new(
        oidc_app()
            .with_redirect_uri(SIGNED_OUT)
            .with_front_channel_logout_url(FRONT_CHANNEL),
    )
}

fn logout(story: &Story, parameters: &[(&str, &str)]) -> String {
    let query = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(parameters)
        .finish();
    format!("{}?{query}", story.address("logout"))
}

#[tokio::test]
async fn the_applications_of_the_session_are_framed() {
    let mut story = story();
    let reply = story.sign_in(&code_request()).await;
    let sid = field(&reply, "session_state").unwrap();
    let address = logout(
        &story,
        &[("post_logout_redirect_uri", SIGNED_OUT), ("state", "s&1")],
    );
    let page = story.browser.get(&address).await;
    assert_eq!(page.status, StatusCode::OK);
    let frame = format!("<iframe src=\"{FRONT_CHANNEL}?sid={sid}\"");
    assert!(unescaped(&page.text).contains(&frame), "{}", page.text);
    assert!(!page.text.contains("iss="));
    let next = format!("href=\"{SIGNED_OUT}?state=s%261\"");
    assert!(unescaped(&page.text).contains(&next), "{}", page.text);

    let again = story.ask(&code_request()).await;
    assert!(again.text.contains("Pick an account"));
}

#[tokio::test]
async fn an_application_that_nobody_signed_in_to_is_not_told() {
    let mut story = story();
    let address = logout(&story, &[("post_logout_redirect_uri", SIGNED_OUT)]);
    let page = story.browser.get(&address).await;
    assert_eq!(page.location.as_deref(), Some(SIGNED_OUT));
}

#[tokio::test]
async fn an_address_that_is_not_registered_leads_nowhere() {
    let mut story = story();
    for parameters in [
        [
            ("post_logout_redirect_uri", "https://evil.example/"),
            ("client_id", CLIENT),
        ],
        [
            ("post_logout_redirect_uri", SIGNED_OUT),
            ("client_id", "another"),
        ],
    ] {
        let address = logout(&story, &parameters);
        let page = story.browser.get(&address).await;
        assert_eq!(page.location, None);
        assert!(page.text.contains("You signed out"));
        assert!(!page.text.contains("evil.example"));
    }
}

#[tokio::test]
async fn a_posted_logout_comes_once_more_from_here() {
    let mut story = story();
    let address = story.address("logout");
    let fields = [("post_logout_redirect_uri", REDIRECT)];
    let next = story.browser.post(&address, &fields).await;
    let page = story.browser.get(&next.location.unwrap()).await;
    assert_eq!(page.location.as_deref(), Some(REDIRECT));
}

#[tokio::test]
async fn the_portals_link_tells_them_too() {
    let mut story = story();
    story.sign_in(&code_request()).await;
    let page = story.browser.get("/signout").await;
    assert!(unescaped(&page.text).contains(FRONT_CHANNEL));
}

#[tokio::test]
async fn a_user_may_decline() {
    let mut story = story();
    story.sign_in(&code_request()).await;
    let mut parameters = code_request();
    set(&mut parameters, "prompt", Some("consent"));
    for (decision, name) in [("accept", "code"), ("cancel", "error")] {
        let page = story.ask(&parameters).await;
        assert!(page.text.contains("Permissions requested"));
        let flow = page.field("flow");
        let fields = [("flow", flow.as_str()), ("decision", decision)];
        let action = page.attribute("action");
        let answer = story.browser.post(&action, &fields).await;
        let reply = super::reply(&answer);
        let found = field(&reply, name).unwrap();
        assert!(decision == "accept" || found == "access_denied");
        let again = story.browser.post(&action, &fields).await;
        assert!(again.text.contains("AADSTS165000"));
    }
}

fn unescaped(html: &str) -> String {
    html.replace("&#38;", "&").replace("&amp;", "&")
}
