//! Changes of users, as parts of a transaction that also writes the audit log.
//!
//! Invariant: who changes a user has locked its account first, and its administrators' where a way in could be lost
//! ([`Tx::hold_way_in`]); the address of a user is changed only to one that nobody else has.

use super::identity::names_of;
use super::user::{self, insert, user, user_columns};
use crate::database::columns::{is_text, ms};
use crate::database::statement::{Target, query};
use crate::domain::{
    AuditNoun, CompanyId, ConnectionId, Grant, GrantSource, GroupKind, PasswordBy, SessionKey,
    User, UserId,
};
use crate::store::engine::change::LoggedChange;
use crate::store::engine::search::search_text;
use crate::store::{Error, Store, Tx};
use time::OffsetDateTime;

/// A user with the number of its changes by administrators.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredUser {
    /// The user.
    pub user: User,
    /// Grows with each change by an administrator.
    pub revision: i64,
}

/// What an account has lost with its address.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LostTrust {
    /// The names by which connections knew it.
    pub identities: Vec<String>,
    /// How many sessions ended.
    pub sessions: usize,
    /// Whether it has lost its password.
    pub password: bool,
}

impl Store {
    /// A company's user by its identifier; none when it is another company's.
    pub async fn user_of(
        &self,
        company: CompanyId,
        id: UserId,
    ) -> Result<Option<StoredUser>, Error> {
        find(&self.database, company, id).await
    }

    /// Who changed something of this name last, as the audit log has it, and when; not longer ago than `since`.
    pub async fn last_change_of(
        &self,
        company: CompanyId,
        noun: AuditNoun,
        subject: &str,
        since: OffsetDateTime,
    ) -> Result<Option<(String, OffsetDateTime)>, Error> {
        if !is_text(subject) {
            return Ok(None);
        }
        let row = query(
            "SELECT actor, at FROM audit_event WHERE company_id = $1 AND at >= $2 AND subject = $3 AND action LIKE $4 \
             ORDER BY at DESC, id DESC LIMIT 1",
        )
        .bind(company.to_string())
        .bind(ms(since))
        .bind(subject)
        .bind(format!("{noun}.%"))
        .fetch_optional(&self.database)
        .await?;
        row.map(|row| Ok((row.text("actor")?, row.time("at")?)))
            .transpose()
    }
}

impl Tx {
    /// Adds a user, without a password and without groups; `false` when its e-mail address is taken.
    pub async fn add_user(&mut self, user: &User) -> Result<bool, Error> {
        insert(self, user).await
    }

    /// A company's user, locked until the transaction ends; none when it is another company's.
    pub async fn lock_user(
        &mut self,
        company: CompanyId,
        id: UserId,
    ) -> Result<Option<StoredUser>, Error> {
        query("UPDATE account SET email_key = email_key WHERE id = $1 AND company_id || '' = $2")
            .bind(id.to_string())
            .bind(company.to_string())
            .execute(&mut *self)
            .await?;
        find(self, company, id).await
    }

    /// Writes a user's address, names, company and the connection that it waits for; `false` when the address is another user's.
    pub async fn write_user(&mut self, user: &User) -> Result<bool, Error> {
        let updated = query(
            "UPDATE account SET email = $1, email_key = $2, first_name = $3, last_name = $4, company_name = $5, \
             search = $8, waits_for = $9, revision = revision + 1 WHERE id = $6 AND company_id || '' = $7 AND NOT EXISTS \
             (SELECT 1 FROM account other WHERE other.company_id = $7 AND other.email_key = $2 AND other.id <> $6)",
        )
        .bind(user.email.as_str())
        .bind(user.email.key())
        .bind(user.first_name.as_str())
        .bind(user.last_name.as_str())
        .bind(user.company_name.as_str())
        .bind(user.id.to_string())
        .bind(user.company_id.to_string())
        .bind(search_text(user))
        .bind(user.waits_for.map(|id| id.to_string()))
        .execute(&mut *self)
        .await;
        match updated {
            Err(error) if error.is_duplicate() => Ok(false),
            other => {
                self.user_changed(user.id);
                Ok(other? > 0)
            }
        }
    }

    /// Deactivates a user, now, and ends its sessions (rule F4), or activates it; how many sessions ended.
    pub async fn write_active(
        &mut self,
        id: UserId,
        disabled_at: Option<OffsetDateTime>,
    ) -> Result<usize, Error> {
        query("UPDATE account SET disabled_at = $1, revision = revision + 1 WHERE id = $2")
            .bind(disabled_at.map(ms))
            .bind(id.to_string())
            .execute(&mut *self)
            .await?;
        self.user_changed(id);
        if disabled_at.is_some() {
            self.end_sessions_of(id, None).await
        } else {
            Ok(0)
        }
    }

    /// Sets or removes a user's password (a sealed hash) and ends its sessions, but one; how many ended.
    pub async fn write_password(
        &mut self,
        id: UserId,
        password: Option<(&[u8], PasswordBy)>,
        keep: Option<SessionKey>,
    ) -> Result<usize, Error> {
        // Whoever knows a token's password can put another in its place: that one is no more the person's own.
        query(
            "UPDATE account SET password = $1, password_for_once = 0, revision = revision + 1, password_by = \
             CASE WHEN $2 = 'own' AND password IS NOT NULL AND COALESCE(password_by, 'token') = 'token' THEN 'token' ELSE $2 END \
             WHERE id = $3",
        )
            .bind(password.map(|(sealed, _)| sealed))
            .bind(password.map(|(_, by)| by.as_str()))
            .bind(id.to_string())
            .execute(&mut *self)
            .await?;
        self.user_changed(id);
        self.end_sessions_of(id, keep).await
    }

    /// After a locked account has got another address by a token's word: whoever got into it so far may be somebody else. Its
    /// identities are forgotten, its sessions end, and its password counts as the token's. One that had an identity loses the
    /// password, so that it waits for its owner's next sign-in.
    pub async fn distrust(&mut self, id: UserId) -> Result<LostTrust, Error> {
        query("UPDATE account SET password_by = 'token' WHERE id = $1 AND password IS NOT NULL")
            .bind(id.to_string())
            .execute(&mut *self)
            .await?;
        let rows = query(
            "SELECT DISTINCT connection_id FROM identity WHERE user_id = $1 ORDER BY connection_id",
        )
        .bind(id.to_string())
        .fetch_all(&mut *self)
        .await?;
        // First the sessions, so that all of them are counted.
        let mut distrusted = LostTrust {
            identities: Vec::new(),
            sessions: self.end_sessions_of(id, None).await?,
            password: false,
        };
        for row in &rows {
            let gone = self.unbind(id, row.parsed("connection_id")?, None).await?;
            distrusted.identities.extend(gone);
        }
        if !rows.is_empty() {
            let taken = query(
                "UPDATE account SET password = NULL, password_by = NULL WHERE id = $1 AND password IS NOT NULL",
            )
            .bind(id.to_string())
            .execute(&mut *self)
            .await?;
            distrusted.password = taken > 0;
        }
        Ok(distrusted)
    }

    /// A user's sealed password, as it is in this transaction.
    pub async fn password(&mut self, id: UserId) -> Result<Option<Vec<u8>>, Error> {
        user::password(self, id).await
    }

    /// Notes that a user's password is somebody else's word, and good for setting another one only.
    pub async fn password_is_for_once(&mut self, id: UserId) -> Result<(), Error> {
        query("UPDATE account SET password_for_once = 1 WHERE id = $1 AND password IS NOT NULL")
            .bind(id.to_string())
            .execute(self)
            .await?;
        Ok(())
    }

    /// Puts a user into a group of the same company; `false` when there is nothing to change.
    pub async fn grant(&mut self, grant: Grant, now: OffsetDateTime) -> Result<bool, Error> {
        let added = self.grant_to_new(grant, now).await?;
        if added {
            self.user_changed(grant.user_id);
        }
        Ok(added)
    }

    /// The same for a user that this transaction has made: no server knows it yet.
    pub async fn grant_to_new(&mut self, grant: Grant, now: OffsetDateTime) -> Result<bool, Error> {
        let added = query(
            "INSERT INTO group_grant (user_id, group_id, source, created_at) \
             SELECT a.id, g.id, $3, $4 FROM account a JOIN permission_group g ON g.company_id = a.company_id \
             WHERE a.id = $1 AND g.id = $2 ON CONFLICT DO NOTHING",
        )
        .bind(grant.user_id.to_string())
        .bind(grant.group_id.to_string())
        .bind(grant.source.to_string())
        .bind(ms(now))
        .execute(&mut *self)
        .await?;
        if added > 0 && grant.source == GrantSource::Administrator {
            self.uses_membership(grant.user_id, 1);
        }
        Ok(added > 0)
    }

    /// Takes a membership away from the source that gave it; `false` when there is none.
    pub async fn revoke(&mut self, grant: Grant) -> Result<bool, Error> {
        let removed =
            query("DELETE FROM group_grant WHERE user_id = $1 AND group_id = $2 AND source = $3")
                .bind(grant.user_id.to_string())
                .bind(grant.group_id.to_string())
                .bind(grant.source.to_string())
                .execute(&mut *self)
                .await?;
        if removed > 0 {
            self.user_changed(grant.user_id);
        }
        if removed > 0 && grant.source == GrantSource::Administrator {
            self.uses_membership(grant.user_id, -1);
        }
        Ok(removed > 0)
    }

    /// Forgets by what a connection knows a user: one name, or all. With the last one the sessions that began through that
    /// connection end, the user leaves the groups that the connection's claims put it into, and waits for a first sign-in through
    /// it again. The names that were forgotten.
    pub async fn unbind(
        &mut self,
        id: UserId,
        connection: ConnectionId,
        only: Option<&str>,
    ) -> Result<Vec<String>, Error> {
        let rows = query(
            "DELETE FROM identity WHERE user_id = $1 AND connection_id = $2 AND ($3 IS NULL OR subject = $3) RETURNING subject",
        )
        .bind(id.to_string())
        .bind(connection.to_string())
        .bind(only)
        .fetch_all(&mut *self)
        .await?;
        let gone = rows
            .iter()
            .map(|row| row.text("subject"))
            .collect::<Result<Vec<String>, _>>()?;
        self.user_changed(id);
        if gone.is_empty() || !names_of(self, id, connection).await?.is_empty() {
            return Ok(gone);
        }
        query("UPDATE account SET waits_for = $1 WHERE id = $2")
            .bind(connection.to_string())
            .bind(id.to_string())
            .execute(&mut *self)
            .await?;
        let ended = query(
            "DELETE FROM session WHERE user_id = $1 AND connection_id = $2 RETURNING session_key",
        )
        .bind(id.to_string())
        .bind(connection.to_string())
        .fetch_all(&mut *self)
        .await?;
        for session in &ended {
            self.session_ended(SessionKey(session.hash("session_key")?));
        }
        // What its directory gave goes, too: no round looks at somebody whom the connection does not know.
        query("DELETE FROM group_grant WHERE user_id = $1 AND source IN ($2, $3)")
            .bind(id.to_string())
            .bind(GrantSource::Idp(connection).to_string())
            .bind(GrantSource::Directory(connection).to_string())
            .execute(&mut *self)
            .await?;
        Ok(gone)
    }

    /// Tells running servers that what is known of a user has changed.
    pub fn identity_changed(&mut self, id: UserId) {
        self.user_changed(id);
    }

    /// Notes that a user has come through the connection that it waited for.
    pub async fn waits_no_more(&mut self, id: UserId) -> Result<(), Error> {
        query("UPDATE account SET waits_for = NULL WHERE id = $1")
            .bind(id.to_string())
            .execute(self)
            .await?;
        Ok(())
    }

    /// Publishes one change of a company in place of one for each of its users: what servers remember of a session counts for
    /// the company as it was. (Who publishes keeps others from it, and must not do so for long.)
    pub fn many_users_changed(&mut self, company: CompanyId) {
        self.changed
            .retain(|change| !matches!(change, LoggedChange::User(_)));
        self.company_changed(company);
    }

    /// Whether a user is an active administrator.
    pub async fn is_administrator(&mut self, id: UserId) -> Result<bool, Error> {
        let row = query(
            "SELECT a.id FROM account a WHERE a.id = $1 AND a.disabled_at IS NULL AND EXISTS \
             (SELECT 1 FROM group_grant m JOIN permission_group g ON g.id = m.group_id WHERE m.user_id = a.id AND g.kind = $2)",
        )
        .bind(id.to_string())
        .bind(GroupKind::Administrator.as_str())
        .fetch_optional(&mut *self)
        .await?;
        Ok(row.is_some())
    }

    /// Whether a user, active or not, is in a group of administrators.
    pub async fn is_among_administrators(&mut self, id: UserId) -> Result<bool, Error> {
        let row = query(
            "SELECT m.user_id FROM group_grant m JOIN permission_group g ON g.id = m.group_id \
             WHERE m.user_id = $1 AND g.kind = $2 LIMIT 1",
        )
        .bind(id.to_string())
        .bind(GroupKind::Administrator.as_str())
        .fetch_optional(&mut *self)
        .await?;
        Ok(row.is_some())
    }

    /// Whether an account waits for a first sign-in ([`User::waits`]).
    pub async fn waits(&mut self, user: &User) -> Result<bool, Error> {
        let row = query("SELECT COUNT(*) AS count FROM identity WHERE user_id = $1")
            .bind(user.id.to_string())
            .fetch_one(self)
            .await?;
        Ok(user.waits(row.int("count")? > 0))
    }

    /// The title of a group of a user that takes no passwords (rule F6), if there is one.
    pub async fn sso_only_group_of(&mut self, id: UserId) -> Result<Option<String>, Error> {
        let row = query(
            "SELECT g.title FROM group_grant m JOIN permission_group g ON g.id = m.group_id \
             WHERE m.user_id = $1 AND g.sso_only = 1 ORDER BY g.title LIMIT 1",
        )
        .bind(id.to_string())
        .fetch_optional(&mut *self)
        .await?;
        Ok(row.map(|row| row.text("title")).transpose()?)
    }
}

async fn find(
    target: impl Target,
    company: CompanyId,
    id: UserId,
) -> Result<Option<StoredUser>, Error> {
    let row = query(concat!(
        "SELECT ",
        user_columns!(),
        ", account.revision FROM account WHERE account.id = $1 AND account.company_id || '' = $2"
    ))
    .bind(id.to_string())
    .bind(company.to_string())
    .fetch_optional(target)
    .await?;
    row.map(|row| {
        Ok(StoredUser {
            user: user(&row)?,
            revision: row.int("revision")?,
        })
    })
    .transpose()
}
