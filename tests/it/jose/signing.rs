//! What we sign, verified; and each way in which a good token stops being one.

use openssl::ec::{EcGroup, EcKey};
use openssl::ecdsa::EcdsaSig;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use serde_json::{Value, json};
use vestibule::jose::{
    Algorithm, JwsError, JwsPart, KeySet, ProtectedHeader, SigningKey, UnverifiedJws, VerifyError,
};

use super::{key_set, verify};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

fn private_key(algorithm: Algorithm) -> PKey<Private> {
    let on_curve = |nid| {
        let group = EcGroup::from_curve_name(nid).unwrap();
        PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap()
    };
    match algorithm {
        Algorithm::Es256 => on_curve(Nid::X9_62_PRIME256V1),
        Algorithm::Es384 => on_curve(Nid::SECP384R1),
        Algorithm::Es512 => on_curve(Nid::SECP521R1),
        Algorithm::EdDsa => PKey::generate_ed25519().unwrap(),
        _ => PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap(),
    }
}

fn signing_key(algorithm: Algorithm) -> SigningKey {
    SigningKey::new(private_key(algorithm), algorithm).unwrap()
}

fn named(key: &SigningKey) -> ProtectedHeader<'_> {
    ProtectedHeader {
        kid: Some(key.thumbprint()),
        typ: Some("JWT"),
        ..ProtectedHeader::default()
    }
}

fn claims() -> Value {
    json!({ "iss": "https://idp.example.com", "sub": "alice" })
}

/// A JWS with another header, over whatever it says, signed by the same key as the claims.
fn with_header(header: &Value, key: &PKey<Private>) -> String {
    let signed = format!(
        "{}.{}",
        BASE64_URL_SAFE_NO_PAD.encode(header.to_string()),
        BASE64_URL_SAFE_NO_PAD.encode(claims().to_string())
    );
    let digest = openssl::sha::sha256(signed.as_bytes());
    let pair = EcdsaSig::sign(&digest, &key.ec_key().unwrap()).unwrap();
    let mut signature = pair.r().to_vec_padded(32).unwrap();
    signature.extend(pair.s().to_vec_padded(32).unwrap());
    format!("{signed}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature))
}

#[test]
fn what_a_key_signs_verifies_with_its_jwk_and_with_no_other_algorithm() {
    for algorithm in Algorithm::ALL {
        let key = signing_key(algorithm);
        let token = key.sign(named(&key), &claims()).unwrap();
        let signed = verify(&token, &[key.jwk()]).unwrap();
        assert_eq!(signed.algorithm(), algorithm);
        assert_eq!(signed.header().typ(), Some("JWT"));
        assert_eq!(signed.claims().unwrap().text("sub"), Ok(Some("alice")));
        assert_eq!(signed.key().thumbprint(), key.thumbprint());

        let others: Vec<_> = Algorithm::ALL
            .into_iter()
            .filter(|it| *it != algorithm)
            .collect();
        let keys = key_set(&[key.jwk()]).unwrap();
        let refused = UnverifiedJws::parse(&token, 9000)
            .unwrap()
            .verify(&keys, &others);
        let received = algorithm.name().to_owned();
        assert_eq!(refused.unwrap_err(), VerifyError::Algorithm { received });

        let strangers = signing_key(algorithm);
        let mut jwk = strangers.jwk();
        jwk["kid"] = key.thumbprint().into();
        let refused = UnverifiedJws::parse(&token, 9000).unwrap();
        let refused = refused.verify(&key_set(&[jwk]).unwrap(), &Algorithm::ALL);
        assert_eq!(refused.unwrap_err(), VerifyError::Signature, "{algorithm}");
    }
}

#[test]
fn every_octet_of_a_token_counts() {
    let key = signing_key(Algorithm::Es256);
    let token = key.sign(named(&key), &claims()).unwrap();
    for at in 0..token.len() {
        let mut changed = token.clone().into_bytes();
        changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(changed).unwrap();
        assert!(verify(&changed, &[key.jwk()]).is_err(), "octet {at}");
    }
}

#[test]
fn a_header_neither_brings_a_key_nor_demands_anything() {
    let (ours, attackers) = (private_key(Algorithm::Es256), private_key(Algorithm::Es256));
    let ours = SigningKey::new(ours, Algorithm::Es256).unwrap();
    let theirs = SigningKey::new(attackers.clone(), Algorithm::Es256).unwrap();
    // Signed with the key that it carries, under the name of ours.
    for (member, value) in [
        ("jwk", theirs.jwk()),
        ("jku", json!("https://attacker.example.com/jwks.json")),
        ("x5u", json!("https://attacker.example.com/certificate.pem")),
        ("x5c", json!(["MIIB"])),
    ] {
        let header = json!({ "alg": "ES256", "kid": ours.thumbprint(), member: value });
        let token = with_header(&header, &attackers);
        let jws = UnverifiedJws::parse(&token, 9000).unwrap();
        assert_eq!(jws.header().key_members(), [member]);
        let refused = jws.verify(&key_set(&[ours.jwk()]).unwrap(), &Algorithm::ALL);
        assert_eq!(refused.unwrap_err(), VerifyError::Signature, "{member}");
    }
    for crit in [json!(["exp"]), json!([]), json!(null)] {
        let header = json!({ "alg": "ES256", "crit": crit, "exp": 1 });
        let token = with_header(&header, &attackers);
        let jws = UnverifiedJws::parse(&token, 9000).unwrap();
        let refused = jws.verify(&key_set(&[theirs.jwk()]).unwrap(), &Algorithm::ALL);
        assert_eq!(refused.unwrap_err(), VerifyError::Critical);
    }
}

#[test]
fn neither_none_nor_a_shared_secret_is_an_algorithm() {
    let key = signing_key(Algorithm::Rs256);
    let payload = BASE64_URL_SAFE_NO_PAD.encode(claims().to_string());
    let public = key_set(&[key.jwk()]).unwrap();
    for name in [
        "none", "None", "NONE", "nOnE", "HS256", "HS384", "HS512", "rs256", "RS256 ", "",
    ] {
        let header = json!({ "alg": name, "kid": key.thumbprint() });
        let signed = format!(
            "{}.{payload}",
            BASE64_URL_SAFE_NO_PAD.encode(header.to_string())
        );
        // The public key as a secret: what a verifier that lets the header decide would take.
        let secret = PKey::hmac(key.jwk()["n"].as_str().unwrap().as_bytes()).unwrap();
        let digest = openssl::hash::MessageDigest::sha256();
        let mac = openssl::sign::Signer::new(digest, &secret)
            .and_then(|mut signer| signer.sign_oneshot_to_vec(signed.as_bytes()))
            .unwrap();
        for signature in [String::new(), BASE64_URL_SAFE_NO_PAD.encode(mac)] {
            let token = format!("{signed}.{signature}");
            let refused = UnverifiedJws::parse(&token, 9000).unwrap();
            let refused = refused.verify(&public, &Algorithm::ALL).unwrap_err();
            let received = name.to_owned();
            assert_eq!(refused, VerifyError::Algorithm { received });
        }
    }
}

#[test]
fn a_signature_on_a_curve_is_two_numbers_of_full_length() {
    let key = private_key(Algorithm::Es256);
    let signing = SigningKey::new(key.clone(), Algorithm::Es256).unwrap();
    let token = signing.sign(named(&signing), &claims()).unwrap();
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let raw = BASE64_URL_SAFE_NO_PAD.decode(signature).unwrap();
    let number = |octets: &[u8]| openssl::bn::BigNum::from_slice(octets).unwrap();
    let pair = EcdsaSig::from_private_components(number(&raw[..32]), number(&raw[32..])).unwrap();
    let longer = [&[0][..], &raw[..32], &[0], &raw[32..]].concat();
    for (what, octets) in [
        ("DER", pair.to_der().unwrap()),
        ("zeros", vec![0; 64]),
        ("r alone", raw[..32].to_vec()),
        ("longer", longer),
        ("nothing", Vec::new()),
    ] {
        let token = format!("{signed}.{}", BASE64_URL_SAFE_NO_PAD.encode(octets));
        let refused = UnverifiedJws::parse(&token, 9000).unwrap();
        let refused = refused.verify(&key_set(&[signing.jwk()]).unwrap(), &Algorithm::ALL);
        assert_eq!(refused.unwrap_err(), VerifyError::Signature, "{what}");
    }
}

#[test]
fn a_token_has_one_spelling() {
    let key = signing_key(Algorithm::Es256);
    let token = key.sign(named(&key), &claims()).unwrap();
    let parts: Vec<_> = token.split('.').collect();
    let parse = |text: &str| UnverifiedJws::parse(text, 9000).map(drop).unwrap_err();
    assert_eq!(
        parse(&format!("{token}=")),
        JwsError::Base64(JwsPart::Signature)
    );
    assert_eq!(
        parse(&format!("{token}\n")),
        JwsError::Base64(JwsPart::Signature)
    );
    assert_eq!(
        parse(&format!(" {token}")),
        JwsError::Base64(JwsPart::Header)
    );
    assert_eq!(parse(&format!("{token}.")), JwsError::Parts(4));
    assert_eq!(parse(&format!("{token}.a.b")), JwsError::Encrypted);
    assert_eq!(parse(parts[0]), JwsError::Parts(1));
    assert_eq!(parse(""), JwsError::Parts(1));
    // 64 octets leave four bits at the end that mean nothing: they must be zero.
    let last = parts[2].chars().last().unwrap();
    let stray = char::from_u32(u32::from(last) + 1).unwrap();
    let stray = format!("{}{stray}", &token[..token.len() - 1]);
    assert_eq!(parse(&stray), JwsError::Base64(JwsPart::Signature));
    let whole = UnverifiedJws::parse(&token, token.len() - 1).map(drop);
    let (octets, longest) = (token.len(), token.len() - 1);
    assert_eq!(whole, Err(JwsError::TooLong { octets, longest }));
}

#[test]
fn a_header_is_read_strictly() {
    let parse = |header: &str| {
        let token = format!("{}.e30.", BASE64_URL_SAFE_NO_PAD.encode(header));
        UnverifiedJws::parse(&token, 9000).map(drop)
    };
    assert_eq!(parse(r#"{"alg":"ES256"}"#), Ok(()));
    assert_eq!(parse(r#"{"kid":"a"}"#), Err(JwsError::NoAlgorithm));
    for wrong in [
        r#"{"alg":["ES256"]}"#,
        r#"{"alg":"ES256","kid":7}"#,
        r#"{"alg":"ES256","typ":null}"#,
    ] {
        assert!(
            matches!(parse(wrong), Err(JwsError::HeaderMember(_))),
            "{wrong}"
        );
    }
    for wrong in [r#"{"alg":"none","alg":"ES256"}"#, "[]", "", "{"] {
        assert!(matches!(parse(wrong), Err(JwsError::Header(_))), "{wrong}");
    }
}

#[test]
fn nothing_of_a_token_is_shown_where_it_is_debugged() {
    let key = signing_key(Algorithm::Es256);
    let token = key.sign(named(&key), &claims()).unwrap();
    let jws = UnverifiedJws::parse(&token, 9000).unwrap();
    let shown = format!("{jws:?}");
    let keys: KeySet = [key.public().clone()].into_iter().collect();
    let verified = jws.verify(&keys, &Algorithm::ALL);
    let shown = format!("{shown} {verified:?} {key:?}");
    assert!(
        shown.contains("ES256") && !shown.contains("alice"),
        "{shown}"
    );
    assert!(!shown.contains(&token[token.len() - 20..]));
}
