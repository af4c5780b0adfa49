//! What the company has and may have.

use serde::Serialize;
use utoipa::ToSchema;

use super::caller::needs::CompanyRead;
use super::{Answer, Caller, answer};
use crate::domain::Usage;

/// What the company has, and may have, of everything that it can make.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Quotas)]
pub(super) struct QuotasOut {
    items: Vec<QuotaOut>,
}

/// One of them.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Quota)]
struct QuotaOut {
    /// What is counted: `users`, `memberships` (those that administrators gave), `groups`, `connections`, `documents` (the settings of
    /// connections and their earlier versions, in megabytes), `domains` or `tokens`.
    family: &'static str,
    /// How much there is.
    #[schema(minimum = 0)]
    used: i64,
    /// How much there may be. Beyond it nothing is added (`quota-reached`); what is there stays, changes and goes.
    #[schema(minimum = 1)]
    quota: u32,
    /// Whether there is room for less than a fifth more. Make room, or ask the operator for more.
    told: bool,
}

impl From<&Usage> for QuotaOut {
    fn from(usage: &Usage) -> Self {
        Self {
            family: usage.family.as_str(),
            used: usage.counted(),
            quota: usage.quota,
            told: usage.is_told(),
        }
    }
}

/// Shows the company's quotas.
#[utoipa::path(get, path = "/api/v1/company/quota", tag = "Company", operation_id = "showQuotas",
    security(("token" = ["company:read"])),
    responses((status = 200, description = "What the company has and may have.", body = QuotasOut)))]
pub(super) async fn show(caller: Caller<CompanyRead>) -> Answer {
    let usage = caller.admin().usage().await?;
    let items = usage.iter().map(QuotaOut::from).collect();
    answer::json(&QuotasOut { items })
}
