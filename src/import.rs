//! An identity provider's metadata becomes a connection's settings.
//!
//! Invariant: metadata decides who the identity provider is, where it is and which keys it has; what an administrator
//! chose stays as it is, unless the new metadata makes it impossible.

mod certificate;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::Serialize;

use crate::domain::{AuthnStatement, Binding, SamlSettings};
use crate::saml::metadata::{Endpoint, IdpMetadata};
use crate::saml::names;
use crate::saml::signature::{KeyError, VerificationKey};

pub use certificate::{CertificateError, all_certificates, certificate};

/// The settings of a new connection to this identity provider.
pub fn settings(idp: &IdpMetadata) -> SamlSettings {
    let mut settings = SamlSettings::default();
    if is_keycloak(idp) {
        settings.authn_statement = AuthnStatement::Optional;
    }
    update(&mut settings, idp);
    settings
}

/// Takes entity ID, addresses and certificates over from metadata, and leaves the rest.
pub fn update(settings: &mut SamlSettings, idp: &IdpMetadata) {
    idp.entity_id.clone_into(&mut settings.idp_entity_id);
    settings.sso_post_url = idp.sign_on_location(names::BINDING_POST).map(str::to_owned);
    settings.sso_redirect_url = idp
        .sign_on_location(names::BINDING_REDIRECT)
        .map(str::to_owned);
    settings.binding = match (&settings.sso_post_url, &settings.sso_redirect_url) {
        (Some(_), None) => Binding::Post,
        (None, Some(_)) => Binding::Redirect,
        _ => settings.binding,
    };
    update_logout(settings, idp);
    settings.certificates.clone_from(&idp.signing_certificates);
    // Metadata 2.4.3: without a signature it would refuse every request.
    settings.sign_requests |= idp.want_authn_requests_signed;
}

/// The keys of stored certificates (base64 of DER), each with the reason when it cannot be used.
pub fn keys(certificates: &[String]) -> impl Iterator<Item = Result<VerificationKey, KeyError>> {
    certificates.iter().map(|certificate| {
        let der = BASE64_STANDARD.decode(certificate);
        VerificationKey::from_certificate(&der.map_err(|_| KeyError::Certificate)?)
    })
}

/// Stored certificates (base64 of DER) as DER; what is no base64 is left out.
pub fn certificates(stored: &[String]) -> impl Iterator<Item = Vec<u8>> {
    stored
        .iter()
        .filter_map(|certificate| BASE64_STANDARD.decode(certificate).ok())
}

/// Whether a connection may be enabled: it has a key that verifies and an address to send users to (rule B2).
pub fn is_usable(settings: &SamlSettings) -> bool {
    let address = match settings.binding {
        Binding::Post => &settings.sso_post_url,
        Binding::Redirect => &settings.sso_redirect_url,
    };
    address.is_some() && keys(&settings.certificates).any(|key| key.is_ok())
}

/// One thing that an import changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// What changes, for people.
    pub what: &'static str,
    /// What was there; none when it is added.
    pub before: Option<String>,
    /// What will be there; none when it is removed.
    pub after: Option<String>,
}

/// What differs between two settings in the parts that metadata decides.
pub fn changes(before: &SamlSettings, after: &SamlSettings) -> Vec<Change> {
    let mut changes = Vec::new();
    let mut note = |what, before: Option<String>, after: Option<String>| {
        if before != after {
            changes.push(Change {
                what,
                before,
                after,
            });
        }
    };
    let entity_id =
        |settings: &SamlSettings| Some(settings.idp_entity_id.clone()).filter(|id| !id.is_empty());
    note("entity ID", entity_id(before), entity_id(after));
    for (what, url) in URLS {
        note(what, url(before).clone(), url(after).clone());
    }
    note(
        "binding",
        Some(before.binding.to_string()),
        Some(after.binding.to_string()),
    );
    note(
        "signed requests",
        Some(before.sign_requests.to_string()),
        Some(after.sign_requests.to_string()),
    );
    let missing = |from: &SamlSettings, other: &SamlSettings| -> Vec<String> {
        from.certificates
            .iter()
            .filter(|certificate| !other.certificates.contains(certificate))
            .map(|certificate| describe(certificate))
            .collect()
    };
    for removed in missing(before, after) {
        note("signing certificate", Some(removed), None);
    }
    for added in missing(after, before) {
        note("signing certificate", None, Some(added));
    }
    changes
}

/// A certificate for people: its SHA-1 thumbprint as Entra's page shows it, its name and its last day.
pub fn describe(certificate: &str) -> String {
    match keys(std::slice::from_ref(&certificate.to_owned())).next() {
        Some(Ok(key)) => format!(
            "{} ({}, until {})",
            key.sha1_thumbprint(),
            key.subject(),
            key.validity().1.date()
        ),
        _ => "a certificate that cannot be read".to_owned(),
    }
}

type Url = fn(&SamlSettings) -> &Option<String>;

const URLS: [(&str, Url); 4] = [
    ("sign-on address (POST)", |settings| &settings.sso_post_url),
    ("sign-on address (Redirect)", |settings| {
        &settings.sso_redirect_url
    }),
    ("logout address", |settings| &settings.slo_url),
    ("logout response address", |settings| {
        &settings.slo_response_url
    }),
];

fn update_logout(settings: &mut SamlSettings, idp: &IdpMetadata) {
    let endpoint = |binding| idp.logout_endpoint(binding).map(|found| (found, binding));
    let found: Option<(&Endpoint, &str)> =
        endpoint(names::BINDING_REDIRECT).or_else(|| endpoint(names::BINDING_POST));
    settings.slo_url = found.map(|(endpoint, _)| endpoint.location.clone());
    settings.slo_response_url = found.and_then(|(endpoint, _)| endpoint.response_location.clone());
    if let Some((_, binding)) = found {
        settings.slo_binding = if binding == names::BINDING_POST {
            Binding::Post
        } else {
            Binding::Redirect
        };
    }
}

/// Keycloak's addresses have one shape, whatever its host and realm are called.
fn is_keycloak(idp: &IdpMetadata) -> bool {
    idp.single_sign_on.iter().any(|endpoint| {
        endpoint
            .location
            .split_once("/realms/")
            .is_some_and(|(_, rest)| rest.ends_with("/protocol/saml"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn idp(location: &str) -> IdpMetadata {
        IdpMetadata {
            entity_id: "https://idp.example".into(),
            single_sign_on: vec![Endpoint {
                binding: names::BINDING_REDIRECT.into(),
                location: location.into(),
                response_location: None,
            }],
            single_logout: vec![Endpoint {
                binding: names::BINDING_POST.into(),
                location: "https://idp.example/slo".into(),
                response_location: Some("https://idp.example/slo/done".into()),
            }],
            signing_certificates: vec!["QQ==".into()],
            encryption_certificates: Vec::new(),
            name_id_formats: Vec::new(),
            want_authn_requests_signed: true,
            valid_until: None,
            display_names: Vec::new(),
            scopes: Vec::new(),
            error_url: None,
            organization: None,
        }
    }

    #[test]
    fn a_new_connection_has_the_products_defaults() {
        let made = settings(&idp("https://idp.example/sso"));
        assert_eq!(made.binding, Binding::Redirect);
        assert_eq!(made.slo_binding, Binding::Post);
        assert_eq!(
            made.slo_response_url.as_deref(),
            Some("https://idp.example/slo/done")
        );
        assert_eq!(made.certificates, ["QQ=="]);
        assert!(made.sign_requests);
        assert_eq!(made.authn_statement, AuthnStatement::Required);
        assert_eq!(made.name_id_format, SamlSettings::default().name_id_format);
        assert!(!is_usable(&made)); // Its certificate is none.
    }

    #[test]
    fn keycloak_may_leave_the_authn_statement_out() {
        for (location, expected) in [
            (
                "https://id.example/realms/acme/protocol/saml",
                AuthnStatement::Optional,
            ),
            (
                "https://id.example/auth/realms/acme/protocol/saml",
                AuthnStatement::Optional,
            ),
            ("https://id.example/protocol/saml", AuthnStatement::Required),
        ] {
            assert_eq!(settings(&idp(location)).authn_statement, expected);
        }
    }

    #[test]
    fn an_update_keeps_what_an_administrator_chose() {
        let mut kept = settings(&idp("https://idp.example/sso"));
        kept.name_id_format = None;
        kept.clock_skew_seconds = 60;
        let before = kept.clone();
        let mut newer = idp("https://idp.example/sso2");
        newer.want_authn_requests_signed = false;
        update(&mut kept, &newer);
        assert_eq!(
            (kept.name_id_format.as_ref(), kept.clock_skew_seconds),
            (None, 60)
        );
        assert!(kept.sign_requests);
        assert_eq!(
            changes(&before, &kept),
            [Change {
                what: "sign-on address (Redirect)",
                before: Some("https://idp.example/sso".into()),
                after: Some("https://idp.example/sso2".into()),
            }]
        );
    }
}
