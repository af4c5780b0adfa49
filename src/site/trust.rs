//! A connection's settings in the form that the verdict needs.
//!
//! Invariant: a certificate that cannot be used is left out, never let through (rule B2).

use crate::domain::{self, AuthnStatement, Settings};
use crate::import;
use crate::saml::encryption::DecryptionKey;
use crate::saml::response::{Authentication, Expectation};
use crate::saml::signature::{CertificateValidity, RequiredSignature, Trust};
use time::{Duration, OffsetDateTime};

/// Whom a connection trusts, and what it demands of signatures.
pub fn trust(settings: &Settings, decryption_keys: Vec<DecryptionKey>) -> Trust {
    Trust {
        idp_entity_id: settings.saml().idp_entity_id.clone(),
        keys: import::keys(&settings.saml().certificates)
            .filter_map(Result::ok)
            .collect(),
        certificate_validity: match settings.saml().certificate_validity {
            domain::CertificateValidity::Reject => CertificateValidity::Reject,
            domain::CertificateValidity::Warn => CertificateValidity::Warn,
            domain::CertificateValidity::Ignore => CertificateValidity::Ignore,
        },
        required_signature: match settings.saml().required_signature {
            domain::RequiredSignature::Either => RequiredSignature::Either,
            domain::RequiredSignature::Assertion => RequiredSignature::Assertion,
            domain::RequiredSignature::Response => RequiredSignature::Response,
            domain::RequiredSignature::Both => RequiredSignature::Both,
        },
        danger_allow_sha1: settings.saml().danger_allow_sha1,
        danger_accept_cbc: settings.saml().danger_accept_cbc,
        decryption_keys,
    }
}

/// The request that a Response has to answer. The default is none: an unsolicited one.
#[derive(Debug, Clone, Default)]
pub struct Asked {
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
    asked: Asked,
) -> Expectation {
    Expectation {
        entity_id,
        extra_audiences: settings.saml().extra_audiences.clone(),
        acs_url,
        request_id: asked.request_id,
        name_id_format: settings.saml().name_id_format.clone(),
        identity_attribute: settings.identity_attribute.clone(),
        clock_skew: Duration::seconds(settings.clock_skew_seconds.into()),
        authn_statement_optional: settings.saml().authn_statement == AuthnStatement::Optional,
        authentication: Authentication {
            forced_at: asked.forced_at,
            max_age: settings
                .max_authentication_age
                .map(|seconds| Duration::seconds(seconds.into())),
            requested: settings.saml().requested_authn_context.clone(),
            accepted: settings.saml().accepted_authn_context.clone(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::settings::MOST_CLOCK_SKEW_SECONDS;
    use crate::saml::assertion::MOST_SKEW;

    /// The rules of SAML know no settings. An assertion's ID is remembered for as long as any setting may let it in.
    #[test]
    fn no_setting_allows_more_skew_than_assertions_are_remembered_for() {
        assert_eq!(MOST_SKEW, Duration::seconds(MOST_CLOCK_SKEW_SECONDS.into()));
    }
}
