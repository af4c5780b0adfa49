//! What a company has of each family, in one question, for pages, commands and refusals.

use time::OffsetDateTime;

use crate::database;
use crate::database::columns::{Row, ms};
use crate::database::statement::{Target, query};
use crate::domain::{CompanyId, Family, Full, Quotas, Usage, UserId};
use crate::store::connection::trust::{UnreadTrust, select_unread_trust, unread_trust};
use crate::store::people::break_glass::count_break_glass;
use crate::store::{Error, Store, Tx};

/// A counter, or what it would be; and what the operator has set.
macro_rules! kept {
    ($family:literal, $count:ident) => {
        concat!(
            "COALESCE((SELECT used FROM company_quota WHERE company_id = $1 AND family = '",
            $family,
            "'), ",
            $count!(),
            ") AS ",
            $family,
            "_used, (SELECT most FROM company_quota WHERE company_id = $1 AND family = '",
            $family,
            "') AS ",
            $family,
            "_most, "
        )
    };
}

macro_rules! counted {
    ($family:literal, $count:literal) => {
        concat!(
            $count,
            " AS ",
            $family,
            "_used, (SELECT most FROM company_quota WHERE company_id = $1 AND family = '",
            $family,
            "') AS ",
            $family,
            "_most, "
        )
    };
}

macro_rules! count_users {
    () => {
        "(SELECT COUNT(*) FROM account WHERE company_id = $1)"
    };
}
macro_rules! count_memberships {
    () => {
        "(SELECT COUNT(*) FROM permission_group g JOIN group_grant m ON m.group_id = g.id \
         WHERE g.company_id = $1 AND m.source = 'administrator')"
    };
}

/// The columns of every family, of company `$1` at `$2`, and a comma.
macro_rules! usage_columns {
    () => {
        concat!(
            kept!("users", count_users),
            kept!("memberships", count_memberships),
            counted!(
                "groups",
                "(SELECT COUNT(*) FROM permission_group WHERE company_id = $1)"
            ),
            counted!(
                "connections",
                "(SELECT COUNT(*) FROM connection WHERE company_id = $1)"
            ),
            counted!(
                "documents",
                "((SELECT COALESCE(SUM(OCTET_LENGTH(settings)), 0) FROM connection WHERE company_id = $1) + \
                 (SELECT COALESCE(SUM(OCTET_LENGTH(v.settings)), 0) FROM connection c JOIN trust_version v ON v.connection_id = c.id \
                  WHERE c.company_id = $1))"
            ),
            counted!(
                "domains",
                "(SELECT COUNT(*) FROM company_domain WHERE company_id = $1)"
            ),
            counted!(
                "tokens",
                "(SELECT COUNT(*) FROM api_token WHERE company_id = $1 AND revoked_at IS NULL AND expires_at > $2)"
            ),
        )
    };
}

pub(in crate::store) use {count_memberships, count_users};

/// What an administrator is told of a company on every page, until it is settled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompanyNotices {
    /// How many administrators can sign in with a password (rule F6, break-glass).
    pub ways_in: i64,
    /// Of every family.
    pub usage: Vec<Usage>,
    /// Changes of trust by others that this administrator has not read.
    pub unread_trust: Vec<UnreadTrust>,
}

impl Store {
    /// What a company has of each family.
    pub async fn usage(
        &self,
        company: CompanyId,
        now: OffsetDateTime,
    ) -> Result<Vec<Usage>, Error> {
        let row = query(concat!("SELECT ", usage_columns!(), "1 AS one"))
            .bind(company.to_string())
            .bind(ms(now))
            .fetch_one(&self.database)
            .await?;
        all(&row, &self.quotas)
    }

    /// The same for a page of the console, with what else stands on each. `since` is when its reader came: what was before is no
    /// news.
    pub async fn standing(
        &self,
        company: CompanyId,
        reader: UserId,
        since: OffsetDateTime,
        now: OffsetDateTime,
    ) -> Result<CompanyNotices, Error> {
        let rows = query(concat!(
            "SELECT s.*, u.* FROM (SELECT ",
            usage_columns!(),
            "(",
            count_break_glass!(),
            ") AS ways_in) AS s LEFT JOIN (",
            select_unread_trust!(),
            ") AS u ON TRUE ORDER BY u.at DESC, u.id"
        ))
        .bind(company.to_string())
        .bind(ms(now))
        .bind(reader.to_string())
        .bind(ms(since))
        .fetch_all(&self.database)
        .await?;
        let row = rows.first().ok_or(database::Error::NoRow)?;
        let unread = rows.iter().map(unread_trust);
        Ok(CompanyNotices {
            ways_in: row.int("ways_in")?,
            usage: all(row, &self.quotas)?,
            unread_trust: unread
                .filter_map(Result::transpose)
                .collect::<Result<_, _>>()?,
        })
    }

    /// Whether one more of a family would have room now, before somebody fills in a form for it.
    pub async fn has_room(
        &self,
        company: CompanyId,
        family: Family,
        now: OffsetDateTime,
    ) -> Result<(), Error> {
        let usage = self.usage(company, now).await?;
        match usage.into_iter().find(|it| it.family == family) {
            Some(usage) if usage.is_full() => Err(full(&self.database, company, &usage).await?),
            _ => Ok(()),
        }
    }
}

impl Tx {
    /// What a company has of one family, with what this transaction has added.
    pub(in crate::store) async fn usage_of(
        &mut self,
        company: CompanyId,
        family: Family,
        now: OffsetDateTime,
    ) -> Result<Usage, Error> {
        let row = query(concat!("SELECT ", usage_columns!(), "1 AS one"))
            .bind(company.to_string())
            .bind(ms(now))
            .fetch_one(&mut *self)
            .await?;
        one(&row, family, &self.quotas)
    }
}

/// What a company has of a family.
pub(in crate::store) fn usage(
    family: Family,
    used: i64,
    own: Option<i64>,
    quotas: &Quotas,
) -> Usage {
    let own = own.and_then(|most| u32::try_from(most).ok());
    Usage {
        family,
        used,
        quota: own.unwrap_or_else(|| quotas.of(family)),
        own: own.is_some(),
    }
}

fn all(row: &Row, quotas: &Quotas) -> Result<Vec<Usage>, Error> {
    let one = |family| one(row, family, quotas);
    Family::ALL.into_iter().map(one).collect()
}

fn one(row: &Row, family: Family, quotas: &Quotas) -> Result<Usage, Error> {
    let (used, most) = match family {
        Family::Users => ("users_used", "users_most"),
        Family::Memberships => ("memberships_used", "memberships_most"),
        Family::Groups => ("groups_used", "groups_most"),
        Family::Connections => ("connections_used", "connections_most"),
        Family::Documents => ("documents_used", "documents_most"),
        Family::Domains => ("domains_used", "domains_most"),
        Family::Tokens => ("tokens_used", "tokens_most"),
    };
    Ok(usage(family, row.int(used)?, row.maybe_int(most)?, quotas))
}

/// That there is no room, with the company's name for the operator's command.
pub(in crate::store) async fn full(
    target: impl Target,
    company: CompanyId,
    usage: &Usage,
) -> Result<Error, Error> {
    let row = query("SELECT slug FROM company WHERE id = $1")
        .bind(company.to_string())
        .fetch_optional(target)
        .await?;
    Ok(Error::Full(Full {
        family: usage.family,
        quota: usage.quota,
        slug: row.map_or(Ok(String::new()), |row| row.text("slug"))?,
    }))
}
