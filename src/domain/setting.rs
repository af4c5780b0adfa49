//! Changing a connection's settings from text, one at a time, as a command does.
//!
//! Invariant: a value that does not fit changes nothing, and the error says what fits.

mod oidc;
mod values;

use super::MOST_OVERFLOW_HOURS;
use super::settings::MOST_CLOCK_SKEW_SECONDS;
use super::{OidcSettings, Protocol, SamlSettings, Settings};
use values::{AGE, address, age, format, path, visible, word};
pub(super) use values::{joined, list, optional, or_none, switch};

/// Where a property comes from.
const SOURCES: &str = "claims, separated by commas, the first that gives something counts: a name, a path such as address/locality, =a constant, or lower(…), before@(…), after@(…) around one of them";
/// [`MOST_CLOCK_SKEW_SECONDS`], for people.
const CLOCK_SKEW: &str = "0 to 300";
/// [`MOST_OVERFLOW_HOURS`], for people.
const OVERFLOW_HOURS: &str = "hours, 1 to 8760 (a year), or none for no end";

/// A setting that cannot be changed like that.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SettingError {
    /// There is no such setting.
    #[error("there is no setting \"{key}\". The settings are: {known}")]
    UnknownKey {
        /// What was given.
        key: String,
        /// The settings there are.
        known: String,
    },
    /// It was a setting of a connection, and is something of the company now.
    #[error("{key} is no setting of a connection any more: e-mail domains are the company's")]
    OfTheCompany {
        /// What was given.
        key: String,
    },
    /// The value does not fit.
    #[error("\"{value}\" is not a value for {key}. Use {allowed}")]
    Value {
        /// The setting.
        key: String,
        /// What was given.
        value: String,
        /// What fits.
        allowed: String,
    },
}

impl SettingError {
    /// The value does not fit.
    pub fn value(key: &str, value: &str, allowed: impl Into<String>) -> Self {
        Self::Value {
            key: key.to_owned(),
            value: value.to_owned(),
            allowed: allowed.into(),
        }
    }
}

impl Settings {
    /// The settings that are set from text, with what each takes. An empty value (or `none`) clears an optional one.
    pub fn keys() -> impl Iterator<Item = (&'static str, &'static str)> {
        let of_protocols = SamlSettings::KEYS.iter().chain(OidcSettings::KEYS);
        of_protocols.chain(Self::KEYS).copied()
    }

    /// The same of what this connection speaks.
    fn own_keys(&self) -> impl Iterator<Item = &'static str> {
        let of_protocol = match self.protocol {
            Protocol::Saml(_) => SamlSettings::KEYS,
            Protocol::Oidc(_) => OidcSettings::KEYS,
        };
        of_protocol.iter().chain(Self::KEYS).map(|(key, _)| *key)
    }

    /// Those that are the same whatever a connection speaks.
    const KEYS: &'static [(&'static str, &'static str)] = &[
        ("force_authn", "true or false"),
        ("max_authentication_age", AGE),
        ("clock_skew_seconds", CLOCK_SKEW),
        (
            "trust_email_claim",
            "true or false: the directory's people cannot change their e-mail claim",
        ),
        (
            "guests",
            "true or false: takes addresses outside of the company's domains",
        ),
        ("identity_attribute", "an attribute's name, or none"),
        (
            "single_logout",
            "true or false: signing out here signs out at the identity provider too",
        ),
        ("attributes.email", SOURCES),
        ("attributes.first_name", SOURCES),
        ("attributes.last_name", SOURCES),
        ("attributes.display_name", SOURCES),
        ("attributes.company", SOURCES),
        (
            "attributes.object_id",
            "attribute names, separated by commas",
        ),
        ("attributes.groups", SOURCES),
        (
            "attributes.groups_overage",
            "attribute names, separated by commas",
        ),
        (
            "attributes.further.NAME",
            "a further attribute that is kept for applications under a name of your own, such as department: claims like the others; nothing removes it",
        ),
        (
            "groups_missing",
            "keep or none: what a sign-in without a group claim says, nothing or that there are no groups",
        ),
        (
            "groups_overflow",
            "graph, keep or refuse: what is done when the groups are too many to list",
        ),
        ("groups_overflow_hours", OVERFLOW_HOURS),
    ];

    /// Changes one setting from text.
    pub fn set(&mut self, key: &str, value: &str) -> Result<(), SettingError> {
        match key {
            "single_logout" => self.single_logout = switch(key, value)?,
            "force_authn" => self.force_authn = switch(key, value)?,
            "trust_email_claim" => self.trust_email_claim = switch(key, value)?,
            "guests" => self.guests = switch(key, value)?,
            "clock_skew_seconds" => {
                let seconds = value.parse().ok();
                let seconds = seconds.filter(|seconds| *seconds <= MOST_CLOCK_SKEW_SECONDS);
                self.clock_skew_seconds =
                    seconds.ok_or_else(|| SettingError::value(key, value, CLOCK_SKEW))?;
            }
            "max_authentication_age" => self.max_authentication_age = age(key, value)?,
            "groups_missing" => self.groups_missing = word(key, value)?,
            "groups_overflow" => self.groups_overflow = word(key, value)?,
            "groups_overflow_hours" => self.groups_overflow_hours = overflow_hours(key, value)?,
            "identity_attribute" => self.identity_attribute = optional(value).map(str::to_owned),
            "email_domains" | "link" => {
                return Err(SettingError::OfTheCompany {
                    key: key.to_owned(),
                });
            }
            _ => match key.strip_prefix("attributes.") {
                Some(property) => self.attributes.set(property, value)?,
                None => self.set_of_protocol(key, value)?,
            },
        }
        Ok(())
    }

    fn set_of_protocol(&mut self, key: &str, value: &str) -> Result<(), SettingError> {
        let is_known = match &mut self.protocol {
            Protocol::Saml(saml) => saml.set(key, value)?,
            Protocol::Oidc(oidc) => oidc.set(key, value)?,
        };
        if is_known {
            return Ok(());
        }
        Err(SettingError::UnknownKey {
            key: key.to_owned(),
            known: self.own_keys().collect::<Vec<_>>().join(", "),
        })
    }

    /// The current value of a setting, as [`Settings::set`] takes it.
    pub fn value(&self, key: &str) -> Option<String> {
        Some(match key {
            "single_logout" => self.single_logout.to_string(),
            "force_authn" => self.force_authn.to_string(),
            "trust_email_claim" => self.trust_email_claim.to_string(),
            "guests" => self.guests.to_string(),
            "clock_skew_seconds" => self.clock_skew_seconds.to_string(),
            "max_authentication_age" => or_none(
                self.max_authentication_age
                    .map(|age| age.to_string())
                    .as_ref(),
            ),
            "groups_missing" => self.groups_missing.to_string(),
            "groups_overflow" => self.groups_overflow.to_string(),
            "groups_overflow_hours" => or_none(
                self.groups_overflow_hours
                    .map(|hours| hours.to_string())
                    .as_ref(),
            ),
            "identity_attribute" => or_none(self.identity_attribute.as_ref()),
            _ => match (key.strip_prefix("attributes."), &self.protocol) {
                (Some(property), _) => self.attributes.text(property)?,
                (None, Protocol::Saml(saml)) => saml.value(key)?,
                (None, Protocol::Oidc(oidc)) => oidc.value(key)?,
            },
        })
    }
}

fn overflow_hours(key: &str, value: &str) -> Result<Option<u16>, SettingError> {
    let Some(text) = optional(value) else {
        return Ok(None);
    };
    let hours = text.parse().ok();
    let hours = hours.filter(|hours| (1..=MOST_OVERFLOW_HOURS).contains(hours));
    hours
        .map(Some)
        .ok_or_else(|| SettingError::value(key, value, OVERFLOW_HOURS))
}

impl SamlSettings {
    /// The settings of SAML that are set from text, with what each takes.
    const KEYS: &'static [(&'static str, &'static str)] = &[
        ("binding", "post or redirect: how the AuthnRequest travels"),
        ("sign_requests", "true or false"),
        (
            "name_id_format",
            "a format's URN that assertions must have, email, or any",
        ),
        ("name_id_policy", "a format's URN to ask for, or none"),
        (
            "requested_authn_context",
            "authentication context URIs, separated by commas, or none",
        ),
        (
            "accepted_authn_context",
            "authentication context URIs that are taken, separated by commas, or none",
        ),
        ("required_signature", "either, assertion, response or both"),
        ("certificate_validity", "reject, warn or ignore"),
        (
            "authn_statement",
            "required or optional (Keycloak can leave the AuthnStatement out)",
        ),
        ("unsolicited", "bounce, refuse or accept"),
        ("landing", "a path of the site, such as /welcome, or none"),
        ("extra_audiences", "audiences, separated by commas, or none"),
        ("idp_entity_id", "the identity provider's entity ID"),
        (
            "metadata_url",
            "where the identity provider's metadata is: an https address, or none",
        ),
        ("sso_post_url", "an https address, or none"),
        ("sso_redirect_url", "an https address, or none"),
        ("slo_url", "an https address, or none"),
        ("slo_response_url", "an https address, or none"),
        ("slo_post_url", "an https address, or none"),
        ("slo_post_response_url", "an https address, or none"),
        ("slo_binding", "post or redirect"),
        (
            "danger_allow_sha1",
            "true or false: accepts forgeable SHA-1 signatures",
        ),
        (
            "danger_accept_cbc",
            "true or false: accepts AES-CBC in a Response that is not signed",
        ),
    ];

    /// Changes one setting from text; `false` when it has no such setting.
    fn set(&mut self, key: &str, value: &str) -> Result<bool, SettingError> {
        match key {
            "binding" => self.binding = word(key, value)?,
            "slo_binding" => self.slo_binding = word(key, value)?,
            "required_signature" => self.required_signature = word(key, value)?,
            "certificate_validity" => self.certificate_validity = word(key, value)?,
            "authn_statement" => self.authn_statement = word(key, value)?,
            "unsolicited" => self.unsolicited = word(key, value)?,
            "sign_requests" => self.sign_requests = switch(key, value)?,
            "danger_allow_sha1" => self.danger_allow_sha1 = switch(key, value)?,
            "danger_accept_cbc" => self.danger_accept_cbc = switch(key, value)?,
            "name_id_format" => self.name_id_format = format(key, value)?,
            "name_id_policy" => self.name_id_policy = format(key, value)?,
            "requested_authn_context" => self.requested_authn_context = visible(key, value)?,
            "accepted_authn_context" => self.accepted_authn_context = visible(key, value)?,
            "extra_audiences" => self.extra_audiences = visible(key, value)?,
            "landing" => self.landing = optional(value).map(|text| path(key, text)).transpose()?,
            "idp_entity_id" if value.is_empty() => {
                return Err(SettingError::value(
                    key,
                    value,
                    "the identity provider's entity ID",
                ));
            }
            "idp_entity_id" => value.clone_into(&mut self.idp_entity_id),
            "sso_post_url" => self.sso_post_url = address(key, value)?,
            "sso_redirect_url" => self.sso_redirect_url = address(key, value)?,
            "slo_url" => self.slo_url = address(key, value)?,
            "slo_response_url" => self.slo_response_url = address(key, value)?,
            "slo_post_url" => self.slo_post_url = address(key, value)?,
            "slo_post_response_url" => self.slo_post_response_url = address(key, value)?,
            "metadata_url" => self.metadata_url = address(key, value)?,
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// The current value of a setting, as text.
    fn value(&self, key: &str) -> Option<String> {
        Some(match key {
            "binding" => self.binding.to_string(),
            "slo_binding" => self.slo_binding.to_string(),
            "required_signature" => self.required_signature.to_string(),
            "certificate_validity" => self.certificate_validity.to_string(),
            "authn_statement" => self.authn_statement.to_string(),
            "unsolicited" => self.unsolicited.to_string(),
            "sign_requests" => self.sign_requests.to_string(),
            "danger_allow_sha1" => self.danger_allow_sha1.to_string(),
            "danger_accept_cbc" => self.danger_accept_cbc.to_string(),
            "name_id_format" => self.name_id_format.clone().unwrap_or_else(|| "any".into()),
            "name_id_policy" => or_none(self.name_id_policy.as_ref()),
            "requested_authn_context" => joined(&self.requested_authn_context),
            "accepted_authn_context" => joined(&self.accepted_authn_context),
            "extra_audiences" => joined(&self.extra_audiences),
            "landing" => or_none(self.landing.as_ref()),
            "idp_entity_id" => self.idp_entity_id.clone(),
            "sso_post_url" => or_none(self.sso_post_url.as_ref()),
            "sso_redirect_url" => or_none(self.sso_redirect_url.as_ref()),
            "slo_url" => or_none(self.slo_url.as_ref()),
            "slo_response_url" => or_none(self.slo_response_url.as_ref()),
            "slo_post_url" => or_none(self.slo_post_url.as_ref()),
            "slo_post_response_url" => or_none(self.slo_post_response_url.as_ref()),
            "metadata_url" => or_none(self.metadata_url.as_ref()),
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests;
