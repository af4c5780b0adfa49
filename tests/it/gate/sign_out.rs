//! Sign-out at an application's host (rule Q53).

use super::{ACME_ORIGIN, Gate, below};
use crate::support::hidden_field;

#[tokio::test]
async fn a_link_of_the_application_signs_out_everywhere() {
    let gate = Gate::new().await;
    let (mut at_app, mut at_acme) = gate.signed_in_there().await;
    let click = [
        ("sec-fetch-site", "same-origin"),
        ("sec-fetch-mode", "navigate"),
        ("sec-fetch-dest", "document"),
    ];
    let out = at_app.get_with("/.vestibule/sign-out", &click).await;
    assert_eq!(out.status, 303, "{}", out.body);
    assert!(at_app.cookie("vestibule-gate").is_none());
    assert_eq!(at_acme.get("/sso/session").await.status, 401, "local first");
    let there = at_acme.get(&below(&out, ACME_ORIGIN)).await;
    assert_eq!(there.status, 200);
    assert!(there.body.contains("You are signed out"), "{}", there.body);
}

#[tokio::test]
async fn the_identity_provider_is_told_once() {
    let gate = Gate::new().await;
    gate.set(&[("single_logout", "true")]).await;
    let (mut at_app, mut at_acme) = gate.signed_in_there().await;
    let page = at_app.get("/.vestibule/sign-out").await;
    assert!(
        page.header("content-security-policy")
            .contains("form-action 'self' http")
    );
    let csrf = hidden_field(&page.body, "csrf").unwrap();
    let out = at_app
        .post("/.vestibule/sign-out", &[("csrf", &csrf)])
        .await;
    let way = below(&out, ACME_ORIGIN);
    assert!(way.len() < 100, "{way}");
    let told = at_acme.get(&way).await;
    let is_told =
        told.header("location").contains("SAMLRequest") || told.body.contains("SAMLRequest");
    assert!(is_told, "{told:?}");
    let again = at_acme.get(&way).await;
    assert!(again.body.contains("You are signed out"), "{}", again.body);
}

#[tokio::test]
async fn a_link_elsewhere_or_fetched_ahead_signs_nobody_out() {
    let gate = Gate::new().await;
    let (mut at_app, _) = gate.signed_in_there().await;
    let navigation = [
        ("sec-fetch-mode", "navigate"),
        ("sec-fetch-dest", "document"),
    ];
    for more in [
        &[("sec-fetch-site", "cross-site")][..],
        &[],
        &[
            ("sec-fetch-site", "same-origin"),
            ("sec-purpose", "prefetch"),
        ],
    ] {
        let headers: Vec<_> = navigation.iter().chain(more).copied().collect();
        let asked = at_app.get_with("/.vestibule/sign-out", &headers).await;
        assert_eq!(asked.status, 200, "{more:?}");
        assert!(asked.body.contains("Sign out?"), "{}", asked.body);
    }
    assert_eq!(gate.check(&at_app, "/").await.status, 200);

    // The button does, with its token.
    let page = at_app.get("/.vestibule/sign-out").await;
    let csrf = hidden_field(&page.body, "csrf").unwrap();
    let forged = at_app.post("/.vestibule/sign-out", &[("csrf", "x")]).await;
    assert_eq!(forged.status, 403);
    assert_eq!(gate.check(&at_app, "/").await.status, 200);
    let out = at_app
        .post("/.vestibule/sign-out", &[("csrf", &csrf)])
        .await;
    assert_eq!(out.status, 303, "{}", out.body);
    assert_eq!(gate.check(&at_app, "/").await.status, 401);
}
