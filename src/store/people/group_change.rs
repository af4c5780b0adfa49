//! Permission groups as an administrator sees and changes them.
//!
//! Invariant: a group that a connection puts users into is not removed, whatever servers do at the same instant: who removes
//! it and who changes a connection hold the company, and look for the other then.

use super::group::group;
use crate::database::columns::{Row, ms};
use crate::database::statement::{Target, query};
use crate::domain::{
    CompanyId, Connection, ConnectionId, Family, GrantSource, Group, GroupId, GroupKind, Settings,
};
use crate::store::company::quota::whole;
use crate::store::connection::protocol_migration;
use crate::store::engine::page::CursorPage;
use crate::store::{Error, Store, Tx};

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT g.id, g.company_id, g.title, g.kind, g.sso_only, g.created_at, g.revision FROM permission_group g ",
            $rest
        )
    };
}

/// How many users are in a group. Not COUNT(DISTINCT), for which PostgreSQL sorts what the index has sorted.
macro_rules! members {
    ($group:literal) => {
        concat!(
            "(SELECT COUNT(*) FROM (SELECT m.user_id FROM group_grant m WHERE m.group_id = ",
            $group,
            " GROUP BY m.user_id) AS members)"
        )
    };
}

macro_rules! select_listed {
    ($rest:literal) => {
        concat!(
            "SELECT g.id, g.company_id, g.title, g.kind, g.sso_only, g.created_at, ",
            members!("g.id"),
            " AS members FROM permission_group g ",
            $rest
        )
    };
}

/// A group with the number of its changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredGroup {
    /// The group.
    pub group: Group,
    /// Grows with each change.
    pub revision: i64,
}

/// A group in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedGroup {
    /// The group.
    pub group: Group,
    /// How many users are in it, whoever put them there.
    pub members: u64,
}

/// A connection that puts users into a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupUse {
    /// The connection.
    pub connection: ConnectionId,
    /// Its name on the sign-in page.
    pub display_name: String,
    /// Accounts made at their first sign-in come into the group.
    pub jit: bool,
    /// The values of the group claim that stand for it.
    pub values: Vec<String>,
}

impl GroupUse {
    /// How a connection uses a group, if it does.
    pub fn from_connection(connection: &Connection, group: GroupId) -> Option<Self> {
        let Connection {
            id,
            display_name,
            settings,
            ..
        } = connection;
        Self::in_settings(*id, display_name, settings, group)
    }

    fn in_settings(
        connection: ConnectionId,
        display_name: &str,
        settings: &Settings,
        group: GroupId,
    ) -> Option<Self> {
        let mapped = settings.group_mapping.iter();
        let values: Vec<String> = mapped
            .filter(|mapped| mapped.group_id == group)
            .map(|mapped| mapped.value.clone())
            .collect();
        let jit = settings.jit == Some(group);
        (jit || !values.is_empty()).then(|| Self {
            connection,
            display_name: display_name.to_owned(),
            jit,
            values,
        })
    }
}

impl Store {
    /// A company's group by its identifier; none when it is another company's.
    pub async fn group_of(
        &self,
        company: CompanyId,
        id: GroupId,
    ) -> Result<Option<StoredGroup>, Error> {
        find(&self.database, company, id).await
    }

    /// A company's groups with how many users are in each, by title.
    pub async fn list_groups(&self, company: CompanyId) -> Result<Vec<ListedGroup>, Error> {
        let rows = query(select_listed!("WHERE g.company_id = $1 ORDER BY g.title"))
            .bind(company.to_string())
            .fetch_all(&self.database)
            .await?;
        rows.iter().map(listed_group).collect()
    }

    /// A company's groups by title, from behind a place on: the title there.
    pub async fn groups_after(
        &self,
        company: CompanyId,
        after: Option<String>,
        limit: u32,
    ) -> Result<CursorPage<ListedGroup, String>, Error> {
        let rows = query(select_listed!(
            "WHERE g.company_id = $1 AND g.title > $2 ORDER BY g.title LIMIT $3"
        ))
        .bind(company.to_string())
        .bind(after.unwrap_or_default())
        .bind(i64::from(limit) + 1)
        .fetch_all(&self.database)
        .await?;
        let groups = rows.iter().map(listed_group).collect::<Result<_, _>>()?;
        Ok(CursorPage::new(groups, limit, |last| {
            last.group.title.clone()
        }))
    }

    /// How many users are in a group, whoever put them there.
    pub async fn count_members(&self, id: GroupId) -> Result<u64, Error> {
        count_members(&self.database, id).await
    }

    /// How many users are in this group and in no other, counted up to `most`.
    pub async fn count_members_only(&self, id: GroupId, most: u32) -> Result<u64, Error> {
        let row = query(
            "SELECT COUNT(*) AS count FROM (SELECT DISTINCT m.user_id FROM group_grant m WHERE m.group_id = $1 AND NOT EXISTS \
             (SELECT 1 FROM group_grant o WHERE o.user_id = m.user_id AND o.group_id <> $1) LIMIT $2) alone",
        )
        .bind(id.to_string())
        .bind(i64::from(most))
        .fetch_one(&self.database)
        .await?;
        Ok(u64::try_from(row.int("count")?).unwrap_or_default())
    }

    /// Whether a member of a group is in a group of administrators too.
    pub async fn has_administrator(&self, company: CompanyId, id: GroupId) -> Result<bool, Error> {
        has_administrator(&self.database, company, id).await
    }

    /// The connections that put users into a group.
    pub async fn uses_of_group(
        &self,
        company: CompanyId,
        id: GroupId,
    ) -> Result<Vec<GroupUse>, Error> {
        uses(&self.database, company, id).await
    }
}

impl Tx {
    /// Adds a group; `false` when its title is taken.
    pub async fn add_group(&mut self, group: &Group) -> Result<bool, Error> {
        let added = query(
            "INSERT INTO permission_group (id, company_id, title, kind, sso_only, created_at) \
             VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING",
        )
        .bind(group.id.to_string())
        .bind(group.company_id.to_string())
        .bind(group.title.as_str())
        .bind(group.kind.as_str())
        .bind(i64::from(group.sso_only))
        .bind(ms(group.created_at))
        .execute(&mut *self)
        .await?;
        self.company_changed(group.company_id);
        if added > 0 {
            self.uses(group.company_id, Family::Groups, 1);
        }
        Ok(added > 0)
    }

    /// A company's groups, by title, read in this transaction.
    pub async fn all_groups(&mut self, company: CompanyId) -> Result<Vec<Group>, Error> {
        let rows = query(select!("WHERE g.company_id = $1 ORDER BY g.title"))
            .bind(company.to_string())
            .fetch_all(&mut *self)
            .await?;
        rows.iter().map(group).collect()
    }

    /// A company's group, locked until the transaction ends; none when it is another company's.
    pub async fn lock_group(
        &mut self,
        company: CompanyId,
        id: GroupId,
    ) -> Result<Option<StoredGroup>, Error> {
        query("UPDATE permission_group SET title = title WHERE id = $1 AND company_id || '' = $2")
            .bind(id.to_string())
            .bind(company.to_string())
            .execute(&mut *self)
            .await?;
        find(self, company, id).await
    }

    /// Writes a group's title, type and sign-in; `false` when the title is another group's.
    pub async fn write_group(&mut self, group: &Group) -> Result<bool, Error> {
        let updated = query(
            "UPDATE permission_group SET title = $1, kind = $2, sso_only = $3, revision = revision + 1 \
             WHERE id = $4 AND company_id || '' = $5 AND NOT EXISTS \
             (SELECT 1 FROM permission_group other WHERE other.company_id = $5 AND other.title = $1 AND other.id <> $4)",
        )
        .bind(group.title.as_str())
        .bind(group.kind.as_str())
        .bind(i64::from(group.sso_only))
        .bind(group.id.to_string())
        .bind(group.company_id.to_string())
        .execute(&mut *self)
        .await;
        match updated {
            Err(error) if error.is_duplicate() => Ok(false),
            other => {
                // What servers remember of a session holds the groups' titles, and counts for the company as it was.
                self.company_changed(group.company_id);
                Ok(other? > 0)
            }
        }
    }

    /// The connections that put users into a group. They stay as they are, and none is added, until the transaction ends.
    pub async fn hold_uses_of_group(
        &mut self,
        company: CompanyId,
        id: GroupId,
    ) -> Result<Vec<GroupUse>, Error> {
        // Whoever changes or adds a connection holds the company first.
        self.lock_company(company).await?;
        uses(self, company, id).await
    }

    /// Whether a member of a group is in a group of administrators too.
    pub async fn has_administrator(
        &mut self,
        company: CompanyId,
        id: GroupId,
    ) -> Result<bool, Error> {
        has_administrator(self, company, id).await
    }

    /// Removes a group and every membership in it.
    pub async fn remove_group(&mut self, company: CompanyId, id: GroupId) -> Result<(), Error> {
        // Who puts somebody into it holds it by its key only, and would not be counted.
        if !self.writes_alone() {
            query("SELECT id FROM permission_group WHERE id = $1 FOR UPDATE")
                .bind(id.to_string())
                .fetch_all(&mut *self)
                .await?;
        }
        let given = query(
            "DELETE FROM group_grant WHERE source = $3 AND group_id = \
             (SELECT id FROM permission_group WHERE id = $1 AND company_id || '' = $2)",
        )
        .bind(id.to_string())
        .bind(company.to_string())
        .bind(GrantSource::Administrator.to_string())
        .execute(&mut *self)
        .await?;
        self.uses(company, Family::Memberships, -whole(given));
        query("DELETE FROM permission_group WHERE id = $1 AND company_id || '' = $2")
            .bind(id.to_string())
            .bind(company.to_string())
            .execute(&mut *self)
            .await?;
        self.company_changed(company);
        Ok(())
    }

    /// How many users are in a group, whoever put them there.
    pub async fn count_members(&mut self, id: GroupId) -> Result<u64, Error> {
        count_members(self, id).await
    }
}

async fn count_members(target: impl Target, id: GroupId) -> Result<u64, Error> {
    let row = query(concat!("SELECT ", members!("$1"), " AS count"))
        .bind(id.to_string())
        .fetch_one(target)
        .await?;
    Ok(u64::try_from(row.int("count")?).unwrap_or_default())
}

async fn find(
    target: impl Target,
    company: CompanyId,
    id: GroupId,
) -> Result<Option<StoredGroup>, Error> {
    let row = query(select!("WHERE g.id = $1 AND g.company_id || '' = $2"))
        .bind(id.to_string())
        .bind(company.to_string())
        .fetch_optional(target)
        .await?;
    row.map(|row| {
        Ok(StoredGroup {
            group: group(&row)?,
            revision: row.int("revision")?,
        })
    })
    .transpose()
}

async fn has_administrator(
    target: impl Target,
    company: CompanyId,
    id: GroupId,
) -> Result<bool, Error> {
    // From the few administrators to the group.
    let row = query(
        "SELECT m.user_id FROM permission_group g JOIN group_grant a ON a.group_id = g.id \
         JOIN group_grant m ON m.user_id = a.user_id WHERE g.company_id = $1 AND g.kind = $2 AND m.group_id = $3 LIMIT 1",
    )
    .bind(company.to_string())
    .bind(GroupKind::Administrator.as_str())
    .bind(id.to_string())
    .fetch_optional(target)
    .await?;
    Ok(row.is_some())
}

async fn uses(
    target: impl Target,
    company: CompanyId,
    id: GroupId,
) -> Result<Vec<GroupUse>, Error> {
    let rows = query(
        "SELECT id, display_name, settings FROM connection WHERE company_id = $1 ORDER BY sort_order, name",
    )
    .bind(company.to_string())
    .fetch_all(target)
    .await?;
    let uses = rows.iter().map(|row| use_in(row, id));
    uses.filter_map(Result::transpose).collect()
}

fn use_in(row: &Row, id: GroupId) -> Result<Option<GroupUse>, Error> {
    let (connection, name) = (row.parsed("id")?, row.text("display_name")?);
    let settings = protocol_migration::settings(row)?;
    Ok(GroupUse::in_settings(connection, &name, &settings, id))
}

fn listed_group(row: &Row) -> Result<ListedGroup, Error> {
    Ok(ListedGroup {
        group: group(row)?,
        members: u64::try_from(row.int("members")?).unwrap_or_default(),
    })
}
