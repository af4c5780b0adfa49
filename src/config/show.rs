//! The configuration for people: as TOML and JSON with its secrets masked, and its errors in plain words.

use std::fmt::Write as _;

use figment::error::Kind;
use serde_json::Value;
use url::Url;

use super::values::MASK;
use super::{Config, Secret};

impl Config {
    /// The effective configuration, defaults filled in and secrets masked.
    pub fn masked(&self) -> Value {
        let mut shown = self.clone();
        shown.keys.dir = Some(self.keys_dir());
        shown.database.url = None;
        let mut value = serde_json::to_value(shown).unwrap_or_default();
        if let Some(url) = value.pointer_mut("/database/url") {
            *url = Value::String(mask_password(&Secret::new(self.database_url())));
        }
        value
    }

    /// The database's URL without its password; of a SQLite file, the whole path.
    pub fn database_for_people(&self) -> String {
        match self.sqlite_file() {
            Some(file) => format!(
                "sqlite:{}",
                std::path::absolute(&file).unwrap_or(file).display()
            ),
            None => mask_password(&Secret::new(self.database_url())),
        }
    }

    /// [`Config::masked`] as a TOML document. A key that is not set stands in a comment.
    pub fn to_toml(&self) -> String {
        let mut text = String::new();
        let value = self.masked();
        let Value::Object(settings) = value else {
            return text;
        };
        for (key, value) in settings.iter().filter(|(_, value)| !value.is_object()) {
            line(&mut text, key, value);
        }
        for (section, value) in &settings {
            let Value::Object(inner) = value else {
                continue;
            };
            let _ = writeln!(text, "\n[{section}]");
            for (key, value) in inner {
                line(&mut text, key, value);
            }
        }
        text
    }
}

fn line(text: &mut String, key: &str, value: &Value) {
    // JSON's strings, numbers and arrays of strings are TOML's.
    let _ = match value {
        Value::Null => writeln!(text, "# {key} is not set"),
        value => writeln!(text, "{key} = {value}"),
    };
}

/// The URL without its password; wholly masked when it cannot be taken apart.
fn mask_password(url: &Secret) -> String {
    if url.expose().starts_with("sqlite:") {
        return url.expose().to_owned();
    }
    let Ok(mut parsed) = Url::parse(url.expose()) else {
        return MASK.to_owned();
    };
    if parsed.password().is_some() && parsed.set_password(Some(MASK)).is_err() {
        return MASK.to_owned();
    }
    // PostgreSQL takes a password as a parameter too.
    if parsed.query_pairs().any(|(name, _)| name == "password") {
        parsed.set_query(None);
    }
    parsed.to_string()
}

/// One line for each thing that is wrong: the key, where it was set, and what is allowed.
pub(super) fn explain(error: figment::Error) -> String {
    error
        .into_iter()
        .map(|error| one(&error))
        .collect::<Vec<_>>()
        .join("\n")
}

/// A line that sets a key, with its default.
fn example(path: &[String]) -> Option<String> {
    let defaults = serde_json::to_value(Config::default()).ok()?;
    let value = match defaults.pointer(&format!("/{}", path.join("/")))? {
        Value::Null | Value::Object(_) => return None,
        Value::Array(_) => "[\"10.0.0.0/8\"]".to_owned(),
        value => value.to_string(),
    };
    (!path.is_empty()).then(|| format!("{} = {value}", path.join(".")))
}

fn one(error: &figment::Error) -> String {
    let mut path = error.path.clone();
    let what = match &error.kind {
        Kind::UnknownField(field, allowed) => {
            if path.last() != Some(field) {
                path.push(field.clone());
            }
            format!(
                "there is no such setting. There are: {}.",
                allowed.join(", ")
            )
        }
        Kind::UnknownVariant(found, allowed) => {
            format!(
                "`{found}` is not possible. Possible are: {}.",
                allowed.join(", ")
            )
        }
        Kind::InvalidType(found, expected) | Kind::InvalidValue(found, expected) => {
            // The names of the sections' types are ours.
            let section = expected.strip_suffix("Config").filter(|_| !path.is_empty());
            let expected = section.unwrap_or(expected);
            format!("{expected} is expected, and this is {found}.")
        }
        other => format!("{}.", other.to_string().trim_end().trim_end_matches('.')),
    };
    let is_value = matches!(
        error.kind,
        Kind::InvalidType(..) | Kind::InvalidValue(..) | Kind::Message(_)
    );
    let what = match example(&path).filter(|_| is_value) {
        Some(example) => format!("{what} For example: {example}"),
        None => what,
    };
    let metadata = error.metadata.as_ref();
    let place = match metadata.map(|metadata| (&metadata.name, &metadata.source)) {
        Some((_, Some(figment::Source::File(file)))) => format!(" (in {})", file.display()),
        Some((name, _)) if name == "the environment" => {
            format!(
                " (in the environment, {})",
                super::variable_name(&path.join("."))
            )
        }
        _ => String::new(),
    };
    if path.is_empty() {
        format!("Configuration{place}: {what}")
    } else {
        format!("{}{place}: {what}", path.join("."))
    }
}
