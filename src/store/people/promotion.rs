//! Who becomes an administrator (rule F6).
//!
//! Invariant: no administrator has a password that neither they themselves nor somebody who may change administrators has set.
//! It holds for every way to become one, because each of them ends here.

use crate::database::statement::query;
use crate::domain::{CompanyId, Email, UserId};
use crate::store::{Error, Tx};

macro_rules! take_password {
    ($of:literal) => {
        concat!(
            "UPDATE account SET password = NULL, password_by = NULL, revision = revision + 1 WHERE ",
            $of,
            " AND password IS NOT NULL AND COALESCE(password_by, 'token') = 'token' \
             AND (SELECT COUNT(CASE WHEN g.kind = 'administrator' THEN 1 END) \
                  FROM group_grant m LEFT JOIN permission_group g ON g.id = m.group_id WHERE m.user_id = account.id) > 0 \
             RETURNING id, email"
        )
    };
}

impl Tx {
    /// Takes their passwords away from those administrators of a company (or the one user) who have one that they should not
    /// have, and ends the sessions that began by password; whose they were.
    pub async fn take_foreign_passwords(
        &mut self,
        company: CompanyId,
        only: Option<UserId>,
    ) -> Result<Vec<Email>, Error> {
        // A sign-in asks about one user, and does not look at the others.
        let take = match only {
            Some(_) => take_password!("company_id || '' = $1 AND id = $2"),
            None => take_password!("company_id = $1 AND $2 IS NULL"),
        };
        let rows = query(take)
            .bind(company.to_string())
            .bind(only.map(|id| id.to_string()))
            .fetch_all(&mut *self)
            .await?;
        let mut users = Vec::with_capacity(rows.len());
        for row in &rows {
            let id: UserId = row.parsed("id")?;
            self.user_changed(id);
            users.push(id);
        }
        self.end_sessions_by_password(&users).await?;
        rows.iter().map(|row| Ok(row.parsed("email")?)).collect()
    }
}
