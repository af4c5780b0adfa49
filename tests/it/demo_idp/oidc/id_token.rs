//! What ID tokens say.

use serde_json::{Value, json};
use vestibule::demo_idp::{IdpUser, OptionalClaim};

use super::{CLIENT, NONCE, Story, code_request, field, jws, oidc_app, provider, redemption, set};
use crate::demo_idp::NOW;

#[tokio::test]
async fn the_claims_of_the_scopes() {
    let mut story = Story::new(oidc_app());
    let claims = story.claims().await;
    let (tenant, user) = (story.idp().tenant().clone(), IdpUser::b_simon());
    let now = NOW.unix_timestamp();
    for (name, value) in [
        ("aud", json!(CLIENT)),
        ("iss", json!(tenant.issuer())),
        ("iat", json!(now - 300)),
        ("nbf", json!(now - 300)),
        ("exp", json!(now + 3_600)),
        ("tid", json!(tenant.id)),
        ("ver", json!("2.0")),
        ("nonce", json!(NONCE)),
        ("oid", json!(user.object_id)),
        ("name", json!(user.display_name)),
        ("preferred_username", json!(user.principal_name)),
        ("email", json!(user.email)),
    ] {
        assert_eq!(claims[name], value, "{name}");
    }
    for opaque in ["aio", "rh", "uti", "sub"] {
        assert!(claims[opaque].is_string(), "{opaque}");
    }
    for absent in [
        "email_verified",
        "groups",
        "sid",
        "given_name",
        "auth_time",
        "at_hash",
    ] {
        assert!(!claims.contains_key(absent), "{absent}");
    }
}

#[tokio::test]
async fn without_the_scope_profile_there_is_no_object_id() {
    let mut story = Story::new(oidc_app());
    let mut parameters = code_request();
    set(&mut parameters, "scope", Some("openid"));
    let reply = story.sign_in(&parameters).await;
    let form = redemption(field(&reply, "code").unwrap());
    let tokens = story.redeem(&form).await;
    let claims = jws::verify(story.idp(), tokens.text("id_token"));
    for absent in ["oid", "name", "preferred_username", "email"] {
        assert!(!claims.contains_key(absent), "{absent}");
    }
}

#[tokio::test]
async fn optional_claims_of_the_registration() {
    let mut story = Story::new(oidc_app().with_claims(OptionalClaim::ALL));
    let reply = story.sign_in(&code_request()).await;
    let form = redemption(field(&reply, "code").unwrap());
    let tokens = story.redeem(&form).await;
    let claims = jws::verify(story.idp(), tokens.text("id_token"));
    let user = IdpUser::b_simon();
    for (name, value) in [
        ("acct", json!(0)),
        ("auth_time", json!(NOW.unix_timestamp())),
        ("family_name", json!("Simon")),
        ("given_name", json!("B.")),
        ("groups", json!(user.groups)),
        ("login_hint", json!(user.login_hint())),
        ("sid", json!(field(&reply, "session_state").unwrap())),
        ("upn", json!(user.principal_name)),
        ("verified_primary_email", json!([user.email])),
        ("xms_edov", json!(true)),
    ] {
        assert_eq!(claims[name], value, "{name}");
    }
}

#[test]
fn the_subject_is_pairwise() {
    let idp = provider(oidc_app());
    let user = IdpUser::b_simon();
    let subject = |client: &str| {
        let app = vestibule::demo_idp::OidcApp::new(client, "Any", "http://acme.localhost/");
        idp.id_token_spec(&app, &user, NONCE).claims["sub"].clone()
    };
    assert_eq!(subject("one"), subject("one"));
    assert_ne!(subject("one"), subject("two"));
}

#[test]
fn many_groups_are_a_link() {
    let idp = provider(oidc_app());
    let app = oidc_app().with_claims([OptionalClaim::Groups]);
    let mut user = IdpUser::b_simon();
    let groups = |count| -> Vec<String> { (0..count).map(|at: i32| at.to_string()).collect() };
    user.groups = groups(200);
    let claims = idp.id_token_spec(&app, &user, NONCE).claims;
    assert_eq!(claims["groups"].as_array().map(Vec::len), Some(200));
    user.groups = groups(201);
    let claims = idp.id_token_spec(&app, &user, NONCE).claims;
    assert!(!claims.contains_key("groups"));
    assert_eq!(claims["_claim_names"]["groups"], "src1");
    assert!(claims["_claim_sources"]["src1"]["endpoint"].is_string());
    user.groups = Vec::new();
    let claims = idp.id_token_spec(&app, &user, NONCE).claims;
    assert!(!claims.contains_key("groups") && !claims.contains_key("_claim_names"));
}

#[tokio::test]
async fn a_test_has_the_last_word() {
    let app = oidc_app().with_change(|spec| {
        spec.set("email", "somebody@else.example");
        spec.remove("oid");
        spec.header.insert("typ".to_owned(), Value::from("JWT"));
    });
    let claims = Story::new(app).claims().await;
    assert_eq!(claims["email"], "somebody@else.example");
    assert!(!claims.contains_key("oid"));
}
