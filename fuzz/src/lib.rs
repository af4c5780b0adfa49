//! The rooms that read what strangers send, compiled from the product's own sources, to which links lead.
//!
//! Invariant: `xml`, `saml`, `jose`, `oidc` and `graph` know no other room but `text` and `verdict`, so they compile here alone, with eight dependencies instead of three
//! hundred. That is why a build with coverage takes seconds.

pub mod anatomy;
pub mod made;
pub mod provider;
pub mod reader;
// Links into the product's `src`.
pub mod graph;
pub mod jose;
pub mod oidc;
pub mod saml;
pub mod signature;
pub mod text;
pub mod verdict;
pub mod xml;

use saml::metadata::IdpMetadata;
use saml::names;
use saml::response::{Authentication, Expectation};
use saml::signature::{SignatureCoverage, Trust, ValidityPolicy, VerificationKey};
use std::sync::LazyLock;
use time::macros::datetime;
use time::{Duration, OffsetDateTime};

/// A time at which Entra's sample (`tests/vectors/accept/entra-ssoready`) is good.
pub const NOW: OffsetDateTime = datetime!(2023-11-17 18:39:30 UTC);
/// The assertion in Entra's sample: the only one that its key signed for us, and so the only one that may be accepted.
pub const ASSERTION_ID: &str = "_66b104aa-1f7a-402f-abe6-d131c8896400";
/// The subject of that assertion.
pub const NAME_ID: &str =
    "ulysse.carion_codomaindata.com#EXT#@ulyssecarioncodomaindata.onmicrosoft.com";

/// The connection that Entra's sample belongs to.
pub static TRUST: LazyLock<Trust> = LazyLock::new(|| {
    use base64::Engine as _;
    let bytes = include_bytes!("../../metadata/entra-ssoready.xml");
    let idp = IdpMetadata::parse(bytes, None, NOW)
        .expect("the sample is metadata")
        .idp;
    let keys = idp.signing_certificates.iter().map(|certificate| {
        let der = base64::engine::general_purpose::STANDARD
            .decode(certificate)
            .expect("a certificate is base64");
        VerificationKey::from_certificate(&der).expect("a certificate has a key")
    });
    Trust {
        idp_entity_id: idp.entity_id.clone(),
        keys: keys.collect(),
        certificate_validity: ValidityPolicy::Reject,
        required_signature: SignatureCoverage::Either,
        danger_allow_sha1: false,
        danger_accept_cbc: false,
        decryption_keys: Vec::new(),
    }
});

/// What that connection expects of the sample.
pub static EXPECTATION: LazyLock<Expectation> = LazyLock::new(|| {
    const SITE: &str = "http://localhost:8080/accounts/8155d0cc-d51b-461a-a062-821b6bd574b1/saml";
    Expectation {
        entity_id: SITE.to_owned(),
        extra_audiences: Vec::new(),
        acs_url: format!("{SITE}/acs"),
        request_id: None,
        name_id_format: Some(names::NAMEID_EMAIL.to_owned()),
        identity_attribute: None,
        clock_skew: Duration::seconds(180),
        authn_statement_optional: false,
        authentication: Authentication::default(),
    }
});
