//! Memberships in permission groups that a directory gives.
//!
//! Invariants: a membership counts through other groups, in circles as well; a group that is gone gives nothing; the directory's
//! grants are changed and no others (rule F5); a company that has an administrator keeps one, and its way in (rule F6).

use std::collections::HashSet;

use time::OffsetDateTime;

use crate::database::batch::{BatchRow, BatchStatement};
use crate::database::columns::{Row, ms};
use crate::database::statement::query;
use crate::database::value::Value;
use crate::domain::{
    CompanyId, ConnectionId, Email, GrantSource, Group, GroupId, GroupKind, UserId,
};
use crate::store::{Error, Store, Tx};

/// How many users are looked at at once.
const PIECE: i64 = 250;

/// A user and a permission group.
type Membership = (UserId, GroupId);

/// What would change for some users.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GrantChanges {
    /// Memberships that the directory gives and that are not there.
    pub add: Vec<Membership>,
    /// Memberships that it gave and gives no more.
    pub remove: Vec<Membership>,
    /// Where to look on; none at the end.
    pub next: Option<String>,
}

/// What was done of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChangedGrants {
    pub added: usize,
    pub removed: usize,
    /// Something was left as it is, because the company would have lost its last administrator or its way in.
    pub kept_a_way_in: bool,
    /// Those who have become administrators and lost a password that a token had set.
    pub passwords: Vec<Email>,
}

macro_rules! groups_up {
    ($members:literal) => {
        concat!(
            "WITH RECURSIVE up (member_id, group_id) AS (SELECT m.member_id, m.group_id FROM ",
            $members,
            " JOIN directory_group g ON g.connection_id = $1 AND g.object_id = m.group_id AND g.gone = 0 \
             UNION SELECT up.member_id, m.group_id FROM up \
             JOIN directory_member m ON m.connection_id = $1 AND m.member_id = up.group_id \
             JOIN directory_group g ON g.connection_id = $1 AND g.object_id = m.group_id AND g.gone = 0) \
             SELECT DISTINCT up.member_id, g.group_id FROM up \
             JOIN directory_group g ON g.connection_id = $1 AND g.object_id = up.group_id WHERE g.group_id IS NOT NULL"
        )
    };
}

static WANTED: BatchStatement<1> = BatchStatement::new(
    groups_up!(
        "(ROWS) AS v JOIN directory_member m ON m.connection_id = $1 AND m.member_id = v.column1"
    ),
    1,
);
static PRESENT: BatchStatement<1> = BatchStatement::new(
    "SELECT m.user_id, m.group_id FROM (ROWS) AS v JOIN group_grant m ON m.user_id = v.column1 WHERE m.source = $1",
    1,
);
static TAKE: BatchStatement<2> = BatchStatement::new(
    "DELETE FROM group_grant WHERE source = $1 AND (user_id, group_id) IN (SELECT column1, column2 FROM (ROWS) AS v) \
     RETURNING user_id, group_id",
    1,
);

impl Store {
    /// What would change for the next users whom the connection knows by `prefix` and their object ID, behind a place.
    pub async fn grant_changes(
        &self,
        id: ConnectionId,
        prefix: &str,
        after: &str,
    ) -> Result<GrantChanges, Error> {
        let after = if after.is_empty() { prefix } else { after };
        let rows = query(
            "SELECT subject, user_id FROM identity WHERE connection_id = $1 AND subject > $2 \
             AND SUBSTR(subject, 1, LENGTH($3)) = $3 ORDER BY subject LIMIT $4",
        )
        .bind(id.to_string())
        .bind(after)
        .bind(prefix)
        .bind(PIECE)
        .fetch_all(&self.database)
        .await?;
        let mut users: Vec<(String, UserId)> = Vec::with_capacity(rows.len());
        for row in &rows {
            users.push((row.text("subject")?, row.parsed("user_id")?));
        }
        let object = |subject: &str| subject.strip_prefix(prefix).unwrap_or_default().to_owned();
        let members = users.iter().map(|(it, _)| [object(it).into()]).collect();
        let wanted = WANTED
            .read(&self.database, &[id.to_string().into()], members)
            .await?;
        let mut add: HashSet<Membership> = HashSet::new();
        for row in &wanted {
            let member = row.text("member_id")?;
            let of = users
                .iter()
                .filter(|(subject, _)| object(subject) == member);
            for (_, user) in of {
                add.insert((*user, row.parsed("group_id")?));
            }
        }
        let source = [Value::from(GrantSource::Directory(id).to_string())];
        let ids: Vec<BatchRow<1>> = users
            .iter()
            .map(|(_, id)| [id.to_string().into()])
            .collect();
        let present = PRESENT.read(&self.database, &source, ids).await?;
        let present: HashSet<Membership> = present
            .iter()
            .map(membership)
            .collect::<Result<_, Error>>()?;
        let is_full = users.len() as u64 == PIECE.unsigned_abs();
        let mut changes = GrantChanges {
            remove: present.difference(&add).copied().collect(),
            add: add.difference(&present).copied().collect(),
            next: users.pop().map(|(subject, _)| subject).filter(|_| is_full),
        };
        changes.add.sort_unstable();
        changes.remove.sort_unstable();
        Ok(changes)
    }

    /// How many memberships a directory has given.
    pub async fn count_directory_grants(&self, id: ConnectionId) -> Result<u64, Error> {
        let row = query(
            "SELECT COUNT(*) AS count FROM directory_group g JOIN group_grant m ON m.group_id = g.group_id \
             WHERE g.connection_id = $1 AND m.source = $2",
        )
        .bind(id.to_string())
        .bind(GrantSource::Directory(id).to_string())
        .fetch_one(&self.database)
        .await?;
        Ok(u64::try_from(row.int("count")?).unwrap_or_default())
    }
}

impl Tx {
    /// Gives and takes memberships of a directory. What would leave the company without an administrator, or without its way in, is
    /// not done.
    pub async fn change_directory_grants(
        &mut self,
        company: CompanyId,
        id: ConnectionId,
        changes: &GrantChanges,
        now: OffsetDateTime,
    ) -> Result<ChangedGrants, Error> {
        let all = changes.add.iter().chain(&changes.remove);
        let users: HashSet<UserId> = all.map(|(user, _)| *user).collect();
        let way_in = self.hold_way_in(company, users).await?;
        let administrators = self.count_administrators(company).await?;
        let point = self.savepoint().await?;
        let mut done = self.give_and_take(id, changes, now).await?;
        let is_left = administrators == 0 || self.count_administrators(company).await? > 0;
        let has_way_in = match way_in.check(self).await {
            Ok(()) => true,
            Err(Error::LastBreakGlass) => false,
            Err(other) => return Err(other),
        };
        if is_left && has_way_in {
            self.keep(point).await?;
        } else {
            self.take_back(point).await?;
            let safe = self.without_ways_in(company, changes).await?;
            done = self.give_and_take(id, &safe, now).await?;
            done.kept_a_way_in = true;
        }
        if done.added + done.removed > 0 {
            done.passwords = self.take_foreign_passwords(company, None).await?;
            self.many_users_changed(company);
        }
        Ok(done)
    }

    async fn give_and_take(
        &mut self,
        id: ConnectionId,
        changes: &GrantChanges,
        now: OffsetDateTime,
    ) -> Result<ChangedGrants, Error> {
        let source = GrantSource::Directory(id);
        let added = self.grant_all(source, &changes.add, now).await?.len();
        let pair = |(user, group): &Membership| -> BatchRow<2> {
            [user.to_string().into(), group.to_string().into()]
        };
        let rows = changes.remove.iter().map(pair).collect();
        let removed = TAKE
            .fetch_all(self, &[source.to_string().into()], rows)
            .await?;
        Ok(ChangedGrants {
            added,
            removed: removed.len(),
            ..ChangedGrants::default()
        })
    }

    /// The same changes but those that could shut administrators out: into groups that take no passwords, and out of groups of
    /// administrators.
    async fn without_ways_in(
        &mut self,
        company: CompanyId,
        changes: &GrantChanges,
    ) -> Result<GrantChanges, Error> {
        let groups = self.all_groups(company).await?;
        let is = |id: GroupId, what: fn(&Group) -> bool| {
            groups.iter().any(|group| group.id == id && what(group))
        };
        let mut safe = changes.clone();
        safe.add.retain(|(_, group)| !is(*group, |it| it.sso_only));
        safe.remove
            .retain(|(_, group)| !is(*group, |it| it.kind == GroupKind::Administrator));
        Ok(safe)
    }

    /// The permission groups that a directory gives to one person, for a sign-in; those that it has given.
    pub(in crate::store) async fn give_directory_groups(
        &mut self,
        id: ConnectionId,
        object: &str,
        user: UserId,
        now: OffsetDateTime,
    ) -> Result<Vec<GroupId>, Error> {
        let rows = query(groups_up!(
            "(SELECT m.member_id, m.group_id FROM directory_member m WHERE m.connection_id = $1 AND m.member_id = $2) AS m"
        ))
        .bind(id.to_string())
        .bind(object)
        .fetch_all(&mut *self)
        .await?;
        let mut given = Vec::new();
        for row in &rows {
            let group: GroupId = row.parsed("group_id")?;
            let added = query(
                "INSERT INTO group_grant (user_id, group_id, source, created_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
            )
            .bind(user.to_string())
            .bind(group.to_string())
            .bind(GrantSource::Directory(id).to_string())
            .bind(ms(now))
            .execute(&mut *self)
            .await?;
            if added > 0 {
                given.push(group);
            }
        }
        Ok(given)
    }
}

fn membership(row: &Row) -> Result<Membership, Error> {
    Ok((row.parsed("user_id")?, row.parsed("group_id")?))
}
