//! What a Response is judged by: what it must say to be the answer that a sign-in waits for.
//!
//! Rules C3 and D. It is made of a connection's settings by `site::expectation`.

use time::{Duration, OffsetDateTime};

use super::signature::Trust;

/// The most skew that a connection can be set to (rule D3): an assertion is remembered until nothing can accept it any more.
pub const MOST_CLOCK_SKEW: Duration = Duration::seconds(300);

/// What a Response must say to be the answer that this sign-in waits for.
#[derive(Debug, Clone)]
pub struct Expectation {
    /// Our entity ID: the audience (rule D4).
    pub entity_id: String,
    /// Further audiences that the connection accepts.
    pub extra_audiences: Vec<String>,
    /// Our assertion consumer service (rules C3 and D2).
    pub acs_url: String,
    /// The request's ID; `None` for an unsolicited Response, which must not answer any request (rules D2 and E5).
    pub request_id: Option<String>,
    /// The NameID format of the connection; `None` accepts any (rule D7).
    pub name_id_format: Option<String>,
    /// An attribute that identifies users instead of the NameID (rule D7).
    pub identity_attribute: Option<String>,
    /// Tolerance for clocks, at most [`MOST_CLOCK_SKEW`] (rule D3).
    pub clock_skew: Duration,
    /// Accept an assertion without an `AuthnStatement` (rule D6): Keycloak can be set to leave it out.
    pub authn_statement_optional: bool,
    /// How fresh the authentication has to be, and of what kind.
    pub authentication: Authentication,
}

impl Expectation {
    /// Whether this is our entity ID, or a further audience of the connection.
    pub(super) fn names_us(&self, name: &str) -> bool {
        name == self.entity_id || self.extra_audiences.iter().any(|extra| extra == name)
    }
}

/// How fresh the authentication has to be (rule D8), and of what kind (rule D9). The default asks for nothing.
#[derive(Debug, Clone, Default)]
pub struct Authentication {
    /// When the request was made that carried `ForceAuthn`.
    pub forced_at: Option<OffsetDateTime>,
    /// How old it may be in any case.
    pub max_age: Option<Duration>,
    /// The contexts that the request asked for; empty asks for none.
    pub requested: Vec<String>,
    /// The contexts that the connection takes, asked for or not; empty takes any.
    pub accepted: Vec<String>,
}

/// By what a Response is judged: the same from the first step to the last.
#[derive(Debug, Clone, Copy)]
pub(super) struct ResponseTerms<'t> {
    pub(super) trust: &'t Trust,
    pub(super) expectation: &'t Expectation,
    pub(super) now: OffsetDateTime,
}
