//! What an overview shows of sign-ins, without their records. Tests of connections and logout messages are none; that a test
//! succeeded is told.

use time::OffsetDateTime;

use crate::database::columns::{Row, ms};
use crate::database::statement::query;
use crate::domain::{AttemptKind, Code, CompanyId, ConnectionId, Outcome};
use crate::store::{Error, Store};

/// A sign-in that has ended, at a glance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Glance {
    /// The code by which it is found.
    pub code: Code,
    /// The connection; none for a password.
    pub connection_id: Option<ConnectionId>,
    /// How the person proved who they are.
    pub kind: AttemptKind,
    /// How it ended.
    pub outcome: Outcome,
    /// Whether it succeeded with a warning.
    pub warned: bool,
    /// The verdict in one sentence.
    pub summary: String,
    /// When it began.
    pub started_at: OffsetDateTime,
    /// Who signed in, where that was asked for.
    pub email: Option<String>,
}

/// The newest end of its kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Newest {
    /// Through this connection; none for a password.
    pub connection_id: Option<ConnectionId>,
    /// With this outcome.
    pub outcome: Outcome,
    /// When it began.
    pub started_at: OffsetDateTime,
    /// The code by which it is found.
    pub code: Code,
    /// The verdict in one sentence.
    pub summary: String,
}

impl Store {
    /// Of a company's newest sign-ins that have ended, the newest of each connection and outcome.
    pub async fn newest_outcomes(
        &self,
        company: CompanyId,
        since: OffsetDateTime,
        limit: u32,
    ) -> Result<Vec<Newest>, Error> {
        // The columns stand before the record, which is large and not read.
        let rows = query(
            "SELECT connection_id, outcome, started_at, \
             (SELECT code FROM login_attempt WHERE id = found.id) AS code, (SELECT summary FROM login_attempt WHERE id = found.id) AS summary \
             FROM (SELECT id, connection_id, outcome, started_at, \
                   ROW_NUMBER() OVER (PARTITION BY connection_id, outcome ORDER BY started_at DESC) AS place FROM \
                   (SELECT id, connection_id, outcome, started_at FROM login_attempt \
                    WHERE company_id = $1 AND started_at >= $2 AND outcome <> 'open' AND kind <> 'logout' AND (kind <> 'test' OR outcome = 'tested') \
                    ORDER BY started_at DESC LIMIT $3) AS newest) AS found \
             WHERE place = 1",
        )
        .bind(company.to_string())
        .bind(ms(since))
        .bind(i64::from(limit))
        .fetch_all(&self.database)
        .await?;
        rows.iter()
            .map(|row| {
                Ok(Newest {
                    connection_id: row.maybe_parsed("connection_id")?,
                    outcome: row.parsed("outcome")?,
                    started_at: row.time("started_at")?,
                    code: row.parsed("code")?,
                    summary: row.text("summary")?,
                })
            })
            .collect()
    }

    /// Through which connection a company's newest sign-ins went that have ended, and how; the newest first.
    pub async fn last_outcomes(
        &self,
        company: CompanyId,
        since: OffsetDateTime,
        limit: u32,
    ) -> Result<Vec<(ConnectionId, Outcome)>, Error> {
        let rows = query(
            "SELECT connection_id, outcome FROM login_attempt \
             WHERE company_id = $1 AND started_at >= $2 AND outcome <> 'open' AND kind NOT IN ('test', 'logout') AND connection_id IS NOT NULL \
             ORDER BY started_at DESC LIMIT $3",
        )
        .bind(company.to_string())
        .bind(ms(since))
        .bind(i64::from(limit))
        .fetch_all(&self.database)
        .await?;
        rows.iter()
            .map(|row| Ok((row.parsed("connection_id")?, row.parsed("outcome")?)))
            .collect()
    }

    /// A company's newest sign-ins that have ended, the newest first, and who it was; for a few.
    pub async fn latest_sign_ins(
        &self,
        company: CompanyId,
        limit: u32,
    ) -> Result<Vec<Glance>, Error> {
        let rows = query(
            "SELECT l.code, l.connection_id, l.kind, l.outcome, l.rule, l.summary, l.started_at, COALESCE(a.email, l.named) AS email FROM login_attempt l \
             LEFT JOIN account a ON a.id = l.user_id AND a.company_id || '' = l.company_id \
             WHERE l.company_id = $1 AND l.outcome <> 'open' AND l.kind NOT IN ('test', 'logout') ORDER BY l.started_at DESC LIMIT $2",
        )
        .bind(company.to_string())
        .bind(i64::from(limit))
        .fetch_all(&self.database)
        .await?;
        rows.iter().map(glance).collect()
    }
}

fn glance(row: &Row) -> Result<Glance, Error> {
    let outcome: Outcome = row.parsed("outcome")?;
    let rule = row.maybe_text("rule")?;
    Ok(Glance {
        code: row.parsed("code")?,
        connection_id: row.maybe_parsed("connection_id")?,
        kind: row.parsed("kind")?,
        outcome,
        warned: outcome.has_warning(rule.as_deref()),
        summary: row.text("summary")?,
        started_at: row.time("started_at")?,
        email: row.maybe_text("email")?,
    })
}
