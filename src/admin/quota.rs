//! What the company has and may have. The operator alone says otherwise than the configuration.

use serde_json::{Map, Value};

use super::{Admin, Refused};
use crate::domain::{AuditAction, Family, Usage};

impl Admin<'_> {
    /// What the company has of each family.
    pub async fn usage(&self) -> Result<Vec<Usage>, Refused> {
        Ok(self.store.usage(self.company, self.now).await?)
    }

    /// Sets quotas of the company, or takes them back to the configuration's. Nothing that is there goes. What is there now.
    pub async fn set_quotas(
        &self,
        slug: &str,
        wanted: &[(Family, Option<u32>)],
    ) -> Result<Vec<Usage>, Refused> {
        if !self.actor.is_operator() {
            return Err(Refused::NotFound);
        }
        let before = self.usage().await?;
        let after: Vec<Usage> = before
            .iter()
            .map(|it| self.wanted_usage(it, wanted))
            .collect();
        if before == after {
            return Ok(before);
        }
        let mut tx = self.begin_without_token().await?;
        tx.lock_company(self.company).await?;
        for (family, most) in wanted {
            tx.write_quota(self.company, *family, *most).await?;
        }
        let told = |all: &[Usage]| {
            let wanted = all
                .iter()
                .filter(|it| wanted.iter().any(|(family, _)| *family == it.family));
            Value::Object(wanted.map(quota_entry).collect::<Map<_, _>>())
        };
        let event = self
            .event(AuditAction::CompanyQuota, slug)
            .with_change(told(&before), told(&after));
        tx.audit(&event).await?;
        tx.commit(self.now).await?;
        self.usage().await
    }

    /// A quota as it is wanted.
    fn wanted_usage(&self, usage: &Usage, wanted: &[(Family, Option<u32>)]) -> Usage {
        let found = wanted.iter().find(|(family, _)| *family == usage.family);
        match found {
            Some((family, most)) => Usage {
                quota: most.unwrap_or_else(|| self.store.quotas().of(*family)),
                own: most.is_some(),
                ..*usage
            },
            None => *usage,
        }
    }
}

fn quota_entry(usage: &Usage) -> (String, Value) {
    (usage.family.to_string(), Value::from(usage.quota))
}
