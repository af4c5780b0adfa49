//! The connection of the made vectors (`tests/vectors/keys`), with a key that signs quickly.

use crate::saml::encryption::DecryptionKey;
use crate::saml::names;
use crate::saml::response::{Authentication, Expectation};
use crate::saml::signature::{
    SignatureCoverage, SigningKey, Trust, ValidityPolicy, VerificationKey,
};
use openssl::pkey::{PKey, Private, Public};
use openssl::x509::X509;
use std::sync::LazyLock;
use time::macros::datetime;
use time::{Duration, OffsetDateTime};

/// The time of every made vector.
pub const NOW: OffsetDateTime = datetime!(2026-03-04 05:06:07 UTC);

/// The identity provider's key.
pub static KEY: LazyLock<SigningKey> = LazyLock::new(|| {
    let pem = include_bytes!("../../tests/vectors/keys/idp-p256.key");
    let key = PKey::private_key_from_pem(pem).expect("it is a key");
    SigningKey::new(key, None).expect("it signs")
});

/// The service provider's key, which assertions are encrypted to.
pub static RECIPIENT: LazyLock<PKey<Public>> = LazyLock::new(|| {
    let der = private().public_key_to_der().expect("it has a public key");
    PKey::public_key_from_der(&der).expect("it is a key")
});

fn private() -> PKey<Private> {
    PKey::private_key_from_pem(include_bytes!("../../tests/vectors/keys/sp.key"))
        .expect("it is a key")
}

pub static TRUST: LazyLock<Trust> = LazyLock::new(|| {
    let pem = include_bytes!("../../tests/vectors/keys/idp-p256.crt");
    let der = X509::from_pem(pem).and_then(|certificate| certificate.to_der());
    let key = VerificationKey::from_certificate(&der.expect("it is a certificate"));
    Trust {
        idp_entity_id: "https://idp.example/saml".to_owned(),
        keys: vec![key.expect("it has a key")],
        certificate_validity: ValidityPolicy::Reject,
        required_signature: SignatureCoverage::Either,
        danger_allow_sha1: false,
        danger_accept_cbc: false,
        decryption_keys: DecryptionKey::new(private()).into_iter().collect(),
    }
});

pub static EXPECTATION: LazyLock<Expectation> = LazyLock::new(|| Expectation {
    entity_id: "https://acme.example/sso/metadata".to_owned(),
    extra_audiences: Vec::new(),
    acs_url: "https://acme.example/sso/acs".to_owned(),
    request_id: Some("_request".to_owned()),
    name_id_format: Some(names::NAMEID_EMAIL.to_owned()),
    identity_attribute: None,
    clock_skew: Duration::seconds(180),
    authn_statement_optional: false,
    authentication: Authentication::default(),
});
