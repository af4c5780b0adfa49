//! A form gives a Response that survives a round trip, or is refused; what is inflated is bounded, and is what was deflated.
#![no_main]

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use libfuzzer_sys::fuzz_target;
use vestibule::saml::binding::{
    EncodedResponse, MessageKind, decode_post, decode_redirect, encode_redirect,
};

const FORM_LIMIT: usize = 256 * 1024;
const MESSAGE_LIMIT: usize = 64 * 1024;

fuzz_target!(|octets: &[u8]| {
    form(octets);
    inflate(octets);
});

fn form(body: &[u8]) {
    if let Ok(form) = EncodedResponse::from_form(body, FORM_LIMIT) {
        let again = EncodedResponse::from_base64(form.response.to_base64().as_bytes());
        assert_eq!(again.as_ref(), Ok(&form.response));
        assert!(form.relay_state.is_none_or(|state| !state.is_empty()));
    }
    drop(decode_post(body, body.len().saturating_sub(1)));
    // Tolerant of white space, and of a form's escapes; of nothing else.
    if let Ok(response) = EncodedResponse::from_base64(body)
        && !body.contains(&b'%')
    {
        let compact: Vec<u8> = body
            .iter()
            .copied()
            .filter(|byte| !byte.is_ascii_whitespace())
            .collect();
        assert!(STANDARD.decode(compact).as_deref() == Ok(response.xml()));
    }
}

/// The octets as a DEFLATE stream.
fn inflate(octets: &[u8]) {
    let value = STANDARD.encode(octets);
    let value = value
        .replace('+', "%2B")
        .replace('/', "%2F")
        .replace('=', "%3D");
    let Ok(message) = decode_redirect(&format!("SAMLResponse={value}")) else {
        return;
    };
    assert!(message.xml.len() <= MESSAGE_LIMIT);
    let Ok(text) = std::str::from_utf8(&message.xml) else {
        return;
    };
    let url = encode_redirect(
        "https://idp.example/",
        MessageKind::Response,
        text,
        None,
        None,
    );
    let url = url.expect("nothing is signed");
    let (_, query) = url.split_once('?').expect("there is a query");
    if query.len() <= MESSAGE_LIMIT {
        let again = decode_redirect(query).expect("we read what we write");
        assert_eq!(again.xml, message.xml);
    }
}
