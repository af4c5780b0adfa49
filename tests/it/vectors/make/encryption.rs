//! Encrypted assertions that are weak, tampered with, or for somebody else (rules G1, G2, G3).

use super::paper::public_key;
use super::{Paper, Vector, key_path, reject};
use openssl::base64::{decode_block, encode_block};
use openssl::rsa::Padding;
use vestibule::saml::encryption::{DataAlgorithm, KeyTransport, encrypt_assertion};
use vestibule::saml::error::Rule;
use vestibule::saml::names;

/// The content's key and the nonce, in every vector.
const RANDOM: [u8; 48] = [0x5A; 48];
const GCM: DataAlgorithm = DataAlgorithm::Gcm(32);
const OAEP: KeyTransport = KeyTransport::OAEP_SHA256;

pub(super) fn vectors() -> Vec<Vector> {
    let mut all = methods();
    all.extend(shape());
    all.extend(tampered());
    all
}

/// Seals a document for the service provider's first key.
pub(super) fn seal(document: &str, data: DataAlgorithm, transport: KeyTransport) -> String {
    seal_for("sp", document, data, transport)
}

pub(super) fn seal_for(
    key: &str,
    document: &str,
    data: DataAlgorithm,
    transport: KeyTransport,
) -> String {
    seal_with(RANDOM, key, document, data, transport)
}

pub(super) fn seal_with(
    random: [u8; 48],
    key: &str,
    document: &str,
    data: DataAlgorithm,
    transport: KeyTransport,
) -> String {
    encrypt_assertion(document, &public_key(key), data, transport, &random).unwrap()
}

/// The good Response with this instead of its assertion.
pub(super) fn carrying(encrypted: &str) -> Paper {
    let good = Paper::good();
    let assertion = good.element("Assertion");
    good.change(&assertion, encrypted)
}

/// A case whose connection has our key.
pub(super) fn case(name: &str, rule: Rule, note: &str, paper: Paper) -> Vector {
    reject(name, rule, note, paper)
        .once()
        .settings(|settings| settings.decryption_keys = vec![key_path("sp.key")])
}

fn assertion() -> String {
    Paper::signed().element("Assertion")
}

fn methods() -> Vec<Vector> {
    let sealed = seal(&assertion(), GCM, OAEP);
    let paper = || carrying(&sealed);
    let data = |uri: &str| paper().change(names::AES256_GCM, uri);
    let key =
        |uri: &str| paper().change(&format!("\"{}\"", names::RSA_OAEP), &format!("\"{uri}\""));
    let weak = |name: &str, note: &str, paper: Paper| case(name, Rule::G1, note, paper);
    let mut plain = vec![0; 256];
    let rsa = public_key("sp").rsa().unwrap();
    rsa.public_encrypt(&RANDOM[..32], &mut plain, Padding::PKCS1)
        .unwrap();
    let old = values(&sealed).remove(0);
    let rsa_1_5 = key(names::RSA_1_5).change(&old, &encode_block(&plain));
    let cbc = |length| seal(&assertion(), DataAlgorithm::Cbc(length), OAEP);
    let method_end = "</xenc:EncryptionMethod>";
    let unsigned = |name: &str, note: &str, paper: Paper| case(name, Rule::G2, note, paper);
    vec![
        weak(
            "encrypted-key-rsa-1-5",
            "RSA 1.5, and the key opens.",
            rsa_1_5,
        ),
        weak(
            "encrypted-triple-des",
            "Triple DES.",
            data(names::TRIPLEDES_CBC),
        ),
        weak(
            "encrypted-chacha",
            "A stream cipher that is not on the list.",
            data("http://www.w3.org/2021/04/xmldsig-more#chacha20poly1305"),
        ),
        weak(
            "encrypted-without-cipher",
            "The content's algorithm has no name.",
            data(""),
        ),
        weak(
            "encrypted-key-wrapped",
            "AES key wrap instead of RSA.",
            key("http://www.w3.org/2001/04/xmlenc#kw-aes256"),
        ),
        weak(
            "encrypted-key-unknown",
            "An unknown key transport.",
            key("urn:x"),
        ),
        weak(
            "encrypted-oaep-md5",
            "RSA-OAEP with MD5.",
            carrying(&sealed.replace(
                &format!("DigestMethod Algorithm=\"{}\"", names::SHA256),
                &format!("DigestMethod Algorithm=\"{}\"", names::MD5),
            )),
        ),
        weak(
            "encrypted-oaep-mask-md5",
            "RSA-OAEP whose mask uses MD5.",
            paper().change(
                names::MGF1_SHA256,
                "http://www.w3.org/2009/xmlenc11#mgf1md5",
            ),
        ),
        weak(
            "encrypted-oaep-label",
            "RSA-OAEP with a label.",
            paper().before(method_end, "<xenc:OAEPparams>AAAA</xenc:OAEPparams>"),
        ),
        weak(
            "encrypted-without-methods",
            "No EncryptionMethod.",
            Paper::new(
                paper()
                    .text()
                    .replace("xenc:EncryptionMethod", "xenc:Method"),
            ),
        ),
        unsigned(
            "encrypted-cbc-128-unsigned",
            "AES-128-CBC; only the assertion inside is signed.",
            carrying(&cbc(16)),
        ),
        unsigned(
            "encrypted-cbc-192-unsigned",
            "AES-192-CBC; only the assertion inside is signed.",
            carrying(&cbc(24)),
        ),
        unsigned(
            "encrypted-cbc-256-unsigned",
            "AES-256-CBC; only the assertion inside is signed.",
            carrying(&cbc(32)),
        ),
    ]
}

fn shape() -> Vec<Vector> {
    let sealed = seal(&assertion(), GCM, OAEP);
    let whole = carrying(&sealed);
    let key = whole.element("EncryptedKey");
    let data = whole.element("EncryptedData");
    let info = whole.element("KeyInfo");
    let cipher = whole.element("CipherData");
    let failed = |name: &str, note: &str, paper: Paper| case(name, Rule::G3, note, paper);
    let elsewhere = format!(
        "<samlp:Extensions>{}</samlp:Extensions>",
        key.replace(
            "<xenc:EncryptedKey",
            &format!(
                "<xenc:EncryptedKey xmlns:xenc=\"{}\" xmlns:ds=\"{}\"",
                names::XENC,
                names::DS
            )
        )
    );
    let retrieval = format!(
        "<ds:RetrievalMethod Type=\"{}\" URI=\"#_key\"/>",
        names::ENCRYPTED_KEY
    );
    let reference =
        "<xenc:CipherData><xenc:CipherReference URI=\"https://evil.example/\"/></xenc:CipherData>";
    vec![
        failed(
            "encrypted-key-missing",
            "No EncryptedKey.",
            whole.clone().change(&key, ""),
        ),
        failed(
            "encrypted-key-info-missing",
            "No KeyInfo.",
            whole.clone().change(&info, ""),
        ),
        failed(
            "encrypted-key-elsewhere",
            "The EncryptedKey lies in Extensions.",
            whole
                .clone()
                .change(&key, &retrieval)
                .before("<samlp:Status>", &elsewhere),
        ),
        failed(
            "encrypted-data-twice",
            "Two EncryptedData.",
            Paper::new(whole.text().replace(&data, &data.repeat(2))),
        ),
        failed(
            "encrypted-data-missing",
            "Nothing is encrypted.",
            whole.clone().change(&data, ""),
        ),
        failed(
            "encrypted-data-deeper",
            "The EncryptedData lies in another element.",
            whole
                .clone()
                .change(&data, &format!("<x xmlns=\"urn:x\">{data}</x>")),
        ),
        failed(
            "encrypted-cipher-data-missing",
            "The key has no CipherData.",
            whole.clone().change(&cipher, ""),
        ),
        failed(
            "encrypted-cipher-reference",
            "The key is a reference to another server.",
            whole.clone().change(&cipher, reference),
        ),
        failed(
            "encrypted-for-another-key",
            "Encrypted for another service provider.",
            carrying(&seal_for("idp-second", &assertion(), GCM, OAEP)),
        ),
        failed(
            "encrypted-without-our-key",
            "The connection has no key to decrypt with.",
            whole.clone(),
        )
        .settings(|settings| settings.decryption_keys.clear()),
        failed(
            "encrypted-for-our-retired-key",
            "Encrypted for a key that the connection does not have any more.",
            whole,
        )
        .settings(|settings| settings.decryption_keys = vec![key_path("sp-second.key")]),
    ]
}

fn tampered() -> Vec<Vector> {
    let sealed = seal(&assertion(), GCM, OAEP);
    let failed = |name: &str, note: &str, text: &str| case(name, Rule::G3, note, carrying(text));
    let texts = values(&sealed);
    let (key, content) = (&texts[0], &texts[1]);
    let other = seal(&assertion(), DataAlgorithm::Gcm(16), OAEP);
    let swapped = sealed.replace(key, &values(&other)[0]);
    let with = |value: &str, to: &str| sealed.replace(value, to);
    let flip = |value: &str, at: fn(usize) -> usize| {
        let mut octets = decode_block(value).unwrap();
        let at = at(octets.len());
        octets[at] ^= 1;
        with(value, &encode_block(&octets))
    };
    let cut = |value: &str, length: usize| {
        let octets = decode_block(value).unwrap();
        with(value, &encode_block(&octets[..length]))
    };
    let signed_cbc = {
        let sealed = seal(
            &Paper::good().element("Assertion"),
            DataAlgorithm::Cbc(16),
            OAEP,
        );
        carrying(&sealed).sign("_response")
    };
    let cbc = values(signed_cbc.text()).pop().unwrap();
    let mut octets = decode_block(&cbc).unwrap();
    octets[0] ^= 1;
    let flipped = encode_block(&octets);
    let broken = carrying(&seal(&assertion(), DataAlgorithm::Cbc(16), OAEP));
    let last = values(broken.text()).pop().unwrap();
    let mut padding = decode_block(&last).unwrap();
    let before_last_block = padding.len() - 17;
    padding[before_last_block] ^= 0xF0;
    let padding = broken
        .change(&last, &encode_block(&padding))
        .sign("_response");
    vec![
        failed(
            "encrypted-nonce-flipped",
            "A bit of the nonce is another.",
            &flip(content, |_| 0),
        ),
        failed(
            "encrypted-content-flipped",
            "A bit of the content is another.",
            &flip(content, |length| length / 2),
        ),
        failed(
            "encrypted-tag-flipped",
            "A bit of the tag is another.",
            &flip(content, |length| length - 1),
        ),
        failed(
            "encrypted-key-flipped",
            "A bit of the encrypted key is another.",
            &flip(key, |length| length / 2),
        ),
        failed(
            "encrypted-key-of-another-message",
            "The key of another message, of another length.",
            &swapped,
        ),
        failed(
            "encrypted-content-cut",
            "The content ends before its tag.",
            &cut(content, 20),
        ),
        failed(
            "encrypted-content-shorter-than-a-nonce",
            "The content is shorter than a nonce.",
            &cut(content, 5),
        ),
        failed(
            "encrypted-key-cut",
            "The encrypted key is too short.",
            &cut(key, 128),
        ),
        failed(
            "encrypted-content-empty",
            "The content is empty.",
            &with(content, ""),
        ),
        failed(
            "encrypted-content-not-base64",
            "The content is not base64.",
            &with(content, "%%%%"),
        ),
        failed(
            "encrypted-as-another-cipher",
            "AES-128-GCM by name, a key for AES-256.",
            &sealed.replace(names::AES256_GCM, names::AES128_GCM),
        ),
        failed(
            "encrypted-oaep-of-another-digest",
            "SHA-1 by name, SHA-256 inside.",
            &sealed.replace(
                &format!("DigestMethod Algorithm=\"{}\"", names::SHA256),
                &format!("DigestMethod Algorithm=\"{}\"", names::SHA1),
            ),
        ),
        case(
            "encrypted-cbc-flipped-after-signing",
            Rule::B6,
            "AES-CBC in a signed Response; a bit was flipped after signing.",
            signed_cbc.change(&cbc, &flipped),
        ),
        case(
            "encrypted-cbc-padding",
            Rule::G3,
            "AES-CBC in a signed Response; the padding is wrong.",
            padding,
        ),
    ]
}

/// The `CipherValue`s in order: the key, then the content.
pub(super) fn values(text: &str) -> Vec<String> {
    text.split("<xenc:CipherValue>")
        .skip(1)
        .filter_map(|rest| Some(rest.split_once('<')?.0.to_owned()))
        .collect()
}
