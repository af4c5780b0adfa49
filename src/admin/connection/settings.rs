//! A connection's settings by name: the value of each as text, and set from text.
//!
//! Invariant: what is stored are identifiers and certificates; titles of groups are resolved here.

use serde_json::{Map, Value};

use super::names::SETTINGS;
use crate::admin::certificate;
use crate::admin::directory::directory_text;
use crate::domain::{
    ClientKeyPair, ClientSecret, Connection, Group, GroupId, GroupKind, GroupMapping, OidcSettings,
    SettingError,
};
use crate::import::{self, CertificateError};
use crate::oidc::Discovery;
use crate::text::is_unseen;

/// The most pairs of a group mapping.
pub(super) const MOST_MAPPINGS: usize = 500;

/// What stands for something else than its text, beside [`Connection::keys`], with what each takes.
const KEYS: [(&str, &str); 5] = [
    (
        "jit_group",
        "the permission group of accounts made at first sign-in, or none",
    ),
    (
        "group_mapping",
        "value of the group claim=permission group, separated by commas (\\, \\= and \\\\ stand for themselves), or none",
    ),
    (
        "client_secret_file",
        "a file with one more client secret; the one before it is kept while the provider changes over",
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

/// A value that a setting does not take.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// The domain says so.
    #[error(transparent)]
    Setting(#[from] SettingError),
    /// No permission group has this title.
    #[error("There is no permission group \"{0}\"")]
    NoGroup(String),
    /// Everybody would be an administrator.
    #[error("\"{0}\" is a group of administrators: everybody would be one from the first sign-in")]
    Administrators(String),
    /// No pairs of value and title.
    #[error("\"{0}\" is not a group mapping")]
    Mapping(String),
    /// Each pair is compared with every other one.
    #[error("{0} rows are too many. Use at most {MOST_MAPPINGS}")]
    ManyMappings(usize),
    /// Rule B2.
    #[error("A connection without a signing certificate verifies nothing")]
    NoCertificate,
    /// Rule B4.
    #[error("The certificate cannot be used: {0}")]
    Certificate(#[from] CertificateError),
}

/// The settings of a company's connections.
#[derive(Debug)]
pub struct ConnectionSettings {
    groups: Vec<Group>,
}

impl ConnectionSettings {
    /// Of a company with these groups.
    pub fn of(groups: Vec<Group>) -> Self {
        Self { groups }
    }

    /// The settings that are set from text, with what each takes.
    pub fn keys() -> impl Iterator<Item = (&'static str, &'static str)> {
        Connection::keys().chain(KEYS)
    }

    /// Whether it is one of them, or a further attribute by whatever name.
    pub fn is_known(key: &str) -> bool {
        key.starts_with("attributes.further.") || Self::keys().any(|(known, _)| known == key)
    }

    /// The further attributes of a connection, by the names of settings.
    pub fn further_keys(connection: &Connection) -> Vec<String> {
        let properties = connection.settings.attributes.further_properties();
        properties.map(|it| format!("attributes.{it}")).collect()
    }

    /// Changes one setting from text; certificates as PEM or Base64.
    pub fn set(&self, connection: &mut Connection, key: &str, value: &str) -> Result<(), Unfit> {
        let settings = &mut connection.settings;
        match key {
            "jit_group" => {
                settings.jit = match optional(value) {
                    Some(title) => Some(self.jit_group(title)?),
                    None => None,
                };
            }
            "group_mapping" => settings.group_mapping = self.mapping(value)?,
            _ => match settings.saml_mut() {
                Some(saml) if matches!(key, "certificates" | "add_certificate") => {
                    // Rule B2.
                    if key == "certificates" && value.trim().is_empty() {
                        return Err(Unfit::NoCertificate);
                    }
                    let all = import::all_certificates(value.as_bytes())?;
                    if key == "certificates" {
                        saml.certificates.clear();
                    }
                    for one in all {
                        certificate::add(&mut saml.certificates, one);
                    }
                }
                _ => connection.set(key, value)?,
            },
        }
        Ok(())
    }

    /// The group of accounts that are made at first sign-in. Whoever the identity provider lets in gets one of those.
    pub fn jit_group(&self, title: &str) -> Result<GroupId, Unfit> {
        let group = self.group(title)?;
        if group.kind == GroupKind::Administrator {
            return Err(Unfit::Administrators(group.title.clone()));
        }
        Ok(group.id)
    }

    /// The current value of a setting; of certificates, their SHA-1 thumbprints.
    pub fn value(&self, connection: &Connection, key: &str) -> Option<String> {
        let settings = &connection.settings;
        Some(match key {
            "name" => connection.name.to_string(),
            "enabled" => connection.enabled.to_string(),
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
            "certificates" if settings.oidc().is_none() => {
                certificate::thumbprints(&settings.saml().certificates)
            }
            "issuer" => settings.oidc()?.issuer_text(),
            "redirect_uris" => settings.oidc()?.callback_codes.join(", "),
            "directory" => directory_text(connection)?,
            "provider_addresses" => endpoints_text(settings.oidc()?.discovery.as_ref()),
            "held_addresses" => {
                let held = settings.oidc()?.held_discovery.as_deref();
                endpoints_text(held.map(|held| &held.discovery))
            }
            "application_keys" => settings.oidc()?.application_keys.to_string(),
            "client_secret" => secrets_text(settings.oidc()?),
            "client_keys" => keys_text(&settings.oidc()?.client_keys),
            _ => return connection.value(key),
        })
    }

    /// Every setting with its value, for the audit log.
    pub fn values(&self, connection: &Connection) -> Value {
        let mut values = Map::new();
        for setting in SETTINGS {
            let value = if setting.key == "certificates" && connection.settings.oidc().is_none() {
                let all = connection.settings.saml().certificates.iter();
                let all: Vec<String> = all.map(|one| import::describe(one)).collect();
                Some(all.into())
            } else {
                self.value(connection, setting.key).map(Value::from)
            };
            if let Some(value) = value {
                values.insert(setting.key.to_owned(), value);
            }
        }
        values.into()
    }

    /// A group's title, for a group that may be gone.
    pub fn title(&self, id: GroupId) -> String {
        let group = self.groups.iter().find(|group| group.id == id);
        group.map_or_else(
            || "a group that is gone".to_owned(),
            |group| group.title.clone(),
        )
    }

    fn group(&self, title: &str) -> Result<&Group, Unfit> {
        let found = self.groups.iter().find(|group| group.title == title);
        found.ok_or_else(|| Unfit::NoGroup(title.to_owned()))
    }

    fn mapping(&self, text: &str) -> Result<Vec<GroupMapping>, Unfit> {
        let mut mapping = Vec::new();
        if optional(text).is_none() {
            return Ok(mapping);
        }
        let pairs = pairs(text);
        if pairs.len() > MOST_MAPPINGS {
            return Err(Unfit::ManyMappings(pairs.len()));
        }
        for pair in pairs {
            let (value, title) = pair.ok_or_else(|| Unfit::Mapping(text.to_owned()))?;
            let group_id = self.group(&title)?.id;
            let mapped = GroupMapping { value, group_id };
            if !mapping.contains(&mapped) {
                mapping.push(mapped);
            }
        }
        Ok(mapping)
    }
}

/// Of secrets, when each was set and until when it is taken: never what it is (rule N6).
fn secrets_text(oidc: &OidcSettings) -> String {
    let told = |secret: &ClientSecret| match secret.expires_at {
        Some(end) => format!("set {}, until {}", secret.set_at.date(), end.date()),
        None => format!("set {}", secret.set_at.date()),
    };
    let all = oidc.client_secrets.iter().map(told);
    let mut all = all.collect::<Vec<_>>();
    if let (Some(last), Some(end)) = (all.last_mut(), oidc.older_secret_end()) {
        let (day, minute) = (end.date(), end.time());
        let (hour, minute) = (minute.hour(), minute.minute());
        *last = format!("{last}, tried until {day} {hour:02}:{minute:02} UTC");
    }
    match &*all {
        [] => "none".to_owned(),
        all => all.join("; "),
    }
}

/// The addresses of a provider's document, by their members.
fn endpoints_text(discovery: Option<&Discovery>) -> String {
    let Some(discovery) = discovery else {
        return "none".to_owned();
    };
    let endpoints = discovery.endpoints().into_iter();
    let told = endpoints.filter_map(|(name, address)| Some(format!("{name} {}", address?)));
    told.collect::<Vec<_>>().join("; ")
}

/// Of key pairs, what they sign with, the certificate's thumbprint and its end.
fn keys_text(pairs: &[ClientKeyPair]) -> String {
    let told = |pair: &ClientKeyPair| {
        let (algorithm, end) = (pair.algorithm, pair.expires_at.date());
        format!("{algorithm} {}, until {end}", pair.sha1)
    };
    match pairs {
        [] => "none".to_owned(),
        pairs => pairs.iter().map(told).collect::<Vec<_>>().join("; "),
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
        let fits =
            |value: &String| !value.is_empty() && !title.is_empty() && !value.contains(is_unseen);
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
