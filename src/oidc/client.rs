//! What a connection is at its provider, and what it demands of an answer.

use std::collections::BTreeSet;

use time::Duration;

use super::issuer::Issuer;
use crate::jose::Algorithm;

/// One connection's side of OpenID Connect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Client {
    /// Who the provider is.
    pub issuer: Issuer,
    /// Our name at the provider.
    pub client_id: String,
    /// Further audiences that a token may have (rule P5); none by default.
    pub extra_audiences: BTreeSet<String>,
    /// The algorithms that ID tokens may be signed with (rule P2).
    pub algorithms: Vec<Algorithm>,
    /// Whether each of the provider's answers names it (RFC 9207), so that one which does not is another's (rule M4).
    pub answers_name_issuer: bool,
    /// How far the clocks may differ (rule P6).
    pub clock_skew: Duration,
    /// How long ago the user may have signed in at the provider (rule P9); none does not ask.
    pub max_authentication_age: Option<Duration>,
    /// The ways of signing in at the provider that will do (rule P10); empty takes every one.
    pub accepted_acr: Vec<String>,
}

impl Client {
    /// A connection that demands nothing but what every one does.
    pub fn new(issuer: Issuer, client_id: impl Into<String>) -> Self {
        Self {
            issuer,
            client_id: client_id.into(),
            extra_audiences: BTreeSet::new(),
            algorithms: vec![Algorithm::Rs256],
            answers_name_issuer: false,
            clock_skew: Duration::seconds(180),
            max_authentication_age: None,
            accepted_acr: Vec::new(),
        }
    }
}
