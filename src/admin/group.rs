//! Permission groups.
//!
//! Invariants: two titles of a company differ in more than upper and lower case; a group
//! into which a connection puts users is not deleted, and one for new accounts is not made one of administrators; a company
//! that has a way in without single sign-on keeps one (rule F6).

use serde_json::{Value, json};

use super::user::version_of;
use super::{Admin, Duplicate, Obstacle, Problems, Refused};
use crate::domain::{AuditAction, AuditDetail, AuditNoun, Group, GroupId, GroupKind, Scope};
use crate::keys;
use crate::store::{GroupUse, StoredGroup, Tx};

/// How far members are counted one by one.
pub const COUNTED: u32 = 1000;

/// A permission group as an administrator writes it ("Create New Permission").
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupText {
    pub title: String,
    pub kind: GroupKind,
    /// "This group can only sign in via single sign-on".
    pub sso_only: bool,
}

/// Who would lose what by the end of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupLoss {
    /// The connections that put users into it: while there is one, it stays.
    pub uses: Vec<GroupUse>,
    /// Its members.
    pub members: u64,
    /// Those of them who are in no other group, counted up to [`COUNTED`].
    pub left_without: u64,
    /// The applications, by their names for people, that no user of the company could use any more.
    pub applications: Vec<String>,
}

impl Admin<'_> {
    /// A group of the company, and its version.
    pub async fn group(&self, id: GroupId) -> Result<(Group, String), Refused> {
        let stored = self.store.group_of(self.company, id).await?;
        let stored = stored.ok_or(Refused::NotFound)?;
        let version = version(&stored);
        Ok((stored.group, version))
    }

    /// Whether a group may be changed, and is still the version that was read. Who may not change it learns nothing of that.
    pub async fn check_group_version(&self, id: GroupId, read: &str) -> Result<(), Refused> {
        let (group, now) = self.group(id).await?;
        self.check_kind(group.kind)?;
        if now == read {
            return Ok(());
        }
        Err(self.changed_by(AuditNoun::Group, &group.title).await?)
    }

    /// Makes a group.
    pub async fn create_group(&self, text: &GroupText) -> Result<Group, Refused> {
        self.check_kind(text.kind)?;
        let title = title(text)?;
        let id = GroupId::from_bytes(keys::random());
        let mut tx = self.begin_making(Scope::GroupsWrite, id).await?;
        // Who makes another one waits.
        tx.lock_company(self.company).await?;
        let others = tx.all_groups(self.company).await?;
        check_title(&others, &title, None)?;
        let group = Group {
            id,
            company_id: self.company,
            title,
            kind: text.kind,
            sso_only: text.sso_only,
            created_at: self.now,
        };
        if !tx.add_group(&group).await? {
            return Err(duplicate_title(&group.title));
        }
        let mut event = self.event(AuditAction::GroupAdd, group.title.as_str());
        event.after = Some(audit_values(&group));
        tx.audit(&event.with_detail(AuditDetail::Kind(group.kind)))
            .await?;
        tx.commit(self.now).await?;
        Ok(group)
    }

    /// Changes a group, when it is still the version that was read. How many of its members have become administrators by it, and
    /// have lost a password that a token had set.
    pub async fn edit_group(
        &self,
        id: GroupId,
        version_read: &str,
        text: &GroupText,
    ) -> Result<(Group, usize), Refused> {
        let title = title(text);
        let mut tx = self.begin(Scope::GroupsWrite).await?;
        let way_in = match text.kind {
            // Its members are held before it becomes one of administrators.
            GroupKind::Administrator => tx.hold_members(self.company, id).await?,
            GroupKind::Member => tx.hold_way_in(self.company, []).await?,
        };
        let stored = tx.lock_group(self.company, id).await?;
        let stored = stored.ok_or(Refused::NotFound)?;
        self.check_kind(stored.group.kind)?;
        if version(&stored) != version_read {
            drop(tx);
            return Err(self
                .changed_by(AuditNoun::Group, &stored.group.title)
                .await?);
        }
        let before = stored.group;
        self.check_kind(text.kind)?;
        if text.sso_only != before.sso_only && tx.has_administrator(self.company, id).await? {
            self.check_over_administrators()?;
        }
        let title = title?;
        let group = Group {
            title,
            kind: text.kind,
            sso_only: text.sso_only,
            ..before.clone()
        };
        if group == before {
            return Ok((before, 0));
        }
        // Who makes or names another one waits.
        tx.lock_company(self.company).await?;
        let others = tx.all_groups(self.company).await?;
        check_title(&others, &group.title, Some(id))?;
        if group.kind == GroupKind::Administrator && before.kind != group.kind {
            let uses = tx.hold_uses_of_group(self.company, id).await?;
            if let Some(first) = uses.into_iter().find(|of| of.jit) {
                let title = before.title;
                let connection = first.display_name;
                return Err(Obstacle::GroupForEveryone { title, connection }.into());
            }
        }
        if !tx.write_group(&group).await? {
            return Err(duplicate_title(&group.title));
        }
        let lost = self.take_foreign_passwords(&mut tx, None).await?;
        way_in.check(&mut tx).await?;
        self.keeps_own_administration(&mut tx).await?;
        let event = self
            .event(AuditAction::GroupChange, group.title.as_str())
            .with_change(audit_values(&before), audit_values(&group));
        tx.audit(&event).await?;
        tx.commit(self.now).await?;
        Ok((group, lost))
    }

    /// Who would lose what if a group were deleted.
    pub async fn loss_of_group(&self, id: GroupId) -> Result<GroupLoss, Refused> {
        let stored = self.store.group_of(self.company, id).await?;
        stored.ok_or(Refused::NotFound)?;
        let mut applications = self.applications().await?;
        applications.retain(|it| it.is_for_no_other(id));
        let applications = applications.into_iter();
        Ok(GroupLoss {
            applications: applications.map(|it| it.application.display_name).collect(),
            uses: self.store.uses_of_group(self.company, id).await?,
            members: self.store.count_members(id).await?,
            left_without: self.store.count_members_only(id, COUNTED).await?,
        })
    }

    /// Deletes a group and every membership in it, unless a connection puts users into it.
    pub async fn delete_group(&self, id: GroupId) -> Result<Group, Refused> {
        let mut tx = self.begin(Scope::GroupsWrite).await?;
        let way_in = tx.hold_way_in(self.company, []).await?;
        let stored = tx.lock_group(self.company, id).await?;
        let group = stored.ok_or(Refused::NotFound)?.group;
        self.may_delete(&mut tx, &group).await?;
        let uses = tx.hold_uses_of_group(self.company, id).await?;
        let count = uses.len();
        if let Some(first) = uses.into_iter().next() {
            let obstacle = Obstacle::GroupInUse {
                title: group.title,
                connection: first.display_name,
                jit: first.jit,
                count,
            };
            return Err(obstacle.into());
        }
        let members = tx.count_members(id).await?;
        tx.remove_group(self.company, id).await?;
        way_in.check(&mut tx).await?;
        self.keeps_own_administration(&mut tx).await?;
        let mut event = self.event(AuditAction::GroupRemove, group.title.as_str());
        event.before = Some(audit_values(&group));
        tx.audit(&event.with_detail(AuditDetail::Members(members)))
            .await?;
        tx.commit(self.now).await?;
        Ok(group)
    }

    /// Of a locked group: with it goes who is an administrator, or what keeps an administrator from passwords.
    async fn may_delete(&self, tx: &mut Tx, group: &Group) -> Result<(), Refused> {
        self.check_kind(group.kind)?;
        if group.sso_only && tx.has_administrator(self.company, group.id).await? {
            self.check_over_administrators()?;
        }
        Ok(())
    }

    /// A group of administrators is made, changed and deleted with a scope of its own.
    fn check_kind(&self, kind: GroupKind) -> Result<(), Refused> {
        match kind {
            GroupKind::Administrator => self.check_over_administrators(),
            GroupKind::Member => Ok(()),
        }
    }
}

/// Whether a title is free in a company, and differs from every other one in more than upper and lower case.
fn check_title(groups: &[Group], title: &str, own: Option<GroupId>) -> Result<(), Refused> {
    let folded = title.to_lowercase();
    let alike = groups
        .iter()
        .find(|group| Some(group.id) != own && group.title.to_lowercase() == folded);
    match alike {
        Some(group) if group.title == title => Err(duplicate_title(title)),
        Some(group) => Err(Duplicate::GroupTitleByCase(group.title.clone()).into()),
        None => Ok(()),
    }
}

fn title(text: &GroupText) -> Result<String, Refused> {
    let mut problems = Problems::default();
    let title = problems.line("title", &text.title, "Write a title, such as SSO Basic.");
    problems.check()?;
    Ok(title)
}

fn duplicate_title(title: &str) -> Refused {
    Duplicate::GroupTitle(title.to_owned()).into()
}

fn version(stored: &StoredGroup) -> String {
    version_of(stored.revision, &audit_values(&stored.group))
}

fn audit_values(group: &Group) -> Value {
    json!({
        "title": group.title,
        "type": group.kind,
        "sso_only": group.sso_only,
    })
}
