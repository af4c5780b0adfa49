//! What an administrator pastes to say who the provider is (rule J1), and what becomes of it.
//!
//! Invariant: nothing is asked of anybody here; what must be asked is in the answer.

use url::Url;

use super::address::{self, AddressError};
use super::issuer::{Cloud, Issuer, TenantId};

/// What was pasted, understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pasted {
    /// A tenant of Entra. Its cloud is known where an address says it.
    Tenant {
        tenant: TenantId,
        cloud: Option<Cloud>,
        note: Option<PasteNote>,
        /// The client ID that the address had with it (`appid`).
        client_id: Option<String>,
    },
    /// A domain of an Entra tenant. The document at [`Pasted::domain_document`] says which tenant it is.
    Domain { domain: String, cloud: Cloud },
    /// A provider whose document names an issuer that does not follow from its address: Entra External ID and Azure AD B2C. The
    /// issuer of the document is shown and confirmed (rule J3).
    Confirm { document: String },
    /// Any other provider.
    Provider { issuer: Issuer },
}

/// What was made of an address that is not the one of the v2.0 endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasteNote {
    /// Entra's v1 endpoint.
    VersionOne,
    /// Another row of Entra's panel "Endpoints".
    OtherEndpoint,
}

/// Why nothing can be made of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PasteError {
    #[error("paste the Directory (tenant) ID or a discovery URL")]
    Empty,
    /// `common`, `organizations` or `consumers`.
    #[error(
        "this is the address of every tenant; paste the Directory (tenant) ID of yours, from App registrations › Overview"
    )]
    EveryTenant,
    #[error("an address must begin with https://")]
    NotHttps,
    #[error("an address must have no user name, password or fragment")]
    UserOrFragment,
    #[error("this is neither a tenant ID, a domain, nor an address")]
    Unknown,
}

const WELL_KNOWN: &str = "/.well-known/openid-configuration";
/// Entra's words for more than one tenant.
const EVERY_TENANT: [&str; 3] = ["common", "organizations", "consumers"];
/// Other names of Entra's sign-in hosts.
const ALIASES: [(&str, Cloud); 4] = [
    ("login.windows.net", Cloud::Global),
    ("login.microsoft.com", Cloud::Global),
    ("sts.windows.net", Cloud::Global),
    ("login.chinacloudapi.cn", Cloud::China),
];

impl Pasted {
    /// Understands what was pasted. `plain_loopback` lets a provider on this machine speak http; what stands at `local` there is in
    /// Entra's shape.
    pub fn parse(
        text: &str,
        plain_loopback: bool,
        local: Option<Cloud>,
    ) -> Result<Self, PasteError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(PasteError::Empty);
        }
        if let Ok(tenant) = text.parse() {
            return Ok(Self::tenant(tenant, None));
        }
        if EVERY_TENANT.contains(&text.to_ascii_lowercase().as_str()) {
            return Err(PasteError::EveryTenant);
        }
        if !text.contains("://") {
            return domain(text);
        }
        let url = address::parse(text, plain_loopback)?;
        let host = url.host_str().unwrap_or_default().to_owned();
        let local = local.filter(|local| url.origin().ascii_serialization() == local.origin());
        if let Some(cloud) = entra_host(&host).or(local) {
            return entra(&url, &host, cloud);
        }
        if host.ends_with(".ciamlogin.com") || host.ends_with(".b2clogin.com") {
            let document = with_well_known(text);
            return Ok(Self::Confirm { document });
        }
        Ok(provider(text))
    }

    /// Where the document of a domain's tenant is.
    pub fn domain_document(domain: &str, cloud: Cloud) -> String {
        format!("{}/{domain}/v2.0{WELL_KNOWN}", cloud.origin())
    }

    const fn tenant(tenant: TenantId, cloud: Option<Cloud>) -> Self {
        Self::Tenant {
            tenant,
            cloud,
            note: None,
            client_id: None,
        }
    }
}

fn entra_host(host: &str) -> Option<Cloud> {
    let own = Cloud::ALL
        .into_iter()
        .find(|cloud| cloud.origin().strip_prefix("https://") == Some(host));
    let alias = ALIASES.iter().find(|(name, _)| *name == host);
    own.or(alias.map(|(_, cloud)| *cloud))
}

/// An address of Entra: the tenant is the first part of its path.
fn entra(url: &Url, host: &str, cloud: Cloud) -> Result<Pasted, PasteError> {
    let mut parts = url.path_segments().ok_or(PasteError::Unknown)?;
    let named = parts.next().unwrap_or_default().to_ascii_lowercase();
    let rest: Vec<_> = parts.filter(|part| !part.is_empty()).collect();
    if EVERY_TENANT.contains(&named.as_str()) {
        return Err(PasteError::EveryTenant);
    }
    let Ok(tenant) = named.parse() else {
        return match domain(&named)? {
            Pasted::Domain { domain, .. } => Ok(Pasted::Domain { domain, cloud }),
            other => Ok(other),
        };
    };
    let note = match rest.as_slice() {
        ["v2.0"] | ["v2.0", ".well-known", "openid-configuration"] => None,
        [] | [".well-known", "openid-configuration"] => Some(PasteNote::VersionOne),
        _ => Some(PasteNote::OtherEndpoint),
    };
    let note = if host == "sts.windows.net" {
        Some(PasteNote::VersionOne)
    } else {
        note
    };
    let client_id = url
        .query_pairs()
        .find(|(name, _)| name == "appid")
        .map(|(_, value)| value.into_owned());
    Ok(Pasted::Tenant {
        tenant,
        cloud: Some(cloud),
        note,
        client_id,
    })
}

/// A domain, such as `contoso.onmicrosoft.com`. National clouds have domains of their own.
fn domain(text: &str) -> Result<Pasted, PasteError> {
    let domain = text.to_ascii_lowercase();
    let is_label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .bytes()
                .all(|octet| octet.is_ascii_alphanumeric() || octet == b'-')
    };
    if domain.len() > 253 || !domain.contains('.') || !domain.split('.').all(is_label) {
        return Err(PasteError::Unknown);
    }
    let cloud = if domain.ends_with(".onmicrosoft.us") {
        Cloud::UsGovernment
    } else if domain.ends_with(".partner.onmschina.cn") {
        Cloud::China
    } else {
        Cloud::Global
    };
    Ok(Pasted::Domain { domain, cloud })
}

/// Any provider: its issuer is the address less what is well known. A query is kept for asking only.
fn provider(text: &str) -> Pasted {
    let (address, query) = text.split_once('?').unwrap_or((text, ""));
    let issuer = address.strip_suffix(WELL_KNOWN).unwrap_or(address);
    let issuer = issuer.to_owned();
    let discovery = (!query.is_empty()).then(|| with_well_known(text));
    Pasted::Provider {
        issuer: Issuer::Named { issuer, discovery },
    }
}

/// An address with the well-known suffix before its query.
fn with_well_known(text: &str) -> String {
    let (address, query) = text.split_once('?').unwrap_or((text, ""));
    let address = address.strip_suffix(WELL_KNOWN).unwrap_or(address);
    let address = address.strip_suffix('/').unwrap_or(address);
    match query {
        "" => format!("{address}{WELL_KNOWN}"),
        query => format!("{address}{WELL_KNOWN}?{query}"),
    }
}

impl From<AddressError> for PasteError {
    fn from(cause: AddressError) -> Self {
        match cause {
            AddressError::Unreadable => Self::Unknown,
            AddressError::NotHttps => Self::NotHttps,
            AddressError::UserOrFragment => Self::UserOrFragment,
        }
    }
}
