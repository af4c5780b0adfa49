//! What a synchronisation does to permission groups: the preview shows it, and each run does it.
//!
//! Invariants: a group is known by its object ID; a permission group that an administrator made is taken for a directory's only by an
//! administrator's word (the mapping, or the answer to the preview); a permission group that was deleted here is not made again.

use std::collections::{HashMap, HashSet};

use crate::domain::user::LONGEST_NAME;
use crate::domain::{
    DirectoryGroupKind, Group, GroupId, GroupPlan, KnownDirectoryGroup, ObjectId, PlannedGroup,
    Settings,
};

/// The plan for a directory's groups, as they are known, beside the company's permission groups.
pub fn plan_groups(
    known: &[KnownDirectoryGroup],
    groups: &[Group],
    settings: &Settings,
) -> GroupPlan {
    let mut plan = GroupPlan::default();
    let by_title: HashMap<&str, GroupId> = groups
        .iter()
        .map(|group| (group.title.as_str(), group.id))
        .collect();
    let by_id: HashMap<GroupId, &Group> = groups.iter().map(|group| (group.id, group)).collect();
    let mapped: HashMap<ObjectId, GroupId> = settings
        .group_mapping
        .iter()
        .filter_map(|row| Some((row.value.parse().ok()?, row.group_id)))
        .collect();
    let mut taken = Titles::of(groups);
    for group in known {
        let wanted = title_of(group);
        let planned = |title: &str| PlannedGroup {
            object_id: group.object_id.clone(),
            name: group.name.clone(),
            title: title.to_owned(),
        };
        match group.group.and_then(|id| by_id.get(&id)) {
            Some(linked) if group.is_gone => {
                if group.named_as.is_some() {
                    plan.detach.push((planned(&linked.title), linked.id));
                }
            }
            // A word that was taken back: the row of the mapping is gone, or leads elsewhere.
            Some(linked)
                if !group.made
                    && !group.adopt
                    && mapped.get(&group.object_id) != Some(&linked.id) =>
            {
                plan.unlink.push((planned(&linked.title), linked.id));
            }
            Some(linked) => {
                let follows = group.made && is_named_after(linked, group);
                if follows && group.named_as.as_deref() != Some(&group.name) {
                    let title = taken.free(&wanted, &linked.title);
                    plan.rename.push((planned(&title), linked.id));
                }
            }
            None if group.is_gone || group.made => {}
            None => {
                let is_meant = mapped.get(&group.object_id).copied();
                let same = by_title.get(wanted.as_str()).copied();
                if let Some(id) = is_meant.filter(|id| by_id.contains_key(id)) {
                    plan.adopt.push((planned(&by_id[&id].title), id));
                } else if group.kind == DirectoryGroupKind::Other {
                    // It is in no token, and decides about nothing.
                } else if let Some(id) = same.filter(|_| is_adopted(group)) {
                    plan.adopt.push((planned(&wanted), id));
                } else {
                    let title = taken.free(&wanted, "");
                    if same.is_some() {
                        plan.clash.push(planned(&title));
                    } else {
                        plan.add.push(planned(&title));
                    }
                }
            }
        }
    }
    plan
}

/// A title has no more characters than a name.
fn title_of(group: &KnownDirectoryGroup) -> String {
    let title: String = group.name.chars().take(LONGEST_NAME - 8).collect();
    title.trim().to_owned()
}

/// Whether the permission group has the title that the directory gave it, and no administrator another one.
fn is_named_after(linked: &Group, group: &KnownDirectoryGroup) -> bool {
    let Some(named_as) = &group.named_as else {
        return true;
    };
    let given: String = named_as.chars().take(LONGEST_NAME - 8).collect();
    let rest = linked.title.strip_prefix(given.trim());
    rest.is_some_and(|rest| rest.is_empty() || (rest.starts_with(" (") && rest.ends_with(')')))
}

/// Whether an administrator's word still stands: it was given to a group of this name (rule S4: names are nobody's for good).
fn is_adopted(group: &KnownDirectoryGroup) -> bool {
    group.adopt && group.named_as.as_deref() == Some(&group.name)
}

/// The titles that are given away.
struct Titles {
    taken: HashSet<String>,
    /// The number with which the search for a free one goes on, so that a thousand of one name cost a thousand steps.
    numbers: HashMap<String, u32>,
}

impl Titles {
    fn of(groups: &[Group]) -> Self {
        Self {
            taken: groups.iter().map(|group| group.title.clone()).collect(),
            numbers: HashMap::new(),
        }
    }

    /// The title, or the first one with a number that nobody has; `own` is the one that is given up for it.
    fn free(&mut self, wanted: &str, own: &str) -> String {
        let mut title = wanted.to_owned();
        if title != own && self.taken.contains(&title) {
            let number = self.numbers.entry(title).or_insert(2);
            loop {
                title = format!("{wanted} ({number})");
                if title == own || !self.taken.contains(&title) {
                    break;
                }
                *number += 1;
            }
        }
        self.taken.insert(title.clone());
        title
    }
}

#[cfg(test)]
mod tests {
    use time::OffsetDateTime;

    use super::*;
    use crate::domain::{CompanyId, GroupKind, GroupMapping};

    const ID: &str = "3f6a4b1e-0000-4000-8000-00000000000";

    fn known(number: u8, name: &str) -> KnownDirectoryGroup {
        KnownDirectoryGroup {
            object_id: format!("{ID}{number}").parse().unwrap(),
            name: name.to_owned(),
            description: None,
            kind: DirectoryGroupKind::Security,
            is_gone: false,
            group: None,
            made: false,
            adopt: false,
            named_as: None,
        }
    }

    fn group(number: u8, title: &str) -> Group {
        Group {
            id: GroupId::from_bytes([number; 16]),
            company_id: CompanyId::from_bytes([1; 16]),
            title: title.to_owned(),
            kind: GroupKind::Member,
            sso_only: false,
            created_at: OffsetDateTime::UNIX_EPOCH,
        }
    }

    fn titles(planned: &[PlannedGroup]) -> Vec<&str> {
        planned.iter().map(|it| it.title.as_str()).collect()
    }

    #[test]
    fn a_group_of_the_same_title_is_asked_about_and_never_taken() {
        let groups = [group(1, "Sales")];
        let mut all = [known(1, "Sales"), known(2, "Staff"), known(3, "Staff")];
        let plan = plan_groups(&all, &groups, &Settings::default());
        assert_eq!(titles(&plan.clash), ["Sales (2)"]);
        assert_eq!(titles(&plan.add), ["Staff", "Staff (2)"]);
        all[0].adopt = true;
        // The word was given to a group of this name, and to no other.
        all[0].named_as = Some("Retail".to_owned());
        let plan = plan_groups(&all, &groups, &Settings::default());
        assert_eq!((plan.clash.len(), plan.adopt.len()), (1, 0));
        all[0].named_as = Some("Sales".to_owned());
        let plan = plan_groups(&all, &groups, &Settings::default());
        assert_eq!((plan.clash.len(), plan.adopt[0].1), (0, groups[0].id));
    }

    #[test]
    fn what_is_mapped_leads_where_it_is_mapped_to() {
        let groups = [group(1, "Everyone")];
        let mut mail = known(1, "List");
        mail.kind = DirectoryGroupKind::Other;
        let mut settings = Settings::default();
        assert_eq!(
            plan_groups(&[mail.clone()], &groups, &settings),
            GroupPlan::default()
        );
        settings.group_mapping = vec![GroupMapping {
            value: mail.object_id.as_str().to_uppercase(),
            group_id: groups[0].id,
        }];
        let plan = plan_groups(&[mail.clone()], &groups, &settings);
        assert_eq!(plan.adopt[0].1, groups[0].id);
        mail.group = Some(groups[0].id);
        let plan = plan_groups(&[mail.clone()], &groups, &settings);
        assert_eq!(plan, GroupPlan::default());
        // The row goes, and with it what it led to.
        settings.group_mapping.clear();
        let plan = plan_groups(&[mail], &groups, &settings);
        assert_eq!(plan.unlink[0].1, groups[0].id);
    }

    #[test]
    fn a_thousand_groups_of_one_name_have_a_thousand_titles() {
        let mut titles = Titles::of(&[group(1, "Sales")]);
        assert_eq!(titles.free("Sales", "Sales"), "Sales");
        let all: HashSet<String> = (0..1_000).map(|_| titles.free("Sales", "")).collect();
        assert_eq!(all.len(), 1_000);
        assert!(all.contains("Sales (1001)") && !all.contains("Sales"));
    }

    #[test]
    fn a_new_name_is_followed_by_the_object_id_unless_an_administrator_gave_another() {
        let mut renamed = known(1, "Sales EU");
        (renamed.made, renamed.group) = (true, Some(group(1, "").id));
        renamed.named_as = Some("Sales".to_owned());
        let plan = plan_groups(
            &[renamed.clone()],
            &[group(1, "Sales")],
            &Settings::default(),
        );
        assert_eq!(plan.rename[0].0.title, "Sales EU");
        let plan = plan_groups(&[renamed], &[group(1, "Sellers")], &Settings::default());
        assert_eq!(plan, GroupPlan::default());
    }

    #[test]
    fn what_is_gone_is_detached_once_and_what_was_deleted_here_is_not_made_again() {
        let mut gone = known(1, "Sales");
        (gone.made, gone.group, gone.is_gone) = (true, Some(group(1, "").id), true);
        gone.named_as = Some("Sales".to_owned());
        let groups = [group(1, "Sales")];
        let plan = plan_groups(&[gone.clone()], &groups, &Settings::default());
        assert_eq!(plan.detach.len(), 1);
        gone.named_as = None;
        assert_eq!(
            plan_groups(&[gone], &groups, &Settings::default()),
            GroupPlan::default()
        );
        let mut deleted = known(2, "Staff");
        deleted.made = true;
        assert_eq!(
            plan_groups(&[deleted], &[], &Settings::default()),
            GroupPlan::default()
        );
    }
}
