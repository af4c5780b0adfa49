//! The HTTP surface: the only room that knows axum.
//!
//! Invariant: every answer passes the same middleware, so that none lacks its security headers, its line in the log, or a
//! page that says what happened.

mod acs;
pub mod assets;
pub mod cookies;
pub mod error;
pub mod extract;
mod health;
mod home;
mod limit;
mod logout;
mod metadata;
mod middleware;
pub mod pages;
mod posted;
pub mod response;
pub mod serve;
pub mod session;
mod sign_in;
mod slo;
mod start;
mod who;

use std::sync::Arc;

use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::IntoResponse as _;
use axum::routing::{get, post};
use axum::{Router, response::Response};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::limit::RequestBodyLimitLayer;
use tower_http::timeout::TimeoutLayer;

use crate::app::App;
use error::Error;

pub use serve::{Patience, serve};

/// Every address.
pub fn router(app: Arc<App>) -> Router {
    let entries = Router::new()
        .route("/", get(home::show).head(start::head))
        .route("/sign-in", get(sign_in::show).post(sign_in::submit))
        .route("/sso/login", get(start::show).head(start::head))
        .route_layer(from_fn(middleware::lead_to_public_origin));
    let routes = entries
        .route("/sso/acs", post(acs::receive))
        .route("/sso/logout", get(logout::show).post(logout::submit))
        .route("/sso/metadata", get(metadata::show))
        .route(
            "/sso/slo",
            get(slo::redirected).post(slo::posted).head(slo::head),
        )
        .route("/sso/session", get(who::show))
        .route("/healthz", get(health::live))
        .route("/readyz", get(health::ready))
        .route("/assets/{file}", get(assets::serve))
        .route("/favicon.ico", get(assets::favicon))
        .route("/robots.txt", get(assets::robots));
    within(&app, routes).with_state(app)
}

/// What is around every route, innermost first.
fn within(app: &Arc<App>, routes: Router<Arc<App>>) -> Router<Arc<App>> {
    let limits = &app.config.limits;
    routes
        .fallback(not_found)
        .method_not_allowed_fallback(not_allowed)
        .layer(DefaultBodyLimit::max(limits.body_bytes))
        // Says no to a length that is too large before the body comes.
        .layer(RequestBodyLimitLayer::new(limits.body_bytes))
        .layer(TimeoutLayer::with_status_code(
            StatusCode::SERVICE_UNAVAILABLE,
            limits.request_timeout.std(),
        ))
        .layer(CatchPanicLayer::custom(|_| -> Response {
            // The panic's own message went to the log with its place.
            Error::internal("a handler panicked").into_response()
        }))
        .layer(from_fn(error::render))
        .layer(from_fn(middleware::secure))
        .layer(from_fn(middleware::log))
        .layer(from_fn_with_state(Arc::clone(app), middleware::find_site))
}

async fn not_found(site: Result<extract::CurrentSite, Error>) -> Error {
    site.map_or_else(|unknown| unknown, |_| Error::NotFound)
}

async fn not_allowed() -> Error {
    Error::MethodNotAllowed
}

#[cfg(test)]
mod tests;
