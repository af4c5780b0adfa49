//! Changing an application's settings from text, as a command does.
//!
//! Invariant: what is changed together is judged together; when anything does not fit, nothing changes, and the error says what
//! fits. Which companies it serves is not here: a slug is looked up first.

use std::str::FromStr;

use super::SettingError;
use super::application::{Application, ApplicationSettings};
use super::setting::{joined, list, optional, or_none, switch};
use super::user::LONGEST_NAME;
use crate::policy::{HeaderEncoding, IdentityHeaderSettings, SkipRule};
use crate::text::is_unseen;

const ORIGINS: &str = "origins such as https://app.example.com or https://{company}.app.example.com, separated by commas";
const TEXT: &str = "a text of one line, at most 200 characters";
const RULES: &str = "rules such as `GET,HEAD /public/`, separated by ; (a path that ends in / is everything below it; with `identity` behind the path it is told who is there), or none";
const PATHS: &str = "paths that other sites may call, such as /hook, separated by commas, or none";
const UPSTREAMS: &str = "where our own proxy finds it: http://127.0.0.1:3000, https://app.internal or unix:/run/app.sock, separated by commas, or none";
const HEADER: &str = "a header's name, or none";

impl Application {
    /// The settings that [`Application::changed`] takes, with what each takes.
    pub const KEYS: &'static [(&'static str, &'static str)] = &[
        ("display_name", TEXT),
        ("description", TEXT),
        (
            "kind",
            "nginx, forwarded (Caddy, Traefik, HAProxy), envoy or built-in",
        ),
        ("origins", ORIGINS),
        (
            "launch_url",
            "the page that opens it: a path such as /start, or an address at one of its origins",
        ),
        (
            "audience",
            "whom its tokens are for (`aud`), or none for its first origin",
        ),
        (
            "groups",
            "titles of the permission groups that it is told of, separated by commas, or none",
        ),
        ("skip_rules", RULES),
        ("upstreams", UPSTREAMS),
        (
            "upstream_host",
            "the Host that our own proxy sends, such as app.internal:3000, or none for the public one",
        ),
        (
            "danger_ambiguous_paths",
            "true or false: our own proxy lets paths pass that two programs may understand differently",
        ),
        (
            "preflight",
            "true or false: CORS preflights pass without a sign-in",
        ),
        (
            "danger_cross_site",
            "true or false: requests that other sites cause pass like others",
        ),
        (
            "same_site_is_foreign",
            "true or false: another host of the same domain counts as another site",
        ),
        ("cross_site_paths", PATHS),
        ("header_user", HEADER),
        ("header_email", HEADER),
        ("header_name", HEADER),
        ("header_groups", HEADER),
        ("header_groups_omitted", HEADER),
        ("header_company", HEADER),
        ("header_identity", HEADER),
        ("header_encoding", "percent, utf8 or rfc2047"),
        (
            "header_budget",
            "octets of all headers together: 3500, or 7000 where proxy and application are made for it",
        ),
        ("groups_limit", "octets of the list of groups"),
        ("token_limit", "octets of the signed token"),
        (
            "token_seconds",
            "seconds that a signed token lives, 60 to 600",
        ),
        (
            "danger_unverified_email",
            "true or false: it is told addresses whose domain nobody has verified, also where there are several companies",
        ),
    ];

    /// This application with some settings changed.
    pub fn changed<'a>(
        &self,
        pairs: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, SettingError> {
        let mut changed = self.clone();
        let mut last = "origins";
        for (key, value) in pairs {
            changed.set(key, value)?;
            last = key;
        }
        match changed.settings.headers() {
            Ok(_) => Ok(changed),
            Err(unfit) => {
                let value = changed.value(last).unwrap_or_default();
                Err(SettingError::value(
                    last,
                    &value,
                    format!("others: {unfit}"),
                ))
            }
        }
    }

    fn set(&mut self, key: &str, value: &str) -> Result<(), SettingError> {
        let settings = &mut self.settings;
        if let Some(header) = header(&mut settings.headers, key) {
            *header = optional(value).map(str::to_owned);
            return Ok(());
        }
        match key {
            "display_name" => self.display_name = text(key, value, 1)?,
            "description" => settings.description = text(key, value, 0)?,
            "kind" => settings.kind = parsed(key, value)?,
            "origins" => settings.origins = parsed_list(key, value, ",", ORIGINS)?,
            "launch_url" => value.clone_into(&mut settings.launch_url),
            "audience" => settings.audience = optional(value).map(str::to_owned),
            "groups" => settings.groups = list(value),
            "skip_rules" => settings.skip_rules = skip_rules(key, value)?,
            "upstreams" => {
                settings.upstream.upstreams = parsed_list(key, value, ",", UPSTREAMS)?;
            }
            "upstream_host" => settings.upstream.host = optional(value).map(str::to_owned),
            "danger_ambiguous_paths" => {
                settings.upstream.danger_ambiguous_paths = switch(key, value)?;
            }
            "preflight" => settings.preflight = switch(key, value)?,
            "danger_cross_site" => settings.danger_cross_site = switch(key, value)?,
            "same_site_is_foreign" => settings.same_site_is_foreign = switch(key, value)?,
            "cross_site_paths" => {
                settings.cross_site_paths = parsed_list(key, value, ",", PATHS)?;
            }
            "header_encoding" => settings.headers.header_encoding = word(key, value)?,
            "header_budget" => settings.headers.header_budget = number(key, value)?,
            "groups_limit" => settings.headers.groups_limit = number(key, value)?,
            "token_limit" => settings.headers.token_limit = number(key, value)?,
            "token_seconds" => settings.token_seconds = number(key, value)?,
            "danger_unverified_email" => settings.danger_unverified_email = switch(key, value)?,
            _ => {
                let known: Vec<&str> = Self::KEYS.iter().map(|(key, _)| *key).collect();
                return Err(SettingError::UnknownKey {
                    key: key.to_owned(),
                    known: known.join(", "),
                });
            }
        }
        Ok(())
    }

    /// The current value of a setting, as [`Application::changed`] takes it.
    pub fn value(&self, key: &str) -> Option<String> {
        let settings = &self.settings;
        let mut headers = settings.headers.clone();
        if let Some(header) = header(&mut headers, key) {
            return Some(or_none(header.as_ref()));
        }
        Some(match key {
            "display_name" => self.display_name.clone(),
            "description" => settings.description.clone(),
            "kind" => settings.kind.to_string(),
            "origins" => texts(&settings.origins),
            "launch_url" => settings.launch_url.clone(),
            "audience" => or_none(settings.audience.as_ref()),
            "groups" => joined(&settings.groups),
            "skip_rules" => written_rules(settings),
            "upstreams" => texts(&settings.upstream.upstreams),
            "upstream_host" => or_none(settings.upstream.host.as_ref()),
            "danger_ambiguous_paths" => settings.upstream.danger_ambiguous_paths.to_string(),
            "preflight" => settings.preflight.to_string(),
            "danger_cross_site" => settings.danger_cross_site.to_string(),
            "same_site_is_foreign" => settings.same_site_is_foreign.to_string(),
            "cross_site_paths" => texts(&settings.cross_site_paths),
            "header_encoding" => encoding(settings.headers.header_encoding),
            "header_budget" => u16::from(settings.headers.header_budget).to_string(),
            "groups_limit" => settings.headers.groups_limit.to_string(),
            "token_limit" => settings.headers.token_limit.to_string(),
            "token_seconds" => settings.token_seconds.to_string(),
            "danger_unverified_email" => settings.danger_unverified_email.to_string(),
            _ => return None,
        })
    }
}

/// The name of a header that a setting is about.
fn header<'s>(
    headers: &'s mut IdentityHeaderSettings,
    key: &str,
) -> Option<&'s mut Option<String>> {
    Some(match key {
        "header_user" => &mut headers.user,
        "header_email" => &mut headers.email,
        "header_name" => &mut headers.name,
        "header_groups" => &mut headers.groups,
        "header_groups_omitted" => &mut headers.groups_omitted,
        "header_company" => &mut headers.company,
        "header_identity" => &mut headers.identity,
        _ => return None,
    })
}

fn allowed(key: &str) -> &'static str {
    let mut keys = Application::KEYS.iter();
    keys.find(|(known, _)| *known == key)
        .map_or("", |(_, allowed)| allowed)
}

fn parsed<T: FromStr>(key: &str, value: &str) -> Result<T, SettingError> {
    value
        .parse()
        .map_err(|_| SettingError::value(key, value, allowed(key)))
}

fn number<T: TryFrom<u16>>(key: &str, value: &str) -> Result<T, SettingError> {
    let number: Option<u16> = value.parse().ok();
    number
        .and_then(|number| number.try_into().ok())
        .ok_or_else(|| SettingError::value(key, value, allowed(key)))
}

/// A word as it stands in JSON.
fn word(key: &str, value: &str) -> Result<HeaderEncoding, SettingError> {
    serde_json::from_value(value.into()).map_err(|_| SettingError::value(key, value, allowed(key)))
}

fn encoding(encoding: HeaderEncoding) -> String {
    let word = serde_json::to_value(encoding).ok();
    let word = word.as_ref().and_then(serde_json::Value::as_str);
    word.unwrap_or_default().to_owned()
}

fn parsed_list<T: FromStr<Err: std::fmt::Display>>(
    key: &str,
    value: &str,
    separator: &str,
    allowed: &str,
) -> Result<Vec<T>, SettingError> {
    let parts = optional(value).into_iter();
    let parts = parts
        .flat_map(|value| value.split(separator))
        .map(str::trim);
    let one = |text: &str| {
        let unfit = |why: T::Err| SettingError::value(key, text, format!("{allowed}: {why}"));
        text.parse().map_err(unfit)
    };
    parts.filter(|text| !text.is_empty()).map(one).collect()
}

fn skip_rules(key: &str, value: &str) -> Result<Vec<SkipRule>, SettingError> {
    let rule = |text: &str| {
        let mut words = text.split_whitespace();
        let (methods, path, rest) = (words.next(), words.next(), words.next());
        let is_told = rest == Some("identity");
        let made = match (methods, path) {
            (Some(methods), Some(path)) if rest.is_none() || is_told && words.next().is_none() => {
                SkipRule::new(methods.split(','), path, is_told).map_err(|why| why.to_string())
            }
            _ => Err("methods and a path are expected".to_owned()),
        };
        made.map_err(|why| SettingError::value(key, text, format!("{RULES}: {why}")))
    };
    let texts = optional(value).into_iter();
    let texts = texts.flat_map(|value| value.split(';')).map(str::trim);
    texts.filter(|text| !text.is_empty()).map(rule).collect()
}

fn written_rules(settings: &ApplicationSettings) -> String {
    let rule = |rule: &SkipRule| {
        let told = if rule.tells_identity() {
            " identity"
        } else {
            ""
        };
        format!(
            "{} {}{told}",
            rule.methods().join(","),
            rule.path().as_str()
        )
    };
    let rules: Vec<String> = settings.skip_rules.iter().map(rule).collect();
    if rules.is_empty() {
        "none".to_owned()
    } else {
        rules.join("; ")
    }
}

fn texts<T: Clone + Into<String>>(values: &[T]) -> String {
    let texts: Vec<String> = values.iter().cloned().map(Into::into).collect();
    joined(&texts)
}

fn text(key: &str, value: &str, least: usize) -> Result<String, SettingError> {
    let text = value.trim();
    let length = text.chars().count();
    if (least..=LONGEST_NAME).contains(&length) && !text.contains(is_unseen) {
        Ok(text.to_owned())
    } else {
        Err(SettingError::value(key, value, TEXT))
    }
}

#[cfg(test)]
mod tests {
    use time::OffsetDateTime;

    use super::super::ApplicationId;
    use super::super::application::ServedCompanies;
    use super::*;

    fn crm() -> Application {
        Application {
            id: ApplicationId::from_bytes([1; 16]),
            name: "crm".parse().unwrap(),
            display_name: "CRM".to_owned(),
            settings: ApplicationSettings {
                origins: vec!["https://app.example.com".parse().unwrap()],
                ..ApplicationSettings::default()
            },
            companies: ServedCompanies::Every,
            created_at: OffsetDateTime::UNIX_EPOCH,
        }
    }

    #[test]
    fn every_setting_takes_what_it_shows() {
        let crm = crm();
        for (key, _) in Application::KEYS {
            let value = crm.value(key).unwrap();
            assert_eq!(crm.changed([(*key, value.as_str())]).unwrap(), crm, "{key}");
        }
    }

    #[test]
    fn settings_change_together() {
        let changed = crm()
            .changed([
                ("skip_rules", "GET,HEAD /public/; GET /feed identity"),
                ("cross_site_paths", "/hook"),
                ("header_email", "none"),
                ("header_budget", "7000"),
                ("origins", "https://{company}.app.example.com"),
            ])
            .unwrap();
        assert_eq!(changed.settings.skip_rules.len(), 2);
        assert_eq!(
            changed.value("skip_rules").unwrap(),
            "GET,HEAD /public/; GET /feed identity"
        );
        assert_eq!(changed.settings.headers.email, None);
        for (key, value) in [
            ("kind", "apache"),
            ("origins", "none"),
            ("origins", "app.example.com"),
            ("launch_url", "https://evil.example/"),
            ("skip_rules", "/public/"),
            ("skip_rules", "GET /a b"),
            ("header_budget", "8000"),
            ("header_user", "Cookie"),
            ("token_seconds", "30"),
            ("nothing", "x"),
        ] {
            assert!(crm().changed([(key, value)]).is_err(), "{key}={value}");
        }
    }
}
