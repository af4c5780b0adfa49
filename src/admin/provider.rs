//! A connection that speaks OpenID Connect, made and kept: who its provider is, our secret there, and our redirect URIs.
//!
//! Rules H2, J1, L8, N6 and N7. Tests: `tests/it/oidc_sign_in`, `tests/it/cli`. How the provider is looked at is
//! `provider_check.rs`.

use time::OffsetDateTime;

use super::directory::expired_problem;
use super::{Admin, FieldProblem, Obstacle, Refused};
use crate::domain::{
    AnswerMode, ClientSecret, Company, Connection, ConnectionName, MOST_CALLBACK_CODES,
    OidcSettings,
};
use crate::keys::{self, hex};
use crate::oidc::{Cloud, Discovery, Issuer, PasteNote, Pasted, TenantId};
use crate::outbound::{DocumentError, ProviderClient, Reach};
use crate::text::{is_unseen, sentence};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

/// The most tenants of one connection (rule J4).
const MOST_TENANTS: usize = 50;
/// The longest secret.
const LONGEST_SECRET: usize = 1024;

/// Who the provider is, understood from what was pasted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChosenProvider {
    /// The provider.
    pub issuer: Issuer,
    /// What was made of what was pasted, for people.
    pub note: Option<String>,
}

impl ChosenProvider {
    /// Understands what was pasted (rule J1); asks the provider where only its document says who it is. A tenant or a domain alone is
    /// one of the cloud that is given.
    pub async fn find(
        default: Cloud,
        pasted: &str,
        client: &ProviderClient,
        reach: Reach,
    ) -> Result<Self, Refused> {
        let problem = |what: String| Refused::from(FieldProblem::new("provider", what));
        if let Some(tenants) = several_tenants(pasted) {
            let note = "People of these tenants come, and of no other.".to_owned();
            return Self::of_several(default, tenants, Some(note));
        }
        let local = matches!(default, Cloud::Local(_)).then_some(default);
        let found = Pasted::parse(pasted, reach == Reach::Private, local)
            .map_err(|why| problem(sentence(&why.to_string())))?;
        match found {
            Pasted::Tenant {
                tenant,
                cloud,
                note,
                ..
            } => Ok(Self {
                issuer: Issuer::EntraTenant {
                    cloud: cloud.unwrap_or(default),
                    tenant,
                },
                note: note.map(|note| told(note).to_owned()),
            }),
            Pasted::Provider { issuer } => Ok(Self { issuer, note: None }),
            Pasted::Domain { domain, cloud } => {
                // A domain says by its end that it is a national cloud's, and an address by its host.
                let is_silent = cloud == Cloud::Global && !pasted.contains("://");
                let cloud = if is_silent { default } else { cloud };
                let address = Pasted::domain_document(&domain, cloud);
                let named = client.named_issuer(&address, reach).await;
                let named = named.map_err(|cause| problem(cause.to_string()))?;
                let tenant = tenant_of(&named, cloud).ok_or_else(|| {
                    problem(format!(
                        "{domain} is no domain of an Entra tenant: its document names {named}."
                    ))
                })?;
                Ok(Self {
                    note: Some(format!("{domain} is the tenant {tenant}.")),
                    issuer: Issuer::EntraTenant { cloud, tenant },
                })
            }
            Pasted::Confirm { document } => {
                let named = client.named_issuer(&document, reach).await;
                let named = named.map_err(|cause| problem(cause.to_string()))?;
                if !is_of_external_tenant(&document, &named) {
                    return Err(problem(format!(
                        "The document at {document} names the issuer {named}, which is at another host."
                    )));
                }
                Ok(Self {
                    note: Some(format!("The document names the issuer {named}.")),
                    issuer: Issuer::Named {
                        issuer: named,
                        discovery: Some(document),
                    },
                })
            }
        }
    }
}

impl ChosenProvider {
    /// Both, where each is a tenant of one cloud (rule J4).
    pub fn and(self, other: Self) -> Result<Self, Refused> {
        let note = [self.note, other.note].into_iter().flatten();
        let note = note.collect::<Vec<_>>().join(" ");
        let (cloud, mut tenants) = match self.issuer {
            Issuer::EntraTenant { cloud, tenant } => (cloud, vec![tenant]),
            Issuer::EntraTenants { cloud, tenants } => (cloud, tenants),
            Issuer::Named { .. } => return Err(not_several_error()),
        };
        match other.issuer {
            Issuer::EntraTenant { cloud: its, tenant } if its == cloud => {
                if !tenants.contains(&tenant) {
                    tenants.push(tenant);
                }
            }
            _ => return Err(not_several_error()),
        }
        Self::of_several(cloud, tenants, (!note.is_empty()).then_some(note))
    }

    fn of_several(
        cloud: Cloud,
        tenants: Vec<TenantId>,
        note: Option<String>,
    ) -> Result<Self, Refused> {
        if tenants.len() > MOST_TENANTS {
            let what = format!("Name at most {MOST_TENANTS} tenants.");
            return Err(FieldProblem::new("provider", what).into());
        }
        let issuer = Issuer::EntraTenants { cloud, tenants };
        Ok(Self { issuer, note })
    }
}

/// Tenant IDs in a list (rule J4), each once; none where it is anything else.
fn several_tenants(pasted: &str) -> Option<Vec<TenantId>> {
    let parts = pasted.split(|c: char| c.is_whitespace() || matches!(c, ',' | ';'));
    let mut tenants: Vec<TenantId> = Vec::new();
    for part in parts.filter(|part| !part.is_empty()) {
        let tenant = part.parse().ok()?;
        if !tenants.contains(&tenant) {
            tenants.push(tenant);
        }
    }
    (tenants.len() > 1).then_some(tenants)
}

fn not_several_error() -> Refused {
    FieldProblem::new(
        "provider",
        "Only tenants of one cloud of Entra ID can be given together.",
    )
    .into()
}

const fn told(note: PasteNote) -> &'static str {
    match note {
        PasteNote::VersionOne => {
            "This was an address of Entra's v1 endpoint. The v2.0 endpoint of the same tenant is used."
        }
        PasteNote::OtherEndpoint => {
            "This was another address of the tenant. Its OpenID Connect endpoint is used."
        }
    }
}

/// The tenant of an issuer of Entra's v2.0 endpoint.
fn tenant_of(issuer: &str, cloud: Cloud) -> Option<TenantId> {
    let rest = issuer.strip_prefix(&*cloud.origin())?;
    let tenant = rest.strip_prefix('/')?.strip_suffix("/v2.0")?;
    tenant.parse().ok()
}

/// Rule J3: the issuer's host is the address's, or the GUID of its path under `ciamlogin.com`.
fn is_of_external_tenant(document: &str, issuer: &str) -> bool {
    let parts = |address: &str| {
        let rest = address.strip_prefix("https://")?.to_owned();
        let (host, path) = rest.split_once('/')?;
        let first = path.split('/').next().unwrap_or_default();
        Some((host.to_owned(), first.to_owned()))
    };
    let (Some((address_host, _)), Some((host, first))) = (parts(document), parts(issuer)) else {
        return false;
    };
    let is_guid = first.parse::<TenantId>().is_ok();
    host == address_host || is_guid && host == format!("{first}.ciamlogin.com")
}

/// A new last part of a redirect URI: 128 random bits (rule L8).
fn callback_code() -> String {
    hex(&keys::random::<16>())
}

impl Admin<'_> {
    /// A connection to a provider, to be added: not enabled, with a redirect URI of its own.
    pub async fn provider_draft(
        &self,
        name: ConnectionName,
        display_name: String,
        issuer: Issuer,
        client_id: &str,
    ) -> Result<Connection, Refused> {
        let oidc = OidcSettings {
            issuer,
            callback_codes: vec![callback_code()],
            response_mode: AnswerMode::Query,
            ..OidcSettings::default()
        };
        let mut connection = self.draft(name, display_name, oidc.into()).await?;
        if !client_id.is_empty() {
            connection
                .set("client_id", client_id)
                .map_err(|error| FieldProblem::new("client_id", sentence(&error.to_string())))?;
        }
        Ok(connection)
    }

    /// The connection with one more secret, which is sealed for it (rules N6 and N7).
    pub fn with_client_secret(
        &self,
        connection: &Connection,
        secret: &str,
        expires_at: Option<OffsetDateTime>,
    ) -> Result<Connection, Refused> {
        let mut after = connection.clone();
        let oidc = after.settings.oidc_mut().ok_or(Obstacle::NotOidc)?;
        oidc.add_secret(self.seal_client_secret(connection, secret, expires_at)?);
        Ok(after)
    }

    /// A secret of a provider's or a directory's, sealed for the connection.
    pub(super) fn seal_client_secret(
        &self,
        connection: &Connection,
        secret: &str,
        expires_at: Option<OffsetDateTime>,
    ) -> Result<ClientSecret, Refused> {
        let secret = secret.trim_end_matches(['\r', '\n']);
        let problem = |what: &str| Refused::from(FieldProblem::new("client_secret", what));
        if secret.is_empty() {
            return Err(problem("The client secret is empty."));
        }
        if secret.len() > LONGEST_SECRET || secret.contains(is_unseen) {
            return Err(problem(
                "A client secret is one line of at most 1024 characters.",
            ));
        }
        if secret.parse::<TenantId>().is_ok() {
            return Err(problem(
                "This is the Secret ID. Paste the Value of the client secret: Entra ID shows it once, when the secret is made (App registrations, Certificates & secrets).",
            ));
        }
        if expires_at.is_some_and(|end| end <= self.now) {
            return Err(expired_problem().into());
        }
        let sealed = self
            .keys
            .seal(&connection.secret_purpose(), secret.as_bytes());
        Ok(ClientSecret {
            sealed: BASE64_STANDARD.encode(sealed),
            set_at: self.now,
            expires_at,
        })
    }

    /// The connection with its newest secret alone.
    pub fn with_secret_retired(&self, connection: &Connection) -> Result<Connection, Refused> {
        let mut after = connection.clone();
        let oidc = after.settings.oidc_mut().ok_or(Obstacle::NotOidc)?;
        oidc.client_secrets.truncate(1);
        Ok(after)
    }

    /// The connection at another provider, which nobody has looked at yet. It is off where what we are known by was the other one's.
    pub fn with_provider(
        &self,
        connection: &Connection,
        issuer: Issuer,
    ) -> Result<Connection, Refused> {
        let mut after = connection.clone();
        let oidc = after.settings.oidc_mut().ok_or(Obstacle::NotOidc)?;
        let keeps_client = issuer.takes_secrets_of(&oidc.issuer);
        if oidc.issuer != issuer {
            (oidc.issuer, oidc.discovery) = (issuer, None);
            (oidc.held_discovery, oidc.application_keys) = (None, false);
        }
        if !keeps_client {
            // Rule N6: a secret that nobody may read is not read by sending it elsewhere.
            oidc.client_id.clear();
            oidc.client_secrets.clear();
            oidc.client_keys.clear();
            after.enabled = false;
        }
        Ok(after)
    }

    /// The connection with what its provider says of itself now.
    pub async fn with_discovery(
        &self,
        connection: &Connection,
        client: &ProviderClient,
        reach: Reach,
    ) -> Result<(Connection, Result<Discovery, DocumentError>), Refused> {
        let mut after = connection.clone();
        let oidc = after.settings.oidc_mut().ok_or(Obstacle::NotOidc)?;
        let read = client.discovery(&oidc.issuer, reach).await;
        if let Ok(discovery) = &read {
            oidc.read_again(discovery, self.now);
        }
        Ok((after, read))
    }

    /// The connection with a new redirect URI before the one it had, which is taken until it is retired (rule L8).
    pub fn with_new_callback(&self, connection: &Connection) -> Result<Connection, Refused> {
        let mut after = connection.clone();
        let oidc = after.settings.oidc_mut().ok_or(Obstacle::NotOidc)?;
        oidc.callback_codes.insert(0, callback_code());
        oidc.callback_codes.truncate(MOST_CALLBACK_CODES);
        Ok(after)
    }

    /// The connection with its newest redirect URI alone.
    pub fn with_callback_retired(&self, connection: &Connection) -> Result<Connection, Refused> {
        let mut after = connection.clone();
        let oidc = after.settings.oidc_mut().ok_or(Obstacle::NotOidc)?;
        oidc.callback_codes.truncate(1);
        Ok(after)
    }
}

/// The addresses that are entered at a provider, each with the name of Entra's field.
pub fn registered_addresses(
    company: &Company,
    connection: &Connection,
) -> Vec<(&'static str, String)> {
    let Some(oidc) = connection.settings.oidc() else {
        return Vec::new();
    };
    let callbacks = oidc.callback_codes.iter();
    let callbacks = callbacks.map(|code| ("Redirect URI", company.callback_url(code)));
    callbacks
        .chain([
            (
                "Home page URL (sign-in)",
                company.initiate_url(&connection.name),
            ),
            (
                "Front-channel logout URL",
                company.front_channel_url(&connection.name),
            ),
            (
                "Back-channel logout URL",
                company.back_channel_url(&connection.name),
            ),
        ])
        .collect()
}

/// Rule H2: the other connection of a company that is the same client of the same provider.
pub(super) fn same_client<'c>(
    connection: &Connection,
    others: &'c [Connection],
) -> Option<&'c Connection> {
    let oidc = connection.settings.oidc()?;
    others.iter().find(|other| {
        let is_same = other
            .settings
            .oidc()
            .is_some_and(|it| it.issuer.overlaps(&oidc.issuer) && it.client_id == oidc.client_id);
        other.id != connection.id && is_same && !oidc.client_id.is_empty()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_issuer_of_an_external_tenant() {
        let guid = "8eaef023-2b34-4da1-9baa-8bc8c9d6a490";
        let document = "https://contoso.ciamlogin.com/contoso.onmicrosoft.com/v2.0/.well-known/openid-configuration";
        for (issuer, expected) in [
            (format!("https://{guid}.ciamlogin.com/{guid}/v2.0"), true),
            (format!("https://contoso.ciamlogin.com/{guid}/v2.0"), true),
            (format!("https://other.ciamlogin.com/{guid}/v2.0"), false),
            ("https://evil.example/v2.0".to_owned(), false),
        ] {
            assert_eq!(
                is_of_external_tenant(document, &issuer),
                expected,
                "{issuer}"
            );
        }
    }
}
