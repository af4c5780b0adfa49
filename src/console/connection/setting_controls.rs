//! How the fields of a settings' form look: their order, their headings, their choices.

use super::setting_keys::{
    ADVANCED, CLAIMS, DANGERS, PROVIDER_ADVANCED, is_lines, is_switch, on_off,
};
use super::setting_values::SettingValues;
use crate::admin::{Problems, SETTINGS};
use crate::console::Item;
use crate::domain::{Group, GroupKind, Settings};

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

/// What settings that SAML has as well do with OpenID Connect, where that is something else.
const PROVIDER_HINTS: [(&str, &str); 3] = [
    (
        "force_authn",
        "The provider has to ask for the password again, even when the user is signed in there (prompt=login).",
    ),
    (
        "max_authentication_age",
        "How many seconds ago the user may have signed in at the provider, such as 28800 for 8 hours. Empty does not ask (max_age).",
    ),
    (
        "trust_email_claim",
        "Your directory's people cannot change the e-mail address that it sends. People link to accounts by it.",
    ),
];

/// The claims' fields that OpenID Connect has no use for.
const CLAIMS_OF_SAML: [&str; 2] = ["attributes.object_id", "attributes.groups_overage"];

impl SettingValues {
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
        self.groups(&ADVANCED, problems)
    }

    /// The same of OpenID Connect.
    pub(super) fn provider_advanced(&self, problems: &Problems) -> Vec<FieldGroup> {
        let mut groups = self.groups(&PROVIDER_ADVANCED, problems);
        for field in groups.iter_mut().flat_map(|group| &mut group.fields) {
            if let Some((_, hint)) = PROVIDER_HINTS.iter().find(|(key, _)| *key == field.key) {
                (*hint).clone_into(&mut field.hint);
            }
        }
        groups
    }

    fn groups(
        &self,
        groups: &[(&'static str, &[&'static str])],
        problems: &Problems,
    ) -> Vec<FieldGroup> {
        groups
            .iter()
            .map(|&(title, keys)| FieldGroup {
                title,
                fields: keys.iter().map(|&key| self.field(key, problems)).collect(),
            })
            .collect()
    }

    /// The fields of the claims' page.
    pub(super) fn claims(&self, settings: &Settings, problems: &Problems) -> Vec<Field> {
        let is_saml = settings.oidc().is_none();
        let is_shown = |key: &str| match key {
            // Rule S2: offered once the claim has come.
            "groups_missing" => settings.groups_seen,
            _ => is_saml || !CLAIMS_OF_SAML.contains(&key),
        };
        let shown = CLAIMS.iter().filter(|key| is_shown(key));
        let mut fields: Vec<Field> = shown.map(|&key| self.field(key, problems)).collect();
        for field in &mut fields {
            if let ("groups_overflow", Control::Choice(items)) = (field.key, &mut field.control) {
                items.retain(|item| {
                    item.value != "graph" || item.chosen || settings.directory.is_some()
                });
            }
        }
        fields
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
            "groups_missing" => choice(&[
                ("keep", "Nothing: groups stay as they are"),
                ("none", "That the person is in no group"),
            ]),
            "groups_overflow" => choice(&[
                ("keep", "Keep the groups that are known"),
                ("graph", "Ask the directory (Microsoft Graph)"),
                ("refuse", "Refuse the sign-in"),
            ]),
            "name_id_policy" => {
                let mut options = vec![(String::new(), "Do not ask".to_owned())];
                options.extend(
                    FORMATS
                        .iter()
                        .map(|(value, text)| ((*value).to_owned(), (*text).to_owned())),
                );
                Control::Choice(with_own(options, self.text(key)))
            }
            "client_authentication" => choice(&[
                ("client_secret_post", "In the body (client_secret_post)"),
                ("client_secret_basic", "In a header (client_secret_basic)"),
                ("private_key_jwt", "By a key pair (private_key_jwt)"),
            ]),
            "assertion_audience" => choice(&[
                ("issuer", "The provider (its issuer)"),
                ("token_endpoint", "Its token endpoint"),
            ]),
            "response_mode" => choice(&[
                ("query", "In the address (query)"),
                ("form_post", "As a form (form_post)"),
            ]),
            "userinfo" => choice(&[
                ("off", "Do not ask it"),
                ("on", "Ask it"),
                ("signed", "Ask it, and take signed answers only"),
            ]),
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
