//! How the fields of the SAML Settings form look: their order, their headings, their choices.

use super::saml_fields::SamlValues;
use super::saml_keys::{ADVANCED, CLAIMS, DANGERS, is_lines, is_switch, on_off};
use crate::admin::{Problems, SETTINGS};
use crate::console::Item;
use crate::domain::{Group, GroupKind};

/// How a field looks.
#[derive(Debug, Clone)]
pub(super) enum Control {
    Text,
    Lines,
    Number,
    Switch,
    Choice(Vec<Item>),
}

/// A field of the form.
#[derive(Debug)]
pub(super) struct Field {
    pub(super) key: &'static str,
    pub(super) label: &'static str,
    pub(super) hint: String,
    pub(super) control: Control,
    pub(super) value: String,
    pub(super) error: String,
}

/// Some fields beneath one heading.
#[derive(Debug)]
pub(super) struct FieldGroup {
    pub(super) title: &'static str,
    pub(super) fields: Vec<Field>,
}

/// The NameID formats that Entra ID issues.
const FORMATS: [(&str, &str); 4] = [
    (
        "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress",
        "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress",
    ),
    (
        "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent",
        "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent",
    ),
    (
        "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified",
        "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified",
    ),
    (
        "urn:oasis:names:tc:SAML:2.0:nameid-format:transient",
        "urn:oasis:names:tc:SAML:2.0:nameid-format:transient",
    ),
];

impl SamlValues {
    /// The groups that new accounts may be made in.
    pub(super) fn jit_groups(&self, groups: &[Group]) -> Vec<Item> {
        let members = groups
            .iter()
            .filter(|group| group.kind == GroupKind::Member);
        let options = members.map(|group| (group.id.to_string(), group.title.clone()));
        let first = std::iter::once((String::new(), "Choose a permission group".to_owned()));
        Item::list(first.chain(options), self.text("jit_group"))
    }

    pub(super) fn formats(&self) -> Vec<Item> {
        let mut options: Vec<(String, String)> = FORMATS
            .iter()
            .map(|(value, text)| ((*value).to_owned(), (*text).to_owned()))
            .collect();
        options.push(("any".to_owned(), "Any format".to_owned()));
        with_own(options, self.text("name_id_format"))
    }

    /// The fields beneath "Advanced".
    pub(super) fn advanced(&self, problems: &Problems) -> Vec<FieldGroup> {
        ADVANCED
            .iter()
            .map(|(title, keys)| FieldGroup {
                title,
                fields: keys.iter().map(|key| self.field(key, problems)).collect(),
            })
            .collect()
    }

    /// The fields of the claims' page.
    pub(super) fn claims(&self, problems: &Problems) -> Vec<Field> {
        let fields = CLAIMS.iter().map(|key| self.field(key, problems));
        fields.collect()
    }

    /// The switches that weaken a check.
    pub(super) fn dangers(&self, problems: &Problems) -> Vec<Field> {
        let fields = DANGERS.iter().map(|key| self.field(key, problems));
        fields.collect()
    }

    fn field(&self, key: &'static str, problems: &Problems) -> Field {
        let setting = SETTINGS.iter().find(|setting| setting.key == key);
        Field {
            key,
            label: setting.map_or(key, |setting| setting.label),
            hint: setting.map_or("", |setting| setting.hint).to_owned(),
            control: self.control(key),
            value: if is_switch(key) {
                on_off(self.is_on(key)).to_owned()
            } else {
                self.text(key).to_owned()
            },
            error: problems.of(key).to_owned(),
        }
    }

    fn control(&self, key: &str) -> Control {
        let choice = |options: &[(&str, &str)]| {
            let options = options.iter().map(|(value, text)| (*value, *text));
            Control::Choice(Item::list(options, self.text(key)))
        };
        match key {
            _ if is_switch(key) => Control::Switch,
            _ if is_lines(key) => Control::Lines,
            "clock_skew_seconds" => Control::Number,
            "name_id_policy" => {
                let mut options = vec![(String::new(), "Do not ask".to_owned())];
                options.extend(
                    FORMATS
                        .iter()
                        .map(|(value, text)| ((*value).to_owned(), (*text).to_owned())),
                );
                Control::Choice(with_own(options, self.text(key)))
            }
            "slo_binding" => choice(&[("redirect", "Redirect"), ("post", "POST")]),
            "required_signature" => choice(&[
                ("either", "The assertion or the response"),
                ("assertion", "The assertion"),
                ("response", "The response"),
                ("both", "Both"),
            ]),
            "certificate_validity" => choice(&[
                ("reject", "Refuse the sign-in"),
                ("warn", "Accept it, with a warning in its record"),
                ("ignore", "Accept it"),
            ]),
            "authn_statement" => choice(&[("required", "Required"), ("optional", "Optional")]),
            "unsolicited" => choice(&[
                ("bounce", "Start a fresh sign-in instead"),
                ("refuse", "Refuse them"),
                ("accept", "Accept them, once and fresh"),
            ]),
            _ => Control::Text,
        }
    }
}

fn with_own(mut options: Vec<(String, String)>, own: &str) -> Vec<Item> {
    if options.iter().all(|(value, _)| value != own) {
        options.push((own.to_owned(), own.to_owned()));
    }
    Item::list(options, own)
}
