//! What one sign-in costs in verification: a Response of 6.7 KB in Entra's shape, the connection's key cached.
//!
//! `cargo bench --features demo --bench verify`

use divan::{Bencher, black_box};
use openssl::sha::sha256;
use std::sync::{Arc, LazyLock};
use time::macros::datetime;
use time::{Duration, OffsetDateTime};
use vestibule::demo_idp::{Claim, DemoConfig, DemoIdp, IdpKey, ServiceProvider, User};
use vestibule::saml::names;
use vestibule::saml::response::{Expectation, validate};
use vestibule::saml::signature::{
    CertificateValidity, Hash, RequiredSignature, SignatureAlgorithm, Trust, VerificationKey,
};
use vestibule::xml::{Canonicalization, Document, Element, Limits, canonicalize};

const NOW: OffsetDateTime = datetime!(2026-03-04 05:06:07 UTC);
const REQUEST: &str = "_9f2d6c8be1a04735bb0c64d2f0a7e518";

fn main() {
    divan::main();
}

/// A Response and what it is judged by.
struct Case {
    xml: String,
    trust: Trust,
    expectation: Expectation,
}

static CASE: LazyLock<Case> = LazyLock::new(|| Case::make().expect("a Response can be made"));

impl Case {
    fn make() -> Result<Self, Box<dyn std::error::Error>> {
        let sp = ServiceProvider {
            entity_id: "https://acme.sso.example.com/sso/metadata".to_owned(),
            acs_url: "https://acme.sso.example.com/sso/acs".to_owned(),
        };
        let random = Arc::new(|octets: &mut [u8]| octets.fill(0xa5));
        let config = DemoConfig::contoso(
            "http://127.0.0.1:8090",
            IdpKey::generate(NOW)?,
            Arc::new(|| NOW),
            random,
        );
        let idp = DemoIdp::new(config);
        let mut spec = idp.response_spec(&User::b_simon(), &sp).answering(REQUEST);
        "_66eb68e4-ea9a-42f2-89ca-ccfd40ae9d49".clone_into(&mut spec.id);
        // As many groups as make it 6.7 KB.
        let groups = (0..22).map(|at| format!("5c9e3f7a-1d24-4b86-a0f3-6e8d2b94c7{at:02}"));
        spec.attributes.push(Claim::new(
            "http://schemas.microsoft.com/ws/2008/06/identity/claims/groups",
            groups,
        ));
        let xml = idp.respond(&spec)?;
        assert!((6_600..=6_800).contains(&xml.len()), "{}", xml.len());
        let key = VerificationKey::from_certificate(idp.signing_key().certificate_der())?;
        Ok(Self {
            xml,
            trust: Trust {
                idp_entity_id: idp.tenant().entity_id.clone(),
                keys: vec![key],
                certificate_validity: CertificateValidity::Reject,
                required_signature: RequiredSignature::Either,
                danger_allow_sha1: false,
                decryption_keys: Vec::new(),
            },
            expectation: Expectation {
                entity_id: sp.entity_id,
                extra_audiences: Vec::new(),
                acs_url: sp.acs_url,
                request_id: Some(REQUEST.to_owned()),
                name_id_format: Some(names::NAMEID_EMAIL.to_owned()),
                identity_attribute: None,
                clock_skew: Duration::seconds(180),
                authn_statement_optional: false,
            },
        })
    }

    fn parse(&self) -> Document<'_> {
        Document::parse(self.xml.as_bytes(), &Limits::MESSAGE).expect("the Response is XML")
    }
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
    bencher.bench(|| {
        let verdict = validate(
            black_box(case.xml.as_bytes()),
            &case.trust,
            &case.expectation,
            NOW,
        );
        verdict.outcome.expect("the Response is good")
    });
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
    let document = CASE.parse();
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
    let document = case.parse();
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
