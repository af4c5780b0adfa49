//! The HTTP surface: the only room that knows axum.

pub mod assets;
pub mod pages;

use axum::Router;
use axum::routing::get;

/// Every address.
pub fn router() -> Router {
    Router::new().route("/assets/{file}", get(assets::serve))
}
