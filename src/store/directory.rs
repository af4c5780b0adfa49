//! What is known of connections' directories: their groups and people as they were read, how far a synchronisation is, and what has
//! come of it for users and permission groups.
//!
//! Invariants: one node works on a directory at a time, and each of its transactions asks whether it still does
//! (`Tx::keep_directory`); what is written twice changes nothing; a directory takes away only what it has given
//! ([`crate::domain::GrantSource::Directory`]), and lets in again only whom it has shut out.
//!
//! Tests: `tests/it/oidc_sign_in/directory.rs`. Who reads the directory is `directory::synchronise`.

pub(super) mod forget;
pub(super) mod grant;
pub(super) mod link;
pub(super) mod list;
pub(super) mod mirror;
pub(super) mod person;
pub(super) mod settle;
pub(super) mod state;
