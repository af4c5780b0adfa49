//! Microsoft Graph's addresses beneath `/v1.0`, and what can go wrong on the way.

use crate::demo_idp::graph::{AppGrant, DemoRefusal, FaultName, GraphCall, GraphReply, answer};
use crate::demo_idp::{DemoIdp, guid};
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use futures_util::stream;
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;

/// How long the slow faults take.
const SLOW: Duration = Duration::from_secs(30);
/// More than a client reads.
const HUGE: usize = 5 * 1024 * 1024;

pub(super) fn routes() -> Router<DemoIdp> {
    Router::new().route("/v1.0/{*rest}", any(ask))
}

/// Every question.
async fn ask(
    State(idp): State<DemoIdp>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let asked = text(&headers, "client-request-id")
        .unwrap_or_default()
        .to_owned();
    let mut response = match faulty(&idp).await {
        Some(response) => response,
        None => match read(&idp, &method, &uri, &headers, &body).and_then(|it| answer(&idp, &it)) {
            Ok(GraphReply::Json(body)) => json(StatusCode::OK, body.to_string()),
            Ok(GraphReply::Text(text)) => {
                ([(header::CONTENT_TYPE, "text/plain")], text).into_response()
            }
            Err(refusal) => refuse(&idp, &refusal, &asked),
        },
    };
    let mut name = |name: &'static str, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            response.headers_mut().insert(name, value);
        }
    };
    name("request-id", &guid(idp.random()));
    name("client-request-id", &asked);
    name("x-ms-resource-unit", "2");
    response
}

fn read(
    idp: &DemoIdp,
    method: &Method,
    uri: &Uri,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<GraphCall, DemoRefusal> {
    let grant = grant(idp, headers).ok_or_else(DemoRefusal::token)?;
    let target = uri.path_and_query().map_or("", |it| it.as_str());
    let target = target.strip_prefix("/v1.0/").unwrap_or_default();
    let body = match body {
        [] => Value::Null,
        body => serde_json::from_slice(body).map_err(|_| {
            DemoRefusal::new(400, "BadRequest", "Unable to read JSON request payload.")
        })?,
    };
    let level = text(headers, "consistencylevel");
    let is_eventual = level.is_some_and(|level| level.eq_ignore_ascii_case("eventual"));
    let base = format!("{}/v1.0", idp.tenant().origin);
    GraphCall::read(method.as_str(), base, target, is_eventual, body, grant)
}

fn grant(idp: &DemoIdp, headers: &HeaderMap) -> Option<Arc<AppGrant>> {
    let (scheme, token) = text(headers, "authorization")?.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return None;
    }
    let grant = idp.graph().tokens().find(token, idp.now())?;
    // An application that was deleted has no token.
    idp.oidc_app(&grant.client_id).ok()?;
    Some(grant)
}

/// What a test wants to go wrong, before anybody reads the question.
async fn faulty(idp: &DemoIdp) -> Option<Response> {
    let taken = {
        let mut faults = idp.graph().faults();
        [
            FaultName::Throttle,
            FaultName::Unavailable,
            FaultName::Timeout,
            FaultName::SlowBody,
            FaultName::BrokenJson,
            FaultName::Html,
            FaultName::HugePage,
            FaultName::DeepJson,
        ]
        .into_iter()
        .find_map(|name| Some((name, faults.take(name)?)))
    };
    let (name, taken) = taken?;
    let argument = taken.argument;
    Some(match name {
        FaultName::Throttle => {
            let message = "Too many requests.";
            late(
                idp,
                DemoRefusal::new(429, "TooManyRequests", message),
                argument,
            )
        }
        FaultName::Unavailable => {
            let message = "The service is unavailable.";
            late(
                idp,
                DemoRefusal::new(503, "ServiceUnavailable", message),
                argument,
            )
        }
        FaultName::Timeout => {
            tokio::time::sleep(SLOW).await;
            StatusCode::GATEWAY_TIMEOUT.into_response()
        }
        FaultName::SlowBody => {
            let octets = stream::unfold(0, async |at| {
                tokio::time::sleep(SLOW).await;
                (at < 2).then(|| {
                    (
                        Ok::<_, std::convert::Infallible>(Bytes::from_static(b" ")),
                        at + 1,
                    )
                })
            });
            let content_type = [(header::CONTENT_TYPE, "application/json")];
            (content_type, Body::from_stream(octets)).into_response()
        }
        FaultName::BrokenJson => json(StatusCode::OK, "{\"value\":[{\"id\":".to_owned()),
        FaultName::HugePage => {
            let text = "x".repeat(HUGE);
            json(StatusCode::OK, format!("{{\"value\":[],\"x\":\"{text}\"}}"))
        }
        FaultName::DeepJson => {
            let deep = format!("{}{}", "[".repeat(200), "]".repeat(200));
            json(StatusCode::OK, format!("{{\"value\":[],\"x\":{deep}}}"))
        }
        _ => {
            let page = "<!doctype html><p>Our services aren’t available right now.";
            ([(header::CONTENT_TYPE, "text/html")], page).into_response()
        }
    })
}

fn late(idp: &DemoIdp, mut refusal: DemoRefusal, retry_after: Option<String>) -> Response {
    refusal.retry_after = retry_after;
    refuse(idp, &refusal, "")
}

fn refuse(idp: &DemoIdp, refusal: &DemoRefusal, asked: &str) -> Response {
    let status = StatusCode::from_u16(refusal.status).unwrap_or(StatusCode::BAD_REQUEST);
    let mut response = json(status, refusal.to_json(idp, asked).to_string());
    for (name, value) in [
        (header::LOCATION, &refusal.location),
        (header::RETRY_AFTER, &refusal.retry_after),
    ] {
        if let Some(value) = value
            .as_deref()
            .and_then(|it| HeaderValue::from_str(it).ok())
        {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

fn json(status: StatusCode, body: String) -> Response {
    let content_type = "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8";
    (status, [(header::CONTENT_TYPE, content_type)], body).into_response()
}

fn text<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}
