//! SAML 2.0: bytes and time in, verdicts out.
//!
//! Its law is `docs/security.md`, rules A to D and G: `error` names each requirement, `advice` what helps, and `tests/vectors` has a
//! folder for each way to be refused. Rules E and F, which need a memory, are the rooms `login`, `logout` and `store`. The other
//! half of what is read here is written by `demo_idp` and, for our own messages, by `authn_request`, `logout/write.rs` and
//! `metadata/sp.rs`.

#![warn(missing_docs)]

pub mod advice;
pub mod assertion;
pub mod authn_request;
mod base64_text;
pub mod binding;
pub mod certificate_text;
pub mod cross_check;
mod difference;
pub mod encryption;
pub mod error;
pub mod expectation;
pub mod instant;
pub mod logout;
mod message;
pub mod metadata;
pub mod names;
pub mod outline;
pub mod response;
pub mod signature;
pub mod validate;
pub mod verdict;
