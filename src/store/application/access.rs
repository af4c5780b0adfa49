//! Which of a company's users may use an application: everybody, or some permission groups.
//!
//! Invariant: whoever is allowed by a group that is deleted is allowed no more, and the last group that goes leaves nobody, never
//! everybody.

use std::collections::HashMap;

use crate::database::columns::Row;
use crate::database::statement::query;
use crate::domain::{AllowedUsers, ApplicationId, CompanyId, GroupId};
use crate::store::{Error, Store, Tx};

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT r.application_id, g.group_id FROM application_restriction r LEFT JOIN application_group g \
             ON g.application_id = r.application_id AND g.company_id = r.company_id ",
            $rest
        )
    };
}

impl Store {
    /// What a company has said of applications. Of the others everybody may use them.
    pub async fn restrictions(
        &self,
        company: CompanyId,
    ) -> Result<HashMap<ApplicationId, AllowedUsers>, Error> {
        let rows = query(select!("WHERE r.company_id = $1"))
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
        let rows = query(select!("WHERE r.application_id = $1 AND r.company_id = $2"))
            .bind(application.to_string())
            .bind(company.to_string())
            .fetch_all(&mut *self)
            .await?;
        let allowed = by_application(&rows)?.remove(&application);
        Ok(allowed.unwrap_or(AllowedUsers::Everybody))
    }

    /// Lets these users of a company use an application, and nobody else of it. (The caller holds them.)
    pub async fn set_allowed_users(
        &mut self,
        application: ApplicationId,
        company: CompanyId,
        allowed: &AllowedUsers,
    ) -> Result<(), Error> {
        let restriction = match allowed {
            AllowedUsers::Everybody => {
                "DELETE FROM application_restriction WHERE application_id = $1 AND company_id = $2"
            }
            AllowedUsers::Groups(_) => {
                "INSERT INTO application_restriction (application_id, company_id) VALUES ($1, $2) ON CONFLICT DO NOTHING"
            }
        };
        let groups = "DELETE FROM application_group WHERE application_id = $1 AND company_id = $2";
        for statement in [groups, restriction] {
            query(statement)
                .bind(application.to_string())
                .bind(company.to_string())
                .execute(&mut *self)
                .await?;
        }
        for group in allowed.groups() {
            // Another company's group is not there.
            query(
                "INSERT INTO application_group (application_id, company_id, group_id) SELECT $1, $2, g.id FROM permission_group g \
                 WHERE g.id = $3 AND g.company_id = $2 ON CONFLICT DO NOTHING",
            )
            .bind(application.to_string())
            .bind(company.to_string())
            .bind(group.to_string())
            .execute(&mut *self)
            .await?;
        }
        self.company_changed(company);
        Ok(())
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
