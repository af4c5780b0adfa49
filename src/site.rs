//! A company's site, ready to serve: keys parsed, metadata written once.
//!
//! Invariant: what a site holds was made from one state of the company, its connections and our keys, and never changes.

mod application;
mod credentials;
mod directory;
mod oidc;
mod record_check;
mod requirement;
mod sp_keys;
mod trust;

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;

use crate::domain::claims::EMAIL_ADDRESS;
use crate::domain::{
    AllowedUsers, ApplicationId, Company, CompanyDomain, Connection, ConnectionId, Email, Group,
    Origin, Protocol,
};
use crate::keys;
use crate::saml::metadata::{
    ContactKind, Localized, MetadataContact, MetadataOrganization, SpMetadata, UiInfo,
};
use crate::saml::response::Expectation;
use crate::saml::signature::{SignError, Trust};

pub use application::{ApplicationPlace, Applications, ReadyApplication};
pub use credentials::{ClientCredential, authentications, client_key, sign_in_credential};
pub use directory::Directory;
pub use oidc::client;
pub use record_check::record_check;
pub use requirement::AnyRequirement;
pub use sp_keys::SpKeys;
pub use trust::{AnsweredRequest, expectation, trust};

/// A company, its connections, and its metadata.
#[derive(Debug)]
pub struct Site {
    pub company: Company,
    /// All connections in sort order, enabled or not.
    connections: Vec<SiteConnection>,
    /// Its e-mail domains.
    domains: Vec<CompanyDomain>,
    /// Which users may use an application; of the others everybody may.
    allowed: HashMap<ApplicationId, AllowedUsers>,
    /// Where the applications are that serve the company.
    application_origins: Vec<Origin>,
    /// Written when they are first asked for: an installation may have thousands of companies.
    unsigned: OnceLock<Bytes>,
    signed: OnceLock<Bytes>,
    policy: OnceLock<Bytes>,
}

/// A connection with its keys parsed.
#[derive(Debug)]
pub struct SiteConnection {
    pub connection: Arc<Connection>,
    pub trust: Trust,
}

impl SiteConnection {
    /// Whether users can sign in through it. One without a usable key verifies nothing and is not offered (rule B2).
    pub fn is_enabled(&self) -> bool {
        let can_verify = match &self.connection.settings.protocol {
            Protocol::Saml(_) => !self.trust.keys.is_empty(),
            // Its keys are its provider's, and read when they are needed (rule K1).
            Protocol::Oidc(_) => true,
        };
        self.connection.enabled && can_verify
    }
}

impl Site {
    /// A site of a company and its connections.
    pub fn new(company: Company, mut connections: Vec<Connection>, keys: &SpKeys) -> Self {
        connections.sort_by(|a, b| {
            (a.sort_order, &a.display_name, &a.name).cmp(&(b.sort_order, &b.display_name, &b.name))
        });
        Self {
            connections: connections
                .into_iter()
                .map(|connection| ready(connection, &company, keys))
                .collect(),
            domains: Vec::new(),
            allowed: HashMap::new(),
            application_origins: Vec::new(),
            unsigned: OnceLock::new(),
            signed: OnceLock::new(),
            policy: OnceLock::new(),
            company,
        }
    }

    /// With the company's e-mail domains.
    #[must_use]
    pub fn with_domains(self, domains: Vec<CompanyDomain>) -> Self {
        Self { domains, ..self }
    }

    /// With where the applications are that serve the company, and what it has said of them.
    #[must_use]
    pub fn with_applications(
        self,
        application_origins: Vec<Origin>,
        allowed: HashMap<ApplicationId, AllowedUsers>,
    ) -> Self {
        Self {
            allowed,
            application_origins,
            ..self
        }
    }

    /// Where a sign-in may lead to: the site itself, what the company allows, and the applications that serve it (rule E3).
    pub fn targets(&self) -> impl Iterator<Item = &Origin> {
        let company = &self.company;
        let own = company.origins().chain(&company.return_origins);
        own.chain(&self.application_origins)
    }

    /// Whether a user with these groups may use an application, as far as the company says.
    pub fn allows(&self, application: ApplicationId, groups: &[Group]) -> bool {
        match self.allowed.get(&application) {
            None | Some(AllowedUsers::Everybody) => true,
            Some(AllowedUsers::Groups(allowed)) => {
                groups.iter().any(|group| allowed.contains(&group.id))
            }
        }
    }

    /// The company's e-mail domains, by name.
    pub fn domains(&self) -> &[CompanyDomain] {
        &self.domains
    }

    /// The enabled connection that an e-mail address's domain leads to.
    pub fn connection_of(&self, email: &Email) -> Option<&SiteConnection> {
        let name = email.domain_name();
        let domain = self.domains.iter().find(|domain| domain.name == name)?;
        self.connection(domain.connection_id?)
            .filter(|found| found.is_enabled())
    }

    /// Every connection in sort order, enabled or not.
    pub fn connections(&self) -> impl Iterator<Item = &SiteConnection> {
        self.connections.iter()
    }

    /// The connections that users may choose, in sort order.
    pub fn enabled_connections(&self) -> impl Iterator<Item = &SiteConnection> {
        self.connections.iter().filter(|it| it.is_enabled())
    }

    /// The connection of this name, enabled or not.
    pub fn connection_named(&self, name: &str) -> Option<&SiteConnection> {
        self.connections
            .iter()
            .find(|it| it.connection.name.as_str() == name)
    }

    /// The connection that a redirect URI belongs to, enabled or not (rule M1).
    pub fn connection_of_callback(&self, code: &str) -> Option<&SiteConnection> {
        self.connections.iter().find(|it| {
            let oidc = it.connection.settings.oidc();
            oidc.is_some_and(|oidc| oidc.callback_codes.iter().any(|known| known == code))
        })
    }

    /// Whether an e-mail domain is one of the company's.
    pub fn has_domain(&self, name: &str) -> bool {
        self.domains.iter().any(|it| it.name.as_str() == name)
    }

    /// The connection of this identifier, enabled or not.
    pub fn connection(&self, id: ConnectionId) -> Option<&SiteConnection> {
        self.connections.iter().find(|it| it.connection.id == id)
    }

    /// Whether the site is served over https.
    pub fn is_https(&self) -> bool {
        self.company.origin.is_https()
    }

    /// What a Response through this connection must say.
    pub fn expectation(&self, connection: &Connection, answered: AnsweredRequest) -> Expectation {
        trust::expectation(
            &connection.settings,
            self.company.entity_id(),
            self.company.acs_url(),
            answered,
        )
    }

    /// Our metadata for this company's identity providers, in UTF-8.
    pub fn metadata(&self, keys: &SpKeys) -> &Bytes {
        self.unsigned
            .get_or_init(|| self.describe(keys).to_xml().into())
    }

    /// The same, signed; the signature is made once.
    pub fn signed_metadata(&self, keys: &SpKeys) -> Result<&Bytes, SignError> {
        if let Some(signed) = self.signed.get() {
            return Ok(signed);
        }
        // The same content has the same ID.
        let hash = keys::hash(self.metadata(keys));
        let id = format!("_{}", keys::hex(&hash[..16]));
        let signed = self.describe(keys).to_signed_xml(&id, &keys.signing)?;
        Ok(self.signed.get_or_init(|| signed.into()))
    }

    /// The `Content-Security-Policy` of the site's own pages, kept once it is written.
    pub fn content_security_policy(&self, write: impl FnOnce(&Self) -> String) -> Bytes {
        let policy = self.policy.get_or_init(|| write(self).into());
        policy.clone()
    }

    /// The NameID formats that the connections ask for or require, each once, also before they are enabled: an identity provider
    /// is set up with our metadata first. A connection that takes any wants none.
    fn name_id_formats(&self) -> Vec<String> {
        if self.connections.is_empty() {
            return vec![EMAIL_ADDRESS.to_owned()];
        }
        let mut formats: Vec<String> = Vec::new();
        for it in &self.connections {
            let settings = &it.connection.settings;
            let wanted = settings
                .saml()
                .name_id_policy
                .as_ref()
                .or(settings.saml().name_id_format.as_ref());
            if let Some(wanted) = wanted.filter(|wanted| !formats.contains(wanted)) {
                formats.push(wanted.clone());
            }
        }
        formats
    }

    fn describe(&self, keys: &SpKeys) -> SpMetadata {
        let company = &self.company;
        let organization = company
            .organization
            .as_ref()
            .map(|it| MetadataOrganization {
                names: vec![Localized::english(&it.name)],
                display_names: vec![Localized::english(&it.display_name)],
                urls: vec![Localized::english(&it.url)],
            });
        let contacts = company.contact.iter().map(|it| MetadataContact {
            kind: ContactKind::Technical,
            given_name: it.name.clone(),
            surname: None,
            email: it.email.clone(),
        });
        let signs = |it: &SiteConnection| {
            it.connection.enabled && it.connection.settings.saml().sign_requests
        };
        SpMetadata {
            entity_id: company.entity_id(),
            acs_url: company.acs_url(),
            slo_url: Some(company.slo_url()),
            name_id_formats: self.name_id_formats(),
            signing_certificates: keys.published_for_signing.clone(),
            // AD FS and Okta encrypt as soon as they see it, and with AES-CBC (rule G2).
            encryption_certificates: if company.encrypted_assertions {
                keys.published_for_encryption.clone()
            } else {
                Vec::new()
            },
            authn_requests_signed: self.connections.iter().any(signs),
            want_assertions_signed: true,
            organization,
            contacts: contacts.collect(),
            ui_info: UiInfo {
                display_names: vec![Localized::english(&company.name)],
                ..UiInfo::default()
            },
        }
    }
}

fn ready(connection: Connection, company: &Company, keys: &SpKeys) -> SiteConnection {
    let trust = trust::trust(&connection.settings, keys.decryption.clone());
    if trust.keys.len() < connection.settings.saml().certificates.len() {
        tracing::warn!(company = %company.slug, connection = %connection.name, "a signing certificate cannot be used");
    }
    SiteConnection {
        connection: Arc::new(connection),
        trust,
    }
}

#[cfg(test)]
pub(crate) mod tests;
