//! OpenID Connect: the addresses of the v2.0 endpoints.

mod authorize;
mod client;
pub(super) mod consent;
mod discovery;
mod logout;
pub(super) mod reply;
mod token;
mod userinfo;

use crate::demo_idp::DemoIdp;
use axum::Router;
use axum::routing::{get, post};

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
        .route(
            "/{tenant}/oauth2/v2.0/logout",
            get(logout::get).post(logout::post),
        )
        .route("/{tenant}/consent", post(consent::decide))
        .route("/oidc/userinfo", get(userinfo::show).post(userinfo::show))
}
