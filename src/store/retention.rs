//! Forgetting: what has expired, and attempts older than the configured days.

use super::statement::query;
use time::{Duration, OffsetDateTime};

use super::columns::ms;
use super::{Error, Store};

/// How long the change log reaches back. A server that slept longer reads everything anew.
const CHANGES: Duration = Duration::hours(1);
/// How much longer assertion IDs are kept than their assertions are in time (rule E4): a clock that was ahead for a while must not
/// make room for a second use.
const ASSERTIONS: Duration = Duration::days(1);

/// How much was forgotten.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Purged {
    /// Sessions that had ended.
    pub sessions: u64,
    /// Assertion IDs whose assertion has expired.
    pub assertions: u64,
    /// Attempts that were old enough.
    pub attempts: u64,
}

impl Store {
    /// Forgets what is over; attempts are kept for `keep_attempts`.
    pub async fn purge(
        &self,
        now: OffsetDateTime,
        keep_attempts: Duration,
    ) -> Result<Purged, Error> {
        let mut tx = self.begin().await?;
        tx.may_take_long();
        let sessions =
            query("DELETE FROM session WHERE expires_at <= $1 OR last_seen_at + idle_ms <= $1")
                .bind(ms(now))
                .execute(&mut tx)
                .await?;
        let assertions = query("DELETE FROM assertion_seen WHERE expires_at <= $1")
            .bind(ms(now.saturating_sub(ASSERTIONS)))
            .execute(&mut tx)
            .await?;
        let attempts = query("DELETE FROM login_attempt WHERE company_id IN (SELECT id FROM company) AND started_at <= $1")
            .bind(ms(now.saturating_sub(keep_attempts)))
            .execute(&mut tx)
            .await?;
        // Last, like every touch of the counter.
        let row = query("SELECT COALESCE(MAX(revision), 0) AS newest FROM change WHERE at <= $1")
            .bind(ms(now.saturating_sub(CHANGES)))
            .fetch_one(&mut tx)
            .await?;
        let newest = row.int("newest")?;
        query("DELETE FROM change WHERE revision <= $1")
            .bind(newest)
            .execute(&mut tx)
            .await?;
        query("UPDATE change_counter SET floor = $1 WHERE id = 1 AND floor < $1")
            .bind(newest)
            .execute(&mut tx)
            .await?;
        tx.commit(now).await?;
        Ok(Purged {
            sessions,
            assertions,
            attempts,
        })
    }
}
