//! An error, in Graph's shape.

use crate::demo_idp::{DemoIdp, guid};
use serde_json::{Value, json};
use time::macros::format_description;

/// Why a question is not answered.
#[derive(Debug, Clone)]
pub(in crate::demo_idp) struct DemoRefusal {
    pub(in crate::demo_idp) status: u16,
    pub(in crate::demo_idp) code: &'static str,
    message: String,
    /// `Location`, where a full round begins.
    pub(in crate::demo_idp) location: Option<String>,
    pub(in crate::demo_idp) retry_after: Option<String>,
}

impl DemoRefusal {
    pub(in crate::demo_idp) fn new(
        status: u16,
        code: &'static str,
        message: impl Into<String>,
    ) -> Self {
        Self {
            status,
            code,
            message: message.into(),
            location: None,
            retry_after: None,
        }
    }

    pub(in crate::demo_idp) fn token() -> Self {
        Self::new(
            401,
            "InvalidAuthenticationToken",
            "Access token has expired or is not yet valid.",
        )
    }

    pub(in crate::demo_idp) fn denied() -> Self {
        Self::new(
            403,
            "Authorization_RequestDenied",
            "Insufficient privileges to complete the operation.",
        )
    }

    pub(super) fn bad(message: impl Into<String>) -> Self {
        Self::new(400, "Request_BadRequest", message)
    }

    pub(super) fn unsupported() -> Self {
        Self::new(
            400,
            "Request_UnsupportedQuery",
            "Unsupported Query. Advanced query parameters need ConsistencyLevel: eventual and $count=true.",
        )
    }

    pub(super) fn not_found(id: &str) -> Self {
        Self::new(
            404,
            "Request_ResourceNotFound",
            format!(
                "Resource '{id}' does not exist or one of its queried reference-property objects are not present."
            ),
        )
    }

    pub(in crate::demo_idp) fn to_json(&self, idp: &DemoIdp, asked: &str) -> Value {
        let date = idp
            .now()
            .format(format_description!(
                "[year]-[month]-[day]T[hour]:[minute]:[second]"
            ))
            .unwrap_or_default();
        json!({"error": {
            "code": self.code,
            "message": self.message,
            "innerError": {
                "date": date,
                "request-id": guid(idp.random()),
                "client-request-id": asked,
            },
        }})
    }
}
