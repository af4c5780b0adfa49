//! A form gives a Response that survives a round trip, or is refused.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vestibule_fuzz::saml::binding::{EncodedResponse, RELAY_STATE_LIMIT, decode_post};

const LIMIT: usize = 256 * 1024;

fuzz_target!(|body: &[u8]| {
    if let Ok(form) = EncodedResponse::from_form(body, LIMIT) {
        let again = EncodedResponse::from_base64(form.response.to_base64().as_bytes());
        assert_eq!(again.as_ref(), Ok(&form.response));
        assert!(
            form.relay_state
                .is_none_or(|state| state.len() <= RELAY_STATE_LIMIT)
        );
    }
    drop(decode_post(body, body.len().saturating_sub(1)));
    drop(EncodedResponse::from_base64(body));
});
