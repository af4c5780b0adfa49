//! The demo identity provider over HTTP: sign-on, the portal's pages, logout.

use axum::http::StatusCode;
use vestibule::demo_idp::{DemoIdp, IdpApp, IdpUser, Variant};
use vestibule::saml::authn_request::{AuthnRequest, NameIdPolicy};
use vestibule::saml::binding::{MessageKind, decode_redirect, encode_redirect};
use vestibule::saml::error::Rule;
use vestibule::saml::metadata::IdpMetadata;
use vestibule::saml::names;
use vestibule::saml::response::Expectation;
use vestibule::saml::signature::{SigningKey, VerificationKey};
use vestibule::saml::validate::validate;

use super::browser::{Browser, Page};
use super::{
    ACS, APP, ENTITY, IDP_KEY, NOW, REQUEST, SLO, SP_KEY, app, expectation, idp, judge, trust,
};

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

impl Browser {
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
}

impl Page {
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
