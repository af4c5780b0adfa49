//! How a connection speaks SAML.
//!
//! Invariant: every default is the safe one; a setting that weakens a check says so in its name (`danger_`).

use serde::{Deserialize, Serialize};

use super::claims::EMAIL_ADDRESS;
use super::word::words;
use super::{AttributeMapping, Email, GroupId};

/// The settings of a SAML connection; stored as one JSON text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SamlSettings {
    /// The identity provider's entity ID (rule D1: exact).
    pub idp_entity_id: String,
    /// Its single sign-on address for HTTP-POST.
    pub sso_post_url: Option<String>,
    /// Its single sign-on address for HTTP-Redirect.
    pub sso_redirect_url: Option<String>,
    /// Its single logout address.
    pub slo_url: Option<String>,
    /// Its address for logout answers, when it is another one (Metadata 2.2.2 `ResponseLocation`).
    pub slo_response_url: Option<String>,
    /// How logout messages travel.
    pub slo_binding: Binding,
    /// How the `AuthnRequest` travels ("Binding Options").
    pub binding: Binding,
    /// The `NameID` format that assertions must have (rule D7); none takes any.
    pub name_id_format: Option<String>,
    /// The identity provider's signing certificates, base64 of DER.
    pub certificates: Vec<String>,
    /// Whether the `AuthnRequest` is signed.
    pub sign_requests: bool,
    /// Whether the identity provider must ask for the credentials again.
    pub force_authn: bool,
    /// The format that a `NameIDPolicy` asks for; none sends no `NameIDPolicy`.
    pub name_id_policy: Option<String>,
    /// The authentication contexts that are asked for; empty sends no `RequestedAuthnContext`.
    pub requested_authn_context: Vec<String>,
    /// How far the clocks may differ, 0 to 300 seconds (rule D3).
    pub clock_skew_seconds: u16,
    /// What must be signed (rule B7).
    pub required_signature: RequiredSignature,
    /// What happens with a certificate outside its validity (rule B8).
    pub certificate_validity: CertificateValidity,
    /// Accepts SHA-1 signatures (rule B4). Forgeable by a determined attacker.
    pub danger_allow_sha1: bool,
    /// Audiences that are accepted beside the entity ID (rule D4).
    pub extra_audiences: Vec<String>,
    /// What happens with a Response that nobody asked for (rule E5).
    pub unsolicited: Unsolicited,
    /// Where an accepted unsolicited Response ends (rule E5): a path of the site.
    pub landing: Option<String>,
    /// The permission group of accounts made at first sign-in (rule F3); none makes no accounts.
    pub jit: Option<GroupId>,
    /// Which existing accounts may be bound by e-mail address (rule F2).
    pub link: Link,
    /// The attribute that identifies users (rule F1); none is the object identifier when present, else the `NameID`.
    pub identity_attribute: Option<String>,
    /// Which attributes say what.
    pub attributes: AttributeMapping,
    /// Which group claims put a user into which permission group (rule F5).
    pub group_mapping: Vec<GroupMapping>,
    /// The e-mail domains whose users this connection is offered to.
    pub email_domains: Vec<String>,
}

impl Default for SamlSettings {
    fn default() -> Self {
        Self {
            idp_entity_id: String::new(),
            sso_post_url: None,
            sso_redirect_url: None,
            slo_url: None,
            slo_response_url: None,
            slo_binding: Binding::Redirect,
            binding: Binding::Post,
            name_id_format: Some(EMAIL_ADDRESS.to_owned()),
            certificates: Vec::new(),
            sign_requests: false,
            force_authn: false,
            name_id_policy: None,
            requested_authn_context: Vec::new(),
            clock_skew_seconds: 180,
            required_signature: RequiredSignature::Either,
            certificate_validity: CertificateValidity::Reject,
            danger_allow_sha1: false,
            extra_audiences: Vec::new(),
            unsolicited: Unsolicited::Bounce,
            landing: None,
            jit: None,
            link: Link::Never,
            identity_attribute: None,
            attributes: AttributeMapping::default(),
            group_mapping: Vec::new(),
            email_domains: Vec::new(),
        }
    }
}

words! {
    /// How a message travels through the browser.
    pub enum Binding {
        /// A form that posts itself.
        Post = "post",
        /// A query string.
        Redirect = "redirect",
    }
}

words! {
    /// What must be signed (rule B7). The assertion that is used is always covered by a signature.
    pub enum RequiredSignature {
        /// The assertion or the Response.
        Either = "either",
        /// The assertion.
        Assertion = "assertion",
        /// The Response.
        Response = "response",
        /// Both.
        Both = "both",
    }
}

words! {
    /// What happens with a signing certificate outside its validity (rule B8).
    pub enum CertificateValidity {
        /// The sign-in is refused.
        Reject = "reject",
        /// The sign-in goes on, with a warning in its record.
        Warn = "warn",
        /// Nothing.
        Ignore = "ignore",
    }
}

words! {
    /// What happens with a Response that nobody asked for (rule E5).
    pub enum Unsolicited {
        /// It is discarded unread and a fresh sign-in starts.
        Bounce = "bounce",
        /// It is refused.
        Refuse = "refuse",
        /// It is accepted, once and fresh, and ends at the connection's landing page.
        Accept = "accept",
    }
}

/// Which existing accounts may be bound by e-mail address (rule F2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Link {
    /// None (but those that an administrator made for single sign-on, which wait for their first sign-in).
    Never,
    /// Those whose address is in a domain that the connection owns, in ASCII lower case.
    VerifiedDomains(Vec<String>),
}

impl Link {
    /// Whether an account with this address may be bound.
    pub fn allows(&self, email: &Email) -> bool {
        match self {
            Self::Never => false,
            Self::VerifiedDomains(domains) => {
                let domain = email.domain();
                domains
                    .iter()
                    .any(|owned| owned.eq_ignore_ascii_case(&domain))
            }
        }
    }
}

/// One value of the group claim and the permission group that it stands for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GroupMapping {
    /// The claim's value, compared exactly: for Entra the group's object ID.
    pub value: String,
    /// The permission group.
    pub group_id: GroupId,
}

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

impl SamlSettings {
    /// The settings that are set from text, with what each takes. An empty value (or `none`) clears an optional one.
    pub const KEYS: &'static [(&'static str, &'static str)] = &[
        ("binding", "post or redirect: how the AuthnRequest travels"),
        ("sign_requests", "true or false"),
        ("force_authn", "true or false"),
        (
            "name_id_format",
            "a format's URN that assertions must have, email, or any",
        ),
        ("name_id_policy", "a format's URN to ask for, or none"),
        (
            "requested_authn_context",
            "authentication context URIs, separated by commas, or none",
        ),
        ("clock_skew_seconds", "0 to 300"),
        ("required_signature", "either, assertion, response or both"),
        ("certificate_validity", "reject, warn or ignore"),
        ("unsolicited", "bounce, refuse or accept"),
        ("landing", "a path of the site, such as /welcome, or none"),
        (
            "link",
            "never, or e-mail domains that the connection owns, separated by commas",
        ),
        ("identity_attribute", "an attribute's name, or none"),
        (
            "email_domains",
            "e-mail domains, separated by commas, or none",
        ),
        ("extra_audiences", "audiences, separated by commas, or none"),
        ("idp_entity_id", "the identity provider's entity ID"),
        ("sso_post_url", "an https address, or none"),
        ("sso_redirect_url", "an https address, or none"),
        ("slo_url", "an https address, or none"),
        ("slo_response_url", "an https address, or none"),
        ("slo_binding", "post or redirect"),
        (
            "danger_allow_sha1",
            "true or false: accepts forgeable SHA-1 signatures",
        ),
        ("attributes.email", "attribute names, separated by commas"),
        (
            "attributes.first_name",
            "attribute names, separated by commas",
        ),
        (
            "attributes.last_name",
            "attribute names, separated by commas",
        ),
        (
            "attributes.display_name",
            "attribute names, separated by commas",
        ),
        ("attributes.company", "attribute names, separated by commas"),
        (
            "attributes.object_id",
            "attribute names, separated by commas",
        ),
        ("attributes.groups", "attribute names, separated by commas"),
        (
            "attributes.groups_overage",
            "attribute names, separated by commas",
        ),
    ];

    /// Changes one setting from text.
    pub fn set(&mut self, key: &str, value: &str) -> Result<(), SettingError> {
        match key {
            "binding" => self.binding = word(key, value)?,
            "slo_binding" => self.slo_binding = word(key, value)?,
            "required_signature" => self.required_signature = word(key, value)?,
            "certificate_validity" => self.certificate_validity = word(key, value)?,
            "unsolicited" => self.unsolicited = word(key, value)?,
            "sign_requests" => self.sign_requests = switch(key, value)?,
            "force_authn" => self.force_authn = switch(key, value)?,
            "danger_allow_sha1" => self.danger_allow_sha1 = switch(key, value)?,
            "clock_skew_seconds" => {
                let seconds = value.parse().ok().filter(|seconds| *seconds <= 300);
                self.clock_skew_seconds =
                    seconds.ok_or_else(|| SettingError::value(key, value, "0 to 300"))?;
            }
            "name_id_format" => self.name_id_format = format(key, value)?,
            "name_id_policy" => self.name_id_policy = format(key, value)?,
            "requested_authn_context" => self.requested_authn_context = list(value),
            "extra_audiences" => self.extra_audiences = list(value),
            "email_domains" => self.email_domains = domains(key, value)?,
            "link" if value == "never" => self.link = Link::Never,
            "link" => self.link = Link::VerifiedDomains(owned_domains(key, value)?),
            "landing" => self.landing = optional(value).map(|text| path(key, text)).transpose()?,
            "identity_attribute" => self.identity_attribute = optional(value).map(str::to_owned),
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
            _ => match key.strip_prefix("attributes.") {
                Some(property) => self.attributes.set(property, list(value))?,
                None => {
                    return Err(SettingError::UnknownKey {
                        key: key.to_owned(),
                        known: Self::KEYS
                            .iter()
                            .map(|(key, _)| *key)
                            .collect::<Vec<_>>()
                            .join(", "),
                    });
                }
            },
        }
        Ok(())
    }
}

fn word<T: std::str::FromStr<Err = super::UnknownWord>>(
    key: &str,
    value: &str,
) -> Result<T, SettingError> {
    value.parse().map_err(|unknown: super::UnknownWord| {
        SettingError::value(key, value, format!("one of: {}", unknown.allowed))
    })
}

fn switch(key: &str, value: &str) -> Result<bool, SettingError> {
    value
        .parse()
        .map_err(|_| SettingError::value(key, value, "true or false"))
}

fn optional(value: &str) -> Option<&str> {
    (!value.is_empty() && value != "none").then_some(value)
}

fn list(value: &str) -> Vec<String> {
    optional(value)
        .map(|value| {
            value
                .split(',')
                .map(str::trim)
                .filter(|item| !item.is_empty())
                .map(str::to_owned)
                .collect()
        })
        .unwrap_or_default()
}

/// `email` is short for the e-mail format; `any` and `none` clear.
fn format(key: &str, value: &str) -> Result<Option<String>, SettingError> {
    match value {
        "" | "any" | "none" => Ok(None),
        "email" => Ok(Some(EMAIL_ADDRESS.to_owned())),
        urn if urn.starts_with("urn:") && urn.bytes().all(|byte| byte.is_ascii_graphic()) => {
            Ok(Some(urn.to_owned()))
        }
        _ => Err(SettingError::value(
            key,
            value,
            "a format's URN, email, or any",
        )),
    }
}

fn domains(key: &str, value: &str) -> Result<Vec<String>, SettingError> {
    let domains = list(&value.to_ascii_lowercase());
    match domains
        .iter()
        .find(|domain| !domain.split('.').all(super::email::is_label))
    {
        Some(wrong) => Err(SettingError::value(
            key,
            wrong,
            "e-mail domains such as contoso.com, separated by commas",
        )),
        None => Ok(domains),
    }
}

fn owned_domains(key: &str, value: &str) -> Result<Vec<String>, SettingError> {
    let owned = domains(key, value).ok().filter(|list| !list.is_empty());
    owned.ok_or_else(|| {
        SettingError::value(key, value, "never, or e-mail domains separated by commas")
    })
}

fn path(key: &str, value: &str) -> Result<String, SettingError> {
    super::ReturnTo::among(std::iter::empty(), value)
        .map(super::ReturnTo::into_string)
        .map_err(|_| {
            SettingError::value(key, value, "a path of the site, such as /welcome, or none")
        })
}

fn address(key: &str, value: &str) -> Result<Option<String>, SettingError> {
    let Some(value) = optional(value) else {
        return Ok(None);
    };
    let origin = match value.split_once("://") {
        Some((scheme, rest)) => {
            let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
            format!("{scheme}://{authority}")
                .parse::<super::Origin>()
                .ok()
        }
        None => None,
    };
    match origin {
        Some(_) if value.bytes().all(|byte| byte.is_ascii_graphic()) => Ok(Some(value.to_owned())),
        _ => Err(SettingError::value(
            key,
            value,
            "an https address (http for loopback names only), or none",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_from_text() {
        let mut settings = SamlSettings::default();
        for (key, value) in [
            ("binding", "redirect"),
            ("clock_skew_seconds", "60"),
            ("force_authn", "true"),
            ("unsolicited", "accept"),
            ("landing", "/welcome"),
            ("link", "Contoso.com, example.org"),
            ("name_id_format", "any"),
            ("attributes.email", "mail, upn"),
            ("sso_redirect_url", "https://idp.example/sso?tenant=1"),
            ("sso_post_url", "http://127.0.0.1:9090/sso"),
        ] {
            settings.set(key, value).unwrap();
        }
        assert_eq!(settings.binding, Binding::Redirect);
        assert_eq!(
            (
                settings.clock_skew_seconds,
                settings.force_authn,
                settings.unsolicited
            ),
            (60, true, Unsolicited::Accept)
        );
        assert_eq!(
            settings.link,
            Link::VerifiedDomains(vec!["contoso.com".into(), "example.org".into()])
        );
        assert!(
            settings
                .link
                .allows(&"B.Simon@CONTOSO.com".parse().unwrap())
        );
        assert!(
            !settings
                .link
                .allows(&"b.simon@evil-contoso.com".parse().unwrap())
        );
        assert_eq!(settings.attributes.email, ["mail", "upn"]);
        assert_eq!(settings.name_id_format, None);
        settings.set("landing", "none").unwrap();
        assert_eq!(settings.landing, None);
    }

    #[test]
    fn errors_name_what_fits() {
        let mut settings = SamlSettings::default();
        for (key, value, says) in [
            ("binding", "soap", "post, redirect"),
            ("clock_skew_seconds", "301", "0 to 300"),
            ("force_authn", "yes", "true or false"),
            ("landing", "https://evil.example", "a path of the site"),
            ("link", "", "never, or e-mail domains"),
            ("sso_post_url", "javascript:alert(1)", "an https address"),
            ("sso_post_url", "http://idp.example/", "an https address"),
            ("name_id_format", "email address", "a format's URN"),
            ("bindings", "post", "The settings are: binding"),
            ("attributes.mail", "x", "attributes.email"),
        ] {
            let error = settings.set(key, value).unwrap_err().to_string();
            assert!(error.contains(says), "{error}");
        }
        assert_eq!(settings, SamlSettings::default());
    }

    #[test]
    fn every_key_is_known() {
        for (key, _) in SamlSettings::KEYS {
            if let Err(SettingError::UnknownKey { .. }) = SamlSettings::default().set(key, "\u{0}")
            {
                panic!("{key}");
            }
        }
    }

    #[test]
    fn stored_settings_are_strict_and_have_defaults() {
        let settings: SamlSettings =
            serde_json::from_str(r#"{"idp_entity_id":"https://idp.example"}"#).unwrap();
        assert_eq!(settings.clock_skew_seconds, 180);
        assert!(serde_json::from_str::<SamlSettings>(r#"{"certificats":[]}"#).is_err());
        let text = serde_json::to_string(&settings).unwrap();
        assert_eq!(
            serde_json::from_str::<SamlSettings>(&text).unwrap(),
            settings
        );
    }
}
