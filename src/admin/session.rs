//! Sessions, ended by an administrator.

use super::{Admin, Refused};
use crate::domain::{AuditAction, AuditDetail, Scope, SessionKey, UserId};

impl Admin<'_> {
    /// Ends a session of the company.
    pub async fn end_session(&self, key: SessionKey) -> Result<(), Refused> {
        let mut tx = self.begin(Scope::SessionsWrite).await?;
        let email = tx.end_session_of(self.company, key).await?;
        let email = email.ok_or(Refused::NotFound)?;
        let event = self.event(AuditAction::SessionEnd, email.as_str());
        tx.audit(&event.with_detail(AuditDetail::Sessions(1)))
            .await?;
        tx.commit(self.now).await?;
        Ok(())
    }

    /// Ends every session of a user, but the one to keep; how many there were.
    pub async fn sign_out_user(
        &self,
        id: UserId,
        keep: Option<SessionKey>,
    ) -> Result<usize, Refused> {
        let stored = self.store.user_of(self.company, id).await?;
        let stored = stored.ok_or(Refused::NotFound)?;
        let mut tx = self.begin(Scope::UsersWrite).await?;
        let ended = tx.end_sessions_of(id, keep).await?;
        if ended > 0 {
            let event = self.event(AuditAction::UserSignOut, stored.user.email.as_str());
            let detail = AuditDetail::Sessions(ended as u64);
            tx.audit(&event.with_detail(detail)).await?;
            tx.commit(self.now).await?;
        }
        Ok(ended)
    }

    /// Ends every session of the company, but the one to keep; how many there were.
    pub async fn sign_out_everyone(&self, keep: Option<SessionKey>) -> Result<u64, Refused> {
        let mut tx = self.begin(Scope::SessionsWrite).await?;
        let ended = tx.end_all_sessions(self.company, keep).await?;
        let event = self.event(AuditAction::SessionEndAll, "everyone");
        tx.audit(&event.with_detail(AuditDetail::Sessions(ended)))
            .await?;
        tx.commit(self.now).await?;
        Ok(ended)
    }
}
