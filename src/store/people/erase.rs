//! A user is deleted, with all that tells of the person.
//!
//! Invariant: one transaction. What stays is the audit log, which then names nobody (`store::pseudonym`).

use time::OffsetDateTime;

use crate::database::columns::ms;
use crate::database::statement::query;
use crate::domain::{Family, GrantSource, User};
use crate::store::company::quota::whole;
use crate::store::console::idempotency::GONE;
use crate::store::engine::search::pattern;
use crate::store::{Error, Store, Tx};

/// What hangs on a user.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct UserUse {
    /// Sessions that have not ended.
    pub sessions: i64,
    /// Connections that know it.
    pub identities: i64,
    /// Permission groups that it is in.
    pub groups: i64,
    /// Records of its sign-ins, and of refused ones that name its address.
    pub sign_ins: i64,
}

/// What went with a user.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ErasedUser {
    /// Sessions that ended.
    pub sessions: u64,
    /// Records of sign-ins.
    pub sign_ins: u64,
    /// Entries of the audit log that name nobody now.
    pub entries: u64,
}

impl Store {
    /// What hangs on a user.
    pub async fn user_use(&self, user: &User, now: OffsetDateTime) -> Result<UserUse, Error> {
        let row = query(
            "SELECT (SELECT COUNT(*) FROM session WHERE user_id = $1 AND expires_at > $2 AND last_seen_at + idle_ms > $2) AS sessions, \
             (SELECT COUNT(*) FROM identity WHERE user_id = $1) AS identities, \
             (SELECT COUNT(DISTINCT group_id) FROM group_grant WHERE user_id = $1) AS user_groups, \
             (SELECT COUNT(*) FROM login_attempt WHERE user_id = $1) AS own, \
             (SELECT COUNT(*) FROM login_attempt WHERE company_id = $3 AND outcome = 'refused' AND named = $4 \
              AND user_id IS NULL) AS named",
        )
        .bind(user.id.to_string())
        .bind(ms(now))
        .bind(user.company_id.to_string())
        .bind(user.email.key())
        .fetch_one(&self.database)
        .await?;
        Ok(UserUse {
            sessions: row.int("sessions")?,
            identities: row.int("identities")?,
            groups: row.int("user_groups")?,
            sign_ins: row.int("own")? + row.int("named")?,
        })
    }
}

impl Tx {
    /// Deletes a locked user: its sessions end, its identities, memberships and records of sign-ins go, and `instead` stands in
    /// the audit log in the place of its addresses and names.
    pub async fn delete_user(&mut self, user: &User, instead: &str) -> Result<ErasedUser, Error> {
        self.may_take_long().await?;
        let (id, company) = (user.id.to_string(), user.company_id.to_string());
        let sessions = self.end_sessions_of(user.id, None).await?;
        let hidden = self.hide_in_audit(user, instead).await?;
        let mut sign_ins = 0;
        for address in &hidden.addresses {
            sign_ins += self.delete_sign_ins(&id, &company, address).await?;
            query("UPDATE api_token SET created_by = $1 WHERE company_id = $2 AND LOWER(REPLACE(created_by, 'I', 'i')) = $3")
                .bind(instead)
                .bind(company.as_str())
                .bind(address.as_str())
                .execute(&mut *self)
                .await?;
            // The answer to the request that made it. The same request makes nobody anew.
            query(
                "UPDATE idempotency SET status = $3, body = '' WHERE (LOWER(REPLACE(body, 'I', 'i')) LIKE $2 ESCAPE '\\' OR body = $4) \
                 AND token_id IN (SELECT id FROM api_token WHERE company_id = $1)",
            )
            .bind(company.as_str())
            .bind(pattern(address))
            .bind(GONE)
            .bind(id.as_str())
            .execute(&mut *self)
            .await?;
        }
        query("UPDATE trust_version SET actor = $1 WHERE company_id = $2 AND actor_id = $3")
            .bind(instead)
            .bind(company.as_str())
            .bind(id.as_str())
            .execute(&mut *self)
            .await?;
        let given = query("DELETE FROM group_grant WHERE user_id = $1 AND source = $2")
            .bind(id.as_str())
            .bind(GrantSource::Administrator.to_string())
            .execute(&mut *self)
            .await?;
        self.uses(user.company_id, Family::Memberships, -whole(given));
        query("DELETE FROM account WHERE id = $1")
            .bind(id)
            .execute(&mut *self)
            .await?;
        self.uses(user.company_id, Family::Users, -1);
        self.user_changed(user.id);
        Ok(ErasedUser {
            sessions: u64::try_from(sessions).unwrap_or(u64::MAX),
            sign_ins,
            entries: hidden.entries,
        })
    }

    /// Deletes the records of a user's sign-ins, of the tests that it ran, and of refused ones that name the address.
    async fn delete_sign_ins(
        &mut self,
        id: &str,
        company: &str,
        address: &str,
    ) -> Result<u64, Error> {
        macro_rules! theirs {
            () => {
                "(user_id = $1 OR (company_id = $2 AND outcome = 'refused' AND named = $3) OR (company_id = $2 AND tested_by = $1))"
            };
        }
        let mut deleted = 0;
        for sql in [
            concat!(
                "DELETE FROM attempt_evidence WHERE attempt_id IN (SELECT id FROM login_attempt WHERE ",
                theirs!(),
                ")"
            ),
            concat!("DELETE FROM login_attempt WHERE ", theirs!()),
        ] {
            deleted = query(sql)
                .bind(id)
                .bind(company)
                .bind(address)
                .execute(&mut *self)
                .await?;
        }
        Ok(deleted)
    }
}
