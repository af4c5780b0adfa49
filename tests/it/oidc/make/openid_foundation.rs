//! The OpenID Foundation's test plan for relying parties: a test of the name of each of its modules, with its verdict.
//!
//! Each is a sign-in through a provider that is not Entra, with the module's one change. `docs/conformance.md` lists them.

use openssl::ec::EcKey;
use serde_json::{Value, json};
use vestibule::oidc::{Discovery, Issuer};

use super::{CLIENT, KID, NAMED, Story, jwk};
use crate::oidc::case::Case;

fn sign_in(change: impl FnOnce(&mut Story)) -> Result<String, String> {
    let mut story = Story::named();
    change(&mut story);
    let judged = story.into_case("module", "A module of the plan.").judge();
    judged
        .map(|user| user.key)
        .map_err(|refusal| refusal.rule().to_owned())
}

#[track_caller]
fn refused(rule: &str, change: impl FnOnce(&mut Story)) {
    assert_eq!(sign_in(change), Err(rule.to_owned()));
}

#[track_caller]
fn accepted(change: impl FnOnce(&mut Story)) {
    assert_eq!(sign_in(change), Ok("sub:248289761001".to_owned()));
}

#[test]
fn what_is_changed_is_a_good_sign_in() {
    accepted(|_| {});
}

#[test]
fn invalid_iss() {
    refused("P4", |it| it.claim("iss", "https://invalid.example.com"));
}

#[test]
fn invalid_aud() {
    refused("P5", |it| it.claim("aud", "another-client"));
}

#[test]
fn missing_aud() {
    refused("P5", |it| it.without_claim("aud"));
}

#[test]
fn invalid_secondary_aud() {
    refused("P5", |it| {
        it.claim("aud", json!([CLIENT, "another-client"]));
    });
}

#[test]
fn missing_iat() {
    refused("P7", |it| it.without_claim("iat"));
}

#[test]
fn missing_sub() {
    refused("P11", |it| it.without_claim("sub"));
}

#[test]
fn nonce_invalid() {
    refused("P8", |it| it.claim("nonce", "another-nonce"));
}

#[test]
fn invalid_sig_rs256() {
    refused("P3", |it| it.signed_by = "other");
}

/// The signature that the header speaks of is ECDSA's, and is none.
#[test]
fn invalid_sig_es256() {
    refused("P3", |it| {
        let path = Case::root().join("keys/idp-p256.pem");
        let key = EcKey::private_key_from_pem(&std::fs::read(path).unwrap()).unwrap();
        it.keys = json!({ "keys": [ec_jwk(&key)] });
        it.header["alg"] = "ES256".into();
        it.file.client.algorithms = vec!["ES256".to_owned()];
    });
}

fn ec_jwk(key: &EcKey<openssl::pkey::Private>) -> Value {
    use base64::Engine as _;
    use base64::prelude::BASE64_URL_SAFE_NO_PAD;
    let mut context = openssl::bn::BigNumContext::new().unwrap();
    let (mut x, mut y) = (
        openssl::bn::BigNum::new().unwrap(),
        openssl::bn::BigNum::new().unwrap(),
    );
    key.public_key()
        .affine_coordinates(key.group(), &mut x, &mut y, &mut context)
        .unwrap();
    let text = |number: &openssl::bn::BigNum| {
        BASE64_URL_SAFE_NO_PAD.encode(number.to_vec_padded(32).unwrap())
    };
    json!({ "kty": "EC", "crv": "P-256", "use": "sig", "kid": KID, "x": text(&x), "y": text(&y) })
}

#[test]
fn invalid_sig_hs256() {
    refused("P2", |it| it.header["alg"] = "HS256".into());
}

#[test]
fn invalid_signature() {
    refused("P3", |it| {
        it.token = |token| {
            let (signed, signature) = token.rsplit_once('.').unwrap();
            let turned: String = signature.chars().rev().collect();
            // The last character has bits that must be zero, as the first has not.
            format!("{signed}.{}A", &turned[..turned.len() - 1])
        };
    });
}

#[test]
fn invalid_expired_exp() {
    refused("P6", |it| it.claim("exp", it.started() - 3600));
}

#[test]
fn invalid_missing_exp() {
    refused("P6", |it| it.without_claim("exp"));
}

#[test]
fn iat_is_week_in_past() {
    refused("P7", |it| it.claim("iat", it.started() - 7 * 24 * 3600));
}

#[test]
fn invalid_authorization_response_iss() {
    refused("M4", |it| {
        it.file.client.answers_name_issuer = true;
        it.parameter("iss", "https://invalid.example.com");
    });
}

#[test]
fn remove_authorization_response_iss() {
    refused("M4", |it| it.file.client.answers_name_issuer = true);
}

#[test]
fn discovery_issuer_mismatch() {
    let document = |issuer: &str| {
        json!({
            "issuer": issuer,
            "authorization_endpoint": format!("{NAMED}/authorize"),
            "token_endpoint": format!("{NAMED}/token"),
            "jwks_uri": format!("{NAMED}/keys"),
            "response_types_supported": ["code"],
        })
        .to_string()
    };
    let expected = Issuer::named(NAMED);
    assert!(Discovery::parse(document(NAMED).as_bytes(), &expected, false).is_ok());
    let other = document("https://invalid.example.com");
    assert!(Discovery::parse(other.as_bytes(), &expected, false).is_err());
}

#[test]
fn userinfo_invalid_sub() {
    refused("Q2", |it| it.userinfo = Some(json!({ "sub": "another" })));
}

#[test]
fn invalid_state() {
    refused("M3", |it| {
        it.parameter("state", "b3RoZXItb3RoZXItb3RoZXItb3RoZXItb3RoZXItMzI");
    });
}

#[test]
fn missing_state() {
    refused("M2", |it| it.without_parameter("state"));
}

#[test]
fn idtoken_sig_none() {
    refused("P2", |it| {
        it.header = json!({ "alg": "none" });
        it.token = |token| format!("{}.", token.rsplit_once('.').unwrap().0);
    });
}

#[test]
fn kid_absent_multiple_jwks() {
    refused("K3", |it| {
        drop(it.header.as_object_mut().unwrap().remove("kid"));
    });
}

#[test]
fn kid_absent_single_jwks() {
    accepted(|it| {
        drop(it.header.as_object_mut().unwrap().remove("kid"));
        it.keys = json!({ "keys": [jwk("idp", KID)] });
    });
}

#[test]
fn valid_aud_as_array() {
    accepted(|it| it.claim("aud", json!([CLIENT])));
}

#[test]
fn token_type_case_insensitivity() {
    accepted(|it| it.answer["token_type"] = "bEaReR".into());
}

#[test]
fn token_endpoint_response_without_expires_in() {
    accepted(|it| it.answer["expires_in"] = Value::Null);
}

#[test]
fn no_scope_in_token_endpoint_response() {
    accepted(|it| it.answer["scope"] = Value::Null);
}

#[test]
fn userinfo_signed() {
    accepted(|it| {
        it.file.client.signed_userinfo = true;
        it.userinfo_header = Some(json!({ "alg": "RS256", "kid": KID }));
        it.userinfo = Some(json!({ "iss": NAMED, "aud": CLIENT, "sub": "248289761001" }));
    });
}

/// A nonce is sent in the code flow, too; a provider that does not give it back is not believed.
#[test]
fn nonce_unless_code_flow() {
    accepted(|it| assert!(it.claims["nonce"].is_string()));
    refused("P8", |it| it.without_claim("nonce"));
}

/// Both keys are published; then the old one is gone.
#[test]
fn key_rotation() {
    for keys in [
        json!([jwk("other", "old"), jwk("idp", KID)]),
        json!([jwk("idp", KID)]),
    ] {
        accepted(|it| it.keys = json!({ "keys": keys }));
    }
    refused("K3", |it| {
        it.keys = json!({ "keys": [jwk("other", "old")] });
    });
}
