//! The company's e-mail domains: listed, added, assigned, checked, removed.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::{IntoParams, ToSchema};

use super::caller::needs::{CompanyRead, ConnectionsWrite};
use super::json_body::JsonBody;
use super::path::Ids;
use super::query::QueryParameters;
use super::{Answer, Caller, answer};
use crate::admin::{Admin, DnsCheck, Refused};
use crate::domain::{CompanyDomain, ConnectionId, DomainName};
use crate::http::error::Error;
use crate::http::problem::{Kind, Problem};

/// An e-mail domain of the company.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Domain)]
pub(super) struct DomainOut {
    domain: String,
    /// The connection that it is assigned to.
    #[schema(required = true)]
    connection: Option<String>,
    /// Whether the assignment decides who links, makes and renames accounts. Without it the domain only leads its addresses to the
    /// connection; assign it to let it decide.
    links: bool,
    /// On whose word it is the company's for everybody: `operator` or `dns`.
    #[schema(required = true)]
    verified_by: Option<&'static str>,
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(required = true)]
    verified_at: Option<OffsetDateTime>,
    /// The TXT record that verifies it.
    dns_record: DnsRecordOut,
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
}

/// A TXT record.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DnsRecord)]
pub(super) struct DnsRecordOut {
    name: String,
    value: String,
}

/// What decides about a domain.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[schema(as = DomainSettings)]
#[serde(deny_unknown_fields)]
pub(super) struct DomainSettingsIn {
    /// The connection to assign it to; `null` for none.
    #[schema(required = true)]
    connection: Option<String>,
}

/// Lists the company's domains, by name.
#[utoipa::path(get, path = "/api/v1/domains", tag = "Company", operation_id = "listDomains",
    security(("token" = ["company:read"])),
    responses((status = 200, description = "All of them: at most 200.", body = Vec<DomainOut>)))]
pub(super) async fn list(caller: Caller<CompanyRead>) -> Answer {
    let admin = caller.admin();
    let domains = admin.domains().await?;
    let all: Vec<DomainOut> = domains
        .iter()
        .map(|it| DomainOut::new(it, &admin))
        .collect();
    answer::json(&all)
}

/// Shows a domain.
#[utoipa::path(get, path = "/api/v1/domains/{domain}", tag = "Company", operation_id = "showDomain",
    params(("domain" = String, Path, description = "The domain.")), security(("token" = ["company:read"])),
    responses((status = 200, description = "The domain.", body = DomainOut)))]
pub(super) async fn show(caller: Caller<CompanyRead>, Ids((name,)): Ids<(DomainName,)>) -> Answer {
    let admin = caller.admin();
    let domain = admin.domain(&name).await?;
    answer::json(&DomainOut::new(&domain, &admin))
}

/// Adds a domain, or assigns it to another connection.
///
/// The connection links, makes and renames accounts with addresses in the domain, and no other one does: it needs `admins:write`
/// as well. Whom another connection knows already still gets in through that one, until it is unlinked. No API verifies a domain by a word: add the DNS record, and check it.
#[utoipa::path(put, path = "/api/v1/domains/{domain}", tag = "Company", operation_id = "setDomain",
    params(("domain" = String, Path, description = "The domain.")),
    request_body = DomainSettingsIn, security(("token" = ["connections:write"])),
    responses((status = 200, description = "The domain as it is now.", body = DomainOut)))]
pub(super) async fn set(
    caller: Caller<ConnectionsWrite>,
    Ids((name,)): Ids<(DomainName,)>,
    JsonBody { value, .. }: JsonBody<DomainSettingsIn>,
) -> Answer {
    let admin = caller.admin();
    // Before the connection is looked for; the transaction asks again.
    admin.check_over_administrators()?;
    let connection = match value.connection {
        Some(text) => Some(connection(&admin, &text).await?),
        None => None,
    };
    let domain = match admin.domain(&name).await {
        Ok(_) => admin.assign_domain(&name, connection).await?,
        Err(Refused::NotFound) => admin.add_domain(name.as_str(), connection).await?,
        Err(other) => return Err(other.into()),
    };
    caller.catch_up().await?;
    answer::json(&DomainOut::new(&domain, &admin))
}

/// Looks a domain's DNS record up, and verifies the domain where the record is the company's.
///
/// It needs `admins:write` as well, and has a limit of its own: 20 a minute for a company by default.
#[utoipa::path(post, path = "/api/v1/domains/{domain}/check", tag = "Company", operation_id = "checkDomain",
    params(("domain" = String, Path, description = "The domain.")), security(("token" = ["connections:write"])),
    responses((status = 200, description = "The domain, verified.", body = DomainOut)))]
pub(super) async fn check(
    caller: Caller<ConnectionsWrite>,
    Ids((name,)): Ids<(DomainName,)>,
) -> Answer {
    let admin = caller.admin();
    admin.changeable_domain(&name).await?;
    let company = &caller.site.company;
    caller.app.throttle.admit_domain_check(company)?;
    let servers = &caller.app.config.dns.servers;
    let turn = caller.app.turns.fetch(caller.company()).await;
    let _turn = turn.map_err(Error::from)?;
    match admin.check_domain(&name, servers).await? {
        DnsCheck::Verified(domain) => {
            caller.catch_up().await?;
            answer::json(&DomainOut::new(&domain, &admin))
        }
        DnsCheck::Missing(found) => {
            let record = admin.dns_record(&name);
            let told = format!(
                "The TXT record {} with the text {} is not there{}. Add it, wait some minutes, and check again.",
                record.name,
                record.value,
                if found.is_empty() { "" } else { "; others are" }
            );
            Err(Problem::new(Kind::InTheWay, told))
        }
    }
}

/// How a domain is removed.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct DomainRemoval {
    /// That it may be the last one is meant: without a domain, people with any address get in through the company's connections.
    #[serde(default)]
    #[param(required = false)]
    last: bool,
}

/// Takes a domain away from the company.
///
/// Accounts stay; no sign-in is linked to one by an address in it any more. The last domain goes only with `last`. It needs
/// `admins:write` as well.
#[utoipa::path(delete, path = "/api/v1/domains/{domain}", tag = "Company", operation_id = "removeDomain",
    params(("domain" = String, Path, description = "The domain."), DomainRemoval), security(("token" = ["connections:write"])),
    responses((status = 204, description = "The domain is gone.")))]
pub(super) async fn remove(
    caller: Caller<ConnectionsWrite>,
    Ids((name,)): Ids<(DomainName,)>,
    QueryParameters(removal, _): QueryParameters<DomainRemoval>,
) -> Answer {
    let admin = caller.admin();
    admin.remove_domain(&name, removal.last).await?;
    caller.catch_up().await?;
    Ok(answer::done())
}

/// The connection of an identifier that was sent.
pub(super) async fn connection(admin: &Admin<'_>, text: &str) -> Result<ConnectionId, Problem> {
    let unknown = || Refused::invalid("connection", "Use the identifier of a connection.");
    let id = text.parse().map_err(|_| unknown())?;
    match admin.connection(id).await {
        Err(Refused::NotFound) => Err(unknown().into()),
        other => Ok(other?.id),
    }
}

impl DomainOut {
    fn new(domain: &CompanyDomain, admin: &Admin<'_>) -> Self {
        let record = admin.dns_record(&domain.name);
        Self {
            domain: domain.name.to_string(),
            connection: domain.connection_id.map(|id| id.to_string()),
            links: domain.links,
            verified_by: domain.verified.map(|it| it.by.as_str()),
            verified_at: domain.verified.map(|it| it.at),
            dns_record: DnsRecordOut {
                name: record.name,
                value: record.value,
            },
            created_at: domain.created_at,
        }
    }
}
