//! Login attempts.
//!
//! Invariant: an attempt that is consumed or closed is not opened again, and its verdict is not overwritten.

use std::sync::Arc;

use super::record;
use crate::database::columns::{Row, is_text, ms};
use crate::database::sqlite::Durability;
use crate::database::statement::{Statement, Target, query};
use crate::domain::{
    AttemptId, Code, CompanyId, ConnectionId, Email, LoginAttempt, Outcome, Record, SessionKey,
    UserId,
};
use crate::store::engine::queue::Job;
use crate::store::{Error, Hasher, Store, Tx};
use time::OffsetDateTime;

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, code, company_id, connection_id, kind, request_id, relay, return_to, browser_hash, started_at, expires_at, \
             consumed_at, finished_at, outcome, rule, summary, record, packed_record, user_id, named, session_key, tested_by, forced \
             FROM login_attempt ",
            $rest
        )
    };
}

/// Which attempts to list; none of a kind means all.
#[derive(Debug, Clone, Default)]
pub struct AttemptFilter {
    /// With this verdict.
    pub outcome: Option<Outcome>,
    /// Through this connection.
    pub connection_id: Option<ConnectionId>,
    /// Of this user.
    pub user_id: Option<UserId>,
    /// Begun before this moment, to page on.
    pub before: Option<OffsetDateTime>,
}

/// A refusal that fell before the account was looked for.
#[derive(Debug, Clone)]
pub struct AttemptRefusal {
    /// The rule's number, such as `D3`.
    pub rule: Option<String>,
    /// The verdict in one sentence.
    pub summary: String,
    /// Every check that was made.
    pub record: Record,
    /// The e-mail address in an assertion whose signature is good.
    pub named: Option<Email>,
}

/// Writes a new attempt down. The start of a sign-in that a power failure takes away is begun again, and nobody was let in by it.
#[derive(Debug)]
struct AddAttempt(Arc<LoginAttempt>);

impl Job for AddAttempt {
    type Output = ();

    async fn perform(&self, tx: &mut Tx, _: Hasher) -> Result<(), Error> {
        insert(tx, &self.0).await
    }

    async fn alone(&self, store: &Store) -> Result<(), Error> {
        insert(&store.database, &self.0).await
    }

    fn now(&self) -> OffsetDateTime {
        self.0.started_at
    }

    fn durability(&self) -> Durability {
        if self.0.outcome == Outcome::Open {
            Durability::Written
        } else {
            Durability::Synced
        }
    }
}

/// Closes an attempt with a refusal.
#[derive(Debug)]
struct RefuseAttempt {
    id: AttemptId,
    refusal: Arc<AttemptRefusal>,
    now: OffsetDateTime,
}

impl Job for RefuseAttempt {
    type Output = bool;

    async fn perform(&self, tx: &mut Tx, _: Hasher) -> Result<bool, Error> {
        refuse(tx, self.id, &self.refusal, self.now).await
    }

    async fn alone(&self, store: &Store) -> Result<bool, Error> {
        refuse(&store.database, self.id, &self.refusal, self.now).await
    }

    fn now(&self) -> OffsetDateTime {
        self.now
    }
}

impl Store {
    /// Writes a new attempt down, whatever its state: open at the start of a sign-in, or closed at once by a refusal.
    pub async fn add_attempt(&self, attempt: &LoginAttempt) -> Result<(), Error> {
        let attempt = Arc::new(attempt.clone());
        self.perform(AddAttempt(Arc::clone(&attempt))).await?;
        if attempt.outcome == Outcome::Open {
            self.attempts.keep(attempt);
        }
        Ok(())
    }

    /// An attempt by its identifier.
    pub async fn attempt(&self, id: AttemptId) -> Result<Option<LoginAttempt>, Error> {
        let row = query(select!("WHERE id = $1"))
            .bind(id.to_string())
            .fetch_optional(&self.database)
            .await?;
        row.as_ref().map(attempt).transpose()
    }

    /// The attempt whose request a Response answers (`InResponseTo`), in the company of the host (rule E6).
    pub async fn attempt_by_request(
        &self,
        company: CompanyId,
        request_id: &str,
    ) -> Result<Option<LoginAttempt>, Error> {
        if let Some(attempt) = self.attempts.take(company, request_id) {
            return Ok(Some(Arc::unwrap_or_clone(attempt)));
        }
        self.attempt_by(
            // In the order of the one index that has both: no other one can give it.
            select!("WHERE id = (SELECT found.id FROM (SELECT id, request_id FROM login_attempt \
                     WHERE company_id = $1 AND request_id >= $2 ORDER BY request_id LIMIT 1) AS found WHERE found.request_id = $2)"),
            company,
            request_id,
        )
        .await
    }

    /// The newest attempt with a code.
    pub async fn attempt_by_code(
        &self,
        company: CompanyId,
        code: &Code,
        now: OffsetDateTime,
    ) -> Result<Option<LoginAttempt>, Error> {
        for second in code.seconds(now) {
            let row = query(select!(
                "WHERE company_id = $1 AND code = $2 AND started_at >= $3 AND started_at < $4 ORDER BY started_at DESC LIMIT 1"
            ))
            .bind(company.to_string())
            .bind(code.as_str())
            .bind(ms(second))
            .bind(ms(second) + 1000)
            .fetch_optional(&self.database)
            .await?;
            if let Some(row) = row {
                return attempt(&row).map(Some);
            }
        }
        Ok(None)
    }

    /// A company's attempts, the newest first.
    pub async fn attempts(
        &self,
        company: CompanyId,
        filter: &AttemptFilter,
        limit: u32,
    ) -> Result<Vec<LoginAttempt>, Error> {
        let rows = query(select!(
            "WHERE company_id = $1 AND ($2 IS NULL OR outcome = $2) AND ($3 IS NULL OR connection_id = $3) \
             AND ($4 IS NULL OR user_id = $4) AND started_at < $5 ORDER BY started_at DESC, id DESC LIMIT $6"
        ))
        .bind(company.to_string())
        .bind(filter.outcome.map(Outcome::as_str))
        .bind(filter.connection_id.map(|id| id.to_string()))
        .bind(filter.user_id.map(|id| id.to_string()))
        .bind(filter.before.map_or(i64::MAX, ms))
        .bind(i64::from(limit))
        .fetch_all(&self.database)
        .await?;
        rows.iter().map(attempt).collect()
    }

    /// Closes an open attempt with a refusal, and consumes it (rule E1); `false` when it was closed already.
    pub async fn refuse_attempt(
        &self,
        id: AttemptId,
        refusal: Arc<AttemptRefusal>,
        now: OffsetDateTime,
    ) -> Result<bool, Error> {
        self.perform(RefuseAttempt { id, refusal, now }).await
    }

    /// Notes on an open attempt what has come of it so far; whatever closes it writes over that.
    pub async fn note_attempt(
        &self,
        id: AttemptId,
        summary: &str,
        record: &Record,
    ) -> Result<(), Error> {
        query("UPDATE login_attempt SET summary = $1, packed_record = $2 WHERE id = $3 AND outcome = 'open' AND consumed_at IS NULL")
            .bind(summary)
            .bind(record::write(record)?)
            .bind(id.to_string())
            .execute(&self.database)
            .await?;
        Ok(())
    }

    /// Takes a refusal back that was written down for a message of its own, with what was kept of it: something else has come of
    /// the message.
    pub async fn withdraw_refusal(&self, company: CompanyId, id: AttemptId) -> Result<(), Error> {
        let mut tx = self.begin().await?;
        let withdrawn = query(
            "DELETE FROM login_attempt WHERE id = $1 AND company_id || '' = $2 AND outcome = 'refused' AND request_id IS NULL",
        )
        .bind(id.to_string())
        .bind(company.to_string())
        .execute(&mut tx)
        .await?;
        if withdrawn > 0 {
            query("DELETE FROM attempt_evidence WHERE attempt_id = $1")
                .bind(id.to_string())
                .execute(&mut tx)
                .await?;
        }
        tx.commit_quietly().await
    }

    async fn attempt_by(
        &self,
        sql: &'static str,
        company: CompanyId,
        value: &str,
    ) -> Result<Option<LoginAttempt>, Error> {
        if !is_text(value) {
            return Ok(None);
        }
        let row = query(sql)
            .bind(company.to_string())
            .bind(value)
            .fetch_optional(&self.database)
            .await?;
        row.as_ref().map(attempt).transpose()
    }
}

/// Closes an open attempt with a refusal.
async fn refuse(
    target: impl Target,
    id: AttemptId,
    refusal: &AttemptRefusal,
    now: OffsetDateTime,
) -> Result<bool, Error> {
    let updated = query(
        "UPDATE login_attempt SET consumed_at = COALESCE(consumed_at, $1), finished_at = $1, outcome = 'refused', \
         rule = $2, summary = $3, packed_record = $4, named = $6 WHERE id = $5 AND outcome = 'open'",
    )
    .bind(ms(now))
    .bind(refusal.rule.as_deref())
    .bind(refusal.summary.replace('\0', ""))
    .bind(record::write(&refusal.record)?)
    .bind(id.to_string())
    .bind(refusal.named.as_ref().map(Email::key))
    .execute(target)
    .await?;
    Ok(updated > 0)
}

/// A verdict to write down.
pub(in crate::store) struct ClosingVerdict<'a> {
    pub(in crate::store) outcome: Outcome,
    pub(in crate::store) rule: Option<&'a str>,
    pub(in crate::store) summary: &'a str,
    /// Every check, as `record::write` writes it.
    pub(in crate::store) record: Option<Vec<u8>>,
    pub(in crate::store) user_id: Option<UserId>,
    pub(in crate::store) named: Option<&'a Email>,
    pub(in crate::store) session_key: Option<SessionKey>,
}

macro_rules! close_attempt {
    () => {
        "UPDATE login_attempt SET finished_at = $1, outcome = $2, rule = $3, summary = $4, packed_record = $5, user_id = $6, session_key = $7, \
         named = $8 WHERE id = $9"
    };
}
pub(in crate::store) use close_attempt;

/// Closes a consumed attempt.
pub(in crate::store) async fn close(
    tx: &mut Tx,
    id: AttemptId,
    closing: ClosingVerdict<'_>,
    now: OffsetDateTime,
) -> Result<(), Error> {
    let close = query(close_attempt!());
    closing.bind(close, id, now).execute(&mut *tx).await?;
    Ok(())
}

impl ClosingVerdict<'_> {
    /// The values of [`close_attempt`].
    pub(in crate::store) fn bind<'a>(
        &'a self,
        close: Statement<'a>,
        id: AttemptId,
        now: OffsetDateTime,
    ) -> Statement<'a> {
        close
            .bind(ms(now))
            .bind(self.outcome.as_str())
            .bind(self.rule)
            .bind(self.summary.replace('\0', ""))
            .bind(self.record.as_deref())
            .bind(self.user_id.map(|id| id.to_string()))
            .bind(self.session_key.as_ref().map(|key| key.0.as_slice()))
            .bind(self.named.map(Email::key))
            .bind(id.to_string())
    }
}

pub(in crate::store) async fn insert(
    target: impl Target,
    attempt: &LoginAttempt,
) -> Result<(), Error> {
    query(
        "INSERT INTO login_attempt (id, code, company_id, connection_id, kind, request_id, relay, return_to, browser_hash, started_at, \
         expires_at, consumed_at, finished_at, outcome, rule, summary, record, packed_record, user_id, session_key, tested_by, \
         named, forced) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, '', $17, $18, $19, $20, $21, $22)",
    )
    .bind(attempt.id.to_string())
    .bind(attempt.code.as_str())
    .bind(attempt.company_id.to_string())
    .bind(attempt.connection_id.map(|id| id.to_string()))
    .bind(attempt.kind.as_str())
    .bind(attempt.request_id.as_deref())
    .bind(attempt.relay.as_deref())
    .bind(attempt.return_to.as_deref())
    .bind(attempt.browser_hash.to_vec())
    .bind(ms(attempt.started_at))
    .bind(ms(attempt.expires_at))
    .bind(attempt.consumed_at.map(ms))
    .bind(attempt.finished_at.map(ms))
    .bind(attempt.outcome.as_str())
    .bind(attempt.rule.as_deref())
    .bind(attempt.summary.replace('\0', ""))
    .bind(record::write(&attempt.record)?)
    .bind(attempt.user_id.map(|id| id.to_string()))
    .bind(attempt.session_key.map(|key| key.0.to_vec()))
    .bind(attempt.tested_by.map(|id| id.to_string()))
    .bind(attempt.named.as_ref().map(Email::key))
    .bind(i64::from(attempt.forced))
    .execute(target)
    .await?;
    Ok(())
}

fn attempt(row: &Row) -> Result<LoginAttempt, Error> {
    Ok(LoginAttempt {
        id: row.parsed("id")?,
        code: row.parsed("code")?,
        company_id: row.parsed("company_id")?,
        connection_id: row.maybe_parsed("connection_id")?,
        kind: row.parsed("kind")?,
        request_id: row.maybe_text("request_id")?,
        relay: row.maybe_text("relay")?,
        return_to: row.maybe_text("return_to")?,
        browser_hash: row.hash("browser_hash")?,
        started_at: row.time("started_at")?,
        expires_at: row.time("expires_at")?,
        consumed_at: row.maybe_time("consumed_at")?,
        finished_at: row.maybe_time("finished_at")?,
        outcome: row.parsed("outcome")?,
        rule: row.maybe_text("rule")?,
        summary: row.text("summary")?,
        record: record::read(row)?,
        user_id: row.maybe_parsed("user_id")?,
        named: row.maybe_parsed("named")?,
        session_key: row.maybe_hash("session_key")?.map(SessionKey),
        tested_by: row.maybe_parsed("tested_by")?,
        forced: row.int("forced")? != 0,
    })
}
