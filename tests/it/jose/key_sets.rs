//! Which keys of a set are used, and for what (rules K2, K3 and H3).

use openssl::pkey::PKey;
use openssl::rsa::Rsa;
use serde_json::{Value, json};
use vestibule::jose::{
    Algorithm, JwkError, KeySet, KeySetError, MOST_KEYS, ProtectedHeader, SigningKey,
    UnverifiedJws, VerifyError,
};

use super::key_set;

fn rsa_key(bits: u32, algorithm: Algorithm) -> SigningKey {
    let key = PKey::from_rsa(Rsa::generate(bits).unwrap()).unwrap();
    SigningKey::new(key, algorithm).unwrap()
}

/// A JWK that is good, changed.
fn changed(jwk: &Value, change: impl FnOnce(&mut serde_json::Map<String, Value>)) -> Value {
    let mut jwk = jwk.clone();
    change(jwk.as_object_mut().unwrap());
    jwk
}

#[test]
fn an_entry_that_cannot_be_used_is_passed_over_and_said() {
    let good = rsa_key(2048, Algorithm::Rs256).jwk();
    let small = Rsa::generate(1024).unwrap();
    let text = |octets: Vec<u8>| {
        use base64::Engine as _;
        base64::prelude::BASE64_URL_SAFE_NO_PAD.encode(octets)
    };
    let point = json!({
        "kty": "EC", "crv": "P-256",
        "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
        "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
    });
    let set = |member: &'static str, value: Value| {
        move |jwk: &mut serde_json::Map<String, Value>| {
            jwk.insert(member.to_owned(), value);
        }
    };
    let cases: Vec<(Value, JwkError)> = vec![
        (json!("text"), JwkError::NotObject),
        (
            changed(&good, set("n", text(small.n().to_vec()).into())),
            JwkError::RsaSize(1024),
        ),
        (
            changed(&good, set("n", text(vec![255; 1025]).into())),
            JwkError::RsaSize(8200),
        ),
        (changed(&good, set("e", "AQ".into())), JwkError::RsaExponent),
        (
            changed(&good, set("e", "AQAA".into())),
            JwkError::RsaExponent,
        ),
        (
            changed(&good, set("n", "a+b/".into())),
            JwkError::Value("n"),
        ),
        (changed(&good, set("e", "".into())), JwkError::Value("e")),
        (
            changed(&good, set("use", "enc".into())),
            JwkError::Use("enc".to_owned()),
        ),
        (
            changed(&good, set("key_ops", json!(["encrypt"]))),
            JwkError::Operations,
        ),
        (changed(&good, set("d", "AQAB".into())), JwkError::Private),
        (
            changed(&good, set("alg", "RSA-OAEP".into())),
            JwkError::Algorithm("RSA-OAEP".to_owned()),
        ),
        (
            changed(&good, set("kty", "RSB".into())),
            JwkError::Kind("RSB".to_owned()),
        ),
        (
            json!({ "kty": "oct", "k": "c2VjcmV0" }),
            JwkError::Kind("oct".to_owned()),
        ),
        (
            changed(
                &point,
                set("y", "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU".into()),
            ),
            JwkError::OffCurve,
        ),
        (
            changed(&point, set("x", "f83O".into())),
            JwkError::Value("x"),
        ),
        (
            changed(&point, set("crv", "secp256k1".into())),
            JwkError::Curve("secp256k1".to_owned()),
        ),
        (
            json!({ "kty": "OKP", "crv": "X25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" }),
            JwkError::Curve("X25519".to_owned()),
        ),
    ];
    let entries: Vec<_> = cases.iter().map(|(jwk, _)| jwk.clone()).collect();
    let keys = key_set(&[&entries[..], &[good, point]].concat()).unwrap();
    let reasons: Vec<_> = keys.unusable().iter().map(|it| it.reason.clone()).collect();
    let expected: Vec<_> = cases.into_iter().map(|(_, reason)| reason).collect();
    assert_eq!(reasons, expected);
    assert_eq!(keys.keys().len(), 2);
    assert!(
        key_set(&[json!({ "kty": "RSA", "kid": 7 })])
            .unwrap()
            .is_empty()
    );
}

#[test]
fn a_document_has_its_bounds() {
    let parse = |text: &str| KeySet::parse(text.as_bytes()).map(drop).unwrap_err();
    assert_eq!(parse("{}"), KeySetError::NoKeys);
    assert!(matches!(parse(r#"{"keys":{}}"#), KeySetError::Member(_)));
    assert!(matches!(
        parse(r#"{"keys":[],"keys":[]}"#),
        KeySetError::Json(_)
    ));
    assert!(matches!(parse("<html>"), KeySetError::Json(_)));
    let many = json!({ "keys": vec![json!({}); MOST_KEYS + 1] }).to_string();
    assert_eq!(parse(&many), KeySetError::TooMany(MOST_KEYS + 1));
    let long = format!("{{\"keys\":[]{}}}", " ".repeat(512 * 1024));
    assert!(matches!(parse(&long), KeySetError::TooLong(_)));
}

#[test]
fn a_key_is_chosen_by_its_name_and_by_its_kind() {
    let (one, two) = (
        rsa_key(2048, Algorithm::Rs256),
        rsa_key(2048, Algorithm::Rs256),
    );
    let nameless = one.sign(ProtectedHeader::default(), &json!({})).unwrap();
    let verify = |token: &str, keys: &[Value]| {
        let jws = UnverifiedJws::parse(token, 9000).unwrap();
        jws.verify(&key_set(keys).unwrap(), &Algorithm::ALL)
            .map(drop)
    };
    // Entra's keys have no `alg`.
    let bare = changed(&one.jwk(), |jwk| {
        jwk.remove("alg");
    });
    assert_eq!(verify(&nameless, std::slice::from_ref(&bare)), Ok(()));
    assert_eq!(
        verify(&nameless, &[one.jwk(), two.jwk()]),
        Err(VerifyError::Ambiguous(2))
    );
    // Another algorithm's key does not fit, and so is not counted.
    let other = changed(&two.jwk(), |jwk| {
        jwk.insert("alg".to_owned(), "PS256".into());
    });
    assert_eq!(verify(&nameless, &[one.jwk(), other.clone()]), Ok(()));
    assert_eq!(
        verify(&nameless, &[other]),
        Err(VerifyError::NoKey {
            kid: None,
            algorithm: Algorithm::Rs256
        })
    );

    let header = ProtectedHeader {
        kid: Some("k"),
        ..ProtectedHeader::default()
    };
    let token = one.sign(header, &json!({})).unwrap();
    let called_k = |jwk: Value| {
        changed(&jwk, |jwk| {
            jwk.insert("kid".to_owned(), "k".into());
        })
    };
    let no_key = VerifyError::NoKey {
        kid: Some("k".to_owned()),
        algorithm: Algorithm::Rs256,
    };
    assert_eq!(verify(&token, &[one.jwk()]), Err(no_key));
    let strangers = vec![called_k(two.jwk()); 3];
    let and_ours = |strangers: &[Value]| [strangers, &[called_k(bare.clone())]].concat();
    assert_eq!(verify(&token, &and_ours(&strangers)), Ok(()));
    // Four of a name are tried, and no more.
    let strangers = vec![called_k(two.jwk()); 4];
    assert_eq!(
        verify(&token, &and_ours(&strangers)),
        Err(VerifyError::Signature)
    );
}
