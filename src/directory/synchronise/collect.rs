//! The pages of a directory are read and written down, each in a transaction with the place to go on from.
//!
//! Invariants: a link is kept only sealed for its connection; the links for the next round count once all pages of this one are
//! written; an answer that means "later" is asked for again, as late as it says, at most five times.

use std::collections::BTreeMap;
use std::time::Duration;

use super::{Round, SyncProblem};
use crate::directory::{DirectoryError, ListPages, OpenDirectory};
use crate::domain::{Departure, DirectoryGroupKind, ObjectId, SyncPhase};
use crate::graph::{
    DirectoryChange, DirectoryGroup, DirectoryUser, GraphItem, GraphLink, GraphPage,
    GraphRefusalKind, GraphRequest, GroupDelta, MemberKind, Removal,
};
use crate::keys;
use crate::store::{SETTLED_AT_ONCE, SeenGroup, SeenMember, SeenPerson, Tx};

/// The most groups of a directory.
pub const MOST_DIRECTORY_GROUPS: u64 = 50_000;
/// The most people.
pub const MOST_DIRECTORY_PEOPLE: u64 = 200_000;
/// The most direct memberships.
pub const MOST_MEMBERSHIPS: u64 = 2_000_000;
/// How often a page is asked for.
const TRIES: u32 = 5;
/// Who has to wait longer gives the directory back until then.
const LONGEST_WAIT: Duration = Duration::from_mins(1);
/// Who was bound so short a time before a full round may not be in it yet.
const LAG: time::Duration = time::Duration::minutes(15);

impl Round<'_> {
    pub(super) async fn read_groups(
        &mut self,
        directory: &OpenDirectory<'_>,
    ) -> Result<(), SyncProblem> {
        let first = self.first(directory, self.work.groups_link.as_deref());
        let first = first.unwrap_or_else(|| directory.addresses().groups_delta());
        let mut pages = directory.pages(first);
        while let Some(page) = self.next(&mut pages).await? {
            self.write_groups(page).await?;
        }
        Ok(())
    }

    pub(super) async fn read_people(
        &mut self,
        directory: &OpenDirectory<'_>,
    ) -> Result<(), SyncProblem> {
        let first = self.first(directory, self.work.people_link.as_deref());
        let first = first.unwrap_or_else(|| directory.addresses().users_delta());
        let mut pages = directory.pages(first);
        loop {
            match self.next(&mut pages).await {
                Ok(Some(page)) => self.write_people(page).await?,
                Ok(None) => return Ok(()),
                Err(SyncProblem::Directory(cause))
                    if cause.refusal_kind() == Some(GraphRefusalKind::Forbidden)
                        && self.work.people == 0 =>
                {
                    // Groups and the object IDs in them are enough for memberships.
                    self.work.reads_people = false;
                    self.remark("People cannot be read, so that nobody is deactivated by the directory. In Entra ID: App registrations, the application, API permissions, Add a permission, Microsoft Graph, Application permissions: tick User.Read.All. Then Grant admin consent.");
                    self.lists_are_read();
                    return self.keep().await;
                }
                Err(problem) => return Err(problem),
            }
        }
    }

    /// Where a list goes on that was begun, or what has changed since the last round; none begins a full list.
    fn first(&self, directory: &OpenDirectory<'_>, delta: Option<&[u8]>) -> Option<GraphRequest> {
        let delta = delta.filter(|_| !self.work.is_full);
        let sealed = self.work.page_link.as_deref().or(delta)?;
        self.open(directory, sealed)
            .map(|link| GraphRequest::kept(&link))
    }

    /// A link as it was kept; none when it is another key's or leads elsewhere than this directory.
    fn open(&self, directory: &OpenDirectory<'_>, sealed: &[u8]) -> Option<GraphLink> {
        let keys = self.synchroniser.keeper.keys;
        let opened = keys.open(&self.purpose(), sealed)?;
        let link = std::str::from_utf8(&opened).ok()?;
        directory.addresses().link(link).ok()
    }

    /// Whether there is a link that can be followed.
    pub(super) fn opens(&self, directory: &OpenDirectory<'_>, sealed: Option<&[u8]>) -> bool {
        sealed.is_some_and(|sealed| self.open(directory, sealed).is_some())
    }

    fn seal(&self, link: &GraphLink) -> Vec<u8> {
        let keys = self.synchroniser.keeper.keys;
        keys.seal(&self.purpose(), link.as_str().as_bytes())
    }

    fn purpose(&self) -> String {
        format!("directory link of {}", self.connection.id)
    }

    /// The next page, with patience.
    async fn next<T: GraphItem>(
        &mut self,
        pages: &mut ListPages<'_>,
    ) -> Result<Option<GraphPage<T>>, SyncProblem> {
        let mut tries = 1;
        loop {
            let cause = match pages.next::<T>().await {
                Ok(page) => return Ok(page),
                Err(cause) => cause,
            };
            let wait = patience(&cause, tries);
            if !cause.is_passing() || tries == TRIES || wait > LONGEST_WAIT {
                return Err(cause.into());
            }
            tries += 1;
            self.keep().await?;
            tokio::time::sleep(wait).await;
        }
    }

    async fn write_groups(
        &mut self,
        page: GraphPage<DirectoryChange<GroupDelta>>,
    ) -> Result<(), SyncProblem> {
        let (next, delta) = (page.next.clone(), page.delta.clone());
        let seen = GroupsOfPage::read(page.items);
        self.work.pages += 1;
        self.work.groups += seen.groups.len() as u64;
        self.work.members += seen.members.len() as u64;
        self.work.page_link = next.as_ref().map(|link| self.seal(link));
        if next.is_none() {
            let delta = delta.ok_or(SyncProblem::NoLink)?;
            self.work.next_groups_link = Some(self.seal(&delta));
            self.work.phase = SyncPhase::People;
        }
        let (id, round) = (self.connection.id, self.work.round);
        let mut tx = self.begin_tx().await?;
        tx.see_groups(id, round, seen.groups.into_values().collect())
            .await?;
        tx.see_groups_gone(id, round, &seen.gone).await?;
        let (gone, there): (Vec<_>, Vec<_>) = seen
            .members
            .into_iter()
            .partition(|(_, is_removed)| *is_removed);
        let members = |all: Vec<(SeenMember, bool)>| -> Vec<SeenMember> {
            all.into_iter().map(|(it, _)| it).collect()
        };
        tx.see_members(id, round, &members(there)).await?;
        tx.see_members_gone(id, &members(gone)).await?;
        self.check_size(&mut tx).await?;
        self.commit(tx).await
    }

    async fn write_people(
        &mut self,
        page: GraphPage<DirectoryChange<DirectoryUser>>,
    ) -> Result<(), SyncProblem> {
        let (next, delta) = (page.next.clone(), page.delta.clone());
        let (mut people, mut gone) = (BTreeMap::new(), BTreeMap::new());
        for change in page.items {
            match change {
                DirectoryChange::Present(user) => {
                    gone.remove(&user.id);
                    people.insert(user.id.clone(), seen_person(user));
                }
                DirectoryChange::Removed { id, reason } => {
                    people.remove(&id);
                    gone.insert(id, departure(reason));
                }
            }
        }
        self.work.pages += 1;
        self.work.people += people.len() as u64;
        self.work.page_link = next.as_ref().map(|link| self.seal(link));
        if next.is_none() {
            let delta = delta.ok_or(SyncProblem::NoLink)?;
            self.work.next_people_link = Some(self.seal(&delta));
            self.work.reads_people = true;
            self.lists_are_read();
        }
        let (id, round) = (self.connection.id, self.work.round);
        let mut tx = self.begin_tx().await?;
        tx.see_people(id, round, people.into_values().collect())
            .await?;
        let gone: Vec<_> = gone.into_iter().collect();
        tx.see_people_gone(id, round, &gone).await?;
        self.check_size(&mut tx).await?;
        self.commit(tx).await
    }

    /// Both lists are read to their end. What has changed is known now; what is absent from a full round is looked for first.
    fn lists_are_read(&mut self) {
        self.work.page_link = None;
        if self.work.is_full {
            self.work.phase = SyncPhase::Settling;
        } else {
            self.promote();
        }
    }

    /// The next round goes on from here.
    fn promote(&mut self) {
        let work = &mut self.work;
        work.groups_link = work.next_groups_link.take();
        work.people_link = work.next_people_link.take();
        work.phase = SyncPhase::Applying;
    }

    pub(super) async fn settle(&mut self) -> Result<(), SyncProblem> {
        let (id, round) = (self.connection.id, self.work.round);
        loop {
            let mut tx = self.begin_tx().await?;
            let settled = tx.settle_members(id, round).await?;
            self.commit(tx).await?;
            if settled < SETTLED_AT_ONCE.unsigned_abs() {
                break;
            }
        }
        let mut tx = self.begin_tx().await?;
        tx.settle_groups(id, round).await?;
        if self.work.reads_people {
            let since = self.work.started_at - LAG;
            tx.settle_people(id, round, &self.prefix, since).await?;
        }
        let now = self.now();
        tx.end_full_round(id, now).await?;
        self.promote();
        self.commit(tx).await?;
        loop {
            let mut tx = self.begin_tx().await?;
            let forgotten = tx.forget_people_gone(id, round, &self.prefix).await?;
            self.commit(tx).await?;
            if forgotten < SETTLED_AT_ONCE.unsigned_abs() {
                return Ok(());
            }
        }
    }

    /// What is more than can be kept fails the synchronisation. It is counted once there may be so much.
    async fn check_size(&self, tx: &mut Tx) -> Result<(), SyncProblem> {
        let most = [
            MOST_DIRECTORY_GROUPS,
            MOST_DIRECTORY_PEOPLE,
            MOST_MEMBERSHIPS,
        ];
        let seen = [self.work.groups, self.work.people, self.work.members];
        let may_be = seen.iter().zip(most).any(|(seen, most)| *seen > most);
        let ends_here = self.work.page_link.is_none() && !self.work.is_full;
        if !may_be && !ends_here {
            return Ok(());
        }
        let size = tx.directory_size(self.connection.id).await?;
        let names = ["groups", "people", "memberships"];
        for ((size, most), name) in size.into_iter().zip(most).zip(names) {
            if size > most {
                return Err(SyncProblem::TooMuch(format!(
                    "The directory has more than {most} {name}, which is more than can be synchronised. Nothing was removed."
                )));
            }
        }
        Ok(())
    }
}

/// How long to wait before the same is asked again.
fn patience(cause: &DirectoryError, tries: u32) -> Duration {
    if let Some(wait) = cause.wait() {
        return wait;
    }
    let [jitter] = keys::random();
    Duration::from_secs(1 << tries.min(6).saturating_sub(1))
        + Duration::from_millis(u64::from(jitter) * 2)
}

/// What stands on a page of groups, each once.
#[derive(Default)]
struct GroupsOfPage {
    groups: BTreeMap<ObjectId, SeenGroup>,
    gone: Vec<ObjectId>,
    /// Whether it was taken out.
    members: BTreeMap<SeenMember, bool>,
}

impl GroupsOfPage {
    fn read(items: Vec<DirectoryChange<GroupDelta>>) -> Self {
        let mut seen = Self::default();
        for item in items {
            match item {
                DirectoryChange::Removed { id, .. } => {
                    seen.groups.remove(&id);
                    seen.gone.push(id);
                }
                DirectoryChange::Present(delta) => {
                    let group = delta.group.id.clone();
                    seen.gone.retain(|gone| *gone != group);
                    for member in delta.members {
                        let counts = !matches!(
                            member.kind,
                            MemberKind::Device | MemberKind::ServicePrincipal | MemberKind::Contact
                        );
                        if counts || member.is_removed {
                            let of = SeenMember {
                                group: group.clone(),
                                member: member.id,
                            };
                            seen.members.insert(of, member.is_removed);
                        }
                    }
                    seen.add(delta.group);
                }
            }
        }
        seen
    }

    /// A piece of a group: what it says counts.
    fn add(&mut self, group: DirectoryGroup) {
        let piece = seen_group(group);
        match self.groups.get_mut(&piece.object_id) {
            None => {
                self.groups.insert(piece.object_id.clone(), piece);
            }
            Some(known) => {
                known.name = piece.name.or(known.name.take());
                known.description = piece.description.or(known.description.take());
                known.kind = piece.kind.or(known.kind);
                known.is_hidden = piece.is_hidden.or(known.is_hidden);
            }
        }
    }
}

fn seen_group(group: DirectoryGroup) -> SeenGroup {
    let kind = if group.is_unified() {
        Some(DirectoryGroupKind::Microsoft365)
    } else {
        group.is_security.map(|is_security| {
            if is_security {
                DirectoryGroupKind::Security
            } else {
                DirectoryGroupKind::Other
            }
        })
    };
    SeenGroup {
        is_hidden: group.visibility.is_some().then(|| group.hides_members()),
        kind,
        object_id: group.id,
        name: group.name,
        description: group.description,
    }
}

fn seen_person(user: DirectoryUser) -> SeenPerson {
    let says_kind = user.user_type.is_some() || user.principal_name.is_some();
    SeenPerson {
        is_guest: says_kind.then(|| user.is_guest()),
        is_enabled: user.is_enabled,
        object_id: user.id,
        email: user.mail,
        display_name: user.display_name,
        first_name: user.given_name,
        last_name: user.surname,
    }
}

const fn departure(reason: Removal) -> Departure {
    match reason {
        Removal::Changed => Departure::Removed,
        Removal::Deleted => Departure::Deleted,
    }
}
