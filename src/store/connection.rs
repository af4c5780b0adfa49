//! Connections of companies.

pub(super) mod domain_migration;
pub(super) mod protocol_migration;
pub(super) mod trust;

use super::company::quota::whole;
use super::engine::change_log::MANY;
use super::people::break_glass;
use super::{Error, Store, Tx};
use crate::database::columns::{Row, json, ms};
use crate::database::statement::{Target, query};
use crate::domain::{
    CompanyId, Connection, ConnectionId, ConnectionName, Family, GrantSource, GroupId, SessionKey,
};
use time::OffsetDateTime;

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, company_id, name, display_name, sort_order, enabled_at, settings, revision, created_at FROM connection ",
            $rest
        )
    };
}

/// What hangs on a connection.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ConnectionUse {
    /// Users who are bound to it by an identity.
    pub users: i64,
    /// Sessions that it began and that have not ended.
    pub sessions: i64,
    /// Memberships that its group claims gave.
    pub grants: i64,
    /// Users who wait for their first sign-in through it.
    pub waiting: i64,
}

impl Tx {
    /// Holds what belongs to a company still: who changes a connection under this lock sees what others did, and waits for
    /// them. Taken after accounts and before the change counter.
    pub async fn lock_company(&mut self, company: CompanyId) -> Result<(), Error> {
        query("UPDATE company SET revision = revision WHERE id = $1")
            .bind(company.to_string())
            .execute(self)
            .await?;
        Ok(())
    }

    /// Adds a connection.
    pub async fn add_connection(
        &mut self,
        connection: &Connection,
        now: OffsetDateTime,
    ) -> Result<(), Error> {
        let settings = json(&connection.settings)?;
        let added = query(
            "INSERT INTO connection (id, company_id, name, display_name, sort_order, enabled_at, settings, revision, created_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, 0, $8) ON CONFLICT DO NOTHING",
        )
        .bind(connection.id.to_string())
        .bind(connection.company_id.to_string())
        .bind(connection.name.as_str())
        .bind(connection.display_name.as_str())
        .bind(connection.sort_order)
        .bind(connection.enabled.then(|| ms(now)))
        .bind(settings.as_str())
        .bind(ms(connection.created_at))
        .execute(&mut *self)
        .await?;
        if added == 0 {
            return Err(name_taken_error(connection));
        }
        self.uses(connection.company_id, Family::Connections, 1);
        self.uses(
            connection.company_id,
            Family::Documents,
            whole(settings.len() as u64),
        );
        self.check_groups(connection).await?;
        self.connection_changed(connection.company_id, connection.id);
        Ok(())
    }

    /// The groups that a connection puts users into are there, or it is [`Error::GroupGone`]. Whoever deletes one holds the
    /// company, as this transaction does.
    async fn check_groups(&mut self, connection: &Connection) -> Result<(), Error> {
        self.lock_company(connection.company_id).await?;
        let settings = &connection.settings;
        let mapped = settings.group_mapping.iter().map(|one| one.group_id);
        let mut groups: Vec<GroupId> = settings.jit.into_iter().chain(mapped).collect();
        groups.sort_unstable();
        groups.dedup();
        for group in groups {
            let found =
                query("SELECT id FROM permission_group WHERE id = $1 AND company_id || '' = $2")
                    .bind(group.to_string())
                    .bind(connection.company_id.to_string())
                    .fetch_optional(&mut *self)
                    .await?;
            if found.is_none() {
                return Err(Error::GroupGone);
            }
        }
        Ok(())
    }

    /// Writes a connection's names, order, settings and whether it is enabled; `false` when it is not there, or changed since
    /// it was read. (The caller enables only what has a usable signing key, rule B2.)
    pub async fn update_connection(
        &mut self,
        connection: &Connection,
        now: OffsetDateTime,
    ) -> Result<bool, Error> {
        self.lock_company(connection.company_id).await?;
        let there = query(
            "SELECT (SELECT COUNT(*) FROM connection WHERE company_id = $1 AND name = $2 AND id <> $3) AS others, \
             (SELECT OCTET_LENGTH(settings) FROM connection WHERE id = $3) AS octets",
        )
        .bind(connection.company_id.to_string())
        .bind(connection.name.as_str())
        .bind(connection.id.to_string())
        .fetch_one(&mut *self)
        .await?;
        if there.int("others")? > 0 {
            return Err(name_taken_error(connection));
        }
        let settings = json(&connection.settings)?;
        let grown = whole(settings.len() as u64) - there.maybe_int("octets")?.unwrap_or_default();
        let updated = query(
            "UPDATE connection SET name = $1, display_name = $2, sort_order = $3, \
             enabled_at = CASE WHEN $4 = 1 THEN COALESCE(enabled_at, $5) ELSE NULL END, settings = $6 \
             WHERE id = $7 AND company_id || '' = $8 AND revision = $9",
        )
        .bind(connection.name.as_str())
        .bind(connection.display_name.as_str())
        .bind(connection.sort_order)
        .bind(i64::from(connection.enabled))
        .bind(ms(now))
        .bind(settings)
        .bind(connection.id.to_string())
        .bind(connection.company_id.to_string())
        .bind(connection.revision)
        .execute(&mut *self)
        .await?;
        if updated > 0 {
            self.uses(connection.company_id, Family::Documents, grown);
            self.check_groups(connection).await?;
            self.connection_changed(connection.company_id, connection.id);
        }
        Ok(updated > 0)
    }

    /// Waits for those who bind a name at a connection, and lets nobody bind one until this transaction ends: what it does to the
    /// names that are bound, it does to all. Taken before the company.
    pub async fn hold_names(&mut self, id: ConnectionId) -> Result<(), Error> {
        // Who binds one holds the connection by its key only.
        if !self.writes_alone() {
            query("SELECT id FROM connection WHERE id = $1 FOR UPDATE")
                .bind(id.to_string())
                .fetch_all(&mut *self)
                .await?;
        }
        Ok(())
    }

    /// Removes a connection as it was read, with its identities; `false` when it is not there, or changed since then. Its
    /// sessions end. What its group claims gave goes; the group of accounts that it made stays, as an administrator's grant.
    /// Where that takes the last break-glass administrator away, it is [`Error::LastBreakGlass`] (rule F6).
    pub async fn remove_connection(&mut self, connection: &Connection) -> Result<bool, Error> {
        self.may_take_long().await?;
        let way_in = self.hold_way_in(connection.company_id, []).await?;
        self.lock_company(connection.company_id).await?;
        let id = connection.id.to_string();
        let removed = query(
            "DELETE FROM connection WHERE id = $1 AND company_id || '' = $2 AND revision = $3",
        )
        .bind(id.as_str())
        .bind(connection.company_id.to_string())
        .bind(connection.revision)
        .execute(&mut *self)
        .await?;
        if removed == 0 {
            return Ok(false);
        }
        let sessions = query("DELETE FROM session WHERE connection_id = $1 RETURNING session_key")
            .bind(id.as_str())
            .fetch_all(&mut *self)
            .await?;
        let jit = GrantSource::Jit(connection.id).to_string();
        let given = query(
            "INSERT INTO group_grant (user_id, group_id, source, created_at) \
             SELECT user_id, group_id, $2, created_at FROM group_grant WHERE source = $1 ON CONFLICT DO NOTHING",
        )
        .bind(jit.as_str())
        .bind(GrantSource::Administrator.to_string())
        .execute(&mut *self)
        .await?;
        self.uses(connection.company_id, Family::Memberships, whole(given));
        self.uses_anyway();
        let idp = GrantSource::Idp(connection.id).to_string();
        let directory = GrantSource::Directory(connection.id).to_string();
        let users = query("DELETE FROM group_grant WHERE source IN ($1, $2, $3) RETURNING user_id")
            .bind(jit)
            .bind(idp)
            .bind(directory)
            .fetch_all(&mut *self)
            .await?;
        way_in.check(self).await?;
        if sessions.len() + users.len() > MANY {
            self.everything_changed();
        } else {
            for row in &sessions {
                self.session_ended(SessionKey(row.hash("session_key")?));
            }
            for row in &users {
                self.user_changed(row.parsed("user_id")?);
            }
        }
        self.company_changed(connection.company_id);
        Ok(true)
    }

    /// Whether anybody gets into a company: through an enabled connection, or as a break-glass administrator (rule F6).
    pub async fn has_way_in(&mut self, company: CompanyId) -> Result<bool, Error> {
        let enabled = query(
            "SELECT COUNT(*) AS count FROM connection WHERE company_id = $1 AND enabled_at IS NOT NULL",
        )
        .bind(company.to_string())
        .fetch_one(&mut *self)
        .await?;
        Ok(enabled.int("count")? > 0 || break_glass::count(self, &company.to_string()).await? > 0)
    }
}

fn name_taken_error(connection: &Connection) -> Error {
    Error::Taken(format!("the connection \"{}\"", connection.name))
}

impl Store {
    /// Adds a connection.
    pub async fn add_connection(
        &self,
        connection: &Connection,
        now: OffsetDateTime,
    ) -> Result<(), Error> {
        let mut tx = self.begin().await?;
        tx.add_connection(connection, now).await?;
        tx.commit(now).await
    }

    /// Writes a connection; see [`Tx::update_connection`].
    pub async fn update_connection(
        &self,
        connection: &Connection,
        now: OffsetDateTime,
    ) -> Result<bool, Error> {
        let mut tx = self.begin().await?;
        let updated = tx.update_connection(connection, now).await?;
        if updated {
            tx.commit(now).await?;
        }
        Ok(updated)
    }

    /// Notes that a connection has seen a group claim (rule S2). What an administrator changes at the same time comes first: then it
    /// is noted the next time. Its number of changes stays, because nobody has changed anything.
    pub async fn note_groups_seen(
        &self,
        connection: &Connection,
        now: OffsetDateTime,
    ) -> Result<(), Error> {
        let mut tx = self.begin().await?;
        tx.lock_company(connection.company_id).await?;
        let mut settings = connection.settings.clone();
        let before = json(&settings)?.len();
        settings.groups_seen = true;
        let after = json(&settings)?;
        let grown = whole(after.len() as u64) - whole(before as u64);
        let noted = query("UPDATE connection SET settings = $1 WHERE id = $2 AND revision = $3")
            .bind(after)
            .bind(connection.id.to_string())
            .bind(connection.revision)
            .execute(&mut tx)
            .await?;
        if noted > 0 {
            tx.uses(connection.company_id, Family::Documents, grown);
            tx.uses_anyway();
            tx.company_changed(connection.company_id);
            tx.commit(now).await?;
        }
        Ok(())
    }

    /// What hangs on a connection.
    pub async fn connection_use(
        &self,
        id: ConnectionId,
        now: OffsetDateTime,
    ) -> Result<ConnectionUse, Error> {
        let row = query(
            "SELECT (SELECT COUNT(*) FROM identity WHERE connection_id = $1) AS users, \
             (SELECT COUNT(*) FROM session WHERE connection_id = $1 AND expires_at > $2 AND last_seen_at + idle_ms > $2) AS sessions, \
             (SELECT COUNT(*) FROM group_grant WHERE source = $3) AS grants, \
             (SELECT COUNT(*) FROM account WHERE company_id = (SELECT company_id FROM connection WHERE id = $1) \
              AND waits_for = $1 AND password IS NULL AND NOT EXISTS (SELECT 1 FROM identity i WHERE i.user_id = account.id)) AS waiting",
        )
        .bind(id.to_string())
        .bind(ms(now))
        .bind(GrantSource::Idp(id).to_string())
        .fetch_one(&self.database)
        .await?;
        Ok(ConnectionUse {
            users: row.int("users")?,
            sessions: row.int("sessions")?,
            grants: row.int("grants")?,
            waiting: row.int("waiting")?,
        })
    }

    /// A company's connections, in the order of the sign-in page.
    pub async fn connections(&self, company: CompanyId) -> Result<Vec<Connection>, Error> {
        let rows = query(select!("WHERE company_id = $1 ORDER BY sort_order, name"))
            .bind(company.to_string())
            .fetch_all(&self.database)
            .await?;
        rows.iter().map(connection).collect()
    }

    /// A connection by its identifier.
    pub async fn connection(&self, id: ConnectionId) -> Result<Option<Connection>, Error> {
        select_connection(&self.database, id).await
    }

    /// A company's connection by its name.
    pub async fn connection_by_name(
        &self,
        company: CompanyId,
        name: &ConnectionName,
    ) -> Result<Option<Connection>, Error> {
        select_connection_by_name(&self.database, company, name).await
    }
}

/// A connection by its identifier, also within a transaction.
pub(in crate::store) async fn select_connection(
    target: impl Target,
    id: ConnectionId,
) -> Result<Option<Connection>, Error> {
    let row = query(select!("WHERE id = $1"))
        .bind(id.to_string())
        .fetch_optional(target)
        .await?;
    row.as_ref().map(connection).transpose()
}

/// A company's connection by its name, also within a transaction.
pub(in crate::store) async fn select_connection_by_name(
    target: impl Target,
    company: CompanyId,
    name: &ConnectionName,
) -> Result<Option<Connection>, Error> {
    let row = query(select!("WHERE company_id = $1 AND name = $2"))
        .bind(company.to_string())
        .bind(name.as_str())
        .fetch_optional(target)
        .await?;
    row.as_ref().map(connection).transpose()
}

fn connection(row: &Row) -> Result<Connection, Error> {
    Ok(Connection {
        id: row.parsed("id")?,
        company_id: row.parsed("company_id")?,
        name: row.parsed("name")?,
        display_name: row.text("display_name")?,
        sort_order: row.int("sort_order")?,
        enabled: row.maybe_int("enabled_at")?.is_some(),
        settings: protocol_migration::settings(row)?,
        revision: row.int("revision")?,
        created_at: row.time("created_at")?,
    })
}
