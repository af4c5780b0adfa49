//! The list of a company's sign-ins.
//!
//! Invariant: a page costs about the same whatever its filter and however many sign-ins there are: it looks at a bounded number
//! of them, the newest first, and says how far it looked.

use time::OffsetDateTime;

use super::columns::{Row, ms};
use super::statement::{Statement, query};
use super::{Error, Store};
use crate::domain::{
    AttemptId, AttemptKind, Code, CompanyId, ConnectionId, Email, Outcome, UserId,
};

/// How many sign-ins one page looks at.
const LOOKED_AT: i64 = 2_000;

/// Which sign-ins to list; none of a kind means all.
#[derive(Debug, Clone, Default)]
pub struct SignInFilter {
    /// With this verdict.
    pub outcome: Option<Outcome>,
    /// Of this kind.
    pub kind: Option<AttemptKind>,
    /// Through this connection.
    pub connection_id: Option<ConnectionId>,
    /// Of this user.
    pub user_id: Option<UserId>,
    /// Begun at this moment or later.
    pub from: Option<OffsetDateTime>,
    /// Begun before this moment.
    pub until: Option<OffsetDateTime>,
    /// Older than this one, to page on.
    pub after: Option<SignInPlace>,
}

/// A place in the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SignInPlace {
    /// When the sign-in there began.
    pub started_at: OffsetDateTime,
    /// Which one it is of those that began at the same instant.
    pub id: AttemptId,
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
    /// The rule that refused it.
    pub rule: Option<String>,
    /// The verdict in one sentence.
    pub summary: String,
    /// Who signed in, or runs the test.
    pub user_id: Option<UserId>,
    /// The address of that user, who may be gone.
    pub email: Option<Email>,
}

/// A page of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignInPage {
    /// The sign-ins, the newest first.
    pub rows: Vec<SignInRow>,
    /// Where the list goes on.
    pub next: Option<SignInPlace>,
    /// Whether the page is not full because it has looked at as many as it may.
    pub looked_enough: bool,
}

/// The sign-ins of company `$1` in a period, those that are looked at; and of these the ones that fit.
macro_rules! list {
    ($more:literal) => {
        concat!(
            "SELECT a.id, a.code, a.kind, a.connection_id, a.started_at, a.finished_at, a.outcome, a.rule, a.summary, a.person, u.email \
             FROM (SELECT id, code, kind, connection_id, started_at, finished_at, outcome, rule, summary, \
                          COALESCE(user_id, tested_by) AS person FROM login_attempt ",
            period!($more),
            " LIMIT $6) a LEFT JOIN account u ON u.id = a.person \
             WHERE ($7 IS NULL OR a.outcome = $7) AND ($8 IS NULL OR a.kind = $8) AND ($9 IS NULL OR a.connection_id = $9) \
               AND ($10 IS NULL OR a.person = $10) \
             ORDER BY a.started_at DESC, a.id DESC LIMIT $11"
        )
    };
}

/// The last one that is looked at.
macro_rules! last {
    ($more:literal) => {
        concat!(
            "SELECT id, started_at FROM login_attempt ",
            period!($more),
            " LIMIT 1 OFFSET $6"
        )
    };
}

macro_rules! period {
    ($more:literal) => {
        concat!(
            "WHERE company_id = $1 AND started_at >= $2 AND started_at < $3 AND started_at <= $4 AND (started_at < $4 OR id < $5)",
            $more,
            " ORDER BY started_at DESC, id DESC"
        )
    };
}

impl Store {
    /// A page of a company's sign-ins, the newest first.
    pub async fn sign_ins(
        &self,
        company: CompanyId,
        filter: &SignInFilter,
        limit: u32,
    ) -> Result<SignInPage, Error> {
        // Those that were refused have an index of their own.
        let refused = filter.outcome == Some(Outcome::Refused);
        let (wanted, bound) = if refused {
            (
                list!(" AND outcome = 'refused'"),
                last!(" AND outcome = 'refused'"),
            )
        } else {
            (list!(""), last!(""))
        };
        let rows = period_of(wanted, company, filter)
            .bind(LOOKED_AT)
            .bind(filter.outcome.map(Outcome::as_str))
            .bind(filter.kind.map(AttemptKind::as_str))
            .bind(filter.connection_id.map(|id| id.to_string()))
            .bind(filter.user_id.map(|id| id.to_string()))
            .bind(i64::from(limit) + 1)
            .fetch_all(&self.database)
            .await?;
        let mut rows = rows.iter().map(row).collect::<Result<Vec<_>, Error>>()?;
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        if rows.len() > limit {
            rows.truncate(limit);
            let next = rows.last().map(|last| SignInPlace {
                started_at: last.started_at,
                id: last.id,
            });
            return Ok(SignInPage {
                rows,
                next,
                looked_enough: false,
            });
        }
        let last = period_of(bound, company, filter)
            .bind(LOOKED_AT - 1)
            .fetch_optional(&self.database)
            .await?;
        let next = last
            .map(|last| {
                Ok::<_, Error>(SignInPlace {
                    started_at: last.time("started_at")?,
                    id: last.parsed("id")?,
                })
            })
            .transpose()?;
        Ok(SignInPage {
            rows,
            looked_enough: next.is_some(),
            next,
        })
    }
}

/// The statement with its first five values.
fn period_of(sql: &'static str, company: CompanyId, filter: &SignInFilter) -> Statement<'static> {
    let after = filter.after;
    query(sql)
        .bind(company.to_string())
        .bind(filter.from.map_or(i64::MIN, ms))
        .bind(filter.until.map_or(i64::MAX, ms))
        .bind(after.map_or(i64::MAX, |place| ms(place.started_at)))
        .bind(after.map_or_else(String::new, |place| place.id.to_string()))
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
