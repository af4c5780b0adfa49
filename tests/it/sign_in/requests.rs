//! The request on its way: bindings, signatures, and what the identity provider says to it.

use axum::body::Body;
use axum::http::Request;
use vestibule::demo_idp::{IdpApp, IdpUser, Variant};
use vestibule::domain::{Connection, Outcome};
use vestibule::saml::names;

use crate::support::identity_provider::{begin, read};
use crate::support::{self, Federation, hidden_field, send};

/// Registers acme at its identity provider by our metadata, as an administrator does.
async fn register(world: &Federation, strict: bool) {
    let metadata = world.browser().get("/sso/metadata").await.body;
    let mut app = IdpApp::from_metadata("a", "Acme", metadata.as_bytes()).unwrap();
    app.require_signed_requests = strict;
    world.idp.register(app);
}

/// What the identity provider's page says to a request. After a form it leads to itself first.
async fn received(world: &Federation, request: Request<Body>) -> String {
    let idp = world.idp.router();
    let answer = send(&idp, request).await;
    if answer.status != 303 {
        return answer.body;
    }
    let next = Request::get(answer.header("location")).body(Body::empty());
    send(&idp, next.unwrap()).await.body
}

#[tokio::test]
async fn both_bindings_signed_and_not() {
    let world = Federation::new().await;
    for sign in [false, true] {
        world
            .set(&[("sign_requests", if sign { "true" } else { "false" })])
            .await;
        register(&world, sign).await;
        for binding in ["post", "redirect"] {
            world.set(&[("binding", binding)]).await;
            let mut browser = world.browser();
            let page = browser.get("/sso/login?return_to=/reports").await;
            let begun = read(&page);
            let path = format!("/{}/saml2", world.idp.tenant().id);
            let request = if binding == "post" {
                assert_eq!(begun.xml.contains("<ds:SignatureValue"), sign);
                let form = ["SAMLRequest", "RelayState"].map(|name| {
                    let value = hidden_field(&page.body, name).unwrap();
                    (name, value)
                });
                let mut body = form_urlencoded::Serializer::new(String::new());
                Request::post(path)
                    .header("content-type", "application/x-www-form-urlencoded")
                    .body(Body::from(body.extend_pairs(form).finish()))
            } else {
                assert_eq!(begun.signed_query, sign);
                assert!(!begun.xml.contains("SignatureValue"));
                let query = page.header("location").split_once('?').unwrap().1;
                Request::get(format!("{path}?{query}")).body(Body::empty())
            };
            let said = received(&world, request.unwrap()).await;
            assert!(said.contains("Pick an account"), "{binding} {sign}: {said}");
            let response = world.respond(&begun, |_| {});
            let answer = world.bring(&mut browser, &begun, &response).await;
            assert_eq!(
                (answer.status, answer.header("location")),
                (303, "/reports")
            );
        }
    }
}

#[tokio::test]
async fn a_request_says_no_more_than_was_configured() {
    let world = Federation::new().await;
    let begun = begin(&mut world.browser(), "/sso/login").await;
    for absent in ["NameIDPolicy", "RequestedAuthnContext", "ForceAuthn"] {
        assert!(!begun.xml.contains(absent), "{}", begun.xml);
    }
    assert!(
        begun
            .xml
            .contains(&format!("Destination=\"{}\"", begun.destination))
    );
    let begun = begin(
        &mut world.browser(),
        "/sso/login?force=true&login_hint=b.simon%40contoso.com",
    )
    .await;
    assert!(begun.xml.contains("ForceAuthn=\"true\""), "{}", begun.xml);
    assert!(
        begun
            .destination
            .ends_with("?login_hint=b.simon%40contoso.com"),
        "{}",
        begun.destination
    );
    world.set(&[("name_id_policy", names::NAMEID_EMAIL)]).await;
    let begun = begin(&mut world.browser(), "/sso/login").await;
    assert!(begun.xml.contains("NameIDPolicy"), "{}", begun.xml);
}

#[tokio::test]
async fn every_shape_of_response() {
    let world = Federation::new().await;
    register(&world, false).await;
    let app = world.idp.apps().remove(0);
    let user = IdpUser::b_simon();
    for (variant, rule) in [
        (Variant::SignedAssertion, None),
        (Variant::SignedResponse, None),
        (Variant::SignedBoth, None),
        (Variant::Encrypted, None),
        (Variant::EncryptedOaepSha256, None),
        (Variant::EncryptedCbc, None),
        (Variant::Groups, None),
        (Variant::GroupsOverage, None),
        (Variant::EncryptedCbcUnsigned, Some("G2")),
        (Variant::ErrorStatus, Some("C2")),
        (Variant::Sha1, Some("B4")),
        (Variant::WrongAudience, Some("D4")),
        (Variant::Expired, Some("D2")),
    ] {
        let mut browser = world.browser();
        let tenant = world.idp.tenant();
        let answer = world
            .sign_in_with(&mut browser, |spec| {
                *spec = variant.apply(spec.clone(), tenant, &user, &app);
            })
            .await;
        let Some(rule) = rule else {
            assert_eq!(answer.status, 303, "{}: {}", variant.name(), answer.body);
            assert_eq!(browser.get("/sso/session").await.status, 200);
            continue;
        };
        let attempt = world.assert_refused(&answer, rule).await;
        assert_eq!(attempt.outcome, Outcome::Refused);
        let failed = attempt
            .record
            .checks
            .iter()
            .find(|check| !check.passed)
            .unwrap();
        assert_eq!(failed.rule, rule);
        assert!(!failed.expected.is_empty() && !failed.received.is_empty());
        if variant == Variant::ErrorStatus {
            let advice = attempt.record.advice.join(" ");
            assert!(advice.contains("assign"), "AADSTS50105: {advice}");
            assert!(!answer.body.contains("AADSTS"), "{}", answer.body);
        }
    }
}

#[tokio::test]
async fn the_choice_of_several_connections() {
    let world = Federation::new().await;
    let first = |partner: &mut Connection| {
        partner.display_name = "Partners <b>& friends</b>".into();
        partner.sort_order = -1;
    };
    let partner = world.connect(&world.beta_idp, "partner", first).await;
    support::assign(&world.app.store, &partner, "fabrikam.com").await;
    world.app.catch_up().await.unwrap();

    let mut browser = world.browser();
    for path in ["/", "/sso/login"] {
        assert_eq!(browser.get(path).await.header("location"), "/sign-in");
    }
    let deep = browser.get("/sso/login?return_to=/reports?a=b").await;
    let choice = deep.header("location").to_owned();
    assert_eq!(choice, "/sign-in?return_to=%2Freports%3Fa%3Db");
    let page = browser.get(&choice).await.body;
    let first = page.find("Partners &#60;b&#62;&#38; friends").unwrap();
    assert!(first < page.find("ENTRA").unwrap(), "in sort order: {page}");
    assert!(
        page.contains("href=\"/sso/login?connection=entra&#38;return_to=%2Freports%3Fa%3Db\""),
        "{page}"
    );

    // By the domain of an address, with the address as a hint.
    let found = browser
        .get("/sign-in?email=someone%40FABRIKAM.com&return_to=%2Freports")
        .await;
    assert_eq!(
        (found.status, found.header("location")),
        (
            303,
            "/sso/login?connection=partner&login_hint=someone%40FABRIKAM.com&return_to=%2Freports"
        )
    );
    let unknown = browser.get("/sign-in?email=someone%40example.org").await;
    assert!(
        unknown
            .body
            .contains("No single sign-on is set up for this address.")
    );
    let none = browser.get("/sso/login?connection=nothing").await;
    assert_eq!(none.status, 400);
}
