//! Whatever is sent, the verdict is a refusal, or the one identity that the key has signed.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vestibule::saml::advice::advice;
use vestibule::saml::validate::validate;
use vestibule::{ASSERTION_ID, EXPECTATION, NAME_ID, NOW, TRUST};

fuzz_target!(|octets: &[u8]| {
    let verdict = validate(octets, &TRUST, &EXPECTATION, NOW);
    match verdict.into_outcome() {
        Ok(assertion) => {
            assert_eq!(assertion.id(), ASSERTION_ID);
            let name_id = assertion.name_id().expect("a NameID is demanded");
            assert_eq!(name_id.value, NAME_ID);
        }
        Err(rejection) => drop((rejection.to_string(), advice(&rejection))),
    }
});
