//! What a provider publishes, what it sends to the redirect URI, and what is pasted for it: read within bounds, or refused.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vestibule::jose::{KeySet, MOST_KEYS};
use vestibule::oidc::{Callback, Checks, Discovery, Issuer, Pasted};

fuzz_target!(|octets: &[u8]| {
    let issuer = Issuer::named("https://idp.example.com");
    match Discovery::parse(octets, &issuer, false) {
        Ok(discovery) => {
            assert_eq!(discovery.issuer, "https://idp.example.com");
            assert!(!discovery.algorithms.is_empty());
            for address in [
                &discovery.authorization_endpoint,
                &discovery.token_endpoint,
                &discovery.jwks_uri,
            ] {
                let url = url::Url::parse(address).expect("an address that is taken is one");
                assert_eq!(url.scheme(), "https");
                assert!(url.username().is_empty() && url.fragment().is_none());
            }
        }
        Err(error) => drop(error.to_string()),
    }
    match KeySet::parse(octets) {
        Ok(keys) => {
            assert!(keys.keys().len() + keys.unusable().len() <= MOST_KEYS);
            // RFC 7638: a SHA-256 in base64url.
            assert!(keys.keys().iter().all(|key| key.thumbprint().len() == 43));
        }
        Err(error) => drop(error.to_string()),
    }
    if let Ok(callback) = Callback::parse(octets, &mut Checks::new()) {
        let read = |octets| Callback::parse(octets, &mut Checks::new()).map(|it| it.state_hash());
        assert_eq!(read(octets), Ok(callback.state_hash()));
    }
    if let Ok(Ok(pasted)) = std::str::from_utf8(octets).map(|text| Pasted::parse(text, false, None))
    {
        match pasted {
            Pasted::Provider { issuer } => {
                assert!(url::Url::parse(&issuer.discovery_url()).is_ok());
            }
            Pasted::Domain { domain, cloud } => {
                let document = Pasted::domain_document(&domain, cloud);
                let url = url::Url::parse(&document).expect("a domain fits into an address");
                assert_eq!(url.origin().ascii_serialization(), cloud.origin());
            }
            Pasted::Confirm { document } => {
                let url = url::Url::parse(&document).expect("it was an address");
                let host = url.host_str().unwrap_or_default();
                assert!(host.ends_with(".ciamlogin.com") || host.ends_with(".b2clogin.com"));
            }
            Pasted::Tenant { .. } => {}
        }
    }
});
