//! Probes: is the process alive, and can it serve.

use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};

const TEXT: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");

/// `GET /healthz`: the process answers. It asks nobody else, so that a database's failure restarts no server.
pub(super) async fn live() -> Response {
    ([(header::CONTENT_TYPE, TEXT)], "ok\n").into_response()
}
