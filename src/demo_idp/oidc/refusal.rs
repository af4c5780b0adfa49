//! What an application is told when its request is refused: JSON at the token endpoint, parameters at the redirect URI.

use crate::demo_idp::refusal::IdpRefusal;
use crate::demo_idp::{DemoIdp, guid};
use serde_json::{Value, json};
use time::macros::format_description;

/// An error of RFC 6749 with Entra's number and words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::demo_idp) struct OidcRefusal {
    pub(in crate::demo_idp) error: &'static str,
    pub(in crate::demo_idp) code: u32,
    pub(in crate::demo_idp) message: String,
}

/// A refusal with what Entra says of the occasion.
pub(in crate::demo_idp) struct DescribedRefusal {
    pub(in crate::demo_idp) description: String,
    pub(in crate::demo_idp) error_uri: String,
    timestamp: String,
    trace_id: String,
    correlation_id: String,
}

impl OidcRefusal {
    pub(in crate::demo_idp) fn new(
        error: &'static str,
        code: u32,
        message: impl Into<String>,
    ) -> Self {
        Self {
            error,
            code,
            message: message.into(),
        }
    }

    pub(in crate::demo_idp) fn invalid_request(code: u32, message: impl Into<String>) -> Self {
        Self::new("invalid_request", code, message)
    }

    pub(in crate::demo_idp) fn invalid_client(code: u32, message: impl Into<String>) -> Self {
        Self::new("invalid_client", code, message)
    }

    pub(in crate::demo_idp) fn invalid_grant(code: u32, message: impl Into<String>) -> Self {
        Self::new("invalid_grant", code, message)
    }

    /// What cannot be read at all.
    pub(in crate::demo_idp) fn malformed() -> Self {
        Self::invalid_request(
            9_002_313,
            "Invalid request. Request is malformed or invalid.",
        )
    }

    /// A code or a refresh token that nobody was given.
    pub(in crate::demo_idp) fn unknown_grant() -> Self {
        Self {
            error: "invalid_grant",
            ..Self::malformed()
        }
    }

    pub(in crate::demo_idp) fn describe(&self, idp: &DemoIdp) -> DescribedRefusal {
        let (trace_id, correlation_id) = (guid(idp.random()), guid(idp.random()));
        let timestamp = idp
            .now()
            .format(format_description!(
                "[year]-[month]-[day] [hour]:[minute]:[second]Z"
            ))
            .unwrap_or_default();
        DescribedRefusal {
            description: format!(
                "AADSTS{}: {} Trace ID: {trace_id} Correlation ID: {correlation_id} Timestamp: {timestamp}",
                self.code, self.message
            ),
            error_uri: format!("https://login.microsoftonline.com/error?code={}", self.code),
            timestamp,
            trace_id,
            correlation_id,
        }
    }

    /// The body of the token endpoint's answer.
    pub(in crate::demo_idp) fn to_json(&self, idp: &DemoIdp) -> Value {
        let described = self.describe(idp);
        json!({
            "error": self.error,
            "error_description": described.description,
            "error_codes": [self.code],
            "timestamp": described.timestamp,
            "trace_id": described.trace_id,
            "correlation_id": described.correlation_id,
            "error_uri": described.error_uri,
        })
    }
}

/// On a page, where there is nobody to send it to.
impl From<OidcRefusal> for IdpRefusal {
    fn from(refusal: OidcRefusal) -> Self {
        Self::new(refusal.code, refusal.message)
    }
}
