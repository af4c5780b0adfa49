//! The rows of a connection's further attributes in the form of its claims (seed 001-25).
//!
//! Invariant: a row that cannot be kept is told by its name, and changes nothing.

use crate::admin::Problems;
use crate::domain::{Connection, SettingError, lines_to_list, list_to_lines};

/// Empty rows that the form offers.
pub(super) const SPARE_ROWS: usize = 2;

/// The field that problems are told at.
const FIELD: &str = "further";

/// A name and its sources, one on each line.
pub(super) fn rows(connection: &Connection) -> Vec<(String, String)> {
    let attributes = &connection.settings.attributes;
    let row = |name: &str| {
        let list = attributes.text(&format!("further.{name}"));
        (name.to_owned(), list_to_lines(&list.unwrap_or_default()))
    };
    attributes
        .further
        .keys()
        .map(|it| row(it.as_str()))
        .collect()
}

/// Puts rows in the place of what is there.
pub(super) fn apply(rows: &[(String, String)], after: &mut Connection, problems: &mut Problems) {
    let before = std::mem::take(&mut after.settings.attributes.further);
    if let Err(what) = put(rows, after) {
        after.settings.attributes.further = before;
        problems.add(FIELD, what);
    }
}

fn put(rows: &[(String, String)], after: &mut Connection) -> Result<(), String> {
    for (name, lines) in rows {
        let attributes = &mut after.settings.attributes;
        if attributes.further.keys().any(|it| it.as_str() == name) {
            return Err(format!("{name} is there twice."));
        }
        let sources = lines_to_list(lines);
        if sources.is_empty() {
            return Err(format!(
                "Say which claims {name} comes from, or clear its name."
            ));
        }
        attributes
            .set(&format!("further.{name}"), &sources)
            .map_err(|error| match error {
                SettingError::Value { allowed, .. } => {
                    format!("{name} does not fit. Use {allowed}.")
                }
                other => other.to_string(),
            })?;
    }
    Ok(())
}
