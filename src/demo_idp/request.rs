//! Requests, read as Entra reads them: what it does not support is refused, what it ignores is ignored.

use super::refusal::IdpRefusal;
use super::response::IdpStatus;
use super::signature::root_is_signed;
use super::{IdpApp, IdpUser};
use crate::saml::binding::{BindingError, Posted, Redirected};
use crate::saml::names;
use crate::saml::signature::SignatureAlgorithm;
use crate::xml::{Document, Element, Limits, is_ncname};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// A message of a service provider.
#[derive(Debug, Clone)]
pub(super) enum Incoming {
    SignOn(SignOnRequest),
    Logout(IdpLogoutRequest),
    /// The answer to a logout of ours; nothing follows from it.
    LoggedOut,
}

/// An `AuthnRequest`.
#[derive(Debug, Clone)]
pub(super) struct SignOnRequest {
    pub(super) id: String,
    pub(super) issuer: String,
    acs_url: Option<String>,
    pub(super) force: bool,
    pub(super) passive: bool,
    name_id_format: Option<String>,
    comparison: String,
    contexts: Vec<String>,
}

/// A `LogoutRequest`.
#[derive(Debug, Clone)]
pub(super) struct IdpLogoutRequest {
    pub(super) id: String,
    pub(super) issuer: String,
}

/// A message with what its binding says about its signature.
pub(super) struct ReceivedMessage {
    xml: Vec<u8>,
    pub(super) relay_state: Option<String>,
    signature: ReceivedSignature,
}

/// Where a signature stands.
enum ReceivedSignature {
    Query(Option<crate::saml::binding::RedirectSignature>),
    Enveloped,
}

impl From<Redirected> for ReceivedMessage {
    fn from(redirected: Redirected) -> Self {
        Self {
            xml: redirected.xml,
            relay_state: redirected.relay_state,
            signature: ReceivedSignature::Query(redirected.signature),
        }
    }
}

impl From<Posted> for ReceivedMessage {
    fn from(posted: Posted) -> Self {
        Self {
            xml: posted.xml,
            relay_state: posted.relay_state,
            signature: ReceivedSignature::Enveloped,
        }
    }
}

impl From<BindingError> for IdpRefusal {
    fn from(error: BindingError) -> Self {
        match error {
            BindingError::Missing(_) => Self::new(
                750_054,
                "SAMLRequest or SAMLResponse must be present as query string parameters in HTTP request \
                 for SAML Redirect binding.",
            ),
            other => not_understood(other),
        }
    }
}

impl ReceivedMessage {
    pub(super) fn message(&self) -> Result<Incoming, IdpRefusal> {
        let document = Document::parse(&self.xml, &Limits::MESSAGE).map_err(not_understood)?;
        let root = document.root();
        match (root.namespace(), root.local_name()) {
            (names::SAMLP, "AuthnRequest") => SignOnRequest::read(root).map(Incoming::SignOn),
            (names::SAMLP, "LogoutRequest") => Ok(Incoming::Logout(IdpLogoutRequest {
                id: id_of(root)?,
                issuer: issuer_of(root)?,
            })),
            (names::SAMLP, "LogoutResponse") => Ok(Incoming::LoggedOut),
            _ => Err(not_understood(format!("<{}>", root.name()))),
        }
    }

    /// "Require verification certificates"; without it, a signature is not looked at.
    pub(super) fn check_signature(&self, app: &IdpApp) -> Result<(), IdpRefusal> {
        if !app.require_signed_requests || self.is_signed_for(app) {
            return Ok(());
        }
        Err(IdpRefusal::new(
            76_021,
            format!(
                "The request sent by client is not signed, or not with a verification certificate of '{}', \
                 while the application requires signed requests.",
                app.name
            ),
        ))
    }

    fn is_signed_for(&self, app: &IdpApp) -> bool {
        let keys = app.verification_keys();
        match &self.signature {
            ReceivedSignature::Query(None) => false,
            ReceivedSignature::Query(Some(signature)) => {
                signature.algorithm == names::RSA_SHA256
                    && SignatureAlgorithm::from_uri(&signature.algorithm).is_some_and(|algorithm| {
                        keys.iter().any(|key| {
                            key.verifies(algorithm, &signature.signed_octets, &signature.value)
                        })
                    })
            }
            ReceivedSignature::Enveloped => Document::parse(&self.xml, &Limits::MESSAGE)
                .is_ok_and(|document| root_is_signed(document.root(), &keys)),
        }
    }
}

impl SignOnRequest {
    fn read(root: Element<'_>) -> Result<Self, IdpRefusal> {
        let says = |name| matches!(root.attribute(name), Some("true" | "1"));
        if root
            .attribute("ProtocolBinding")
            .is_some_and(|binding| binding != names::BINDING_POST)
        {
            return Err(IdpRefusal::new(
                75_003,
                "Only the HTTP-POST binding is supported for responses.",
            ));
        }
        if root.child(names::SAML, "Subject").is_some() {
            return Err(IdpRefusal::new(
                900_236,
                "The SAML authentication request property 'Subject' is not supported and must not be set.",
            ));
        }
        let requested = root.child(names::SAMLP, "RequestedAuthnContext");
        Ok(Self {
            id: id_of(root)?,
            issuer: issuer_of(root)?,
            acs_url: root
                .attribute("AssertionConsumerServiceURL")
                .map(str::to_owned),
            force: says("ForceAuthn"),
            passive: says("IsPassive"),
            name_id_format: root
                .child(names::SAMLP, "NameIDPolicy")
                .and_then(|policy| policy.attribute("Format"))
                .map(str::to_owned),
            comparison: requested
                .and_then(|requested| requested.attribute("Comparison"))
                .unwrap_or("exact")
                .to_owned(),
            contexts: requested
                .into_iter()
                .flat_map(Element::children)
                .filter(|child| child.is(names::SAML, "AuthnContextClassRef"))
                .filter_map(|child| child.text().map(|text| text.trim().to_owned()))
                .collect(),
        })
    }

    /// The Reply URL that is asked for, when it is registered, or the default.
    pub(super) fn reply_url(&self, app: &IdpApp) -> Result<String, IdpRefusal> {
        match &self.acs_url {
            None => Ok(app.service_provider().acs_url),
            Some(url) if app.reply_urls.contains(url) => Ok(url.clone()),
            Some(url) => Err(IdpRefusal::new(
                50_011,
                format!(
                    "The redirect URI '{url}' specified in the request does not match the redirect URIs configured \
                     for the application '{}'. Make sure the Reply URL in Basic SAML Configuration is this one.",
                    app.id
                ),
            )),
        }
    }

    /// What is asked for and cannot be had; goes back to the application.
    pub(super) fn unmet(&self) -> Option<IdpStatus> {
        if let Some(format) = &self.name_id_format
            && !is_issued(format)
        {
            return Some(IdpStatus::failure(
                names::STATUS_REQUESTER,
                names::STATUS_INVALID_NAMEID_POLICY,
                format!(
                    "AADSTS75016: SAML2 Authentication Request has invalid NameIdPolicy: '{format}'."
                ),
            ));
        }
        if !self.contexts.is_empty() && (self.comparison != "exact" || self.context().is_none()) {
            return Some(IdpStatus::failure(
                names::STATUS_REQUESTER,
                names::STATUS_NO_AUTHN_CONTEXT,
                format!(
                    "AADSTS75011: Authentication method 'Password' by which the user authenticated with the service \
                     doesn't match requested authentication method '{}' ({}).",
                    self.contexts.join(", "),
                    self.comparison
                ),
            ));
        }
        None
    }

    /// The requested authentication context that a password meets.
    pub(super) fn context(&self) -> Option<&str> {
        self.contexts.iter().map(String::as_str).find(|class| {
            matches!(
                *class,
                names::AC_PASSWORD | names::AC_PASSWORD_PROTECTED | names::AC_UNSPECIFIED
            )
        })
    }

    /// The name of the user in the format that is asked for. The request outweighs the portal.
    pub(super) fn name_of(&self, user: &IdpUser, app: &IdpApp) -> Option<(String, String)> {
        let format = self.name_id_format.clone()?;
        let value = match format.as_str() {
            names::NAMEID_EMAIL => user.email.clone(),
            names::NAMEID_PERSISTENT => pairwise(&[&user.object_id, &app.id]),
            names::NAMEID_TRANSIENT => pairwise(&[&user.object_id, &app.id, &self.id]),
            _ => user.principal_name.clone(),
        };
        Some((value, format))
    }
}

/// The formats that may be asked for.
fn is_issued(format: &str) -> bool {
    matches!(
        format,
        names::NAMEID_PERSISTENT
            | names::NAMEID_EMAIL
            | names::NAMEID_UNSPECIFIED
            | names::NAMEID_TRANSIENT
    )
}

/// An opaque name that differs from application to application.
fn pairwise(parts: &[&str]) -> String {
    STANDARD.encode(openssl::sha::sha256(parts.join("\n").as_bytes()))
}

fn id_of(root: Element<'_>) -> Result<String, IdpRefusal> {
    root.attribute("ID")
        .filter(|id| is_ncname(id))
        .map(str::to_owned)
        .ok_or_else(|| not_understood("an ID that is missing, or begins with a digit"))
}

fn issuer_of(root: Element<'_>) -> Result<String, IdpRefusal> {
    root.child(names::SAML, "Issuer")
        .and_then(Element::text)
        .map(std::borrow::Cow::into_owned)
        .ok_or_else(|| not_understood("no Issuer"))
}

fn not_understood(what: impl std::fmt::Display) -> IdpRefusal {
    IdpRefusal::new(
        75_005,
        format!("The request is not a valid Saml2 protocol message: {what}."),
    )
}
