//! What was read of a directory is applied to permission groups and users.
//!
//! Invariants: what is done is the difference between what the directory says and what is there, so that it can be done again; each
//! change and its entry in the audit log are one transaction; removals happen all or not at all, and more than a fifth of them (but
//! ten at least) by an administrator's word alone.

use serde_json::json;

use super::summary::SyncSummary;
use super::{Round, SyncProblem, plan_groups};
use crate::domain::{
    AuditAction, AuditDetail, AuditEvent, AuditId, Group, GroupId, GroupKind, GroupPlan,
    HeldRemoval, PlannedGroup, RemovalCount, SyncPhase, SyncResult,
};
use crate::keys;
use crate::store::{self, DirectoryUserChange, GrantChanges, SwitchedOff, SyncEnd};

/// Permission groups that are made in one transaction.
const MADE_AT_ONCE: usize = 50;
/// What may always be removed.
const FEW: u64 = 10;
/// Names that are told of what is held, and of what was done.
const NAMED: usize = 10;

impl Round<'_> {
    pub(super) async fn apply(&mut self) -> Result<SyncEnd, SyncProblem> {
        if !self.is_approved {
            return Ok(self.done(
                SyncResult::Previewed,
                "The directory was read, and nothing was changed yet. Look at the preview and start the synchronisation.".to_owned(),
                None,
            ));
        }
        let mut summary = SyncSummary::default();
        let plan = self.plan().await?;
        self.make_groups(&plan, &mut summary).await?;
        self.link_groups(&plan, &mut summary).await?;
        let count = self.count_removals(&plan).await?;
        let most = self.share().await?;
        let is_allowed = count.is_within(&most)
            || self
                .allowed
                .as_ref()
                .is_some_and(|allowed| count.is_within(allowed));
        self.change_grants(is_allowed, &mut summary).await?;
        self.let_in_again(&mut summary).await?;
        if !is_allowed {
            let held = HeldRemoval {
                count,
                names: self.held_names(&plan).await?,
            };
            let text = format!(
                "{} Removals wait for your word, because they are many: users to deactivate: {}, memberships to take: {}, groups that are gone: {}.",
                summary.sentence(),
                count.people,
                count.memberships,
                count.groups
            );
            return Ok(self.done(SyncResult::Held, text, Some(held)));
        }
        self.detach_groups(&plan, &mut summary).await?;
        self.shut_out(&mut summary).await?;
        Ok(self.done(SyncResult::Done, summary.sentence(), None))
    }

    fn done(&mut self, result: SyncResult, text: String, held: Option<HeldRemoval>) -> SyncEnd {
        self.work.phase = SyncPhase::Idle;
        SyncEnd {
            result,
            text,
            held,
            next_at: self.next_at(),
        }
    }

    async fn plan(&self) -> Result<GroupPlan, SyncProblem> {
        let store = self.synchroniser.store;
        let known = store.all_directory_groups(self.connection.id).await?;
        let groups = store.groups(self.connection.company_id).await?;
        Ok(plan_groups(&known, &groups, &self.connection.settings))
    }

    async fn make_groups(
        &mut self,
        plan: &GroupPlan,
        summary: &mut SyncSummary,
    ) -> Result<(), SyncProblem> {
        let all: Vec<&PlannedGroup> = plan.add.iter().chain(&plan.clash).collect();
        for clash in &plan.clash {
            self.remark(format!(
                "A permission group has the title \"{}\" already. The directory's group became \"{}\".",
                clash.name, clash.title
            ));
        }
        let mut made = 0;
        for lot in all.chunks(MADE_AT_ONCE) {
            let now = self.now();
            let mut tx = self.begin_tx().await?;
            let mut titles = Vec::new();
            for planned in lot {
                let group = Group {
                    id: GroupId::from_bytes(keys::random()),
                    company_id: self.connection.company_id,
                    title: planned.title.clone(),
                    kind: GroupKind::Member,
                    sso_only: false,
                    created_at: now,
                };
                // A title that was taken this very moment is looked at again by the next round.
                if tx.add_group(&group).await? {
                    let (id, object) = (self.connection.id, &planned.object_id);
                    tx.link_directory_group(id, object, Some(group.id), true, Some(&planned.name))
                        .await?;
                    titles.push(planned.title.as_str());
                }
            }
            self.audit(&mut tx, "Permission groups made", &titles)
                .await?;
            match self.commit(tx).await {
                Err(SyncProblem::Store(store::Error::Full(full))) => {
                    self.remark(format!(
                        "{full} {} groups of the directory were not added.",
                        all.len() - made
                    ));
                    return Ok(());
                }
                other => other?,
            }
            made += titles.len();
            summary.made += titles.len();
        }
        Ok(())
    }

    async fn link_groups(
        &mut self,
        plan: &GroupPlan,
        summary: &mut SyncSummary,
    ) -> Result<(), SyncProblem> {
        let (id, company) = (self.connection.id, self.connection.company_id);
        self.unlink_groups(plan).await?;
        if !plan.adopt.is_empty() {
            let mut tx = self.begin_tx().await?;
            for (planned, group) in &plan.adopt {
                tx.link_directory_group(
                    id,
                    &planned.object_id,
                    Some(*group),
                    false,
                    Some(&planned.name),
                )
                .await?;
            }
            let titles = titles(&plan.adopt);
            self.audit(&mut tx, "Permission groups taken over", &titles)
                .await?;
            self.commit(tx).await?;
            summary.linked += plan.adopt.len();
        }
        for (planned, group) in &plan.rename {
            let mut tx = self.begin_tx().await?;
            let Some(stored) = tx.lock_group(company, *group).await? else {
                continue;
            };
            let renamed = Group {
                title: planned.title.clone(),
                ..stored.group.clone()
            };
            if renamed.title != stored.group.title && !tx.write_group(&renamed).await? {
                continue;
            }
            let (object, name) = (&planned.object_id, Some(planned.name.as_str()));
            tx.link_directory_group(id, object, Some(*group), true, name)
                .await?;
            let event = self
                .event(AuditAction::GroupChange, &renamed.title)
                .with_change(
                    json!({"title": stored.group.title}),
                    json!({"title": renamed.title}),
                );
            tx.audit(&event).await?;
            self.commit(tx).await?;
            summary.renamed += 1;
        }
        Ok(())
    }

    /// Groups that an administrator mapped, and maps no more, lead nowhere.
    async fn unlink_groups(&mut self, plan: &GroupPlan) -> Result<(), SyncProblem> {
        if plan.unlink.is_empty() {
            return Ok(());
        }
        let mut tx = self.begin_tx().await?;
        for (planned, _) in &plan.unlink {
            tx.link_directory_group(self.connection.id, &planned.object_id, None, false, None)
                .await?;
        }
        let titles = titles(&plan.unlink);
        self.audit(&mut tx, "Mapped no more", &titles).await?;
        self.commit(tx).await
    }

    /// Groups that are gone give nothing any more. Their permission groups stay, unless the settings say otherwise and nobody else
    /// uses them.
    async fn detach_groups(
        &mut self,
        plan: &GroupPlan,
        summary: &mut SyncSummary,
    ) -> Result<(), SyncProblem> {
        let (id, company) = (self.connection.id, self.connection.company_id);
        let known = self.synchroniser.store.all_directory_groups(id).await?;
        for (planned, group) in &plan.detach {
            let made = known
                .iter()
                .any(|it| it.object_id == planned.object_id && it.made);
            let mut tx = self.begin_tx().await?;
            let way_in = tx.hold_members(company, *group).await?;
            let uses = tx.hold_uses_of_group(company, *group).await?;
            let others = !uses.is_empty() || tx.has_other_members(*group, id).await?;
            let goes = self.settings.remove_gone_groups && made && !others;
            if goes {
                tx.remove_group(company, *group).await?;
                match way_in.check(&mut tx).await {
                    Err(store::Error::LastBreakGlass) => continue,
                    other => other?,
                }
                tx.link_directory_group(id, &planned.object_id, None, false, None)
                    .await?;
                let event = self.event(AuditAction::GroupRemove, &planned.title);
                tx.audit(&event).await?;
            } else {
                tx.link_directory_group(id, &planned.object_id, Some(*group), made, None)
                    .await?;
                self.audit(&mut tx, "Gone in the directory", &[&planned.title])
                    .await?;
            }
            self.commit(tx).await?;
            summary.detached += 1;
            if self.settings.remove_gone_groups && !goes {
                self.remark(format!(
                    "The group of \"{}\" is gone in the directory. The permission group stays, because others use it.",
                    planned.title
                ));
            }
        }
        Ok(())
    }

    async fn count_removals(&self, plan: &GroupPlan) -> Result<RemovalCount, SyncProblem> {
        let (store, id) = (self.synchroniser.store, self.connection.id);
        let mut count = RemovalCount {
            people: store.count_leavers(id, &self.prefix).await?,
            memberships: 0,
            groups: plan.detach.len() as u64,
        };
        let mut after = Some(String::new());
        while let Some(place) = after {
            let changes = store.grant_changes(id, &self.prefix, &place).await?;
            count.memberships += changes.remove.len() as u64;
            self.keep().await?;
            after = changes.next;
        }
        Ok(count)
    }

    /// What may be removed without a word: a fifth, and ten at least.
    async fn share(&self) -> Result<RemovalCount, SyncProblem> {
        let (store, id) = (self.synchroniser.store, self.connection.id);
        let share = |all: u64| FEW.max(all / 5);
        Ok(RemovalCount {
            people: share(store.count_directory_users(id, &self.prefix).await?),
            memberships: share(store.count_directory_grants(id).await?),
            groups: share(store.directory_counts(id).await?.linked),
        })
    }

    async fn held_names(&self, plan: &GroupPlan) -> Result<Vec<String>, SyncProblem> {
        let (store, id) = (self.synchroniser.store, self.connection.id);
        let leavers = store.leavers(id, &self.prefix, "").await?;
        let people = leavers.iter().map(|it| it.email.to_string());
        let groups = plan.detach.iter().map(|(planned, _)| planned.title.clone());
        Ok(people.take(NAMED).chain(groups.take(NAMED)).collect())
    }

    async fn change_grants(
        &mut self,
        removes: bool,
        summary: &mut SyncSummary,
    ) -> Result<(), SyncProblem> {
        let (store, id) = (self.synchroniser.store, self.connection.id);
        let company = self.connection.company_id;
        let mut after = Some(String::new());
        while let Some(place) = after {
            let mut changes = store.grant_changes(id, &self.prefix, &place).await?;
            after = changes.next.take();
            if !removes {
                changes.remove.clear();
            }
            if changes == GrantChanges::default() {
                continue;
            }
            let now = self.now();
            let mut tx = self.begin_tx().await?;
            let done = tx.change_directory_grants(company, id, &changes, now);
            let done = done.await?;
            for email in &done.passwords {
                let event = self
                    .event(AuditAction::UserRemovePassword, email.as_str())
                    .with_detail(AuditDetail::ForeignPassword);
                tx.audit(&event).await?;
            }
            if done.added + done.removed > 0 {
                let text = format!("memberships given: {}; taken: {}", done.added, done.removed);
                let event = self
                    .event(
                        AuditAction::DirectorySynchronise,
                        self.connection.name.as_str(),
                    )
                    .with_detail(AuditDetail::Source(&text));
                tx.audit(&event).await?;
            }
            if done.kept_a_way_in {
                self.remark("Some memberships stay as they are: without them the company would have no administrator left, or none who can sign in without single sign-on.");
            }
            self.commit(tx).await?;
            summary.given += done.added;
            summary.taken += done.removed;
        }
        Ok(())
    }

    /// Who has left is deactivated, and its sessions end.
    async fn shut_out(&mut self, summary: &mut SyncSummary) -> Result<(), SyncProblem> {
        let (store, id) = (self.synchroniser.store, self.connection.id);
        let mut after = String::new();
        loop {
            let leavers = store.leavers(id, &self.prefix, &after).await?;
            let Some(last) = leavers.last() else {
                return Ok(());
            };
            after = last.object_id.to_string();
            for leaver in &leavers {
                let now = self.now();
                let event = self.user_event(AuditAction::UserDeactivate, leaver);
                let mut tx = self.begin_tx().await?;
                match tx.switch_off(id, leaver, &event, now).await? {
                    SwitchedOff::Done(_) => {
                        self.commit(tx).await?;
                        summary.switched_off += 1;
                    }
                    SwitchedOff::Already => {}
                    SwitchedOff::LastAdministrator => self.remark(format!(
                        "{} has left the directory and stays active: nobody else could administer the company, or sign in without single sign-on.",
                        leaver.email
                    )),
                }
            }
        }
    }

    /// Who was shut out by the directory and is there again.
    async fn let_in_again(&mut self, summary: &mut SyncSummary) -> Result<(), SyncProblem> {
        let (store, id) = (self.synchroniser.store, self.connection.id);
        let mut after = String::new();
        loop {
            let returners = store.returners(id, &self.prefix, &after).await?;
            let Some(last) = returners.last() else {
                return Ok(());
            };
            after = last.object_id.to_string();
            for returner in &returners {
                let event = self.user_event(AuditAction::UserActivate, returner);
                let mut tx = self.begin_tx().await?;
                let done = tx.switch_on(id, returner, &event).await?;
                self.commit(tx).await?;
                summary.switched_on += usize::from(done);
            }
        }
    }

    fn user_event(&self, action: AuditAction, user: &DirectoryUserChange) -> AuditEvent {
        let is_active = action == AuditAction::UserActivate;
        self.event(action, user.email.as_str())
            .with_change(json!({"active": !is_active}), json!({"active": is_active}))
    }

    /// An entry of the audit log: the directory did it.
    fn event(&self, action: AuditAction, subject: &str) -> AuditEvent {
        let now = self.now();
        AuditEvent {
            id: AuditId::at(now, keys::in_order()),
            company_id: Some(self.connection.company_id),
            at: now,
            actor: format!("directory: {}", self.connection.name),
            action: action.into(),
            subject: subject.to_owned(),
            detail: String::new(),
            client: None,
            before: None,
            after: None,
        }
    }

    async fn audit(
        &self,
        tx: &mut store::Tx,
        what: &str,
        titles: &[&str],
    ) -> Result<(), SyncProblem> {
        if titles.is_empty() {
            return Ok(());
        }
        let first: Vec<&str> = titles.iter().take(NAMED).copied().collect();
        let more = match titles.len().saturating_sub(NAMED) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let text = format!("{what}: {} ({}{more})", titles.len(), first.join(", "));
        let name = self.connection.name.as_str();
        let event = self
            .event(AuditAction::DirectorySynchronise, name)
            .with_detail(AuditDetail::Source(&text));
        Ok(tx.audit(&event).await?)
    }
}

fn titles(planned: &[(PlannedGroup, GroupId)]) -> Vec<&str> {
    planned.iter().map(|(it, _)| it.title.as_str()).collect()
}
