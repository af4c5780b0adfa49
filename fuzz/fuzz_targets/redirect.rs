//! A message from a query is bounded, and its signature covers received octets; what we encode, we decode.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vestibule::saml::binding::{MessageKind, decode_redirect, encode_redirect};

const MESSAGE_LIMIT: usize = 64 * 1024;

fuzz_target!(|octets: &[u8]| {
    let Ok(query) = std::str::from_utf8(octets) else {
        return;
    };
    if let Ok(message) = decode_redirect(query) {
        assert!(message.xml.len() <= MESSAGE_LIMIT);
        if let Some(signature) = message.signature {
            // Rule A2: nothing is encoded again, so every part of what is verified stands in the query.
            let signed =
                String::from_utf8(signature.signed_octets).expect("it is a part of a text");
            assert!(signed.split('&').all(|pair| query.contains(pair)));
        }
    }
    let url = encode_redirect(
        "https://idp.example/?a=b",
        MessageKind::Request,
        query,
        None,
        None,
    )
    .expect("nothing is signed");
    let (_, sent) = url.split_once("a=b&").expect("our query follows");
    if let Ok(message) = decode_redirect(sent) {
        assert_eq!(message.xml, query.as_bytes());
    } else {
        assert!(query.len() > MESSAGE_LIMIT || sent.len() > MESSAGE_LIMIT);
    }
});
