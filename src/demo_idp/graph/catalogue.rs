//! People, groups, and the log of what has changed, in whose order delta tells it.

use crate::demo_idp::IdpUser;
use std::collections::BTreeSet;
use time::OffsetDateTime;

/// The password of people whom a test has put into the directory.
const PASSWORD: &str = "Contoso-42";

/// Somebody in the directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DemoPerson {
    /// The object ID.
    pub object_id: String,
    /// The user principal name.
    pub principal_name: String,
    /// The mail address; none without a mailbox.
    pub mail: Option<String>,
    /// The name on pages.
    pub display_name: String,
    /// The first name.
    pub given_name: Option<String>,
    /// The last name.
    pub surname: Option<String>,
    /// Whether the sign-in is allowed.
    pub is_enabled: bool,
    /// Whether it is a guest.
    pub is_guest: bool,
    /// The company.
    pub company_name: Option<String>,
    /// Further addresses, which users write themselves.
    pub other_mails: Vec<String>,
    /// When it was deleted; it can be restored.
    pub deleted_at: Option<OffsetDateTime>,
}

/// A group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DemoGroup {
    /// The object ID.
    pub object_id: String,
    /// The name, which is not unique.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// What it is.
    pub kind: DemoGroupKind,
    /// Whether its members are hidden.
    pub is_hidden: bool,
    /// Object IDs of users and of groups; what is neither is a device.
    pub members: BTreeSet<String>,
}

/// What a group is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DemoGroupKind {
    /// A security group.
    Security,
    /// A Microsoft 365 group.
    Unified,
    /// A security group whose members follow from a rule.
    Dynamic,
    /// A distribution list.
    Mail,
}

/// All of it.
#[derive(Debug)]
pub(in crate::demo_idp) struct Catalogue {
    pub(in crate::demo_idp) people: Vec<DemoPerson>,
    pub(in crate::demo_idp) groups: Vec<DemoGroup>,
    /// The number of an entry is its place, from 1.
    pub(super) log: Vec<LogEntry>,
}

/// What has changed.
#[derive(Debug, Clone)]
pub(super) enum LogEntry {
    Person(String),
    Group(String),
    Member { group: String, member: String },
}

impl DemoPerson {
    /// A member of the organisation with a mailbox.
    pub fn new(object_id: &str, principal_name: &str, display_name: &str) -> Self {
        Self {
            object_id: object_id.to_owned(),
            principal_name: principal_name.to_owned(),
            mail: Some(principal_name.to_owned()),
            display_name: display_name.to_owned(),
            given_name: None,
            surname: None,
            is_enabled: true,
            is_guest: false,
            company_name: None,
            other_mails: Vec::new(),
            deleted_at: None,
        }
    }
}

impl DemoGroup {
    /// A security group that nobody is in.
    pub fn new(object_id: &str, name: &str) -> Self {
        Self {
            object_id: object_id.to_owned(),
            name: name.to_owned(),
            description: None,
            kind: DemoGroupKind::Security,
            is_hidden: false,
            members: BTreeSet::new(),
        }
    }

    /// The same with members.
    #[must_use]
    pub fn with_members(mut self, members: &[&str]) -> Self {
        self.members
            .extend(members.iter().map(|it| (*it).to_owned()));
        self
    }

    /// Whether it counts as a security group.
    pub(super) const fn is_security(&self) -> bool {
        matches!(self.kind, DemoGroupKind::Security | DemoGroupKind::Dynamic)
    }
}

impl Catalogue {
    /// The people of the other faces, and their groups.
    pub(super) fn of(users: &[IdpUser]) -> Self {
        let mut all = Self {
            people: Vec::new(),
            groups: Vec::new(),
            log: Vec::new(),
        };
        for user in users {
            let mail = Some(user.email.clone()).filter(|mail| !mail.is_empty());
            all.put_person(DemoPerson {
                mail,
                given_name: Some(user.given_name.clone()),
                surname: Some(user.surname.clone()),
                ..DemoPerson::new(&user.object_id, &user.principal_name, &user.display_name)
            });
            for group in &user.groups {
                if all.group(group).is_none() {
                    all.put_group(DemoGroup::new(group, group_name(group)));
                }
                all.set_member(group, &user.object_id, true);
            }
        }
        all
    }

    pub(super) fn person(&self, id: &str) -> Option<&DemoPerson> {
        self.people
            .iter()
            .find(|it| it.object_id.eq_ignore_ascii_case(id))
    }

    pub(super) fn group(&self, id: &str) -> Option<&DemoGroup> {
        self.groups
            .iter()
            .find(|it| it.object_id.eq_ignore_ascii_case(id))
    }

    pub(super) fn put_person(&mut self, person: DemoPerson) {
        self.log.push(LogEntry::Person(person.object_id.clone()));
        let known = self
            .people
            .iter_mut()
            .find(|it| it.object_id == person.object_id);
        match known {
            Some(known) => *known = person,
            None => self.people.push(person),
        }
    }

    pub(super) fn change_person(&mut self, id: &str, change: impl FnOnce(&mut DemoPerson)) {
        if let Some(person) = self.people.iter_mut().find(|it| it.object_id == id) {
            change(person);
            self.log.push(LogEntry::Person(id.to_owned()));
        }
    }

    pub(super) fn purge_person(&mut self, id: &str) {
        self.people.retain(|it| it.object_id != id);
        self.log.push(LogEntry::Person(id.to_owned()));
        self.leave_groups(id);
    }

    pub(super) fn put_group(&mut self, group: DemoGroup) {
        let id = group.object_id.clone();
        self.log.push(LogEntry::Group(id.clone()));
        let before = self
            .group(&id)
            .map(|it| it.members.clone())
            .unwrap_or_default();
        for member in before.symmetric_difference(&group.members) {
            self.log.push(LogEntry::Member {
                group: id.clone(),
                member: member.clone(),
            });
        }
        match self.groups.iter_mut().find(|it| it.object_id == id) {
            Some(known) => *known = group,
            None => self.groups.push(group),
        }
    }

    pub(super) fn change_group(&mut self, id: &str, change: impl FnOnce(&mut DemoGroup)) {
        if let Some(group) = self.group(id) {
            let mut changed = group.clone();
            change(&mut changed);
            self.put_group(changed);
        }
    }

    pub(super) fn delete_group(&mut self, id: &str) {
        self.groups.retain(|it| it.object_id != id);
        self.log.push(LogEntry::Group(id.to_owned()));
        self.leave_groups(id);
    }

    pub(super) fn set_member(&mut self, group: &str, member: &str, is_in: bool) {
        let Some(found) = self.groups.iter_mut().find(|it| it.object_id == group) else {
            return;
        };
        let is_new = if is_in {
            found.members.insert(member.to_owned())
        } else {
            found.members.remove(member)
        };
        if is_new {
            self.log.push(LogEntry::Member {
                group: group.to_owned(),
                member: member.to_owned(),
            });
        }
    }

    fn leave_groups(&mut self, member: &str) {
        let groups: Vec<String> = self.groups.iter().map(|it| it.object_id.clone()).collect();
        for group in groups {
            self.set_member(&group, member, false);
        }
    }

    /// The groups that somebody is in, also through other groups; a circle of groups is walked once.
    pub(super) fn groups_of(&self, id: &str) -> Vec<&DemoGroup> {
        let (mut found, mut left): (Vec<&DemoGroup>, _) = (Vec::new(), vec![id.to_owned()]);
        while let Some(member) = left.pop() {
            for group in self.groups.iter().filter(|it| it.members.contains(&member)) {
                if !found.iter().any(|known| known.object_id == group.object_id) {
                    left.push(group.object_id.clone());
                    found.push(group);
                }
            }
        }
        found
    }

    /// Everything in a group and in the groups in it.
    pub(super) fn members_below(&self, id: &str) -> BTreeSet<String> {
        let (mut found, mut left) = (BTreeSet::new(), vec![id.to_owned()]);
        while let Some(group) = left.pop() {
            let members = self.group(&group).map(|it| it.members.clone());
            for member in members.into_iter().flatten() {
                if found.insert(member.clone()) {
                    left.push(member);
                }
            }
        }
        found
    }

    /// Somebody who signs in, with the groups of now; nobody who is blocked or deleted.
    pub(super) fn as_known(&self, mut user: IdpUser) -> Option<IdpUser> {
        let person = self.person(&user.object_id)?;
        if !person.is_enabled || person.deleted_at.is_some() {
            return None;
        }
        let direct = |group: &str| {
            let group = self.group(group);
            group.is_some_and(|it| it.members.contains(&user.object_id))
        };
        let mut groups: Vec<String> = user
            .groups
            .iter()
            .filter(|it| direct(it))
            .cloned()
            .collect();
        for group in &self.groups {
            if group.members.contains(&user.object_id) && !groups.contains(&group.object_id) {
                groups.push(group.object_id.clone());
            }
        }
        user.groups = groups;
        user.principal_name.clone_from(&person.principal_name);
        user.display_name.clone_from(&person.display_name);
        user.email = person.mail.clone().unwrap_or_default();
        user.given_name = person.given_name.clone().unwrap_or_default();
        user.surname = person.surname.clone().unwrap_or_default();
        Some(user)
    }

    /// Somebody by the name to sign in with, with the password of everyone whom a test has put here.
    pub(super) fn find_user(&self, name: &str) -> Option<IdpUser> {
        let person = self
            .people
            .iter()
            .find(|it| it.principal_name.eq_ignore_ascii_case(name))?;
        Some(IdpUser {
            object_id: person.object_id.clone(),
            principal_name: person.principal_name.clone(),
            email: person.mail.clone().unwrap_or_default(),
            display_name: person.display_name.clone(),
            given_name: person.given_name.clone().unwrap_or_default(),
            surname: person.surname.clone().unwrap_or_default(),
            password: PASSWORD.to_owned(),
            groups: Vec::new(),
            assigned: true,
        })
    }
}

/// The names of Contoso's groups.
fn group_name(id: &str) -> &str {
    match id {
        "02d5a1c4-7b5e-4f0a-8d6c-1f3b9e27a810" => "Library Users",
        "5c9e3f7a-1d24-4b86-a0f3-6e8d2b94c715" => "Library Administrators",
        _ => id,
    }
}
