//! The OpenID Connect face of the demo identity provider, asked by hand: our own PKCE, our own verification.

mod client_authentication;
mod code;
mod code_request;
mod discovery;
mod id_token;
mod jws;
mod logout;
mod permissions;
mod registrations;
mod user_info;
mod variants;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};
use vestibule::demo_idp::{DemoIdp, IdpUser, OidcApp, OidcVariant};

use super::browser::{Browser, Page};

const CLIENT: &str = "11112222-bbbb-4333-8ccc-4444dddd5555";
const REDIRECT: &str = "http://acme.localhost:8080/sso/oidc/callback/k3y";
const SECRET: &str = "a+b/c%d:e~ü&=";
const STATE: &str = "state-1";
const NONCE: &str = "nonce-1";
/// A verifier of RFC 7636 appendix B, and its challenge.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

fn oidc_app() -> OidcApp {
    OidcApp::new(CLIENT, "Acme Library", REDIRECT).with_secret(SECRET)
}

/// A provider with one registration.
fn provider(app: OidcApp) -> DemoIdp {
    let idp = super::idp();
    idp.register_oidc(app);
    idp
}

/// The parameters of a request for a code; tests change them.
fn code_request() -> Vec<(&'static str, &'static str)> {
    vec![
        ("client_id", CLIENT),
        ("response_type", "code"),
        ("redirect_uri", REDIRECT),
        ("scope", "openid profile email"),
        ("state", STATE),
        ("nonce", NONCE),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ]
}

/// The form that redeems a code; tests change it.
fn redemption(code: &str) -> Vec<(&'static str, String)> {
    let field = |name, value: &str| (name, value.to_owned());
    vec![
        field("grant_type", "authorization_code"),
        field("code", code),
        field("redirect_uri", REDIRECT),
        field("code_verifier", VERIFIER),
        field("client_id", CLIENT),
        field("client_secret", SECRET),
    ]
}

/// Sets a parameter, or takes it out.
fn set<V: From<&'static str>>(
    parameters: &mut Vec<(&'static str, V)>,
    name: &'static str,
    value: Option<V>,
) {
    parameters.retain(|(found, _)| *found != name);
    parameters.extend(value.map(|value| (name, value)));
}

/// What came to the redirect URI.
fn reply(page: &Page) -> Vec<(String, String)> {
    let location = page.location.as_deref().expect(&page.text);
    let query = location.strip_prefix(REDIRECT).expect(location);
    form_urlencoded::parse(query.strip_prefix('?').unwrap().as_bytes())
        .into_owned()
        .collect()
}

fn field<'r>(reply: &'r [(String, String)], name: &str) -> Option<&'r str> {
    let found = reply.iter().find(|(found, _)| found == name);
    found.map(|(_, value)| value.as_str())
}

/// Somebody's browser, and the application that sent it here.
struct Story {
    browser: Browser,
}

impl Story {
    fn new(app: OidcApp) -> Self {
        Self {
            browser: Browser::new(provider(app)),
        }
    }

    fn idp(&self) -> &DemoIdp {
        &self.browser.idp
    }

    fn address(&self, name: &str) -> String {
        format!("/{}/oauth2/v2.0/{name}", self.idp().tenant().id)
    }

    async fn ask(&mut self, parameters: &[(&str, &str)]) -> Page {
        let query = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(parameters)
            .finish();
        let address = format!("{}?{query}", self.address("authorize"));
        self.browser.get(&address).await
    }

    /// Asks, signs B.Simon in, and gives the reply.
    async fn sign_in(&mut self, parameters: &[(&str, &str)]) -> Vec<(String, String)> {
        let page = self.ask(parameters).await;
        let answer = self.browser.sign_in(&page, &IdpUser::b_simon(), "").await;
        reply(&answer)
    }

    /// A code for B.Simon.
    async fn code(&mut self) -> String {
        let reply = self.sign_in(&code_request()).await;
        field(&reply, "code").unwrap().to_owned()
    }

    async fn redeem(&mut self, form: &[(&str, String)]) -> Answered {
        let fields: Vec<(&str, &str)> = form.iter().map(|(n, v)| (*n, v.as_str())).collect();
        let address = self.address("token");
        Answered::new(&self.browser.post(&address, &fields).await)
    }

    /// The whole way: the claims of B.Simon's ID token, verified.
    async fn claims(&mut self) -> Map<String, Value> {
        let code = self.code().await;
        let tokens = self.redeem(&redemption(&code)).await;
        let token = tokens.text("id_token").to_owned();
        jws::verify(self.idp(), &token)
    }
}

/// JSON with its status.
#[derive(Debug)]
struct Answered {
    status: u16,
    json: Value,
}

impl Answered {
    fn new(page: &Page) -> Self {
        Self {
            status: page.status.as_u16(),
            json: serde_json::from_str(&page.text).expect(&page.text),
        }
    }

    fn text(&self, name: &str) -> &str {
        self.json[name]
            .as_str()
            .unwrap_or_else(|| panic!("{self:?}"))
    }

    /// Status, error, and Entra's number.
    fn refusal(&self) -> (u16, &str, u64) {
        let code = self.json["error_codes"][0].as_u64().unwrap();
        let described = format!("AADSTS{code}: ");
        assert!(self.text("error_description").starts_with(&described));
        (self.status, self.text("error"), code)
    }
}

fn base64url(octets: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(octets)
}
