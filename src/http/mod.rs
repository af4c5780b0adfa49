//! The HTTP surface: the only room that knows axum.
//!
//! Invariant: every answer passes the [`edge`], so that none lacks its security headers, its line in the log, or a page that
//! says what happened.

mod acs;
mod admin;
mod api;
pub mod assets;
pub mod cookies;
mod edge;
pub mod error;
mod export;
pub mod extract;
mod file;
mod health;
mod home;
mod limit;
pub mod logo;
mod logout;
mod metadata;
mod middleware;
mod new_password;
pub mod pages;
mod policy;
mod posted;
pub mod response;
pub mod serve;
pub mod session;
mod setup;
mod sign_in;
mod slo;
mod start;
mod who;

use std::sync::Arc;

use axum::middleware::from_fn;
use axum::routing::{MethodRouter, get, post};

use crate::app::App;
use edge::Routes;
use middleware::lead_to_public_origin;

pub use api::document::text as api_document;
pub use edge::Edge;
pub use serve::{Patience, serve};

/// Every address, and what is around it.
pub fn router(app: Arc<App>) -> Edge {
    let entry = |methods: MethodRouter<Arc<App>>| methods.layer(from_fn(lead_to_public_origin));
    let routes = Routes::default()
        .route("/", entry(get(home::show).head(start::head)))
        .route("/sign-in", entry(get(sign_in::show).post(sign_in::submit)))
        .route("/sign-in/password", entry(post(new_password::submit)))
        .route("/sso/login", entry(get(start::show).head(start::head)))
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
        .route("/logo/{file}", get(logo::show))
        .route("/robots.txt", get(assets::robots))
        .merge(setup::routes(Routes::default()))
        .merge(admin::routes(&app))
        .merge(api::routes());
    Edge::around(routes, app)
}

#[cfg(test)]
mod tests;
