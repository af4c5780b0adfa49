//! A connection's settings in the form that the verdict needs.
//!
//! Invariant: a certificate that cannot be used is left out, never let through (rule B2).
//!
//! Rules B and D. What is judged by it is `saml::response`.

use crate::domain::settings::MOST_CLOCK_SKEW_SECONDS;
use crate::domain::{self, AuthnStatement, Settings};
use crate::import;
use crate::saml::encryption::DecryptionKey;
use crate::saml::response::{Authentication, Expectation, MOST_CLOCK_SKEW};
use crate::saml::signature::{SignatureCoverage, Trust, ValidityPolicy};
use time::{Duration, OffsetDateTime};

/// Whom a connection trusts, and what it demands of signatures.
pub fn trust(settings: &Settings, decryption_keys: Vec<DecryptionKey>) -> Trust {
    Trust {
        idp_entity_id: settings.saml().idp_entity_id.clone(),
        keys: import::keys(&settings.saml().certificates)
            .filter_map(Result::ok)
            .collect(),
        certificate_validity: match settings.saml().certificate_validity {
            domain::CertificateValidity::Reject => ValidityPolicy::Reject,
            domain::CertificateValidity::Warn => ValidityPolicy::Warn,
            domain::CertificateValidity::Ignore => ValidityPolicy::Ignore,
        },
        required_signature: match settings.saml().required_signature {
            domain::RequiredSignature::Either => SignatureCoverage::Either,
            domain::RequiredSignature::Assertion => SignatureCoverage::Assertion,
            domain::RequiredSignature::Response => SignatureCoverage::Response,
            domain::RequiredSignature::Both => SignatureCoverage::Both,
        },
        danger_allow_sha1: settings.saml().danger_allow_sha1,
        danger_accept_cbc: settings.saml().danger_accept_cbc,
        decryption_keys,
    }
}

// Two rooms that do not know each other have to agree: what a connection can be set to, and how long an assertion counts.
const _: () = assert!(MOST_CLOCK_SKEW.whole_seconds() == MOST_CLOCK_SKEW_SECONDS as i64);

/// The request that a Response has to answer. The default is none: an unsolicited one.
#[derive(Debug, Clone, Default)]
pub struct AnsweredRequest {
    /// Its ID.
    pub request_id: Option<String>,
    /// When it was made, if it asked the user to sign in again (`ForceAuthn`).
    pub forced_at: Option<OffsetDateTime>,
}

/// What a Response through a connection must say.
pub fn expectation(
    settings: &Settings,
    entity_id: String,
    acs_url: String,
    answered: AnsweredRequest,
) -> Expectation {
    Expectation {
        entity_id,
        extra_audiences: settings.saml().extra_audiences.clone(),
        acs_url,
        request_id: answered.request_id,
        name_id_format: settings.saml().name_id_format.clone(),
        identity_attribute: settings.identity_attribute.clone(),
        clock_skew: Duration::seconds(settings.clock_skew_seconds.into()),
        authn_statement_optional: settings.saml().authn_statement == AuthnStatement::Optional,
        authentication: Authentication {
            forced_at: answered.forced_at,
            max_age: settings
                .max_authentication_age
                .map(|seconds| Duration::seconds(seconds.into())),
            requested: settings.saml().requested_authn_context.clone(),
            accepted: settings.saml().accepted_authn_context.clone(),
        },
    }
}
