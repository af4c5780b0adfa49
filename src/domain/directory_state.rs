//! What is known of a directory and of its synchronisation.
//!
//! Invariant: nobody and nothing is removed without positive evidence: [`Departure`] says which, and an absence counts only once a
//! full round has ended.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::word::words;
use super::{CompanyId, ConnectionId, GroupId};
use crate::graph::ObjectId;

words! {
    /// How far a synchronisation is.
    pub enum SyncPhase {
        /// None is under way.
        Idle = "idle",
        /// Groups and their members are read.
        Groups = "groups",
        /// People are read.
        People = "people",
        /// What is absent from a full round is looked for.
        Settling = "settling",
        /// What was read is applied to users and permission groups.
        Applying = "applying",
    }
}

words! {
    /// How a synchronisation ended.
    pub enum SyncResult {
        /// All of it was applied.
        Done = "done",
        /// It was read and not applied: no administrator has started it yet.
        Previewed = "previewed",
        /// It was applied, but for removals that wait for an administrator's word.
        Held = "held",
        /// The directory asked us to wait: it is gone on with later.
        Waiting = "waiting",
        /// It failed, and has removed nothing.
        Failed = "failed",
    }
}

words! {
    /// Why somebody is not in a directory any more.
    pub enum Departure {
        /// Deleted, and can be restored for 30 days.
        Removed = "removed",
        /// Deleted for good.
        Deleted = "deleted",
        /// Not in a full round that has ended.
        Absent = "absent",
    }
}

words! {
    /// What kind of a group it is.
    pub enum DirectoryGroupKind {
        /// A security group.
        Security = "security",
        /// A Microsoft 365 group.
        Microsoft365 = "microsoft_365",
        /// A distribution list, or what we do not know. It is not taken over.
        Other = "other",
    }
}

/// How much would be removed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemovalCount {
    /// Users who would be deactivated.
    pub people: u64,
    /// Memberships that would be taken.
    pub memberships: u64,
    /// Permission groups that would lose their group of the directory.
    pub groups: u64,
}

impl RemovalCount {
    /// Whether it is no more than another one, in each of its numbers.
    pub const fn is_within(&self, most: &Self) -> bool {
        self.people <= most.people
            && self.memberships <= most.memberships
            && self.groups <= most.groups
    }
}

/// Removals that wait for an administrator's word, because they are more than a fifth of what there is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldRemoval {
    /// How much.
    pub count: RemovalCount,
    /// The first of them, for people: addresses of users, titles of groups.
    pub names: Vec<String>,
}

/// The synchronisation of a connection's directory, as every node reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyncState {
    /// Whose.
    pub connection_id: ConnectionId,
    /// The company that the connection belongs to.
    pub company_id: CompanyId,
    /// How far it is.
    pub phase: SyncPhase,
    /// Whether the round under way, or the last one, reads everything and not only what has changed.
    pub is_full: bool,
    /// Until when a node works on it.
    pub leased_until: Option<OffsetDateTime>,
    /// When the round under way began, or the last one.
    pub started_at: Option<OffsetDateTime>,
    /// Pages that it has read.
    pub pages: u64,
    /// Groups that were on them.
    pub groups: u64,
    /// People that were on them.
    pub people: u64,
    /// Memberships that were on them.
    pub members: u64,
    /// Whether people may be read, as far as is known.
    pub reads_people: bool,
    /// Whether somebody has asked for it to begin at once.
    pub is_wanted: bool,
    /// When an administrator has started it, after the preview. Until then nothing is applied.
    pub approved_at: Option<OffsetDateTime>,
    /// When the last full round ended.
    pub full_at: Option<OffsetDateTime>,
    /// When the last one ended.
    pub last_at: Option<OffsetDateTime>,
    /// How.
    pub last_result: Option<SyncResult>,
    /// The same in a sentence.
    pub last_text: String,
    /// What is worth a look.
    pub remarks: Vec<String>,
    /// What waits for an administrator's word.
    pub held: Option<HeldRemoval>,
    /// When the next one begins.
    pub next_at: OffsetDateTime,
}

impl SyncState {
    /// Whether a node works on it now.
    pub fn is_running(&self, now: OffsetDateTime) -> bool {
        self.leased_until.is_some_and(|until| until > now)
    }

    /// Whether it runs, or begins within moments: the console shows its banner.
    pub fn is_under_way(&self, now: OffsetDateTime) -> bool {
        self.is_running(now) || self.is_wanted
    }

    /// Whether the directory was read once and nobody has started it: the preview can be shown.
    pub fn has_preview(&self) -> bool {
        self.approved_at.is_none() && self.full_at.is_some()
    }
}

/// How much is known of a directory.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DirectoryCounts {
    /// Groups that are there.
    pub groups: u64,
    /// Groups that lead to a permission group.
    pub linked: u64,
    /// People who are there.
    pub people: u64,
    /// Of these, those without an e-mail address.
    pub without_email: u64,
    /// Direct memberships.
    pub members: u64,
}

/// A group of a directory, as it is known here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownDirectoryGroup {
    /// Its object ID.
    pub object_id: ObjectId,
    /// Its name there; an object ID where it has none.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// Its kind.
    pub kind: DirectoryGroupKind,
    /// Whether it is gone there.
    pub is_gone: bool,
    /// The permission group that it leads to.
    pub group: Option<GroupId>,
    /// Whether the directory made a permission group of it.
    pub made: bool,
    /// Whether an administrator has said that the permission group of the same title is meant.
    pub adopt: bool,
    /// Its name when the permission group got its title from it.
    pub named_as: Option<String>,
}

/// A person of a directory, as it is known here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownDirectoryPerson {
    /// The object ID.
    pub object_id: ObjectId,
    /// The e-mail address.
    pub email: Option<String>,
    /// The name for people.
    pub display_name: String,
    /// Whether it is a guest.
    pub is_guest: bool,
    /// Whether the sign-in is blocked there.
    pub is_disabled: bool,
    /// Why it is not there any more.
    pub gone: Option<Departure>,
}

/// What a synchronisation will do to permission groups: shown before the first one, and done by each.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GroupPlan {
    /// Permission groups to make.
    pub add: Vec<PlannedGroup>,
    /// Groups whose title a permission group has already: the same one is meant, or another one is made beside it.
    pub clash: Vec<PlannedGroup>,
    /// Groups that lead to a permission group of this company from now on, by the mapping or by an administrator's word.
    pub adopt: Vec<(PlannedGroup, GroupId)>,
    /// Permission groups that get the new name of their group.
    pub rename: Vec<(PlannedGroup, GroupId)>,
    /// Permission groups that an administrator does not map any more.
    pub unlink: Vec<(PlannedGroup, GroupId)>,
    /// Permission groups whose group is gone.
    pub detach: Vec<(PlannedGroup, GroupId)>,
}

/// A group in a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedGroup {
    /// The object ID.
    pub object_id: ObjectId,
    /// Its name in the directory.
    pub name: String,
    /// The title of the permission group.
    pub title: String,
}
