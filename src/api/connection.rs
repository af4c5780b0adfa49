//! A connection, as the API tells it and takes it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::client_keys::ClientKeyOut;
use super::json_body::{present, texts};
use crate::admin::{
    CertificateFacts, CertificateState, ConnectionSettings, LineState, ProviderCheck, SETTINGS,
};
use crate::domain::{ClientSecret, Company, Connection, Protocol};

/// Members of a connection that are no settings of SAML.
const OWN: [&str; 4] = ["name", "display_name", "sort_order", "enabled"];

/// Settings that have members of their own, or are told one by one.
const ELSEWHERE: [&str; 8] = [
    "attributes.further",
    "certificates",
    "client_secret",
    "client_keys",
    "directory",
    "issuer",
    "provider_addresses",
    "held_addresses",
];

/// A connection to an identity provider.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Connection)]
pub(super) struct ConnectionOut {
    id: String,
    /// Short name in addresses and commands.
    name: String,
    /// What users see on the sign-in page.
    display_name: String,
    /// Its place on the sign-in page, lower first.
    sort_order: i64,
    /// Whether users can sign in through it.
    enabled: bool,
    protocol: ProtocolOut,
    /// What is entered at the provider, and what is kept of it. Null where SAML is spoken.
    #[schema(required = true)]
    openid: Option<OpenIdOut>,
    /// The settings as text, by the names that `vestibule connection set --help` lists.
    settings: BTreeMap<String, String>,
    /// The certificates that sign-ins may be signed with.
    certificates: Vec<CertificateOut>,
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
    /// What was left out of the metadata that was sent, and what else deserves a second look of what was made or changed, as the
    /// console shows it before it saves. In the answers to POST and PATCH only, and missing when there is nothing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    findings: Vec<String>,
}

/// What a connection speaks.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[schema(as = Protocol)]
#[serde(rename_all = "snake_case")]
pub(super) enum ProtocolOut {
    Saml,
    Oidc,
}

/// A connection's side of OpenID Connect.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OpenId)]
pub(super) struct OpenIdOut {
    issuer: String,
    /// Redirect URIs, the one that is sent first.
    callback_urls: Vec<String>,
    /// Where a tile of the provider begins a sign-in (OpenID Connect Core 1.0, section 4).
    initiate_url: String,
    front_channel_logout_url: String,
    back_channel_logout_url: String,
    /// The secrets that are kept, the newest first: never what they are.
    client_secrets: Vec<ClientSecretOut>,
    /// The key pairs in the place of secrets, the one in use first: never the private keys.
    client_keys: Vec<ClientKeyOut>,
    /// Addresses of the provider that are at another host since a while: they wait to be accepted.
    held_addresses: Vec<HeldAddressOut>,
}

/// An address of a provider that is held.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = HeldAddress)]
pub(super) struct HeldAddressOut {
    /// Its member in the discovery document.
    name: &'static str,
    /// What is in force.
    #[schema(required = true)]
    before: Option<String>,
    after: String,
}

/// When a client secret was set, and until when the provider takes it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ClientSecret)]
pub(super) struct ClientSecretOut {
    #[serde(with = "time::serde::rfc3339")]
    set_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(required = true)]
    expires_at: Option<OffsetDateTime>,
    /// Until when it is tried, for the one before the newest.
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(required = true)]
    tried_until: Option<OffsetDateTime>,
}

/// A provider of OpenID Connect.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[schema(as = NewOpenId)]
#[serde(deny_unknown_fields)]
pub(super) struct NewOpenIdIn {
    /// The tenant ID of Entra ID, or the issuer or discovery address of any provider.
    #[schema(max_length = 2000)]
    pub(super) provider: String,
    /// Our name at the provider.
    #[serde(default)]
    #[schema(max_length = 255)]
    pub(super) client_id: String,
    /// Write-only.
    #[serde(default, deserialize_with = "present")]
    #[schema(max_length = 1024, nullable = false, write_only)]
    pub(super) client_secret: Option<String>,
}

/// What a look at a provider found.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ProviderCheck)]
pub(super) struct ProviderCheckOut {
    /// Whether nothing failed.
    passed: bool,
    lines: Vec<ProviderLineOut>,
}

/// An app registration's manifest.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = ManifestToCheck)]
#[serde(deny_unknown_fields)]
pub(super) struct ManifestIn {
    /// The manifest of the app registration in Entra ID, as text of JSON.
    pub(super) manifest: String,
}

/// One thing that was looked at.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ProviderLine)]
pub(super) struct ProviderLineOut {
    subject: String,
    state: LineStateOut,
    found: String,
    /// What to do; empty where nothing is.
    next: String,
}

/// How it ended.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[schema(as = LineState)]
#[serde(rename_all = "snake_case")]
pub(super) enum LineStateOut {
    Passed,
    Warned,
    Failed,
}

/// A certificate of an identity provider.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Certificate)]
pub(super) struct CertificateOut {
    subject: String,
    /// The SHA-1 thumbprint, as Entra's page shows it.
    sha1: String,
    sha256: String,
    state: CertificateStateOut,
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(required = true)]
    not_before: Option<OffsetDateTime>,
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(required = true)]
    not_after: Option<OffsetDateTime>,
    /// Base64 of DER.
    der: String,
}

/// What a certificate is worth now.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[schema(as = CertificateState)]
#[serde(rename_all = "snake_case")]
pub(super) enum CertificateStateOut {
    InForce,
    NotYet,
    Expired,
    Unusable,
}

/// A connection to make: from metadata, or from settings by hand. It needs `admins:write`.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[schema(as = NewConnection)]
#[serde(deny_unknown_fields)]
pub(super) struct NewConnectionIn {
    /// Short name; made from the display name when it is missing.
    #[serde(default, deserialize_with = "present")]
    #[schema(pattern = "^[a-z0-9-]{1,63}$", max_length = 63, nullable = false)]
    pub(super) name: Option<String>,
    /// What users see; the metadata's own when it is missing.
    #[serde(default)]
    #[schema(max_length = 100)]
    pub(super) display_name: String,
    /// Whether users can sign in through it at once.
    #[serde(default)]
    pub(super) enabled: bool,
    /// The identity provider's metadata, as XML.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    pub(super) metadata: Option<String>,
    /// In the place of metadata, for a connection that speaks OpenID Connect.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    pub(super) openid: Option<NewOpenIdIn>,
    /// Settings as text; they go before the metadata's.
    #[serde(default, deserialize_with = "texts")]
    pub(super) settings: BTreeMap<String, String>,
}

/// What to change of a connection. What is missing stays. All but `display_name` and `sort_order` needs `admins:write`.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[schema(as = ConnectionChange)]
#[serde(deny_unknown_fields)]
pub(super) struct ConnectionChangeIn {
    #[serde(default, deserialize_with = "present")]
    #[schema(pattern = "^[a-z0-9-]{1,63}$", max_length = 63, nullable = false)]
    pub(super) name: Option<String>,
    #[serde(default, deserialize_with = "present")]
    #[schema(max_length = 100, nullable = false)]
    pub(super) display_name: Option<String>,
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    pub(super) sort_order: Option<i32>,
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    pub(super) enabled: Option<bool>,
    /// The identity provider's metadata, as XML: what it says takes the place of what is there.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    pub(super) metadata: Option<String>,
    /// One more client secret; the one before it is kept while the provider changes over. Write-only.
    #[serde(default, deserialize_with = "present")]
    #[schema(max_length = 1024, nullable = false, write_only)]
    pub(super) client_secret: Option<String>,
    /// With metadata: that it may be another identity provider's. The accounts of this connection go over to it.
    #[serde(default)]
    pub(super) other_identity_provider: bool,
    /// Settings as text; they go before the metadata's.
    #[serde(default, deserialize_with = "texts")]
    pub(super) settings: BTreeMap<String, String>,
}

impl ConnectionOut {
    pub(super) fn new(
        company: &Company,
        connection: &Connection,
        settings: &ConnectionSettings,
        now: OffsetDateTime,
    ) -> Self {
        let named = SETTINGS
            .iter()
            .map(|setting| setting.key)
            .filter(|key| !ELSEWHERE.contains(key) && !OWN.contains(key));
        let further = ConnectionSettings::further_keys(connection);
        let texts = named.map(str::to_owned).chain(further).filter_map(|key| {
            let value = settings.value(connection, &key)?;
            Some((key, value))
        });
        let certificates = CertificateFacts::all(connection, now);
        Self {
            id: connection.id.to_string(),
            name: connection.name.to_string(),
            display_name: connection.display_name.clone(),
            sort_order: connection.sort_order,
            enabled: connection.enabled,
            protocol: match connection.settings.protocol {
                Protocol::Saml(_) => ProtocolOut::Saml,
                Protocol::Oidc(_) => ProtocolOut::Oidc,
            },
            openid: OpenIdOut::new(company, connection),
            settings: texts.collect(),
            certificates: certificates.into_iter().map(Into::into).collect(),
            created_at: connection.created_at,
            findings: Vec::new(),
        }
    }

    /// The same with what deserves a second look.
    pub(super) fn with_findings(self, findings: Vec<String>) -> Self {
        Self { findings, ..self }
    }
}

impl ClientSecretOut {
    pub(super) const fn new(secret: &ClientSecret, tried_until: Option<OffsetDateTime>) -> Self {
        Self {
            set_at: secret.set_at,
            expires_at: secret.expires_at,
            tried_until,
        }
    }
}

impl OpenIdOut {
    fn new(company: &Company, connection: &Connection) -> Option<Self> {
        let oidc = connection.settings.oidc()?;
        let callbacks = oidc.callback_codes.iter();
        let secrets = oidc.client_secrets.iter().enumerate();
        Some(Self {
            issuer: oidc.issuer_text(),
            callback_urls: callbacks.map(|code| company.callback_url(code)).collect(),
            initiate_url: company.initiate_url(&connection.name),
            front_channel_logout_url: company.front_channel_url(&connection.name),
            back_channel_logout_url: company.back_channel_url(&connection.name),
            client_secrets: secrets
                .map(|(at, secret)| {
                    ClientSecretOut::new(secret, oidc.older_secret_end().filter(|_| at > 0))
                })
                .collect(),
            client_keys: ClientKeyOut::all(connection),
            held_addresses: oidc
                .held_changes()
                .into_iter()
                .map(|it| HeldAddressOut {
                    name: it.name,
                    before: it.before,
                    after: it.after,
                })
                .collect(),
        })
    }
}

impl From<&ProviderCheck> for ProviderCheckOut {
    fn from(check: &ProviderCheck) -> Self {
        let lines = check.lines.iter().map(|line| ProviderLineOut {
            subject: line.subject.to_owned(),
            state: match line.state {
                LineState::Passed => LineStateOut::Passed,
                LineState::Warned => LineStateOut::Warned,
                LineState::Failed => LineStateOut::Failed,
            },
            found: line.found.clone(),
            next: line.next.to_owned(),
        });
        Self {
            passed: check.passed(),
            lines: lines.collect(),
        }
    }
}

impl From<CertificateFacts> for CertificateOut {
    fn from(facts: CertificateFacts) -> Self {
        Self {
            state: match facts.state {
                CertificateState::InForce(_) => CertificateStateOut::InForce,
                CertificateState::NotYet => CertificateStateOut::NotYet,
                CertificateState::Expired => CertificateStateOut::Expired,
                CertificateState::Unusable(_) => CertificateStateOut::Unusable,
            },
            subject: facts.subject,
            sha1: facts.sha1,
            sha256: facts.sha256,
            not_before: facts.validity.map(|(from, _)| from),
            not_after: facts.validity.map(|(_, until)| until),
            der: facts.stored,
        }
    }
}

/// Whether a setting is told and taken among the settings.
pub(super) fn is_setting(key: &str) -> bool {
    !OWN.contains(&key) && key != "client_secret_file"
}
