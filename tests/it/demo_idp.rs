//! The demo identity provider against the server's own judgement.

mod browser;
mod oidc;
mod site;

use openssl::pkey::PKey;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, LazyLock};
use time::macros::datetime;
use time::{Duration, OffsetDateTime};
use vestibule::demo_idp::{
    DemoConfig, DemoIdp, IdpApp, IdpKey, IdpUser, ResponseSpec, ServiceProvider, Signed, Variant,
};
use vestibule::saml::encryption::DecryptionKey;
use vestibule::saml::error::{Rejection, Rule};
use vestibule::saml::metadata::{IdpMetadata, SpMetadata};
use vestibule::saml::names;
use vestibule::saml::response::{Authentication, Expectation};
use vestibule::saml::signature::{SignatureCoverage, Trust, ValidityPolicy, VerificationKey};
use vestibule::saml::validate::validate;
use vestibule::xml::{Document, Limits};

const NOW: OffsetDateTime = datetime!(2026-03-04 05:06:07 UTC);
const ACS: &str = "http://acme.localhost:8080/sso/acs";
const ENTITY: &str = "http://acme.localhost:8080/sso/metadata";
const SLO: &str = "http://acme.localhost:8080/sso/slo";
const REQUEST: &str = "_request-1";
const APP: &str = "3f2c9d10-6a7b-4e58-9c41-d0b8e7a65f23";

static IDP_KEY: LazyLock<IdpKey> = LazyLock::new(|| IdpKey::generate(NOW).unwrap());
static SP_KEY: LazyLock<IdpKey> = LazyLock::new(|| IdpKey::generate(NOW).unwrap());

/// Different octets with every call, the same in every run.
fn random() -> vestibule::demo_idp::Random {
    let count = AtomicU8::new(0);
    Arc::new(move |octets: &mut [u8]| {
        let call = count.fetch_add(1, Ordering::Relaxed);
        for (octet, at) in octets.iter_mut().zip(0_u8..) {
            *octet = call.wrapping_mul(59).wrapping_add(at.wrapping_mul(101));
        }
    })
}

fn app() -> IdpApp {
    let certificate = SP_KEY.certificate_der().to_vec();
    let mut app = IdpApp::new(APP, "Acme Library", ENTITY, ACS)
        .with_sign_on_url("http://acme.localhost:8080/");
    app.logout_url = Some(SLO.to_owned());
    app.encryption_certificate = Some(certificate.clone());
    app.verification_certificates = vec![certificate];
    app
}

fn idp() -> DemoIdp {
    let mut config = DemoConfig::contoso(
        "http://login.localhost:8090",
        IDP_KEY.clone(),
        Arc::new(|| NOW),
        random(),
    );
    config.apps = vec![app()];
    DemoIdp::new(config)
}

fn sp() -> ServiceProvider {
    ServiceProvider {
        entity_id: ENTITY.to_owned(),
        acs_url: ACS.to_owned(),
    }
}

fn trust(idp: &DemoIdp) -> Trust {
    let key = PKey::private_key_from_der(&SP_KEY.private_key().private_key_to_der().unwrap());
    Trust {
        idp_entity_id: idp.tenant().entity_id.clone(),
        keys: vec![VerificationKey::from_certificate(idp.signing_key().certificate_der()).unwrap()],
        certificate_validity: ValidityPolicy::Reject,
        required_signature: SignatureCoverage::Either,
        danger_allow_sha1: false,
        danger_accept_cbc: false,
        decryption_keys: vec![DecryptionKey::new(key.unwrap()).unwrap()],
    }
}

fn expectation(request: Option<&str>) -> Expectation {
    Expectation {
        entity_id: ENTITY.to_owned(),
        extra_audiences: Vec::new(),
        acs_url: ACS.to_owned(),
        request_id: request.map(str::to_owned),
        name_id_format: Some(names::NAMEID_EMAIL.to_owned()),
        identity_attribute: None,
        clock_skew: Duration::seconds(180),
        authn_statement_optional: false,
        authentication: Authentication::default(),
    }
}

type Outcome = Result<vestibule::saml::assertion::ValidatedAssertion, Rejection>;

fn judge(idp: &DemoIdp, xml: &str, request: Option<&str>) -> Outcome {
    validate(xml.as_bytes(), &trust(idp), &expectation(request), NOW).into_outcome()
}

fn spec(idp: &DemoIdp) -> ResponseSpec {
    idp.response_spec(&IdpUser::b_simon(), &sp())
        .answering(REQUEST)
}

fn outcome(variant: Variant) -> Outcome {
    let idp = idp();
    let spec = variant.apply(spec(&idp), idp.tenant(), &IdpUser::b_simon(), &app());
    let xml = idp.respond(&spec).unwrap();
    judge(&idp, &xml, Some(REQUEST))
}

#[test]
fn every_variant_is_accepted_or_refused_by_its_rule() {
    for variant in Variant::ALL {
        let refused_by = match variant {
            Variant::EncryptedCbcUnsigned => Some(Rule::G2),
            Variant::ErrorStatus => Some(Rule::C2),
            Variant::Sha1 => Some(Rule::B4),
            Variant::WrongAudience => Some(Rule::D4),
            Variant::Expired | Variant::Unsolicited => Some(Rule::D2),
            _ => None,
        };
        let rule = outcome(variant).err().map(|rejection| rejection.rule());
        assert_eq!(rule, refused_by, "{}", variant.name());
        assert_eq!(variant.name().parse(), Ok(variant));
    }
}

#[test]
fn an_assertion_says_what_entra_says() {
    let assertion = outcome(Variant::Groups).unwrap();
    assert_eq!(
        assertion.issuer(),
        "https://sts.windows.net/6babcaad-604b-40ac-a9d7-9fd97c0b779f/"
    );
    assert_eq!(assertion.session_index(), Some(assertion.id()));
    assert_eq!(assertion.name_id().unwrap().value, "b.simon@contoso.com");
    assert_eq!(
        assertion.acceptable_until(),
        NOW + Duration::minutes(65) + Duration::seconds(300),
        "with the most skew"
    );
    let value = |name: &str| {
        let found = assertion
            .attributes()
            .iter()
            .find(|found| found.name == name);
        found.map(|found| found.values.clone()).unwrap_or_default()
    };
    let soap = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/";
    assert_eq!(value(&format!("{soap}givenname")), ["B."]);
    assert_eq!(value(&format!("{soap}surname")), ["Simon"]);
    assert_eq!(
        value("http://schemas.microsoft.com/ws/2008/06/identity/claims/groups"),
        IdpUser::b_simon().groups
    );
    assert_eq!(
        value("http://schemas.microsoft.com/identity/claims/objectidentifier"),
        [IdpUser::b_simon().object_id]
    );
}

#[test]
fn an_unsolicited_response_answers_no_request() {
    let idp = idp();
    let xml = idp
        .respond(&idp.response_spec(&IdpUser::britta_simon(), &sp()))
        .unwrap();
    assert!(!xml.contains("InResponseTo"));
    assert!(judge(&idp, &xml, None).is_ok());
}

#[test]
fn typed_values_are_covered_with_their_prefixes() {
    let idp = idp();
    for signed in [Signed::Assertion, Signed::Response, Signed::Both] {
        let mut spec = spec(&idp);
        let prefixes = vec!["xs".to_owned(), "xsi".to_owned()];
        spec.inclusive_namespaces.clone_from(&prefixes);
        spec.response_inclusive_namespaces = prefixes;
        spec.signed = signed;
        let xml = idp.respond(&spec).unwrap();
        assert!(xml.contains("xsi:type=\"xs:string\""));
        assert!(judge(&idp, &xml, Some(REQUEST)).is_ok(), "{signed:?}");
    }
}

#[test]
fn nothing_signed_is_refused() {
    let idp = idp();
    let mut spec = spec(&idp);
    spec.signed = Signed::Nothing;
    let xml = idp.respond(&spec).unwrap();
    let rejection = judge(&idp, &xml, Some(REQUEST)).unwrap_err();
    assert_eq!(rejection.rule(), Rule::B7);
}

/// The names and attributes of all elements in order, as expanded names.
fn shape(xml: &[u8]) -> Vec<String> {
    let document = Document::parse(xml, &Limits::METADATA).unwrap();
    let line = |element: vestibule::xml::Element<'_>| {
        let mut attributes: Vec<&str> = element
            .attributes()
            .map(vestibule::xml::Attribute::local_name)
            .collect();
        attributes.sort_unstable();
        format!("{} {} {attributes:?}", element.namespace(), element.name())
    };
    document.elements().map(line).collect()
}

#[test]
fn a_response_has_the_shape_of_a_real_one() {
    let real = std::fs::read("tests/vectors/accept/entra-ssoready/response.xml").unwrap();
    let idp = idp();
    let mut spec = idp.response_spec(&IdpUser::b_simon(), &sp());
    let methods = spec
        .attributes
        .iter_mut()
        .find(|claim| claim.name.ends_with("authnmethodsreferences"))
        .unwrap();
    methods.values.resize(3, "another".to_owned()); // The real user signed in with a second factor.
    let made = idp.respond(&spec).unwrap();
    assert_eq!(shape(made.as_bytes()), shape(&real));
}

#[test]
fn metadata_is_imported() {
    let mut config = DemoConfig::contoso(
        "http://127.0.0.1:8090",
        IDP_KEY.clone(),
        Arc::new(|| NOW),
        random(),
    );
    config.next_key = Some(SP_KEY.clone());
    let idp = DemoIdp::new(config);
    let xml = idp.metadata_xml().unwrap();
    assert!(xml.starts_with('\u{FEFF}'));
    let imported = IdpMetadata::parse(xml.as_bytes(), None, NOW).unwrap();
    assert_eq!(imported.warnings, []);
    let url = "http://127.0.0.1:8090/6babcaad-604b-40ac-a9d7-9fd97c0b779f/saml2";
    assert_eq!(imported.idp.entity_id, idp.tenant().entity_id);
    for binding in [names::BINDING_POST, names::BINDING_REDIRECT] {
        assert_eq!(imported.idp.sign_on_location(binding), Some(url));
    }
    assert_eq!(
        imported.idp.signing_certificates,
        [IDP_KEY.certificate_base64(), SP_KEY.certificate_base64()]
    );
}

#[test]
fn metadata_has_the_roles_of_a_real_one() {
    let roles = |xml: &[u8]| -> Vec<String> {
        let document = Document::parse(xml, &Limits::METADATA).unwrap();
        let root = document.root();
        root.children()
            .map(|child| child.local_name().to_owned())
            .collect()
    };
    let real = std::fs::read("metadata/entra-ssoready.xml").unwrap();
    assert_eq!(
        roles(idp().metadata_xml().unwrap().as_bytes()),
        roles(&real)
    );
}

#[test]
fn an_application_is_read_from_our_metadata() {
    let certificate = SP_KEY.certificate_base64();
    let metadata = SpMetadata {
        entity_id: ENTITY.to_owned(),
        acs_url: ACS.to_owned(),
        slo_url: Some(SLO.to_owned()),
        name_id_formats: vec![names::NAMEID_EMAIL.to_owned()],
        signing_certificates: vec![certificate.clone()],
        encryption_certificates: vec![certificate],
        authn_requests_signed: true,
        want_assertions_signed: true,
        organization: None,
        contacts: Vec::new(),
        ui_info: vestibule::saml::metadata::UiInfo::default(),
    };
    let read = IdpApp::from_metadata(APP, "Acme", metadata.to_xml().as_bytes()).unwrap();
    assert_eq!(read.service_provider(), sp());
    assert_eq!(read.logout_url.as_deref(), Some(SLO));
    assert_eq!(
        read.encryption_certificate.as_deref(),
        Some(SP_KEY.certificate_der())
    );
    assert_eq!(
        read.verification_certificates,
        [SP_KEY.certificate_der().to_vec()]
    );
}
