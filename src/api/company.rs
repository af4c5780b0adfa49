//! The company.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::caller::needs::{CompanyRead, ConnectionsWrite};
use super::json_body::{UnreadJsonBody, present};
use super::version::{IfMatch, IfMatchHeader};
use super::{Answer, Caller, answer};
use crate::domain::{Company, Logo};

/// The company of this host.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Company)]
pub(super) struct CompanyOut {
    id: String,
    /// Its short name.
    slug: String,
    /// Its name for people.
    name: String,
    /// The public address of its site.
    #[schema(format = "uri")]
    origin: String,
    /// Further addresses that lead to the same site.
    aliases: Vec<String>,
    /// Origins of applications that a sign-in may lead to. The operator sets these and the addresses of the site.
    return_origins: Vec<String>,
    /// Where a sign-in ends that asked for nothing else.
    landing: Option<String>,
    /// The organisation in our metadata.
    organization_name: Option<String>,
    organization_display_name: Option<String>,
    organization_url: Option<String>,
    /// The technical contact in our metadata.
    contact_name: Option<String>,
    contact_email: Option<String>,
    /// Whether our metadata shows our encryption key, so that identity providers encrypt.
    encrypted_assertions: bool,
    /// The address of its logo at the site, which `/api/v1/company/logo` sets.
    logo: Option<String>,
    /// The entity ID: Identifier (Entity ID) in Entra.
    #[schema(format = "uri")]
    entity_id: String,
    /// The assertion consumer service: Reply URL in Entra.
    #[schema(format = "uri")]
    acs_url: String,
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
}

/// What to change of the company. What is missing stays; an empty text takes a value away.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[schema(as = CompanyChange)]
#[serde(deny_unknown_fields)]
pub(super) struct CompanyChangeIn {
    #[serde(default, deserialize_with = "present")]
    #[schema(min_length = 1, max_length = 200, nullable = false)]
    name: Option<String>,
    #[serde(default, deserialize_with = "present")]
    #[schema(max_length = 512, nullable = false)]
    landing: Option<String>,
    #[serde(default, deserialize_with = "present")]
    #[schema(max_length = 200, nullable = false)]
    organization_name: Option<String>,
    #[serde(default, deserialize_with = "present")]
    #[schema(max_length = 200, nullable = false)]
    organization_display_name: Option<String>,
    #[serde(default, deserialize_with = "present")]
    #[schema(max_length = 512, nullable = false)]
    organization_url: Option<String>,
    #[serde(default, deserialize_with = "present")]
    #[schema(max_length = 200, nullable = false)]
    contact_name: Option<String>,
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    contact_email: Option<String>,
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    encrypted_assertions: Option<bool>,
}

impl CompanyChangeIn {
    fn pairs(&self) -> Vec<(&'static str, &str)> {
        let encrypted = self.encrypted_assertions;
        let encrypted = encrypted.map(|on| if on { "true" } else { "false" });
        [
            ("name", self.name.as_deref()),
            ("landing", self.landing.as_deref()),
            ("organization_name", self.organization_name.as_deref()),
            (
                "organization_display_name",
                self.organization_display_name.as_deref(),
            ),
            ("organization_url", self.organization_url.as_deref()),
            ("contact_name", self.contact_name.as_deref()),
            ("contact_email", self.contact_email.as_deref()),
            ("encrypted_assertions", encrypted),
        ]
        .into_iter()
        .filter_map(|(key, value)| Some((key, value?)))
        .collect()
    }
}

impl CompanyOut {
    fn new(company: &Company) -> Self {
        let organization = company.organization.as_ref();
        let contact = company.contact.as_ref();
        Self {
            id: company.id.to_string(),
            slug: company.slug.to_string(),
            name: company.name.clone(),
            origin: company.origin.to_string(),
            aliases: company.aliases.iter().map(ToString::to_string).collect(),
            return_origins: company
                .return_origins
                .iter()
                .map(ToString::to_string)
                .collect(),
            landing: company.landing.clone(),
            organization_name: organization.map(|it| it.name.clone()),
            organization_display_name: organization.map(|it| it.display_name.clone()),
            organization_url: organization.map(|it| it.url.clone()),
            contact_name: contact.and_then(|it| it.name.clone()),
            contact_email: contact.map(|it| it.email.clone()),
            encrypted_assertions: company.encrypted_assertions,
            logo: company.logo.as_ref().map(Logo::path),
            entity_id: company.entity_id(),
            acs_url: company.acs_url(),
            created_at: company.created_at,
        }
    }
}

/// Shows the company.
#[utoipa::path(get, path = "/api/v1/company", tag = "Company", operation_id = "showCompany",
    security(("token" = ["company:read"])),
    responses((status = 200, description = "The company.", body = CompanyOut, headers(("ETag" = String, description = "The version.")))))]
pub(super) async fn show(caller: Caller<CompanyRead>) -> Answer {
    let (company, version) = caller.admin().company_settings().await?;
    answer::versioned(&CompanyOut::new(&company), &version)
}

/// Changes what is the company's own.
///
/// The addresses of the site and of its applications are the operator's. Where sign-ins end and whether assertions are encrypted
/// concerns everyone who signs in: it needs `admins:write` as well.
#[utoipa::path(patch, path = "/api/v1/company", tag = "Company", operation_id = "changeCompany",
    params(IfMatchHeader), request_body = CompanyChangeIn, security(("token" = ["connections:write"])),
    responses((status = 200, description = "The company as it is now.", body = CompanyOut, headers(("ETag" = String, description = "The version.")))))]
pub(super) async fn edit(
    caller: Caller<ConnectionsWrite>,
    if_match: IfMatch,
    sent: UnreadJsonBody<CompanyChangeIn>,
) -> Answer {
    let admin = caller.admin();
    let (_, now) = admin.company_settings().await?;
    let version = if_match.against(now);
    admin.check_company_version(&version).await?;
    let change = sent.value()?;
    admin.set_company(Some(&version), &change.pairs()).await?;
    caller.catch_up().await?;
    let (company, version) = admin.company_settings().await?;
    answer::versioned(&CompanyOut::new(&company), &version)
}
