//! What an overview shows of sign-ins, without their records. Tests of connections are none.

use time::OffsetDateTime;

use super::columns::{Row, ms};
use super::statement::query;
use super::{Error, Store};
use crate::domain::{AttemptKind, Code, CompanyId, ConnectionId, Outcome};

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
    /// The verdict in one sentence.
    pub summary: String,
    /// When it began.
    pub started_at: OffsetDateTime,
    /// Who signed in, where that was asked for.
    pub email: Option<String>,
}

impl Store {
    /// A company's newest sign-ins that have ended, the newest first: how each connection does. Does not say who.
    pub async fn glances(
        &self,
        company: CompanyId,
        since: OffsetDateTime,
        limit: u32,
    ) -> Result<Vec<Glance>, Error> {
        // The columns stand before the record, which is large and not read.
        let rows = query(
            "SELECT code, connection_id, kind, outcome, summary, started_at, NULL AS email FROM login_attempt \
             WHERE company_id = $1 AND started_at >= $2 AND outcome <> 'open' AND kind <> 'test' ORDER BY started_at DESC LIMIT $3",
        )
        .bind(company.to_string())
        .bind(ms(since))
        .bind(i64::from(limit))
        .fetch_all(&self.database)
        .await?;
        rows.iter().map(glance).collect()
    }

    /// The same with who signed in; for a few.
    pub async fn latest_sign_ins(
        &self,
        company: CompanyId,
        limit: u32,
    ) -> Result<Vec<Glance>, Error> {
        let rows = query(
            "SELECT l.code, l.connection_id, l.kind, l.outcome, l.summary, l.started_at, a.email FROM login_attempt l \
             LEFT JOIN account a ON a.id = l.user_id AND a.company_id = l.company_id \
             WHERE l.company_id = $1 AND l.outcome <> 'open' AND l.kind <> 'test' ORDER BY l.started_at DESC LIMIT $2",
        )
        .bind(company.to_string())
        .bind(i64::from(limit))
        .fetch_all(&self.database)
        .await?;
        rows.iter().map(glance).collect()
    }
}

fn glance(row: &Row) -> Result<Glance, Error> {
    Ok(Glance {
        code: row.parsed("code")?,
        connection_id: row.maybe_parsed("connection_id")?,
        kind: row.parsed("kind")?,
        outcome: row.parsed("outcome")?,
        summary: row.text("summary")?,
        started_at: row.time("started_at")?,
        email: row.maybe_text("email")?,
    })
}
