//! Responses to verify, in Entra ID's shape and of any size.

use std::sync::Arc;

use time::macros::datetime;
use time::{Duration, OffsetDateTime};
use vestibule::demo_idp::{
    DemoConfig, DemoIdp, IdpKey, IdpUser, IssuedClaim, ResponseSpec, ServiceProvider,
};
use vestibule::saml::names;
use vestibule::saml::response::{Authentication, Expectation};
use vestibule::saml::signature::{SignatureCoverage, Trust, ValidityPolicy, VerificationKey};
use vestibule::saml::validate::validate;

pub(crate) const NOW: OffsetDateTime = datetime!(2026-03-04 05:06:07 UTC);
const REQUEST: &str = "_9f2d6c8be1a04735bb0c64d2f0a7e518";
const GROUPS: &str = "http://schemas.microsoft.com/ws/2008/06/identity/claims/groups";
/// As many groups as make a Response of 6.7 KB.
pub(crate) const USUAL_GROUPS: usize = 22;

/// A Response and what it is judged by.
pub(crate) struct Case {
    pub(crate) xml: String,
    pub(crate) trust: Trust,
    pub(crate) expectation: Expectation,
}

impl Case {
    /// Of a user with so many groups.
    pub(crate) fn new(groups: usize) -> Result<Self, Box<dyn std::error::Error>> {
        let sp = ServiceProvider {
            entity_id: "https://acme.sso.example.com/sso/metadata".to_owned(),
            acs_url: "https://acme.sso.example.com/sso/acs".to_owned(),
        };
        let random = Arc::new(|octets: &mut [u8]| octets.fill(0xa5));
        let idp = DemoIdp::new(DemoConfig::contoso(
            "http://127.0.0.1:8090",
            IdpKey::generate(NOW)?,
            Arc::new(|| NOW),
            random,
        ));
        let mut spec = idp
            .response_spec(&IdpUser::b_simon(), &sp)
            .answering(REQUEST);
        "_66eb68e4-ea9a-42f2-89ca-ccfd40ae9d49".clone_into(&mut spec.id);
        in_groups(&mut spec, groups);
        let key = VerificationKey::from_certificate(idp.signing_key().certificate_der())?;
        Ok(Self {
            xml: idp.respond(&spec)?,
            trust: Trust {
                idp_entity_id: idp.tenant().entity_id.clone(),
                keys: vec![key],
                certificate_validity: ValidityPolicy::Reject,
                required_signature: SignatureCoverage::Either,
                danger_allow_sha1: false,
                danger_accept_cbc: false,
                decryption_keys: Vec::new(),
            },
            expectation: Expectation {
                entity_id: sp.entity_id,
                extra_audiences: Vec::new(),
                acs_url: sp.acs_url,
                request_id: Some(REQUEST.to_owned()),
                name_id_format: Some(names::NAMEID_EMAIL.to_owned()),
                identity_attribute: None,
                clock_skew: Duration::seconds(180),
                authn_statement_optional: false,
                authentication: Authentication::default(),
            },
        })
    }

    /// The whole verdict, which must be good.
    pub(crate) fn verify(&self) {
        let verdict = validate(
            std::hint::black_box(self.xml.as_bytes()),
            &self.trust,
            &self.expectation,
            NOW,
        );
        std::hint::black_box(verdict.into_outcome().expect("the Response is good"));
    }
}

/// Puts the user into so many groups of the directory.
pub(crate) fn in_groups(spec: &mut ResponseSpec, count: usize) {
    let groups = (0..count).map(|at| format!("5c9e3f7a-1d24-4b86-a0f3-6e8d2b94c7{at:02}"));
    spec.attributes.push(IssuedClaim::new(GROUPS, groups));
}
