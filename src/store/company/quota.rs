//! What a company has of each family of [`Family`], and whether there is room for more.
//!
//! Who adds or removes rows says so to its transaction ([`Tx::uses`]), which settles it at the latest before its commit: there is
//! room, or nothing of the transaction is stored ([`Error::Full`]). What would be long to count (users, memberships) has a counter
//! in `company_quota`; what is few is counted, under the lock of the company that its makers hold.
//!
//! Invariants: of two transactions that add at once the second one sees what the first one added, so that a quota is exact;
//! counters are locked after accounts and the company, users before memberships, and before the change counter; a sign-in of a
//! user who is known settles nothing.

use time::OffsetDateTime;

use super::usage::{count_memberships, count_users, full, usage};
use crate::database::statement::query;
use crate::domain::{CompanyId, Family, Quotas, UserId};
use crate::store::{Error, Store, Tx};

/// The versions of each connection that stay when a company's documents need room.
const VERSIONS_LEFT: i64 = 5;

/// What a transaction has added and not settled yet.
#[derive(Debug, Clone, Copy)]
pub(in crate::store) struct PendingUse {
    of: QuotaOwner,
    family: Family,
    more: i64,
    /// Whether it is refused where there is no room.
    refused: bool,
}

/// Whose it is. The company of a user is looked up when it is settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum QuotaOwner {
    Company(CompanyId),
    User(UserId),
}

impl Store {
    /// The same, with what every company may have.
    #[must_use]
    pub fn with_quotas(self, quotas: Quotas) -> Self {
        Self { quotas, ..self }
    }

    /// What every company may have.
    pub fn quotas(&self) -> Quotas {
        self.quotas
    }

    /// Sets counters right that are not what they count: after a version that did not keep them, or a deletion that was
    /// interrupted.
    pub(in crate::store) async fn recount(
        &self,
        company: CompanyId,
        now: OffsetDateTime,
    ) -> Result<(), Error> {
        let row = query(concat!(
            "SELECT (SELECT used FROM company_quota WHERE company_id = $1 AND family = 'users') AS users, ",
            "(SELECT used FROM company_quota WHERE company_id = $1 AND family = 'memberships') AS memberships, ",
            count_users!(),
            " AS users_are, ",
            count_memberships!(),
            " AS memberships_are"
        ))
        .bind(company.to_string())
        .fetch_one(&self.database)
        .await?;
        for (family, counter, count) in [
            (Family::Users, "users", "users_are"),
            (Family::Memberships, "memberships", "memberships_are"),
        ] {
            if row.maybe_int(counter)? != Some(row.int(count)?) {
                let mut tx = self.begin().await?;
                tx.count_anew(company, family).await?;
                tx.commit(now).await?;
            }
        }
        Ok(())
    }
}

impl Tx {
    /// The counters of a company that has nothing yet.
    pub(in crate::store) async fn begin_counters(
        &mut self,
        company: CompanyId,
    ) -> Result<(), Error> {
        query(
            "INSERT INTO company_quota (company_id, family, used) VALUES ($1, $2, 0), ($1, $3, 0)",
        )
        .bind(company.to_string())
        .bind(Family::Users.as_str())
        .bind(Family::Memberships.as_str())
        .execute(self)
        .await?;
        Ok(())
    }

    /// Notes that this transaction has added so many rows of a family to a company, or has removed them.
    pub(in crate::store) fn uses(&mut self, company: CompanyId, family: Family, more: i64) {
        self.note_use(QuotaOwner::Company(company), family, more);
    }

    /// The same of memberships that an administrator gives to a user, or takes.
    pub(in crate::store) fn uses_membership(&mut self, user: UserId, more: i64) {
        self.note_use(QuotaOwner::User(user), Family::Memberships, more);
    }

    fn note_use(&mut self, of: QuotaOwner, family: Family, more: i64) {
        let same = |it: &&mut PendingUse| it.of == of && it.family == family && it.refused;
        match self.uses.iter_mut().find(same) {
            Some(noted) => noted.more += more,
            None => self.uses.push(PendingUse {
                of,
                family,
                more,
                refused: true,
            }),
        }
    }

    /// What was noted so far is counted, and refused by no quota.
    pub(in crate::store) fn uses_anyway(&mut self) {
        for noted in &mut self.uses {
            noted.refused = false;
        }
    }

    /// Counts what was noted; [`Error::Full`] where there is no room for it. Nothing that adds to accounts comes after it.
    pub(in crate::store) async fn settle(&mut self, now: OffsetDateTime) -> Result<(), Error> {
        let mut noted = std::mem::take(&mut self.uses);
        // One order for everybody.
        noted.sort_by_key(|it| it.family as u8);
        for it in noted {
            let company = match it.of {
                QuotaOwner::Company(company) => company,
                QuotaOwner::User(user) => match self.company_of(user).await? {
                    Some(company) => company,
                    None => continue,
                },
            };
            match it.family {
                Family::Users | Family::Memberships => self.keep_count(company, it).await?,
                Family::Documents => self.fit_documents(company, it, now).await?,
                Family::Groups | Family::Connections | Family::Domains | Family::Tokens => {
                    if it.refused && it.more > 0 {
                        self.check_room(company, it.family, now).await?;
                    }
                }
            }
        }
        Ok(())
    }

    async fn company_of(&mut self, user: UserId) -> Result<Option<CompanyId>, Error> {
        let row = query("SELECT company_id FROM account WHERE id = $1")
            .bind(user.to_string())
            .fetch_optional(self)
            .await?;
        Ok(row.map(|row| row.parsed("company_id")).transpose()?)
    }

    /// A counter and its bound in one statement, so that it costs the same however much there is.
    async fn keep_count(&mut self, company: CompanyId, noted: PendingUse) -> Result<(), Error> {
        if noted.more == 0 {
            return Ok(());
        }
        let bounded = noted.refused && noted.more > 0;
        let kept = query(
            "UPDATE company_quota SET used = used + $3 WHERE company_id = $1 AND family = $2 AND used IS NOT NULL \
             AND ($4 = 0 OR used + $3 <= COALESCE(most, $5))",
        )
        .bind(company.to_string())
        .bind(noted.family.as_str())
        .bind(noted.more)
        .bind(i64::from(bounded))
        .bind(i64::from(self.quotas.of(noted.family)))
        .execute(&mut *self)
        .await?;
        if kept > 0 {
            return Ok(());
        }
        // Held from here on, so that it is what the answer says.
        let row = query("UPDATE company_quota SET family = family WHERE company_id = $1 AND family = $2 RETURNING used, most")
            .bind(company.to_string())
            .bind(noted.family.as_str())
            .fetch_optional(&mut *self)
            .await?;
        let (counter, own) = match &row {
            Some(row) => (row.maybe_int("used")?, row.maybe_int("most")?),
            None => (None, None),
        };
        let used = match counter {
            Some(used) => used + noted.more,
            // With what this transaction has added.
            None => self.count_anew(company, noted.family).await?,
        };
        let usage = usage(noted.family, used, own, &self.quotas);
        if bounded && usage.used > usage.most() {
            return Err(full(&mut *self, company, &usage).await?);
        }
        if counter.is_some() {
            // Somebody else has made room in between.
            query(
                "UPDATE company_quota SET used = used + $3 WHERE company_id = $1 AND family = $2",
            )
            .bind(company.to_string())
            .bind(noted.family.as_str())
            .bind(noted.more)
            .execute(&mut *self)
            .await?;
        }
        Ok(())
    }

    /// Counts what has a counter, once it is held: whoever holds it has counted what it adds, and everybody else will.
    async fn count_anew(&mut self, company: CompanyId, family: Family) -> Result<i64, Error> {
        query("INSERT INTO company_quota (company_id, family) SELECT id, $2 FROM company WHERE id = $1 ON CONFLICT DO NOTHING")
            .bind(company.to_string())
            .bind(family.as_str())
            .execute(&mut *self)
            .await?;
        query("UPDATE company_quota SET family = family WHERE company_id = $1 AND family = $2")
            .bind(company.to_string())
            .bind(family.as_str())
            .execute(&mut *self)
            .await?;
        let sql = match family {
            Family::Memberships => concat!(
                "UPDATE company_quota SET used = ",
                count_memberships!(),
                " WHERE company_id = $1 AND family = $2 RETURNING used"
            ),
            _ => concat!(
                "UPDATE company_quota SET used = ",
                count_users!(),
                " WHERE company_id = $1 AND family = $2 RETURNING used"
            ),
        };
        let row = query(sql)
            .bind(company.to_string())
            .bind(family.as_str())
            .fetch_optional(&mut *self)
            .await?;
        Ok(row.map_or(Ok(0), |row| row.int("used"))?)
    }

    /// Of what is few, and was added already by this transaction, which holds the company.
    async fn check_room(
        &mut self,
        company: CompanyId,
        family: Family,
        now: OffsetDateTime,
    ) -> Result<(), Error> {
        let usage = self.usage_of(company, family, now).await?;
        if usage.used > usage.most() {
            return Err(full(&mut *self, company, &usage).await?);
        }
        Ok(())
    }

    /// Settings that have grown need room. Earlier versions make it: they are the less worth the more there are, and the audit
    /// log tells what they changed. What has not grown is refused by nothing.
    async fn fit_documents(
        &mut self,
        company: CompanyId,
        noted: PendingUse,
        now: OffsetDateTime,
    ) -> Result<(), Error> {
        match self.check_room(company, Family::Documents, now).await {
            Err(Error::Full(_)) => {}
            other => return other,
        }
        query(
            "DELETE FROM trust_version WHERE connection_id IN (SELECT id FROM connection WHERE company_id = $1) AND number <= \
             (SELECT MAX(newest.number) FROM trust_version newest WHERE newest.connection_id = trust_version.connection_id) - $2",
        )
        .bind(company.to_string())
        .bind(VERSIONS_LEFT)
        .execute(&mut *self)
        .await?;
        if noted.more <= 0 {
            return Ok(());
        }
        self.check_room(company, Family::Documents, now).await
    }

    /// Sets a company's own quota of a family, or takes it back to the configuration's.
    pub async fn write_quota(
        &mut self,
        company: CompanyId,
        family: Family,
        most: Option<u32>,
    ) -> Result<(), Error> {
        query(
            "INSERT INTO company_quota (company_id, family) VALUES ($1, $2) ON CONFLICT DO NOTHING",
        )
        .bind(company.to_string())
        .bind(family.as_str())
        .execute(&mut *self)
        .await?;
        query("UPDATE company_quota SET most = $3 WHERE company_id = $1 AND family = $2")
            .bind(company.to_string())
            .bind(family.as_str())
            .bind(most.map(i64::from))
            .execute(&mut *self)
            .await?;
        Ok(())
    }
}

/// A number of rows as the counters have it.
pub(in crate::store) fn whole(rows: u64) -> i64 {
    i64::try_from(rows).unwrap_or(i64::MAX)
}
