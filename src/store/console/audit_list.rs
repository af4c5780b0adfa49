//! The list of a company's audit entries.
//!
//! Invariant: as for sign-ins, a page looks at a bounded number of entries and says how far it looked.

use time::OffsetDateTime;

use super::audit::entry;
use crate::database::columns::{Row, is_text, ms};
use crate::database::statement::query;
use crate::domain::{AuditEvent, AuditId, CompanyId};
use crate::store::engine::place::Place;
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
    pub after: Option<AuditPlace>,
}

/// A place in the list: when the entry there was written.
pub type AuditPlace = Place<AuditId>;

/// A page of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditPage {
    /// The entries, the newest first.
    pub entries: Vec<AuditEvent>,
    /// Where the list goes on.
    pub next: Option<AuditPlace>,
    /// Whether the page is not full because it has looked at as many as it may.
    pub looked_enough: bool,
}

macro_rules! period {
    ($what:literal) => {
        concat!(
            "SELECT ",
            $what,
            " FROM audit_event WHERE company_id = $1 AND at >= $2 AND at < $3 AND at <= $4 AND (at < $4 OR id < $5) \
             ORDER BY at DESC, id DESC LIMIT "
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
    ) -> Result<AuditPage, Error> {
        if filter.finds_nothing() {
            return Ok(AuditPage::end());
        }
        let mut entries = self
            .audit_entries(company, filter, LOOKED_AT, i64::from(limit) + 1)
            .await?;

        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        if entries.len() > limit {
            entries.truncate(limit);
            let next = entries.last().map(|last| Place {
                at: last.at,
                id: last.id,
            });
            return Ok(AuditPage {
                entries,
                next,
                looked_enough: false,
            });
        }
        let last = bound(concat!(period!("id, at"), "1 OFFSET $6"), company, filter)
            .bind(LOOKED_AT - 1)
            .fetch_optional(&self.database)
            .await?;
        let next = last.as_ref().map(place).transpose()?;
        Ok(AuditPage {
            entries,
            looked_enough: next.is_some(),
            next,
        })
    }

    /// A part of a company's audit log that has about so many octets of what changed, and one entry at least, the newest first.
    /// It may hold none that the filter wants, and go on.
    pub async fn audit_part(
        &self,
        company: CompanyId,
        filter: &AuditFilter,
        octets: i64,
    ) -> Result<AuditPage, Error> {
        if filter.finds_nothing() {
            return Ok(AuditPage::end());
        }
        // How large they are is known without reading them.
        let sizes = bound(
            concat!(
                period!(
                    "id, at, COALESCE(OCTET_LENGTH(before_value), 0) + COALESCE(OCTET_LENGTH(after_value), 0) AS octets"
                ),
                "$6"
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
            return Ok(AuditPage::end());
        };
        let next = Some(place(last)?).filter(|_| !is_last);
        let fitting = i64::try_from(fitting).unwrap_or(PART);
        Ok(AuditPage {
            entries: self
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
            "$6) e WHERE ($7 = '' OR action LIKE $7) AND ($8 = '' OR LOWER(actor) LIKE $8 ESCAPE '\\' \
             OR LOWER(subject) LIKE $8 ESCAPE '\\' OR LOWER(detail) LIKE $8 ESCAPE '\\' OR LOWER(action) LIKE $8 ESCAPE '\\') \
             ORDER BY at DESC, id DESC LIMIT $9"
        );
        let noun = filter.noun.as_deref().filter(|noun| is_word(noun));
        let rows = bound(sql, company, filter)
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

impl AuditPage {
    fn end() -> Self {
        Self {
            entries: Vec::new(),
            next: None,
            looked_enough: false,
        }
    }
}

fn place(row: &Row) -> Result<AuditPlace, Error> {
    Ok(Place {
        at: row.time("at")?,
        id: row.parsed("id")?,
    })
}

/// The statement with its first five values.
fn bound(
    sql: &'static str,
    company: CompanyId,
    filter: &AuditFilter,
) -> crate::database::statement::Statement<'static> {
    let after = filter.after;
    query(sql)
        .bind(company.to_string())
        .bind(filter.from.map_or(i64::MIN, ms))
        .bind(filter.until.map_or(i64::MAX, ms))
        .bind(after.map_or(i64::MAX, |place| ms(place.at)))
        .bind(after.map_or_else(String::new, |place| place.id.to_string()))
}

/// The first half of an action.
fn is_word(noun: &str) -> bool {
    noun.bytes()
        .all(|byte| byte.is_ascii_lowercase() || byte == b'_')
}
