//! What a sign-in brings to find its account, and how the account was come by.

use time::OffsetDateTime;

use crate::domain::{
    AttemptId, AuditAction, AuditEvent, AuditId, Connection, Profile, SessionKey, User, UserId,
};

/// What a sign-in brings to find its account.
pub(in crate::store) struct Claimant<'a> {
    pub(in crate::store) connection: &'a Connection,
    pub(in crate::store) profile: &'a Profile,
    /// The identifier of the account if it has to be made.
    pub(in crate::store) new_user: UserId,
    /// The attempt; entries of the audit log are numbered after it.
    pub(in crate::store) attempt: AttemptId,
    /// The browser's former session, which ends with this sign-in.
    pub(in crate::store) replaces: Option<SessionKey>,
    pub(in crate::store) now: OffsetDateTime,
}

impl Claimant<'_> {
    /// An entry of the audit log about what this sign-in does to an account.
    pub(in crate::store) fn event(
        &self,
        number: u8,
        action: AuditAction,
        user: &User,
    ) -> AuditEvent {
        let mut random = [0; 10];
        let [_, _, _, _, _, _, own @ ..] = self.attempt.to_bytes();
        random.copy_from_slice(&own);
        // Not the last one, which tells attempts of one moment apart.
        if let Some(first) = random.first_mut() {
            *first = first.wrapping_add(number);
        }
        AuditEvent {
            id: AuditId::at(self.now, random),
            company_id: Some(self.connection.company_id),
            at: self.now,
            actor: format!("connection: {}", self.connection.name),
            action: action.into(),
            subject: user.email.to_string(),
            detail: String::new(),
            client: None,
            before: None,
            after: None,
        }
    }

    /// What the claims changed about an account, if anything. (Who erases a person looks here for the former addresses.)
    pub(in crate::store) fn change(&self, before: &User, after: &User) -> Option<AuditEvent> {
        let (was, is) = (before.claimed_texts(), after.claimed_texts());
        (was != is).then(|| {
            self.event(3, AuditAction::UserChange, after)
                .with_change(was, is)
        })
    }
}

/// How the account was come by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::store) enum AccountSource {
    Found,
    /// By a weaker name; the subject is bound, too, from now on.
    FoundByOther,
    /// Another connection knows it by the same object ID (rule R6); it is bound here from now on.
    Adopted,
    Linked,
    Made,
}
