//! Two administrators who change one connection at once.

use super::Console;
use super::connection::setting_values::{SettingValues, beside};
use crate::admin::Refused;
use crate::domain::{Connection, Group};
use crate::http::pages::Moment;

/// Somebody else saved the same connection first.
#[derive(Debug)]
pub(super) struct Conflict {
    pub(super) by: String,
    pub(super) at: Moment,
    /// The setting, what was typed here, and what is stored now.
    pub(super) rows: Vec<(&'static str, String, String)>,
}

impl Conflict {
    /// What was typed, beside what is stored now.
    pub(super) async fn of(
        console: &Console,
        typed: &SettingValues,
        stored: &Connection,
        groups: &[Group],
    ) -> Result<Self, Refused> {
        let last = console.admin().last_change(stored).await?;
        Ok(Self {
            by: last.0,
            at: last.1.into(),
            rows: beside(typed, &SettingValues::of(stored), groups),
        })
    }
}
