//! How the client shows who it is at a token endpoint that others wrote (rules N1 to N3).

use openssl::ec::{EcGroup, EcKey};
use openssl::nid::Nid;
use openssl::pkey::PKey;
use openssl::rsa::Rsa;
use serde_json::{Value, json};
use vestibule::jose::{Algorithm, SigningKey};
use vestibule::oidc::{ClientAuthentication, ClientKey};

use super::relying_party::{CLIENT_ID, RelyingParty, SECRET, ada, now, random_text};
use super::{Package, Peer, PeerSettings, Visitor};

/// With a letter that RFC 6749 does not allow, and that some providers take.
const UGLIEST_SECRET: &str = "a+b/c%d:e~ü";

async fn at(package: Package, change: impl FnOnce(&mut Value)) -> RelyingParty {
    let settings = PeerSettings::new().account(&ada(3));
    RelyingParty::registered(Peer::start(package, &settings), change).await
}

/// oidc-provider takes no client whose secret has such a letter.
#[tokio::test]
async fn a_secret_is_the_same_at_the_provider_whatever_is_in_it() {
    for (package, secret) in [
        (Package::OidcProvider, SECRET),
        (Package::Pyop, UGLIEST_SECRET),
    ] {
        for (method, authentication) in [
            (
                "client_secret_basic",
                ClientAuthentication::SecretBasic(secret.to_owned()),
            ),
            (
                "client_secret_post",
                ClientAuthentication::SecretPost(secret.to_owned()),
            ),
        ] {
            let mut ours = at(package, |client| {
                client["token_endpoint_auth_method"] = json!(method);
                client["client_secret"] = json!(secret);
            })
            .await;
            ours.authentication = authentication;
            let token = ours.validate(ours.token("ada").await.unwrap()).unwrap();
            assert_eq!(token.subject(), "ada", "{package:?} {method}");
        }
    }
}

#[tokio::test]
async fn another_secret_is_refused_by_the_provider() {
    for package in [Package::OidcProvider, Package::Pyop] {
        let mut ours = at(package, |_| {}).await;
        ours.authentication = ClientAuthentication::SecretBasic(format!("{SECRET}!"));
        let refusal = ours.token("ada").await.unwrap_err();
        assert_eq!(refusal.rule(), "N5", "{package:?}");
        assert!(refusal.to_string().contains("invalid_client"), "{refusal}");
    }
}

fn keys() -> [ClientKey; 3] {
    let rsa = || PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap();
    let curve = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
    let ec = PKey::from_ec_key(EcKey::generate(&curve).unwrap()).unwrap();
    [
        (rsa(), Algorithm::Rs256),
        (rsa(), Algorithm::Ps256),
        (ec, Algorithm::Es256),
    ]
    .map(|(key, algorithm)| ClientKey {
        key: SigningKey::new(key, algorithm).unwrap(),
        kid: None,
        certificate_sha256: String::new(),
    })
}

async fn with_key(key: &ClientKey) -> RelyingParty {
    at(Package::OidcProvider, |client| {
        client["token_endpoint_auth_method"] = json!("private_key_jwt");
        client["jwks"] = json!({ "keys": [key.key.jwk()] });
        client.as_object_mut().unwrap().remove("client_secret");
    })
    .await
}

fn assertion(ours: &RelyingParty, key: &ClientKey, audience: &str) -> ClientAuthentication {
    let issuer = &ours.client.issuer;
    let assertion = key.assertion(issuer, CLIENT_ID, audience, &random_text(), now());
    ClientAuthentication::Assertion(assertion.unwrap())
}

/// The issuer is the audience, or the token endpoint where a connection says so.
#[tokio::test]
async fn an_assertion_of_each_algorithm_shows_who_we_are() {
    for key in keys() {
        let mut ours = with_key(&key).await;
        let audiences = [
            ours.peer.issuer().to_owned(),
            ours.discovery.token_endpoint.clone(),
        ];
        for audience in audiences {
            ours.authentication = assertion(&ours, &key, &audience);
            let token = ours.validate(ours.token("ada").await.unwrap()).unwrap();
            assert_eq!(token.subject(), "ada", "{key:?} {audience}");
        }
    }
}

/// Each request has an assertion of its own: the provider knows a `jti` again.
#[tokio::test]
async fn an_assertion_counts_once() {
    let [key, ..] = keys();
    let mut ours = with_key(&key).await;
    ours.authentication = assertion(&ours, &key, ours.peer.issuer());
    ours.token("ada").await.unwrap();
    let open = ours.begin("ada");
    let callback = ours.code(&mut Visitor::of(&ours.peer), &open).await;
    let answer = ours.redeem(&callback, &open.verifier).await;
    assert_eq!(answer.status, 401, "{}", answer.body);
    // The code is still good: it was the assertion that was not.
    ours.authentication = assertion(&ours, &key, ours.peer.issuer());
    let answer = ours.redeem(&callback, &open.verifier).await;
    answer.token(callback).unwrap();
}

#[tokio::test]
async fn an_assertion_by_another_key_or_for_another_server_is_refused_by_the_provider() {
    let [key, other, _] = keys();
    let mut ours = with_key(&key).await;
    for (key, audience) in [
        (&other, ours.peer.issuer().to_owned()),
        (&key, "https://idp.example.com".to_owned()),
    ] {
        ours.authentication = assertion(&ours, key, &audience);
        let refusal = ours.token("ada").await.unwrap_err();
        assert_eq!(refusal.rule(), "N5");
        assert!(refusal.to_string().contains("invalid_client"), "{refusal}");
    }
}
