//! The kit of every face: accept loop, edge, extractors, failures, cookies, session, limits, the frame of pages.
//!
//! Invariants: every answer passes the [`edge`], so that none lacks its security headers, its line in the log, or a page that
//! says what happened; the kit names no face, and what the edge must know of a route the route's [`manner`] says.

pub(crate) mod address;
pub mod assets;
pub mod client_address;
pub mod cookies;
pub mod csrf;
pub mod current_site;
pub(crate) mod download;
pub(crate) mod edge;
pub mod error;
pub(crate) mod export;
pub(crate) mod failure;
pub(crate) mod form;
pub(crate) mod login_cookie;
pub mod logo;
pub(crate) mod manner;
pub mod pages;
pub(crate) mod policy;
pub(crate) mod private_key;
pub(crate) mod problem;
pub(crate) mod public_origin;
pub(crate) mod rate_limit;
pub(crate) mod request_body;
pub mod response;
pub(crate) mod routes;
pub(crate) mod send_off;
pub mod serve;
pub mod session;
#[cfg(test)]
mod tests;

pub use edge::Edge;
pub use serve::local::{CheckListener, LocalProxy, bind_local, serve_checks};
pub(crate) use serve::takeover::ClientConnection;
pub use serve::{Timeouts, serve};
