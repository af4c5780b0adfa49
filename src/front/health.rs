//! Probes: is the process alive, and can it serve.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, Request, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use crate::app::{App, Arrived, ProofQuestion};
use crate::http::client_address::{ClientAddress, Peer};
use crate::http::error::Error;

const TEXT: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");

#[derive(Debug, Default, Deserialize)]
pub(super) struct HealthQuery {
    /// A question of `doctor`.
    #[serde(default)]
    nonce: String,
}

/// `GET /healthz`: the process answers. It asks nobody else, so that a database's failure restarts no server. To a question that
/// the commands of this installation ask, it tells what arrived.
pub(super) async fn live(
    State(app): State<Arc<App>>,
    ClientAddress(client): ClientAddress,
    asked: Result<Query<HealthQuery>, QueryRejection>,
    request: Request,
) -> Response {
    let nonce = asked.map(|Query(asked)| asked.nonce).unwrap_or_default();
    let Some(question) = ProofQuestion::read(&app.keys, &nonce) else {
        return ([(header::CONTENT_TYPE, TEXT)], "ok\n").into_response();
    };
    let headers = request.headers();
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let forwarded: Vec<String> = headers
        .get_all("x-forwarded-for")
        .iter()
        .map(text)
        .collect();
    let host = headers.get(header::HOST).map(text).unwrap_or_default();
    let peer = request
        .extensions()
        .get::<Peer>()
        .map(|peer| peer.0.ip().to_canonical());
    let trusted = &app.config.trusted_proxies;
    let arrived = Arrived {
        host,
        peer: peer.as_ref().map(ToString::to_string).unwrap_or_default(),
        trusted: peer.is_some_and(|peer| trusted.iter().any(|block| block.contains(peer))),
        forwarded: forwarded.join(", "),
        client: client.as_ref().map(ToString::to_string).unwrap_or_default(),
    };
    Json(question.answer(&app.keys, app.clock.now(), arrived)).into_response()
}

/// `GET /readyz`: the store answers as well. A load balancer sends nobody here otherwise.
pub(super) async fn ready(State(app): State<Arc<App>>) -> Result<Response, Error> {
    if !app.is_ready().await {
        return Err(Error::Unavailable("the database does not answer".into()));
    }
    Ok(([(header::CONTENT_TYPE, TEXT)], "ready\n").into_response())
}
