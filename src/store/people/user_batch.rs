//! Many users, memberships and entries of the audit log in one go.
//!
//! Invariant: how often the database is asked grows with bounded parts of the rows, never with each of them.

use time::OffsetDateTime;

use crate::database::batch::{BatchRow, BatchStatement};
use crate::database::columns::{Row, json, ms};
use crate::database::value::Value;
use crate::domain::{
    AuditEvent, CompanyId, Family, GrantSource, GroupId, SessionKey, User, UserId,
};
use crate::store::company::quota::whole;
use crate::store::console::audit;
use crate::store::engine::search::search_text;
use crate::store::people::user::{select_user, user};
use crate::store::{Error, Store, Tx};

static BY_EMAIL: BatchStatement<1> = BatchStatement::new(
    select_user!(
        "WHERE account.company_id = $1 AND account.email_key IN (SELECT column1 FROM (ROWS) AS v)"
    ),
    1,
);
static BY_ID: BatchStatement<1> = BatchStatement::new(
    select_user!(
        "WHERE account.company_id = $1 AND account.id IN (SELECT column1 FROM (ROWS) AS v)"
    ),
    1,
);
static GIVEN: BatchStatement<2> = BatchStatement::new(
    "SELECT m.user_id, m.group_id FROM (ROWS) AS v JOIN group_grant m \
     ON m.user_id = v.column1 AND m.group_id = v.column2 AND m.source = $1",
    1,
);
static ADD: BatchStatement<14> = BatchStatement::new(
    "INSERT INTO account (id, company_id, email, email_key, first_name, last_name, company_name, created_by, disabled_at, created_at, \
     last_sign_in_at, search, waits_for, attributes) SELECT * FROM (ROWS) AS v WHERE v.column1 IS NOT NULL ON CONFLICT DO NOTHING",
    0,
);
static WRITE: BatchStatement<5> = BatchStatement::new(
    "UPDATE account SET first_name = v.column2, last_name = v.column3, company_name = v.column4, search = v.column5, \
     revision = revision + 1 FROM (ROWS) AS v WHERE account.id = v.column1 AND account.company_id = $1",
    1,
);
static GRANT: BatchStatement<3> = BatchStatement::new(
    "INSERT INTO group_grant (user_id, group_id, source, created_at) SELECT a.id, g.id, v.column3, $1 FROM (ROWS) AS v \
     JOIN account a ON a.id = v.column1 JOIN permission_group g ON g.id = v.column2 AND g.company_id = a.company_id \
     WHERE v.column1 IS NOT NULL ON CONFLICT DO NOTHING RETURNING user_id, group_id",
    1,
);
static ENTRIES: BatchStatement<10> = BatchStatement::new(
    "INSERT INTO audit_event (id, company_id, at, actor, action, subject, detail, client, before_value, after_value) \
     SELECT * FROM (ROWS) AS v WHERE v.column1 IS NOT NULL",
    0,
);
static END_BY_PASSWORD: BatchStatement<1> = BatchStatement::new(
    "DELETE FROM session WHERE connection_id IS NULL AND user_id IN (SELECT column1 FROM (ROWS) AS v) RETURNING session_key",
    0,
);
/// One order for everyone, so that two changes at once wait for each other and not both for the other. (Not the UPDATE that changes
/// nothing, which locks in no order; SQLite, whose transaction is the only one that writes, is not asked.)
static LOCK: BatchStatement<1> = BatchStatement::new(
    "SELECT account.id FROM account WHERE account.id IN (SELECT column1 FROM (ROWS) AS v) ORDER BY account.id FOR NO KEY UPDATE",
    0,
);

impl Store {
    /// The users of a company that have one of these addresses, in lower case.
    pub async fn users_by_email(
        &self,
        company: CompanyId,
        emails: Vec<String>,
    ) -> Result<Vec<User>, Error> {
        let emails = emails.into_iter().map(|email| [email.into()]).collect();
        let company = [Value::from(company.to_string())];
        let rows = BY_EMAIL.read(&self.database, &company, emails).await?;
        rows.iter().map(user).collect()
    }

    /// Those of these memberships that an administrator has given.
    pub async fn given_by_hand(
        &self,
        memberships: &[(UserId, GroupId)],
    ) -> Result<Vec<(UserId, GroupId)>, Error> {
        let by = [Value::from(GrantSource::Administrator.to_string())];
        let memberships = memberships
            .iter()
            .map(|(user, group)| [user.to_string().into(), group.to_string().into()])
            .collect();
        let rows = GIVEN.read(&self.database, &by, memberships).await?;
        rows.iter().map(membership).collect()
    }
}

impl Tx {
    /// The users of a company of these identifiers.
    pub async fn users_of(
        &mut self,
        company: CompanyId,
        ids: &[UserId],
    ) -> Result<Vec<User>, Error> {
        let ids = ids.iter().map(|id| [id.to_string().into()]).collect();
        let company = [Value::from(company.to_string())];
        let rows = BY_ID.fetch_all(self, &company, ids).await?;
        rows.iter().map(user).collect()
    }

    /// Adds users, without passwords and without groups; `false` when an address is taken.
    pub async fn add_users(&mut self, users: &[User]) -> Result<bool, Error> {
        let row = |user: &User| -> Result<BatchRow<14>, Error> {
            Ok([
                user.id.to_string().into(),
                user.company_id.to_string().into(),
                user.email.to_string().into(),
                user.email.key().into(),
                user.first_name.clone().into(),
                user.last_name.clone().into(),
                user.company_name.clone().into(),
                user.created_by.as_str().to_owned().into(),
                user.disabled_at.map(ms).into(),
                ms(user.created_at).into(),
                user.last_sign_in_at.map(ms).into(),
                search_text(user).into(),
                user.waits_for.map(|id| id.to_string()).into(),
                json(&user.attributes)?.into(),
            ])
        };
        let rows = users.iter().map(row).collect::<Result<_, _>>()?;
        let added = ADD.execute(self, &[], rows).await?;
        if added != users.len() as u64 {
            return Ok(false);
        }
        for user in users {
            self.uses(user.company_id, Family::Users, 1);
        }
        Ok(true)
    }

    /// Writes the names and companies of locked users of a company. Who does so tells it by [`Tx::many_users_changed`].
    pub async fn write_names(&mut self, company: CompanyId, users: &[User]) -> Result<(), Error> {
        let company = [Value::from(company.to_string())];
        let row = |user: &User| -> BatchRow<5> {
            [
                user.id.to_string().into(),
                user.first_name.clone().into(),
                user.last_name.clone().into(),
                user.company_name.clone().into(),
                search_text(user).into(),
            ]
        };
        let rows = users.iter().map(row).collect();
        WRITE.execute(self, &company, rows).await?;
        Ok(())
    }

    /// Puts users of a company into its groups, by an administrator's word; those memberships that are new. Who does so tells it
    /// by [`Tx::many_users_changed`], unless no server knows the users yet.
    pub async fn grant_many(
        &mut self,
        company: CompanyId,
        grants: &[(UserId, GroupId)],
        now: OffsetDateTime,
    ) -> Result<Vec<(UserId, GroupId)>, Error> {
        let source = GrantSource::Administrator;
        let given = self.grant_all(source, grants, now).await?;
        self.uses(company, Family::Memberships, whole(given.len() as u64));
        Ok(given)
    }

    /// The same by any source, and nothing is counted.
    pub(in crate::store) async fn grant_all(
        &mut self,
        source: GrantSource,
        grants: &[(UserId, GroupId)],
        now: OffsetDateTime,
    ) -> Result<Vec<(UserId, GroupId)>, Error> {
        let by = source.to_string();
        let row = |(user, group): &(UserId, GroupId)| -> BatchRow<3> {
            [
                user.to_string().into(),
                group.to_string().into(),
                by.clone().into(),
            ]
        };
        let rows = grants.iter().map(row).collect();
        let rows = GRANT.fetch_all(self, &[Value::from(ms(now))], rows).await?;
        rows.iter().map(membership).collect()
    }

    /// Writes entries of the audit log in the transaction of what they tell.
    pub async fn audit_many(&mut self, events: &[AuditEvent]) -> Result<(), Error> {
        let rows = events
            .iter()
            .map(audit::values)
            .collect::<Result<Vec<_>, Error>>()?;
        ENTRIES.execute(self, &[], rows).await?;
        Ok(())
    }

    /// Ends the sessions of these users that began by password.
    pub(in crate::store) async fn end_sessions_by_password(
        &mut self,
        users: &[UserId],
    ) -> Result<(), Error> {
        let users = users.iter().map(|id| [id.to_string().into()]).collect();
        let ended = END_BY_PASSWORD.fetch_all(self, &[], users).await?;
        for session in &ended {
            self.session_ended(SessionKey(session.hash("session_key")?));
        }
        Ok(())
    }

    /// Locks accounts until the transaction ends.
    pub(in crate::store) async fn lock_accounts(
        &mut self,
        mut ids: Vec<String>,
    ) -> Result<(), Error> {
        if self.writes_alone() {
            return Ok(());
        }
        ids.sort_unstable();
        ids.dedup();
        let ids = ids.into_iter().map(|id| [id.into()]).collect();
        LOCK.fetch_all(self, &[], ids).await?;
        Ok(())
    }
}

fn membership(row: &Row) -> Result<(UserId, GroupId), Error> {
    Ok((row.parsed("user_id")?, row.parsed("group_id")?))
}
