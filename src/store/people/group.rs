//! Permission groups and their members.

use super::user::user_columns;
use crate::database::columns::Row;
use crate::database::statement::query;
use crate::domain::{CompanyId, GrantSource, Group, GroupId, User, UserId};
use crate::store::{Error, Store};
use time::OffsetDateTime;

macro_rules! select {
    ($rest:literal) => {
        concat!("SELECT g.id, g.company_id, g.title, g.kind, g.sso_only, g.created_at FROM permission_group g ", $rest)
    };
}

impl Store {
    /// Adds a group.
    pub async fn add_group(&self, group: &Group, now: OffsetDateTime) -> Result<(), Error> {
        let mut tx = self.begin().await?;
        if !tx.add_group(group).await? {
            return Err(Error::Taken(format!("the group \"{}\"", group.title)));
        }
        tx.commit(now).await
    }

    /// A company's groups, by title.
    pub async fn groups(&self, company: CompanyId) -> Result<Vec<Group>, Error> {
        let rows = query(select!("WHERE g.company_id = $1 ORDER BY g.title"))
            .bind(company.to_string())
            .fetch_all(&self.database)
            .await?;
        rows.iter().map(group).collect()
    }

    /// A group by its identifier.
    pub async fn group(&self, id: GroupId) -> Result<Option<Group>, Error> {
        let row = query(select!("WHERE g.id = $1"))
            .bind(id.to_string())
            .fetch_optional(&self.database)
            .await?;
        row.as_ref().map(group).transpose()
    }

    /// A company's group by its title.
    pub async fn group_by_title(
        &self,
        company: CompanyId,
        title: &str,
    ) -> Result<Option<Group>, Error> {
        let row = query(select!("WHERE g.company_id = $1 AND g.title = $2"))
            .bind(company.to_string())
            .bind(title)
            .fetch_optional(&self.database)
            .await?;
        row.as_ref().map(group).transpose()
    }

    /// The groups that a user is in, by title, whoever put them there.
    pub async fn groups_of(&self, user: UserId) -> Result<Vec<Group>, Error> {
        // LEFT: from the user to the groups, and never the other way round.
        let rows = query(
            "SELECT g.id, g.company_id, g.title, g.kind, g.sso_only, g.created_at \
             FROM (SELECT DISTINCT group_id FROM group_grant WHERE user_id = $1) AS m \
             LEFT JOIN permission_group g ON g.id = m.group_id ORDER BY g.title",
        )
        .bind(user.to_string())
        .fetch_all(&self.database)
        .await?;
        rows.iter().map(group).collect()
    }

    /// A user that is not deactivated (rule F4), and the groups that it is in, by title, whoever put it there.
    pub async fn user_and_groups(&self, user: UserId) -> Result<Option<(User, Vec<Group>)>, Error> {
        let rows = query(concat!(
            "SELECT g.id AS group_id, g.title, g.kind, g.sso_only, g.created_at AS group_created_at, ",
            user_columns!(),
            // LEFT: from the user to the groups, and never the other way round.
            " FROM account LEFT JOIN (SELECT DISTINCT group_id FROM group_grant WHERE user_id = $1) AS m ON TRUE \
             LEFT JOIN permission_group g ON g.id = m.group_id WHERE account.id = $1 AND account.disabled_at IS NULL ORDER BY g.title"
        ))
        .bind(user.to_string())
        .fetch_all(&self.database)
        .await?;
        let Some(first) = rows.first() else {
            return Ok(None);
        };
        let found = super::user::user(first)?;
        let mut groups = Vec::with_capacity(rows.len());
        for row in &rows {
            if let Some(id) = row.maybe_parsed("group_id")? {
                groups.push(Group {
                    id,
                    company_id: found.company_id,
                    title: row.text("title")?,
                    kind: row.parsed("kind")?,
                    sso_only: row.int("sso_only")? != 0,
                    created_at: row.time("group_created_at")?,
                });
            }
        }
        Ok(Some((found, groups)))
    }

    /// A company's groups, by title, and who put a user into each.
    pub async fn groups_and_grants(
        &self,
        company: CompanyId,
        user: UserId,
    ) -> Result<Vec<(Group, Vec<GrantSource>)>, Error> {
        let rows = query(
            "SELECT g.id, g.company_id, g.title, g.kind, g.sso_only, g.created_at, m.source FROM permission_group g \
             LEFT JOIN (SELECT group_id, source FROM group_grant WHERE user_id = $2) AS m ON m.group_id = g.id \
             WHERE g.company_id = $1 ORDER BY g.title, g.id, m.source",
        )
        .bind(company.to_string())
        .bind(user.to_string())
        .fetch_all(&self.database)
        .await?;
        let mut found: Vec<(Group, Vec<GrantSource>)> = Vec::new();
        for row in &rows {
            let group = group(row)?;
            if found.last().is_none_or(|(last, _)| last.id != group.id) {
                found.push((group, Vec::new()));
            }
            if let Some((_, sources)) = found.last_mut() {
                sources.extend(row.maybe_parsed::<GrantSource>("source")?);
            }
        }
        Ok(found)
    }
}

pub(in crate::store) fn group(row: &Row) -> Result<Group, Error> {
    Ok(Group {
        id: row.parsed("id")?,
        company_id: row.parsed("company_id")?,
        title: row.text("title")?,
        kind: row.parsed("kind")?,
        sso_only: row.int("sso_only")? != 0,
        created_at: row.time("created_at")?,
    })
}
