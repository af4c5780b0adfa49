//! Forgetting: what has expired, and attempts older than the configured days.
//!
//! Invariant: no transaction here is long, however much there is to forget, so that sign-ins go on beside it.

use crate::database::columns::ms;
use crate::database::statement::{Statement, query};
use crate::domain::CompanyId;
use crate::store::console::idempotency::ANSWERS_KEPT;
use crate::store::{Error, Store};
use time::{Duration, OffsetDateTime};

/// How long the change log reaches back. A server that slept longer reads everything anew.
const CHANGES: Duration = Duration::hours(1);
/// How much longer assertion IDs are kept than their assertions are in time (rule E4): a clock that was ahead for a while must not
/// make room for a second use.
const ASSERTIONS: Duration = Duration::days(1);

/// How long what is kept for a time is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// Records of sign-ins.
    pub attempts: Duration,
    /// Entries of the audit log; none keeps them for ever.
    pub audit: Option<Duration>,
    /// How many records of sign-ins a company may have.
    pub most_attempts: Option<u32>,
    /// How many entries of the audit log a company may have.
    pub most_entries: Option<u32>,
}

impl From<Duration> for Retention {
    /// Records for so long, and the audit log for ever.
    fn from(attempts: Duration) -> Self {
        Self {
            attempts,
            audit: None,
            most_attempts: None,
            most_entries: None,
        }
    }
}

/// How much was forgotten.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PurgeCounts {
    /// Sessions that had ended.
    pub sessions: u64,
    /// Assertion IDs whose assertion has expired.
    pub assertions: u64,
    /// Attempts that were old enough.
    pub attempts: u64,
    /// What was kept of attempts beside their records, for long enough.
    pub evidence: u64,
    /// Entries of the audit log that were old enough.
    pub entries: u64,
}

/// The most rows that are forgotten in one transaction: sign-ins wait for it.
pub(in crate::store) const PIECE: i64 = 500;
/// The most rows that are looked at in one statement, where no index leads to those that are meant: of sessions, to those that were
/// idle for too long; of a company's records and entries, to those that are too many.
const LOOK: i64 = 2_000;

impl Store {
    /// Forgets what is over, piece by piece.
    pub async fn purge(
        &self,
        now: OffsetDateTime,
        keep: impl Into<Retention>,
    ) -> Result<PurgeCounts, Error> {
        let keep = keep.into();
        let assertions = query(
            "DELETE FROM assertion_seen WHERE (connection_id, assertion_id) IN \
             (SELECT connection_id, assertion_id FROM assertion_seen WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2)",
        )
        .bind(ms(now.saturating_sub(ASSERTIONS)))
        .bind(PIECE);
        let evidence = query(
            "DELETE FROM attempt_evidence WHERE (attempt_id, kind) IN \
             (SELECT attempt_id, kind FROM attempt_evidence WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2)",
        )
        .bind(ms(now))
        .bind(PIECE);
        let mut purged = PurgeCounts {
            sessions: self.purge_sessions(now).await?,
            assertions: self.in_pieces(assertions).await?,
            attempts: 0,
            evidence: self.in_pieces(evidence).await?,
            entries: self.purge_audit(now, keep).await?,
        };
        let too_old = ms(now.saturating_sub(keep.attempts));
        for company in self.companies().await? {
            let too_many = match keep.most_attempts {
                Some(most) => {
                    let newest = query(
                        "SELECT id, started_at AS at FROM login_attempt WHERE company_id = $1 AND started_at <= $2 AND (started_at < $2 OR id < $3) \
                         ORDER BY started_at DESC, id DESC LIMIT 1 OFFSET $4",
                    );
                    self.last_too_many(newest, company.id, most).await
                }
                None => i64::MIN,
            };
            let attempts = query(
                "DELETE FROM login_attempt WHERE id IN \
                 (SELECT id FROM login_attempt WHERE company_id = $1 AND started_at <= $2 ORDER BY started_at LIMIT $3)",
            )
            .bind(company.id.to_string())
            .bind(too_old.max(too_many))
            .bind(PIECE);
            purged.attempts += self.in_pieces(attempts).await?;
            if let Err(cause) = self.recount(company.id, now).await {
                tracing::warn!(%cause, company = %company.id, "what a company has was not counted");
            }
        }
        self.purge_unanswered(now.saturating_sub(keep.attempts))
            .await?;
        let answers = query(
            "DELETE FROM idempotency WHERE (token_id, idempotency_key) IN \
             (SELECT token_id, idempotency_key FROM idempotency WHERE created_at <= $1 LIMIT $2)",
        )
        .bind(ms(now.saturating_sub(ANSWERS_KEPT)))
        .bind(PIECE);
        self.in_pieces(answers).await?;
        self.purge_codes(now).await?;
        self.purge_ended(now).await?;
        self.purge_probes(now).await?;
        self.purge_changes(now).await?;
        Ok(purged)
    }

    /// Forgets the entries of the audit log that are too old: each company's, and those of the installation; and of a company
    /// those that are too many.
    async fn purge_audit(&self, now: OffsetDateTime, keep: Retention) -> Result<u64, Error> {
        let too_old = keep
            .audit
            .map_or(i64::MIN, |keep| ms(now.saturating_sub(keep)));
        let of_none = query(
            "DELETE FROM audit_event WHERE id IN \
             (SELECT id FROM audit_event WHERE company_id IS NULL AND at <= $1 ORDER BY at LIMIT $2)",
        )
        .bind(too_old)
        .bind(PIECE);
        let mut forgotten = self.in_pieces(of_none).await?;
        for company in self.companies().await? {
            let too_many = match keep.most_entries {
                Some(most) => {
                    let newest = query(
                        "SELECT id, at FROM audit_event WHERE company_id = $1 AND (at, id) < ($2, $3) \
                         ORDER BY at DESC, id DESC LIMIT 1 OFFSET $4",
                    );
                    self.last_too_many(newest, company.id, most).await
                }
                None => i64::MIN,
            };
            let entries = query(
                "DELETE FROM audit_event WHERE id IN \
                 (SELECT id FROM audit_event WHERE company_id = $1 AND at <= $2 ORDER BY at LIMIT $3)",
            )
            .bind(company.id.to_string())
            .bind(too_old.max(too_many))
            .bind(PIECE);
            forgotten += self.in_pieces(entries).await?;
        }
        Ok(forgotten)
    }

    /// Until when those were made that a company has too many. What came at the same instant as one that has room stays. Where the
    /// database does not say in time, the rest is purged all the same.
    async fn last_too_many(
        &self,
        newest: Statement<'static>,
        company: CompanyId,
        most: u32,
    ) -> i64 {
        match self.last_with_room(newest, company, most).await {
            Ok(at) => at.map_or(i64::MIN, |at| at - 1),
            Err(cause) => {
                tracing::warn!(%cause, %company, "what a company has too many of was not counted");
                i64::MIN
            }
        }
    }

    /// When the oldest was made that has room; none where all have. It is reached step by step: one statement over millions of rows
    /// would be ended by the server before it had counted them.
    async fn last_with_room(
        &self,
        newest: Statement<'static>,
        company: CompanyId,
        most: u32,
    ) -> Result<Option<i64>, Error> {
        let (mut at, mut id) = (i64::MAX, String::new());
        let mut left = i64::from(most.max(1));
        while left > 0 {
            let step = left.min(LOOK);
            let row = newest
                .clone()
                .bind(company.to_string())
                .bind(at)
                .bind(id)
                .bind(step - 1)
                .fetch_optional(&self.database)
                .await?;
            let Some(row) = row else { return Ok(None) };
            (at, id) = (row.int("at")?, row.text("id")?);
            left -= step;
        }
        Ok(Some(at))
    }

    /// Does the same again until less than a piece was left; how many rows it changed.
    pub(in crate::store) async fn in_pieces(&self, statement: Statement<'_>) -> Result<u64, Error> {
        let mut all = 0;
        loop {
            let changed = statement.clone().execute(&self.database).await?;
            all += changed;
            if changed < PIECE.unsigned_abs() {
                return Ok(all);
            }
        }
    }

    /// Looks at all sessions, in the order of their keys, and locks only where one is over.
    async fn purge_sessions(&self, now: OffsetDateTime) -> Result<u64, Error> {
        let mut ended = 0;
        let mut after = Vec::new();
        loop {
            let rows = query(
                "SELECT session_key, CASE WHEN expires_at <= $1 OR last_seen_at + idle_ms <= $1 THEN 1 ELSE 0 END AS is_over \
                 FROM session WHERE session_key > $2 ORDER BY session_key LIMIT $3",
            )
            .bind(ms(now))
            .bind(after.clone())
            .bind(LOOK)
            .fetch_all(&self.database)
            .await?;
            let Some(last) = rows.last() else {
                return Ok(ended);
            };
            let last = last.hash("session_key")?.to_vec();
            let mut is_over = false;
            for row in &rows {
                is_over |= row.int("is_over")? != 0;
            }
            if is_over {
                ended += query(
                    "DELETE FROM session WHERE session_key > $2 AND session_key <= $3 \
                     AND (expires_at <= $1 OR last_seen_at + idle_ms <= $1)",
                )
                .bind(ms(now))
                .bind(after)
                .bind(last.clone())
                .execute(&self.database)
                .await?;
            }
            after = last;
        }
    }

    async fn purge_changes(&self, now: OffsetDateTime) -> Result<(), Error> {
        let mut tx = self.begin().await?;
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
        tx.commit(now).await
    }
}
