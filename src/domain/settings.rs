//! The settings of a connection: what is the same whatever it speaks, and its protocol.
//!
//! Invariants: every default is the safe one; a setting that weakens a check says so in its name (`danger_`).

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use super::{
    AttributeMapping, DirectorySettings, GroupId, MissingPolicy, OidcSettings, OverflowPolicy,
    SamlSettings,
};
use crate::oidc::{Issuer, TenantId};

/// How far the clocks may differ where a connection says nothing else, in seconds (rule D3).
pub const CLOCK_SKEW_SECONDS: u16 = 180;
/// The most that a connection can be set to, in seconds.
pub const MOST_CLOCK_SKEW_SECONDS: u16 = 300;

/// The settings of a connection; stored as one JSON text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of its own, with a name of its own in commands"
)]
pub struct Settings {
    /// The permission group of accounts made at first sign-in (rule F3); none makes no accounts.
    pub jit: Option<GroupId>,
    /// The group that was chosen for new accounts, while just-in-time provisioning is off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jit_kept: Option<GroupId>,
    /// Whether it may make and link accounts with addresses outside of the company's domains (rule F2).
    pub guests: bool,
    /// Whether the e-mail claim is believed where it says something else than the `NameID`: its people cannot change it (rule F2).
    pub trust_email_claim: bool,
    /// The attribute that identifies users (rule F1); none is the object identifier when present, else the `NameID`.
    pub identity_attribute: Option<String>,
    /// Which attributes say what.
    pub attributes: AttributeMapping,
    /// Which group claims put a user into which permission group (rule F5).
    pub group_mapping: Vec<GroupMapping>,
    /// What a sign-in without a group claim says of groups (rule S2).
    #[serde(skip_serializing_if = "is_default")]
    pub groups_missing: MissingPolicy,
    /// What is done where the groups are too many to list (rule S2).
    #[serde(skip_serializing_if = "is_default")]
    pub groups_overflow: OverflowPolicy,
    /// How many hours groups are kept then, since a claim last listed them; none without an end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub groups_overflow_hours: Option<u16>,
    /// Whether a group claim has come, ever; learned, and set by nobody.
    #[serde(skip_serializing_if = "is_default")]
    pub groups_seen: bool,
    /// Whether signing out here asks the identity provider to end its session as well.
    pub single_logout: bool,
    /// Whether the identity provider must ask for the credentials again.
    pub force_authn: bool,
    /// How long ago the user may have signed in at the identity provider, in seconds (rule D8); none does not ask.
    pub max_authentication_age: Option<u32>,
    /// How far the clocks may differ, in seconds, up to [`MOST_CLOCK_SKEW_SECONDS`] (rule D3).
    pub clock_skew_seconds: u16,
    /// The directory in which its people and groups are looked up; none asks none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub directory: Option<Box<DirectorySettings>>,
    /// What it speaks, and how.
    pub protocol: Protocol,
}

/// What a connection speaks with its identity provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Protocol {
    /// SAML 2.0.
    Saml(Box<SamlSettings>),
    /// OpenID Connect.
    Oidc(Box<OidcSettings>),
}

impl Default for Settings {
    fn default() -> Self {
        SamlSettings::default().into()
    }
}

impl Protocol {
    /// Its word.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Saml(_) => "saml",
            Self::Oidc(_) => "oidc",
        }
    }
}

/// A connection that speaks SAML, and is for the rest what a new one is.
impl From<SamlSettings> for Settings {
    fn from(saml: SamlSettings) -> Self {
        Self::new(Protocol::Saml(Box::new(saml)), AttributeMapping::default())
    }
}

/// A connection that speaks OpenID Connect, and is for the rest what a new one is.
impl From<OidcSettings> for Settings {
    fn from(oidc: OidcSettings) -> Self {
        Self::new(Protocol::Oidc(Box::new(oidc)), AttributeMapping::of_oidc())
    }
}

impl Settings {
    /// These settings, with the secrets, keys and redirect URIs of others: what an older version had of them does not come back.
    #[must_use]
    pub fn with_credentials_of(mut self, now: &Self) -> Self {
        let keeps = self.keeps_client_of(now);
        if let (Some(then), Some(now)) = (self.oidc_mut(), now.oidc()) {
            then.client_secrets.clear();
            then.client_keys.clear();
            if keeps {
                then.client_secrets.clone_from(&now.client_secrets);
                then.client_keys.clone_from(&now.client_keys);
            }
            then.callback_codes.clone_from(&now.callback_codes);
            // Nor does what its provider has said of itself since.
            if then.issuer == now.issuer {
                then.discovery.clone_from(&now.discovery);
                then.held_discovery.clone_from(&now.held_discovery);
                then.application_keys = now.application_keys;
            }
        }
        if let Some(then) = &mut self.directory {
            then.take_secrets_of(now.directory.as_deref());
        }
        self
    }

    /// Whether what we are known by at the provider of others may be sent to this one (rule N6): what one provider gave is sent to no
    /// other.
    pub fn keeps_client_of(&self, others: &Self) -> bool {
        let providers = self.oidc().zip(others.oidc());
        providers.is_none_or(|(ours, theirs)| ours.issuer.takes_secrets_of(&theirs.issuer))
    }

    /// Whether both ask one identity provider for its people, by one name of ours (rule E6): what it says of somebody who signs in
    /// through the one counts for the other.
    pub fn asks_same(&self, other: &Self) -> bool {
        match (&self.protocol, &other.protocol) {
            (Protocol::Saml(ours), Protocol::Saml(theirs)) => {
                ours.idp_entity_id == theirs.idp_entity_id
            }
            (Protocol::Oidc(ours), Protocol::Oidc(theirs)) => {
                ours.issuer == theirs.issuer && ours.client_id == theirs.client_id
            }
            _ => false,
        }
    }

    fn new(protocol: Protocol, attributes: AttributeMapping) -> Self {
        Self {
            jit: None,
            jit_kept: None,
            guests: false,
            trust_email_claim: false,
            identity_attribute: None,
            attributes,
            group_mapping: Vec::new(),
            groups_missing: MissingPolicy::default(),
            groups_overflow: OverflowPolicy::default(),
            groups_overflow_hours: None,
            groups_seen: false,
            single_logout: false,
            force_authn: false,
            max_authentication_age: None,
            clock_skew_seconds: CLOCK_SKEW_SECONDS,
            directory: None,
            protocol,
        }
    }

    /// What a new connection that speaks the same begins with.
    #[must_use]
    pub fn blank(&self) -> Self {
        match self.protocol {
            Protocol::Saml(_) => SamlSettings::default().into(),
            Protocol::Oidc(_) => OidcSettings::default().into(),
        }
    }

    /// How it speaks SAML. A connection that does not has no identity provider, no address and no key of SAML: it is asked nothing,
    /// and verifies nothing.
    pub fn saml(&self) -> &SamlSettings {
        static NONE: LazyLock<SamlSettings> = LazyLock::new(SamlSettings::default);
        match &self.protocol {
            Protocol::Saml(saml) => saml,
            Protocol::Oidc(_) => &NONE,
        }
    }

    /// The same, to be changed; none when it does not speak SAML.
    pub fn saml_mut(&mut self) -> Option<&mut SamlSettings> {
        match &mut self.protocol {
            Protocol::Saml(saml) => Some(saml),
            Protocol::Oidc(_) => None,
        }
    }

    /// What its identity provider is called: an entity ID or an issuer.
    pub fn provider_name(&self) -> String {
        match &self.protocol {
            Protocol::Saml(saml) => saml.idp_entity_id.clone(),
            Protocol::Oidc(oidc) => oidc.issuer_text(),
        }
    }

    /// Whether sign-ins are by OpenID Connect at Entra ID.
    pub fn asks_entra(&self) -> bool {
        self.oidc().is_some_and(|oidc| oidc.issuer.is_entra())
    }

    /// The one tenant of Entra ID that a connection of OpenID Connect asks.
    pub fn pinned_tenant(&self) -> Option<&TenantId> {
        match &self.oidc()?.issuer {
            Issuer::EntraTenant { tenant, .. } => Some(tenant),
            Issuer::EntraTenants { .. } | Issuer::Named { .. } => None,
        }
    }

    /// The tenant of Entra ID behind a connection of SAML.
    pub fn saml_tenant(&self) -> Option<TenantId> {
        match &self.protocol {
            Protocol::Saml(saml) => saml.entra_tenant(),
            Protocol::Oidc(_) => None,
        }
    }

    /// Whether every address that its provider says is taken for the person's (rule R3): only where one organisation says it.
    pub fn trusts_addresses(&self) -> bool {
        let is_of_many = self
            .oidc()
            .is_some_and(|oidc| matches!(oidc.issuer, Issuer::EntraTenants { .. }));
        self.trust_email_claim && !is_of_many
    }

    /// How it speaks OpenID Connect, if it does.
    pub fn oidc(&self) -> Option<&OidcSettings> {
        match &self.protocol {
            Protocol::Oidc(oidc) => Some(oidc),
            Protocol::Saml(_) => None,
        }
    }

    /// The same, to be changed.
    pub fn oidc_mut(&mut self) -> Option<&mut OidcSettings> {
        match &mut self.protocol {
            Protocol::Oidc(oidc) => Some(oidc),
            Protocol::Saml(_) => None,
        }
    }
}

/// What is as it is in a new connection is not written down.
fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
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
