//! `key=value` pairs, as `company set` and `connection set` take them.

use super::error::{CliError, Result};
use super::text::choices;
use crate::domain::SettingError;

/// Splits every pair at its first equals sign. `like` is a pair that would do.
pub(super) fn split<'a>(texts: &'a [String], like: &str) -> Result<Vec<(&'a str, &'a str)>> {
    texts
        .iter()
        .map(|text| {
            text.split_once('=').ok_or_else(|| {
                CliError::unusable(
                    format!("\"{text}\" is not a pair."),
                    format!(
                        "Write key=value, such as {like}. Without pairs, `set` lists the keys."
                    ),
                )
            })
        })
        .collect()
}

/// What is wrong with a pair; `list_with` is the command that lists the keys.
pub(super) fn unfit(error: &SettingError, known: &[&str], list_with: &str) -> CliError {
    match error {
        SettingError::UnknownKey { key, .. } => CliError::unusable(
            format!("There is no setting \"{key}\"."),
            choices("settings", key, known, ""),
        ),
        SettingError::OfTheCompany { .. } => CliError::unusable(
            sentence(&error.to_string()),
            "Use: vestibule company domain assign COMPANY DOMAIN --connection NAME",
        ),
        SettingError::Value { .. } => CliError::unusable(
            sentence(&error.to_string()),
            format!("List the settings with: {list_with}"),
        ),
    }
}

/// An error's text as a sentence.
pub(super) fn sentence(text: &str) -> String {
    let mut characters = text.chars();
    let first: String = characters
        .next()
        .map(|first| first.to_uppercase().collect())
        .unwrap_or_default();
    format!("{first}{}.", characters.as_str())
}
