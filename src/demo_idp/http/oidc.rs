//! OpenID Connect: the addresses of the v2.0 endpoints.

mod application;
mod authorize;
mod client;
pub(super) mod consent;
mod discovery;
mod logout;
pub(super) mod reply;
mod token;
mod userinfo;

use crate::demo_idp::DemoIdp;
use crate::demo_idp::refusal::IdpRefusal;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::Uri;
use axum::response::{IntoResponse, Redirect, Response};
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
            get(authorize::get).post(ask_from_here),
        )
        .route(
            "/{tenant}/oauth2/v2.0/token",
            get(token::wrong_verb).post(token::post),
        )
        .route(
            "/{tenant}/oauth2/v2.0/logout",
            get(logout::get).post(ask_from_here),
        )
        .route("/{tenant}/consent", post(consent::decide))
        .route("/oidc/userinfo", get(userinfo::show).post(userinfo::show))
}

/// A POST of what can be asked by GET: a form from another site comes without the session's cookie, so it comes once more from
/// here.
async fn ask_from_here(
    State(idp): State<DemoIdp>,
    Path(tenant): Path<String>,
    uri: Uri,
    body: String,
) -> Result<Response, IdpRefusal> {
    idp.check_tenant(&tenant)?;
    let next = format!("{}?{}", uri.path(), body.trim());
    Ok(Redirect::to(&next).into_response())
}
