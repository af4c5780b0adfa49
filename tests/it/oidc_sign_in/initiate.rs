//! Sign-ins that begin at the provider (rule L9).

use axum::body::Body;
use axum::http::Request;

use vestibule::demo_idp::IdpUser;

use super::world::{Relying, pass_through, path_of, sign_in_at};
use crate::support::{hidden_field, send};

const PATH: &str = "/sso/oidc/initiate/entra-oidc";

#[tokio::test]
async fn a_tile_begins_a_sign_in() {
    let world = Relying::new().await;
    let issuer: String =
        form_urlencoded::byte_serialize(world.idp.tenant().issuer().as_bytes()).collect();
    let path =
        format!("{PATH}?iss={issuer}&login_hint=b.simon%40contoso.com&target_link_uri=/reports");
    let answer = world.browser().get(&path).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    let location = answer.header("location");
    assert!(
        location.contains("login_hint=b.simon%40contoso.com"),
        "{location}"
    );
    let posted = world
        .browser()
        .post_from_elsewhere(PATH, &[("iss", &world.idp.tenant().issuer())])
        .await;
    assert_eq!(posted.status, 303, "{}", posted.body);
    // Pasted into a browser.
    assert_eq!(world.browser().get(PATH).await.status, 303);
}

/// Seed 002, row 24: "test: copy the initiate URL, log out, paste it: logged straight in". The provider still knows the person.
#[tokio::test]
async fn the_address_pasted_after_a_sign_out_signs_in() {
    let world = Relying::of_entra().await;
    let mut browser = world.browser();
    let begun = browser.get(PATH).await;
    let page = sign_in_at(&world.idp, begun.header("location"), &IdpUser::b_simon()).await;
    let answered = browser.get(path_of(&page.location.unwrap())).await;
    assert_eq!(answered.status, 303, "{}", answered.body);
    let out = browser.get("/sso/logout").await;
    let csrf = hidden_field(&out.body, "csrf").unwrap();
    browser.post("/sso/logout", &[("csrf", &csrf)]).await;
    assert_eq!(browser.get("/sso/session").await.status, 401);
    let begun = browser.get(PATH).await;
    let back = pass_through(begun.header("location"), &page.cookie.unwrap()).await;
    let answered = browser.get(path_of(&back)).await;
    assert_eq!(answered.status, 303, "{}", answered.body);
    assert_eq!(browser.get("/sso/session").await.status, 200);
}

#[tokio::test]
async fn initiate_wrong_iss() {
    let world = Relying::new().await;
    let answer = world
        .browser()
        .get(&format!("{PATH}?iss=https://evil.example"))
        .await;
    assert_eq!(answer.status, 400, "{}", answer.body);
}

#[tokio::test]
async fn initiate_target_other_origin() {
    let world = Relying::new().await;
    let answer = world
        .browser()
        .get(&format!("{PATH}?target_link_uri=https://evil.example/"))
        .await;
    assert_eq!(answer.status, 400, "{}", answer.body);
}

#[tokio::test]
async fn initiate_while_signed_in() {
    let world = Relying::new().await;
    let mut browser = world.browser();
    world.sign_in(&mut browser).await;
    assert_eq!(browser.get(PATH).await.status, 303);
    assert_eq!(browser.get("/sso/session").await.status, 200);
}

#[tokio::test]
async fn initiate_framed() {
    let world = Relying::new().await;
    for destination in ["iframe", "frame", "embed", "object"] {
        let request = Request::get(PATH)
            .header("host", world.acme.origin.host_key())
            .header("sec-fetch-dest", destination)
            .body(Body::empty())
            .unwrap();
        let answer = send(&world.router, request).await;
        assert_eq!(answer.status, 403, "{destination}");
        assert!(
            answer
                .header("content-security-policy")
                .contains("frame-ancestors 'none'")
        );
        assert!(answer.body.contains(PATH), "{}", answer.body);
    }
}

#[tokio::test]
async fn a_connection_that_is_not_enabled_starts_nothing() {
    let world = Relying::new().await;
    world.change(|connection| connection.enabled = false).await;
    let answer = world.browser().get(PATH).await;
    assert_eq!(answer.status, 409, "{}", answer.body);
    assert!(answer.body.contains("not enabled yet"), "{}", answer.body);
    assert_eq!(
        world
            .browser()
            .get("/sso/oidc/initiate/nobody")
            .await
            .status,
        404
    );
}

/// Rule L7: a domain of the company, or the word for every organization; and to Entra ID alone.
#[tokio::test]
async fn a_domain_hint_is_the_companys_own() {
    let world = Relying::of_entra().await;
    let stored = world.stored().await;
    crate::support::assign(&world.app.store, &stored, "contoso.com").await;
    world.app.catch_up().await.unwrap();
    for (hint, is_sent) in [
        ("contoso.com", true),
        ("organizations", true),
        ("fabrikam.com", false),
        ("none", false),
    ] {
        world.set(&[("domain_hint", hint)]).await;
        let begun = world.browser().get(PATH).await;
        let sent = format!("domain_hint={hint}");
        let location = begun.header("location");
        assert_eq!(location.contains(&sent), is_sent, "{location}");
        assert!(is_sent || !location.contains("domain_hint"), "{location}");
    }
    let mut connection = world.stored().await;
    connection.set("domain_hint", "two words").unwrap_err();
    let other = Relying::new().await;
    other.set(&[("domain_hint", "organizations")]).await;
    let begun = other.browser().get(PATH).await;
    assert!(!begun.header("location").contains("domain_hint"));
}
