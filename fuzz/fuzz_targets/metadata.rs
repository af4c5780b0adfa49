//! Metadata is imported with a key and an address that are good, or refused.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vestibule::NOW;
use vestibule::saml::metadata::{IdpMetadata, check_location};

fuzz_target!(|octets: &[u8]| {
    match IdpMetadata::parse(octets, None, NOW) {
        Ok(imported) => {
            assert!(!imported.idp.entity_id.is_empty());
            assert!(!imported.idp.signing_certificates.is_empty());
            assert!(!imported.idp.single_sign_on.is_empty());
            for endpoint in &imported.idp.single_sign_on {
                assert_eq!(check_location(&endpoint.location), Ok(()));
            }
        }
        Err(error) => drop(error.to_string()),
    }
});
