//! HTTP-POST (saml-bindings 3.5): a message in a form field, in base64.
//!
//! Rule A1. Vectors: `form-*`; `tests/it/binding.rs`.

use super::encoding::{Plus, QueryPair, base64, names, pairs, text};
use super::{BindingError, MessageKind};
use ::base64::Engine as _;
use ::base64::engine::general_purpose::STANDARD;
use std::fmt;

/// A Response as it arrived, unread: the first of the types on the way to an identity.
#[derive(Clone, PartialEq, Eq)]
pub struct EncodedResponse {
    xml: Vec<u8>,
}

/// What the assertion consumer service receives.
#[derive(Clone, PartialEq, Eq)]
pub struct PostForm {
    /// The Response.
    pub response: EncodedResponse,
    /// `RelayState`, when there is one that is not empty.
    pub relay_state: Option<String>,
    /// See [`Posted::reposted`].
    pub reposted: Option<String>,
}

/// A message of either kind from a form.
#[derive(Clone, PartialEq, Eq)]
pub struct Posted {
    /// Which field it came in.
    pub kind: MessageKind,
    /// The octets of the message.
    pub xml: Vec<u8>,
    /// `RelayState`, when there is one that is not empty.
    pub relay_state: Option<String>,
    /// What our own page adds when it sends a message once more, so that the browser's cookies come with it (rule E2); none when
    /// it is empty.
    pub reposted: Option<String>,
}

/// What the page that posts a message to the other side needs (saml-bindings 3.5.4).
#[derive(Clone, PartialEq, Eq)]
pub struct PostPage {
    /// Where the form goes.
    pub action: String,
    /// The name of the field: `SAMLRequest` or `SAMLResponse`.
    pub field: &'static str,
    /// The message in base64.
    pub value: String,
    /// `RelayState`, when there is one.
    pub relay_state: Option<String>,
}

/// Messages are never logged: what is shown is their size.
impl fmt::Debug for EncodedResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EncodedResponse({} octets)", self.xml.len())
    }
}

impl fmt::Debug for PostPage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PostPage({} octets)", self.value.len())
    }
}

impl EncodedResponse {
    /// Takes the Response out of an `application/x-www-form-urlencoded` body of at most `limit` octets (rule A1).
    pub fn from_form(body: &[u8], limit: usize) -> Result<PostForm, BindingError> {
        let posted = decode_post(body, limit)?;
        match posted.kind {
            MessageKind::Response => Ok(PostForm {
                response: Self { xml: posted.xml },
                relay_state: posted.relay_state,
                reposted: posted.reposted,
            }),
            MessageKind::Request => Err(BindingError::Missing(MessageKind::Response.parameter())),
        }
    }

    /// A Response in base64, as a form field or a file holds it.
    pub fn from_base64(encoded: &[u8]) -> Result<Self, BindingError> {
        let xml = base64(encoded, Plus::Plus, MessageKind::Response.parameter())?;
        Ok(Self { xml })
    }

    /// A Response that is XML already.
    pub fn from_xml(xml: Vec<u8>) -> Self {
        Self { xml }
    }

    /// The Response in base64 again.
    pub fn to_base64(&self) -> String {
        STANDARD.encode(&self.xml)
    }

    /// The octets of the message.
    pub fn xml(&self) -> &[u8] {
        &self.xml
    }
}

/// Takes a message of either kind out of a form of at most `limit` octets. Unknown fields are ignored.
pub fn decode_post(body: &[u8], limit: usize) -> Result<Posted, BindingError> {
    if body.len() > limit {
        return Err(BindingError::TooLong { limit });
    }
    let mut message = None;
    let mut relay_state = None;
    let mut reposted = None;
    for QueryPair { name, value, .. } in pairs(body) {
        for kind in [MessageKind::Response, MessageKind::Request] {
            if names(name, kind.parameter()) && message.replace((kind, value)).is_some() {
                return Err(BindingError::Repeated(kind.parameter()));
            }
        }
        if names(name, "RelayState") && relay_state.replace(value).is_some() {
            return Err(BindingError::Repeated("RelayState"));
        }
        // Not of the standard, so that nothing of it is refused.
        if reposted.is_none() && names(name, "reposted") {
            reposted = Some(value);
        }
    }
    let (kind, value) = message.ok_or(BindingError::Missing("SAMLResponse"))?;
    Ok(Posted {
        kind,
        xml: base64(value, Plus::Space, kind.parameter())?,
        relay_state: relay_state
            .map(|raw| text(raw, "RelayState"))
            .transpose()?
            .filter(|value| !value.is_empty()),
        reposted: reposted
            .and_then(|raw| text(raw, "reposted").ok())
            .filter(|value| !value.is_empty()),
    })
}

impl PostPage {
    /// The page for one message.
    pub fn new(action: &str, kind: MessageKind, xml: &str, relay_state: Option<&str>) -> Self {
        Self {
            action: action.to_owned(),
            field: kind.parameter(),
            value: STANDARD.encode(xml),
            relay_state: relay_state.map(str::to_owned),
        }
    }
}
