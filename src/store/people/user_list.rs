//! A company's users, as a list that is searched, filtered and read page by page.
//!
//! Invariant: a page costs one pass over the company's users at most, which also counts what it finds, up to a bound.

use std::collections::HashMap;

use super::group::group;
use super::user::{user, user_columns};
use super::user_filter::{GroupSize, Paging, SignInMethod, UserFilter};
use crate::database::columns::Row;
use crate::database::statement::{Statement, build_query, query};
use crate::domain::{CompanyId, GrantSource, Group, GroupId, User, UserId};
use crate::store::engine::page::{CursorPage, NumberedPage, Total};
use crate::store::{Error, Store};

/// Users on a page.
pub const USERS_A_PAGE: u32 = 50;
/// How far a filter's finds are counted beyond the page.
const COUNTED: u32 = 1000;
/// A group with as many memberships is looked up user by user, not as a list.
const LARGE: i64 = 500;

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

impl Store {
    /// A page of a company's users, by e-mail address; pages are numbered from 1.
    pub async fn list_users(
        &self,
        company: CompanyId,
        filter: &UserFilter,
        page: u32,
    ) -> Result<NumberedPage<ListedUser>, Error> {
        let before = i64::from(page.saturating_sub(1)) * i64::from(USERS_A_PAGE);
        if filter.is_all() {
            self.list_all(company, before).await
        } else {
            self.list_filtered(company, filter, before).await
        }
    }

    async fn list_all(
        &self,
        company: CompanyId,
        before: i64,
    ) -> Result<NumberedPage<ListedUser>, Error> {
        // The index alone says which users are on the page.
        let rows = select_users(
            "account.company_id = $1 AND account.email_key IN \
             (SELECT p.email_key FROM account p WHERE p.company_id = $1 ORDER BY p.email_key LIMIT $2 OFFSET $3)",
        )
        .bind(company.to_string())
        .bind(i64::from(USERS_A_PAGE))
        .bind(before)
        .fetch_all(&self.database);
        let count = query("SELECT COUNT(*) AS count FROM account WHERE company_id = $1")
            .bind(company.to_string())
            .fetch_one(&self.database);
        let (rows, count) = tokio::try_join!(rows, count)?;
        let grants = self.grants_of_page(&ids(&rows)?).await?;
        Ok(NumberedPage {
            rows: with_grants(&rows, grants)?,
            total: Total::Exact(u64::try_from(count.int("count")?).unwrap_or_default()),
        })
    }

    async fn list_filtered(
        &self,
        company: CompanyId,
        filter: &UserFilter,
        before: i64,
    ) -> Result<NumberedPage<ListedUser>, Error> {
        let group_size = self.group_size(filter).await?;
        let most = USERS_A_PAGE + COUNTED;
        let found = filter
            .find(company, group_size, Paging::Offset)
            .bind(i64::from(most))
            .bind(before)
            .fetch_all(&self.database)
            .await?;
        let total = Total::from_found(before, found.len(), most as usize);
        let rows = if found.is_empty() {
            Vec::new()
        } else {
            self.users_of(&found).await?
        };
        Ok(NumberedPage { rows, total })
    }

    /// A page of the users of a company's group, whoever put them there, by e-mail address.
    pub async fn list_members(
        &self,
        company: CompanyId,
        group: GroupId,
        page: u32,
    ) -> Result<NumberedPage<ListedUser>, Error> {
        let before = i64::from(page.saturating_sub(1)) * i64::from(USERS_A_PAGE);
        let total = self.count_members(group).await?;
        let is_member = match i64::try_from(total) {
            Ok(total) if total < LARGE => GroupSize::Small,
            _ => GroupSize::Large,
        }
        .is_member();
        let found = build_query(format!(
            "SELECT account.id FROM account WHERE account.company_id = $1 AND {is_member} \
             ORDER BY account.email_key LIMIT $3 OFFSET $4"
        ))
        .bind(company.to_string())
        .bind(group.to_string())
        .bind(i64::from(USERS_A_PAGE))
        .bind(before)
        .fetch_all(&self.database)
        .await?;
        Ok(NumberedPage {
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
    ) -> Result<CursorPage<ListedUser, String>, Error> {
        let group_size = self.group_size(filter).await?;
        let found = filter
            .find(company, group_size, Paging::After)
            .bind(after.unwrap_or_default())
            .bind(i64::from(limit) + 1)
            .fetch_all(&self.database)
            .await?;
        let mut users = Vec::with_capacity(found.len());
        for found in found.chunks(USERS_A_PAGE as usize) {
            users.extend(self.users_of(found).await?);
        }
        Ok(CursorPage::new(users, limit, |last| last.user.email.key()))
    }

    async fn group_size(&self, filter: &UserFilter) -> Result<GroupSize, Error> {
        let Some(group) = filter.group else {
            return Ok(GroupSize::Small);
        };
        // No further than it has to be counted.
        let row = query(
            "SELECT COUNT(*) AS count FROM (SELECT 1 AS one FROM group_grant m WHERE m.group_id = $1 LIMIT $2) AS counted",
        )
        .bind(group.to_string())
        .bind(LARGE)
        .fetch_one(&self.database)
        .await?;
        Ok(match row.int("count")? {
            LARGE => GroupSize::Large,
            _ => GroupSize::Small,
        })
    }

    /// The first users of these rows of identifiers, as many as a page has.
    async fn users_of(&self, found: &[Row]) -> Result<Vec<ListedUser>, Error> {
        let ids = ids(found)?;
        let users = select_users(&format!("account.id IN ({})", page_places()));
        let users = async {
            let users = bind_page(users, &ids).fetch_all(&self.database);
            Ok::<_, Error>(users.await?)
        };
        let (rows, grants) = tokio::try_join!(users, self.grants_of_page(&ids))?;
        with_grants(&rows, grants)
    }

    async fn grants_of_page(&self, ids: &[String]) -> Result<Grants, Error> {
        let grants = build_query(format!(
            "SELECT m.user_id, m.source, g.id, g.company_id, g.title, g.kind, g.sso_only, g.created_at \
             FROM group_grant m JOIN permission_group g ON g.id = m.group_id WHERE m.user_id IN ({}) \
             ORDER BY g.title, m.source",
            page_places()
        ));
        let rows = bind_page(grants, ids).fetch_all(&self.database).await?;
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

/// The users of a list that a condition is true of, by address.
fn select_users(condition: &str) -> Statement<'static> {
    let columns = user_columns!();
    build_query(format!(
        "SELECT {columns}, CASE WHEN EXISTS (SELECT 1 FROM identity i WHERE i.user_id = account.id) THEN 1 ELSE 0 END AS bound \
         FROM account WHERE {condition} ORDER BY account.email_key"
    ))
}

/// The places of the identifiers of as many users as a page has.
fn page_places() -> String {
    let places: Vec<String> = (1..=USERS_A_PAGE)
        .map(|place| format!("${place}"))
        .collect();
    places.join(", ")
}

/// The identifiers in the first rows, as many as a page has.
fn ids(rows: &[Row]) -> Result<Vec<String>, Error> {
    let rows = rows.iter().take(USERS_A_PAGE as usize);
    rows.map(|row| Ok(row.text("id")?)).collect()
}

/// A statement about the users of a page. NULL stands for those that it does not have.
fn bind_page(statement: Statement<'static>, ids: &[String]) -> Statement<'static> {
    (0..USERS_A_PAGE as usize).fold(statement, |statement, place| {
        statement.bind(ids.get(place).cloned())
    })
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

impl ListedUser {
    /// The groups that it is in, by title, each once.
    pub fn groups(&self) -> Vec<&Group> {
        let mut groups: Vec<&Group> = self.grants.iter().map(|(group, _)| group).collect();
        groups.dedup_by_key(|group| group.id);
        groups
    }

    /// How it signs in.
    pub fn method(&self) -> SignInMethod {
        if self.user.has_password {
            SignInMethod::Password
        } else if self.user.last_sign_in_at.is_some() {
            SignInMethod::SingleSignOn
        } else {
            SignInMethod::Waiting
        }
    }
}
