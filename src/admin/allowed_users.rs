//! Which users of a company may use an application, said as a whole by who has read what was said before.
//!
//! Invariants: of two who say it at once the later one is told; each entry of the audit log has who might before and who may after
//! it, and who loses it is an entry of its own. Tests: `applications.rs` in `tests/it/store`, `tests/it/console` and `tests/it/api`.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::application::{CompanyApplication, titles_of};
use super::user::version_of;
use super::{Admin, Refused};
use crate::domain::{
    AllowedUsers, ApplicationId, ApplicationName, AuditAction, AuditNoun, Group, GroupId, Scope,
};
use crate::store::Tx;

/// A step from one set of users to another.
#[derive(Debug, PartialEq, Eq)]
struct Step {
    action: AuditAction,
    before: AllowedUsers,
    after: AllowedUsers,
}

impl CompanyApplication {
    /// What a form keeps, to find out whether it was said anew since.
    pub fn version(&self) -> String {
        version(&self.allowed)
    }

    /// Whether nobody is allowed any more when a group is gone.
    pub fn is_for_no_other(&self, group: GroupId) -> bool {
        matches!(&self.allowed, AllowedUsers::Groups(groups) if groups[..] == [group])
    }
}

impl Admin<'_> {
    /// The application of a name that serves the company.
    pub async fn application_named(
        &self,
        name: &ApplicationName,
    ) -> Result<CompanyApplication, Refused> {
        let mut all = self.applications().await?.into_iter();
        all.find(|it| it.application.name == *name)
            .ok_or(Refused::NotFound)
    }

    /// Whether the same users may use an application as when it was read.
    pub async fn check_allowed_version(
        &self,
        it: &CompanyApplication,
        read: &str,
    ) -> Result<(), Refused> {
        if it.version() == read {
            return Ok(());
        }
        Err(self.allowed_changed(it).await?)
    }

    async fn allowed_changed(&self, it: &CompanyApplication) -> Result<Refused, Refused> {
        let subject = it.application.name.as_str();
        self.changed_by(AuditNoun::Application, subject).await
    }

    /// The groups of these titles; a title that no group of the company has is refused.
    pub async fn groups_titled(&self, titles: &[String]) -> Result<Vec<GroupId>, Refused> {
        let all = self.store.groups(self.company).await?;
        let found = titles.iter().map(|title| {
            let found = all.iter().find(|group| group.title == *title);
            found.map(|group| group.id).ok_or_else(|| {
                Refused::invalid(
                    "groups",
                    format!(
                        "There is no permission group \"{title}\". Use titles of this company's."
                    ),
                )
            })
        });
        found.collect()
    }

    /// The company's groups, when those that are to be allowed are among them. Whoever deletes or renames one waits.
    pub(super) async fn check_groups(
        &self,
        tx: &mut Tx,
        wanted: &AllowedUsers,
    ) -> Result<Vec<Group>, Refused> {
        let known = tx.all_groups(self.company).await?;
        let is_known = |id: &GroupId| known.iter().any(|group| group.id == *id);
        if wanted.groups().iter().all(is_known) {
            return Ok(known);
        }
        Err(Refused::invalid(
            "groups",
            "A permission group that was chosen is not there any more. Choose again.",
        ))
    }

    /// Lets these users of the company use an application and nobody else of it, when it is still the version that was read;
    /// `false` when it is so already.
    pub async fn set_allowed(
        &self,
        id: ApplicationId,
        version_read: &str,
        wanted: &AllowedUsers,
    ) -> Result<bool, Refused> {
        let it = self.company_application(id).await?;
        let mut tx = self.begin(Scope::GroupsWrite).await?;
        let allowed = tx.hold_allowed_users(id, self.company).await?;
        let it = CompanyApplication { allowed, ..it };
        if it.version() != version_read {
            drop(tx);
            return Err(self.allowed_changed(&it).await?);
        }
        let known = self.check_groups(&mut tx, wanted).await?;
        let steps = steps(&it.allowed, wanted);
        if steps.is_empty() {
            return Ok(false);
        }
        tx.set_allowed_users(id, self.company, wanted).await?;
        for step in steps {
            let event = self
                .event(step.action, it.application.name.as_str())
                .with_change(values(&step.before, &known), values(&step.after, &known));
            tx.audit(&event).await?;
        }
        tx.commit(self.now).await?;
        Ok(true)
    }
}

/// What leads from who may to who is to: first it is taken from some, then it is given to others.
fn steps(now: &AllowedUsers, wanted: &AllowedUsers) -> Vec<Step> {
    let step = |action, before: &AllowedUsers, after: &AllowedUsers| Step {
        action,
        before: before.clone(),
        after: after.clone(),
    };
    let kept = match (now, wanted) {
        (AllowedUsers::Everybody, wanted) => wanted.clone(),
        (now, AllowedUsers::Everybody) => now.clone(),
        (AllowedUsers::Groups(now), AllowedUsers::Groups(wanted)) => {
            let kept = now.iter().filter(|id| wanted.contains(id));
            AllowedUsers::Groups(kept.copied().collect())
        }
    };
    let mut steps = Vec::new();
    if version(now) != version(&kept) {
        steps.push(step(AuditAction::ApplicationDeny, now, &kept));
    }
    if version(wanted) != version(&kept) {
        steps.push(step(AuditAction::ApplicationAllow, &kept, wanted));
    }
    steps
}

/// The same for the same users, in whatever order they were said.
fn version(allowed: &AllowedUsers) -> String {
    let values = match allowed {
        AllowedUsers::Everybody => json!("everybody"),
        AllowedUsers::Groups(groups) => {
            let sorted: BTreeSet<String> = groups.iter().map(ToString::to_string).collect();
            json!(sorted)
        }
    };
    version_of(0, &values)
}

/// Who may, for the audit log.
fn values(allowed: &AllowedUsers, known: &[Group]) -> Value {
    let who = match allowed {
        AllowedUsers::Everybody => json!("everybody"),
        AllowedUsers::Groups(groups) if groups.is_empty() => json!("nobody"),
        AllowedUsers::Groups(groups) => json!(titles_of(groups, known)),
    };
    json!({ "allowed": who })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn groups(numbers: &[u8]) -> AllowedUsers {
        let ids = numbers.iter().map(|it| GroupId::from_bytes([*it; 16]));
        AllowedUsers::Groups(ids.collect())
    }

    #[test]
    fn who_loses_it_and_who_gets_it_are_steps_of_their_own() {
        use AllowedUsers::Everybody;
        use AuditAction::{ApplicationAllow as Allow, ApplicationDeny as Deny};
        for (now, wanted, expected) in [
            (Everybody, Everybody, vec![]),
            (Everybody, groups(&[1]), vec![Deny]),
            (groups(&[1]), Everybody, vec![Allow]),
            (groups(&[1, 2]), groups(&[2, 1, 1]), vec![]),
            (groups(&[1]), groups(&[1, 2]), vec![Allow]),
            (groups(&[1, 2]), groups(&[]), vec![Deny]),
            (groups(&[1, 2]), groups(&[2, 3]), vec![Deny, Allow]),
        ] {
            let steps = steps(&now, &wanted);
            let actions: Vec<AuditAction> = steps.iter().map(|it| it.action).collect();
            assert_eq!(actions, expected, "{now:?} {wanted:?}");
            if let [deny, allow] = &steps[..] {
                assert_eq!(deny.after, allow.before);
                assert_eq!(deny.after, groups(&[2]));
            }
        }
    }
}
