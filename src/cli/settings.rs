//! `set`, of whatever noun: `KEY=VALUE` pairs, and the settings that there are.
//!
//! Without pairs, `set` lists the settings; with `--json` it prints them as they are afterwards.

use serde_json::{Map, Value};

use super::arguments::private_key_error;
use super::error::{CliError, Result};
use super::output::Output;
use super::text::choices;
use crate::domain::SettingError;
use crate::import::holds_private_key;
use crate::text::sentence;

/// A noun with settings that are set by name.
pub(super) trait Settable {
    /// Whether what a setting takes stands below it, because it is a long text.
    const EXPLAINED_BELOW: bool;

    /// The settings, with what each takes.
    fn keys() -> impl Iterator<Item = (&'static str, &'static str)>;

    /// Settings that this noun has beside them.
    fn own_keys(&self) -> Vec<String> {
        Vec::new()
    }

    /// The value of a setting; none of one that has no value of its own.
    fn value(&self, key: &str) -> Option<String>;

    /// The noun for people.
    fn name(&self) -> String;
}

/// Every setting that has a value of its own.
pub(super) fn to_json<N: Settable>(noun: &N) -> Value {
    let keys = N::keys().map(|(key, _)| key.to_owned());
    keys.chain(noun.own_keys())
        .filter_map(|key| {
            let value = Value::from(noun.value(&key)?);
            Some((key, value))
        })
        .collect::<Map<_, _>>()
        .into()
}

/// Prints every setting with its value.
pub(super) fn print<N: Settable>(noun: &N, json: bool, out: &mut Output) -> Result<()> {
    if json {
        return out.json(&to_json(noun));
    }
    let value = |key: &str| noun.value(key).unwrap_or_default();
    if !N::EXPLAINED_BELOW {
        let rows: Vec<_> = N::keys()
            .map(|(key, allowed)| [key.to_owned(), value(key), allowed.to_owned()])
            .collect();
        return out.table(["KEY", "VALUE", "ALLOWED"], &rows);
    }
    let width = N::keys().map(|(key, _)| key.len()).max();
    let width = width.unwrap_or_default();
    out.line(format!("{:<width$}  VALUE", "KEY"))?;
    for (key, allowed) in N::keys() {
        out.line(format!("{key:<width$}  {}", value(key)).trim_end())?;
        for line in wrapped_lines(allowed) {
            out.line(format!("{:width$}    {line}", ""))?;
        }
    }
    for key in noun.own_keys() {
        out.line(format!("{key:<width$}  {}", value(&key)).trim_end())?;
    }
    Ok(())
}

/// Says what settings are now.
pub(super) fn print_changed<'k>(
    noun: &impl Settable,
    keys: impl IntoIterator<Item = &'k str>,
    out: &mut Output,
) -> Result<()> {
    for key in keys {
        let value = noun.value(key).unwrap_or_default();
        out.line(format!("{key} of {} is {value} now.", noun.name()))?;
    }
    Ok(())
}

/// Splits every pair at its first equals sign. `like` is a pair that would do.
pub(super) fn split_pairs<'a>(texts: &'a [String], like: &str) -> Result<Vec<(&'a str, &'a str)>> {
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
                return Err(private_key_error(key));
            }
            Ok((key, value))
        })
        .collect()
}

/// What is wrong with a pair; `list_with` is the command that lists the keys.
pub(super) fn setting_error(error: &SettingError, known: &[&str], list_with: &str) -> CliError {
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

/// A text in lines that fit beside the keys on a terminal of 100 columns.
fn wrapped_lines(text: &str) -> Vec<String> {
    const COLUMNS: usize = 66;
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.chars().count() + word.chars().count() < COLUMNS => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}
