//! The real binary with the company `acme`, its connection, and an Entra-shaped identity provider that is asked by hand.

use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use reqwest::header::{CONTENT_TYPE, COOKIE, HOST, HeaderMap, SET_COOKIE};
use vestibule::clock::Clock;
use vestibule::demo_idp::{DemoConfig, DemoIdp, IdpKey, IdpUser, IssuedClaim, ServiceProvider};
use vestibule::saml::binding::EncodedResponse;
use vestibule::saml::response::ParsedResponse;

use super::identity_provider::{EMAIL, OBJECT_ID};
use super::{ACME, Installation, Server, hidden_field, random};

static KEY: LazyLock<IdpKey> = LazyLock::new(|| IdpKey::generate(Clock::system().now()).unwrap());

/// acme with its connection, made by commands, and the identity provider.
pub(crate) struct Deployment {
    pub(crate) installation: Installation,
    pub(crate) idp: DemoIdp,
}

impl Deployment {
    /// On a SQLite file of its own.
    pub(crate) fn new() -> Self {
        Self::of(Installation::new())
    }

    /// Of an installation in which nothing is yet.
    pub(crate) fn of(installation: Installation) -> Self {
        let clock = Clock::system();
        let idp = DemoIdp::new(DemoConfig::contoso(
            "http://127.0.0.1:8090",
            KEY.clone(),
            Arc::new(move || clock.now()),
            random(),
        ));
        std::fs::write(installation.path("idp.xml"), idp.metadata_xml().unwrap()).unwrap();
        for command in [
            "company add acme --name Acme --origin http://acme.localhost:8080",
            "group add SSO_Basic --company acme --sso-only",
            "connection import-metadata idp.xml --company acme --name entra --display-name Entra --jit-group SSO_Basic --enable",
        ] {
            installation.run(command).succeeds();
        }
        Self { installation, idp }
    }
}

/// A client without redirects; its cookies are the caller's.
#[derive(Clone)]
pub(crate) struct Client {
    http: reqwest::Client,
    origin: String,
}

/// An answer, and how long it took.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
    pub(crate) took: Duration,
}

/// A sign-in that has begun: what the browser and the identity provider know of it.
#[derive(Debug, Clone)]
pub(crate) struct Started {
    /// The login cookie.
    pub(crate) cookie: String,
    /// The ID of the AuthnRequest.
    pub(crate) request: String,
    pub(crate) relay_state: String,
}

impl Client {
    pub(crate) fn of(server: &Server) -> Self {
        Self::with(server, usize::MAX)
    }

    /// One that comes anew for each request.
    pub(crate) fn stranger_to(server: &Server) -> Self {
        Self::with(server, 0)
    }

    fn with(server: &Server, kept_connections: usize) -> Self {
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .pool_max_idle_per_host(kept_connections)
            .build()
            .unwrap();
        let origin = format!("http://{}", server.address);
        Self { http, origin }
    }

    pub(crate) async fn get(&self, path: &str, cookie: &str) -> reqwest::Result<Reply> {
        self.reply(self.http.get(format!("{}{path}", self.origin)), cookie)
            .await
    }

    /// Posts a form to the assertion consumer service.
    pub(crate) async fn post(&self, cookie: &str, form: String) -> reqwest::Result<Reply> {
        self.submit("/sso/acs", cookie, form).await
    }

    /// Posts a form.
    pub(crate) async fn submit(
        &self,
        path: &str,
        cookie: &str,
        form: String,
    ) -> reqwest::Result<Reply> {
        let request = self
            .http
            .post(format!("{}{path}", self.origin))
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(form);
        self.reply(request, cookie).await
    }

    pub(crate) async fn status(&self, path: &str, cookie: &str) -> u16 {
        self.get(path, cookie).await.unwrap().status
    }

    /// Begins a sign-in.
    pub(crate) async fn begin(&self) -> reqwest::Result<Started> {
        Ok(self.get("/sso/login", "").await?.started())
    }

    /// Brings a Response; the session cookie, when there is one.
    pub(crate) async fn bring(
        &self,
        cookie: &str,
        form: String,
    ) -> reqwest::Result<Option<String>> {
        let reply = self.post(cookie, form).await?;
        assert_eq!(reply.status, 303, "{}", reply.body);
        Ok(reply.cookie())
    }

    async fn reply(
        &self,
        request: reqwest::RequestBuilder,
        cookie: &str,
    ) -> reqwest::Result<Reply> {
        let begun = Instant::now();
        let request = request.header(HOST, ACME).header(COOKIE, cookie);
        let answer = request.send().await?;
        Ok(Reply {
            status: answer.status().as_u16(),
            headers: answer.headers().clone(),
            body: answer.text().await?,
            took: begun.elapsed(),
        })
    }
}

impl Reply {
    /// The cookie that it sets.
    pub(crate) fn cookie(&self) -> Option<String> {
        let cookie = self.headers.get(SET_COOKIE)?.to_str().unwrap();
        Some(cookie.split(';').next().unwrap().to_owned())
    }

    /// The sign-in that this page begins.
    pub(crate) fn started(&self) -> Started {
        assert_eq!(self.status, 200, "{}", self.body);
        let request = hidden_field(&self.body, "SAMLRequest").unwrap();
        let request = BASE64_STANDARD.decode(request).unwrap();
        let request = String::from_utf8(request).unwrap();
        let id = request.split_once(" ID=\"").unwrap().1;
        Started {
            cookie: self.cookie().unwrap(),
            request: id.split_once('"').unwrap().0.to_owned(),
            relay_state: hidden_field(&self.body, "RelayState").unwrap(),
        }
    }
}

/// The form with a Response about the person of this number.
pub(crate) fn form(idp: &DemoIdp, started: &Started, person: usize) -> String {
    let sp = ServiceProvider {
        entity_id: format!("http://{ACME}/sso/metadata"),
        acs_url: format!("http://{ACME}/sso/acs"),
    };
    let mut spec = idp
        .response_spec(&IdpUser::b_simon(), &sp)
        .answering(&started.request);
    spec.attributes
        .retain(|claim| ![OBJECT_ID, EMAIL].contains(&claim.name.as_str()));
    spec.attributes
        .push(IssuedClaim::new(OBJECT_ID, [format!("person-{person}")]));
    let email = format!("person.{person}@contoso.com");
    spec.attributes
        .push(IssuedClaim::new(EMAIL, [email.clone()]));
    spec.name_id = email;
    let xml = idp.respond(&spec).unwrap();
    assert!(
        ParsedResponse::parse(EncodedResponse::from_xml(xml.clone().into_bytes()).xml()).is_ok()
    );
    encoded_form(xml.as_bytes(), &started.relay_state)
}

/// The form with any octets as the Response.
pub(crate) fn encoded_form(xml: &[u8], relay_state: &str) -> String {
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.append_pair("SAMLResponse", &BASE64_STANDARD.encode(xml));
    form.append_pair("RelayState", relay_state);
    form.finish()
}

/// A whole sign-in; the session's cookie.
pub(crate) async fn sign_in(
    client: &Client,
    idp: &DemoIdp,
    person: usize,
) -> reqwest::Result<String> {
    let started = client.begin().await?;
    let form = form(idp, &started, person);
    Ok(client.bring(&started.cookie, form).await?.unwrap())
}
