//! `GET /.well-known/jwks.json` and `/.vestibule/jwks.json`: the keys by which identity tokens are verified (rule V8).

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;

use crate::app::App;
use crate::http::response::body;
use crate::keys;

const MEDIA_TYPE: HeaderValue = HeaderValue::from_static("application/jwk-set+json");
const KEPT: HeaderValue = HeaderValue::from_static("public, max-age=300");

pub(super) async fn show(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    let keys = app.identity_keys.published(app.clock.now());
    let tag = format!("\"{}\"", keys::hex(&keys::hash(&keys)[..16]));
    let is_known = headers
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .any(|known| known.as_bytes() == tag.as_bytes());
    let mut response = body(MEDIA_TYPE, keys);
    if is_known {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        *response.body_mut() = Body::empty();
    }
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, KEPT);
    headers.extend(HeaderValue::try_from(tag).map(|tag| (header::ETAG, tag)));
    response
}
