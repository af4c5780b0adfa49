//! Answers that are no failures.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde::Serialize;

use crate::http::error::Error;
use crate::http::policy;
use crate::http::problem::Problem;
use crate::text;

/// A body of JSON.
pub(super) fn json(value: &impl Serialize) -> Result<Response, Problem> {
    Ok(written(StatusCode::OK, text(value)?))
}

/// The same with its version (RFC 9110 8.8.3).
pub(super) fn versioned(value: &impl Serialize, version: &str) -> Result<Response, Problem> {
    let mut response = json(value)?;
    put(&mut response, header::ETAG, &format!("\"{version}\""));
    Ok(response)
}

/// Done, and nothing to tell.
pub(super) fn done() -> Response {
    StatusCode::NO_CONTENT.into_response()
}

/// JSON as text, in which nothing is raw that is not seen.
pub(super) fn text(value: &impl Serialize) -> Result<String, Problem> {
    let written = serde_json::to_string(value).map_err(Error::internal)?;
    Ok(text::json(&written).into_owned())
}

/// JSON that is written already.
pub(super) fn written(status: StatusCode, body: String) -> Response {
    let kind = HeaderValue::from_static("application/json");
    let mut response = (status, [(header::CONTENT_TYPE, kind)], body).into_response();
    response
        .headers_mut()
        .insert(header::CONTENT_SECURITY_POLICY, policy::NO_PAGE);
    response
}

/// A header whose value we made ourselves.
pub(super) fn put(response: &mut Response, name: header::HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}
