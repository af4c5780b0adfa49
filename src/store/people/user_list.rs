//! A company's users, as a list that is searched, filtered and read page by page.
//!
//! Invariant: a page costs one pass over the company's users at most, which also counts what it finds, up to a bound; what is
//! typed into the search is compared as text, never read as a pattern.

use std::collections::HashMap;

use super::group::group;
use super::user::{user, user_columns};
use crate::database::columns::Row;
use crate::database::statement::{Statement, query};
use crate::domain::{CompanyId, Creation, GrantSource, Group, GroupId, User, UserId};
use crate::store::engine::listed::{Listed, Total};
use crate::store::engine::part::Part;
use crate::store::engine::search::{WORDS, pattern, words};
use crate::store::{Error, Store};

/// Users on a page.
pub const USERS_A_PAGE: u32 = 50;
/// How far a filter's finds are counted beyond the page.
const COUNTED: u32 = 1000;
/// A group with as many memberships is looked up user by user, not as a list.
const LARGE: i64 = 500;

/// Which users to list; none of a kind means all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UserFilter {
    /// Words, each of which is a part of the e-mail address, the first name, the last name or the company.
    pub search: String,
    /// In this group, whoever put them there.
    pub group: Option<GroupId>,
    /// Active, or deactivated.
    pub active: Option<bool>,
    /// Made by.
    pub created_by: Option<Creation>,
    /// How they sign in.
    pub way: Option<Way>,
}

/// How a user signs in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// It has a password.
    Password,
    /// It has no password, and has signed in.
    SingleSignOn,
    /// It has no password, and has never signed in.
    Waiting,
}

/// A user in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedUser {
    /// The user.
    pub user: User,
    /// Whether a connection knows it.
    pub bound: bool,
    /// The groups that it is in, by title, and who put it there; a group comes once for each who did.
    pub grants: Vec<(Group, GrantSource)>,
}

/// Each of the words is somewhere in the texts of a user.
macro_rules! has_word {
    ($word:literal) => {
        concat!(
            " AND ($",
            $word,
            " IS NULL OR account.search LIKE $",
            $word,
            " ESCAPE '\\')"
        )
    };
}

/// Who is in group $2, as a list: for a small one.
macro_rules! in_small {
    () => {
        "account.id IN (SELECT m.user_id FROM group_grant m WHERE m.group_id = $2)"
    };
}

/// Who is in group $2, looked up user by user: for a large one.
macro_rules! in_large {
    () => {
        "EXISTS (SELECT 1 FROM group_grant m WHERE m.user_id = account.id AND m.group_id = $2)"
    };
}

/// The identifiers that a filter finds: $1 is the company, $2 to $4 are group, activity and maker, $5 to $8 the words, $9 and $10
/// which part of them. The indexes `account_search`, `account_waiting` and `account_with_password` lead to them; what else is
/// asked is in the first, but for those who sign in by single sign-on alone.
macro_rules! filtered {
    ($of_way:literal, $in_group:expr, $part:literal) => {
        concat!(
            "SELECT account.id FROM account WHERE account.company_id = $1",
            $of_way,
            has_word!("5"),
            has_word!("6"),
            has_word!("7"),
            has_word!("8"),
            " AND ($3 IS NULL OR $3 = CASE WHEN account.disabled_at IS NULL THEN 1 ELSE 0 END) \
             AND ($4 IS NULL OR account.created_by = $4) \
             AND ($2 IS NULL OR ",
            $in_group,
            ")",
            $part,
        )
    };
    // The users of a small group, or of none; or those of a large one.
    ($is_large:ident, $of_way:literal, $part:literal) => {
        if $is_large {
            filtered!($of_way, in_large!(), $part)
        } else {
            filtered!($of_way, in_small!(), $part)
        }
    };
    ($way:ident, $is_large:ident, $part:literal) => {
        match $way {
            None => filtered!($is_large, "", $part),
            Some(Way::Password) => filtered!($is_large, " AND account.password IS NOT NULL", $part),
            Some(Way::SingleSignOn) => filtered!(
                $is_large,
                " AND account.password IS NULL AND account.last_sign_in_at IS NOT NULL",
                $part
            ),
            Some(Way::Waiting) => filtered!(
                $is_large,
                " AND account.password IS NULL AND account.last_sign_in_at IS NULL",
                $part
            ),
        }
    };
}

/// So many after so many.
fn page_of(way: Option<Way>, is_large: bool) -> &'static str {
    filtered!(
        way,
        is_large,
        " ORDER BY account.email_key LIMIT $9 OFFSET $10"
    )
}

/// So many behind an address.
fn behind(way: Option<Way>, is_large: bool) -> &'static str {
    filtered!(
        way,
        is_large,
        " AND account.email_key > $9 ORDER BY account.email_key LIMIT $10"
    )
}

/// The users of a group: $1 is the company, $2 the group, $3 and $4 which of them.
macro_rules! members {
    ($in_group:expr) => {
        concat!(
            "SELECT account.id FROM account WHERE account.company_id = $1 AND ",
            $in_group,
            " ORDER BY account.email_key LIMIT $3 OFFSET $4"
        )
    };
}
const MEMBERS: &str = members!(in_small!());
const MEMBERS_OF_LARGE: &str = members!(in_large!());

/// The columns of a user in a list.
macro_rules! select_listed {
    ($rest:literal) => {
        concat!(
            "SELECT ",
            user_columns!(),
            ", CASE WHEN EXISTS (SELECT 1 FROM identity i WHERE i.user_id = account.id) THEN 1 ELSE 0 END AS bound \
             FROM account ",
            $rest
        )
    };
}

/// As many users as a page has.
const USERS_OF: &str = select_listed!(
    "WHERE account.id IN \
     ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, \
     $26, $27, $28, $29, $30, $31, $32, $33, $34, $35, $36, $37, $38, $39, $40, $41, $42, $43, $44, $45, $46, $47, $48, $49, $50) \
     ORDER BY account.email_key"
);

/// The groups of as many users as a page has.
const GRANTS_OF: &str = "SELECT m.user_id, m.source, g.id, g.company_id, g.title, g.kind, g.sso_only, g.created_at \
     FROM group_grant m JOIN permission_group g ON g.id = m.group_id WHERE m.user_id IN \
     ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, \
     $26, $27, $28, $29, $30, $31, $32, $33, $34, $35, $36, $37, $38, $39, $40, $41, $42, $43, $44, $45, $46, $47, $48, $49, $50) \
     ORDER BY g.title, m.source";

impl Store {
    /// A page of a company's users, by e-mail address; pages are numbered from 1.
    pub async fn list_users(
        &self,
        company: CompanyId,
        filter: &UserFilter,
        page: u32,
    ) -> Result<Listed<ListedUser>, Error> {
        let before = i64::from(page.saturating_sub(1)) * i64::from(USERS_A_PAGE);
        if filter.is_all() {
            self.list_all(company, before).await
        } else {
            self.list_filtered(company, filter, before).await
        }
    }

    async fn list_all(&self, company: CompanyId, before: i64) -> Result<Listed<ListedUser>, Error> {
        // The index alone says which users are on the page.
        let rows = query(select_listed!(
            "WHERE account.company_id = $1 AND account.email_key IN \
             (SELECT p.email_key FROM account p WHERE p.company_id = $1 ORDER BY p.email_key LIMIT $2 OFFSET $3) \
             ORDER BY account.email_key"
        ))
        .bind(company.to_string())
        .bind(i64::from(USERS_A_PAGE))
        .bind(before)
        .fetch_all(&self.database);
        let count = query("SELECT COUNT(*) AS count FROM account WHERE company_id = $1")
            .bind(company.to_string())
            .fetch_one(&self.database);
        let (rows, count) = tokio::try_join!(rows, count)?;
        let ids = rows.iter().map(|row| row.text("id"));
        let grants = self.grants_of_page(ids).await?;
        Ok(Listed {
            rows: with_grants(&rows, grants)?,
            total: Total::Exact(u64::try_from(count.int("count")?).unwrap_or_default()),
        })
    }

    async fn list_filtered(
        &self,
        company: CompanyId,
        filter: &UserFilter,
        before: i64,
    ) -> Result<Listed<ListedUser>, Error> {
        let is_large = self.is_of_large_group(filter).await?;
        let most = USERS_A_PAGE + COUNTED;
        let found = filter
            .bind(company, query(page_of(filter.way, is_large)))
            .bind(i64::from(most))
            .bind(before)
            .fetch_all(&self.database)
            .await?;
        let total = Total::found(before, found.len(), most as usize);
        let rows = if found.is_empty() {
            Vec::new()
        } else {
            self.users_of(&found).await?
        };
        Ok(Listed { rows, total })
    }

    /// A page of the users of a company's group, whoever put them there, by e-mail address.
    pub async fn list_members(
        &self,
        company: CompanyId,
        group: GroupId,
        page: u32,
    ) -> Result<Listed<ListedUser>, Error> {
        let before = i64::from(page.saturating_sub(1)) * i64::from(USERS_A_PAGE);
        let total = self.count_members(group).await?;
        let is_large = i64::try_from(total).is_ok_and(|total| total >= LARGE);
        let found = query(if is_large { MEMBERS_OF_LARGE } else { MEMBERS })
            .bind(company.to_string())
            .bind(group.to_string())
            .bind(i64::from(USERS_A_PAGE))
            .bind(before)
            .fetch_all(&self.database)
            .await?;
        Ok(Listed {
            rows: self.users_of(&found).await?,
            total: Total::Exact(total),
        })
    }

    /// A company's users by e-mail address, from behind a place on: the address there in lower case.
    pub async fn users_after(
        &self,
        company: CompanyId,
        filter: &UserFilter,
        after: Option<String>,
        limit: u32,
    ) -> Result<Part<ListedUser, String>, Error> {
        let is_large = self.is_of_large_group(filter).await?;
        let found = filter
            .bind(company, query(behind(filter.way, is_large)))
            .bind(after.unwrap_or_default())
            .bind(i64::from(limit) + 1)
            .fetch_all(&self.database)
            .await?;
        let mut users = Vec::with_capacity(found.len());
        for found in found.chunks(USERS_A_PAGE as usize) {
            users.extend(self.users_of(found).await?);
        }
        Ok(Part::of(users, limit, |last| last.user.email.key()))
    }

    async fn is_of_large_group(&self, filter: &UserFilter) -> Result<bool, Error> {
        let Some(group) = filter.group else {
            return Ok(false);
        };
        // No further than it has to be counted.
        let row = query(
            "SELECT COUNT(*) AS count FROM (SELECT 1 AS one FROM group_grant m WHERE m.group_id = $1 LIMIT $2) AS counted",
        )
        .bind(group.to_string())
        .bind(LARGE)
        .fetch_one(&self.database)
        .await?;
        Ok(row.int("count")? == LARGE)
    }

    /// The first users of these rows of identifiers, as many as a page has.
    async fn users_of(&self, found: &[Row]) -> Result<Vec<ListedUser>, Error> {
        let ids = || found.iter().map(|row| row.text("id"));
        let users = of_page(USERS_OF, ids())?;
        let (rows, grants) =
            tokio::try_join!(users.fetch_all(&self.database), self.grants_of_page(ids()))?;
        with_grants(&rows, grants)
    }

    async fn grants_of_page(
        &self,
        ids: impl Iterator<Item = Result<String, Error>>,
    ) -> Result<Grants, Error> {
        let rows = of_page(GRANTS_OF, ids)?.fetch_all(&self.database).await?;
        let mut grants = Grants::new();
        for row in &rows {
            let of = grants.entry(row.parsed("user_id")?).or_default();
            of.push((group(row)?, row.parsed("source")?));
        }
        Ok(grants)
    }
}

/// Who put a user where.
type Grants = HashMap<UserId, Vec<(Group, GrantSource)>>;

/// A statement about the users of a page. NULL stands for those that it does not have.
fn of_page(
    sql: &'static str,
    mut ids: impl Iterator<Item = Result<String, Error>>,
) -> Result<Statement<'static>, Error> {
    let mut statement = query(sql);
    for _ in 0..USERS_A_PAGE {
        statement = statement.bind(ids.next().transpose()?);
    }
    Ok(statement)
}

fn with_grants(rows: &[Row], mut grants: Grants) -> Result<Vec<ListedUser>, Error> {
    let listed = |row: &Row| {
        let user = user(row)?;
        Ok(ListedUser {
            grants: grants.remove(&user.id).unwrap_or_default(),
            bound: row.int("bound")? != 0,
            user,
        })
    };
    rows.iter().map(listed).collect()
}

impl UserFilter {
    /// Whether it finds everyone.
    pub fn is_all(&self) -> bool {
        words(&self.search).is_empty()
            && self.group.is_none()
            && self.active.is_none()
            && self.created_by.is_none()
            && self.way.is_none()
    }

    fn bind<'a>(&self, company: CompanyId, statement: Statement<'a>) -> Statement<'a> {
        let mut statement = statement
            .bind(company.to_string())
            .bind(self.group.map(|id| id.to_string()))
            .bind(self.active.map(i64::from))
            .bind(self.created_by.map(Creation::as_str));
        let words = words(&self.search);
        for place in 0..WORDS {
            statement = statement.bind(words.get(place).map(|word| pattern(&word.to_lowercase())));
        }
        statement
    }
}

impl Way {
    /// The word of it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::SingleSignOn => "sso",
            Self::Waiting => "waiting",
        }
    }

    /// The way of a word.
    pub fn of(word: &str) -> Option<Self> {
        [Self::Password, Self::SingleSignOn, Self::Waiting]
            .into_iter()
            .find(|way| way.as_str() == word)
    }
}

impl ListedUser {
    /// The groups that it is in, by title, each once.
    pub fn groups(&self) -> Vec<&Group> {
        let mut groups: Vec<&Group> = self.grants.iter().map(|(group, _)| group).collect();
        groups.dedup_by_key(|group| group.id);
        groups
    }

    /// How it signs in.
    pub fn way(&self) -> Way {
        if self.user.has_password {
            Way::Password
        } else if self.user.last_sign_in_at.is_some() {
            Way::SingleSignOn
        } else {
            Way::Waiting
        }
    }
}
