//! Sign-ins that began, and that nobody finished in time: they are counted by day, and not kept.
//!
//! Invariants: what can still be answered is not touched, and neither is a test, whose page somebody reads; each beginning is
//! looked at once, in pieces, so that no sign-in waits for long; and what is forgotten is counted in the same transaction.

use std::collections::BTreeMap;

use time::{Duration, OffsetDateTime};

use crate::database::columns::ms;
use crate::database::statement::query;
use crate::domain::CompanyId;
use crate::domain::login_attempt::LIFETIME;
use crate::store::engine::retention::PIECE;
use crate::store::{Error, Store};

/// A request that came in time may still be at work.
const GRACE: Duration = Duration::minutes(1);
const A_DAY: i64 = 24 * 60 * 60 * 1000;

impl Store {
    /// Forgets what nobody can answer any more; how many there were.
    pub async fn forget_unanswered(&self, now: OffsetDateTime) -> Result<u64, Error> {
        let rows = query(
            "SELECT c.id, COALESCE(u.looked_until, 0) AS looked_until FROM company c \
             LEFT JOIN unanswered_until u ON u.company_id = c.id",
        )
        .fetch_all(&self.database)
        .await?;
        let mut forgotten = 0;
        for row in &rows {
            let company: CompanyId = row.parsed("id")?;
            let mut from = row.int("looked_until")?;
            if from > ms(now) {
                // A clock was ahead. What began meanwhile began before that.
                from = ms(now) - A_DAY;
            }
            while let Some(until) = self.next_piece(company, from, now).await? {
                forgotten += self.forget_piece(company, from, until).await?;
                from = until;
            }
        }
        Ok(forgotten)
    }

    /// When the last one of the next piece began; none when there is none yet.
    async fn next_piece(
        &self,
        company: CompanyId,
        from: i64,
        now: OffsetDateTime,
    ) -> Result<Option<i64>, Error> {
        let row = query(
            "SELECT MAX(started_at) AS until FROM (SELECT started_at FROM login_attempt \
             WHERE company_id = $1 AND started_at > $2 AND started_at <= $3 ORDER BY started_at LIMIT $4) AS piece",
        )
        .bind(company.to_string())
        .bind(from)
        .bind(ms(now.saturating_sub(LIFETIME + GRACE)))
        .bind(PIECE)
        .fetch_one(&self.database)
        .await?;
        Ok(row.maybe_int("until")?)
    }

    async fn forget_piece(&self, company: CompanyId, from: i64, until: i64) -> Result<u64, Error> {
        let mut tx = self.begin().await?;
        let rows = query(
            "DELETE FROM login_attempt WHERE company_id = $1 AND started_at > $2 AND started_at <= $3 \
             AND outcome = 'open' AND kind <> 'test' AND summary = '' RETURNING started_at",
        )
        .bind(company.to_string())
        .bind(from)
        .bind(until)
        .fetch_all(&mut tx)
        .await?;
        let mut days: BTreeMap<i64, i64> = BTreeMap::new();
        for row in &rows {
            *days
                .entry(row.int("started_at")?.div_euclid(A_DAY))
                .or_default() += 1;
        }
        for (day, count) in days {
            query(
                "INSERT INTO unanswered (company_id, day, count) SELECT id, $2, $3 FROM company WHERE id = $1 \
                 ON CONFLICT (company_id, day) DO UPDATE SET count = unanswered.count + $3",
            )
            .bind(company.to_string())
            .bind(day)
            .bind(count)
            .execute(&mut tx)
            .await?;
        }
        query(
            "INSERT INTO unanswered_until (company_id, looked_until) SELECT id, $2 FROM company WHERE id = $1 \
             ON CONFLICT (company_id) DO UPDATE SET looked_until = $2",
        )
        .bind(company.to_string())
        .bind(until)
        .execute(&mut tx)
        .await?;
        tx.commit_quietly().await?;
        Ok(rows.len() as u64)
    }

    /// How many sign-ins of a company began on the day of `since` or later, and were not finished.
    pub async fn unanswered(
        &self,
        company: CompanyId,
        since: OffsetDateTime,
    ) -> Result<u64, Error> {
        let row = query(
            "SELECT CAST(COALESCE(SUM(count), 0) AS BIGINT) AS count FROM unanswered WHERE company_id = $1 AND day >= $2",
        )
        .bind(company.to_string())
        .bind(ms(since).div_euclid(A_DAY))
        .fetch_one(&self.database)
        .await?;
        Ok(u64::try_from(row.int("count")?).unwrap_or_default())
    }

    /// Forgets the counts of days that are too long ago.
    pub(in crate::store) async fn purge_unanswered(
        &self,
        before: OffsetDateTime,
    ) -> Result<(), Error> {
        query("DELETE FROM unanswered WHERE day < $1")
            .bind(ms(before).div_euclid(A_DAY))
            .execute(&self.database)
            .await?;
        Ok(())
    }
}
