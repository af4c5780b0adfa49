//! The audit log, tokens of the API, and its answers that may be asked for again.

pub(super) mod audit;
pub(super) mod audit_list;
pub(super) mod idempotency;
pub(super) mod token;
