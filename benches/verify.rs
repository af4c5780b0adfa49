//! What one sign-in costs in verification: a Response of 6.7 KB in Entra's shape, the connection's key cached.
//!
//! `cargo bench --features demo --bench verify`

#[path = "load/response.rs"]
mod response;

use std::sync::LazyLock;

use divan::{Bencher, black_box};
use openssl::sha::sha256;
use response::{Case, USUAL_GROUPS};
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
