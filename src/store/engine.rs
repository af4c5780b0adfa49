//! What all families of the store share: transactions, the queue, migrations, the change log, lists in parts, what expires.

pub(super) mod backup;
pub(super) mod change;
pub(super) mod change_log;
pub(super) mod cursor;
pub(super) mod error;
pub(super) mod fingerprint;
pub(super) mod invalidation;
pub(super) mod migrate;
pub(super) mod open;
pub(super) mod page;
pub(super) mod pulse;
pub(super) mod queue;
pub(super) mod retention;
pub(super) mod search;
#[cfg(test)]
mod statement_cost;
pub(super) mod transaction;
