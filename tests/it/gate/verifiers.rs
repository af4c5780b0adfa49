//! `examples/applications`: what others' libraries, used as there, believe of a token and what they do not (rules V5 and V15).

use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use base64::Engine as _;
use base64::prelude::{BASE64_URL_SAFE, BASE64_URL_SAFE_NO_PAD};
use openssl::ec::{EcGroup, EcKey};
use openssl::ecdsa::EcdsaSig;
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use openssl::sha::sha256;
use openssl::sign::Signer;
use serde_json::{Value, json};
use vestibule::clock::Clock;
use vestibule::jose::{Algorithm, SigningKey};

use crate::support::free_port;

const ISSUER: &str = "https://acme.sso.example.com";
const AUDIENCE: &str = "https://app.example.com";

/// An application of `examples/applications`, until it is dropped.
struct Verifier {
    child: Child,
    port: u16,
    _dir: tempfile::TempDir,
}

impl Drop for Verifier {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The key of the installation, and what is published of it.
struct Installed {
    key: EcKey<Private>,
    kid: String,
    published: Value,
}

impl Installed {
    fn new() -> Self {
        let curve = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
        let key = EcKey::generate(&curve).unwrap();
        let of_jose = PKey::from_ec_key(key.clone()).unwrap();
        let of_jose = SigningKey::new(of_jose, Algorithm::Es256).unwrap();
        Self {
            kid: of_jose.thumbprint().to_owned(),
            published: json!({"keys": [of_jose.jwk()]}),
            key,
        }
    }

    /// Where the keys are published.
    async fn publish(&self) -> String {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}/jwks.json", listener.local_addr().unwrap());
        let keys = Arc::new(self.published.to_string());
        let keys = move || {
            let keys = Arc::clone(&keys);
            async move {
                (
                    [("content-type", "application/jwk-set+json")],
                    keys.to_string(),
                )
            }
        };
        let router = Router::new().route("/jwks.json", get(keys));
        tokio::spawn(async move { axum::serve(listener, router).await });
        address
    }

    fn header(&self) -> Value {
        json!({"alg": "ES256", "kid": self.kid, "typ": "vestibule-identity+jwt"})
    }

    fn token(&self, header: &Value, claims: &Value) -> String {
        let signed = unsigned(header, claims);
        let signature = EcdsaSig::sign(&sha256(signed.as_bytes()), &self.key).unwrap();
        format!(
            "{signed}.{}",
            BASE64_URL_SAFE_NO_PAD.encode(raw(&signature))
        )
    }
}

fn raw(signature: &EcdsaSig) -> Vec<u8> {
    let part = |number: &openssl::bn::BigNumRef| number.to_vec_padded(32).unwrap();
    [part(signature.r()), part(signature.s())].concat()
}

fn unsigned(header: &Value, claims: &Value) -> String {
    let part = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}", part(header), part(claims))
}

fn claims() -> Value {
    let now = Clock::system().now().unix_timestamp();
    json!({
        "iss": ISSUER, "aud": AUDIENCE, "sub": "5m8r2v0c9g7k3s1x6t4q8w2e0d", "iat": now, "nbf": now - 5, "exp": now + 120,
        "jti": "a", "sid": "b", "name": "Britta Simon", "org_id": "c", "org_slug": "acme", "groups": ["Staff"], "amr": [],
    })
}

fn with(mut value: Value, member: &str, change: impl Into<Value>) -> Value {
    value[member] = change.into();
    value
}

/// Tokens with no algorithm, with a MAC and with RSA.
fn of_other_algorithms(own: &Installed) -> [String; 3] {
    let none = unsigned(&with(own.header(), "alg", "none"), &claims());
    // The public key, which everybody knows, as the secret of a MAC.
    let mac_header = with(own.header(), "alg", "HS256");
    let public = PKey::from_ec_key(own.key.clone())
        .unwrap()
        .public_key_to_pem()
        .unwrap();
    let secret = PKey::hmac(&public).unwrap();
    let mac_signed = unsigned(&mac_header, &claims());
    let mac = Signer::new(MessageDigest::sha256(), &secret)
        .unwrap()
        .sign_oneshot_to_vec(mac_signed.as_bytes())
        .unwrap();
    let rsa = PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap();
    let rsa_signed = unsigned(&with(own.header(), "alg", "RS256"), &claims());
    let rsa_signature = Signer::new(MessageDigest::sha256(), &rsa)
        .unwrap()
        .sign_oneshot_to_vec(rsa_signed.as_bytes())
        .unwrap();
    [
        format!("{none}."),
        format!("{mac_signed}.{}", BASE64_URL_SAFE_NO_PAD.encode(mac)),
        format!(
            "{rsa_signed}.{}",
            BASE64_URL_SAFE_NO_PAD.encode(rsa_signature)
        ),
    ]
}

/// Tokens that nobody believes, by what is wrong with them.
fn rejected(own: &Installed) -> Vec<(&'static str, Vec<String>)> {
    let now = Clock::system().now().unix_timestamp();
    let good = || claims();
    let changed =
        |member: &str, value: Value| own.token(&own.header(), &with(good(), member, value));
    let headed =
        |member: &str, value: Value| own.token(&with(own.header(), member, value), &good());
    let other = Installed::new();
    let mut missing_exp = good();
    missing_exp.as_object_mut().unwrap().remove("exp");
    let plain = own.token(&own.header(), &good());
    let (signed, signature) = plain.rsplit_once('.').unwrap();
    let octets = BASE64_URL_SAFE_NO_PAD.decode(signature).unwrap();
    let zero = |from: usize| {
        let mut octets = octets.clone();
        octets[from..from + 32].fill(0);
        format!("{signed}.{}", BASE64_URL_SAFE_NO_PAD.encode(octets))
    };
    let der = EcdsaSig::sign(&sha256(signed.as_bytes()), &own.key).unwrap();
    let der = BASE64_URL_SAFE_NO_PAD.encode(der.to_der().unwrap());
    let [none, mac, rsa] = of_other_algorithms(own);
    vec![
        ("nothing", vec![]),
        ("empty", vec![String::new()]),
        ("two headers", vec![plain.clone(), plain.clone()]),
        ("expired", vec![changed("exp", (now - 31).into())]),
        (
            "without an end",
            vec![own.token(&own.header(), &missing_exp)],
        ),
        ("not yet", vec![changed("nbf", (now + 40).into())]),
        (
            "another audience",
            vec![changed("aud", "https://other.example.com".into())],
        ),
        (
            "several audiences",
            vec![changed(
                "aud",
                json!([AUDIENCE, "https://other.example.com"]),
            )],
        ),
        (
            "another issuer",
            vec![changed("iss", "https://beta.sso.example.com".into())],
        ),
        (
            "another installation's key",
            vec![other.token(&other.header(), &good())],
        ),
        (
            "signed by another key",
            vec![other.token(&own.header(), &good())],
        ),
        (
            "a key in the header",
            vec![other.token(
                &with(other.header(), "jwk", other.published["keys"][0].clone()),
                &good(),
            )],
        ),
        (
            "an address of keys",
            vec![headed("jku", "https://evil.example/jwks.json".into())],
        ),
        ("a critical extension", vec![headed("crit", json!(["exp"]))]),
        ("another type", vec![headed("typ", "JWT".into())]),
        ("no algorithm", vec![none]),
        ("a MAC", vec![mac]),
        ("RSA", vec![rsa]),
        ("r is zero", vec![zero(0)]),
        ("s is zero", vec![zero(32)]),
        ("a signature in DER", vec![format!("{signed}.{der}")]),
        (
            "padding",
            vec![format!("{signed}.{}", BASE64_URL_SAFE.encode(&octets))],
        ),
        ("too long", vec![changed("name", "x".repeat(8_192).into())]),
    ]
}

async fn judges(verifier: &Verifier, own: &Installed) {
    let now = Clock::system().now().unix_timestamp();
    let good = own.token(&own.header(), &claims());
    let answer = answer(verifier, std::slice::from_ref(&good)).await;
    assert_eq!(answer.0, 200, "{}", answer.1);
    let user: Value = serde_json::from_str(&answer.1).unwrap();
    assert_eq!(
        (&user["sub"], &user["org_slug"]),
        (&claims()["sub"], &"acme".into())
    );
    // A clock that is a little behind or ahead.
    for (member, value) in [("exp", now - 10), ("nbf", now + 10)] {
        let token = own.token(&own.header(), &with(claims(), member, value));
        assert_eq!(self::answer(verifier, &[token]).await.0, 200, "{member}");
    }
    for (what, tokens) in rejected(own) {
        let (status, body) = self::answer(verifier, &tokens).await;
        assert_eq!(status, 401, "{what}: {body}");
    }
}

async fn answer(verifier: &Verifier, tokens: &[String]) -> (u16, String) {
    let address = format!("http://127.0.0.1:{}/", verifier.port);
    let mut request = reqwest::Client::new().get(address);
    for token in tokens {
        request = request.header("vestibule-identity", token);
    }
    let answer = request.send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

fn start(mut command: Command, keys: &str, port: u16, dir: tempfile::TempDir) -> Verifier {
    let child = command
        .arg(port.to_string())
        .env("VESTIBULE_ISSUER", ISSUER)
        .env("VESTIBULE_AUDIENCE", AUDIENCE)
        .env("VESTIBULE_KEYS", keys)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap_or_else(|cause| panic!("{command:?}: {cause}: run script/bootstrap test"));
    let verifier = Verifier {
        child,
        port,
        _dir: dir,
    };
    let up = (0..200).any(|_| {
        std::thread::sleep(Duration::from_millis(50));
        TcpStream::connect(("127.0.0.1", port)).is_ok()
    });
    assert!(up, "{command:?} does not listen");
    verifier
}

#[tokio::test]
async fn python_believes_what_it_should() {
    let own = Installed::new();
    let mut command = Command::new(root().join("target/test-python/bin/python"));
    command.arg(root().join("examples/applications/python/app.py"));
    let dir = tempfile::tempdir().unwrap();
    let verifier = start(command, &own.publish().await, free_port(), dir);
    judges(&verifier, &own).await;
}

#[tokio::test]
async fn node_believes_what_it_should() {
    let own = Installed::new();
    // It finds its library beside itself.
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("app.mjs");
    std::fs::copy(root().join("examples/applications/node/app.mjs"), &file).unwrap();
    let modules = root().join("target/test-node/node_modules");
    std::os::unix::fs::symlink(modules, dir.path().join("node_modules")).unwrap();
    let mut command = Command::new("node");
    command.arg(&file);
    let verifier = start(command, &own.publish().await, free_port(), dir);
    judges(&verifier, &own).await;
}
