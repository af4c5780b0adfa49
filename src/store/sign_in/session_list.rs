//! A company's live sessions, page by page, and their end by an administrator.
//!
//! Invariant: a session of another company is not there.

use time::OffsetDateTime;

use super::session::session;
use crate::database::columns::{Row, ms};
use crate::database::statement::query;
use crate::domain::{CompanyId, Email, Session, SessionKey, UserId};
use crate::store::engine::cursor::Cursor;
use crate::store::engine::page::CursorPage;
use crate::store::{Error, Store, Tx};

/// A session in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedSession {
    /// How the database names it.
    pub key: SessionKey,
    /// The session.
    pub session: Session,
    /// Its user's address.
    pub email: Email,
    /// Its user's first and last name, or empty.
    pub name: String,
}

/// The sessions of company `$1` that have not ended at `$2`.
macro_rules! live {
    () => {
        "FROM session p WHERE p.company_id = $1 AND p.expires_at > $2 AND p.last_seen_at + p.idle_ms > $2"
    };
}

/// The sessions of keys that follow.
macro_rules! select_listed {
    () => {
        "SELECT s.session_key, s.user_id, s.company_id, s.connection_id, s.attempt_id, s.name_id, s.session_index, \
         s.signed_in_at, s.expires_at, s.idle_ms, s.last_seen_at, s.authn_instant, s.authn_context, a.email, a.first_name, a.last_name \
         FROM session s JOIN account a ON a.id = s.user_id WHERE s.session_key IN (SELECT p.session_key "
    };
}

impl Store {
    /// A company's live sessions, the newest first, from behind a place on.
    pub async fn sessions_after(
        &self,
        company: CompanyId,
        after: Option<Cursor<SessionKey>>,
        limit: u32,
        now: OffsetDateTime,
    ) -> Result<CursorPage<ListedSession, Cursor<SessionKey>>, Error> {
        let rows = query(concat!(
            select_listed!(),
            live!(),
            " AND p.signed_in_at <= $3 AND (p.signed_in_at < $3 OR p.session_key > $4) \
             ORDER BY p.signed_in_at DESC, p.session_key LIMIT $5) ORDER BY s.signed_in_at DESC, s.session_key"
        ))
        .bind(company.to_string())
        .bind(ms(now))
        .bind(after.map_or(i64::MAX, |cursor| ms(cursor.at)))
        .bind(after.map_or_else(Vec::new, |cursor| cursor.id.0.to_vec()))
        .bind(i64::from(limit) + 1)
        .fetch_all(&self.database)
        .await?;
        let rows = rows
            .iter()
            .map(listed_session)
            .collect::<Result<Vec<_>, Error>>()?;
        Ok(CursorPage::new(rows, limit, |last| Cursor {
            at: last.session.signed_in_at,
            id: last.key,
        }))
    }

    /// How many live sessions a company has, counted up to a number.
    pub async fn count_sessions(
        &self,
        company: CompanyId,
        most: u32,
        now: OffsetDateTime,
    ) -> Result<u64, Error> {
        let row = query(concat!(
            "SELECT COUNT(*) AS count FROM (SELECT 1 AS one ",
            live!(),
            // In the order of the index, which ends where enough are counted.
            " ORDER BY p.signed_in_at DESC LIMIT $3) AS counted"
        ))
        .bind(company.to_string())
        .bind(ms(now))
        .bind(i64::from(most))
        .fetch_one(&self.database)
        .await?;
        Ok(u64::try_from(row.int("count")?).unwrap_or_default())
    }
}

fn listed_session(row: &Row) -> Result<ListedSession, Error> {
    let name = format!("{} {}", row.text("first_name")?, row.text("last_name")?);
    Ok(ListedSession {
        key: SessionKey(row.hash("session_key")?),
        session: session(row)?,
        email: row.parsed("email")?,
        name: name.trim().to_owned(),
    })
}

impl Tx {
    /// Ends a session of a company; the address of whose it was, or none when there is none.
    pub async fn end_session_of(
        &mut self,
        company: CompanyId,
        key: SessionKey,
    ) -> Result<Option<Email>, Error> {
        let row = query(
            "DELETE FROM session WHERE session_key = $1 AND company_id = $2 \
             RETURNING (SELECT a.email FROM account a WHERE a.id = session.user_id) AS email",
        )
        .bind(key.0.to_vec())
        .bind(company.to_string())
        .fetch_optional(&mut *self)
        .await?;
        let Some(row) = row else { return Ok(None) };
        self.session_ended(key);
        Ok(Some(row.parsed("email")?))
    }

    /// Ends a user's sessions, but one; how many there were.
    pub async fn end_sessions_of(
        &mut self,
        user: UserId,
        keep: Option<SessionKey>,
    ) -> Result<usize, Error> {
        let rows = query(
            "DELETE FROM session WHERE user_id = $1 AND ($2 IS NULL OR session_key <> $2) RETURNING session_key",
        )
        .bind(user.to_string())
        .bind(keep.map(|key| key.0.to_vec()))
        .fetch_all(&mut *self)
        .await?;
        let keys = rows.iter().map(|row| row.hash("session_key"));
        let keys = keys.collect::<Result<Vec<_>, _>>()?;
        self.sessions_ended(keys.into_iter().map(SessionKey));
        Ok(rows.len())
    }

    /// Ends every session of a company, but one; how many there were.
    pub async fn end_all_sessions(
        &mut self,
        company: CompanyId,
        keep: Option<SessionKey>,
    ) -> Result<u64, Error> {
        let ended = query(
            "DELETE FROM session WHERE company_id = $1 AND ($2 IS NULL OR session_key <> $2)",
        )
        .bind(company.to_string())
        .bind(keep.map(|key| key.0.to_vec()))
        .execute(&mut *self)
        .await?;
        // Not one by one: what a server remembers of a session counts for the company as it was.
        self.company_changed(company);
        Ok(ended)
    }
}
