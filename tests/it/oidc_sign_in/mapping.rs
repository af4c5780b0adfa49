//! Claims that are mapped by more than their name (rules Q5, R2; seeds 001-25 and 001-28).

use serde_json::{Map, Value, json};
use vestibule::store::LinkObstacle;

use vestibule::demo_idp::OidcVariant;

use super::world::Relying;

const SIMON: &str = "b.simon@contoso.com";

#[tokio::test]
async fn sources_are_tried_in_order_and_changed() {
    let world = Relying::new().await;
    world
        .set(&[
            ("attributes.email", "nothing, lower(email)"),
            ("attributes.first_name", "before@(email)"),
            ("attributes.last_name", "missing/path, after@(email)"),
            ("attributes.company", r"=Acme\, Inc."),
        ])
        .await;
    let answer = world.sign_in(&mut world.browser()).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    let user = world.user(SIMON).await.unwrap();
    assert_eq!(user.email.as_str(), SIMON);
    assert_eq!(
        [&*user.first_name, &*user.last_name, &*user.company_name],
        ["b.simon", "contoso.com", "Acme, Inc."]
    );
}

/// Seed 001-25: what an administrator maps by a name of their own is kept with the user, and an application is told.
#[tokio::test]
async fn further_attributes_are_kept_for_applications() {
    let world = Relying::new().await;
    vary(&world, |claims| {
        claims.insert("org".to_owned(), json!({"unit": "R & D"}));
        claims.insert("number".to_owned(), json!(42));
        claims.insert("long".to_owned(), json!("x".repeat(257)));
        claims.insert("steering".to_owned(), json!("a\u{7}b"));
        claims.insert("object".to_owned(), json!({"a": "b"}));
    })
    .await;
    world
        .set(&[
            ("attributes.further.department", "missing,org/unit"),
            ("attributes.further.employee_number", "number"),
            ("attributes.further.site", "=Zürich\\, West"),
            ("attributes.further.account", "lower(before@(email))"),
            ("attributes.further.long", "long"),
            ("attributes.further.steering", "steering"),
            ("attributes.further.object", "object"),
        ])
        .await;
    let mut browser = world.browser();
    let answer = world.sign_in(&mut browser).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    let expected = json!({
        "account": "b.simon", "department": "R & D", "employee_number": "42", "site": "Zürich, West",
    });
    let who = browser.get("/sso/session").await.body;
    let who: Value = serde_json::from_str(&who).unwrap();
    assert_eq!(who["attributes"], expected);
    let user = world.user(SIMON).await.unwrap();
    assert_eq!(serde_json::to_value(user.attributes).unwrap(), expected);
    // Who signs in again about whom nothing has changed is the same.
    assert_eq!(world.sign_in(&mut world.browser()).await.status, 303);
    let user = world.user(SIMON).await.unwrap();
    assert_eq!(serde_json::to_value(user.attributes).unwrap(), expected);
}

/// Rule Q5: a name is a name, whatever stands in it; a path leads into an object.
#[tokio::test]
async fn claim_with_dots() {
    let world = Relying::new().await;
    vary(&world, |claims| {
        claims.insert("https://acme/x.y".to_owned(), json!("Acme"));
        claims.insert("address".to_owned(), json!({"locality": "Zürich"}));
    })
    .await;
    world
        .set(&[
            ("attributes.company", "https://acme/x.y"),
            ("attributes.last_name", "address/locality"),
        ])
        .await;
    assert_eq!(world.sign_in(&mut world.browser()).await.status, 303);
    let user = world.user(SIMON).await.unwrap();
    assert_eq!([&*user.company_name, &*user.last_name], ["Acme", "Zürich"]);
}

/// Rule Q5: an object is never turned into text.
#[tokio::test]
async fn object_as_email() {
    let world = Relying::new().await;
    vary(&world, |claims| {
        claims.remove("email");
        claims.insert("mail".to_owned(), json!({"value": SIMON}));
    })
    .await;
    world.set(&[("attributes.email", "mail")]).await;
    let answer = world.sign_in(&mut world.browser()).await;
    world.assert_refused(&answer, "F3").await;
    assert!(world.user(SIMON).await.is_none());
    world.set(&[("attributes.email", "mail/value")]).await;
    assert_eq!(world.sign_in(&mut world.browser()).await.status, 303);
}

/// Changes what the provider says.
async fn vary(
    world: &Relying,
    change: impl Fn(&mut Map<String, Value>) + Clone + Send + Sync + 'static,
) {
    let app = super::world::app(&world.acme, &world.stored().await);
    let app = app.with_change(move |token| change(&mut token.claims));
    world.idp.register_oidc(app);
}

/// Rule R2: small letters change no address that the provider has verified; another claim is claimed and no more.
#[tokio::test]
async fn a_mapped_address_is_verified_only_as_the_provider_says_it() {
    for (source, links) in [("lower(email)", true), ("lower(preferred_username)", false)] {
        let world = Relying::new().await;
        world.add_user_to(&world.acme, SIMON, None, &[]).await;
        let other = "simon.upn@contoso.com";
        world.add_user_to(&world.acme, other, None, &[]).await;
        let connection = world.stored().await;
        crate::support::assign(&world.app.store, &connection, "contoso.com").await;
        world.set(&[("attributes.email", source)]).await;
        let mut app = super::world::app(&world.acme, &world.stored().await)
            .with_variant(OidcVariant::EmailVerified);
        app = app.with_change(move |token| {
            let upn = serde_json::json!(other);
            token.claims.insert("preferred_username".to_owned(), upn);
        });
        world.idp.register_oidc(app);
        let answer = world.sign_in(&mut world.browser()).await;
        assert_eq!(answer.status == 303, links, "{source}: {}", answer.body);
        if !links {
            let attempt = world.assert_refused(&answer, "F2").await;
            let told = attempt.record.checks.last().unwrap().received.to_string();
            assert!(
                told.contains(&LinkObstacle::Unverified.to_string()),
                "{told}"
            );
        }
    }
}
