//! Single logout that begins here, and the answers to it.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use time::Duration;
use vestibule::saml::binding::{MessageKind, encode_redirect};
use vestibule::saml::logout::LogoutMessage;
use vestibule::saml::names;
use vestibule::saml::signature::sign_enveloped;

use super::world::{ACME, Answer, IDP_SLO, Idp, Logout, NOW, SIMON, response, simon};

/// Signs out by the page's own form.
async fn sign_out(world: &Logout, cookie: &str) -> Answer {
    let page = world.fetch("/sso/logout", cookie).await;
    let (_, rest) = page.body.split_once("name=\"csrf\" value=\"").unwrap();
    let token = rest.split('"').next().unwrap();
    world.post("/sso/logout", cookie, &[("csrf", token)]).await
}

#[tokio::test]
async fn signing_out_here_ends_here_by_default() {
    let world = Logout::new().await;
    let cookie = world.sign_in(&world.entra, &simon(), Some("_1")).await;
    let page = world.fetch("/sso/logout", &cookie).await;
    assert!(!page.header("content-security-policy").contains("https:"));
    let answer = sign_out(&world, &cookie).await;
    assert_eq!(answer.status, 200);
    assert!(answer.body.contains("You may still be signed in"));
    assert!(!world.is_live(ACME, &cookie).await);
}

#[tokio::test]
async fn single_logout_ends_here_first_and_asks_word_for_word() {
    let world = Logout::with(|settings| settings.set("single_logout", "true").unwrap()).await;
    let mut name = simon();
    name.name_qualifier = Some("q".to_owned());
    name.sp_provided_id = Some("<7>".to_owned());
    let cookie = world.sign_in(&world.entra, &name, Some("_1")).await;
    for path in ["/sso/logout", "/"] {
        // The form ends at the identity provider, and Chromium holds redirects to the policy as well.
        let page = world.fetch(path, &cookie).await;
        assert!(
            page.header("content-security-policy")
                .ends_with("form-action 'self' https:"),
            "{path}"
        );
    }
    let answer = sign_out(&world, &cookie).await;
    assert!(answer.header("set-cookie").contains("Max-Age=0"));
    assert!(answer.header("location").starts_with(IDP_SLO));
    let (LogoutMessage::Request(request), relay_state) = world.ours(&answer).await else {
        panic!("not a request");
    };
    assert_eq!(relay_state, None);
    assert!(!world.is_live(ACME, &cookie).await);
    assert_eq!(request.name_id.value, SIMON);
    assert_eq!(request.name_id.name_qualifier.as_deref(), Some("q"));
    assert_eq!(request.name_id.sp_provided_id.as_deref(), Some("<7>"));
    assert_eq!(request.name_id.format.as_deref(), Some(names::NAMEID_EMAIL));
    assert_eq!(request.session_indexes, ["_1"]);
    assert_eq!(request.not_on_or_after, Some(NOW + Duration::minutes(5)));
}

#[tokio::test]
async fn an_answer_changes_nothing_and_is_told_as_it_is() {
    let world = Logout::new().await;
    let cookie = world.sign_in(&world.entra, &simon(), None).await;
    let success = response(names::STATUS_SUCCESS, None).to_xml();
    let partial = response(names::STATUS_SUCCESS, Some(names::STATUS_PARTIAL_LOGOUT)).to_xml();
    let failed = response(names::STATUS_RESPONDER, None).to_xml();
    let signed = |xml: &str| world.idp.redirect(MessageKind::Response, xml, None);
    let unsigned = encode_redirect("/sso/slo", MessageKind::Response, &success, None, None);
    for (path, status, says) in [
        (signed(&success), 200, "has signed you out as well"),
        (signed(&partial), 200, "You are signed out here"),
        (signed(&failed), 200, "You are signed out here"),
        (unsigned.unwrap(), 403, "You are signed out here"),
        (
            Idp::new().redirect(MessageKind::Response, &success, None),
            403,
            "You are signed out here",
        ),
    ] {
        let answer = world.fetch(&path, "").await;
        assert_eq!(answer.status, status, "{}", answer.body);
        assert!(answer.body.contains(says), "{}", answer.body);
        // A browser that is signed in is not told that it is not.
        let answer = world.fetch(&path, &cookie).await;
        assert_eq!(
            (answer.status, answer.header("location")),
            (303, "/sso/logout")
        );
        assert!(world.is_live(ACME, &cookie).await);
    }
    let encoded =
        BASE64_STANDARD.encode(sign_enveloped(&success, "_response", &world.idp.key).unwrap());
    let answer = world
        .post("/sso/slo", "", &[("SAMLResponse", &encoded)])
        .await;
    assert!(answer.body.contains("has signed you out as well"));
}
