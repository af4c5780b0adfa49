//! Entra-shaped identity providers that are asked by hand, and what a browser carries between them and a site.

use std::sync::{Arc, LazyLock};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use time::OffsetDateTime;
use vestibule::clock::Clock;
use vestibule::demo_idp::{
    DemoConfig, DemoIdp, IdpKey, IdpUser, IssuedClaim, ResponseSpec, ServiceProvider, Tenant,
};
use vestibule::domain::{Company, Group, Settings};
use vestibule::import;
use vestibule::saml::binding::{MessageKind, decode_redirect};
use vestibule::saml::metadata::IdpMetadata;
use vestibule::xml::{Document, Limits};

use super::{Answer, Browser, NOW, hidden_field, random, unescaped};

/// What Entra calls a person for good, and the address.
pub(crate) const OBJECT_ID: &str = "http://schemas.microsoft.com/identity/claims/objectidentifier";
pub(crate) const EMAIL: &str = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress";

static CONTOSO_KEY: LazyLock<IdpKey> = LazyLock::new(|| IdpKey::generate(NOW).unwrap());
static FABRIKAM_KEY: LazyLock<IdpKey> = LazyLock::new(|| IdpKey::generate(NOW).unwrap());

/// acme's tenant.
pub(crate) fn contoso(clock: &Clock) -> DemoIdp {
    let tenant = Tenant::contoso("http://127.0.0.1:8090");
    identity_provider(clock, tenant, CONTOSO_KEY.clone())
}

/// acme's tenant once more: the same issuer with another key, as a second application has it.
pub(crate) fn contoso_again(clock: &Clock) -> DemoIdp {
    let tenant = Tenant::contoso("http://127.0.0.1:8090");
    identity_provider(clock, tenant, FABRIKAM_KEY.clone())
}

/// Another tenant.
pub(crate) fn fabrikam(clock: &Clock) -> DemoIdp {
    let tenant = Tenant::new(
        "0d9c1a5e-77f4-4f0b-9b53-8f2a6c4e1d30",
        "Fabrikam",
        "http://127.0.0.1:8091",
    );
    identity_provider(clock, tenant, FABRIKAM_KEY.clone())
}

fn identity_provider(clock: &Clock, tenant: Tenant, key: IdpKey) -> DemoIdp {
    let clock = clock.clone();
    let now = Arc::new(move || -> OffsetDateTime { clock.now() });
    DemoIdp::new(DemoConfig {
        tenant,
        ..DemoConfig::contoso("http://127.0.0.1:8090", key, now, random())
    })
}

/// The settings that its metadata makes, with a group for the accounts of first sign-ins.
pub(crate) fn settings(idp: &DemoIdp, jit: &Group) -> Settings {
    let metadata = idp.metadata_xml().unwrap();
    let imported = IdpMetadata::parse(metadata.as_bytes(), None, NOW).unwrap();
    let mut settings = import::settings(&imported.idp);
    settings.jit = Some(jit.id);
    settings
}

/// A company as an identity provider knows it.
pub(crate) fn service_provider(company: &Company) -> ServiceProvider {
    ServiceProvider {
        entity_id: company.entity_id(),
        acs_url: company.acs_url(),
    }
}

/// The Response of an identity provider about B.Simon to a company's request, after a change, as a form carries it.
pub(crate) fn respond(
    idp: &DemoIdp,
    company: &Company,
    begun: &Begun,
    change: impl FnOnce(&mut ResponseSpec),
) -> String {
    let spec = idp.response_spec(&IdpUser::b_simon(), &service_provider(company));
    let mut spec = spec.answering(&begun.id);
    change(&mut spec);
    encoded(idp, &spec)
}

/// A Response, signed by an identity provider, as a form carries it.
pub(crate) fn encoded(idp: &DemoIdp, spec: &ResponseSpec) -> String {
    BASE64_STANDARD.encode(idp.respond(spec).unwrap())
}

/// Puts other values of a claim into a Response.
pub(crate) fn claim(spec: &mut ResponseSpec, name: &str, values: &[&str]) {
    spec.attributes.retain(|claim| claim.name != name);
    spec.attributes
        .push(IssuedClaim::new(name, values.iter().copied()));
}

/// An AuthnRequest in a browser's hands.
#[derive(Debug, Clone)]
pub(crate) struct Begun {
    /// Where it goes.
    pub(crate) destination: String,
    /// Its ID.
    pub(crate) id: String,
    pub(crate) xml: String,
    pub(crate) relay_state: Option<String>,
    /// Whether its query was signed.
    pub(crate) signed_query: bool,
    /// Whether it travels by POST.
    pub(crate) by_post: bool,
}

/// Follows an address of the site that begins a sign-in, and reads the request on its way.
pub(crate) async fn begin(browser: &mut Browser, path: &str) -> Begun {
    read(&browser.get(path).await)
}

/// Reads the request in an answer.
pub(crate) fn read(answer: &Answer) -> Begun {
    let by_post = answer.status != 303;
    let (destination, xml, relay_state, signed_query) = if by_post {
        assert_eq!(answer.status, 200, "{}", answer.body);
        let action = answer.body.split_once("action=\"").unwrap().1;
        let request = hidden_field(&answer.body, "SAMLRequest").unwrap();
        (
            unescaped(action.split_once('"').unwrap().0),
            BASE64_STANDARD.decode(request).unwrap(),
            hidden_field(&answer.body, "RelayState"),
            false,
        )
    } else {
        let (destination, query) = answer.header("location").split_once('?').unwrap();
        let message = decode_redirect(query).unwrap();
        assert_eq!(message.kind, MessageKind::Request);
        let is_signed = message.signature.is_some();
        (
            destination.to_owned(),
            message.xml,
            message.relay_state,
            is_signed,
        )
    };
    let document = Document::parse(&xml, &Limits::MESSAGE).unwrap();
    let id = document.root().attribute("ID").unwrap().to_owned();
    drop(document);
    Begun {
        destination,
        id,
        xml: String::from_utf8(xml).unwrap(),
        relay_state,
        signed_query,
        by_post,
    }
}

/// Brings a Response to the site, as the identity provider's page does.
pub(crate) async fn bring(browser: &mut Browser, begun: &Begun, response: &str) -> Answer {
    let relay_state = begun.relay_state.as_deref().unwrap();
    let fields = [("SAMLResponse", response), ("RelayState", relay_state)];
    browser.post_from_elsewhere("/sso/acs", &fields).await
}

/// The code on the page of a refused sign-in.
pub(crate) fn code_of(page: &str) -> &str {
    let code = page.split_once("<code").expect("a code").1;
    code.split_once('>').unwrap().1.split_once('<').unwrap().0
}
