//! A company's users for an export, part by part.
//!
//! Invariant: a part has a bounded number of rows, however many users there are and however many groups they are in; only one
//! user's own groups are read whole.

use std::collections::HashMap;

use super::columns::Row;
use super::statement::query;
use super::user::{select_user, user};
use super::{Error, Part, Store};
use crate::domain::{CompanyId, GrantSource, User, UserId};

/// Users of a part.
const USERS: u32 = 500;
/// Memberships of a part.
const GRANTS: i64 = 4000;

/// A user and the titles of its groups, and by whose word it is in each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportedUser {
    pub user: User,
    pub groups: Vec<(String, GrantSource)>,
}

macro_rules! select_grants {
    ($rest:literal) => {
        concat!(
            "SELECT m.user_id, m.source, g.title FROM account JOIN group_grant m ON m.user_id = account.id \
             JOIN permission_group g ON g.id = m.group_id WHERE account.company_id = $1 AND ",
            $rest
        )
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
    pub async fn users_to_export(
        &self,
        company: CompanyId,
        after: &str,
    ) -> Result<Part<ExportedUser, String>, Error> {
        let rows = query(select_user!(
            "WHERE account.company_id = $1 AND account.email_key > $2 ORDER BY account.email_key LIMIT $3"
        ))
        .bind(company.to_string())
        .bind(after)
        .bind(i64::from(USERS) + 1)
        .fetch_all(&self.database)
        .await?;
        let users = rows.iter().map(user).collect::<Result<Vec<_>, _>>()?;
        let Part { rows: users, next } = Part::of(users, USERS, |last| last.email.key());
        let Some(last) = users.last() else {
            return Ok(Part {
                rows: Vec::new(),
                next: None,
            });
        };
        let rows = query(select_grants!(
            "account.email_key > $2 AND account.email_key <= $3 ORDER BY account.email_key LIMIT $4"
        ))
        .bind(company.to_string())
        .bind(after)
        .bind(last.email.key())
        .bind(GRANTS)
        .fetch_all(&self.database)
        .await?;
        let is_cut = i64::try_from(rows.len()).is_ok_and(|found| found >= GRANTS);
        let last = rows.last().filter(|_| is_cut);
        let last = last.map(|row| row.parsed("user_id")).transpose()?;
        let mut groups = HashMap::new();
        add(&mut groups, &rows)?;
        drop(rows);
        let cut_at = last.and_then(|last: UserId| users.iter().position(|user| user.id == last));
        let Some(cut_at) = cut_at else {
            return Ok(with_groups(users, groups, next));
        };
        // Of the user there, and of those behind, memberships may be left out.
        let mut users = users;
        users.truncate(cut_at.max(1));
        if let (0, Some(first)) = (cut_at, users.first()) {
            groups.clear();
            let rows = query(select_grants!("account.id = $2"))
                .bind(company.to_string())
                .bind(first.id.to_string())
                .fetch_all(&self.database)
                .await?;
            add(&mut groups, &rows)?;
        }
        let next = users.last().map(|last| last.email.key());
        Ok(with_groups(users, groups, next))
    }
}

type Groups = HashMap<UserId, Vec<(String, GrantSource)>>;

fn add(groups: &mut Groups, rows: &[Row]) -> Result<(), Error> {
    for row in rows {
        let of = groups.entry(row.parsed("user_id")?).or_default();
        of.push((row.text("title")?, row.parsed("source")?));
    }
    Ok(())
}

fn with_groups(
    users: Vec<User>,
    mut groups: Groups,
    next: Option<String>,
) -> Part<ExportedUser, String> {
    let exported = |user: User| ExportedUser {
        groups: groups.remove(&user.id).unwrap_or_default(),
        user,
    };
    Part {
        rows: users.into_iter().map(exported).collect(),
        next,
    }
}
