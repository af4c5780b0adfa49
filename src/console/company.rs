//! The company itself: its settings, domains, tokens and audit log.

pub(super) mod account;
pub(super) mod account_words;
pub(super) mod audit;
pub(super) mod audit_words;
pub(super) mod domains;
pub(super) mod logo;
pub(super) mod tokens;
