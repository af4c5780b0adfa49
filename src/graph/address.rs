//! Where a tenant's tokens and its Graph are.
//!
//! Invariant: a link that an answer brings is followed only beneath the pinned base; it is sent whole, never taken apart.

use std::fmt;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use url::Url;

use super::fault::GraphFault;
use crate::oidc::TenantId;

/// The longest link of an answer, in octets.
pub const LONGEST_LINK: usize = 32 * 1024;
/// What stands in a path or a query as it is (RFC 3986, section 2.3).
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// The addresses of one tenant's directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GraphAddresses {
    /// `https://login.microsoftonline.com`
    login: String,
    /// `https://graph.microsoft.com`
    base: String,
    tenant: TenantId,
}

/// An address that an answer names for the next question: beneath the pinned base.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct GraphLink(String);

impl GraphAddresses {
    /// The addresses of a tenant: `login` is the origin of its cloud's tokens, `base` the one of its Graph.
    pub fn new(login: &str, base: &str, tenant: TenantId) -> Self {
        let origin = |text: &str| text.trim_end_matches('/').to_owned();
        Self {
            login: origin(login),
            base: origin(base),
            tenant,
        }
    }

    /// Whose directory it is.
    pub const fn tenant(&self) -> &TenantId {
        &self.tenant
    }

    /// Where its tokens come from. The GUID, never `common` (AADSTS9001023).
    pub fn token_endpoint(&self) -> String {
        format!("{}/{}/oauth2/v2.0/token", self.login, self.tenant)
    }

    /// What is asked for there: all that was granted, and nothing else can be said.
    pub fn scope(&self) -> String {
        format!("{}/.default", self.base)
    }

    /// The page on which an administrator of the tenant grants what an application asks for. What it answers to
    /// `redirect_uri` proves nothing: a token does.
    pub fn admin_consent(&self, client_id: &str, state: &str, redirect_uri: &str) -> String {
        format!(
            "{}/{}/adminconsent?client_id={}&state={}&redirect_uri={}",
            self.login,
            self.tenant,
            encode(client_id),
            encode(state),
            encode(redirect_uri)
        )
    }

    /// An address beneath `/v1.0`; `beta` is never asked.
    pub(super) fn at(&self, rest: &str) -> String {
        format!("{}/v1.0/{rest}", self.base)
    }

    /// A link as an answer brings it, or as it was kept.
    pub fn link(&self, text: &str) -> Result<GraphLink, GraphFault> {
        let prefix = self.at("");
        let foreign = || GraphFault::ForeignLink(host_of(text));
        if text.len() > LONGEST_LINK || !text.bytes().all(|octet| octet.is_ascii_graphic()) {
            return Err(GraphFault::Link);
        }
        let url = Url::parse(text).map_err(|_| GraphFault::Link)?;
        // As written, and as it is read: `..` must not lead out.
        if !text.starts_with(&prefix) || !url.as_str().starts_with(&prefix) {
            return Err(foreign());
        }
        if url.fragment().is_some() {
            return Err(GraphFault::Link);
        }
        Ok(GraphLink(text.to_owned()))
    }
}

impl GraphLink {
    /// The whole address. It is opaque state of the directory: it is kept sealed.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A link holds a token of the directory.
impl fmt::Debug for GraphLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GraphLink").finish_non_exhaustive()
    }
}

/// Text as a part of an address.
pub(super) fn encode(text: &str) -> String {
    utf8_percent_encode(text, ENCODED).to_string()
}

/// The host of an address, for people.
fn host_of(text: &str) -> String {
    let url = Url::parse(text).ok();
    let host = url.as_ref().and_then(Url::host_str).unwrap_or_default();
    host.chars().take(253).collect()
}
