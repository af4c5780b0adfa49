//! Parameters of an address.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use crate::http::problem::{Kind, Problem};

/// Parameters that may be empty.
const TEXTS: [&str; 2] = ["search", "text"];

/// The parameters of an address; what is unknown, double or no value of its kind is refused.
#[derive(Debug)]
pub(super) struct Parameters<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Parameters<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let query = parts.uri.query().unwrap_or_default();
        // The reader takes an empty value for none at all.
        let mut pairs = form_urlencoded::parse(query.as_bytes());
        if let Some((name, _)) =
            pairs.find(|(name, value)| value.is_empty() && !TEXTS.contains(&name.as_ref()))
        {
            return Err(Problem::parameter(
                &name,
                "Give it a value, or leave it out.",
            ));
        }
        serde_html_form::from_str(query).map(Self).map_err(|cause| {
            Problem::new(
                Kind::Malformed,
                format!("A parameter is not what is needed: {cause}."),
            )
        })
    }
}
