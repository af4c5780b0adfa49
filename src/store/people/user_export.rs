//! A company's users for an export, part by part.
//!
//! Invariant: a part has a bounded number of rows, however many users there are and however many groups they are in; only one
//! user's own groups are read whole.

use super::user::{user, user_columns};
use crate::database::columns::Row;
use crate::database::statement::query;
use crate::domain::{CompanyId, GrantSource, User, UserId};
use crate::store::{CursorPage, Error, Store};

/// Users of a part.
const USERS: usize = 500;
/// Rows of a part: a user has one for each membership, and one at least.
const ROWS: usize = 2_000;

/// A user and the titles of its groups, and by whose word it is in each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportedUser {
    pub user: User,
    /// Through which connection its first sign-in is to come, by name; none where it does not wait.
    pub awaited: Option<String>,
    pub groups: Vec<(String, GrantSource)>,
}

/// The connection of an account that waits ([`User::waits`]).
macro_rules! awaited {
    () => {
        ", (SELECT c.name FROM connection c WHERE c.id = account.waits_for AND account.password IS NULL \
         AND NOT EXISTS (SELECT 1 FROM identity i WHERE i.user_id = account.id)) AS awaited"
    };
}

impl Store {
    /// How many users a company has.
    pub async fn count_users(&self, company: CompanyId) -> Result<u64, Error> {
        let row = query("SELECT COUNT(*) AS count FROM account WHERE company_id = $1")
            .bind(company.to_string())
            .fetch_one(&self.database)
            .await?;
        Ok(u64::try_from(row.int("count")?).unwrap_or_default())
    }

    /// The next of a company's users by e-mail address, behind a place: the address there in lower case.
    ///
    /// Users and memberships are one statement: nobody is made or gets another address in between.
    pub async fn users_to_export(
        &self,
        company: CompanyId,
        after: &str,
    ) -> Result<CursorPage<ExportedUser, String>, Error> {
        let rows = query(concat!(
            "SELECT ",
            user_columns!(),
            awaited!(),
            ", m.source, g.title FROM (SELECT * FROM account WHERE company_id = $1 AND email_key > $2 ORDER BY email_key LIMIT $3) account \
             LEFT JOIN group_grant m ON m.user_id = account.id LEFT JOIN permission_group g ON g.id = m.group_id \
             ORDER BY account.email_key LIMIT $4"
        ))
        .bind(company.to_string())
        .bind(after)
        .bind(limit(USERS + 1))
        .bind(limit(ROWS))
        .fetch_all(&self.database)
        .await?;
        let mut users = read_users(&rows)?;
        let is_full = rows.len() >= ROWS;
        drop(rows);
        if is_full && users.len() == 1 {
            for one in &mut users {
                *one = self.whole(one).await?;
            }
        } else if is_full {
            // Of the last one, memberships may be left out.
            users.pop();
        }
        let goes_on = is_full || users.len() > USERS;
        users.truncate(USERS);
        let next = users.last().filter(|_| goes_on);
        Ok(CursorPage {
            next: next.map(|last| last.user.email.key()),
            rows: users,
        })
    }

    /// A user with all of its memberships, however many there are; without any when it has gone.
    async fn whole(&self, one: &ExportedUser) -> Result<ExportedUser, Error> {
        let rows = query(concat!(
            "SELECT ",
            user_columns!(),
            awaited!(),
            ", m.source, g.title FROM account LEFT JOIN group_grant m ON m.user_id = account.id \
             LEFT JOIN permission_group g ON g.id = m.group_id WHERE account.id = $1"
        ))
        .bind(one.user.id.to_string())
        .fetch_all(&self.database)
        .await?;
        let groups = read_users(&rows)?.pop().map(|found| found.groups);
        Ok(ExportedUser {
            user: one.user.clone(),
            awaited: one.awaited.clone(),
            groups: groups.unwrap_or_default(),
        })
    }
}

/// The users of rows, in which those of one user follow each other.
fn read_users(rows: &[Row]) -> Result<Vec<ExportedUser>, Error> {
    let mut users: Vec<ExportedUser> = Vec::new();
    for row in rows {
        let id: UserId = row.parsed("id")?;
        if users.last().is_none_or(|last| last.user.id != id) {
            users.push(ExportedUser {
                user: user(row)?,
                awaited: row.maybe_text("awaited")?,
                groups: Vec::new(),
            });
        }
        let membership = row.maybe_text("title")?.zip(row.maybe_parsed("source")?);
        if let Some(last) = users.last_mut() {
            last.groups.extend(membership);
        }
    }
    Ok(users)
}

fn limit(most: usize) -> i64 {
    i64::try_from(most).unwrap_or(i64::MAX)
}
