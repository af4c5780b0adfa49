//! What statements cost SQLite: the steps of its virtual machine, which are the same for the same work. For tests.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};

use rusqlite::{Connection, Statement, StatementStatus};

/// The steps at each file.
static STEPS: LazyLock<Mutex<HashMap<String, i64>>> = LazyLock::new(Mutex::default);

/// Counts what a statement has cost that was run to its end.
pub(super) fn count(connection: &Connection, statement: &Statement<'_>) {
    let steps = statement.reset_status(StatementStatus::VmStep);
    let file = connection.path().unwrap_or_default().to_owned();
    let mut all = STEPS.lock().unwrap_or_else(PoisonError::into_inner);
    *all.entry(file).or_default() += i64::from(steps);
}

/// The steps at a file so far.
pub(crate) fn steps_so_far(file: &str) -> i64 {
    let all = STEPS.lock().unwrap_or_else(PoisonError::into_inner);
    all.get(file).copied().unwrap_or_default()
}
