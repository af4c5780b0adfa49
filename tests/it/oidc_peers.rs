//! Our side of OpenID Connect against providers that others wrote: the npm package oidc-provider, which is certified, and the
//! Python package pyop. What they must accept is accepted, and what they must refuse is refused.
//!
//! Whole behaviours through the library: documents, sign-ins, keys, logout. A [`Peer`] is one such provider, a [`Visitor`] a
//! person's browser before it.

mod client_authentication;
mod documents;
mod keys;
mod logout;
mod peer;
mod relying_party;
mod sign_in;
mod visitor;

pub(crate) use peer::{Package, Peer, PeerSettings};
pub(crate) use visitor::Visitor;
