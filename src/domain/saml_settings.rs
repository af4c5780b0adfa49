//! How a connection speaks SAML.
//!
//! Invariant: every default is the safe one; a setting that weakens a check says so in its name (`danger_`).

use crate::oidc::TenantId;
use serde::{Deserialize, Serialize};

use super::claims::EMAIL_ADDRESS;
use super::word::words;

/// From so many days before its end on, a certificate is warned of: in the console, in lists, and by `doctor`.
pub const CERTIFICATE_ENDS_SOON: i64 = 60;

/// The settings of a SAML connection; stored as one JSON text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SamlSettings {
    /// The identity provider's entity ID (rule D1: exact).
    pub idp_entity_id: String,
    /// Its single sign-on address for HTTP-POST.
    pub sso_post_url: Option<String>,
    /// Its single sign-on address for HTTP-Redirect.
    pub sso_redirect_url: Option<String>,
    /// Where the identity provider's metadata was found.
    pub metadata_url: Option<String>,
    /// Its single logout address; where `slo_post_url` is there as well, the one for HTTP-Redirect.
    pub slo_url: Option<String>,
    /// Its address for logout answers, when it is another one (Metadata 2.2.2 `ResponseLocation`).
    pub slo_response_url: Option<String>,
    /// Its single logout address for HTTP-POST, where it has both.
    pub slo_post_url: Option<String>,
    /// Its address for logout answers by HTTP-POST, when it is another one than `slo_post_url`.
    pub slo_post_response_url: Option<String>,
    /// How logout messages travel.
    pub slo_binding: Binding,
    /// How the `AuthnRequest` travels ("Binding Options").
    pub binding: Binding,
    /// The `NameID` format that assertions must have (rule D7); none takes any.
    pub name_id_format: Option<String>,
    /// The identity provider's signing certificates, base64 of DER.
    pub certificates: Vec<String>,
    /// Whether the `AuthnRequest` is signed.
    pub sign_requests: bool,
    /// The format that a `NameIDPolicy` asks for; none sends no `NameIDPolicy`.
    pub name_id_policy: Option<String>,
    /// The authentication contexts that are asked for; empty sends no `RequestedAuthnContext`. One of them has to come back (rule D9).
    pub requested_authn_context: Vec<String>,
    /// The authentication contexts that are taken, asked for or not (rule D9); empty takes any.
    pub accepted_authn_context: Vec<String>,
    /// What must be signed (rule B7).
    pub required_signature: RequiredSignature,
    /// What happens with a certificate outside its validity (rule B8).
    pub certificate_validity: CertificateValidity,
    /// Accepts SHA-1 signatures (rule B4). Forgeable by a determined attacker.
    pub danger_allow_sha1: bool,
    /// Accepts AES-CBC where nothing signed stands around it (rule G2). Who can post messages can try what is in them.
    pub danger_accept_cbc: bool,
    /// Audiences that are accepted beside the entity ID (rule D4).
    pub extra_audiences: Vec<String>,
    /// Whether an assertion must say how and when the user signed in (rule D6).
    pub authn_statement: AuthnStatement,
    /// What happens with a Response that nobody asked for (rule E5).
    pub unsolicited: Unsolicited,
    /// Where an accepted unsolicited Response ends (rule E5): a path of the site.
    pub landing: Option<String>,
}

impl Default for SamlSettings {
    fn default() -> Self {
        Self {
            idp_entity_id: String::new(),
            sso_post_url: None,
            sso_redirect_url: None,
            metadata_url: None,
            slo_url: None,
            slo_response_url: None,
            slo_post_url: None,
            slo_post_response_url: None,
            slo_binding: Binding::Redirect,
            binding: Binding::Post,
            name_id_format: Some(EMAIL_ADDRESS.to_owned()),
            certificates: Vec::new(),
            sign_requests: false,
            name_id_policy: None,
            requested_authn_context: Vec::new(),
            accepted_authn_context: Vec::new(),
            required_signature: RequiredSignature::Either,
            certificate_validity: CertificateValidity::Reject,
            danger_allow_sha1: false,
            danger_accept_cbc: false,
            extra_audiences: Vec::new(),
            authn_statement: AuthnStatement::Required,
            unsolicited: Unsolicited::Bounce,
            landing: None,
        }
    }
}

/// How Entra's entity IDs begin, in its clouds; the tenant follows.
const ENTRA: [&str; 2] = ["https://sts.windows.net/", "https://sts.chinacloudapi.cn/"];

impl SamlSettings {
    /// The tenant, where the identity provider is Entra ID.
    pub fn entra_tenant(&self) -> Option<TenantId> {
        let rest = ENTRA
            .iter()
            .find_map(|start| self.idp_entity_id.strip_prefix(start))?;
        rest.strip_suffix('/').unwrap_or(rest).parse().ok()
    }

    /// Where logout requests go, by the binding that was chosen.
    pub fn logout_request_url(&self) -> Option<&str> {
        match self.slo_binding {
            Binding::Post => self.slo_post_url.as_deref().or(self.slo_url.as_deref()),
            Binding::Redirect => self.slo_url.as_deref(),
        }
    }

    /// Where answers to logout requests go (Metadata 2.2.2: `ResponseLocation`, else `Location`).
    pub fn logout_answer_url(&self) -> Option<&str> {
        let own = match self.slo_binding {
            Binding::Post if self.slo_post_url.is_some() => &self.slo_post_response_url,
            _ => &self.slo_response_url,
        };
        own.as_deref().or_else(|| self.logout_request_url())
    }
}

words! {
    /// How a message travels through the browser.
    pub enum Binding {
        /// A form that posts itself.
        Post = "post",
        /// A query string.
        Redirect = "redirect",
    }
}

words! {
    /// What must be signed (rule B7). The assertion that is used is always covered by a signature.
    pub enum RequiredSignature {
        /// The assertion or the Response.
        Either = "either",
        /// The assertion.
        Assertion = "assertion",
        /// The Response.
        Response = "response",
        /// Both.
        Both = "both",
    }
}

words! {
    /// What happens with a signing certificate outside its validity (rule B8).
    pub enum CertificateValidity {
        /// The sign-in is refused.
        Reject = "reject",
        /// The sign-in goes on, with a warning in its record.
        Warn = "warn",
        /// Nothing.
        Ignore = "ignore",
    }
}

words! {
    /// Whether an assertion must hold an `AuthnStatement` (rule D6). Keycloak can be set to leave it out.
    pub enum AuthnStatement {
        /// It must.
        Required = "required",
        /// It need not.
        Optional = "optional",
    }
}

words! {
    /// What happens with a Response that nobody asked for (rule E5).
    pub enum Unsolicited {
        /// It is discarded unread and a fresh sign-in starts.
        Bounce = "bounce",
        /// It is refused.
        Refuse = "refuse",
        /// It is accepted, once and fresh, and ends at the connection's landing page.
        Accept = "accept",
    }
}
