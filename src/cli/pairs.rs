//! `key=value` pairs, as `company set` and `connection set` take them.

use super::error::{CliError, Result};
use super::text::choices;
use crate::domain::SettingError;
use crate::import::holds_private_key;

/// Splits every pair at its first equals sign. `like` is a pair that would do.
pub(super) fn split<'a>(texts: &'a [String], like: &str) -> Result<Vec<(&'a str, &'a str)>> {
    texts
        .iter()
        .map(|text| {
            let (key, value) = text.split_once('=').ok_or_else(|| {
                CliError::unusable(
                    format!("\"{text}\" is not a pair."),
                    format!(
                        "Write key=value, such as {like}. Without pairs, `set` lists the keys."
                    ),
                )
            })?;
            if holds_private_key(value.as_bytes()) {
                return Err(private_key(key));
            }
            Ok((key, value))
        })
        .collect()
}

/// Nothing of a private key is shown or kept.
pub(super) fn private_key(name: &str) -> CliError {
    CliError::unusable(
        format!("The value of {name} is a private key, which never belongs here."),
        "It was not kept. It may stand in the history of your shell: if somebody else may read that, make a new key.",
    )
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
