//! Private keys that are given where a certificate or metadata is asked for.
//!
//! Invariant: one is recognised before anything else is tried, so that no part of it gets into a message, a page or a record.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use memchr::memmem;

/// What texts of private keys and of key stores hold.
const MARKS: [&str; 4] = [
    "PRIVATE KEY-----",
    "PRIVATE KEY BLOCK-----",
    "PuTTY-User-Key-File",
    "<RSAKeyValue><Modulus>",
];
/// What the key stores of Java begin with.
const STORES: [&[u8]; 2] = [b"\xfe\xed\xfe\xed", b"\xce\xce\xce\xce"];
/// The identifiers of encryption by a password, of PKCS #5 and of PKCS #12, in DER.
const PASSWORDS: [&[u8]; 2] = [
    b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x05",
    b"\x06\x0a\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x01",
];

/// The shortest Base64 that is looked into where it stands among other text: a key of 32 octets has more.
const SHORTEST: usize = 48;
/// So much of it tells what it is.
const BEGINNING: usize = 64;

/// Whether a file or a text holds a private key or is a key store: PEM of any kind, and PKCS #1, PKCS #8, PKCS #12 and SEC 1 in
/// DER or in the Base64 of it, also where that stands among other text, such as in an element of metadata.
pub fn holds_private_key(given: &[u8]) -> bool {
    if has_mark(given) || is_private(given) {
        return true;
    }
    // As a shell of Windows saves a text: every other octet is none of it.
    if matches!(given, [0xff, 0xfe, ..] | [0xfe, 0xff, ..]) {
        let text: Vec<u8> = given.iter().copied().filter(u8::is_ascii).collect();
        let text: Vec<u8> = text.into_iter().filter(|octet| *octet != 0).collect();
        return has_mark(&text) || is_private_in_base64(&text);
    }
    is_private_in_base64(given)
}

fn is_private_in_base64(text: &[u8]) -> bool {
    let text = text.strip_prefix("\u{feff}".as_bytes()).unwrap_or(text);
    let is_base64 = |it: &u8| it.is_ascii_alphanumeric() || matches!(it, b'+' | b'/' | b'=');
    if text
        .iter()
        .all(|it| is_base64(it) || it.is_ascii_whitespace())
    {
        let compact = text.iter().copied();
        let compact: Vec<u8> = compact.filter(|it| !it.is_ascii_whitespace()).collect();
        let inside = BASE64_STANDARD.decode(compact);
        if inside.is_ok_and(|inside| has_mark(&inside) || is_private(&inside)) {
            return true;
        }
    }
    // Each word, and each run of words that nothing but space parts, as lines are broken.
    let words = text.split(|it| !is_base64(it));
    let runs = text.split(|it| !is_base64(it) && !it.is_ascii_whitespace());
    words.chain(runs).any(begins_private)
}

/// By the beginning of a Base64 text.
fn begins_private(text: &[u8]) -> bool {
    if text.len() < SHORTEST {
        return false;
    }
    let octets = text.iter().copied().filter(|it| !it.is_ascii_whitespace());
    let beginning: Vec<u8> = octets.take(BEGINNING).collect();
    let whole = beginning.len() / 4 * 4;
    let whole = beginning.get(..whole).unwrap_or_default();
    let inside = BASE64_STANDARD.decode(whole);
    inside.is_ok_and(|inside| is_private(&inside))
}

fn has_mark(text: &[u8]) -> bool {
    let has = |mark: &&str| memmem::find(text, mark.as_bytes()).is_some();
    MARKS.iter().any(has)
}

/// By the shape of the DER encoding. Every private key begins with the number of its version, a small one, and so does a file
/// of PKCS #12; one under a password begins with how it was encrypted. Certificates and public keys begin with neither.
fn is_private(octets: &[u8]) -> bool {
    if STORES.iter().any(|store| octets.starts_with(store)) {
        return true;
    }
    let Some(inside) = sequence(octets) else {
        return false;
    };
    match inside {
        // INTEGER, then INTEGER (RSA), OCTET STRING (EC) or SEQUENCE (PKCS #8 and #12).
        [2, 1, 0..=3, 2 | 4 | 0x30, ..] => true,
        _ => sequence(inside)
            .is_some_and(|how| PASSWORDS.iter().any(|password| how.starts_with(password))),
    }
}

/// What is in a SEQUENCE.
fn sequence(octets: &[u8]) -> Option<&[u8]> {
    match octets {
        [0x30, 0..=0x80, rest @ ..] => Some(rest),
        [0x30, length @ 0x81..=0x84, rest @ ..] => rest.get(usize::from(length & 0x7f)..),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_public_is_no_private_key() {
        let metadata = include_bytes!("../../metadata/entra-ssoready.xml");
        assert!(!holds_private_key(metadata));
        let text = std::str::from_utf8(metadata).unwrap();
        let (_, rest) = text.split_once("X509Certificate>").unwrap();
        let certificate = rest.split('<').next().unwrap();
        let der = BASE64_STANDARD.decode(certificate).unwrap();
        let pem =
            format!("-----BEGIN CERTIFICATE-----\n{certificate}\n-----END CERTIFICATE-----\n");
        for public in [
            certificate.as_bytes(),
            &der,
            pem.as_bytes(),
            b"",
            b"0",
            b"0\x84",
        ] {
            assert!(!holds_private_key(public));
        }
        // A public key in PKCS #1 and in SubjectPublicKeyInfo.
        assert!(!holds_private_key(
            b"\x30\x0a\x02\x03\x01\x02\x03\x02\x03\x01\x00\x01"
        ));
        assert!(!holds_private_key(
            b"\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00"
        ));
    }

    #[test]
    fn every_form_of_a_private_key_is_one() {
        let forms: [&[u8]; 8] = [
            b"-----BEGIN OPENSSH PRIVATE KEY-----\nb3Bl",
            b"-----BEGIN ENCRYPTED PRIVATE KEY-----\nMII\n-----END ENCRYPTED PRIVATE KEY-----",
            b"PuTTY-User-Key-File-3: ssh-rsa",
            b"\xfe\xed\xfe\xed\x00\x00\x00\x02",
            // PKCS #8 (Ed25519), SEC 1, PKCS #12, and PKCS #8 under a password.
            b"\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20",
            b"\x30\x77\x02\x01\x01\x04\x20\x00",
            b"\x30\x82\x09\xcf\x02\x01\x03\x30\x82\x09\x85\x06\x09",
            b"\x30\x82\x05\x2d\x30\x57\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0d",
        ];
        for form in forms {
            assert!(holds_private_key(form), "{form:?}");
            let mut base64 = BASE64_STANDARD.encode(form);
            base64.insert(8, '\n');
            assert!(holds_private_key(base64.as_bytes()), "{base64}");
            if form.len() > 12 && is_private(form) {
                // Among other text, with what follows it.
                let long = BASE64_STANDARD.encode([form, &[7; 40]].concat());
                for text in [
                    format!("<a><b>\n {long}\n</b></a>"),
                    format!("urn:x, {long}"),
                    format!("the key {long}"),
                ] {
                    assert!(holds_private_key(text.as_bytes()), "{text}");
                }
            }
            let wide: Vec<u8> = base64.bytes().flat_map(|octet| [octet, 0]).collect();
            let wide = [&[0xff, 0xfe][..], &wide].concat();
            assert!(holds_private_key(&wide), "{base64}");
        }
    }
}
