//! The userinfo endpoint.

use axum::body::Body;
use axum::http::{Request, header};
use serde_json::{Value, json};
use vestibule::demo_idp::{IdpUser, OidcApp};

use super::{OidcVariant, Story, jws, oidc_app, redemption};

/// What the endpoint says, and the `sub` of the ID token.
async fn told(app: OidcApp) -> (Value, Value) {
    let mut story = Story::new(app);
    let code = story.code().await;
    let tokens = story.redeem(&redemption(&code)).await;
    let request = Request::get("/oidc/userinfo").header(
        header::AUTHORIZATION,
        format!("Bearer {}", tokens.text("access_token")),
    );
    let page = story
        .browser
        .send(request.body(Body::empty()).unwrap())
        .await;
    let claims = jws::verify(story.idp(), tokens.text("id_token"));
    (
        serde_json::from_str(&page.text).unwrap(),
        claims["sub"].clone(),
    )
}

#[tokio::test]
async fn it_has_six_claims() {
    let (told, sub) = told(oidc_app()).await;
    let user = IdpUser::b_simon();
    let expected = json!({
        "sub": sub,
        "name": user.display_name,
        "given_name": user.given_name,
        "family_name": user.surname,
        "email": user.email,
        "picture": "https://graph.microsoft.com/v1.0/me/photo/$value",
    });
    assert_eq!(told, expected);
}

#[tokio::test]
async fn a_variant_has_another_subject() {
    let app = oidc_app().with_variant(OidcVariant::UserInfoOtherSubject);
    let (told, sub) = told(app).await;
    assert_ne!(told["sub"], sub);
}

#[tokio::test]
async fn without_a_token_there_is_nothing() {
    let mut story = Story::new(oidc_app());
    for value in ["", "Bearer", "Bearer guessed", "Basic Zm86YmFy"] {
        let request = Request::get("/oidc/userinfo").header(header::AUTHORIZATION, value);
        let page = story
            .browser
            .send(request.body(Body::empty()).unwrap())
            .await;
        assert_eq!(page.status.as_u16(), 401);
        assert!(page.text.contains("InvalidAuthenticationToken"));
    }
}
