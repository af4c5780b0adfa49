//! Two companies, their identity providers, and browsers that are signed in.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{Request, header};
use openssl::asn1::Asn1Time;
use openssl::hash::MessageDigest;
use openssl::pkey::PKey;
use openssl::rsa::Rsa;
use openssl::x509::X509;
use time::Duration;
use vestibule::app::App;
use vestibule::clock::Clock;
use vestibule::domain::{
    AttemptId, AttemptKind, CompanyId, Connection, GroupClaim, LoginAttempt, NameId, Profile,
    Record, SamlSettings, SessionId, UserId,
};
use vestibule::http::Edge;
use vestibule::http::session::cookie_value;
use vestibule::saml::assertion;
use vestibule::saml::binding::{MessageKind, decode_redirect, encode_redirect};
use vestibule::saml::logout::{
    LogoutExpectation, LogoutMessage, LogoutRequest, LogoutResponse, LogoutStatus, receive_redirect,
};
use vestibule::saml::names;
use vestibule::saml::signature::{
    CertificateValidity, RequiredSignature, SigningKey, Trust, VerificationKey,
};

use crate::support::{self, unique};
pub(super) use crate::support::{Answer, NOW};
use vestibule::store::{AttemptRef, FederatedProof, Finished, NewSession, Proof, SignIn};

pub(super) const ACME: &str = "acme.localhost:8080";
pub(super) const BETA: &str = "beta.localhost:8080";
pub(super) const SLO: &str = "http://acme.localhost:8080/sso/slo";
pub(super) const ENTRA: &str = "https://sts.windows.net/6babcaad-604b-40ac-a9d7-9fd97c0b779f/";
pub(super) const ENTRA_LOGOUT: &str =
    "https://login.microsoftonline.com/6babcaad-604b-40ac-a9d7-9fd97c0b779f/";
pub(super) const IDP_SLO: &str =
    "https://login.microsoftonline.com/6babcaad-604b-40ac-a9d7-9fd97c0b779f/saml2";
pub(super) const SIMON: &str = "b.simon@contoso.com";

/// An identity provider's key.
pub(super) struct Idp {
    pub(super) key: SigningKey,
    certificate: Vec<u8>,
}

impl Idp {
    pub(super) fn new() -> Self {
        let key = PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap();
        let mut builder = X509::builder().unwrap();
        let at =
            |days: i64| Asn1Time::from_unix((NOW + Duration::days(days)).unix_timestamp()).unwrap();
        builder.set_pubkey(&key).unwrap();
        builder.set_not_before(&at(-1)).unwrap();
        builder.set_not_after(&at(30)).unwrap();
        builder.sign(&key, MessageDigest::sha256()).unwrap();
        Self {
            certificate: builder.build().to_der().unwrap(),
            key: SigningKey::new(key, None).unwrap(),
        }
    }

    /// The address that brings a message by HTTP-Redirect, without the origin.
    pub(super) fn redirect(&self, kind: MessageKind, xml: &str, relay: Option<&str>) -> String {
        encode_redirect("/sso/slo", kind, xml, relay, Some(&self.key)).unwrap()
    }
}

pub(super) struct World {
    pub(super) app: Arc<App>,
    pub(super) router: Edge,
    /// The identity provider of acme's connection "entra".
    pub(super) idp: Idp,
    /// The one of beta's.
    pub(super) beta_idp: Idp,
    pub(super) entra: Connection,
    pub(super) beta: Connection,
    _dir: tempfile::TempDir,
}

impl World {
    pub(super) async fn new() -> Self {
        Self::with(|_| {}).await
    }

    /// With other settings of acme's connection.
    pub(super) async fn with(change: impl FnOnce(&mut SamlSettings)) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let app = App::open(support::config(dir.path()), Clock::fixed(NOW))
            .await
            .unwrap();
        let (idp, beta_idp) = (Idp::new(), Idp::new());
        let (acme, beta) = (add_company(&app, ACME).await, add_company(&app, BETA).await);
        let entra = add_connection(&app, acme, "entra", ENTRA, &idp, change).await;
        let beta = add_connection(
            &app,
            beta,
            "idp",
            "https://idp.beta.example",
            &beta_idp,
            |_| {},
        );
        let beta = beta.await;
        app.catch_up().await.unwrap();
        Self {
            router: vestibule::web::router(Arc::clone(&app)),
            app,
            idp,
            beta_idp,
            entra,
            beta,
            _dir: dir,
        }
    }

    /// One more connection of acme.
    pub(super) async fn add_connection(&self, name: &str, issuer: &str, idp: &Idp) -> Connection {
        let company = self.entra.company_id;
        let added = add_connection(&self.app, company, name, issuer, idp, |_| {}).await;
        self.app.catch_up().await.unwrap();
        added
    }

    /// Signs a new browser in; its cookie.
    pub(super) async fn sign_in(
        &self,
        connection: &Connection,
        name_id: &NameId,
        index: Option<&str>,
    ) -> String {
        self.sign_in_by(connection, &name_id.value, Some(name_id), index)
            .await
    }

    /// The same where the assertion may have no name, because an attribute stands in.
    pub(super) async fn sign_in_by(
        &self,
        connection: &Connection,
        identity: &str,
        name_id: Option<&NameId>,
        index: Option<&str>,
    ) -> String {
        let now = self.app.clock.now();
        let bytes = unique();
        let mut attempt = LoginAttempt::open(
            AttemptId::from_bytes(bytes),
            connection.company_id,
            AttemptKind::Saml,
            [7; 32],
            now,
        );
        attempt.connection_id = Some(connection.id);
        let subject = format!("{}:{identity}", connection.name);
        let email = format!("{}.{identity}", connection.name);
        let profile = Profile {
            subject,
            other_names: vec![],
            old_names: vec![],
            name_id_email: None,
            email: Some(email.parse().unwrap()),
            first_name: Some("B.".into()),
            last_name: Some("Simon".into()),
            company_name: None,
            display_name: None,
            groups: GroupClaim::Missing,
        };
        let id = SessionId::from_bytes(unique());
        let sign_in = SignIn {
            company_id: connection.company_id,
            attempt: AttemptRef::New(Box::new(attempt.clone())),
            proof: Proof::Federated(Box::new(FederatedProof {
                connection: Arc::new(connection.clone()),
                profile,
                assertion_id: format!("_{}", attempt.id),
                assertion_expires_at: now + Duration::hours(1),
                name_id: name_id.cloned(),
                session_index: index.map(str::to_owned),
                authn_instant: None,
                authn_context: None,
            })),
            session: NewSession {
                id,
                expires_at: now + Duration::hours(8),
                idle: Duration::hours(2),
            },
            replaces: None,
            new_user_id: UserId::from_bytes(unique()),
            record: Record::default(),
            now,
        };
        let finished = self.app.store.finish_sign_in(sign_in).await.unwrap();
        assert!(
            matches!(finished, Finished::SignedIn { .. }),
            "{finished:?}"
        );
        self.app.catch_up().await.unwrap();
        format!("vestibule-session={}", cookie_value(id))
    }

    /// Whether the browser of this cookie is signed in.
    pub(super) async fn is_live(&self, host: &str, cookie: &str) -> bool {
        let answer = self.fetch_at(host, "/sso/session", cookie).await;
        assert!(matches!(answer.status, 200 | 401), "{}", answer.status);
        answer.status == 200
    }

    pub(super) async fn fetch(&self, path: &str, cookie: &str) -> Answer {
        self.fetch_at(ACME, path, cookie).await
    }

    pub(super) async fn fetch_at(&self, host: &str, path: &str, cookie: &str) -> Answer {
        let request = Request::get(path)
            .header(header::HOST, host)
            .header(header::COOKIE, cookie)
            .body(Body::empty());
        self.send(request.unwrap()).await
    }

    /// Sends a form whose answer is to be the page.
    pub(super) async fn post(&self, path: &str, cookie: &str, fields: &[(&str, &str)]) -> Answer {
        self.post_into("document", path, cookie, fields).await
    }

    /// Sends a form whose answer goes to a place in the browser.
    pub(super) async fn post_into(
        &self,
        place: &str,
        path: &str,
        cookie: &str,
        fields: &[(&str, &str)],
    ) -> Answer {
        let mut body = form_urlencoded::Serializer::new(String::new());
        let request = Request::post(path)
            .header(header::HOST, ACME)
            .header(header::COOKIE, cookie)
            .header("sec-fetch-dest", place)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(body.extend_pairs(fields).finish()));
        self.send(request.unwrap()).await
    }

    async fn send(&self, request: Request<Body>) -> Answer {
        support::send(&self.router, request).await
    }

    /// What an identity provider knows of acme: the certificate in its metadata.
    pub(super) async fn our_trust(&self) -> Trust {
        use base64::Engine as _;
        let metadata = self.fetch("/sso/metadata", "").await.body;
        let text = metadata.split("X509Certificate>").nth(1).unwrap();
        let der = base64::prelude::BASE64_STANDARD
            .decode(text.split('<').next().unwrap().trim())
            .unwrap();
        Trust {
            idp_entity_id: "http://acme.localhost:8080/sso/metadata".to_owned(),
            keys: vec![VerificationKey::from_certificate(&der).unwrap()],
            certificate_validity: CertificateValidity::Ignore,
            required_signature: RequiredSignature::Either,
            danger_allow_sha1: false,
            danger_accept_cbc: false,
            decryption_keys: Vec::new(),
        }
    }

    /// Reads our message from a redirect, as the identity provider would; and its `RelayState`.
    pub(super) async fn ours(&self, answer: &Answer) -> (LogoutMessage, Option<String>) {
        assert_eq!(answer.status, 303, "{}", answer.body);
        let (to, query) = answer.header("location").split_once('?').unwrap();
        let message = decode_redirect(query).ok().unwrap();
        let verdict = receive_redirect(
            &message,
            &self.our_trust().await,
            &their_expectation(to),
            self.app.clock.now(),
        );
        (
            verdict.into_outcome().unwrap().into_message(),
            message.relay_state,
        )
    }
}

pub(super) fn their_expectation(slo_url: &str) -> LogoutExpectation {
    LogoutExpectation {
        slo_url: slo_url.to_owned(),
        extra_issuers: Vec::new(),
        clock_skew: Duration::seconds(60),
    }
}

async fn add_company(app: &App, host: &str) -> CompanyId {
    let company = support::company(&format!("http://{host}"));
    app.store.add_company(&company, NOW).await.unwrap();
    company.id
}

async fn add_connection(
    app: &App,
    company_id: CompanyId,
    name: &str,
    issuer: &str,
    idp: &Idp,
    change: impl FnOnce(&mut SamlSettings),
) -> Connection {
    use base64::Engine as _;
    let group = support::group(company_id, &format!("Users of {name}"));
    app.store.add_group(&group, NOW).await.unwrap();
    let mut settings = SamlSettings {
        idp_entity_id: issuer.to_owned(),
        certificates: vec![base64::prelude::BASE64_STANDARD.encode(&idp.certificate)],
        slo_url: Some(IDP_SLO.to_owned()),
        jit: Some(group.id),
        ..SamlSettings::default()
    };
    change(&mut settings);
    let connection = support::connection(company_id, name, settings);
    app.store.add_connection(&connection, NOW).await.unwrap();
    connection
}

pub(super) fn simon() -> NameId {
    NameId::new(SIMON, Some(names::NAMEID_EMAIL))
}

/// A request about Simon, as Entra sends it.
pub(super) fn request() -> LogoutRequest {
    LogoutRequest {
        id: "_request".to_owned(),
        issue_instant: NOW,
        destination: SLO.to_owned(),
        issuer: ENTRA.to_owned(),
        not_on_or_after: None,
        reason: None,
        name_id: assertion::NameId {
            value: SIMON.to_owned(),
            format: Some(names::NAMEID_EMAIL.to_owned()),
            name_qualifier: None,
            sp_name_qualifier: None,
            sp_provided_id: None,
        },
        session_indexes: Vec::new(),
    }
}

/// Entra's answer to our request.
pub(super) fn response(code: &str, detail: Option<&str>) -> LogoutResponse {
    LogoutResponse {
        id: "_response".to_owned(),
        issue_instant: NOW,
        destination: SLO.to_owned(),
        issuer: ENTRA_LOGOUT.to_owned(),
        in_response_to: Some("_ours".to_owned()),
        status: LogoutStatus {
            code: code.to_owned(),
            detail: detail.map(str::to_owned),
            message: None,
        },
    }
}
