//! Users from a file.
//!
//! Invariants: nothing is saved that was not shown before: the file is imported as the plan that an administrator saw, or not
//! at all; a second import of the same file changes nothing; an import puts users into groups and takes nobody out; the database is
//! asked for what the file names, in parts, and not for each line.

use std::collections::{HashMap, HashSet};

use serde_json::json;

use super::user::UserFields;
use super::user_file::{Fault, MOST_FAULTS, UserFile, UserLine};
use super::waiting::Awaiting;
use super::{Admin, FieldProblem, Problems, Refused, UserText};
use crate::domain::{
    AuditAction, AuditDetail, AuditEvent, ConnectionId, Email, Group, GroupId, GroupKind, User,
    UserId,
};
use crate::keys;
use crate::store::Tx;

/// Users that change what is to be known of the tables.
const MANY: usize = 100;

/// What an import would do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ImportPlan {
    pub made: Vec<PlannedUser>,
    pub changed: Vec<PlannedUser>,
    /// Users who are as the file says already.
    pub same: usize,
    /// While there is one, nothing is imported. At most so many as people read.
    pub faults: Vec<Fault>,
    /// The faults that are not listed.
    pub more_faults: usize,
    /// Columns of the file whose cells say nothing to us.
    pub ignored: Vec<String>,
    /// How many users it makes administrators.
    pub administrators: usize,
    /// A text that is another one for another plan.
    pub digest: String,
}

/// One user of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedUser {
    pub line: u64,
    /// As it is now; none for one to make.
    pub before: Option<User>,
    pub text: UserText,
    /// Groups that it comes into.
    pub into: Vec<Group>,
    /// Of one to make: the connection of its first sign-in.
    pub waits_for: Option<ConnectionId>,
}

/// What an import did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ImportedUsers {
    pub made: usize,
    pub changed: usize,
    pub same: usize,
}

/// Of the company as it is, what a file names.
struct KnownUsers {
    users: HashMap<String, User>,
    groups: Vec<Group>,
    /// The places of the groups, by title and by title in lower case.
    titles: [HashMap<String, usize>; 2],
    /// Memberships of those that the file names.
    by_hand: HashSet<(UserId, GroupId)>,
    awaiting: Awaiting,
}

impl Admin<'_> {
    /// What the import of a file would do. Saves nothing.
    pub async fn plan_import(&self, content: &[u8]) -> Result<ImportPlan, Refused> {
        let mut file = UserFile::read(content);
        let known = self.load_known(&file.lines).await?;
        let mut plan = ImportPlan {
            ignored: std::mem::take(&mut file.ignored),
            ..ImportPlan::default()
        };
        let mut lines: HashMap<String, u64> = HashMap::new();
        for line in std::mem::take(&mut file.lines) {
            let number = line.number;
            let planned = known.plan_line(line);
            let planned = planned.and_then(|planned| {
                let key = planned.text.email.to_ascii_lowercase();
                match lines.insert(key, number) {
                    Some(first) => Err(format!(
                        "{} is in line {first} already.",
                        planned.text.email
                    )),
                    None => Ok(planned),
                }
            });
            match planned {
                Err(what) => file.fault(number, what),
                Ok(planned) if planned.before.is_none() => plan.made.push(planned),
                Ok(planned) if planned.changes() => plan.changed.push(planned),
                Ok(_) => plan.same += 1,
            }
        }
        file.faults.sort_by_key(|fault| fault.line);
        plan.more_faults = file.faults.len().saturating_sub(MOST_FAULTS);
        file.faults.truncate(MOST_FAULTS);
        plan.faults = file.faults;
        let everyone = plan.made.iter().chain(&plan.changed);
        plan.administrators = everyone.filter(|it| it.makes_an_administrator()).count();
        plan.digest = plan.digested();
        Ok(plan)
    }

    /// Imports a file as the plan of this digest: everything, or nothing when the plan would be another one by now.
    pub async fn import_users(
        &self,
        content: &[u8],
        digest: &str,
    ) -> Result<ImportedUsers, Refused> {
        let plan = self.plan_import(content).await?;
        if !plan.faults.is_empty() {
            return Err(Refused::invalid(
                "file",
                "The file has faults. Correct them first.",
            ));
        }
        if plan.digest != digest {
            return Err(changed_since());
        }
        let done = ImportedUsers {
            made: plan.made.len(),
            changed: plan.changed.len(),
            same: plan.same,
        };
        if done.made + done.changed == 0 {
            return Ok(done);
        }
        let mut tx = self.begin_without_token().await?;
        let ids: Vec<UserId> = plan.changed.iter().filter_map(PlannedUser::id).collect();
        let way_in = tx.hold_way_in(self.company, ids).await?;
        self.change_all(&mut tx, &plan.changed).await?;
        self.make_all(&mut tx, &plan.made).await?;
        way_in.check(&mut tx).await?;
        let detail = AuditDetail::Imported {
            made: done.made,
            changed: done.changed,
            same: done.same,
        };
        let event = self
            .event(AuditAction::UserImport, "from a file")
            .with_detail(detail);
        tx.audit(&event).await?;
        if done.changed > 0 {
            tx.many_users_changed(self.company);
        }
        tx.commit(self.now).await?;
        if done.made >= MANY {
            self.store.take_stock();
        }
        Ok(done)
    }

    /// What the company has of what a file names.
    async fn load_known(&self, lines: &[UserLine]) -> Result<KnownUsers, Refused> {
        let emails = lines.iter().map(|line| line.email.to_ascii_lowercase());
        let emails: HashSet<String> = emails.collect();
        let emails = emails.into_iter().collect();
        let users = self.store.users_by_email(self.company, emails).await?;
        let users = users.into_iter().map(|user| (user.email.key(), user));
        let groups = self.store.groups(self.company).await?;
        let mut titles = [HashMap::new(), HashMap::new()];
        let [exact, folded] = &mut titles;
        for (place, group) in groups.iter().enumerate() {
            exact.entry(group.title.clone()).or_insert(place);
            folded.entry(group.title.to_lowercase()).or_insert(place);
        }
        let mut known = KnownUsers {
            users: users.collect(),
            groups,
            titles,
            by_hand: HashSet::new(),
            awaiting: self.awaiting().await?,
        };
        let named_in = &known;
        let named: HashSet<(UserId, GroupId)> = lines
            .iter()
            .filter_map(|line| Some((named_in.users.get(&line.email.to_ascii_lowercase())?, line)))
            .flat_map(|(user, line)| {
                let groups = line.groups.iter().filter_map(|title| named_in.group(title));
                groups.map(move |group| (user.id, group.id))
            })
            .collect();
        let named: Vec<_> = named.into_iter().collect();
        let given = self.store.given_by_hand(&named).await?;
        known.by_hand = given.into_iter().collect();
        Ok(known)
    }

    async fn make_all(&self, tx: &mut Tx, made: &[PlannedUser]) -> Result<(), Refused> {
        let users = made
            .iter()
            .map(|planned| Ok(self.new_user(planned.fields()?, planned.waits_for)))
            .collect::<Result<Vec<User>, Refused>>()?;
        if !tx.add_users(&users).await? {
            return Err(changed_since());
        }
        let made = users.iter().zip(made);
        let grants: Vec<_> = made
            .clone()
            .flat_map(|(user, planned)| planned.into.iter().map(move |group| (user.id, group.id)))
            .collect();
        if tx.grant_many(self.company, &grants, self.now).await?.len() != grants.len() {
            // Deleted since it was looked at.
            return Err(changed_since());
        }
        let events: Vec<AuditEvent> = made
            .map(|(user, planned)| {
                let mut event = self.event(AuditAction::UserAdd, user.email.as_str());
                event.after = Some(super::user::audit_values(user, &planned.into, false));
                event.with_detail(AuditDetail::Line(planned.line))
            })
            .collect();
        Ok(tx.audit_many(&events).await?)
    }

    /// Changes users who are held.
    async fn change_all(&self, tx: &mut Tx, changed: &[PlannedUser]) -> Result<(), Refused> {
        let ids: Vec<UserId> = changed.iter().filter_map(PlannedUser::id).collect();
        let stored = tx.users_of(self.company, &ids).await?;
        let mut stored: HashMap<UserId, User> =
            stored.into_iter().map(|user| (user.id, user)).collect();
        let (mut rewritten, mut grants, mut events) = (Vec::new(), Vec::new(), Vec::new());
        for planned in changed {
            let Some(before) = &planned.before else {
                continue;
            };
            let user = stored.remove(&before.id).ok_or_else(changed_since)?;
            if UserText::from_user(&user) != UserText::from_user(before) {
                return Err(changed_since());
            }
            let fields = planned.fields()?;
            if !fields.is_of(&user) {
                let mut after = user.clone();
                fields.put_into(&mut after);
                events.push(self.changed_texts(&user, &after));
                rewritten.push(after);
            }
            grants.extend(planned.into.iter().map(|group| (before.id, group.id)));
        }
        tx.write_names(self.company, &rewritten).await?;
        let given = tx.grant_many(self.company, &grants, self.now).await?;
        let given: HashSet<(UserId, GroupId)> = given.into_iter().collect();
        for planned in changed {
            for group in &planned.into {
                if planned
                    .id()
                    .is_some_and(|id| given.contains(&(id, group.id)))
                {
                    let event = self.event(AuditAction::UserGroupAdd, planned.text.email.as_str());
                    events.push(event.with_detail(AuditDetail::Group(&group.title)));
                }
            }
        }
        if changed.iter().any(PlannedUser::makes_an_administrator) {
            self.take_foreign_passwords(tx, None).await?;
        }
        Ok(tx.audit_many(&events).await?)
    }
}

impl KnownUsers {
    /// What a line asks for, or what is wrong with it.
    fn plan_line(&self, line: UserLine) -> Result<PlannedUser, String> {
        let before = self.users.get(&line.email.to_ascii_lowercase());
        // An address that differs in upper and lower case only is not another one.
        let email = before.map_or(line.email, |user| user.email.to_string());
        let kept = |said: Option<String>, now: fn(&User) -> &String| {
            said.unwrap_or_else(|| before.map(now).cloned().unwrap_or_default())
        };
        let text = UserText {
            email,
            first_name: kept(line.first_name, |user| &user.first_name),
            last_name: kept(line.last_name, |user| &user.last_name),
            company_name: kept(line.company_name, |user| &user.company_name),
        };
        let mut problems = Problems::default();
        if text.email.trim().is_empty() {
            return Err("The e-mail address is empty.".to_owned());
        }
        let checked = text.parse(&mut problems);
        let mut waits_for = None;
        if let Some(fields) = checked.filter(|_| before.is_none()) {
            match self.find_awaited(&fields.email, line.connection.as_deref()) {
                Ok(awaited) => waits_for = awaited,
                Err(what) => problems.add("connection", what),
            }
        }
        let mut into = Vec::new();
        for title in &line.groups {
            match self.group(title) {
                Some(group) if into.contains(group) => {}
                Some(group) => into.push(group.clone()),
                None => problems.add(
                    "groups",
                    format!("There is no permission group \"{}\".", clipped(title)),
                ),
            }
        }
        if !problems.is_empty() {
            let told: Vec<String> = problems
                .0
                .iter()
                .map(|it| problem_text(it, &text))
                .collect();
            return Err(told.join(" "));
        }
        if let Some(user) = before {
            into.retain(|group| !self.by_hand.contains(&(user.id, group.id)));
        }
        Ok(PlannedUser {
            line: line.number,
            before: before.cloned(),
            text,
            into,
            waits_for,
        })
    }

    /// The connection that a new user waits for.
    fn find_awaited(
        &self,
        email: &Email,
        named: Option<&str>,
    ) -> Result<Option<ConnectionId>, String> {
        let chosen = named
            .map(|text| self.awaiting.find_by_name(text))
            .transpose()?;
        self.awaiting.connection_for(email, chosen)
    }

    /// The group of a title, whatever its upper and lower case.
    fn group(&self, title: &str) -> Option<&Group> {
        let [exact, folded] = &self.titles;
        let place = exact.get(title);
        let place = place.or_else(|| folded.get(&title.to_lowercase()))?;
        self.groups.get(*place)
    }
}

impl PlannedUser {
    /// Of one that is there.
    fn id(&self) -> Option<UserId> {
        self.before.as_ref().map(|user| user.id)
    }

    /// Whether anything is to be done.
    fn changes(&self) -> bool {
        let text = self.before.as_ref().map(UserText::from_user);
        !self.into.is_empty() || text.as_ref() != Some(&self.text)
    }

    /// Whether it comes into a group of administrators.
    pub fn makes_an_administrator(&self) -> bool {
        let mut into = self.into.iter();
        into.any(|group| group.kind == GroupKind::Administrator)
    }

    /// What changes, for people: the field, as it is, as it will be.
    pub fn differences(&self) -> Vec<(&'static str, String, String)> {
        let before = self
            .before
            .as_ref()
            .map(UserText::from_user)
            .unwrap_or_default();
        let pairs = [
            ("First name", before.first_name, &self.text.first_name),
            ("Last name", before.last_name, &self.text.last_name),
            ("Company", before.company_name, &self.text.company_name),
        ];
        let pairs = pairs
            .into_iter()
            .filter(|(_, before, after)| before != *after);
        pairs
            .map(|(name, before, after)| (name, before, after.clone()))
            .collect()
    }

    fn fields(&self) -> Result<UserFields, Refused> {
        let mut problems = Problems::default();
        let fields = self.text.parse(&mut problems);
        problems.check()?;
        fields.ok_or(Refused::NotFound)
    }
}

impl ImportPlan {
    fn digested(&self) -> String {
        let mut text = String::new();
        for planned in self.made.iter().chain(&self.changed) {
            let before = planned.before.as_ref();
            let into = planned.into.iter();
            let into: Vec<_> = into.map(|it| (it.id.to_string(), it.kind)).collect();
            let value = json!([
                before.map(|user| user.id),
                before.map(UserText::from_user).map(|it| [
                    it.email,
                    it.first_name,
                    it.last_name,
                    it.company_name
                ]),
                planned.text.email,
                planned.text.first_name,
                planned.text.last_name,
                planned.text.company_name,
                into,
                planned.waits_for
            ]);
            text.push_str(&value.to_string());
            text.push('\n');
        }
        keys::hex(&keys::hash(text.as_bytes()))
    }
}

fn changed_since() -> Refused {
    Refused::invalid(
        "file",
        "The users have changed since you looked at this. Nothing was imported; look at it again.",
    )
}

/// What is wrong, after what it is about.
fn problem_text(problem: &FieldProblem, text: &UserText) -> String {
    let value = match problem.field {
        "email" => &text.email,
        "first_name" => &text.first_name,
        "last_name" => &text.last_name,
        "company_name" => &text.company_name,
        // It names its value.
        _ => return problem.what.clone(),
    };
    format!("\"{}\": {}", clipped(value), problem.what)
}

fn clipped(title: &str) -> String {
    title.chars().take(80).collect()
}
