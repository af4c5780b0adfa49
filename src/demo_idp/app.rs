//! The applications that are registered: what "Set up single sign-on" knows of each.

use super::{ServiceProvider, Variant};
use crate::saml::names;
use crate::saml::signature::VerificationKey;
use crate::xml::{Document, Element, Limits, XmlError};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use openssl::pkey::{PKey, Public};
use openssl::x509::X509;

/// An enterprise application.
#[derive(Debug, Clone)]
pub struct IdpApp {
    /// The application ID, a GUID.
    pub id: String,
    /// The name on tiles.
    pub name: String,
    /// Identifiers (Entity IDs); the first is the default.
    pub identifiers: Vec<String>,
    /// Reply URLs (assertion consumer services); the first is the default.
    pub reply_urls: Vec<String>,
    /// The Sign on URL; without one the tile starts an unsolicited sign-in.
    pub sign_on_url: Option<String>,
    /// The `RelayState` of unsolicited Responses.
    pub relay_state: Option<String>,
    /// The Logout URL.
    pub logout_url: Option<String>,
    /// The token encryption certificate, DER.
    pub encryption_certificate: Option<Vec<u8>>,
    /// The verification certificates, DER.
    pub verification_certificates: Vec<Vec<u8>>,
    /// "Require verification certificates": only signed requests are taken.
    pub require_signed_requests: bool,
    /// What its Responses are like, unless a sign-in chooses otherwise.
    pub variant: Variant,
}

/// Why a service provider's metadata registers no application.
#[derive(Debug, thiserror::Error)]
pub enum IdpAppError {
    /// It is not acceptable XML.
    #[error("the metadata cannot be read: {0}")]
    Xml(#[from] XmlError),
    /// It describes no service provider with an assertion consumer service for HTTP-POST.
    #[error("the metadata describes no service provider that takes Responses by HTTP-POST")]
    NoServiceProvider,
}

impl IdpApp {
    /// An application with the fields of "Basic SAML Configuration" that are required.
    pub fn new(
        id: impl Into<String>,
        name: impl Into<String>,
        identifier: impl Into<String>,
        reply_url: impl Into<String>,
    ) -> Self {
        Self {
            id: id.into(),
            name: name.into(),
            identifiers: vec![identifier.into()],
            reply_urls: vec![reply_url.into()],
            sign_on_url: None,
            relay_state: None,
            logout_url: None,
            encryption_certificate: None,
            verification_certificates: Vec::new(),
            require_signed_requests: false,
            variant: Variant::default(),
        }
    }

    /// An application that was just added: nothing of "Basic SAML Configuration" is filled in.
    pub fn unconfigured(id: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            identifiers: Vec::new(),
            reply_urls: Vec::new(),
            ..Self::new(id, name, "", "")
        }
    }

    /// "Upload metadata file": reads a service provider's metadata.
    pub fn from_metadata(
        id: impl Into<String>,
        name: impl Into<String>,
        metadata: &[u8],
    ) -> Result<Self, IdpAppError> {
        let document = Document::parse(metadata, &Limits::METADATA)?;
        let entity = document.root();
        let role = entity
            .child(names::MD, "SPSSODescriptor")
            .ok_or(IdpAppError::NoServiceProvider)?;
        let mut reply_urls = locations(role, "AssertionConsumerService", names::BINDING_POST);
        let (Some(identifier), Some(first)) = (entity.attribute("entityID"), reply_urls.next())
        else {
            return Err(IdpAppError::NoServiceProvider);
        };
        let mut app = Self::new(id, name, identifier, first);
        app.reply_urls.extend(reply_urls.map(str::to_owned));
        app.logout_url = locations(role, "SingleLogoutService", names::BINDING_REDIRECT)
            .next()
            .map(str::to_owned);
        app.encryption_certificate = certificates(role, "encryption").into_iter().next();
        app.verification_certificates = certificates(role, "signing");
        Ok(app)
    }

    /// The same with a Sign on URL.
    #[must_use]
    pub fn with_sign_on_url(mut self, url: impl Into<String>) -> Self {
        self.sign_on_url = Some(url.into());
        self
    }

    /// Identifier and Reply URL, the defaults.
    pub fn service_provider(&self) -> ServiceProvider {
        ServiceProvider {
            entity_id: self.identifiers.first().cloned().unwrap_or_default(),
            acs_url: self.reply_urls.first().cloned().unwrap_or_default(),
        }
    }

    /// The key that assertions are encrypted to.
    pub fn recipient(&self) -> Option<PKey<Public>> {
        let der = self.encryption_certificate.as_deref()?;
        X509::from_der(der).ok()?.public_key().ok()
    }

    /// The keys that may sign requests.
    pub(super) fn verification_keys(&self) -> Vec<VerificationKey> {
        self.verification_certificates
            .iter()
            .filter_map(|der| VerificationKey::from_certificate(der).ok())
            .collect()
    }
}

fn locations<'d>(
    role: Element<'d>,
    service: &'static str,
    binding: &'static str,
) -> impl Iterator<Item = &'d str> {
    role.children()
        .filter(move |child| child.is(names::MD, service))
        .filter(move |child| child.attribute("Binding") == Some(binding))
        .filter_map(|child| child.attribute("Location"))
}

/// The certificates for a use; a key without a use serves both (saml-metadata 2.4.1.1).
fn certificates(role: Element<'_>, wanted: &str) -> Vec<Vec<u8>> {
    role.children()
        .filter(|child| child.is(names::MD, "KeyDescriptor"))
        .filter(|key| key.attribute("use").is_none_or(|found| found == wanted))
        .flat_map(Element::descendants)
        .filter(|element| element.is(names::DS, "X509Certificate"))
        .filter_map(|element| {
            let mut text = element.text()?.into_owned();
            text.retain(|c| !c.is_ascii_whitespace());
            STANDARD.decode(text).ok()
        })
        .collect()
}
