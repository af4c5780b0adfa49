//! Which of a company's users may use an application: everybody, or some permission groups.
//!
//! Invariant: whoever is allowed by a group that is deleted is allowed no more, and the last group that goes leaves nobody, never
//! everybody.

use std::collections::HashMap;

use crate::database::columns::Row;
use crate::database::statement::query;
use crate::domain::{AllowedUsers, ApplicationId, CompanyId, GroupId};
use crate::store::{Error, Store, Tx};

impl Store {
    /// What a company has said of applications. Of the others everybody may use them.
    pub async fn restrictions(
        &self,
        company: CompanyId,
    ) -> Result<HashMap<ApplicationId, AllowedUsers>, Error> {
        let rows = query(
            "SELECT r.application_id, g.group_id FROM application_restriction r LEFT JOIN application_group g \
             ON g.application_id = r.application_id AND g.company_id = r.company_id WHERE r.company_id = $1",
        )
        .bind(company.to_string())
        .fetch_all(&self.database)
        .await?;
        by_application(&rows)
    }
}

impl Tx {
    /// Which users of a company may use an application; nobody else changes that before the transaction ends.
    pub async fn hold_allowed_users(
        &mut self,
        application: ApplicationId,
        company: CompanyId,
    ) -> Result<AllowedUsers, Error> {
        self.lock_company(company).await?;
        let rows = query(
            "SELECT r.application_id, g.group_id FROM application_restriction r LEFT JOIN application_group g \
             ON g.application_id = r.application_id AND g.company_id = r.company_id \
             WHERE r.application_id = $1 AND r.company_id = $2",
        )
        .bind(application.to_string())
        .bind(company.to_string())
        .fetch_all(&mut *self)
        .await?;
        let allowed = by_application(&rows)?.remove(&application);
        Ok(allowed.unwrap_or(AllowedUsers::Everybody))
    }

    /// Lets these users of a company use an application, and nobody else of it.
    pub async fn set_allowed_users(
        &mut self,
        application: ApplicationId,
        company: CompanyId,
        allowed: &AllowedUsers,
    ) -> Result<(), Error> {
        let AllowedUsers::Groups(groups) = allowed else {
            self.allow_everybody(application, company).await?;
            return Ok(());
        };
        self.allow_nobody(application, company).await?;
        for group in groups {
            self.put_allowed_group(application, company, *group).await?;
        }
        Ok(())
    }

    /// Lets the users of a permission group of the company use an application; whoever is in no such group may not. `false` when
    /// they may already.
    pub async fn allow_group(
        &mut self,
        application: ApplicationId,
        company: CompanyId,
        group: GroupId,
    ) -> Result<bool, Error> {
        self.lock_company(company).await?;
        query(
            "INSERT INTO application_restriction (application_id, company_id) VALUES ($1, $2) ON CONFLICT DO NOTHING",
        )
        .bind(application.to_string())
        .bind(company.to_string())
        .execute(&mut *self)
        .await?;
        let added = self.put_allowed_group(application, company, group).await?;
        self.company_changed(company);
        Ok(added > 0)
    }

    /// The users of a permission group may not use an application any more, unless by another group; `false` when they may not
    /// already. Nobody is let in by it.
    pub async fn deny_group(
        &mut self,
        application: ApplicationId,
        company: CompanyId,
        group: GroupId,
    ) -> Result<bool, Error> {
        self.lock_company(company).await?;
        let removed = query(
            "DELETE FROM application_group WHERE application_id = $1 AND company_id = $2 AND group_id = $3",
        )
        .bind(application.to_string())
        .bind(company.to_string())
        .bind(group.to_string())
        .execute(&mut *self)
        .await?;
        self.company_changed(company);
        Ok(removed > 0)
    }

    /// Lets every user of the company use an application again; `false` when they may already.
    pub async fn allow_everybody(
        &mut self,
        application: ApplicationId,
        company: CompanyId,
    ) -> Result<bool, Error> {
        self.lock_company(company).await?;
        let removed = query(
            "DELETE FROM application_restriction WHERE application_id = $1 AND company_id = $2",
        )
        .bind(application.to_string())
        .bind(company.to_string())
        .execute(&mut *self)
        .await?;
        self.company_changed(company);
        Ok(removed > 0)
    }

    /// Lets nobody of the company use an application; `false` when nobody may already.
    pub async fn allow_nobody(
        &mut self,
        application: ApplicationId,
        company: CompanyId,
    ) -> Result<bool, Error> {
        self.lock_company(company).await?;
        let added = query(
            "INSERT INTO application_restriction (application_id, company_id) VALUES ($1, $2) ON CONFLICT DO NOTHING",
        )
        .bind(application.to_string())
        .bind(company.to_string())
        .execute(&mut *self)
        .await?;
        let removed =
            query("DELETE FROM application_group WHERE application_id = $1 AND company_id = $2")
                .bind(application.to_string())
                .bind(company.to_string())
                .execute(&mut *self)
                .await?;
        self.company_changed(company);
        Ok(added + removed > 0)
    }

    /// Another company's group is not there.
    async fn put_allowed_group(
        &mut self,
        application: ApplicationId,
        company: CompanyId,
        group: GroupId,
    ) -> Result<u64, Error> {
        let added = query(
            "INSERT INTO application_group (application_id, company_id, group_id) SELECT $1, $2, g.id FROM permission_group g \
             WHERE g.id = $3 AND g.company_id = $2 ON CONFLICT DO NOTHING",
        )
        .bind(application.to_string())
        .bind(company.to_string())
        .bind(group.to_string())
        .execute(self)
        .await?;
        Ok(added)
    }
}

fn by_application(rows: &[Row]) -> Result<HashMap<ApplicationId, AllowedUsers>, Error> {
    let mut allowed: HashMap<ApplicationId, Vec<GroupId>> = HashMap::new();
    for row in rows {
        let groups = allowed.entry(row.parsed("application_id")?).or_default();
        groups.extend(row.maybe_parsed::<GroupId>("group_id")?);
    }
    let groups = allowed.into_iter();
    Ok(groups
        .map(|(application, groups)| (application, AllowedUsers::Groups(groups)))
        .collect())
}
