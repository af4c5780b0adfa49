//! What stops on a page of the identity provider and never reaches the application.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

/// An error page: Entra's code and what it says.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("AADSTS{code}: {message}")]
pub(super) struct IdpRefusal {
    pub(super) code: u32,
    pub(super) message: String,
}

impl IdpRefusal {
    pub(super) fn new(code: u32, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
        }
    }

    /// A sign-in that nobody remembers.
    pub(super) fn forgotten_flow() -> Self {
        Self::new(
            165_000,
            "This sign-in is not known here any more. Begin again at the application.",
        )
    }

    /// A URL of this site that names nothing.
    pub(super) fn no_such_app(id: &str) -> Self {
        Self::new(
            700_016,
            format!("Application with identifier '{id}' was not found in the directory."),
        )
    }
}

/// Carries the refusal to the frame around every answer, which renders the page.
impl IntoResponse for IdpRefusal {
    fn into_response(self) -> Response {
        let mut response = StatusCode::BAD_REQUEST.into_response();
        response.extensions_mut().insert(self);
        response
    }
}
