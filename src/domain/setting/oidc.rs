//! The settings of OpenID Connect, changed from text.

use super::values::{visible, word};
use super::{SettingError, joined, optional, or_none, switch};
use crate::domain::oidc_settings::CHECK_AGAIN_RANGE;
use crate::domain::{DomainName, OidcSettings};
use crate::oidc::{Issuer, TenantId};
use crate::text::is_unseen;

/// The longest client ID.
const LONGEST_CLIENT_ID: usize = 255;
const CLIENT_ID: &str =
    "the client ID that the provider gave (Entra ID: Application (client) ID), on one line";

const ENTRA_CLIENT_ID: &str = "the Application (client) ID, which is a GUID such as 00000000-0000-0000-0000-000000000000: App registrations, the application, Overview";

const ADOPT_FROM: &str = "the name of the company's SAML connection to the same tenant, whose people sign in here into the same accounts, or none";
const CHECK_AGAIN: &str =
    "5 to 1440 minutes, or off: how often the provider is asked whether a sign-in still counts";
const DOMAIN_HINT: &str = "one of the company's e-mail domains, organizations, or none: which accounts the provider's page offers (Entra ID)";

impl OidcSettings {
    /// The hint that means the work accounts of every organization.
    pub const ANY_ORGANIZATION: &'static str = "organizations";

    /// The settings of OpenID Connect that are set from text, with what each takes. What has to be asked of the provider (who it is)
    /// and what is secret are set by functions of their own.
    pub(super) const KEYS: &'static [(&'static str, &'static str)] = &[
        ("client_id", CLIENT_ID),
        (
            "client_authentication",
            "client_secret_post, client_secret_basic or private_key_jwt",
        ),
        (
            "assertion_audience",
            "issuer or token_endpoint: for whom an assertion by a key is, outside Entra ID",
        ),
        (
            "scopes",
            "scopes to ask for beside openid, separated by commas, or none",
        ),
        ("domain_hint", DOMAIN_HINT),
        ("check_again", CHECK_AGAIN),
        (
            "response_mode",
            "query or form_post: how the answer travels",
        ),
        (
            "userinfo",
            "off, on or signed: whether the userinfo endpoint is asked as well",
        ),
        (
            "accepted_audiences",
            "audiences of an ID token beside the client ID, separated by commas, or none",
        ),
        (
            "accepted_acr",
            "acr values that are taken, separated by commas, or none",
        ),
        (
            "user_name_as_email",
            "true or false: takes the user name where there is no e-mail address",
        ),
        ("adopt_from", ADOPT_FROM),
    ];

    /// Changes one setting from text; `false` when it has no such setting.
    pub(super) fn set(&mut self, key: &str, value: &str) -> Result<bool, SettingError> {
        match key {
            "client_id" => {
                let value = value.trim();
                if value.is_empty() || value.len() > LONGEST_CLIENT_ID || value.contains(is_unseen)
                {
                    return Err(SettingError::value(key, value, CLIENT_ID));
                }
                if self.issuer.is_entra() && value.parse::<TenantId>().is_err() {
                    return Err(SettingError::value(key, value, ENTRA_CLIENT_ID));
                }
                value.clone_into(&mut self.client_id);
            }
            "client_authentication" => self.client_authentication = word(key, value)?,
            "assertion_audience" => self.assertion_audience = word(key, value)?,
            "scopes" => self.scopes = scopes(key, value)?,
            "check_again" => self.check_again = check_again(key, value)?,
            "domain_hint" => self.domain_hint = domain_hint(key, value)?,
            "response_mode" => self.response_mode = word(key, value)?,
            "userinfo" => self.userinfo = word(key, value)?,
            "accepted_audiences" => self.extra_audiences = visible(key, value)?,
            "accepted_acr" => self.accepted_acr = visible(key, value)?,
            "user_name_as_email" => self.user_name_as_email = switch(key, value)?,
            "adopt_from" => {
                let name = optional(value).map(str::parse).transpose();
                self.adopt_from = name.map_err(|_| SettingError::value(key, value, ADOPT_FROM))?;
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// The current value of a setting, as text.
    pub(super) fn value(&self, key: &str) -> Option<String> {
        Some(match key {
            "client_id" => self.client_id.clone(),
            "client_authentication" => self.client_authentication.to_string(),
            "assertion_audience" => self.assertion_audience.to_string(),
            "scopes" => joined(&self.scopes),
            "check_again" => self
                .check_again
                .map_or_else(|| "off".to_owned(), |minutes| minutes.to_string()),
            "domain_hint" => or_none(self.domain_hint.as_ref()),
            "response_mode" => self.response_mode.to_string(),
            "userinfo" => self.userinfo.to_string(),
            "accepted_audiences" => joined(&self.extra_audiences),
            "accepted_acr" => joined(&self.accepted_acr),
            "user_name_as_email" => self.user_name_as_email.to_string(),
            "adopt_from" => or_none(self.adopt_from.as_ref().map(ToString::to_string).as_ref()),
            _ => return None,
        })
    }

    /// Who the provider is, for people.
    pub fn issuer_text(&self) -> String {
        match &self.issuer {
            Issuer::EntraTenants { tenants, .. } => {
                let tenants: Vec<_> = tenants.iter().map(TenantId::as_str).collect();
                tenants.join(", ")
            }
            one => one.of_document(),
        }
    }
}

/// Minutes, or the word for never.
fn check_again(key: &str, value: &str) -> Result<Option<u16>, SettingError> {
    match value.trim() {
        "" | "off" | "none" => Ok(None),
        minutes => match minutes.parse() {
            Ok(minutes) if CHECK_AGAIN_RANGE.contains(&minutes) => Ok(Some(minutes)),
            _ => Err(SettingError::value(key, value, CHECK_AGAIN)),
        },
    }
}

/// A domain, or the word for every work account; whether the company owns the domain is looked at when it is sent.
fn domain_hint(key: &str, value: &str) -> Result<Option<String>, SettingError> {
    let Some(value) = super::optional(value) else {
        return Ok(None);
    };
    if value == OidcSettings::ANY_ORGANIZATION {
        return Ok(Some(value.to_owned()));
    }
    match value.parse::<DomainName>() {
        Ok(domain) => Ok(Some(domain.to_string())),
        Err(_) => Err(SettingError::value(key, value, DOMAIN_HINT)),
    }
}

/// Scope tokens (RFC 6749, section 3.3).
fn scopes(key: &str, value: &str) -> Result<Vec<String>, SettingError> {
    let is_scope = |octet: u8| matches!(octet, 0x21 | 0x23..=0x5b | 0x5d..=0x7e);
    let all = super::list(&value.replace(' ', ","));
    match all.iter().find(|scope| !scope.bytes().all(is_scope)) {
        Some(wrong) => Err(SettingError::value(
            key,
            wrong,
            "scopes, separated by commas",
        )),
        None => Ok(all),
    }
}
