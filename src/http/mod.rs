//! The HTTP surface: the only room that knows axum.
//!
//! Invariant: every answer passes the [`edge`], so that none lacks its security headers, its line in the log, or a page that
//! says what happened.

mod acs;
mod admin;
mod api;
pub mod assets;
pub mod client_address;
pub mod cookies;
pub mod csrf;
pub mod current_site;
mod edge;
pub mod error;
mod export;
mod failure;
mod file;
mod health;
mod home;
pub mod logo;
mod logout;
mod manner;
mod metadata;
mod new_password;
pub mod pages;
mod policy;
mod problem;
mod public_origin;
mod rate_limit;
mod request_body;
pub mod response;
mod routes;
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

use manner::{Manner, Routine};
use public_origin::lead_to_public_origin;
use routes::Routes;

pub use api::document::text as api_document;
pub use edge::Edge;
pub use serve::{Patience, serve};

/// Every address, and what is around it.
pub fn router(app: Arc<App>) -> Edge {
    let entry = |methods: MethodRouter<Arc<App>>| methods.layer(from_fn(lead_to_public_origin));
    let steps = Routes::of(Manner::STEP)
        .route("/", entry(get(home::show).head(start::head)))
        .route("/sign-in", entry(get(sign_in::show).post(sign_in::submit)))
        .route("/sign-in/password", entry(post(new_password::submit)))
        .route("/sso/login", entry(get(start::show).head(start::head)))
        .route("/sso/acs", post(acs::receive))
        .route("/sso/logout", get(logout::show).post(logout::submit))
        .route(
            "/sso/slo",
            get(slo::redirected).post(slo::posted).head(slo::head),
        );
    let metadata = Routes::of(Manner::PAGE.with_routine(Routine::Success))
        .route("/sso/metadata", get(metadata::show));
    let who = Routes::of(Manner::PAGE.with_routine(Routine::SuccessOrUnauthorized))
        .route("/sso/session", get(who::show));
    let always = Routes::of(Manner::ALWAYS)
        .route("/healthz", get(health::live))
        .route("/readyz", get(health::ready))
        .route("/assets/{file}", get(assets::serve))
        .route("/favicon.ico", get(assets::favicon))
        .route("/logo/{file}", get(logo::show))
        .route("/robots.txt", get(assets::robots));
    let routes = steps
        .merge(metadata)
        .merge(who)
        .merge(always)
        .merge(setup::routes(Routes::of(Manner::PAGE)))
        .merge(admin::routes(&app))
        .merge(api::routes());
    Edge::around(routes, app)
}

#[cfg(test)]
mod tests;
