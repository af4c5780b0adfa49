//! The one integration binary: whole behaviours through the public surface.
#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

/// The program's own allocator: an eighth of the tests' time is the C library's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[cfg(feature = "demo")]
mod api;
mod authn_request;
mod binding;
#[cfg(feature = "demo")]
mod browser;
mod cli;
#[cfg(feature = "demo")]
mod console;
#[cfg(feature = "samael")]
mod cross_check;
#[cfg(feature = "demo")]
mod demo_idp;
mod docs;
#[cfg(feature = "demo")]
mod faults;
#[cfg(feature = "demo")]
mod gate;
#[cfg(feature = "demo")]
mod graph;
mod hostile;
mod jose;
mod law;
mod metadata;
mod names;
mod oidc;
#[cfg(feature = "demo")]
mod oidc_peers;
#[cfg(feature = "demo")]
mod oidc_sign_in;
#[cfg(feature = "demo")]
mod operator;
mod picture;
mod return_to;
mod rooms;
#[cfg(feature = "samael")]
mod samael;
mod seeds;
#[cfg(feature = "demo")]
mod sign_in;
mod slo;
mod slo_messages;
#[cfg(feature = "demo")]
mod soak;
mod sp_metadata;
mod store;
mod support;
mod vectors;
mod xml;
