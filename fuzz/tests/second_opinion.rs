//! josekit, which is another hand over the same OpenSSL, agrees with every signature that `jose` takes.
//!
//! It stands here and not among the product's tests because it would change how the whole of them reads and writes JSON.

use std::path::Path;

use josekit::jwk::Jwk;
use josekit::jws::{
    ES256, ES384, ES512, EdDSA, JwsVerifier, PS256, PS384, PS512, RS256, RS384, RS512,
    deserialize_compact,
};
use serde_json::Value;
use vestibule::jose::{Algorithm, KeySet, UnverifiedJws};

fn vectors() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/vectors")
}

/// The payload that josekit finds signed by this key.
fn second_opinion(token: &str, jwk: &Value, algorithm: Algorithm) -> Option<Vec<u8>> {
    // It asks for the key's name in every header; ours takes the only key that fits (rule K3).
    let mut jwk = jwk.clone();
    jwk.as_object_mut()?.remove("kid");
    let jwk = Jwk::from_bytes(jwk.to_string()).ok()?;
    let verifier: Box<dyn JwsVerifier> = match algorithm {
        Algorithm::Rs256 => Box::new(RS256.verifier_from_jwk(&jwk).ok()?),
        Algorithm::Rs384 => Box::new(RS384.verifier_from_jwk(&jwk).ok()?),
        Algorithm::Rs512 => Box::new(RS512.verifier_from_jwk(&jwk).ok()?),
        Algorithm::Ps256 => Box::new(PS256.verifier_from_jwk(&jwk).ok()?),
        Algorithm::Ps384 => Box::new(PS384.verifier_from_jwk(&jwk).ok()?),
        Algorithm::Ps512 => Box::new(PS512.verifier_from_jwk(&jwk).ok()?),
        Algorithm::Es256 => Box::new(ES256.verifier_from_jwk(&jwk).ok()?),
        Algorithm::Es384 => Box::new(ES384.verifier_from_jwk(&jwk).ok()?),
        Algorithm::Es512 => Box::new(ES512.verifier_from_jwk(&jwk).ok()?),
        Algorithm::EdDsa => Box::new(EdDSA.verifier_from_jwk(&jwk).ok()?),
    };
    deserialize_compact(token, &*verifier)
        .ok()
        .map(|(payload, _)| payload)
}

/// Whether ours takes it; then the other must, and must read the same.
fn agree(what: &str, token: &str, keys: &Value) -> bool {
    let Ok(set) = KeySet::parse(keys.to_string().as_bytes()) else {
        return false;
    };
    let Ok(jws) = UnverifiedJws::parse(token, 1 << 20) else {
        return false;
    };
    let Ok(signed) = jws.verify(&set, &Algorithm::ALL) else {
        return false;
    };
    let keys = keys["keys"].as_array().expect("a key set has keys");
    let found = keys
        .iter()
        .find_map(|jwk| second_opinion(token, jwk, signed.algorithm()));
    assert_eq!(found.as_deref(), Some(signed.payload()), "{what}");
    true
}

#[test]
fn every_token_of_the_vectors() {
    let mut taken = 0;
    for kind in ["accept", "reject"] {
        let folders = std::fs::read_dir(vectors().join("oidc").join(kind));
        for folder in folders.expect("the vectors are there") {
            let folder = folder.expect("a folder").path();
            let read = |name| std::fs::read_to_string(folder.join(name)).ok();
            let answer: Value =
                serde_json::from_str(&read("answer.txt").unwrap_or_default()).unwrap_or_default();
            let token = answer["id_token"].as_str().map(str::to_owned);
            let Some(token) = read("logout.txt").or(token) else {
                continue;
            };
            let keys = read("keys.json").expect("every case has keys");
            let keys = serde_json::from_str(&keys).expect("they are JSON");
            let is_taken = agree(&folder.display().to_string(), &token, &keys);
            assert!(is_taken || kind == "reject", "{}", folder.display());
            taken += usize::from(is_taken);
        }
    }
    assert!(taken > 100, "{taken}");
}

#[test]
fn every_token_of_wycheproof() {
    let path = vectors().join("jose/wycheproof/json_web_signature_test.json");
    let document = std::fs::read_to_string(path).expect("it is there");
    let document: Value = serde_json::from_str(&document).expect("it is JSON");
    let mut taken = 0;
    for group in document["testGroups"].as_array().expect("groups") {
        let key = group.get("public").unwrap_or(&group["private"]);
        let keys = serde_json::json!({ "keys": [key] });
        for case in group["tests"].as_array().expect("tests") {
            let token = case["jws"].as_str().expect("a token");
            taken += usize::from(agree(&case["tcId"].to_string(), token, &keys));
        }
    }
    assert!(taken > 20, "{taken}");
}
