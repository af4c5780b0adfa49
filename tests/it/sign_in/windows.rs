//! A sign-in in a window that an application has opened: no answer on its way cuts the application off from it.

use vestibule::demo_idp::IdpUser;

use crate::support::identity_provider::read;
use crate::support::{Answer, Federation, hidden_field};

fn keeps(answer: &Answer) -> bool {
    match answer.header("cross-origin-opener-policy") {
        "unsafe-none" => true,
        "same-origin" => false,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn the_way_of_a_sign_in_leaves_the_opener_its_handle() {
    let world = Federation::new().await;
    let mut browser = world.browser();
    let mut asked = Vec::new();
    for path in ["/", "/sso/login", "/sign-in", "/sso/login?connection=none"] {
        let answer = browser.get(path).await;
        assert!(keeps(&answer), "{path}");
        asked.push(answer);
    }
    let begun = read(&asked[1]);
    let response = world.respond(&begun, |_| {});
    let mut strict = browser.clone();
    strict.forget("vestibule-login");
    let page = world.bring(&mut strict, &begun, &response).await;
    let signed_in = browser.repost(&page).await;
    assert_eq!(signed_in.status, 303);
    // Bounced and refused.
    let spec = world.spec(&IdpUser::b_simon());
    let fields = [("SAMLResponse", world.encoded(&spec))];
    let fields = fields
        .each_ref()
        .map(|(name, value)| (*name, value.as_str()));
    let mut other = world.browser();
    let bounced = other.post_from_elsewhere("/sso/acs", &fields).await;
    other.keep("vestibule-bounced", "3");
    let refused = other.post_from_elsewhere("/sso/acs", &fields).await;
    assert_eq!((bounced.status, refused.status), (303, 403));
    let home = browser.get("/").await;
    let ask = browser.get("/sso/logout").await;
    let csrf = hidden_field(&ask.body, "csrf").unwrap();
    let out = browser.post("/sso/logout", &[("csrf", &csrf)]).await;
    for answer in [page, signed_in, bounced, refused, home, ask, out] {
        assert!(keeps(&answer), "{} {}", answer.status, answer.body);
    }
}

#[tokio::test]
async fn everything_else_is_cut_off_from_who_opened_it() {
    let world = Federation::new().await;
    let mut browser = world.signed_in().await;
    for path in [
        "/admin",
        "/admin/users",
        "/setup/none",
        "/sso/session",
        "/sso/metadata",
        "/api/v1/users",
        "/healthz",
        "/nothing",
    ] {
        assert!(!keeps(&browser.get(path).await), "{path}");
    }
}
