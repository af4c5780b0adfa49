//! A Response as it arrives at the assertion consumer service, and who brings it.
//!
//! Tests: `tests/it/sign_in/attempts.rs`. What becomes of it is `response.rs`.

use std::net::IpAddr;

use super::record::AnsweringBrowser;
use super::{Browser, Reposted};
use crate::domain::{AttemptKind, ConnectionId, SessionId};
use crate::saml::binding::EncodedResponse;

/// A Response and who brings it.
#[derive(Debug, Clone, Copy)]
pub struct Arrival<'a> {
    /// The Response.
    pub response: &'a EncodedResponse,
    /// The RelayState beside it.
    pub relay_state: Option<&'a str>,
    /// The browser, when its login cookie came.
    pub browser: Option<&'a Browser>,
    /// The browser's session so far.
    pub session: Option<SessionId>,
    /// The client's address.
    pub client: Option<IpAddr>,
    /// What our own page says, when this is our re-post.
    pub reposted: Option<Reposted<'a>>,
    /// How often this browser was bounced within the last moment.
    pub bounced: u8,
    /// The connection that this browser last signed in through, as its cookie says: a hint only.
    pub through: Option<ConnectionId>,
}

impl<'a> Arrival<'a> {
    /// Who brings it.
    pub(super) const fn from(&self) -> AnsweringBrowser<'a> {
        AnsweringBrowser {
            browser: self.browser,
            client: self.client,
            kind: AttemptKind::Saml,
        }
    }
}
