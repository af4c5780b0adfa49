//! A connection's settings as commands name them: the domain's, and those that stand for permission groups and files.
//!
//! Invariant: what is stored are identifiers and certificates; titles and paths are resolved here.

use std::path::Path;

use super::certificates::{add, read, replace};
use crate::cli::error::{CliError, Result};
use crate::cli::import_metadata::jit_group;
use crate::cli::installation::Installation;
use crate::cli::pairs::unfit;
use crate::domain::{Company, Connection, Group, GroupId, GroupMapping, SettingError};

/// Settings that stand for something else than their text.
const KEYS: [(&str, &str); 4] = [
    (
        "jit_group",
        "the permission group of accounts made at first sign-in, or none",
    ),
    (
        "group_mapping",
        "value of the group claim=permission group, separated by commas (\\, \\= and \\\\ stand for themselves), or none",
    ),
    (
        "certificates",
        "files with a signing certificate each (PEM, Base64 or DER), separated by commas; they replace what is there",
    ),
    (
        "add_certificate",
        "a file with one more signing certificate, while the identity provider changes over",
    ),
];

/// The settings of a company's connections.
pub(super) struct Settings<'a> {
    installation: &'a Installation,
    company: &'a Company,
    groups: Vec<Group>,
}

impl<'a> Settings<'a> {
    pub(super) async fn of(installation: &'a Installation, company: &'a Company) -> Result<Self> {
        Ok(Self {
            installation,
            company,
            groups: installation.store.groups(company.id).await?,
        })
    }

    /// The settings, with what each takes.
    pub(super) fn keys() -> impl Iterator<Item = (&'static str, &'static str)> {
        Connection::keys().chain(KEYS)
    }

    /// Changes one setting from text.
    pub(super) async fn set(
        &self,
        connection: &mut Connection,
        (key, value): (&str, &str),
    ) -> Result<()> {
        let settings = &mut connection.settings;
        match key {
            "jit_group" => {
                settings.jit = match optional(value) {
                    Some(title) => Some(jit_group(self.installation, self.company, title).await?),
                    None => None,
                };
            }
            "group_mapping" => settings.group_mapping = self.mapping(value).await?,
            "certificates" => {
                let files = value
                    .split(',')
                    .map(str::trim)
                    .filter(|file| !file.is_empty());
                let read: Vec<String> = files
                    .map(|file| read(Path::new(file)))
                    .collect::<Result<_>>()?;
                replace(&mut settings.certificates, read)?;
            }
            "add_certificate" => add(&mut settings.certificates, read(Path::new(value.trim()))?),
            _ => connection
                .set(key, value)
                .map_err(|error| self.unfit(&error, connection))?,
        }
        Ok(())
    }

    /// The current value of a setting; of certificates, their SHA-1 thumbprints.
    pub(super) fn value(&self, connection: &Connection, key: &str) -> Option<String> {
        let settings = &connection.settings;
        Some(match key {
            "jit_group" => settings
                .jit
                .map_or_else(|| "none".to_owned(), |id| self.title(id)),
            "group_mapping" if settings.group_mapping.is_empty() => "none".to_owned(),
            "group_mapping" => {
                let pairs: Vec<String> = settings
                    .group_mapping
                    .iter()
                    .map(|one| {
                        let title = self.title(one.group_id);
                        format!("{}={}", escaped(&one.value), escaped(&title))
                    })
                    .collect();
                pairs.join(", ")
            }
            "certificates" => super::certificates::thumbprints(&settings.certificates),
            _ => return connection.value(key),
        })
    }

    /// Every setting that has a value of its own.
    pub(super) fn values(&self, connection: &Connection) -> serde_json::Value {
        Self::keys()
            .filter_map(|(key, _)| Some((key.to_owned(), self.value(connection, key)?.into())))
            .collect::<serde_json::Map<_, _>>()
            .into()
    }

    /// A group's title, for a group that may be gone.
    fn title(&self, id: GroupId) -> String {
        let group = self.groups.iter().find(|group| group.id == id);
        group.map_or_else(
            || "a group that is gone".to_owned(),
            |group| group.title.clone(),
        )
    }

    async fn mapping(&self, text: &str) -> Result<Vec<GroupMapping>> {
        let mut mapping = Vec::new();
        if optional(text).is_none() {
            return Ok(mapping);
        }
        for pair in pairs(text) {
            let (value, title) = pair.ok_or_else(|| {
                CliError::unusable(
                    format!("\"{text}\" is not a group mapping."),
                    "Write group_mapping=\"VALUE=TITLE, VALUE=TITLE\", with the value of the group claim (Entra ID: the group's Object ID) and the title of a permission group.",
                )
            })?;
            let group_id = self.installation.group(self.company, &title).await?.id;
            let mapped = GroupMapping { value, group_id };
            if !mapping.contains(&mapped) {
                mapping.push(mapped);
            }
        }
        Ok(mapping)
    }

    fn unfit(&self, error: &SettingError, connection: &Connection) -> CliError {
        let known: Vec<&str> = Self::keys().map(|(key, _)| key).collect();
        let list_with = format!(
            "vestibule connection set --company {} --name {}",
            self.company.slug, connection.name
        );
        unfit(error, &known, &list_with)
    }
}

fn optional(value: &str) -> Option<&str> {
    let value = value.trim();
    (!value.is_empty() && value != "none").then_some(value)
}

/// The pairs of a group mapping, split at commas and then at the last equals sign, because a directory's names hold some;
/// none for what is no pair.
fn pairs(text: &str) -> Vec<Option<(String, String)>> {
    let mut all = Vec::new();
    let (mut value, mut title) = (None::<String>, String::new());
    let mut end = |value: Option<String>, title: &str| {
        let title = title.trim().to_owned();
        let value = value.map(|value| value.trim().to_owned());
        let fits = |value: &String| {
            !value.is_empty() && !title.is_empty() && !value.chars().any(char::is_control)
        };
        all.push(value.filter(fits).map(|value| (value, title)));
    };
    let mut characters = text.chars();
    while let Some(c) = characters.next() {
        match c {
            '\\' => title.extend(characters.next()),
            ',' => end(value.take(), &std::mem::take(&mut title)),
            '=' => {
                // What stood behind the equals sign before belongs to the value after all.
                let before = value.take().map(|value| value + "=").unwrap_or_default();
                value = Some(before + &std::mem::take(&mut title));
            }
            _ => title.push(c),
        }
    }
    end(value, &title);
    all
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\")
        .replace(',', "\\,")
        .replace('=', "\\=")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs_of(expected: &[(&str, &str)]) -> Vec<Option<(String, String)>> {
        let owned =
            |(value, title): &(&str, &str)| Some(((*value).to_owned(), (*title).to_owned()));
        expected.iter().map(owned).collect()
    }

    #[test]
    fn group_mappings_are_split() {
        for (text, expected) in [
            (
                "a=Staff, b = SSO Basic",
                &[("a", "Staff"), ("b", "SSO Basic")][..],
            ),
            (
                "CN=Admins\\,OU=Groups=Operators",
                &[("CN=Admins,OU=Groups", "Operators")],
            ),
            ("a=x\\=y", &[("a", "x=y")]),
        ] {
            assert_eq!(pairs(text), pairs_of(expected), "{text}");
        }
        for text in ["a", "=b", "a=", ",", "\\", "a\u{7}=b"] {
            assert_eq!(pairs(text).first(), Some(&None), "{text}");
        }
        assert_eq!(pairs("a=b,").last(), Some(&None));
    }

    #[test]
    fn what_is_written_is_read_again() {
        for (value, title) in [("CN=a,DC=b\\c", "One, two"), ("g", "x=y")] {
            let text = format!("{}={}", escaped(value), escaped(title));
            assert_eq!(pairs(&text), pairs_of(&[(value, title)]));
        }
    }
}
