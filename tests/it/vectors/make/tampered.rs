//! Encrypted assertions that somebody took apart and put together again (rules C1, G2, G3).

use super::encryption::{carrying, case, seal, seal_with, values};
use super::{Paper, Vector};
use openssl::base64::{decode_block, encode_block};
use vestibule::saml::encryption::{DataAlgorithm, KeyTransport};
use vestibule::saml::error::Rule;
use vestibule::saml::names;

const GCM: DataAlgorithm = DataAlgorithm::Gcm(32);
const OAEP: KeyTransport = KeyTransport::OAEP_SHA256;
const STATUS: &str = "<samlp:Status>";

pub(super) fn vectors() -> Vec<Vector> {
    let mut all = wrapped();
    all.extend(exchanged());
    all.extend(blocks());
    all
}

/// The encrypted assertion is good; something else is there to be read.
fn wrapped() -> Vec<Vector> {
    let sealed = seal(&Paper::signed().element("Assertion"), GCM, OAEP);
    let bare = Paper::good().element("Assertion");
    let evil = bare
        .replace("b.simon@", "admin@")
        .replace("_assertion", "_evil");
    let beside = |before: &str, after: &str| carrying(&format!("{before}{sealed}{after}"));
    let wrapped = |name: &str, note: &str, paper: Paper| {
        case(&format!("encrypted-wrapped-{name}"), Rule::C1, note, paper)
    };
    let inside = |from: &str, element: &str| {
        let content = format!("{from}<saml:{element}>{sealed}</saml:{element}>");
        carrying(&evil.replace(from, &content))
    };
    vec![
        wrapped(
            "forged-first",
            "A forged assertion stands before the encrypted one.",
            beside(&evil, ""),
        ),
        wrapped(
            "forged-last",
            "A forged assertion stands after the encrypted one.",
            beside("", &evil),
        ),
        wrapped(
            "in-advice",
            "The encrypted assertion lies in the Advice of a forged one.",
            inside("</saml:Conditions>", "Advice"),
        ),
        wrapped(
            "in-attribute-value",
            "The encrypted assertion is an attribute's value of a forged one.",
            carrying(&evil.replace("Finance", &sealed)),
        ),
        wrapped(
            "in-extensions",
            "The encrypted assertion lies in Extensions, a forged one is read.",
            carrying(&evil).before(
                STATUS,
                &format!("<samlp:Extensions>{sealed}</samlp:Extensions>"),
            ),
        ),
        wrapped(
            "in-status-detail",
            "The encrypted assertion lies in StatusDetail, a forged one is read.",
            carrying(&evil).before(
                "</samlp:Status>",
                &format!("<samlp:StatusDetail>{sealed}</samlp:StatusDetail>"),
            ),
        ),
        wrapped(
            "in-encrypted",
            "A forged assertion lies in the EncryptedAssertion, beside its data.",
            carrying(&sealed.replace(
                "</saml:EncryptedAssertion>",
                &format!("{evil}</saml:EncryptedAssertion>"),
            )),
        ),
        wrapped(
            "in-second-response",
            "The encrypted assertion lies in a second Response.",
            carrying(&evil).before(
                "</samlp:Response>",
                carrying(&sealed)
                    .change("ID=\"_response\"", "ID=\"_inner\"")
                    .text(),
            ),
        ),
    ]
}

/// Parts of two messages, and methods that do not fit them.
fn exchanged() -> Vec<Vector> {
    let signed = Paper::signed().element("Assertion");
    let bare = Paper::good().element("Assertion");
    let seal = |random: u8| seal_with([random; 48], "sp", &signed, GCM, OAEP);
    let (one, other) = (seal(0x11), seal(0x22));
    let (keys, others) = (values(&one), values(&other));
    let failed = |name: &str, rule: Rule, note: &str, text: &str| {
        case(&format!("encrypted-{name}"), rule, note, carrying(text))
    };
    let named = |uri: &str| one.replace(names::AES256_GCM, uri);
    let by_sp = encode_block(&[0x5A; 256]);
    let in_signed = |text: &str| carrying(text).sign("_response");
    vec![
        failed(
            "keys-exchanged",
            Rule::G3,
            "The key of another message for the same recipient.",
            &one.replace(&keys[0], &others[0]),
        ),
        failed(
            "contents-exchanged",
            Rule::G3,
            "The content of another message for the same recipient.",
            &one.replace(&keys[1], &others[1]),
        ),
        failed(
            "key-of-random-octets",
            Rule::G3,
            "Random octets as long as an encrypted key.",
            &one.replace(&keys[0], &by_sp),
        ),
        failed(
            "key-of-zeros",
            Rule::G3,
            "Zeros as long as an encrypted key.",
            &one.replace(&keys[0], &encode_block(&[0; 256])),
        ),
        failed(
            "key-beyond-the-modulus",
            Rule::G3,
            "An encrypted key that is larger than the modulus.",
            &one.replace(&keys[0], &encode_block(&[0xFF; 256])),
        ),
        failed(
            "key-too-long",
            Rule::G3,
            "An encrypted key with an octet too many.",
            &one.replace(
                &keys[0],
                &encode_block(&[decode_block(&keys[0]).unwrap(), vec![0]].concat()),
            ),
        ),
        failed(
            "gcm-called-cbc",
            Rule::G2,
            "AES-256-GCM that is called AES-256-CBC, to ask whether the padding fits.",
            &named(names::AES256_CBC),
        ),
        case(
            "encrypted-gcm-called-cbc-in-signed-response",
            Rule::G3,
            "The same in a signed Response: what comes out is no assertion.",
            in_signed(&named(names::AES256_CBC)),
        ),
        failed(
            "cbc-called-gcm",
            Rule::G3,
            "AES-256-CBC that is called AES-256-GCM.",
            &super::encryption::seal(&signed, DataAlgorithm::Cbc(32), OAEP)
                .replace(names::AES256_CBC, names::AES256_GCM),
        ),
        case(
            "encrypted-unsigned-in-response-signed-by-another",
            Rule::B3,
            "An unsigned assertion inside, the Response signed by another key.",
            carrying(&super::encryption::seal(&bare, GCM, OAEP))
                .sign_by("_response", &super::Signer::of("idp-second")),
        ),
    ]
}

/// AES-CBC has no integrity of its own: bits are flipped, blocks moved, the padding tried. Then the Response was signed.
fn blocks() -> Vec<Vector> {
    let cbc = |length| {
        super::encryption::seal(
            &Paper::good().element("Assertion"),
            DataAlgorithm::Cbc(length),
            OAEP,
        )
    };
    let sealed = cbc(16);
    let content = values(&sealed).pop().unwrap();
    let octets = decode_block(&content).unwrap();
    let change = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut changed = octets.clone();
        change(&mut changed);
        carrying(&sealed.replace(&content, &encode_block(&changed))).sign("_response")
    };
    let end = octets.len();
    // The assertion's length decides what the last octet of the last block is.
    let padding = u8::try_from(16 - Paper::good().element("Assertion").len() % 16).unwrap();
    let last = move |wanted: u8| move |octets: &mut Vec<u8>| octets[end - 17] ^= padding ^ wanted;
    let failed = |name: &str, note: &str, paper: Paper| {
        case(&format!("encrypted-cbc-{name}"), Rule::G3, note, paper)
    };
    vec![
        failed("padding-0", "The padding's length is 0.", change(&last(0))),
        failed(
            "padding-17",
            "The padding's length is 17.",
            change(&last(17)),
        ),
        failed(
            "padding-255",
            "The padding's length is 255.",
            change(&last(255)),
        ),
        failed(
            "first-block-flipped",
            "A bit of the initialisation vector is another: the start tag is broken.",
            change(&|octets| octets[0] ^= 0x40),
        ),
        failed(
            "block-flipped",
            "A bit in the middle is another: a block is garbage.",
            change(&|octets| octets[end / 32 * 16] ^= 1),
        ),
        failed(
            "block-taken-out",
            "A block is missing.",
            change(&|octets| drop(octets.drain(64..80))),
        ),
        failed(
            "blocks-exchanged",
            "Two blocks have changed places.",
            change(&|octets| {
                let (one, other) = octets.split_at_mut(96);
                one[64..80].swap_with_slice(&mut other[..16]);
            }),
        ),
        failed(
            "cut-in-a-block",
            "The content ends within a block.",
            change(&|octets| octets.truncate(end - 5)),
        ),
        failed(
            "only-a-vector",
            "There is an initialisation vector and nothing else.",
            change(&|octets| octets.truncate(16)),
        ),
        failed("empty", "The content is empty.", change(&Vec::clear)),
    ]
}
