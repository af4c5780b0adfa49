//! What differs between two states of a connection, for people.

use serde::Serialize;

use super::names::SETTINGS;
use super::settings::ConnectionSettings;
use crate::domain::Connection;
use crate::import;

/// One thing that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// The setting's name in commands and in the API.
    pub key: &'static str,
    /// Its name on pages.
    pub label: &'static str,
    /// What was there; none for a certificate that is added.
    pub before: Option<String>,
    /// What is there then; none for a certificate that is removed.
    pub after: Option<String>,
}

impl Difference {
    /// As the audit log tells it.
    pub(super) fn in_a_line(&self) -> String {
        let text = |value: &Option<String>| value.clone().unwrap_or_else(|| "none".to_owned());
        format!(
            "{}: {} → {}",
            self.key,
            text(&self.before),
            text(&self.after)
        )
    }
}

/// What differs, in the order of the settings; each certificate by itself.
pub fn differences(
    settings: &ConnectionSettings,
    before: &Connection,
    after: &Connection,
) -> Vec<Difference> {
    let mut found = Vec::new();
    for setting in SETTINGS {
        if setting.key == "certificates" {
            certificates(before, after, setting.label, &mut found);
            continue;
        }
        let (old, new) = (
            settings.value(before, setting.key),
            settings.value(after, setting.key),
        );
        if old != new {
            found.push(Difference {
                key: setting.key,
                label: setting.label,
                before: old.map(|value| for_people(setting.key, value)),
                after: new.map(|value| for_people(setting.key, value)),
            });
        }
    }
    found
}

/// What is told of a new connection whatever it is.
const OF_EACH: [&str; 5] = [
    "display_name",
    "name",
    "name_id_format",
    "binding",
    "sign_requests",
];

/// What a new connection has beside its certificates, where that is not what each begins with.
pub fn introduction(settings: &ConnectionSettings, new: &Connection) -> Vec<Difference> {
    let blank = Connection {
        settings: new.settings.blank(),
        ..new.clone()
    };
    let is_told = |key| {
        key != "certificates"
            && (OF_EACH.contains(&key) || settings.value(new, key) != settings.value(&blank, key))
    };
    SETTINGS
        .iter()
        .filter(|setting| is_told(setting.key))
        .map(|setting| Difference {
            key: setting.key,
            label: setting.label,
            before: None,
            after: settings
                .value(new, setting.key)
                .map(|value| for_people(setting.key, value)),
        })
        .collect()
}

fn certificates(
    before: &Connection,
    after: &Connection,
    label: &'static str,
    found: &mut Vec<Difference>,
) {
    let (old, new) = (
        &before.settings.saml().certificates,
        &after.settings.saml().certificates,
    );
    let mut note = |before: Option<&String>, after: Option<&String>| {
        found.push(Difference {
            key: "certificates",
            label,
            before: before.map(|certificate| import::describe(certificate)),
            after: after.map(|certificate| import::describe(certificate)),
        });
    };
    for removed in old.iter().filter(|certificate| !new.contains(certificate)) {
        note(Some(removed), None);
    }
    for added in new.iter().filter(|certificate| !old.contains(certificate)) {
        note(None, Some(added));
    }
    // The order says which one is tried first, and nothing else.
}

fn for_people(key: &str, value: String) -> String {
    match value.as_str() {
        "true" => "on".to_owned(),
        "false" => "off".to_owned(),
        "either" => "the assertion or the response".to_owned(),
        "assertion" | "response" if key == "required_signature" => format!("the {value}"),
        "reject" => "refuse the sign-in".to_owned(),
        "warn" => "accept it, with a warning".to_owned(),
        "ignore" => "accept it".to_owned(),
        "bounce" => "start a fresh sign-in".to_owned(),
        "refuse" => "refuse them".to_owned(),
        "accept" => "accept them".to_owned(),
        "post" if key.ends_with("binding") => "POST".to_owned(),
        "redirect" if key.ends_with("binding") => "Redirect".to_owned(),
        "" => "none".to_owned(),
        _ => value,
    }
}
