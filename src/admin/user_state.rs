//! What a user may do: activity, password, groups, identities.
//!
//! Invariants: a company that has a way in without single sign-on keeps one (rule F6); nobody takes their own administration
//! away, so that somebody is left who can give it back; a source's grants are taken away by that source only (rule F5).

use serde_json::json;

use super::{Admin, Obstacle, Problems, Refused, password};
use crate::domain::{
    AuditAction, AuditDetail, ConnectionId, Grant, GrantSource, GroupId, GroupKind, Scope,
    SessionKey, UserId,
};
use crate::store::{BreakGlassLock, StoredUser, Tx};

/// What became of a user who was to come into a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Added {
    /// It was in it already.
    Already,
    /// It is in it now.
    Now,
    /// It is in it now, and has lost the password that a token had set.
    WithoutPassword,
}

impl Admin<'_> {
    /// Deactivates a user and ends its sessions (rule F4); how many ended, or none when it is deactivated already.
    pub async fn deactivate_user(&self, id: UserId) -> Result<Option<usize>, Refused> {
        if self.actor.user == Some(id) {
            return Err(Obstacle::DeactivatesOneself.into());
        }
        let (mut tx, stored, way_in) = self.hold(id).await?;
        if stored.user.disabled_at.is_some() {
            return Ok(None);
        }
        let ended = tx.write_active(id, Some(self.now)).await?;
        way_in.check(&mut tx).await?;
        let event = self
            .event(AuditAction::UserDeactivate, stored.user.email.as_str())
            .with_change(json!({"active": true}), json!({"active": false}));
        tx.audit(&event).await?;
        tx.commit(self.now).await?;
        Ok(Some(ended))
    }

    /// Lets a deactivated user in again; `false` when it is active already.
    pub async fn activate_user(&self, id: UserId) -> Result<bool, Refused> {
        let (mut tx, stored, _) = self.hold(id).await?;
        if stored.user.disabled_at.is_none() {
            return Ok(false);
        }
        tx.write_active(id, None).await?;
        let event = self
            .event(AuditAction::UserActivate, stored.user.email.as_str())
            .with_change(json!({"active": false}), json!({"active": true}));
        tx.audit(&event).await?;
        tx.commit(self.now).await?;
        Ok(true)
    }

    /// Sets a user's password and ends its sessions, but the one to keep; how many ended. Where a group of the user takes no
    /// passwords, it is refused (rule F6).
    pub async fn set_password(
        &self,
        id: UserId,
        new: String,
        keep: Option<SessionKey>,
    ) -> Result<usize, Refused> {
        let written = self.write_new_password(id, new, keep, None);
        Ok(written.await?.0)
    }

    /// The same for the own account, where the password that was confirmed is still the account's.
    pub async fn set_own_password(
        &self,
        me: UserId,
        new: String,
        keep: SessionKey,
        confirmed: &[u8],
    ) -> Result<usize, Refused> {
        let written = self.write_new_password(me, new, Some(keep), Some(confirmed));
        Ok(written.await?.0)
    }

    /// The same, where `expected` is still the user's password, and the user is active; the new one as well, sealed.
    pub(super) async fn write_new_password(
        &self,
        id: UserId,
        new: String,
        keep: Option<SessionKey>,
        expected: Option<&[u8]>,
    ) -> Result<(usize, Vec<u8>), Refused> {
        let mut problems = Problems::default();
        let found = self.store.user_of(self.company, id).await?;
        let email = found.ok_or(Refused::NotFound)?.user.email;
        // Before the password is looked at and sealed, which costs a lot; the transaction asks again.
        self.check_over(id).await?;
        self.check_password(&mut problems, &new, email.as_str())
            .await?;
        problems.check()?;
        let sealed = password::seal(self.keys, new).await?;
        let (mut tx, stored, _) = self.hold(id).await?;
        if let Some(expected) = expected
            && (stored.user.disabled_at.is_some()
                || tx.password(id).await?.as_deref() != Some(expected))
        {
            return Err(Obstacle::PasswordChanged.into());
        }
        if let Some(title) = tx.sso_only_group_of(id).await? {
            return Err(Refused::invalid("password", password::not_for(&title)));
        }
        let password = (sealed.as_slice(), self.password_by(id));
        let ended = tx.write_password(id, Some(password), keep).await?;
        let told = if self.sets_for_once(id) {
            tx.password_is_for_once(id).await?;
            "set anew, to be changed at the next sign-in"
        } else {
            "set anew"
        };
        let event = self
            .event(AuditAction::UserSetPassword, stored.user.email.as_str())
            .with_change(has_password(&stored), json!({ "password": told }));
        tx.audit(&event).await?;
        tx.commit(self.now).await?;
        Ok((ended, sealed))
    }

    /// Removes a user's password and ends its sessions, but the one to keep; how many ended, or none when there is no
    /// password.
    pub async fn remove_password(
        &self,
        id: UserId,
        keep: Option<SessionKey>,
    ) -> Result<Option<usize>, Refused> {
        let (mut tx, stored, way_in) = self.hold(id).await?;
        if !stored.user.has_password {
            return Ok(None);
        }
        let ended = tx.write_password(id, None, keep).await?;
        way_in.check(&mut tx).await?;
        let event = self
            .event(AuditAction::UserRemovePassword, stored.user.email.as_str())
            .with_change(has_password(&stored), json!({"password": "none"}));
        tx.audit(&event).await?;
        tx.commit(self.now).await?;
        Ok(Some(ended))
    }

    /// Puts a user into a group by an administrator's word.
    pub async fn add_to_group(&self, id: UserId, group: GroupId) -> Result<Added, Refused> {
        self.change_membership(id, group, true).await
    }

    /// Takes an administrator's word back; `false` when there is none. What an identity provider says stays.
    pub async fn take_from_group(&self, id: UserId, group: GroupId) -> Result<bool, Refused> {
        let changed = self.change_membership(id, group, false).await?;
        Ok(changed != Added::Already)
    }

    async fn change_membership(
        &self,
        id: UserId,
        group: GroupId,
        into: bool,
    ) -> Result<Added, Refused> {
        let group = self.store.group_of(self.company, group).await?;
        let group = group.ok_or(Refused::NotFound)?.group;
        let (mut tx, stored, way_in) = self.hold(id).await?;
        self.hold_kind(&mut tx, group.id).await?;
        let grant = Grant {
            user_id: id,
            group_id: group.id,
            source: GrantSource::Administrator,
        };
        let (changed, action) = if into {
            (tx.grant(grant, self.now).await?, AuditAction::UserGroupAdd)
        } else {
            (tx.revoke(grant).await?, AuditAction::UserGroupRemove)
        };
        if !changed {
            return Ok(Added::Already);
        }
        let lost = self.take_foreign_passwords(&mut tx, Some(id)).await?;
        way_in.check(&mut tx).await?;
        self.keeps_own_administration(&mut tx).await?;
        let event = self.event(action, stored.user.email.as_str());
        tx.audit(&event.with_detail(AuditDetail::Group(&group.title)))
            .await?;
        tx.commit(self.now).await?;
        Ok(if lost == 0 {
            Added::Now
        } else {
            Added::WithoutPassword
        })
    }

    /// Forgets by what a connection knows a user: one name, or all of them. With the last one the sessions that began through it
    /// end, and what its group claims gave is taken back: it has no say about this user any more, and the account waits for a
    /// first sign-in through it again. The names that were forgotten.
    pub async fn unlink_identity(
        &self,
        id: UserId,
        connection: ConnectionId,
        only: Option<&str>,
    ) -> Result<Vec<String>, Refused> {
        let found = self.store.connection(connection).await?;
        let found = found.filter(|it| it.company_id == self.company);
        let found = found.ok_or(Refused::NotFound)?;
        let (mut tx, stored, way_in) = self.hold(id).await?;
        let gone = tx.unbind(id, connection, only).await?;
        if gone.is_empty() {
            return Err(Refused::NotFound);
        }
        way_in.check(&mut tx).await?;
        self.keeps_own_administration(&mut tx).await?;
        let event = self
            .event(AuditAction::UserUnlink, stored.user.email.as_str())
            .with_detail(AuditDetail::Identities {
                connection: &found.name,
                subjects: &gone,
            });
        tx.audit(&event).await?;
        tx.commit(self.now).await?;
        Ok(gone)
    }

    /// A transaction that holds a user of the company and its ways in.
    pub(super) async fn hold(
        &self,
        id: UserId,
    ) -> Result<(Tx, StoredUser, BreakGlassLock), Refused> {
        let mut tx = self.begin(Scope::UsersWrite).await?;
        let way_in = tx.hold_way_in(self.company, [id]).await?;
        let stored = tx.lock_user(self.company, id).await?;
        let stored = stored.ok_or(Refused::NotFound)?;
        self.is_over(&mut tx, id).await?;
        Ok((tx, stored, way_in))
    }

    /// Of a locked user: whether the actor may change it. It may have become an administrator since it was looked at.
    pub(super) async fn is_over(&self, tx: &mut Tx, id: UserId) -> Result<(), Refused> {
        if !self.actor.over_administrators && tx.is_among_administrators(id).await? {
            return self.check_over_administrators();
        }
        Ok(())
    }

    /// The same of a user who is not locked, for what is told before the change is begun.
    pub(super) async fn check_over(&self, id: UserId) -> Result<(), Refused> {
        if !self.actor.over_administrators {
            let groups = self.store.groups_of(id).await?;
            if groups.iter().any(|it| it.kind == GroupKind::Administrator) {
                return self.check_over_administrators();
            }
        }
        Ok(())
    }

    /// Whether the actor may say who is in a group. It stays one of members until the transaction ends.
    pub(super) async fn hold_kind(&self, tx: &mut Tx, group: GroupId) -> Result<(), Refused> {
        if !self.actor.over_administrators {
            let stored = tx.lock_group(self.company, group).await?;
            if stored.ok_or(Refused::NotFound)?.group.kind == GroupKind::Administrator {
                return self.check_over_administrators();
            }
        }
        Ok(())
    }

    /// After a change: whoever made it is an administrator still.
    pub(super) async fn keeps_own_administration(&self, tx: &mut Tx) -> Result<(), Refused> {
        match self.actor.user {
            Some(me) if !tx.is_administrator(me).await? => Err(Obstacle::OwnAdministration.into()),
            _ => Ok(()),
        }
    }
}

fn has_password(stored: &StoredUser) -> serde_json::Value {
    json!({"password": if stored.user.has_password { "set" } else { "none" }})
}
