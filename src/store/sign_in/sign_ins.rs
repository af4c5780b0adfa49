//! The list of a company's sign-ins.
//!
//! Invariant: a page costs about the same whatever its filter and however many sign-ins there are: it looks at a bounded number
//! of them, the newest first, and says how far it looked.

use time::OffsetDateTime;

use crate::database::columns::{Row, ms};
use crate::database::statement::query;
use crate::domain::{
    AttemptId, AttemptKind, Code, CompanyId, ConnectionId, Email, Outcome, UserId,
};
use crate::store::engine::cursor::Cursor;
use crate::store::engine::page::LogPage;
use crate::store::{Error, Store};

/// How many sign-ins one page looks at.
const LOOKED_AT: i64 = 2_000;

/// Which sign-ins to list; none of a kind means all.
#[derive(Debug, Clone, Default)]
pub struct SignInFilter {
    /// With this verdict.
    pub outcome: Option<Outcome>,
    /// Signed in or tested, with a warning.
    pub warned: bool,
    /// Of this kind.
    pub kind: Option<AttemptKind>,
    /// Through this connection.
    pub connection_id: Option<ConnectionId>,
    /// Of this user; without the tests that it ran.
    pub user_id: Option<UserId>,
    /// Refused, and named by this e-mail address.
    pub named: Option<Email>,
    /// Begun at this moment or later.
    pub from: Option<OffsetDateTime>,
    /// Begun before this moment.
    pub until: Option<OffsetDateTime>,
    /// Older than this one, to page on.
    pub after: Option<Cursor<AttemptId>>,
}

/// One sign-in of the list, without its record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignInRow {
    /// Its identifier.
    pub id: AttemptId,
    /// Its code.
    pub code: Code,
    /// What it is.
    pub kind: AttemptKind,
    /// Through which connection.
    pub connection_id: Option<ConnectionId>,
    /// When it began.
    pub started_at: OffsetDateTime,
    /// When its verdict fell.
    pub finished_at: Option<OffsetDateTime>,
    /// The verdict.
    pub outcome: Outcome,
    /// The rule that refused it, or that its warning is about.
    pub rule: Option<String>,
    /// The verdict in one sentence.
    pub summary: String,
    /// Who signed in, or runs the test.
    pub user_id: Option<UserId>,
    /// The address of that user, who may be gone; or the one that a refused sign-in named.
    pub email: Option<Email>,
}

/// Sign-ins with who it was, of the attempts `a`.
macro_rules! select_sign_ins {
    ($rest:expr) => {
        concat!(
            "SELECT a.id, a.code, a.kind, a.connection_id, a.started_at, a.finished_at, a.outcome, a.rule, a.summary, \
             COALESCE(a.user_id, a.tested_by) AS person, \
             COALESCE((SELECT u.email FROM account u WHERE u.id = COALESCE(a.user_id, a.tested_by)), a.named) AS email \
             FROM login_attempt a WHERE ",
            $rest
        )
    };
}

/// When the last one began that a page looks at: the rows of an index say it.
macro_rules! furthest {
    ($of:literal) => {
        concat!(
            "SELECT started_at FROM login_attempt WHERE ",
            $of,
            " AND started_at >= $2 AND started_at < $3 AND started_at <= $4 ORDER BY started_at DESC LIMIT 1 OFFSET $5"
        )
    };
}

/// Those that fit, of the ones that a page looks at.
macro_rules! list {
    ($of:literal) => {
        select_sign_ins!(concat!(
            $of,
            " AND a.started_at >= $2 AND a.started_at < $3 AND a.started_at <= $4 AND (a.started_at < $4 OR a.id < $5) \
              AND ($6 IS NULL OR a.outcome = $6) AND ($7 IS NULL OR a.kind = $7) AND ($8 IS NULL OR a.connection_id = $8) \
              AND ($9 IS NULL OR a.user_id = $9) AND ($11 IS NULL OR a.named = $11) \
              AND ($12 = 0 OR (a.rule IS NOT NULL AND a.outcome IN ('signed_in', 'tested'))) \
              ORDER BY a.started_at DESC, a.id DESC LIMIT $10"
        ))
    };
}

impl Store {
    /// A page of a company's sign-ins, the newest first.
    pub async fn sign_ins(
        &self,
        company: CompanyId,
        filter: &SignInFilter,
        limit: u32,
    ) -> Result<LogPage<SignInRow, AttemptId>, Error> {
        // Those of a user, and those that were refused, have indexes of their own.
        let (furthest, list) = if filter.user_id.is_some() {
            (
                furthest!("company_id || '' = $1 AND user_id = $6"),
                list!("a.company_id || '' = $1 AND a.user_id = $9"),
            )
        } else if filter.outcome == Some(Outcome::Refused) || filter.named.is_some() {
            (
                furthest!("company_id = $1 AND outcome = 'refused'"),
                list!("a.company_id = $1 AND a.outcome = 'refused'"),
            )
        } else {
            (furthest!("company_id = $1"), list!("a.company_id = $1"))
        };
        let user = filter.user_id.map(|id| id.to_string());
        let after = filter.after.map_or(i64::MAX, |place| {
            // Nothing of its instant is left.
            ms(place.at) - i64::from(place.id == none_below())
        });
        let looked_until = query(furthest)
            .bind(company.to_string())
            .bind(filter.from.map_or(i64::MIN, ms))
            .bind(filter.until.map_or(i64::MAX, ms))
            .bind(after)
            .bind(LOOKED_AT - 1)
            .bind(user.clone())
            .fetch_optional(&self.database)
            .await?
            .map(|row| row.time("started_at"))
            .transpose()?;
        let id = filter.after.map(|place| place.id.to_string());
        let rows = query(list)
            .bind(company.to_string())
            .bind(looked_until.or(filter.from).map_or(i64::MIN, ms))
            .bind(filter.until.map_or(i64::MAX, ms))
            .bind(after)
            .bind(id.unwrap_or_default())
            .bind(filter.outcome.map(Outcome::as_str))
            .bind(filter.kind.map(AttemptKind::as_str))
            .bind(filter.connection_id.map(|id| id.to_string()))
            .bind(user)
            .bind(i64::from(limit) + 1)
            .bind(filter.named.as_ref().map(Email::key))
            .bind(i64::from(filter.warned))
            .fetch_all(&self.database)
            .await?;
        let rows = rows.iter().map(row).collect::<Result<Vec<_>, Error>>()?;
        // Those of the same instant were looked at as well.
        let looked_until = looked_until.map(|at| Cursor {
            at,
            id: none_below(),
        });
        let cursor = |last: &SignInRow| Cursor {
            at: last.started_at,
            id: last.id,
        };
        Ok(LogPage::new(rows, limit, cursor, looked_until))
    }

    /// A company's newest sign-ins that have ended, the newest first; for a few, which an overview shows. Tests of connections and logout
    /// messages are none.
    pub async fn latest_sign_ins(
        &self,
        company: CompanyId,
        limit: u32,
    ) -> Result<Vec<SignInRow>, Error> {
        let rows = query(select_sign_ins!(
            "a.company_id = $1 AND a.outcome <> 'open' AND a.kind NOT IN ('test', 'logout') ORDER BY a.started_at DESC LIMIT $2"
        ))
        .bind(company.to_string())
        .bind(i64::from(limit))
        .fetch_all(&self.database)
        .await?;
        rows.iter().map(row).collect()
    }
}

/// No identifier is below this one.
fn none_below() -> AttemptId {
    AttemptId::from_bytes([0; 16])
}

fn row(row: &Row) -> Result<SignInRow, Error> {
    Ok(SignInRow {
        id: row.parsed("id")?,
        code: row.parsed("code")?,
        kind: row.parsed("kind")?,
        connection_id: row.maybe_parsed("connection_id")?,
        started_at: row.time("started_at")?,
        finished_at: row.maybe_time("finished_at")?,
        outcome: row.parsed("outcome")?,
        rule: row.maybe_text("rule")?,
        summary: row.text("summary")?,
        user_id: row.maybe_parsed("person")?,
        email: row.maybe_parsed("email")?,
    })
}
