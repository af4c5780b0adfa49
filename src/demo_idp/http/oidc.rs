//! OpenID Connect: the addresses of the v2.0 endpoints.

mod authorize;
mod client;
mod discovery;
pub(super) mod reply;
mod token;

use crate::demo_idp::DemoIdp;
use axum::Router;
use axum::routing::get;

pub(super) fn routes() -> Router<DemoIdp> {
    Router::new()
        .route(
            "/{tenant}/v2.0/.well-known/openid-configuration",
            get(discovery::configuration),
        )
        .route("/{tenant}/discovery/v2.0/keys", get(discovery::keys))
        .route(
            "/{tenant}/oauth2/v2.0/authorize",
            get(authorize::get).post(authorize::post),
        )
        .route(
            "/{tenant}/oauth2/v2.0/token",
            get(token::wrong_verb).post(token::post),
        )
}
