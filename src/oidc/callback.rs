//! The answer at the redirect URI (OpenID Connect Core 1.0, sections 3.1.2.5 and 3.1.2.6; rules H1 and M2 to M5).
//!
//! ```text
//! query or form ── parse ──► Callback ── matches(open) ──► Answer::Code(MatchedCallback)   the code can be redeemed
//!                                                     └──► Answer::Error(ProviderError)    the provider says why not
//! ```
//!
//! Invariant: what a provider says, its errors too, is believed only after `state` and `iss` are right.

use std::fmt;

use openssl::memcmp;
use openssl::sha::sha256;
use time::OffsetDateTime;

use super::client::Client;
use super::error::{Checks, Rejection, Requirement};
use super::issuer;

/// The longest answer, in octets (rule M2).
const LONGEST: usize = 16 * 1024;
/// The longest code.
const LONGEST_CODE: usize = 4096;
/// The characters of a `state` of ours: 32 octets in base64url.
const STATE: usize = 43;
/// What an answer may have once.
const KNOWN: [&str; 7] = [
    "state",
    "code",
    "error",
    "error_description",
    "error_uri",
    "iss",
    "session_state",
];
/// What only the answers of other flows have (rule H1).
const OTHER_FLOWS: [&str; 4] = ["id_token", "access_token", "token", "response"];

/// An answer in its form.
#[derive(Clone)]
pub struct Callback {
    state: String,
    iss: Option<String>,
    session_state: Option<String>,
    outcome: Outcome,
    ignored: Vec<String>,
}

#[derive(Clone)]
enum Outcome {
    Code(String),
    Error {
        code: String,
        description: Option<String>,
    },
}

/// The request that is open in this browser, as its attempt keeps it.
#[derive(Clone)]
pub struct OpenRequest {
    /// The SHA-256 of its `state`; nothing else is kept of it (rule L1).
    pub state_hash: [u8; 32],
    /// What the ID token must say (rule P8).
    pub nonce: String,
    /// When it was made.
    pub started_at: OffsetDateTime,
    /// Whether it asked the user to sign in again (rule P9).
    pub forced: bool,
}

/// What the provider answers to this request.
#[derive(Debug)]
pub enum Answer {
    Code(MatchedCallback),
    Error(ProviderError),
}

/// A code that answers our request and comes from our provider.
pub struct MatchedCallback {
    code: String,
    session_state: Option<String>,
    open: OpenRequest,
}

/// An error that answers our request and comes from our provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderError {
    /// `error`.
    pub code: String,
    /// `error_description`: the provider's words, for the record.
    pub description: Option<String>,
}

impl Callback {
    /// Reads the parameters of a query or of a form.
    pub fn parse(encoded: &[u8], checks: &mut Checks) -> Result<Self, Rejection> {
        checks.size(encoded.len(), LONGEST)?;
        let mut found: [Option<String>; KNOWN.len()] = Default::default();
        let mut ignored = Vec::new();
        for (name, value) in url::form_urlencoded::parse(encoded) {
            if OTHER_FLOWS.contains(&name.as_ref()) {
                let received = format!("a parameter {name}");
                return Err(checks.fail(Requirement::CodeFlow, "a code", received));
            }
            let Some(at) = KNOWN.iter().position(|known| *known == name) else {
                ignored.push(name.into_owned());
                continue;
            };
            if found[at].replace(value.into_owned()).is_some() {
                let received = format!("{name} twice");
                return Err(checks.fail(Requirement::CallbackShape, "each once", received));
            }
        }
        let [state, code, error, description, _, iss, session_state] = found;
        let mut shape = |passed, expected: &'static str, received: String| {
            checks.require(passed, Requirement::CallbackShape, expected, received)
        };
        let state = state.unwrap_or_default();
        let is_state = state.len() == STATE && state.bytes().all(is_base64url);
        shape(
            is_state,
            "a state of 43 base64url characters",
            format!("a state of {} characters", state.len()),
        )?;
        let outcome = match (code, error) {
            (Some(code), None) => {
                let is_code = (1..=LONGEST_CODE).contains(&code.len())
                    && code.bytes().all(|octet| octet.is_ascii_graphic());
                let received = format!("a code of {} octets", code.len());
                shape(
                    is_code,
                    "a code of 1 to 4096 printable characters",
                    received,
                )?;
                Outcome::Code(code)
            }
            (None, Some(code)) => Outcome::Error { code, description },
            (code, _) => {
                let received = match code {
                    Some(_) => "a code and an error",
                    None => "neither a code nor an error",
                };
                return Err(checks.fail(
                    Requirement::CallbackShape,
                    "a code or an error",
                    received,
                ));
            }
        };
        Ok(Self {
            state,
            iss,
            session_state,
            outcome,
            ignored,
        })
    }

    /// The hash that its attempt is found by.
    pub fn state_hash(&self) -> [u8; 32] {
        sha256(self.state.as_bytes())
    }

    /// `state`, by which its request's secrets are found.
    pub fn state(&self) -> &str {
        &self.state
    }

    /// Whether the provider reports an error.
    pub const fn is_error(&self) -> bool {
        matches!(self.outcome, Outcome::Error { .. })
    }

    /// The names of parameters that nobody reads, for the record.
    pub fn ignored(&self) -> &[String] {
        &self.ignored
    }

    /// Holds it against the request that is open (rule M3) and the provider that was asked (rule M4).
    pub fn matches(
        self,
        open: OpenRequest,
        client: &Client,
        checks: &mut Checks,
    ) -> Result<Answer, Rejection> {
        let is_ours = memcmp::eq(&self.state_hash(), &open.state_hash);
        let what = |is_ours| {
            if is_ours { "it is" } else { "another state" }
        };
        checks.require(
            is_ours,
            Requirement::State,
            "the state that this sign-in sent",
            what(is_ours),
        )?;
        self.check_issuer(client, checks)?;
        Ok(match self.outcome {
            Outcome::Code(code) => Answer::Code(MatchedCallback {
                code,
                session_state: self.session_state,
                open,
            }),
            Outcome::Error { code, description } => {
                Answer::Error(ProviderError { code, description })
            }
        })
    }

    fn check_issuer(&self, client: &Client, checks: &mut Checks) -> Result<(), Rejection> {
        let expected = client.issuer.of_document();
        match &self.iss {
            Some(iss) => {
                let received = issuer::received(&expected, iss);
                let is_ours = client.issuer.is_in_callback(iss);
                checks.require(is_ours, Requirement::CallbackIssuer, expected, received)
            }
            None if client.answers_name_issuer => {
                Err(checks.fail(Requirement::CallbackIssuer, expected, "no iss"))
            }
            // The provider says nothing about it: state and redirect URI are the defence.
            None => Ok(()),
        }
    }
}

impl MatchedCallback {
    /// The code, to be redeemed once.
    pub fn code(&self) -> &str {
        &self.code
    }

    /// The request that it answers.
    pub(super) fn into_open(self) -> OpenRequest {
        self.open
    }

    /// `session_state`: at Entra the `sid` of its session (rule T1).
    pub fn session_state(&self) -> Option<&str> {
        self.session_state.as_deref()
    }
}

impl ProviderError {
    /// The refusal that it is (rule M5).
    pub fn reject(&self, checks: &mut Checks) -> Rejection {
        let said = match &self.description {
            Some(description) => format!("{}: {description}", self.code),
            None => self.code.clone(),
        };
        checks.fail(Requirement::ProviderError, "a code", said)
    }
}

fn is_base64url(octet: u8) -> bool {
    octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'_')
}

/// A code lets somebody in: it is not shown.
impl fmt::Debug for MatchedCallback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MatchedCallback").finish_non_exhaustive()
    }
}

impl fmt::Debug for Callback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Callback")
            .field("ignored", &self.ignored)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for OpenRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenRequest")
            .field("started_at", &self.started_at)
            .field("forced", &self.forced)
            .finish_non_exhaustive()
    }
}
