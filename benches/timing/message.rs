//! What is judged: Responses, and octets that were tampered with.

use super::{ACS, ENTITY, IDP, MODULUS};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use openssl::sha::sha256;
use vestibule::saml::names;

/// Random octets below any modulus, of which the first is this.
pub(crate) fn below_modulus(first: u8) -> [u8; MODULUS] {
    let mut octets = random::<MODULUS>();
    octets[0] = first;
    octets
}

/// OAEP (RFC 8017, section 7.1.1) with the right label, but with zeros up to the separator, or without one.
pub(crate) fn padded(separator: Option<usize>) -> [u8; MODULUS] {
    let mut block = [0; MODULUS];
    let mut seed = random::<32>();
    let mut data = [0; MODULUS - 33];
    data[..32].copy_from_slice(&sha256(b""));
    if let Some(octet) = separator.and_then(|at| data.get_mut(at)) {
        *octet = 1;
    }
    mask(&mut data, &seed);
    mask(&mut seed, &data);
    block[1..33].copy_from_slice(&seed);
    block[33..].copy_from_slice(&data);
    block
}

/// MGF1 with SHA-256 (RFC 8017, section B.2.1).
fn mask(octets: &mut [u8], seed: &[u8]) {
    for (counter, chunk) in octets.chunks_mut(32).enumerate() {
        let counter = u32::try_from(counter).unwrap_or_default().to_be_bytes();
        let mask = sha256(&[seed, &counter].concat());
        for (octet, mask) in chunk.iter_mut().zip(mask) {
            *octet ^= mask;
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "a measurement makes its own")]
pub(crate) fn random<const LENGTH: usize>() -> [u8; LENGTH] {
    let mut octets = [0; LENGTH];
    openssl::rand::rand_bytes(&mut octets).expect("OpenSSL has randomness");
    octets
}

pub(crate) fn flip_last(octets: &mut [u8]) {
    if let Some(last) = octets.last_mut() {
        *last ^= 1;
    }
}

pub(crate) fn flip(octets: &mut [u8], at: usize) {
    flip_by(octets, at, 1);
}

pub(crate) fn flip_by(octets: &mut [u8], at: usize, by: u8) {
    if let Some(octet) = octets.get_mut(at) {
        *octet ^= by;
    }
}

/// The `CipherValue`s: the key's and the content's.
pub(crate) fn values(message: &str) -> (String, String) {
    let mut values = message
        .split("<xenc:CipherValue>")
        .skip(1)
        .filter_map(|rest| Some(rest.split_once('<')?.0.to_owned()));
    (
        values.next().unwrap_or_default(),
        values.next().unwrap_or_default(),
    )
}

/// Changes the octets of a `CipherValue`: of the key (0) or of the content (1).
pub(crate) fn change(message: &str, which: usize, change: impl FnOnce(&mut Vec<u8>)) -> String {
    let (key, content) = values(message);
    let value = if which == 0 { key } else { content };
    let mut octets = BASE64_STANDARD.decode(&value).unwrap_or_default();
    change(&mut octets);
    message.replace(&value, &BASE64_STANDARD.encode(octets))
}

pub(crate) fn assertion() -> String {
    format!(
        r#"<saml:Assertion xmlns:saml="{saml}" ID="_assertion" Version="2.0" IssueInstant="2026-03-04T05:06:00Z"><saml:Issuer>{IDP}</saml:Issuer><saml:Subject><saml:NameID>b.simon</saml:NameID><saml:SubjectConfirmation Method="{bearer}"><saml:SubjectConfirmationData Recipient="{ACS}" NotOnOrAfter="2026-03-04T05:10:00Z" InResponseTo="_request"/></saml:SubjectConfirmation></saml:Subject><saml:Conditions NotOnOrAfter="2026-03-04T05:10:00Z"><saml:AudienceRestriction><saml:Audience>{ENTITY}</saml:Audience></saml:AudienceRestriction></saml:Conditions><saml:AuthnStatement AuthnInstant="2026-03-04T05:06:00Z"/></saml:Assertion>"#,
        saml = names::SAML,
        bearer = names::CM_BEARER,
    )
}

pub(crate) fn response(content: &str) -> String {
    format!(
        r#"<samlp:Response xmlns:samlp="{samlp}" ID="_response" Version="2.0" IssueInstant="2026-03-04T05:06:00Z" Destination="{ACS}" InResponseTo="_request"><saml:Issuer xmlns:saml="{saml}">{IDP}</saml:Issuer><samlp:Status><samlp:StatusCode Value="{success}"/></samlp:Status>{content}</samlp:Response>"#,
        samlp = names::SAMLP,
        saml = names::SAML,
        success = names::STATUS_SUCCESS,
    )
}
