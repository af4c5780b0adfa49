//! The company.

use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::caller::needs::CompanyRead;
use super::{Answer, Caller, answer};

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
    /// The entity ID: Identifier (Entity ID) in Entra.
    #[schema(format = "uri")]
    entity_id: String,
    /// The assertion consumer service: Reply URL in Entra.
    #[schema(format = "uri")]
    acs_url: String,
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
}

/// Shows the company.
#[utoipa::path(get, path = "/api/v1/company", tag = "Company", operation_id = "showCompany",
    security(("token" = ["company:read"])),
    responses((status = 200, description = "The company.", body = CompanyOut)))]
pub(super) async fn show(caller: Caller<CompanyRead>) -> Answer {
    let company = &caller.site.company;
    answer::json(&CompanyOut {
        id: company.id.to_string(),
        slug: company.slug.to_string(),
        name: company.name.clone(),
        origin: company.origin.to_string(),
        aliases: company.aliases.iter().map(ToString::to_string).collect(),
        entity_id: format!("{}/sso/metadata", company.origin),
        acs_url: format!("{}/sso/acs", company.origin),
        created_at: company.created_at,
    })
}
