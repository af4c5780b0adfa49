//! An identity provider's metadata becomes a connection's settings.
//!
//! Invariant: metadata decides who the identity provider is, where it is and which keys it has; what an administrator
//! chose stays as it is, unless the new metadata makes it impossible.

mod certificate;
mod document;
mod name_id;
mod private_key;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use crate::domain::{AuthnStatement, Binding, SamlSettings, Settings};
use crate::saml::metadata::{Endpoint, IdpMetadata};
use crate::saml::names;
use crate::saml::signature::{KeyError, VerificationKey};

pub use certificate::{CertificateError, all_certificates, certificate};
pub use document::{NotMetadata, read};
pub use name_id::remark as name_id_remark;
pub use private_key::holds_private_key;

/// The settings of a new connection to this identity provider.
pub fn settings(idp: &IdpMetadata) -> Settings {
    let mut saml = SamlSettings {
        name_id_format: name_id::format_of(idp),
        ..SamlSettings::default()
    };
    if is_keycloak(idp) {
        saml.authn_statement = AuthnStatement::Optional;
    }
    update(&mut saml, idp);
    saml.into()
}

/// Takes entity ID, addresses and certificates over from metadata, and leaves the rest. What an administrator chose stays where
/// the metadata still offers it.
pub fn update(settings: &mut SamlSettings, idp: &IdpMetadata) {
    idp.entity_id.clone_into(&mut settings.idp_entity_id);
    settings.sso_post_url = idp.sign_on_location(names::BINDING_POST).map(str::to_owned);
    settings.sso_redirect_url = idp
        .sign_on_location(names::BINDING_REDIRECT)
        .map(str::to_owned);
    settings.binding = offered(
        settings.binding,
        settings.sso_post_url.is_some(),
        settings.sso_redirect_url.is_some(),
    );
    update_logout(settings, idp);
    settings.certificates.clone_from(&idp.signing_certificates);
    // Metadata 2.4.3: without a signature it would refuse every request.
    settings.sign_requests |= idp.want_authn_requests_signed;
}

/// The binding that was chosen, unless only the other one is offered.
fn offered(chosen: Binding, post: bool, redirect: bool) -> Binding {
    match (post, redirect) {
        (true, false) => Binding::Post,
        (false, true) => Binding::Redirect,
        _ => chosen,
    }
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
pub fn is_usable(settings: &Settings) -> bool {
    let saml = settings.saml();
    let address = match saml.binding {
        Binding::Post => &saml.sso_post_url,
        Binding::Redirect => &saml.sso_redirect_url,
    };
    address.is_some() && keys(&saml.certificates).any(|key| key.is_ok())
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

fn update_logout(settings: &mut SamlSettings, idp: &IdpMetadata) {
    let redirect = idp.logout_endpoint(names::BINDING_REDIRECT);
    let post = idp.logout_endpoint(names::BINDING_POST);
    let location = |it: Option<&Endpoint>| it.map(|it| it.location.clone());
    let response = |it: Option<&Endpoint>| it.and_then(|it| it.response_location.clone());
    let (first, second) = match redirect {
        Some(redirect) => (Some(redirect), post),
        None => (post, None),
    };
    settings.slo_url = location(first);
    settings.slo_response_url = response(first);
    settings.slo_post_url = location(second);
    settings.slo_post_response_url = response(second);
    settings.slo_binding = offered(settings.slo_binding, post.is_some(), redirect.is_some());
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
        let settings = settings(&idp("https://idp.example/sso"));
        let made = settings.saml();
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
        assert!(!is_usable(&settings)); // Its certificate is none.
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
            assert_eq!(settings(&idp(location)).saml().authn_statement, expected);
        }
    }

    #[test]
    fn an_update_keeps_what_an_administrator_chose() {
        let mut kept = settings(&idp("https://idp.example/sso"));
        kept.saml_mut().unwrap().name_id_format = None;
        kept.clock_skew_seconds = 60;
        let before = kept.clone();
        let mut newer = idp("https://idp.example/sso2");
        newer.want_authn_requests_signed = false;
        newer.name_id_formats = vec!["urn:x".into()];
        update(kept.saml_mut().unwrap(), &newer);
        let mut expected = before;
        expected.saml_mut().unwrap().sso_redirect_url = Some("https://idp.example/sso2".into());
        assert_eq!(kept, expected);
    }

    #[test]
    fn the_addresses_of_both_bindings_are_kept_and_the_chosen_binding_stays() {
        let mut both = idp("https://idp.example/sso");
        let redirect = Endpoint {
            binding: names::BINDING_REDIRECT.into(),
            location: "https://idp.example/slo/redirect".into(),
            response_location: None,
        };
        both.single_logout.push(redirect.clone());
        let mut settings = settings(&both);
        let made = settings.saml_mut().unwrap();
        assert_eq!(made.slo_binding, Binding::Redirect);
        assert_eq!(
            made.logout_request_url(),
            Some("https://idp.example/slo/redirect")
        );
        assert_eq!(
            made.logout_answer_url(),
            Some("https://idp.example/slo/redirect")
        );
        made.slo_binding = Binding::Post;
        assert_eq!(made.logout_request_url(), Some("https://idp.example/slo"));
        assert_eq!(
            made.logout_answer_url(),
            Some("https://idp.example/slo/done")
        );
        // Again: nothing changes.
        let before = settings.clone();
        update(settings.saml_mut().unwrap(), &both);
        assert_eq!(settings, before);
        // What is not offered any more cannot stay.
        both.single_logout = vec![redirect];
        update(settings.saml_mut().unwrap(), &both);
        let made = settings.saml();
        assert_eq!(made.slo_binding, Binding::Redirect);
        assert_eq!(
            (&made.slo_post_url, &made.slo_post_response_url),
            (&None, &None)
        );
    }
}
