//! The list of a company's audit entries.
//!
//! Invariant: as for sign-ins, a page looks at a bounded number of entries and says how far it looked.

use time::OffsetDateTime;

use super::audit::entry;
use crate::database::columns::{Row, is_text, ms};
use crate::database::statement::{Statement, query};
use crate::domain::{AuditEvent, AuditId, CompanyId};
use crate::store::engine::cursor::Cursor;
use crate::store::engine::page::LogPage;
use crate::store::engine::search::pattern;
use crate::store::{Error, Store};

/// How many entries one page looks at.
const LOOKED_AT: i64 = 5_000;
/// How many entries a part of an export looks at.
const PART: i64 = 500;
/// The longest text that is looked for, in bytes. Longer ones are in no entry that people search for.
const LONGEST_TEXT: usize = 1_000;

/// Which entries to list; none of a kind means all.
#[derive(Debug, Clone, Default)]
pub struct AuditFilter {
    /// What it was done to, the first half of the action: `user`, `connection`.
    pub noun: Option<String>,
    /// Text in who did it, what it was done to, or the details; in any case of ASCII letters.
    pub text: Option<String>,
    /// At this moment or later.
    pub from: Option<OffsetDateTime>,
    /// Before this moment.
    pub until: Option<OffsetDateTime>,
    /// Older than this one, to page on.
    pub after: Option<Cursor<AuditId>>,
}

/// Of company `$1`, since `$2` and before the entry of `$3` and `$4`, the newest first: the index `audit_event_by_time` holds them in
/// this order, so that no entry is read that was passed, also where an import has written thousands in one moment.
macro_rules! period {
    ($what:literal) => {
        concat!(
            "SELECT ",
            $what,
            " FROM audit_event WHERE company_id = $1 AND at >= $2 AND (at, id) < ($3, $4) ORDER BY at DESC, id DESC LIMIT "
        )
    };
}

impl Store {
    /// A page of a company's audit log, the newest first.
    pub async fn audit_page(
        &self,
        company: CompanyId,
        filter: &AuditFilter,
        limit: u32,
    ) -> Result<LogPage<AuditEvent, AuditId>, Error> {
        if filter.finds_nothing() {
            return Ok(LogPage::empty());
        }
        let rows = self
            .audit_entries(company, filter, LOOKED_AT, i64::from(limit) + 1)
            .await?;
        let is_full = rows.len() > limit as usize;
        let looked_until = if is_full {
            None
        } else {
            bind_period(concat!(period!("id, at"), "1 OFFSET $5"), company, filter)
                .bind(LOOKED_AT - 1)
                .fetch_optional(&self.database)
                .await?
        };
        let looked_until = looked_until.as_ref().map(cursor).transpose()?;
        let of_entry = |entry: &AuditEvent| Cursor {
            at: entry.at,
            id: entry.id,
        };
        Ok(LogPage::new(rows, limit, of_entry, looked_until))
    }

    /// A part of a company's audit log that has about so many octets of what changed, and one entry at least, the newest first.
    /// It may hold none that the filter wants, and go on.
    pub async fn audit_part(
        &self,
        company: CompanyId,
        filter: &AuditFilter,
        octets: i64,
    ) -> Result<LogPage<AuditEvent, AuditId>, Error> {
        if filter.finds_nothing() {
            return Ok(LogPage::empty());
        }
        // How large they are is known without reading them.
        let sizes = bind_period(
            concat!(
                period!(
                    "id, at, COALESCE(OCTET_LENGTH(before_value), 0) + COALESCE(OCTET_LENGTH(after_value), 0) AS octets"
                ),
                "$5"
            ),
            company,
            filter,
        )
        .bind(PART)
        .fetch_all(&self.database)
        .await?;
        let (mut fitting, mut so_far) = (0, 0);
        for row in &sizes {
            so_far += row.int("octets")?;
            if fitting > 0 && so_far > octets {
                break;
            }
            fitting += 1;
        }
        let is_last = fitting == sizes.len() && i64::try_from(fitting).is_ok_and(|it| it < PART);
        let Some(last) = fitting.checked_sub(1).and_then(|last| sizes.get(last)) else {
            return Ok(LogPage::empty());
        };
        let next = Some(cursor(last)?).filter(|_| !is_last);
        let fitting = i64::try_from(fitting).unwrap_or(PART);
        Ok(LogPage {
            rows: self
                .audit_entries(company, filter, fitting, fitting)
                .await?,
            looked_enough: next.is_some(),
            next,
        })
    }

    /// Of the next entries, so many of which are looked at, those that the filter wants.
    async fn audit_entries(
        &self,
        company: CompanyId,
        filter: &AuditFilter,
        looked_at: i64,
        limit: i64,
    ) -> Result<Vec<AuditEvent>, Error> {
        let sql = concat!(
            "SELECT * FROM (",
            period!(
                "id, company_id, at, actor, action, subject, detail, client, before_value, after_value"
            ),
            "$5) e WHERE ($6 = '' OR action LIKE $6) AND ($7 = '' OR LOWER(actor) LIKE $7 ESCAPE '\\' \
             OR LOWER(subject) LIKE $7 ESCAPE '\\' OR LOWER(detail) LIKE $7 ESCAPE '\\' OR LOWER(action) LIKE $7 ESCAPE '\\') \
             ORDER BY at DESC, id DESC LIMIT $8"
        );
        let noun = filter.noun.as_deref().filter(|noun| is_word(noun));
        let rows = bind_period(sql, company, filter)
            .bind(looked_at)
            .bind(noun.map_or_else(String::new, |noun| format!("{noun}.%")))
            .bind(match filter.text.as_deref().unwrap_or_default().trim() {
                "" => String::new(),
                text => pattern(&text.to_ascii_lowercase()),
            })
            .bind(limit)
            .fetch_all(&self.database)
            .await?;
        rows.iter().map(entry).collect()
    }
}

impl AuditFilter {
    /// Whether it asks for what no entry can have.
    fn finds_nothing(&self) -> bool {
        let text = self.text.as_deref().unwrap_or_default();
        let noun = self.noun.as_deref().unwrap_or_default();
        !is_text(text) || text.len() > LONGEST_TEXT || !is_text(noun)
    }
}

fn cursor(row: &Row) -> Result<Cursor<AuditId>, Error> {
    Ok(Cursor {
        at: row.time("at")?,
        id: row.parsed("id")?,
    })
}

/// The statement with its first four values.
fn bind_period(sql: &'static str, company: CompanyId, filter: &AuditFilter) -> Statement<'static> {
    let until = filter.until.map_or(i64::MAX, ms);
    // One bound: an index is read from one place on.
    let (at, id) = match filter.after {
        Some(after) if ms(after.at) < until => (ms(after.at), after.id.to_string()),
        _ => (until, String::new()),
    };
    query(sql)
        .bind(company.to_string())
        .bind(filter.from.map_or(i64::MIN, ms))
        .bind(at)
        .bind(id)
}

/// The first half of an action.
fn is_word(noun: &str) -> bool {
    noun.bytes()
        .all(|byte| byte.is_ascii_lowercase() || byte == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::statement::build_query;

    #[tokio::test]
    async fn the_index_alone_leads_to_the_next_page() {
        let dir = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", dir.path().join("vestibule.sqlite3").display());
        let store = Store::open(&url, |_| [0; 32]).await.unwrap();
        for (sql, index) in [
            (concat!(period!("id, at"), "1 OFFSET $5"), "COVERING INDEX"),
            (concat!(period!("*"), "$5"), "INDEX"),
        ] {
            let plan = build_query(format!("EXPLAIN QUERY PLAN {sql}"));
            let steps = plan.fetch_all(&store.database).await.unwrap();
            let steps: Vec<String> = steps
                .iter()
                .map(|row| row.text("detail").unwrap())
                .collect();
            let step = format!(
                "SEARCH audit_event USING {index} audit_event_by_time (company_id=? AND at>? AND (at,id)<(?,?))"
            );
            assert_eq!(steps, [step]);
        }
    }
}
