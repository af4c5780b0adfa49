//! A connection's settings in the form that the verdict needs.
//!
//! Invariant: a certificate that cannot be used is left out, never let through (rule B2).

use crate::domain::{self, AuthnStatement, SamlSettings};
use crate::import;
use crate::saml::encryption::DecryptionKey;
use crate::saml::response::Expectation;
use crate::saml::signature::{CertificateValidity, RequiredSignature, Trust};

/// Whom a connection trusts, and what it demands of signatures.
pub fn trust(settings: &SamlSettings, decryption_keys: Vec<DecryptionKey>) -> Trust {
    Trust {
        idp_entity_id: settings.idp_entity_id.clone(),
        keys: import::keys(&settings.certificates)
            .filter_map(Result::ok)
            .collect(),
        certificate_validity: match settings.certificate_validity {
            domain::CertificateValidity::Reject => CertificateValidity::Reject,
            domain::CertificateValidity::Warn => CertificateValidity::Warn,
            domain::CertificateValidity::Ignore => CertificateValidity::Ignore,
        },
        required_signature: match settings.required_signature {
            domain::RequiredSignature::Either => RequiredSignature::Either,
            domain::RequiredSignature::Assertion => RequiredSignature::Assertion,
            domain::RequiredSignature::Response => RequiredSignature::Response,
            domain::RequiredSignature::Both => RequiredSignature::Both,
        },
        danger_allow_sha1: settings.danger_allow_sha1,
        decryption_keys,
    }
}

/// What a Response through a connection must say; `request_id` is none for an unsolicited one.
pub fn expectation(
    settings: &SamlSettings,
    entity_id: String,
    acs_url: String,
    request_id: Option<String>,
) -> Expectation {
    Expectation {
        entity_id,
        extra_audiences: settings.extra_audiences.clone(),
        acs_url,
        request_id,
        name_id_format: settings.name_id_format.clone(),
        identity_attribute: settings.identity_attribute.clone(),
        clock_skew: time::Duration::seconds(settings.clock_skew_seconds.into()),
        authn_statement_optional: settings.authn_statement == AuthnStatement::Optional,
    }
}
