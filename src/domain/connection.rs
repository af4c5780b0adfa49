//! A connection: one identity provider of one company.
//!
//! Invariant: its settings are complete by themselves; what is not said has the default that is written here.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::company::is_short_name;
use super::{CompanyId, ConnectionId, SettingError, Settings};

/// One identity provider of one company.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connection {
    /// Its identifier.
    pub id: ConnectionId,
    /// The company that it belongs to.
    pub company_id: CompanyId,
    /// Its name in commands and addresses, unique within the company.
    pub name: ConnectionName,
    /// Its name on the sign-in page.
    pub display_name: String,
    /// Its place on the sign-in page, lower first.
    pub sort_order: i64,
    /// Whether users can sign in through it.
    pub enabled: bool,
    /// What decides who gets in through it and as whom, and what it speaks.
    pub settings: Settings,
    /// The store's change counter at its last change.
    pub revision: i64,
    /// When it was added.
    pub created_at: OffsetDateTime,
}

impl Connection {
    /// The settings that `connection set` takes, with what each takes.
    pub fn keys() -> impl Iterator<Item = (&'static str, &'static str)> {
        [
            ("display_name", "the name on the sign-in page"),
            (
                "sort_order",
                "a number: the place on the sign-in page, lower first",
            ),
        ]
        .into_iter()
        .chain(Settings::keys())
    }

    /// What its secrets are sealed for: they open for no other connection.
    pub fn secret_purpose(&self) -> String {
        format!("client secret of {}", self.id)
    }

    /// What its private keys are sealed for: they open for no other connection.
    pub fn key_purpose(&self) -> String {
        format!("client key of {}", self.id)
    }

    /// Changes one setting from text.
    pub fn set(&mut self, key: &str, value: &str) -> Result<(), SettingError> {
        match key {
            "display_name" if value.trim().is_empty() => {
                Err(SettingError::value(key, value, "a name"))
            }
            "display_name" => {
                value.clone_into(&mut self.display_name);
                Ok(())
            }
            "sort_order" => {
                self.sort_order = value
                    .parse()
                    .map_err(|_| SettingError::value(key, value, "a whole number"))?;
                Ok(())
            }
            _ => self.settings.set(key, value),
        }
    }

    /// The current value of a setting, as [`Connection::set`] takes it.
    pub fn value(&self, key: &str) -> Option<String> {
        match key {
            "display_name" => Some(self.display_name.clone()),
            "sort_order" => Some(self.sort_order.to_string()),
            _ => self.settings.value(key),
        }
    }
}

/// Text that is not a connection's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a connection's name has 1 to 63 characters of a-z, 0-9 and -")]
pub struct ConnectionNameError;

/// A connection's name: 1 to 63 characters of a-z, 0-9 and dash.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ConnectionName(String);

impl ConnectionName {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ConnectionName {
    type Err = ConnectionNameError;

    fn from_str(text: &str) -> Result<Self, ConnectionNameError> {
        if is_short_name(text) {
            Ok(Self(text.to_owned()))
        } else {
            Err(ConnectionNameError)
        }
    }
}

impl fmt::Display for ConnectionName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for ConnectionName {
    type Error = ConnectionNameError;

    fn try_from(text: String) -> Result<Self, ConnectionNameError> {
        text.parse()
    }
}

impl From<ConnectionName> for String {
    fn from(name: ConnectionName) -> Self {
        name.0
    }
}
