//! Who a connection's provider is, and how it names itself (rules J1 to J4).
//!
//! Invariant: Entra's issuer is computed from the tenant and the cloud, never taken from a document; every issuer is compared octet
//! by octet.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// What stands for the tenant in the issuer of `common` and `organizations`.
const TEMPLATE: &str = "{tenantid}";
/// Where a discovery document is (OpenID Connect Discovery, section 4).
const WELL_KNOWN: &str = "/.well-known/openid-configuration";

/// An Entra tenant: a GUID in lower case.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TenantId(String);

/// Text that is no GUID.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a tenant ID is a GUID: 32 hexadecimal digits in groups of 8, 4, 4, 4 and 12")]
pub struct TenantIdError;

/// A national cloud of Microsoft.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cloud {
    #[default]
    Global,
    UsGovernment,
    China,
    /// A server in Entra's shape at this port of 127.0.0.1, for development and tests.
    Local(u16),
}

/// A connection's provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Issuer {
    /// One tenant of Entra.
    EntraTenant { cloud: Cloud, tenant: TenantId },
    /// The tenants of a list, through Entra's common address (rule J4).
    EntraTenants {
        cloud: Cloud,
        tenants: Vec<TenantId>,
    },
    /// Any provider.
    Named {
        issuer: String,
        /// Where its document is, when that does not follow from the issuer (rule J3).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        discovery: Option<String>,
    },
}

/// What makes an issuer that is not the expected one look like it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NearMiss {
    FinalSlash,
    Case,
    Http,
    /// Entra's v1 endpoint.
    VersionOne,
    /// The template of `common` and `organizations`, not filled in.
    Template,
    OtherTenant,
    /// Another name of Microsoft's sign-in host.
    AliasHost,
}

impl TenantId {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for TenantId {
    type Err = TenantIdError;

    /// In any case, as people paste it.
    fn from_str(text: &str) -> Result<Self, TenantIdError> {
        let text = text.to_ascii_lowercase();
        if is_guid(&text) {
            Ok(Self(text))
        } else {
            Err(TenantIdError)
        }
    }
}

/// Whether a text is a GUID as Entra writes it into a token: 36 characters, hexadecimal digits in lower case.
pub(super) fn is_guid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, octet)| match at {
            8 | 13 | 18 | 23 => octet == b'-',
            _ => matches!(octet, b'0'..=b'9' | b'a'..=b'f'),
        })
}

impl fmt::Display for TenantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for TenantId {
    type Error = TenantIdError;

    fn try_from(text: String) -> Result<Self, TenantIdError> {
        text.parse()
    }
}

impl From<TenantId> for String {
    fn from(tenant: TenantId) -> Self {
        tenant.0
    }
}

impl Cloud {
    /// Those of Microsoft.
    pub const ALL: [Self; 3] = [Self::Global, Self::UsGovernment, Self::China];

    /// Where its people sign in.
    pub fn origin(self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Self::Global => "https://login.microsoftonline.com",
            Self::UsGovernment => "https://login.microsoftonline.us",
            Self::China => "https://login.partner.microsoftonline.cn",
            Self::Local(port) => return Cow::Owned(format!("http://127.0.0.1:{port}")),
        })
    }
}

impl Issuer {
    /// A provider whose document is where its issuer says.
    pub fn named(issuer: impl Into<String>) -> Self {
        Self::Named {
            issuer: issuer.into(),
            discovery: None,
        }
    }

    /// Whether it is Entra ID.
    pub const fn is_entra(&self) -> bool {
        matches!(self, Self::EntraTenant { .. } | Self::EntraTenants { .. })
    }

    /// What stands before an object ID in the name of somebody of a tenant (rule R1): the tenant, where there may be several.
    pub fn object_prefix(&self, tenant: &str) -> String {
        match self {
            Self::EntraTenants { .. } => format!("tid:{tenant}/oid:"),
            Self::EntraTenant { .. } | Self::Named { .. } => "oid:".to_owned(),
        }
    }

    /// Whether what is sent to the one is sent to no one else by sending it to the other: one provider, or one cloud of Entra ID.
    pub fn takes_secrets_of(&self, other: &Self) -> bool {
        match (self.entra_cloud(), other.entra_cloud()) {
            (Some(cloud), Some(its)) => cloud == its,
            _ => self == other,
        }
    }

    /// Whether people of one provider may come by both: the same one, or a tenant of Entra ID that both name.
    pub fn overlaps(&self, other: &Self) -> bool {
        match (self.entra_cloud(), other.entra_cloud()) {
            (Some(cloud), Some(its)) => {
                cloud == its && self.tenants().iter().any(|it| other.tenants().contains(it))
            }
            _ => self.of_document() == other.of_document(),
        }
    }

    /// The tenants of Entra ID whose people may come.
    fn tenants(&self) -> &[TenantId] {
        match self {
            Self::EntraTenant { tenant, .. } => std::slice::from_ref(tenant),
            Self::EntraTenants { tenants, .. } => tenants,
            Self::Named { .. } => &[],
        }
    }

    const fn entra_cloud(&self) -> Option<Cloud> {
        match self {
            Self::EntraTenant { cloud, .. } | Self::EntraTenants { cloud, .. } => Some(*cloud),
            Self::Named { .. } => None,
        }
    }

    /// What its discovery document must call it.
    pub fn of_document(&self) -> String {
        match self {
            Self::EntraTenant { cloud, tenant } => entra_issuer(*cloud, tenant.as_str()),
            Self::EntraTenants { cloud, .. } => entra_issuer(*cloud, TEMPLATE),
            Self::Named { issuer, .. } => issuer.clone(),
        }
    }

    /// What a token of a tenant must call it; none when people of that tenant may not come (rule J4).
    pub fn of_token(&self, tenant: Option<&str>) -> Option<String> {
        match self {
            Self::EntraTenants { cloud, tenants } => tenants
                .iter()
                .find(|listed| Some(listed.as_str()) == tenant)
                .map(|listed| entra_issuer(*cloud, listed.as_str())),
            Self::EntraTenant { .. } | Self::Named { .. } => Some(self.of_document()),
        }
    }

    /// Whether `iss` of a callback is this provider (rule M4).
    pub fn is_in_callback(&self, iss: &str) -> bool {
        match self {
            Self::EntraTenants { cloud, tenants } => tenants
                .iter()
                .any(|listed| entra_issuer(*cloud, listed.as_str()) == iss),
            Self::EntraTenant { .. } | Self::Named { .. } => self.of_document() == iss,
        }
    }

    /// The address of its discovery document (rule J2).
    pub fn discovery_url(&self) -> String {
        match self {
            Self::EntraTenants { cloud, .. } => {
                format!("{}/organizations/v2.0{WELL_KNOWN}", cloud.origin())
            }
            Self::Named {
                discovery: Some(address),
                ..
            } => address.clone(),
            Self::EntraTenant { .. } | Self::Named { .. } => {
                let issuer = self.of_document();
                format!(
                    "{}{WELL_KNOWN}",
                    issuer.strip_suffix('/').unwrap_or(&issuer)
                )
            }
        }
    }

    /// What a key's `issuer` member must be, filled in for the tenant (rule K5).
    pub(super) fn is_of_key(key_issuer: &str, token_issuer: &str, tenant: Option<&str>) -> bool {
        match tenant {
            Some(tenant) => key_issuer.replace(TEMPLATE, tenant) == token_issuer,
            None => key_issuer == token_issuer,
        }
    }
}

fn entra_issuer(cloud: Cloud, tenant: &str) -> String {
    format!("{}/{tenant}/v2.0", cloud.origin())
}

impl NearMiss {
    /// What a received issuer has that the expected one has not.
    pub fn between(expected: &str, received: &str) -> Option<Self> {
        let without_slash = |text: &str| text.strip_suffix('/').unwrap_or(text).to_owned();
        if without_slash(expected) == without_slash(received) {
            return Some(Self::FinalSlash);
        }
        if expected.eq_ignore_ascii_case(received) {
            return Some(Self::Case);
        }
        if received
            .strip_prefix("http://")
            .is_some_and(|rest| expected.strip_prefix("https://") == Some(rest))
        {
            return Some(Self::Http);
        }
        if received.contains(TEMPLATE) {
            return Some(Self::Template);
        }
        if received.starts_with("https://sts.windows.net/") {
            return Some(Self::VersionOne);
        }
        if ["https://login.windows.net/", "https://login.microsoft.com/"]
            .iter()
            .any(|alias| received.starts_with(alias))
        {
            return Some(Self::AliasHost);
        }
        let is_entra = |text: &str| {
            Cloud::ALL
                .iter()
                .any(|cloud| text.starts_with(&*cloud.origin()))
        };
        (is_entra(expected) && is_entra(received)).then_some(Self::OtherTenant)
    }

    /// The difference, for people.
    pub const fn difference(self) -> &'static str {
        match self {
            Self::FinalSlash => "only the slash at the end differs",
            Self::Case => "only upper and lower case differ",
            Self::Http => "it begins with http instead of https",
            Self::VersionOne => {
                "it is the one of Entra's v1 endpoint; the v2.0 endpoint is used here"
            }
            Self::Template => "it is the one of every tenant; paste the Directory (tenant) ID",
            Self::OtherTenant => "it is the one of another Entra tenant",
            Self::AliasHost => "its host is another name of Microsoft's sign-in host",
        }
    }
}

/// A received issuer, with what makes it look like the expected one.
pub(super) fn received(expected: &str, received: &str) -> String {
    match NearMiss::between(expected, received) {
        Some(miss) => format!("{received}: {}", miss.difference()),
        None => received.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TENANT: &str = "8eaef023-2b34-4da1-9baa-8bc8c9d6a490";
    /// The tenant of personal Microsoft accounts.
    const PERSONAL_ACCOUNTS: &str = "9188040d-6c67-4c5b-b112-36a304b66dad";

    #[test]
    fn entra_is_computed_and_others_are_compared() {
        let tenant: TenantId = TENANT.to_ascii_uppercase().parse().unwrap();
        let entra = Issuer::EntraTenant {
            cloud: Cloud::Global,
            tenant: tenant.clone(),
        };
        let issuer = format!("https://login.microsoftonline.com/{TENANT}/v2.0");
        assert_eq!(entra.of_document(), issuer);
        assert_eq!(entra.of_token(Some("another")), Some(issuer.clone()));
        assert_eq!(
            entra.discovery_url(),
            format!("{issuer}/.well-known/openid-configuration")
        );
        let listed = Issuer::EntraTenants {
            cloud: Cloud::Global,
            tenants: vec![tenant],
        };
        assert_eq!(listed.of_token(Some(TENANT)), Some(issuer.clone()));
        for other in [
            None,
            Some("../common"),
            Some(PERSONAL_ACCOUNTS),
            Some(&*TENANT.to_uppercase()),
        ] {
            assert_eq!(listed.of_token(other), None, "{other:?}");
        }
        assert!(listed.is_in_callback(&issuer));
        assert!(!listed.is_in_callback(&listed.of_document()));
        let slash = Issuer::named("https://acme.okta.com/");
        assert_eq!(
            slash.discovery_url(),
            "https://acme.okta.com/.well-known/openid-configuration"
        );
        assert_eq!(slash.of_token(None).unwrap(), "https://acme.okta.com/");
    }

    #[test]
    fn a_near_miss_is_named() {
        let expected = format!("https://login.microsoftonline.com/{TENANT}/v2.0");
        for (received, miss) in [
            (format!("{expected}/"), NearMiss::FinalSlash),
            (expected.to_uppercase(), NearMiss::Case),
            (expected.replace("https", "http"), NearMiss::Http),
            (
                format!("https://sts.windows.net/{TENANT}/"),
                NearMiss::VersionOne,
            ),
            (expected.replace(TENANT, "{tenantid}"), NearMiss::Template),
            (
                expected.replace(TENANT, PERSONAL_ACCOUNTS),
                NearMiss::OtherTenant,
            ),
            (
                expected.replace("login.microsoftonline.com", "login.windows.net"),
                NearMiss::AliasHost,
            ),
        ] {
            assert_eq!(
                NearMiss::between(&expected, &received),
                Some(miss),
                "{received}"
            );
        }
        assert_eq!(
            NearMiss::between(&expected, "https://evil.example.com"),
            None
        );
    }
}
