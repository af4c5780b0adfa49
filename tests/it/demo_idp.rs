//! The demo identity provider against the server's own judgement, and over HTTP.

use axum::body::Body;
use axum::http::{Request, Response, StatusCode, header};
use http_body_util::BodyExt as _;
use openssl::pkey::PKey;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, LazyLock};
use time::macros::datetime;
use time::{Duration, OffsetDateTime};
use tower::ServiceExt as _;
use vestibule::demo_idp::{
    DemoConfig, DemoIdp, IdpApp, IdpKey, IdpUser, ResponseSpec, ServiceProvider, Signed, Variant,
};
use vestibule::saml::authn_request::{AuthnRequest, NameIdPolicy};
use vestibule::saml::binding::{MessageKind, decode_redirect, encode_redirect};
use vestibule::saml::encryption::DecryptionKey;
use vestibule::saml::error::{Rejection, Rule};
use vestibule::saml::metadata::{IdpMetadata, SpMetadata};
use vestibule::saml::names;
use vestibule::saml::response::{Authentication, Expectation};
use vestibule::saml::signature::{
    SignatureCoverage, SigningKey, Trust, ValidityPolicy, VerificationKey,
};
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

#[tokio::test]
async fn an_application_is_configured_by_hand() {
    let idp = idp();
    idp.register(IdpApp::unconfigured("new", "Globex"));
    let mut browser = Browser::new(idp);
    let page = browser.get("/applications/new").await;
    assert!(page.text.contains("Required"), "{}", page.text);
    let fields = [
        ("identifier", " https://globex.example/sso/metadata "),
        ("reply_url", "https://globex.example/sso/acs"),
        ("sign_on_url", "https://globex.example/"),
        ("relay_state", ""),
        ("logout_url", ""),
    ];
    let saved = browser.post("/applications/new/basic", &fields).await;
    assert_eq!(saved.location.as_deref(), Some("/applications/new"));
    let page = browser.get("/applications/new").await.text;
    assert!(!page.contains("Required"), "{page}");
    assert!(
        page.contains(r#"value="https://globex.example/sso/metadata""#),
        "{page}"
    );
}

#[tokio::test]
async fn only_loopback_is_served() {
    let refused = DemoIdp::bind("0.0.0.0:0".parse().unwrap()).await;
    assert!(refused.is_err());
    let open = tokio::net::TcpListener::bind("0.0.0.0:0").await.unwrap();
    assert!(idp().serve(open, async {}).await.is_err());
    let local = DemoIdp::bind("127.0.0.2:0".parse().unwrap()).await.unwrap();
    assert!(idp().serve(local, async {}).await.is_ok());
}

fn request() -> AuthnRequest {
    AuthnRequest {
        id: REQUEST.to_owned(),
        issue_instant: NOW,
        destination: idp().tenant().saml_url(),
        issuer: ENTITY.to_owned(),
        acs_url: ACS.to_owned(),
        force_authn: false,
        is_passive: false,
        name_id_policy: None,
        requested_authn_context: Vec::new(),
    }
}

/// A browser without JavaScript, at the identity provider only.
struct Browser {
    idp: DemoIdp,
    cookie: String,
}

/// An answer that was read.
struct Page {
    status: StatusCode,
    location: Option<String>,
    text: String,
}

impl Browser {
    fn new(idp: DemoIdp) -> Self {
        Self {
            idp,
            cookie: String::new(),
        }
    }

    async fn get(&mut self, address: &str) -> Page {
        self.send(Request::get(address).body(Body::empty()).unwrap())
            .await
    }

    async fn post(&mut self, address: &str, fields: &[(&str, &str)]) -> Page {
        let body = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(fields)
            .finish();
        let request = Request::post(address)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(body));
        self.send(request.unwrap()).await
    }

    async fn send(&mut self, mut request: Request<Body>) -> Page {
        request
            .headers_mut()
            .insert(header::COOKIE, self.cookie.parse().unwrap());
        let response: Response<Body> = self.idp.router().oneshot(request).await.unwrap();
        let text = |name| {
            let value = response.headers().get(name)?;
            value.to_str().ok().map(str::to_owned)
        };
        assert!(text(header::CONTENT_SECURITY_POLICY).is_some());
        if let Some(set) = text(header::SET_COOKIE) {
            set.split(';').next().unwrap().clone_into(&mut self.cookie);
        }
        Page {
            status: response.status(),
            location: text(header::LOCATION),
            text: String::from_utf8(
                response
                    .into_body()
                    .collect()
                    .await
                    .unwrap()
                    .to_bytes()
                    .to_vec(),
            )
            .unwrap(),
        }
    }

    /// Sends a request by redirect.
    async fn ask(&mut self, request: &AuthnRequest) -> Page {
        let address = self.address(&request.to_xml(), None);
        self.get(&address).await
    }

    fn address(&self, xml: &str, key: Option<&SigningKey>) -> String {
        let url = self.idp.tenant().saml_url();
        let kind = MessageKind::Request;
        let full = encode_redirect(&url, kind, xml, Some("handle-1"), key).unwrap();
        full.strip_prefix(&self.idp.tenant().origin)
            .unwrap()
            .to_owned()
    }

    async fn sign_in(&mut self, page: &Page, user: &IdpUser, variant: &str) -> Page {
        let action = page.attribute("action");
        let flow = page.field("flow");
        let fields = [
            ("flow", flow.as_str()),
            ("login", &user.principal_name),
            ("passwd", &user.password),
            ("variant", variant),
        ];
        self.post(&action, &fields).await
    }
}

impl Page {
    fn attribute(&self, name: &str) -> String {
        self.after(&format!("{name}=\""))
    }

    fn field(&self, name: &str) -> String {
        self.after(&format!("name=\"{name}\" value=\""))
    }

    fn after(&self, start: &str) -> String {
        let from = self.text.find(start).unwrap_or_else(|| panic!("{start}")) + start.len();
        self.text[from..].split('"').next().unwrap().to_owned()
    }

    /// The posted Response.
    fn response(&self) -> String {
        use base64::Engine as _;
        assert_eq!(self.attribute("action"), ACS);
        let encoded = self
            .field("SAMLResponse")
            .replace("&#43;", "+")
            .replace("&#61;", "=");
        let octets = base64::engine::general_purpose::STANDARD.decode(encoded);
        String::from_utf8(octets.unwrap()).unwrap()
    }
}

#[tokio::test]
async fn a_user_signs_in_once_and_then_silently() {
    let idp = idp();
    let mut browser = Browser::new(idp.clone());
    let page = browser.ask(&request()).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.text.contains("Acme Library"));
    let posted = browser
        .sign_in(&page, &IdpUser::b_simon(), "signed-assertion")
        .await;
    assert_eq!(posted.field("RelayState"), "handle-1");
    assert!(judge(&idp, &posted.response(), Some(REQUEST)).is_ok());

    let silent = browser.ask(&request()).await;
    assert!(judge(&idp, &silent.response(), Some(REQUEST)).is_ok());
    let forced = browser
        .ask(&AuthnRequest {
            force_authn: true,
            ..request()
        })
        .await;
    assert!(forced.text.contains("Pick an account"));
}

#[tokio::test]
async fn a_posted_request_goes_on_with_the_session() {
    use base64::Engine as _;
    let idp = idp();
    let mut browser = Browser::new(idp.clone());
    let encoded = base64::engine::general_purpose::STANDARD.encode(request().to_xml());
    let address = format!("/{}/saml2", idp.tenant().id);
    let next = browser.post(&address, &[("SAMLRequest", &encoded)]).await;
    assert_eq!(next.status, StatusCode::SEE_OTHER);
    let page = browser.get(&next.location.unwrap()).await;
    let posted = browser
        .sign_in(&page, &IdpUser::britta_simon(), "encrypted")
        .await;
    let xml = posted.response();
    assert!(xml.contains("EncryptedAssertion"));
    assert!(judge(&idp, &xml, Some(REQUEST)).is_ok());
}

#[tokio::test]
async fn a_wrong_password_and_a_user_without_assignment_stay_here() {
    let mut browser = Browser::new(idp());
    let page = browser.ask(&request()).await;
    let mut wrong = IdpUser::b_simon();
    wrong.password = "guess".to_owned();
    let again = browser.sign_in(&page, &wrong, "groups").await;
    assert!(again.text.contains("incorrect"));
    assert!(again.text.contains("value=\"groups\" selected"));
    let refused = browser
        .sign_in(&again, &IdpUser::adele_vance(), "groups")
        .await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    assert!(refused.text.contains("AADSTS50105"));
}

#[tokio::test]
async fn requests_are_refused_as_entra_refuses_them() {
    let mut browser = Browser::new(idp());
    let foreign = AuthnRequest {
        issuer: "https://nobody.example".to_owned(),
        ..request()
    };
    assert!(browser.ask(&foreign).await.text.contains("AADSTS700016"));
    let elsewhere = AuthnRequest {
        acs_url: "https://evil.example/acs".to_owned(),
        ..request()
    };
    assert!(browser.ask(&elsewhere).await.text.contains("AADSTS50011"));
    let address = format!("/{}/saml2", idp().tenant().id);
    assert!(browser.get(&address).await.text.contains("AADSTS750054"));
    let address = "/11111111-2222-3333-4444-555555555555/saml2?SAMLRequest=x";
    assert!(browser.get(address).await.text.contains("AADSTS90002"));
}

#[tokio::test]
async fn what_cannot_be_met_goes_back_as_a_status() {
    let windows = Some(NameIdPolicy {
        format: Some(names::NAMEID_WINDOWS.to_owned()),
    });
    let x509 = vec!["urn:oasis:names:tc:SAML:2.0:ac:classes:X509".to_owned()];
    let cases = [
        (
            AuthnRequest {
                name_id_policy: windows,
                ..request()
            },
            "InvalidNameIDPolicy: AADSTS75016",
        ),
        (
            AuthnRequest {
                requested_authn_context: x509,
                ..request()
            },
            "NoAuthnContext: AADSTS75011",
        ),
        (
            AuthnRequest {
                is_passive: true,
                ..request()
            },
            "NoPassive: AADSTS50058",
        ),
    ];
    for (request, expected) in cases {
        let idp = idp();
        let page = Browser::new(idp.clone()).ask(&request).await;
        let rejection = judge(&idp, &page.response(), Some(REQUEST)).unwrap_err();
        assert_eq!(rejection.rule(), Rule::C2);
        assert!(rejection.received.contains(expected), "{rejection}");
    }
}

#[tokio::test]
async fn the_name_has_the_format_that_is_asked_for() {
    let idp = idp();
    let mut browser = Browser::new(idp.clone());
    let persistent = AuthnRequest {
        name_id_policy: Some(NameIdPolicy {
            format: Some(names::NAMEID_PERSISTENT.to_owned()),
        }),
        ..request()
    };
    let page = browser.ask(&persistent).await;
    let posted = browser
        .sign_in(&page, &IdpUser::b_simon(), "signed-both")
        .await;
    let any = Expectation {
        name_id_format: None,
        ..expectation(Some(REQUEST))
    };
    let verdict = validate(posted.response().as_bytes(), &trust(&idp), &any, NOW);
    let assertion = verdict.into_outcome().unwrap();
    let name = assertion.name_id().unwrap();
    assert_eq!(name.format.as_deref(), Some(names::NAMEID_PERSISTENT));
    assert!(!name.value.contains('@'));
}

#[tokio::test]
async fn unsigned_requests_are_refused_where_signatures_are_required() {
    let idp = idp();
    let mut strict = app();
    strict.require_signed_requests = true;
    idp.register(strict);
    let mut browser = Browser::new(idp.clone());
    assert!(browser.ask(&request()).await.text.contains("AADSTS76021"));
    let ours = SigningKey::new(SP_KEY.private_key().clone(), None).unwrap();
    let foreign = SigningKey::new(IDP_KEY.private_key().clone(), None).unwrap();
    let xml = request().to_xml();
    let address = browser.address(&xml, Some(&ours));
    assert!(browser.get(&address).await.text.contains("Pick an account"));
    let address = browser.address(&xml, Some(&foreign));
    assert!(browser.get(&address).await.text.contains("AADSTS76021"));
}

#[tokio::test]
async fn a_signed_post_request_is_taken_where_signatures_are_required() {
    use base64::Engine as _;
    let idp = idp();
    let mut strict = app();
    strict.require_signed_requests = true;
    idp.register(strict);
    let mut browser = Browser::new(idp.clone());
    let key = SigningKey::new(SP_KEY.private_key().clone(), None).unwrap();
    let signed =
        vestibule::saml::signature::sign_enveloped(&request().to_xml(), REQUEST, &key).unwrap();
    let address = format!("/{}/saml2", idp.tenant().id);
    for (xml, status) in [
        (signed.clone(), StatusCode::SEE_OTHER),
        (request().to_xml(), StatusCode::BAD_REQUEST),
        (
            signed.replace(ACS, "http://acme.localhost:8080/sso/acx"),
            StatusCode::BAD_REQUEST,
        ),
    ] {
        let encoded = base64::engine::general_purpose::STANDARD.encode(xml);
        let answer = browser.post(&address, &[("SAMLRequest", &encoded)]).await;
        assert_eq!(answer.status, status);
    }
}

#[tokio::test]
async fn a_tile_opens_the_application_and_launches_without_a_request() {
    let idp = idp();
    let mut browser = Browser::new(idp.clone());
    let page = browser.get("/myapps").await;
    let home = browser.sign_in(&page, &IdpUser::b_simon(), "").await;
    assert_eq!(home.location.as_deref(), Some("/myapps"));
    let tiles = browser.get("/myapps").await;
    assert!(tiles.text.contains("href=\"http://acme.localhost:8080/\""));
    let launched = browser.get(&format!("/myapps/launch/{APP}")).await;
    assert!(judge(&idp, &launched.response(), None).is_ok());

    let out = browser.get("/signout").await;
    assert!(out.text.contains("You signed out"));
    assert!(
        browser
            .get("/myapps")
            .await
            .text
            .contains("Pick an account")
    );
}

#[tokio::test]
async fn the_set_up_page_offers_what_the_tutorial_asks_for() {
    let idp = idp();
    let mut browser = Browser::new(idp.clone());
    let address = format!("/applications/{APP}");
    let page = browser.get(&address).await;
    let metadata = idp.tenant().metadata_url(APP);
    for value in [
        ENTITY,
        ACS,
        "http://acme.localhost:8080/",
        SLO,
        &idp.tenant().saml_url(),
        &idp.tenant().entity_id,
        &IDP_KEY.thumbprint(),
        &metadata,
    ] {
        assert!(page.text.contains(value), "{value}");
    }
    let pem = browser
        .get(&format!("{address}/certificate-base64.cer"))
        .await;
    assert!(pem.text.starts_with("-----BEGIN CERTIFICATE-----"));
    let path = metadata.strip_prefix(&idp.tenant().origin).unwrap();
    let document = browser.get(path).await;
    assert!(IdpMetadata::parse(document.text.as_bytes(), None, NOW).is_ok());
    let unknown = path.replace(APP, "11111111-2222-3333-4444-555555555555");
    assert_eq!(browser.get(&unknown).await.status, StatusCode::BAD_REQUEST);

    browser.post(&address, &[("variant", "sha1")]).await;
    assert_eq!(
        idp.apps().first().map(|app| app.variant),
        Some(Variant::Sha1)
    );
}

#[tokio::test]
async fn a_logout_request_is_answered_and_ends_the_session() {
    let idp = idp();
    let mut browser = Browser::new(idp.clone());
    let page = browser.ask(&request()).await;
    browser.sign_in(&page, &IdpUser::b_simon(), "").await;
    let logout = format!(
        "<samlp:LogoutRequest xmlns:samlp=\"{}\" xmlns:saml=\"{}\" ID=\"_logout-1\" Version=\"2.0\" \
         IssueInstant=\"2026-03-04T05:06:07Z\"><saml:Issuer>{ENTITY}</saml:Issuer>\
         <saml:NameID>b.simon@contoso.com</saml:NameID></samlp:LogoutRequest>",
        names::SAMLP,
        names::SAML
    );
    let address = browser.address(&logout, None);
    let answer = browser.get(&address).await;
    let location = answer.location.unwrap();
    let (target, query) = location.split_once('?').unwrap();
    assert_eq!(target, SLO);
    let redirected = decode_redirect(query).unwrap();
    assert_eq!(redirected.relay_state.as_deref(), Some("handle-1"));
    let signature = redirected.signature.unwrap();
    let key = VerificationKey::from_certificate(IDP_KEY.certificate_der()).unwrap();
    let algorithm =
        vestibule::saml::signature::SignatureAlgorithm::from_uri(&signature.algorithm).unwrap();
    assert!(key.verifies(algorithm, &signature.signed_octets, &signature.value));
    let xml = String::from_utf8(redirected.xml).unwrap();
    assert!(xml.contains("InResponseTo=\"_logout-1\""));
    assert!(xml.contains("https://login.microsoftonline.com/"));
    let page = browser.ask(&request()).await;
    assert!(page.text.contains("Pick an account"));
}
