//! Users: made and edited.
//!
//! Invariants: who changes a user names the version that was read, and is told when it is another one by then; a change of
//! the address changes nothing about who a connection takes the user for (rule F1), unless somebody makes it who may not change
//! administrators: then nobody is taken for the user who was before.

use serde_json::{Value, json};
use time::Duration;

use super::{Admin, Duplicate, Problems, Refused, password};
use crate::domain::{
    Attributes, AuditAction, AuditDetail, AuditEvent, AuditNoun, ConnectionId, Creation, Email,
    Grant, GrantSource, Group, GroupId, GroupKind, Scope, User, UserId,
};
use crate::keys;
use crate::store::{LostTrust, StoredUser, Tx};

/// How far back a change is looked for, to name who made it.
const LOOK_BACK: Duration = Duration::days(2);

/// What an administrator writes about a user, as typed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UserText {
    pub email: String,
    pub first_name: String,
    pub last_name: String,
    pub company_name: String,
}

/// A user to make ("Create SSO User").
#[derive(Debug, Clone, Default)]
pub struct NewUser {
    pub text: UserText,
    pub groups: Vec<GroupId>,
    /// None waits for the first single sign-on.
    pub password: Option<String>,
    /// The connection to wait for; needed where several are enabled and none of them has the address's domain.
    pub connection: Option<ConnectionId>,
}

/// A user after a change.
#[derive(Debug)]
pub struct Edited {
    pub user: User,
    /// What it has lost, because a token without `admins:write` has changed its address.
    pub lost: LostTrust,
}

/// [`UserText`] that was checked.
pub(super) struct UserFields {
    pub(super) email: Email,
    pub(super) first_name: String,
    pub(super) last_name: String,
    pub(super) company_name: String,
}

impl UserText {
    /// What is there, to be edited.
    pub fn from_user(user: &User) -> Self {
        Self {
            email: user.email.to_string(),
            first_name: user.first_name.clone(),
            last_name: user.last_name.clone(),
            company_name: user.company_name.clone(),
        }
    }

    /// What is wrong with what was typed.
    pub fn problems(&self) -> Problems {
        let mut problems = Problems::default();
        self.parse(&mut problems);
        problems
    }

    /// The same without mistakes; each of them is noted. None when there is no address.
    pub(super) fn parse(&self, problems: &mut Problems) -> Option<UserFields> {
        let email = problems.email("email", &self.email);
        let first_name = problems.line("first_name", &self.first_name, "");
        let last_name = problems.line("last_name", &self.last_name, "");
        let company_name = problems.line("company_name", &self.company_name, "");
        Some(UserFields {
            email: email?,
            first_name,
            last_name,
            company_name,
        })
    }
}

impl UserFields {
    /// Whether a user is so already.
    pub(super) fn is_of(&self, user: &User) -> bool {
        self.email == user.email
            && self.first_name == user.first_name
            && self.last_name == user.last_name
            && self.company_name == user.company_name
    }

    /// A user with these.
    pub(super) fn put_into(self, user: &mut User) {
        user.email = self.email;
        user.first_name = self.first_name;
        user.last_name = self.last_name;
        user.company_name = self.company_name;
    }
}

impl Admin<'_> {
    /// A user of the company, and its version.
    pub async fn user(&self, id: UserId) -> Result<(User, String), Refused> {
        let stored = self.store.user_of(self.company, id).await?;
        let stored = stored.ok_or(Refused::NotFound)?;
        let version = version(&stored);
        Ok((stored.user, version))
    }

    /// Makes a user in permission groups. Without a password it waits for its first single sign-on.
    pub async fn create_user(&self, new: NewUser) -> Result<User, Refused> {
        let mut problems = Problems::default();
        let fields = new.text.parse(&mut problems);
        let groups = self.groups_named(&new.groups, &mut problems).await?;
        if groups.iter().any(|it| it.kind == GroupKind::Administrator) {
            self.check_over_administrators()?;
        }
        if let Some(password) = &new.password {
            self.check_password(&mut problems, password, &new.text.email)
                .await?;
            if let Some(group) = groups.iter().find(|group| group.sso_only) {
                problems.add("password", password::not_for(&group.title));
            }
        }
        let mut waits_for = None;
        if let Some(fields) = fields.as_ref().filter(|_| new.password.is_none()) {
            match self
                .awaiting()
                .await?
                .connection_for(&fields.email, new.connection)
            {
                Ok(awaited) => waits_for = awaited,
                Err(what) => problems.add("connection", what),
            }
        }
        problems.check()?;
        let fields = fields.ok_or(Refused::NotFound)?;
        let sealed = match new.password {
            Some(password) => Some(password::seal(self.keys, password).await?),
            None => None,
        };
        let user = self.new_user(fields, waits_for);
        let mut tx = self.begin_making(Scope::UsersWrite, user.id).await?;
        if !tx.add_user(&user).await? {
            return Err(Duplicate::Email(user.email).into());
        }
        self.put_into(&mut tx, &user, &groups).await?;
        if let Some(sealed) = &sealed {
            // A group may have changed since it was looked at.
            if let Some(title) = tx.sso_only_group_of(user.id).await? {
                return Err(Refused::invalid("password", password::not_for(&title)));
            }
            let by = self.password_by(user.id);
            tx.write_password(user.id, Some((sealed, by)), None).await?;
            if self.sets_for_once(user.id) {
                tx.password_is_for_once(user.id).await?;
            }
        }
        let lost = self.take_foreign_passwords(&mut tx, Some(user.id)).await?;
        let mut event = self.event(AuditAction::UserAdd, user.email.as_str());
        event.after = Some(audit_values(&user, &groups, sealed.is_some()));
        tx.audit(&event.with_detail(AuditDetail::Groups(&titles(&groups))))
            .await?;
        tx.commit(self.now).await?;
        Ok(User {
            has_password: sealed.is_some() && lost == 0,
            ..user
        })
    }

    /// Changes a user's address and names, and the connection that it waits for where one is said, when it is still the version
    /// that was read.
    pub async fn edit_user(
        &self,
        id: UserId,
        version_read: &str,
        text: &UserText,
        connection: Option<ConnectionId>,
    ) -> Result<Edited, Refused> {
        let mut problems = Problems::default();
        let fields = text.parse(&mut problems);
        let awaiting = match connection {
            Some(connection) => Some((self.awaiting().await?, connection)),
            None => None,
        };
        let mut tx = self.begin(Scope::UsersWrite).await?;
        let stored = tx.lock_user(self.company, id).await?;
        let stored = stored.ok_or(Refused::NotFound)?;
        self.is_over(&mut tx, id).await?;
        if version(&stored) != version_read {
            drop(tx);
            return Err(self.user_changed(&stored, version_read).await?);
        }
        problems.check()?;
        let fields = fields.ok_or(Refused::NotFound)?;
        let before = stored.user;
        let mut edited = Edited {
            user: before.clone(),
            lost: LostTrust::default(),
        };
        if !fields.is_of(&before) {
            edited = self.rewrite_user(&mut tx, before.clone(), fields).await?;
        }
        if let Some((awaiting, connection)) = &awaiting {
            edited.user = self
                .rewrite_awaited(&mut tx, edited.user, awaiting, *connection)
                .await?;
        }
        if edited.user != before {
            tx.commit(self.now).await?;
        }
        Ok(edited)
    }

    /// Writes what changed of a locked user.
    pub(super) async fn rewrite_user(
        &self,
        tx: &mut Tx,
        before: User,
        fields: UserFields,
    ) -> Result<Edited, Refused> {
        let mut user = before.clone();
        fields.put_into(&mut user);
        if !tx.write_user(&user).await? {
            return Err(Duplicate::Email(user.email).into());
        }
        let lost = if before.email.key() != user.email.key() && !self.actor.over_administrators {
            // Otherwise whoever gets in waits at the address of somebody else to become an administrator.
            let lost = tx.distrust(user.id).await?;
            let now = tx.lock_user(self.company, user.id).await?;
            user = now.ok_or(Refused::NotFound)?.user;
            lost
        } else {
            LostTrust::default()
        };
        let mut event = self.changed_texts(&before, &user);
        if lost != LostTrust::default() {
            event = event.with_detail(AuditDetail::Distrusted {
                identities: &lost.identities,
                sessions: lost.sessions,
                password: lost.password,
            });
        }
        tx.audit(&event).await?;
        Ok(Edited { user, lost })
    }

    /// The entry of a change of address or names.
    pub(super) fn changed_texts(&self, before: &User, after: &User) -> AuditEvent {
        self.event(AuditAction::UserChange, after.email.as_str())
            .with_change(before.texts(), after.texts())
    }

    /// A user of the company that is not there yet.
    pub(super) fn new_user(&self, fields: UserFields, waits_for: Option<ConnectionId>) -> User {
        User {
            id: UserId::from_bytes(keys::random()),
            company_id: self.company,
            email: fields.email,
            first_name: fields.first_name,
            last_name: fields.last_name,
            company_name: fields.company_name,
            attributes: Attributes::new(),
            created_by: Creation::Administrator,
            has_password: false,
            waits_for,
            disabled_at: None,
            created_at: self.now,
            last_sign_in_at: None,
        }
    }

    /// Puts a new user into groups.
    pub(super) async fn put_into(
        &self,
        tx: &mut Tx,
        user: &User,
        groups: &[Group],
    ) -> Result<(), Refused> {
        for group in groups {
            let grant = Grant {
                user_id: user.id,
                group_id: group.id,
                source: GrantSource::Administrator,
            };
            if !tx.grant_to_new(grant, self.now).await? {
                // Deleted since it was looked at.
                return Err(Refused::invalid("group", "This permission group is gone."));
            }
            self.hold_kind(tx, group.id).await?;
        }
        Ok(())
    }

    /// The company's groups of these identifiers, each once.
    pub(super) async fn groups_named(
        &self,
        ids: &[GroupId],
        problems: &mut Problems,
    ) -> Result<Vec<Group>, Refused> {
        let all = self.store.groups(self.company).await?;
        if ids.iter().any(|id| all.iter().all(|group| group.id != *id)) {
            problems.add("group", "Choose a permission group of this company.");
        }
        let wanted = |group: &Group| ids.contains(&group.id);
        Ok(all.into_iter().filter(wanted).collect())
    }

    /// Whether a user may be changed, and is still the version that was read. Who may not change it learns nothing of that.
    pub async fn check_user_version(&self, id: UserId, read: &str) -> Result<(), Refused> {
        let stored = self.store.user_of(self.company, id).await?;
        let stored = stored.ok_or(Refused::NotFound)?;
        self.check_over(id).await?;
        if version(&stored) == read {
            return Ok(());
        }
        Err(self.user_changed(&stored, read).await?)
    }

    async fn user_changed(&self, now: &StoredUser, version_read: &str) -> Result<Refused, Refused> {
        let by_administrator = version_read
            .split_once('-')
            .is_none_or(|(revision, _)| revision != now.revision.to_string());
        if by_administrator {
            return self
                .changed_by(AuditNoun::User, now.user.email.as_str())
                .await;
        }
        // A sign-in brought another name or address.
        Ok(Refused::Changed {
            by: String::new(),
            at: now.user.last_sign_in_at.unwrap_or(self.now),
        })
    }

    /// Who changed something since it was read.
    pub(super) async fn changed_by(
        &self,
        noun: AuditNoun,
        subject: &str,
    ) -> Result<Refused, Refused> {
        let since = self.now - LOOK_BACK;
        let store = self.store;
        let found = store.last_change_of(self.company, noun, subject, since);
        let (by, at) = found.await?.unwrap_or((String::new(), self.now));
        Ok(Refused::Changed { by, at })
    }
}

/// What a form keeps, to find out whether a user was changed since: by an administrator, or by a sign-in that brought another
/// name.
fn version(stored: &StoredUser) -> String {
    version_of(stored.revision, &stored.user.texts())
}

/// A text that is another one after each change.
pub(super) fn version_of(revision: i64, values: &Value) -> String {
    let mut hash = keys::hex(&keys::hash(values.to_string().as_bytes()));
    hash.truncate(16);
    format!("{revision}-{hash}")
}

pub(super) fn titles(groups: &[Group]) -> Vec<&str> {
    groups.iter().map(|group| group.title.as_str()).collect()
}

/// A user for the audit log.
pub(super) fn audit_values(user: &User, groups: &[Group], has_password: bool) -> Value {
    let mut value = user.texts();
    value["groups"] = json!(titles(groups));
    value["password"] = json!(if has_password { "set" } else { "none" });
    value
}
