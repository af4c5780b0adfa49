//! The request that starts a sign-in (saml-core 3.4.1, saml-profiles 4.1.4.1).
//!
//! Invariant: nothing is asked for that was not configured. No `Subject`, `Scoping` or `Conditions`: identity providers refuse them.
//!
//! Rules E1 and D8. Tests: `tests/it/authn_request.rs`. The other half, which judges the answer, is `response.rs`.

use super::{instant, names};
use crate::xml::XmlWriter;
use std::fmt::Write as _;
use time::OffsetDateTime;

/// Random octets in a message ID; rule E1 asks for 16 at least.
pub const ID_OCTETS: usize = 20;

/// An `AuthnRequest`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthnRequest {
    /// The message's ID, from [`message_id`].
    pub id: String,
    /// When it is made.
    pub issue_instant: OffsetDateTime,
    /// The sign-on URL that it is sent to.
    pub destination: String,
    /// Our entity ID.
    pub issuer: String,
    /// Where the Response is wanted.
    pub acs_url: String,
    /// Whether the user has to authenticate anew.
    pub force_authn: bool,
    /// Whether the user must not be asked anything.
    pub is_passive: bool,
    /// What kind of name is wanted; `None` leaves it to the identity provider.
    pub name_id_policy: Option<NameIdPolicy>,
    /// Authentication context classes, any of which will do; empty leaves it to the identity provider.
    pub requested_authn_context: Vec<String>,
}

/// What kind of name is wanted (saml-core 3.4.1.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameIdPolicy {
    /// The format's URI; `None` allows any.
    pub format: Option<String>,
}

impl AuthnRequest {
    /// The message, unsigned.
    pub fn to_xml(&self) -> String {
        let mut xml = XmlWriter::new();
        xml.open("samlp:AuthnRequest")
            .attribute("xmlns:samlp", names::SAMLP)
            .attribute("xmlns:saml", names::SAML)
            .attribute("ID", &self.id)
            .attribute("Version", "2.0")
            .attribute("IssueInstant", &instant::format(self.issue_instant))
            .attribute("Destination", &self.destination)
            .attribute_if("ForceAuthn", self.force_authn.then_some("true"))
            .attribute_if("IsPassive", self.is_passive.then_some("true"))
            .attribute("ProtocolBinding", names::BINDING_POST)
            .attribute("AssertionConsumerServiceURL", &self.acs_url)
            .leaf("saml:Issuer", &self.issuer);
        if let Some(policy) = &self.name_id_policy {
            xml.open("samlp:NameIDPolicy")
                .attribute_if("Format", policy.format.as_deref())
                .attribute("AllowCreate", "true")
                .close();
        }
        if !self.requested_authn_context.is_empty() {
            xml.open("samlp:RequestedAuthnContext")
                .attribute("Comparison", "exact");
            for class in &self.requested_authn_context {
                xml.leaf("saml:AuthnContextClassRef", class);
            }
            xml.close();
        }
        xml.finish()
    }
}

/// A message ID: an `NCName` that carries the random octets (saml-core 1.3.4, rule E1), after the time, which the message
/// tells anyway, so that the IDs of a moment lie together in a database's index.
pub fn message_id(now: OffsetDateTime, random: &[u8; ID_OCTETS]) -> String {
    let mut id = format!("_{:012x}", now.unix_timestamp_nanos() / 1_000_000);
    for octet in random {
        let _ = write!(id, "{octet:02x}");
    }
    id
}

/// When a message was made that has an ID of this form; none for any other. Anybody can write one.
pub fn message_time(id: &str) -> Option<OffsetDateTime> {
    let time = id
        .strip_prefix('_')
        .filter(|rest| rest.len() == 12 + 2 * ID_OCTETS)?;
    let milliseconds = i128::from_str_radix(time.get(..12)?, 16).ok()?;
    OffsetDateTime::from_unix_timestamp_nanos(milliseconds * 1_000_000).ok()
}
