//! Who becomes an administrator, and who is taken for whom by an administrator's word.
//!
//! Invariants: whoever becomes an administrator loses a password that neither they nor somebody over administrators has set; an
//! identity is linked to an account by hand only as a sign-in has shown it.

use super::{Admin, Obstacle, Refused};
use crate::domain::{
    AuditAction, AuditDetail, Code, Email, EvidenceKind, LoginAttempt, PasswordBy, PendingLink,
    User, UserId,
};
use crate::store::{Tx, shared_with};

impl Admin<'_> {
    /// Who sets a password that the actor sets.
    pub(super) fn password_by(&self, id: UserId) -> PasswordBy {
        if self.actor.user == Some(id) {
            PasswordBy::Own
        } else if self.actor.over_administrators {
            PasswordBy::Administrator
        } else {
            PasswordBy::Token
        }
    }

    /// After somebody may have become an administrator: takes away what passwords they must not bring along; how many.
    pub(super) async fn take_foreign_passwords(
        &self,
        tx: &mut Tx,
        only: Option<UserId>,
    ) -> Result<usize, Refused> {
        let lost = tx.take_foreign_passwords(self.company, only).await?;
        let event = |email: &Email| {
            let event = self.event(AuditAction::UserRemovePassword, email.as_str());
            event.with_detail(AuditDetail::ForeignPassword)
        };
        let events: Vec<_> = lost.iter().map(event).collect();
        tx.audit_many(&events).await?;
        Ok(lost.len())
    }

    /// The account that a refused identity may be linked to, as long as both are there, and the connection asks whom it asked.
    pub async fn pending_link(
        &self,
        attempt: &LoginAttempt,
    ) -> Result<Option<(PendingLink, User)>, Refused> {
        let opened = self.open_evidence(attempt, EvidenceKind::Link).await?;
        let link: Option<PendingLink> = opened.and_then(|text| serde_json::from_slice(&text).ok());
        let Some(link) = link else { return Ok(None) };
        let Some(connection) = self.store.connection(link.connection).await? else {
            return Ok(None);
        };
        let provider = connection.settings.provider_name();
        if !link.provider.is_empty() && link.provider != provider {
            return Ok(None);
        }
        let stored = self.store.user_of(self.company, link.user).await?;
        let Some(stored) = stored else {
            return Ok(None);
        };
        let bound = self.store.identities_of(link.user).await?;
        let is_bound = bound
            .iter()
            .any(|it| it.connection_id == link.connection && it.subject == link.subject);
        Ok((!is_bound).then_some((link, stored.user)))
    }

    /// Links the identity of a refused sign-in to the account that it was refused, because an administrator says that it is the
    /// same person.
    pub async fn confirm_link(&self, code: &Code) -> Result<User, Refused> {
        let attempt = self.sign_in(code).await?;
        let pending = self.pending_link(&attempt).await?;
        let (link, _) = pending.ok_or(Refused::NotFound)?;
        let connection = self.store.connection(link.connection).await?;
        let connection = connection.filter(|it| it.company_id == self.company);
        let connection = connection.ok_or(Refused::NotFound)?;
        let (mut tx, stored, _) = self.hold(link.user).await?;
        let user = stored.user;
        let bound = tx
            .bind_identity(connection.id, &link.subject, user.id, self.now)
            .await?;
        if !bound {
            let subject = link.subject;
            return Err(Obstacle::IdentityBound { subject }.into());
        }
        tx.waits_no_more(user.id).await?;
        tx.identity_changed(user.id);
        let others = tx.known_also_by(user.id, connection.id).await?;
        let event = self.event(AuditAction::UserLink, user.email.as_str());
        let to = shared_with(connection.name.as_str(), &others);
        let detail = AuditDetail::LinkedByHand {
            to: &to,
            subject: &link.subject,
            refused: code,
        };
        tx.audit(&event.with_detail(detail)).await?;
        tx.commit(self.now).await?;
        Ok(user)
    }
}
