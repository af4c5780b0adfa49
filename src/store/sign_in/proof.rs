//! What ends a sign-in: the verified proof with its attempt and the session to begin; and what it came to.

use std::sync::Arc;

use time::{Duration, OffsetDateTime};

use super::refusal::Refusal;
use super::setup_link::SetUp;
use crate::domain::{
    AttemptId, AuditEvent, CompanyId, Connection, ConnectionId, LoginAttempt, NameId, Profile,
    Record, Rehearsal, Session, SessionId, SessionKey, User, UserId,
};
use crate::store::people::claimant::Claimant;

/// A sign-in whose proof was verified.
#[derive(Debug, Clone)]
pub struct SignIn {
    /// The company of the host.
    pub company_id: CompanyId,
    /// The attempt that it ends.
    pub attempt: AttemptRef,
    /// What was verified.
    pub proof: Proof,
    /// The session to begin.
    pub session: NewSession,
    /// The browser's former session, which ends with this sign-in.
    pub replaces: Option<SessionId>,
    /// The identifier of the account if it has to be made.
    pub new_user_id: UserId,
    /// The checks so far; those of rules E and F that are made here are added.
    pub record: Record,
    /// Now.
    pub now: OffsetDateTime,
}

/// The attempt that a sign-in ends.
#[derive(Debug, Clone)]
pub enum AttemptRef {
    /// It was written down when the sign-in began.
    Begun(AttemptId),
    /// The same, and it was used up before its provider was asked (rule M3).
    Claimed(AttemptId),
    /// There is none yet: an accepted unsolicited Response (rule E5), or a password.
    New(Box<LoginAttempt>),
}

/// What was verified.
#[derive(Debug, Clone)]
pub enum Proof {
    /// What an identity provider has said.
    Federated(Box<FederatedProof>),
    /// A password.
    Password(Box<PasswordProof>),
    /// A set-up link, whose holder becomes the company's administrator.
    SetUp(Box<SetUp>),
}

/// A password that was verified.
#[derive(Debug, Clone)]
pub struct PasswordProof {
    /// The user.
    pub user_id: UserId,
    /// The sealed hash that it was verified against. It has to be the user's still.
    pub sealed: Vec<u8>,
    /// What is written down when the user is an administrator.
    pub break_glass: Option<AuditEvent>,
}

/// What an identity provider has said, verified.
#[derive(Debug, Clone)]
pub struct FederatedProof {
    /// The connection that it was verified against.
    pub connection: Arc<Connection>,
    /// What it says about the person.
    pub profile: Profile,
    /// The assertion that is used once (rule E4); none where the attempt alone is.
    pub assertion: Option<UsedAssertion>,
    /// Its `NameID`, for logout.
    pub name_id: Option<NameId>,
    /// Its `SessionIndex` or `sid`, for logout.
    pub session_index: Option<String>,
    /// What its provider wants back at a sign-out, sealed (rule T2).
    pub logout_hint: Option<Vec<u8>>,
    /// When the user was authenticated.
    pub authn_instant: Option<OffsetDateTime>,
    /// How the user was authenticated.
    pub authn_context: Option<String>,
}

/// An assertion that is used once.
#[derive(Debug, Clone)]
pub struct UsedAssertion {
    /// Its ID.
    pub id: String,
    /// When it can no longer be used, skew included; its ID is remembered until then.
    pub expires_at: OffsetDateTime,
}

/// A session to begin.
#[derive(Debug, Clone)]
pub struct NewSession {
    /// The browser's new secret.
    pub id: SessionId,
    /// Its absolute end; the caller has taken `SessionNotOnOrAfter` into account (rule D6).
    pub expires_at: OffsetDateTime,
    /// How long it may stay unused.
    pub idle: Duration,
}

/// How a sign-in ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finished {
    /// The session has begun.
    SignedIn {
        /// Who signed in, as now stored.
        user: Box<User>,
        /// The account was made just now (rule F3).
        made: bool,
        /// The session.
        session: Box<Session>,
        /// How the database and the caches name it.
        key: SessionKey,
        /// The attempt that was closed.
        attempt_id: AttemptId,
    },
    /// No session.
    Refused {
        /// Why.
        refusal: Refusal,
        /// The attempt that was closed, if it was not closed before.
        attempt_id: AttemptId,
    },
    /// No session: the attempt was a test.
    Rehearsed {
        /// What a sign-in would have done.
        rehearsal: Box<Rehearsal>,
        /// The attempt that was closed.
        attempt_id: AttemptId,
    },
}

impl SignIn {
    /// The identifier of its attempt.
    pub(in crate::store) fn attempt_id(&self) -> AttemptId {
        match &self.attempt {
            AttemptRef::Begun(id) | AttemptRef::Claimed(id) => *id,
            AttemptRef::New(attempt) => attempt.id,
        }
    }

    /// What finds its account.
    pub(in crate::store) fn claimant<'a>(&'a self, proof: &'a FederatedProof) -> Claimant<'a> {
        Claimant {
            connection: &proof.connection,
            profile: &proof.profile,
            new_user: self.new_user_id,
            attempt: self.attempt_id(),
            replaces: None,
            now: self.now,
        }
    }
}

impl Proof {
    /// What an identity provider has said, if it is from one.
    pub(in crate::store) fn federated(&self) -> Option<&FederatedProof> {
        match self {
            Self::Federated(proof) => Some(proof),
            Self::Password(_) | Self::SetUp(_) => None,
        }
    }

    /// The connection that it was verified against, which has to be of the company of the host (rule E6).
    pub(in crate::store) fn connection_id(&self) -> Option<ConnectionId> {
        self.federated().map(|proof| proof.connection.id)
    }
}
