//! `VESTIBULE_*` environment variables, as a source of settings.
//!
//! Invariant: the kind of a setting's default decides how its variable is read, so a value that merely looks like a number
//! (a slug `42`, a key of digits) stays text.

use figment::value::{Dict, Map, Num, Value};
use figment::{Error, Metadata, Profile, Provider};

use super::Config;

const PREFIX: &str = "VESTIBULE_";
/// The one name without a double underscore for a key within a section: scripts rely on it.
const DATABASE_URL: &str = "DATABASE_URL";

/// The name of the variable that sets `key`, such as `session.idle`.
pub fn variable_name(key: &str) -> String {
    if key == "database.url" {
        return format!("{PREFIX}{DATABASE_URL}");
    }
    format!("{PREFIX}{}", key.replace('.', "__").to_ascii_uppercase())
}

/// The variables that may be settings.
#[derive(Debug)]
pub(super) struct Environment(Vec<(String, String)>);

impl Environment {
    pub(super) fn new(variables: impl IntoIterator<Item = (String, String)>) -> Self {
        Self(
            variables
                .into_iter()
                .filter(|(name, _)| name.starts_with(PREFIX))
                .collect(),
        )
    }
}

impl Provider for Environment {
    fn metadata(&self) -> Metadata {
        Metadata::named("the environment").interpolater(|_, keys| variable_name(&keys.join(".")))
    }

    fn data(&self) -> Result<Map<Profile, Dict>, Error> {
        let defaults = Value::serialize(Config::default())?;
        let mut settings = Dict::new();
        for (name, text) in &self.0 {
            let Some(key) = key_of(name, &defaults) else {
                continue;
            };
            let value = typed(text, defaults.find_ref(&key)).map_err(|expected| {
                Error::from(format!(
                    "{name}: `{text}` is not possible; {expected} is expected"
                ))
            })?;
            insert(&mut settings, &key, value);
        }
        Ok(Map::from([(Profile::Default, settings)]))
    }
}

/// The key that a variable sets. A name with `__` is meant for us, so a wrong one goes on to be refused as an unknown key.
/// Other names may come from elsewhere (Kubernetes sets `VESTIBULE_SERVICE_HOST` beside a service of that name): left alone.
fn key_of(name: &str, defaults: &Value) -> Option<String> {
    let name = name.strip_prefix(PREFIX)?;
    if name == DATABASE_URL {
        return Some("database.url".to_owned());
    }
    let key = name.to_ascii_lowercase().replace("__", ".");
    (key.contains('.') || defaults.find_ref(&key).is_some()).then_some(key)
}

fn typed(text: &str, default: Option<&Value>) -> Result<Value, &'static str> {
    match default {
        Some(Value::Num(..)) => {
            let number: u64 = text.trim().parse().map_err(|_| "a whole number")?;
            Ok(Value::from(Num::U64(number)))
        }
        Some(Value::Array(..)) => Ok(Value::from(
            text.split(',')
                .map(str::trim)
                .filter(|part| !part.is_empty())
                .collect::<Vec<_>>(),
        )),
        _ => Ok(Value::from(text)),
    }
}

fn insert(settings: &mut Dict, key: &str, value: Value) {
    match key.split_once('.') {
        None => {
            settings.insert(key.to_owned(), value);
        }
        Some((section, rest)) => {
            let entry = settings
                .entry(section.to_owned())
                .or_insert_with(|| Value::from(Dict::new()));
            if let Value::Dict(_, inner) = entry {
                insert(inner, rest, value);
            }
        }
    }
}
