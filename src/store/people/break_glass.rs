//! The way in without single sign-on (rule F6).
//!
//! Invariant: a company that has an administrator who can sign in with a password keeps one, whatever commands and servers
//! do at the same instant. (What an identity provider's claims do to its own grants is not decided here.)

use crate::database::statement::{Target, query};
use crate::domain::{CompanyId, GroupId, UserId};
use crate::store::{Error, Tx};

/// The administrators of company `$1` who can sign in with a password.
macro_rules! select_break_glass {
    ($what:literal, $order:literal) => {
        concat!(
            "SELECT ",
            $what,
            // From the few administrators to their accounts: the join's order is kept.
            " FROM (SELECT DISTINCT m.user_id FROM permission_group g JOIN group_grant m ON m.group_id = g.id \
                    WHERE g.company_id = $1 AND g.kind = 'administrator') AS administrator \
             CROSS JOIN account a WHERE a.id = administrator.user_id \
             AND a.company_id = $1 AND a.disabled_at IS NULL AND a.password IS NOT NULL \
             AND NOT EXISTS (SELECT 1 FROM group_grant m JOIN permission_group g ON g.id = m.group_id \
                             WHERE m.user_id = a.id AND g.sso_only = 1)",
            $order
        )
    };
}

pub(in crate::store) use select_break_glass;

/// How many there are, as a question within another one.
macro_rules! count_break_glass {
    () => {
        $crate::store::people::break_glass::select_break_glass!("COUNT(*) AS count", "")
    };
}
pub(in crate::store) use count_break_glass;

/// The ways into a company, held still until the transaction ends.
#[derive(Debug)]
#[must_use = "a change is checked after it was made"]
pub struct BreakGlassLock {
    /// The company, when it has a way in that could be lost.
    company: Option<String>,
}

impl BreakGlassLock {
    async fn lock_all(tx: &mut Tx, company: String, users: Vec<String>) -> Result<Self, Error> {
        let rows = query(select_break_glass!("a.id", " ORDER BY a.id"))
            .bind(company.as_str())
            .fetch_all(&mut *tx)
            .await?;
        let mut accounts = rows
            .iter()
            .map(|row| row.text("id"))
            .collect::<Result<Vec<String>, _>>()?;
        let has_way_in = !accounts.is_empty();
        accounts.extend(users);
        tx.lock_accounts(accounts).await?;
        Ok(Self {
            company: has_way_in.then_some(company),
        })
    }

    /// After the change: an error, which takes the transaction back, when no way in is left.
    pub async fn check(self, tx: &mut Tx) -> Result<(), Error> {
        let Some(company) = self.company else {
            return Ok(());
        };
        if count(&mut *tx, &company).await? == 0 {
            return Err(Error::LastBreakGlass);
        }
        Ok(())
    }
}

impl Tx {
    /// Locks the members of a group and the company's break-glass administrators, before a change that [`BreakGlassLock::check`] looks at.
    pub async fn hold_members(
        &mut self,
        company: CompanyId,
        group: GroupId,
    ) -> Result<BreakGlassLock, Error> {
        let company = company.to_string();
        if !self.writes_alone() {
            // In the order of everyone else; however many they are, no more than their number comes back.
            query(concat!(
                "SELECT COUNT(*) AS count FROM (SELECT held.id FROM account held WHERE held.id IN \
                 (SELECT m.user_id FROM group_grant m WHERE m.group_id = $2) OR held.id IN (",
                select_break_glass!("a.id", ""),
                ") ORDER BY held.id FOR NO KEY UPDATE) AS locked"
            ))
            .bind(company.as_str())
            .bind(group.to_string())
            .fetch_one(&mut *self)
            .await?;
        }
        let has_way_in = count(&mut *self, &company).await? > 0;
        Ok(BreakGlassLock {
            company: has_way_in.then_some(company),
        })
    }

    /// Locks these users of a company and its break-glass administrators, before a change that [`BreakGlassLock::check`] looks at. It
    /// is the first thing that a transaction does: accounts are locked before anything else.
    pub async fn hold_way_in(
        &mut self,
        company: CompanyId,
        users: impl IntoIterator<Item = UserId>,
    ) -> Result<BreakGlassLock, Error> {
        let users = users.into_iter().map(|user| user.to_string()).collect();
        BreakGlassLock::lock_all(self, company.to_string(), users).await
    }
}

/// Counts them.
pub(in crate::store) async fn count(target: impl Target, company: &str) -> Result<i64, Error> {
    let row = query(count_break_glass!())
        .bind(company)
        .fetch_one(target)
        .await?;
    Ok(row.int("count")?)
}
