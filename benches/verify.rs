//! What one sign-in costs in verification: a Response of 6.7 KB in Entra's shape, and an ID token; the connection's key cached.
//!
//! `cargo bench --features demo --bench verify`

#[path = "load/response.rs"]
mod response;

use std::sync::LazyLock;

use divan::{Bencher, black_box};
use openssl::sha::sha256;
use response::{Case, USUAL_GROUPS};
use vestibule::jose::{KeySet, UnverifiedJws};
use vestibule::oidc::{Answer, Callback, Checks, Client, Issuer, OpenRequest, TokenAnswer};
use vestibule::saml::names;
use vestibule::saml::signature::{Hash, SignatureAlgorithm};
use vestibule::xml::{Canonicalization, Document, Element, Limits, canonicalize};

fn main() {
    divan::main();
}

static CASE: LazyLock<Case> = LazyLock::new(|| {
    let case = Case::new(USUAL_GROUPS).expect("a Response can be made");
    assert!(
        (6_600..=6_800).contains(&case.xml.len()),
        "{}",
        case.xml.len()
    );
    case
});

fn parse_case(case: &Case) -> Document<'_> {
    Document::parse(case.xml.as_bytes(), &Limits::MESSAGE).expect("the Response is XML")
}

/// The assertion and its signature.
fn signed<'d>(document: &'d Document<'_>) -> (Element<'d>, Element<'d>) {
    let assertion = document.root().child(names::SAML, "Assertion");
    assertion
        .and_then(|assertion| Some((assertion, assertion.child(names::DS, "Signature")?)))
        .expect("the assertion is signed")
}

/// The whole verdict: octets in, validated assertion out.
#[divan::bench]
fn verify(bencher: Bencher<'_, '_>) {
    let case = &*CASE;
    bencher.bench(|| case.verify());
}

/// Strict parsing alone, once; the verdict parses the Response, `SignedInfo` and the assertion.
#[divan::bench]
fn parse(bencher: Bencher<'_, '_>) {
    let case = &*CASE;
    bencher.bench(|| {
        Document::parse(black_box(case.xml.as_bytes()), &Limits::MESSAGE)
            .expect("the Response is XML")
            .elements()
            .count()
    });
}

/// Canonicalisation alone: the assertion without its signature.
#[divan::bench]
fn canonicalise(bencher: Bencher<'_, '_>) {
    let document = parse_case(&CASE);
    let (assertion, signature) = signed(&document);
    bencher.bench_local(|| {
        canonicalize(
            black_box(assertion),
            Some(signature),
            Canonicalization::Exclusive(&[]),
        )
    });
}

/// What no implementation can save: SHA-256 over both canonical octets, and RSA-2048 with a cached key.
#[divan::bench]
fn floor(bencher: Bencher<'_, '_>) {
    let case = &*CASE;
    let document = parse_case(case);
    let (assertion, signature) = signed(&document);
    let method = Canonicalization::Exclusive(&[]);
    let covered = canonicalize(assertion, Some(signature), method);
    let info = signature
        .child(names::DS, "SignedInfo")
        .expect("a signature has a SignedInfo");
    let info = canonicalize(info, None, method);
    let value = value_of(signature);
    let key = case.trust.keys.first().expect("there is a key");
    let algorithm = SignatureAlgorithm::Rsa(Hash::Sha256);
    assert!(key.verifies(algorithm, &info, &value));
    bencher.bench_local(|| {
        let digest = sha256(black_box(&covered));
        (key.verifies(algorithm, black_box(&info), &value), digest)
    });
}

fn value_of(signature: Element<'_>) -> Vec<u8> {
    use base64::Engine as _;
    let text = signature
        .child(names::DS, "SignatureValue")
        .and_then(Element::text)
        .expect("a signature has a value");
    base64::engine::general_purpose::STANDARD
        .decode(text.as_bytes())
        .expect("the value is base64")
}

/// Entra's answer of the vectors (`tests/vectors/oidc/accept/entra`), its key cached.
struct OidcCase {
    case: serde_json::Value,
    callback: Vec<u8>,
    answer: Vec<u8>,
    keys: KeySet,
    client: Client,
}

static OIDC_CASE: LazyLock<OidcCase> = LazyLock::new(|| {
    let read = |name: &str| {
        let folder = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/tests/vectors/oidc/accept/entra"
        );
        std::fs::read(format!("{folder}/{name}")).expect("the vector is there")
    };
    let case: serde_json::Value =
        serde_json::from_slice(&read("case.json")).expect("the vector is JSON");
    let issuer: Issuer =
        serde_json::from_value(case["client"]["issuer"].clone()).expect("it has an issuer");
    OidcCase {
        client: Client::new(issuer, text(&case["client"]["client_id"])),
        callback: read("callback.txt"),
        answer: read("answer.txt"),
        keys: KeySet::parse(&read("keys.json")).expect("it has keys"),
        case,
    }
});

fn text(value: &serde_json::Value) -> String {
    value.as_str().expect("it is a text").to_owned()
}

fn instant(value: &serde_json::Value) -> time::OffsetDateTime {
    let format = &time::format_description::well_known::Rfc3339;
    time::OffsetDateTime::parse(&text(value), format).expect("it is a time")
}

/// The whole verdict by OpenID Connect: callback and token answer in, ID token validated out.
#[divan::bench]
fn id_token(bencher: Bencher<'_, '_>) {
    let it = &*OIDC_CASE;
    let open = &it.case["open"];
    let (state, nonce) = (text(&open["state"]), text(&open["nonce"]));
    let (started_at, now) = (instant(&open["started_at"]), instant(&it.case["now"]));
    bencher.bench(|| {
        let mut checks = Checks::new();
        let open = OpenRequest {
            state_hash: sha256(state.as_bytes()),
            nonce: nonce.clone(),
            started_at,
            forced: false,
        };
        let callback =
            Callback::parse(black_box(&it.callback), &mut checks).expect("the callback is right");
        let matched = callback.matches(open, &it.client, &mut checks);
        let Ok(Answer::Code(callback)) = matched else {
            panic!("the callback has a code");
        };
        let answer = TokenAnswer::parse(callback, 200, true, &it.answer, &mut checks);
        answer
            .and_then(|answer| answer.verify(&it.keys, &it.client, &mut checks))
            .and_then(|signed| signed.validate(&it.client, now, &mut checks))
            .expect("the ID token is right");
    });
}

/// What no implementation of it can save: the signature, by a cached key.
#[divan::bench]
fn id_token_floor(bencher: Bencher<'_, '_>) {
    let it = &*OIDC_CASE;
    let answer: serde_json::Value = serde_json::from_slice(&it.answer).expect("it is JSON");
    let token = text(&answer["id_token"]);
    bencher.bench(|| {
        let jws = UnverifiedJws::parse(black_box(&token), 1 << 16).expect("the token is one");
        jws.verify(&it.keys, &it.client.algorithms)
            .expect("the signature is right")
    });
}
