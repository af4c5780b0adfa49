//! SAML 2.0: bytes and time in, verdicts out.

#![warn(missing_docs)]

pub mod advice;
pub mod assertion;
pub mod authn_request;
pub mod binding;
pub mod certificate_text;
pub mod cross_check;
pub mod encryption;
pub mod error;
pub mod instant;
pub mod logout;
mod message;
pub mod metadata;
pub mod names;
mod near;
pub mod outline;
pub mod response;
pub mod signature;
pub mod verdict;
