//! Encrypted assertions that were tampered with, as the browser sees it (rules G): one answer, whatever failed.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use openssl::encrypt::Encrypter;
use openssl::pkey::{PKey, Public};
use openssl::rsa::Padding;
use vestibule::demo_idp::{Encryption, IdpApp, ResponseSpec, Signed};
use vestibule::saml::encryption::{DataAlgorithm, KeyTransport};
use vestibule::saml::names;

use crate::support::identity_provider::{Begun, begin, code_of};
use crate::support::{Answer, Federation};

/// The service provider's key for encryption, from its metadata.
async fn recipient(world: &Federation) -> PKey<Public> {
    let metadata = world.browser().get("/sso/metadata").await.body;
    let app = IdpApp::from_metadata("a", "Acme", metadata.as_bytes()).unwrap();
    app.recipient().unwrap()
}

/// The text of the `CipherValue`s: the key, then the content.
fn values(xml: &str) -> (String, String) {
    let mut values = xml
        .split("<xenc:CipherValue>")
        .skip(1)
        .map(|rest| rest.split_once('<').unwrap().0.to_owned());
    (values.next().unwrap(), values.next().unwrap())
}

/// Puts changed octets in the place of a value.
fn changed(xml: &str, value: &str, change: impl FnOnce(&mut Vec<u8>)) -> String {
    let mut octets = BASE64_STANDARD.decode(value).unwrap();
    change(&mut octets);
    xml.replace(value, &BASE64_STANDARD.encode(octets))
}

/// One way to tamper with an encrypted assertion.
type Tamper = fn(&str, &PKey<Public>) -> String;

const TAMPERED: [(&str, Tamper); 12] = [
    ("a random key", |xml, _| {
        changed(xml, &values(xml).0, |octets| octets.fill(0x55))
    }),
    ("a key of RSA 1.5 padding", |xml, recipient| {
        let mut encrypter = Encrypter::new(recipient).unwrap();
        encrypter.set_rsa_padding(Padding::PKCS1).unwrap();
        let mut sealed = vec![0; 512];
        let length = encrypter.encrypt(&[7; 32], &mut sealed).unwrap();
        changed(xml, &values(xml).0, |octets| {
            *octets = sealed[..length].to_vec();
        })
    }),
    ("a key that is too long inside", |xml, recipient| {
        let mut encrypter = Encrypter::new(recipient).unwrap();
        encrypter.set_rsa_padding(Padding::PKCS1_OAEP).unwrap();
        let mut sealed = vec![0; 512];
        let length = encrypter.encrypt(&[7; 33], &mut sealed).unwrap();
        changed(xml, &values(xml).0, |octets| {
            *octets = sealed[..length].to_vec();
        })
    }),
    ("a flipped bit in the key", |xml, _| {
        changed(xml, &values(xml).0, |octets| octets[40] ^= 1)
    }),
    ("a short key", |xml, _| {
        changed(xml, &values(xml).0, |octets| octets.truncate(100))
    }),
    ("no key", |xml, _| xml.replace(&values(xml).0, "")),
    ("a flipped bit in the nonce", |xml, _| {
        changed(xml, &values(xml).1, |octets| octets[0] ^= 1)
    }),
    ("a flipped bit in the content", |xml, _| {
        changed(xml, &values(xml).1, |octets| octets[100] ^= 1)
    }),
    ("a flipped bit in the tag", |xml, _| {
        changed(xml, &values(xml).1, |octets| {
            *octets.last_mut().unwrap() ^= 1;
        })
    }),
    ("no content", |xml, _| xml.replace(&values(xml).1, "")),
    ("content that is not base64", |xml, _| {
        xml.replace(&values(xml).1, "????")
    }),
    ("another cipher by name", |xml, _| {
        xml.replace(names::AES256_GCM, names::AES128_GCM)
    }),
];

/// The page and its headers, without the code and the time.
fn look(answer: &Answer) -> (u16, Vec<(String, String)>, String) {
    let headers = answer.headers.iter().map(|(name, value)| {
        let value = value.to_str().unwrap().to_owned();
        (name.to_string(), value)
    });
    let body = answer.body.replace(code_of(&answer.body), "CODE");
    (answer.status, headers.collect(), body)
}

async fn bring(
    world: &Federation,
    begun: &Begun,
    browser: &mut crate::support::Browser,
    xml: &str,
) -> Answer {
    world
        .bring(browser, begun, &BASE64_STANDARD.encode(xml))
        .await
}

#[tokio::test]
async fn every_failure_to_decrypt_gets_the_same_answer() {
    let world = Federation::new().await;
    let recipient = recipient(&world).await;
    let sealed = |spec: &mut ResponseSpec| {
        spec.encryption = Some(Encryption {
            recipient: recipient.clone(),
            data: DataAlgorithm::Gcm(32),
            transport: KeyTransport::OAEP_SHA1,
        });
    };
    let mut seen = Vec::new();
    let mut summaries = Vec::new();
    for (what, tamper) in TAMPERED {
        let mut browser = world.browser();
        let begun = begin(&mut browser, "/sso/login").await;
        let mut spec = world
            .spec(&vestibule::demo_idp::IdpUser::b_simon())
            .answering(&begun.id);
        sealed(&mut spec);
        let good = world.idp.respond(&spec).unwrap();
        let tampered = tamper(&good, &recipient);
        assert_ne!(tampered, good, "{what}");
        let answer = bring(&world, &begun, &mut browser, &tampered).await;
        let attempt = world.assert_refused(&answer, "G3").await;
        summaries.push(attempt.summary);
        seen.push(look(&answer));
    }
    // The record does not tell them apart either.
    assert!(summaries.iter().all(|summary| *summary == summaries[0]));

    // And what opens but is not signed, is signed by another, or is changed inside: to the browser it is the same answer.
    for (rule, what) in [
        ("B7", "unsigned"),
        ("B3", "foreign"),
        ("D4", "audience"),
        ("G2", "CBC"),
    ] {
        let mut browser = world.browser();
        let begun = begin(&mut browser, "/sso/login").await;
        let user = vestibule::demo_idp::IdpUser::b_simon();
        let mut spec = world.spec(&user).answering(&begun.id);
        sealed(&mut spec);
        let mut idp = &world.idp;
        match what {
            "unsigned" => spec.signed = Signed::Nothing,
            "foreign" => idp = &world.beta_idp,
            "audience" => spec.audiences = vec!["https://other.example".into()],
            _ => {
                if let Some(encryption) = &mut spec.encryption {
                    encryption.data = DataAlgorithm::Cbc(32);
                }
            }
        }
        let xml = idp.respond(&spec).unwrap();
        let answer = bring(&world, &begun, &mut browser, &xml).await;
        world.assert_refused(&answer, rule).await;
        seen.push(look(&answer));
    }
    for look in &seen[1..] {
        assert_eq!(look, &seen[0]);
    }
}
