//! JSON Web Signatures by hand: with the key set as it is served.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use openssl::bn::BigNum;
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Private};
use openssl::rsa::{Padding, Rsa};
use openssl::sign::{RsaPssSaltlen, Signer, Verifier};
use serde_json::{Map, Value};
use vestibule::demo_idp::DemoIdp;

use super::{Browser, base64url};

/// The parts of a compact JWS, unverified.
pub(super) fn parts(token: &str) -> (Map<String, Value>, Map<String, Value>, Vec<u8>) {
    let parts: Vec<&str> = token.split('.').collect();
    let [header, claims, signature] = parts[..] else {
        panic!("{token}")
    };
    let octets = |part| URL_SAFE_NO_PAD.decode(part).unwrap();
    (
        serde_json::from_slice(&octets(header)).unwrap(),
        serde_json::from_slice(&octets(claims)).unwrap(),
        octets(signature),
    )
}

/// The claims, when the served key that the header names signed them by RS256.
pub(super) fn verify(idp: &DemoIdp, token: &str) -> Map<String, Value> {
    let (header, claims, _) = parts(token);
    assert_eq!(header["alg"], "RS256");
    assert_eq!(header["typ"], "JWT");
    let keys = served_keys(idp);
    let key = keys.iter().find(|key| key["kid"] == header["kid"]).unwrap();
    assert!(is_signed(key, token));
    claims
}

/// Whether a served key signed a token by RS256.
pub(super) fn is_signed(key: &Value, token: &str) -> bool {
    let number = |name: &str| {
        let octets = URL_SAFE_NO_PAD.decode(key[name].as_str().unwrap());
        BigNum::from_slice(&octets.unwrap()).unwrap()
    };
    let rsa = Rsa::from_public_components(number("n"), number("e")).unwrap();
    let key = PKey::from_rsa(rsa).unwrap();
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    Verifier::new(MessageDigest::sha256(), &key)
        .unwrap()
        .verify_oneshot(&signature, signed.as_bytes())
        .unwrap()
}

pub(super) fn served_keys(idp: &DemoIdp) -> Vec<Value> {
    let address = format!("/{}/discovery/v2.0/keys", idp.tenant().id);
    let mut browser = Browser::new(idp.clone());
    let page = futures_util::FutureExt::now_or_never(async move { browser.get(&address).await });
    let mut document: Value = serde_json::from_str(&page.unwrap().text).unwrap();
    let Value::Array(keys) = document["keys"].take() else {
        panic!("{document}")
    };
    keys
}

/// A JWS by PS256 or RS256.
pub(super) fn sign(key: &PKey<Private>, header: &Value, claims: &Value) -> String {
    let content = format!(
        "{}.{}",
        base64url(header.to_string()),
        base64url(claims.to_string())
    );
    let mut signer = Signer::new(MessageDigest::sha256(), key).unwrap();
    if header["alg"] == "PS256" {
        signer.set_rsa_padding(Padding::PKCS1_PSS).unwrap();
        signer.set_rsa_mgf1_md(MessageDigest::sha256()).unwrap();
        let salt = RsaPssSaltlen::DIGEST_LENGTH;
        signer.set_rsa_pss_saltlen(salt).unwrap();
    }
    let signature = signer.sign_oneshot_to_vec(content.as_bytes()).unwrap();
    format!("{content}.{}", base64url(signature))
}
