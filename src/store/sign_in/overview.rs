//! What an overview tells of a company's sign-ins that have ended. Tests of connections and logout messages are none; that a test
//! succeeded is told.

use time::OffsetDateTime;

use crate::database::columns::{Row, ms};
use crate::database::statement::query;
use crate::domain::{Code, CompanyId, ConnectionId, Outcome};
use crate::store::{Error, Store};

/// The newest sign-in of its connection that has ended so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LatestOutcome {
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

/// Columns of company `$1`'s newest `$3` sign-ins of some kinds that began at `$2` or later and have ended. The index `login_attempt_ended`
/// leads to them.
macro_rules! select_ended {
    ($columns:literal, $kinds:literal) => {
        concat!(
            "SELECT ",
            $columns,
            " FROM login_attempt WHERE company_id = $1 AND started_at >= $2 AND outcome <> 'open' AND ",
            $kinds,
            " ORDER BY started_at DESC LIMIT $3"
        )
    };
}

impl Store {
    /// Of a company's newest sign-ins that have ended, the newest of each connection and outcome.
    pub async fn latest_outcomes(
        &self,
        company: CompanyId,
        since: OffsetDateTime,
        limit: u32,
    ) -> Result<Vec<LatestOutcome>, Error> {
        // The columns stand before the record, which is large and not read.
        let sql = concat!(
            "SELECT connection_id, outcome, started_at, \
             (SELECT code FROM login_attempt WHERE id = found.id) AS code, (SELECT summary FROM login_attempt WHERE id = found.id) AS summary \
             FROM (SELECT id, connection_id, outcome, started_at, \
                   ROW_NUMBER() OVER (PARTITION BY connection_id, outcome ORDER BY started_at DESC) AS place FROM (",
            select_ended!(
                "id, connection_id, outcome, started_at",
                "kind <> 'logout' AND (kind <> 'test' OR outcome = 'tested')"
            ),
            ") AS newest) AS found WHERE place = 1"
        );
        let latest = |row: &Row| {
            Ok(LatestOutcome {
                connection_id: row.maybe_parsed("connection_id")?,
                outcome: row.parsed("outcome")?,
                started_at: row.time("started_at")?,
                code: row.parsed("code")?,
                summary: row.text("summary")?,
            })
        };
        let rows = self.ended_sign_ins(sql, company, since, limit).await?;
        rows.iter().map(latest).collect()
    }

    /// Through which connection a company's newest sign-ins went that have ended, and how; the newest first.
    pub async fn outcomes_by_connection(
        &self,
        company: CompanyId,
        since: OffsetDateTime,
        limit: u32,
    ) -> Result<Vec<(ConnectionId, Outcome)>, Error> {
        let sql = select_ended!(
            "connection_id, outcome",
            "kind NOT IN ('test', 'logout') AND connection_id IS NOT NULL"
        );
        let rows = self.ended_sign_ins(sql, company, since, limit).await?;
        rows.iter()
            .map(|row| Ok((row.parsed("connection_id")?, row.parsed("outcome")?)))
            .collect()
    }

    async fn ended_sign_ins(
        &self,
        sql: &'static str,
        company: CompanyId,
        since: OffsetDateTime,
        limit: u32,
    ) -> Result<Vec<Row>, Error> {
        let rows = query(sql)
            .bind(company.to_string())
            .bind(ms(since))
            .bind(i64::from(limit))
            .fetch_all(&self.database)
            .await?;
        Ok(rows)
    }
}
