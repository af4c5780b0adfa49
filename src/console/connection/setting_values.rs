//! The values of a form of a connection's settings: what each field shows, and what becomes of what was typed.
//!
//! Invariant: a field that was not changed changes nothing, whatever is stored.

use std::collections::BTreeMap;

use super::further_attributes;
use super::setting_keys::{CLAIMS, every_key, is_lines, is_switch, on_off, provider_fields};
use crate::admin::{Problems, SETTINGS, connection_name};
use crate::domain::{
    Binding, Connection, Group, GroupMapping, SettingError, lines_to_list, list_to_lines,
};

/// What the form holds, by name.
#[derive(Debug, Clone, Default)]
pub(in crate::console) struct SettingValues {
    texts: BTreeMap<String, String>,
    /// The rows of the group mapping: a value of the claim and a group's identifier.
    pub(in crate::console) mapping: Vec<(String, String)>,
    /// The rows of the further attributes: a name and its sources, one on each line.
    pub(in crate::console) further: Vec<(String, String)>,
}

impl SettingValues {
    /// Of a connection.
    pub(in crate::console) fn of(connection: &Connection) -> Self {
        let mut values = Self::default();
        for key in every_key() {
            let stored = connection.value(key).unwrap_or_default();
            values.put(key, shown(key, &stored));
        }
        let settings = &connection.settings;
        values.put("name", connection.name.to_string());
        let (login, other) = login_urls(connection);
        values.put("login_url", login);
        values.put("other_login_url", other);
        values.put("binding", settings.saml().binding.to_string());
        if settings.jit.is_some() {
            values.put("jit", "on".to_owned());
        }
        values.put(
            "jit_group",
            settings
                .jit
                .or(settings.jit_kept)
                .map(|id| id.to_string())
                .unwrap_or_default(),
        );
        values.further = further_attributes::rows(connection);
        let rows = settings.group_mapping.iter();
        values.mapping = rows
            .map(|one| (one.value.clone(), one.group_id.to_string()))
            .collect();
        values
    }

    /// These with what a smaller form sent; a box that it did not send is not ticked.
    pub(in crate::console) fn with(mut self, fields: Vec<(String, String)>) -> Self {
        let sent = Self::sent(fields);
        self.texts.remove("jit");
        self.texts.extend(sent.texts);
        self
    }

    /// Of a form that was sent. The rows of the mapping come as two fields each, in their order.
    pub(in crate::console) fn sent(fields: Vec<(String, String)>) -> Self {
        let mut values = Self::default();
        let mut waiting = None;
        let (mut names, mut sources) = (Vec::new(), Vec::new());
        for (name, value) in fields {
            match name.as_str() {
                "further_name" => names.push(value.trim().to_owned()),
                "further_sources" => sources.push(as_lines(&value)),
                "mapping_value" => waiting = Some(value.trim().to_owned()),
                "mapping_group" => {
                    if let Some(claim) = waiting.take()
                        && !claim.is_empty()
                    {
                        values.mapping.push((claim, value));
                    }
                }
                "scope" => {
                    let ticked = values.text("scope");
                    values.put("scope", format!("{ticked}{value}\n"));
                }
                _ => values.put(&name, as_lines(&value)),
            }
        }
        let rows = names.into_iter().zip(sources);
        values.further = rows.filter(|(name, _)| !name.is_empty()).collect();
        values
    }

    /// What the form of the settings sent, with the claims as they are stored: these have a page of their own.
    pub(in crate::console) fn sent_settings(
        fields: Vec<(String, String)>,
        stored: &Connection,
    ) -> Self {
        let mut values = Self::sent(fields);
        let stored = Self::of(stored);
        for key in CLAIMS {
            values.put(key, stored.text(key).to_owned());
        }
        values.mapping = stored.mapping;
        values.further = stored.further;
        values
    }

    /// What the form of OpenID Connect's settings sent, with what it has no field for as it is stored.
    pub(in crate::console) fn sent_provider(
        fields: Vec<(String, String)>,
        stored: &Connection,
    ) -> Self {
        let sent = Self::sent(fields);
        let mut values = Self::of(stored);
        let scopes = sent.scopes(values.text("scopes"));
        for key in provider_fields() {
            values.put(key, sent.text(key).to_owned());
        }
        values.put("scopes", scopes);
        values
    }

    /// The scopes that were ticked and those that were written, in the order in which they are stored.
    fn scopes(&self, stored: &str) -> String {
        let sent = || {
            self.text("scope")
                .lines()
                .chain(self.text("scopes").lines())
        };
        let sent = || sent().map(str::trim).filter(|scope| !scope.is_empty());
        let kept = stored.lines().filter(|scope| sent().any(|it| it == *scope));
        let mut all: Vec<&str> = Vec::new();
        for scope in kept.chain(sent()) {
            if !all.contains(&scope) {
                all.push(scope);
            }
        }
        all.join("\n")
    }

    /// What the form of the claims sent, with the other settings as they are stored.
    pub(in crate::console) fn sent_claims(
        fields: Vec<(String, String)>,
        stored: &Connection,
    ) -> Self {
        let sent = Self::sent(fields);
        let mut values = Self::of(stored);
        for key in CLAIMS.into_iter().chain(["revision"]) {
            // Some claims are SAML's alone, and have no field elsewhere.
            if let Some(text) = sent.texts.get(key) {
                values.put(key, text.clone());
            }
        }
        values.mapping = sent.mapping;
        values.further = sent.further;
        values
    }

    pub(in crate::console) fn text(&self, key: &str) -> &str {
        self.texts.get(key).map_or("", String::as_str)
    }

    pub(in crate::console) fn is_on(&self, key: &str) -> bool {
        matches!(self.text(key), "on" | "true")
    }

    fn put(&mut self, key: &str, value: String) {
        self.texts.insert(key.to_owned(), value);
    }

    /// The connection with what was typed, where that differs from what the form showed.
    pub(in crate::console) fn applied(
        &self,
        before: &Connection,
        groups: &[Group],
    ) -> Result<Connection, Problems> {
        let shown_before = Self::of(before);
        let mut after = before.clone();
        let mut problems = Problems::default();
        for key in every_key() {
            let text = self.text(key);
            let (text, was) = if is_switch(key) {
                (on_off(self.is_on(key)), on_off(shown_before.is_on(key)))
            } else {
                // What is sent has no white space around it any more.
                (text, shown_before.text(key).trim())
            };
            if text != was
                && let Err(error) = after.set(key, &stored(key, text))
            {
                problems.add(key, fitting(&error));
            }
        }
        if self.text("name") != shown_before.text("name") {
            match connection_name(self.text("name")) {
                Ok(name) => after.name = name,
                Err(problem) => problems.add(problem.field, problem.what),
            }
        }
        self.apply_login(&shown_before, &mut after, &mut problems);
        self.apply_jit(&mut after, groups, &mut problems);
        self.apply_mapping(&mut after, groups, &mut problems);
        if self.further != shown_before.further {
            further_attributes::apply(&self.further, &mut after, &mut problems);
        }
        if problems.is_empty() {
            Ok(after)
        } else {
            Err(problems)
        }
    }

    /// The Login URL is that of the chosen binding; the other binding has the same one unless another is given.
    fn apply_login(&self, before: &Self, after: &mut Connection, problems: &mut Problems) {
        if self.text("binding") != before.text("binding")
            && let Err(error) = after.set("binding", self.text("binding"))
        {
            problems.add("binding", fitting(&error));
        }
        let (login, other) = (self.text("login_url"), self.text("other_login_url"));
        let is_typed = login != before.text("login_url") || other != before.text("other_login_url");
        let (chosen_key, other_key) = match after.settings.saml().binding {
            Binding::Post => ("sso_post_url", "sso_redirect_url"),
            Binding::Redirect => ("sso_redirect_url", "sso_post_url"),
        };
        let has = after.value(chosen_key).is_some_and(|url| url != "none");
        if !is_typed && (has || login.is_empty()) {
            return;
        }
        if let Err(error) = after.set(chosen_key, &stored(chosen_key, login)) {
            problems.add("login_url", fitting(&error));
        }
        let other = if other.is_empty() { login } else { other };
        if let Err(error) = after.set(other_key, &stored(other_key, other))
            && problems.of("login_url").is_empty()
        {
            problems.add("other_login_url", fitting(&error));
        }
    }

    fn apply_jit(&self, after: &mut Connection, groups: &[Group], problems: &mut Problems) {
        let chosen = groups
            .iter()
            .find(|group| group.id.to_string() == self.text("jit_group"));
        let settings = &mut after.settings;
        if !self.is_on("jit") {
            // The choice waits for the switch.
            (settings.jit, settings.jit_kept) = (None, chosen.map(|group| group.id));
            return;
        }
        match chosen {
            Some(group) => (settings.jit, settings.jit_kept) = (Some(group.id), None),
            None => problems.add("jit_group", "Choose the permission group of new accounts."),
        }
    }

    fn apply_mapping(&self, after: &mut Connection, groups: &[Group], problems: &mut Problems) {
        let mut mapping = Vec::new();
        for (value, group) in &self.mapping {
            match groups.iter().find(|known| known.id.to_string() == *group) {
                Some(known) => mapping.push(GroupMapping {
                    value: value.clone(),
                    group_id: known.id,
                }),
                None if problems.of("group_mapping").is_empty() => {
                    problems.add(
                        "group_mapping",
                        format!("Choose a permission group for {value}."),
                    );
                }
                None => {}
            }
        }
        mapping.dedup();
        after.settings.group_mapping = mapping;
    }
}

/// What was typed, with the line ends of ours.
fn as_lines(value: &str) -> String {
    value.replace("\r\n", "\n").trim().to_owned()
}

/// A stored value as the form shows it.
fn shown(key: &str, stored: &str) -> String {
    match stored {
        "none" => String::new(),
        _ if key.starts_with("attributes.") => list_to_lines(stored),
        _ if is_lines(key) => stored.replace(',', "\n"),
        _ => stored.to_owned(),
    }
}

/// What the form shows as it is stored.
fn stored(key: &str, shown: &str) -> String {
    match shown {
        _ if key.starts_with("attributes.") => lines_to_list(shown),
        _ if is_lines(key) => {
            let lines = shown.lines().map(str::trim).filter(|line| !line.is_empty());
            lines.collect::<Vec<_>>().join(",")
        }
        _ => shown.to_owned(),
    }
}

/// The Login URL of the chosen binding, and the other binding's when it is another.
fn login_urls(connection: &Connection) -> (String, String) {
    let settings = &connection.settings;
    let (chosen, other) = match settings.saml().binding {
        Binding::Post => (
            &settings.saml().sso_post_url,
            &settings.saml().sso_redirect_url,
        ),
        Binding::Redirect => (
            &settings.saml().sso_redirect_url,
            &settings.saml().sso_post_url,
        ),
    };
    let text = |url: &Option<String>| url.clone().unwrap_or_default();
    match (chosen, other) {
        (None, Some(_)) => (String::new(), text(other)),
        _ if chosen == other => (text(chosen), String::new()),
        _ => (text(chosen), text(other)),
    }
}

/// What fits, as a sentence.
fn fitting(error: &SettingError) -> String {
    match error {
        SettingError::Value { value, .. } if value.starts_with("http://") => {
            "This address must begin with https://.".to_owned()
        }
        SettingError::Value { allowed, .. } => {
            let allowed = allowed.trim_end_matches(", or none");
            let allowed = allowed.trim_end_matches(" (http for loopback names only)");
            format!("This does not fit. Use {allowed}.")
        }
        SettingError::OfTheCompany { .. } | SettingError::UnknownKey { .. } => error.to_string(),
    }
}

/// What differs between two forms, for people: the setting, its text in the one, and its text in the other.
pub(in crate::console) fn beside(
    typed: &SettingValues,
    stored: &SettingValues,
    groups: &[Group],
) -> Vec<(&'static str, String, String)> {
    let title = |id: &str| {
        let group = groups.iter().find(|group| group.id.to_string() == id);
        group.map_or_else(String::new, |group| group.title.clone())
    };
    let text = |values: &SettingValues, key: &str| match key {
        "jit_group" if !values.is_on("jit") => "off".to_owned(),
        "jit_group" => title(values.text(key)),
        "group_mapping" => {
            let rows = values.mapping.iter();
            let rows: Vec<String> = rows
                .map(|(value, group)| format!("{value} → {}", title(group)))
                .collect();
            rows.join(", ")
        }
        "attributes.further" => {
            let rows = values.further.iter();
            let rows: Vec<String> = rows
                .map(|(name, sources)| format!("{name} = {}", sources.replace('\n', ", ")))
                .collect();
            rows.join("; ")
        }
        _ if is_switch(key) && values.is_on(key) => "on".to_owned(),
        _ if is_switch(key) => "off".to_owned(),
        _ => values.text(key).replace('\n', ", "),
    };
    let named = SETTINGS
        .iter()
        .map(|setting| (setting.key, setting.label))
        .filter(|(key, _)| !matches!(*key, "sso_post_url" | "sso_redirect_url"));
    let urls = [
        ("login_url", "Login URL"),
        ("other_login_url", "Login URL for the other binding"),
    ];
    named
        .chain(urls)
        .map(|(key, label)| (label, text(typed, key), text(stored, key)))
        .filter(|(_, typed, stored)| typed != stored)
        .collect()
}
