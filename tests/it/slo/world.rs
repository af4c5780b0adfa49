//! Two companies, identity providers that can end sessions, and browsers that are signed in.

use std::ops::Deref;
use std::sync::LazyLock;

use axum::body::Body;
use axum::http::{Request, header};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use openssl::asn1::Asn1Time;
use openssl::hash::MessageDigest;
use openssl::pkey::PKey;
use openssl::rsa::Rsa;
use openssl::x509::X509;
use time::Duration;
use vestibule::domain::{
    AttemptKind, Company, Connection, GroupKind, NameId, SamlSettings, Settings,
};
use vestibule::http::session::cookie_value;
use vestibule::saml::assertion;
use vestibule::saml::binding::{MessageKind, decode_redirect, encode_redirect};
use vestibule::saml::logout::{
    LogoutExpectation, LogoutMessage, LogoutRequest, LogoutResponse, LogoutStatus, receive_redirect,
};
use vestibule::saml::names;
use vestibule::saml::signature::{
    SignatureCoverage, SigningKey, Trust, ValidityPolicy, VerificationKey,
};
use vestibule::store::{AttemptRef, FederatedProof, Finished, Proof};

use crate::support::{self, World};
pub(super) use crate::support::{ACME, Answer, BETA, NOW};

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

/// Two companies whose identity providers can end sessions.
pub(super) struct Logout {
    pub(super) world: World,
    /// The identity provider of acme's connection "entra".
    pub(super) idp: &'static Idp,
    /// The one of beta's.
    pub(super) beta_idp: &'static Idp,
    pub(super) entra: Connection,
    pub(super) theirs: Connection,
}

impl Deref for Logout {
    type Target = World;

    fn deref(&self) -> &World {
        &self.world
    }
}

impl Logout {
    pub(super) async fn new() -> Self {
        Self::with(|_| {}).await
    }

    /// With other settings of acme's connection.
    pub(super) async fn with(change: impl FnOnce(&mut Settings)) -> Self {
        // Shared by all tests: to make a key costs as much as all else here.
        static IDP: LazyLock<Idp> = LazyLock::new(Idp::new);
        static BETA_IDP: LazyLock<Idp> = LazyLock::new(Idp::new);
        let world = World::new().await;
        let (idp, beta_idp) = (&*IDP, &*BETA_IDP);
        let entra = connect(&world, &world.acme, "entra", ENTRA, idp, change).await;
        let issuer = "https://idp.beta.example";
        let theirs = connect(&world, &world.beta, "idp", issuer, beta_idp, |_| {}).await;
        Self {
            world,
            idp,
            beta_idp,
            entra,
            theirs,
        }
    }

    /// One more connection of acme.
    pub(super) async fn add_connection(&self, name: &str, issuer: &str, idp: &Idp) -> Connection {
        connect(self, &self.acme, name, issuer, idp, |_| {}).await
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
        let company = connection.company_id;
        let mut attempt = support::new_attempt(company, AttemptKind::Saml, now);
        attempt.connection_id = Some(connection.id);
        let profile = support::profile(
            &format!("{}:{identity}", connection.name),
            &format!("{}.{identity}", connection.name),
        );
        let assertion = format!("_{}", attempt.id);
        let proof = FederatedProof {
            name_id: name_id.cloned(),
            session_index: index.map(str::to_owned),
            ..support::federated_proof(connection, profile, &assertion, now)
        };
        let attempt = AttemptRef::New(Box::new(attempt));
        let mut sign_in =
            support::new_sign_in(company, attempt, Proof::Federated(Box::new(proof)), now);
        sign_in.session.idle = Duration::hours(2);
        let id = sign_in.session.id;
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
        let metadata = self.fetch("/sso/metadata", "").await.body;
        let text = metadata.split("X509Certificate>").nth(1).unwrap();
        let der = BASE64_STANDARD
            .decode(text.split('<').next().unwrap().trim())
            .unwrap();
        Trust {
            idp_entity_id: "http://acme.localhost:8080/sso/metadata".to_owned(),
            keys: vec![VerificationKey::from_certificate(&der).unwrap()],
            certificate_validity: ValidityPolicy::Ignore,
            required_signature: SignatureCoverage::Either,
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

async fn connect(
    world: &World,
    company: &Company,
    name: &str,
    issuer: &str,
    idp: &Idp,
    change: impl FnOnce(&mut Settings),
) -> Connection {
    let title = format!("Users of {name}");
    let group = world
        .add_group_to(company, &title, GroupKind::Member, true)
        .await;
    let mut settings = Settings::from(SamlSettings {
        idp_entity_id: issuer.to_owned(),
        certificates: vec![BASE64_STANDARD.encode(&idp.certificate)],
        slo_url: Some(IDP_SLO.to_owned()),
        ..SamlSettings::default()
    });
    settings.jit = Some(group.id);
    change(&mut settings);
    let connection = support::connection(company.id, name, settings);
    world
        .app
        .store
        .add_connection(&connection, NOW)
        .await
        .unwrap();
    world.app.catch_up().await.unwrap();
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
        name_id: assertion::SamlNameId {
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
