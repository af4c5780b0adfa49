//! Each variant differs from the usual answer in what it says.

use openssl::hash::MessageDigest;
use openssl::pkey::PKey;
use openssl::sign::Signer;
use serde_json::{Map, Value, json};

use super::{
    NONCE, OidcVariant, Page, SECRET, STATE, Story, code_request, field, jws, oidc_app, redemption,
};
use crate::demo_idp::{IDP_KEY, NOW};

#[test]
fn each_has_its_own_name() {
    for variant in OidcVariant::ALL {
        assert_eq!(variant.name().parse(), Ok(variant));
    }
    assert!("signed-both".parse::<OidcVariant>().is_err());
}

async fn token(variant: OidcVariant) -> (Story, String) {
    let mut story = Story::new(oidc_app().with_variant(variant));
    let code = story.code().await;
    let tokens = story.redeem(&redemption(&code)).await;
    let token = tokens.text("id_token").to_owned();
    (story, token)
}

#[tokio::test]
async fn claims_differ_in_one_thing() {
    let usual = token(OidcVariant::Usual).await.1;
    let (_, usual, _) = jws::parts(&usual);
    let now = NOW.unix_timestamp();
    let tenant = usual["tid"].as_str().unwrap();
    let elsewhere = "0d9c1a5e-77f4-4f0b-9b53-8f2a6c4e1d30";
    let issuer = usual["iss"].as_str().unwrap();
    let cases = [
        (OidcVariant::OtherNonce, "nonce", json!("another-nonce")),
        (OidcVariant::NoNonce, "nonce", Value::Null),
        (OidcVariant::Expired, "exp", json!(now - 3_600)),
        (OidcVariant::IssuedLater, "iat", json!(now + 3_600)),
        (OidcVariant::OtherAudience, "aud", json!(elsewhere)),
        (
            OidcVariant::ExtraAudience,
            "aud",
            json!([usual["aud"], elsewhere]),
        ),
        (
            OidcVariant::OtherIssuer,
            "iss",
            json!(issuer.replace(tenant, elsewhere)),
        ),
        (
            OidcVariant::IssuerV1,
            "iss",
            json!(format!("https://sts.windows.net/{tenant}/")),
        ),
        (OidcVariant::OtherTenant, "tid", json!(elsewhere)),
        (OidcVariant::NoTenant, "tid", Value::Null),
        (OidcVariant::VersionOne, "ver", json!("1.0")),
        (OidcVariant::NoObjectId, "oid", Value::Null),
        (OidcVariant::NoSubject, "sub", Value::Null),
        (OidcVariant::NoEmail, "email", Value::Null),
        (OidcVariant::EmailVerified, "email_verified", json!(true)),
        (OidcVariant::DomainVerified, "xms_edov", json!(true)),
        (OidcVariant::DomainNotVerified, "xms_edov", json!(false)),
        (OidcVariant::Guest, "acct", json!(1)),
        (
            OidcVariant::GroupsOverage,
            "_claim_names",
            json!({"groups": "src1"}),
        ),
    ];
    for (variant, name, expected) in cases {
        let (story, token) = token(variant).await;
        let claims = jws::verify(story.idp(), &token);
        let found = claims.get(name).cloned().unwrap_or_default();
        assert_eq!(found, expected, "{variant:?}");
        assert_ne!(Some(&found), usual.get(name), "{variant:?}");
    }
}

fn algorithm(header: &Map<String, Value>) -> &str {
    header["alg"].as_str().unwrap()
}

fn hs256(secret: &[u8], content: &str) -> Vec<u8> {
    let key = PKey::hmac(secret).unwrap();
    let mut signer = Signer::new(MessageDigest::sha256(), &key).unwrap();
    signer.sign_oneshot_to_vec(content.as_bytes()).unwrap()
}

#[tokio::test]
async fn signatures_differ() {
    let (_, token_unsigned) = token(OidcVariant::Unsigned).await;
    let (header, _, signature) = jws::parts(&token_unsigned);
    assert_eq!((algorithm(&header), signature.len()), ("none", 0));

    let pem = IDP_KEY.private_key().public_key_to_pem().unwrap();
    for (variant, secret) in [
        (OidcVariant::Hs256Secret, SECRET.as_bytes()),
        (OidcVariant::Hs256PublicKey, pem.as_slice()),
    ] {
        let (_, token) = token(variant).await;
        let (header, _, signature) = jws::parts(&token);
        assert_eq!(algorithm(&header), "HS256");
        let (signed, _) = token.rsplit_once('.').unwrap();
        assert_eq!(signature, hs256(secret, signed));
    }

    let (story, token_wrong) = token(OidcVariant::WrongSignature).await;
    let (header, _, signature) = jws::parts(&token_wrong);
    assert_eq!((algorithm(&header), signature.len()), ("RS256", 256));
    let keys = jws::served_keys(story.idp());
    assert_eq!(header["kid"], keys[0]["kid"]);
    assert!(!jws::is_signed(&keys[0], &token_wrong));

    let (_, token_unknown) = token(OidcVariant::UnknownKid).await;
    let (header, _, _) = jws::parts(&token_unknown);
    assert_ne!(header["kid"], keys[0]["kid"]);
    let (_, token_nameless) = token(OidcVariant::NoKid).await;
    assert!(jws::is_signed(&keys[0], &token_nameless));
    assert!(!jws::parts(&token_nameless).0.contains_key("kid"));
}

async fn reply(variant: OidcVariant) -> Vec<(String, String)> {
    let mut story = Story::new(oidc_app().with_variant(variant));
    story.sign_in(&code_request()).await
}

#[tokio::test]
async fn answers_differ() {
    let issuer = super::provider(oidc_app()).tenant().issuer();
    let with_issuer = reply(OidcVariant::AnswerIssuer).await;
    assert_eq!(field(&with_issuer, "iss"), Some(issuer.as_str()));
    let with_other = reply(OidcVariant::AnswerOtherIssuer).await;
    assert_ne!(field(&with_other, "iss"), Some(issuer.as_str()));
    assert!(field(&with_other, "iss").is_some());
    let two = reply(OidcVariant::TwoCodes).await;
    assert_eq!(two.iter().filter(|(name, _)| name == "code").count(), 2);
    let none = reply(OidcVariant::NoCode).await;
    assert_eq!((field(&none, "code"), field(&none, "error")), (None, None));
    let other = reply(OidcVariant::OtherState).await;
    assert!(field(&other, "state").is_some_and(|state| state != STATE));
    for (variant, error) in [
        (OidcVariant::AccessDenied, "access_denied"),
        (OidcVariant::ConsentRequired, "consent_required"),
        (OidcVariant::InteractionRequired, "interaction_required"),
        (OidcVariant::ServerError, "server_error"),
        (
            OidcVariant::TemporarilyUnavailable,
            "temporarily_unavailable",
        ),
    ] {
        let reply = reply(variant).await;
        assert_eq!(field(&reply, "error"), Some(error));
        assert_eq!(field(&reply, "code"), None);
        assert_eq!(field(&reply, "state"), Some(STATE));
    }
}

/// Redeems a code of B.Simon; none when it takes too long.
async fn redeem_in_time(variant: OidcVariant) -> Option<Page> {
    let mut story = Story::new(oidc_app().with_variant(variant));
    let form = redemption(&story.code().await);
    let fields: Vec<(&str, &str)> = form.iter().map(|(n, v)| (*n, v.as_str())).collect();
    let address = story.address("token");
    let redeemed = story.browser.post(&address, &fields);
    let limit = std::time::Duration::from_millis(300);
    tokio::time::timeout(limit, redeemed).await.ok()
}

#[tokio::test]
async fn the_token_endpoint_fails_in_four_ways() {
    for (variant, status, text) in [
        (OidcVariant::TokenServerError, 500, "Service Unavailable"),
        (OidcVariant::TokenHtml, 200, "<!doctype html>"),
        (OidcVariant::TokenWithoutIdToken, 200, "access_token"),
    ] {
        let page = redeem_in_time(variant).await.unwrap();
        assert_eq!(page.status.as_u16(), status);
        assert!(page.text.contains(text), "{}", page.text);
        assert!(!page.text.contains("id_token"));
    }
    assert!(redeem_in_time(OidcVariant::TokenSlow).await.is_none());
}

#[tokio::test]
async fn a_sign_in_chooses_its_own() {
    let mut story = Story::new(oidc_app());
    let page = story.ask(&code_request()).await;
    let user = vestibule::demo_idp::IdpUser::b_simon();
    let answer = story.browser.sign_in(&page, &user, "two-codes").await;
    let codes = super::reply(&answer);
    assert_eq!(codes.iter().filter(|(name, _)| name == "code").count(), 2);

    let mut parameters = code_request();
    parameters.push(("variant", "no-nonce"));
    let reply = super::reply(&story.ask(&parameters).await);
    let form = redemption(field(&reply, "code").unwrap());
    let tokens = story.redeem(&form).await;
    let claims = jws::verify(story.idp(), tokens.text("id_token"));
    assert!(!claims.contains_key("nonce"));

    story
        .browser
        .cookie
        .push_str("; contoso-variant=other-nonce");
    let reply = super::reply(&story.ask(&code_request()).await);
    let form = redemption(field(&reply, "code").unwrap());
    let tokens = story.redeem(&form).await;
    let claims = jws::verify(story.idp(), tokens.text("id_token"));
    assert_ne!(claims["nonce"], NONCE);
}
