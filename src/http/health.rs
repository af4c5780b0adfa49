//! Probes: is the process alive, and can it serve.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};

use super::error::Error;
use crate::app::App;

const TEXT: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");

/// `GET /healthz`: the process answers. It asks nobody else, so that a database's failure restarts no server.
pub(super) async fn live() -> Response {
    ([(header::CONTENT_TYPE, TEXT)], "ok\n").into_response()
}

/// `GET /readyz`: the store answers as well. A load balancer sends nobody here otherwise.
pub(super) async fn ready(State(app): State<Arc<App>>) -> Result<Response, Error> {
    if !app.is_ready().await {
        return Err(Error::Unavailable("the database does not answer".into()));
    }
    Ok(([(header::CONTENT_TYPE, TEXT)], "ready\n").into_response())
}
