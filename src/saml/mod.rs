//! SAML 2.0: bytes and time in, verdicts out.

pub mod authn_request;
pub mod binding;
pub mod metadata;
pub mod names;
