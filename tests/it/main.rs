//! The one integration binary: whole behaviours through the public surface.
mod authn_request;
mod binding;
mod metadata;
