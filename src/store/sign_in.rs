//! The end of a sign-in, in one transaction: the attempt is consumed, the assertion ID recorded, the account found or made,
//! the session begun, the attempt closed.
//!
//! Invariant: a session begins here and nowhere else, and either all of it is stored or nothing. A refusal consumes the
//! attempt and the assertion and keeps the attempt's record; everything else that was written by then is taken back. So does a test, whose attempt says here that it is one,
//! whatever the caller believes.

use super::statement::query;
use std::sync::Arc;

use time::{Duration, OffsetDateTime};

use super::Tx;
use super::accepted::accepted;
use super::account::{Account, Claimant, How, settle};
use super::assertion;
use super::attempt::{self, Closing};
use super::columns::ms;
use super::group_claim;
use super::queue::Work;
use super::record;
use super::refusal::Refusal;
use super::rehearsal::rehearse;
use super::session;
use super::setup_link::{self, SetUp};
use super::user::{user, user_columns};
use super::{Error, Hasher, Store};
use crate::domain::{
    AttemptId, AttemptKind, AuditEvent, Check, CompanyId, Connection, ConnectionId, LoginAttempt,
    NameId, Outcome, Profile, Record, Rehearsal, Session, SessionId, SessionKey, User, UserId,
};

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
    /// There is none yet: an accepted unsolicited Response (rule E5), or a password.
    New(Box<LoginAttempt>),
}

/// What was verified.
#[derive(Debug, Clone)]
pub enum Proof {
    /// A SAML assertion.
    Saml(Box<SamlProof>),
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

/// A verified assertion.
#[derive(Debug, Clone)]
pub struct SamlProof {
    /// The connection that it was verified against.
    pub connection: Arc<Connection>,
    /// What it says about the person.
    pub profile: Profile,
    /// Its ID.
    pub assertion_id: String,
    /// When it can no longer be used, skew included; its ID is remembered until then (rule E4).
    pub assertion_expires_at: OffsetDateTime,
    /// Its `NameID`, for logout.
    pub name_id: Option<NameId>,
    /// Its `SessionIndex`, for logout.
    pub session_index: Option<String>,
    /// When the user was authenticated.
    pub authn_instant: Option<OffsetDateTime>,
    /// How the user was authenticated.
    pub authn_context: Option<String>,
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

/// Tries before a transaction that others keep crossing is given up.
const TRIES: usize = 5;

impl Store {
    /// Ends a sign-in in one transaction, which it may share with others that wait.
    pub async fn finish_sign_in(&self, sign_in: SignIn) -> Result<Finished, Error> {
        match &self.queue {
            Some(queue) => {
                let sign_in = Arc::new(sign_in);
                queue
                    .submit(self, |answer| Work::Finish(Arc::clone(&sign_in), answer))
                    .await
            }
            None => self.finish_sign_in_alone(&sign_in).await,
        }
    }

    /// Ends a sign-in in one transaction of its own.
    pub(super) async fn finish_sign_in_alone(&self, sign_in: &SignIn) -> Result<Finished, Error> {
        let mut tries = 1;
        loop {
            match self.finish_once(sign_in).await {
                // Nothing was stored: the same again finds what the other transaction did.
                Err(error) if error.is_transient() && tries < TRIES => tries += 1,
                finished => return finished,
            }
        }
    }

    async fn finish_once(&self, sign_in: &SignIn) -> Result<Finished, Error> {
        let mut tx = self.begin().await?;
        let finished = finish_in(&mut tx, sign_in, self.hash).await?;
        tx.commit(sign_in.now).await?;
        Ok(finished)
    }
}

/// Ends a sign-in inside a transaction, which may hold several.
pub async fn finish_in(tx: &mut Tx, sign_in: &SignIn, hash: Hasher) -> Result<Finished, Error> {
    let (attempt_id, admitted) = admit(tx, sign_in).await?;
    let account = match (admitted, &sign_in.proof) {
        (Err(Refusal::AttemptConsumed), _) => {
            return Ok(Finished::Refused {
                refusal: Refusal::AttemptConsumed,
                attempt_id,
            });
        }
        (Err(refusal), _) => Err(refusal),
        // A test goes no further than its rehearsal.
        (Ok(AttemptKind::Test), proof) => {
            return Box::pin(rehearse(tx, sign_in, proof, attempt_id)).await;
        }
        (Ok(_), Proof::Saml(proof)) => saml_account(tx, sign_in, proof, hash).await?,
        (Ok(_), Proof::Password(proof)) => {
            let point = tx.savepoint().await?;
            let judged = password_account(tx, sign_in, proof).await?;
            tx.keep_unless_refused(point, judged).await?
        }
        (Ok(_), Proof::SetUp(set_up)) => {
            let point = tx.savepoint().await?;
            let judged = setup_link::set_up(tx, sign_in.company_id, set_up, sign_in.now).await?;
            tx.keep_unless_refused(point, judged).await?
        }
    };
    match account {
        Ok(account) => begin_session(tx, sign_in, attempt_id, account, hash).await,
        Err(refusal) => refuse(tx, sign_in, attempt_id, refusal).await,
    }
}

/// Consumes the attempt, or writes it down consumed, and checks that it may still be used. What kind it is, its row says.
async fn admit(
    tx: &mut Tx,
    sign_in: &SignIn,
) -> Result<(AttemptId, Result<AttemptKind, Refusal>), Error> {
    let (id, consumed) = match &sign_in.attempt {
        AttemptRef::Begun(id) => (
            *id,
            attempt::consume(tx, sign_in.company_id, *id, sign_in.now).await?,
        ),
        AttemptRef::New(attempt) => {
            let consumed = LoginAttempt {
                consumed_at: Some(sign_in.now),
                ..LoginAttempt::clone(attempt)
            };
            attempt::insert(tx, &consumed).await?;
            (
                attempt.id,
                Some(attempt::Consumed {
                    connection_id: attempt.connection_id,
                    in_time: true,
                    kind: attempt.kind,
                }),
            )
        }
    };
    let verdict = match consumed {
        None => Err(Refusal::AttemptConsumed),
        Some(consumed) if !consumed.in_time => Err(Refusal::AttemptExpired),
        Some(consumed) if consumed.connection_id != connection_of(sign_in) => {
            Err(Refusal::OtherConnection)
        }
        Some(consumed) => Ok(consumed.kind),
    };
    Ok((id, verdict))
}

/// The connection of the proof, which has to be of the company of the host (rule E6).
fn connection_of(sign_in: &SignIn) -> Option<ConnectionId> {
    match &sign_in.proof {
        Proof::Saml(proof) => Some(proof.connection.id),
        Proof::Password(_) | Proof::SetUp(_) => None,
    }
}

async fn saml_account(
    tx: &mut Tx,
    sign_in: &SignIn,
    proof: &SamlProof,
    hash: Hasher,
) -> Result<Result<Account, Refusal>, Error> {
    if let Err(refusal) = assertion::remember(tx, sign_in, proof).await? {
        return Ok(Err(refusal));
    }
    let replaces = sign_in.replaces.as_ref();
    let claimant = Claimant {
        replaces: replaces.map(|former| SessionKey(hash(former.as_bytes()))),
        ..claimant(sign_in, proof)
    };
    settle(tx, &claimant).await
}

pub(super) fn claimant<'a>(sign_in: &'a SignIn, proof: &'a SamlProof) -> Claimant<'a> {
    Claimant {
        connection: &proof.connection,
        profile: &proof.profile,
        new_user: sign_in.new_user_id,
        attempt: match &sign_in.attempt {
            AttemptRef::Begun(id) => *id,
            AttemptRef::New(attempt) => attempt.id,
        },
        replaces: None,
        now: sign_in.now,
    }
}

/// Rules F4 and F6.
async fn password_account(
    tx: &mut Tx,
    sign_in: &SignIn,
    proof: &PasswordProof,
) -> Result<Result<Account, Refusal>, Error> {
    query("UPDATE account SET last_sign_in_at = $1 WHERE id = $2 AND company_id || '' = $3")
        .bind(ms(sign_in.now))
        .bind(proof.user_id.to_string())
        .bind(sign_in.company_id.to_string())
        .execute(&mut *tx)
        .await?;
    let row = query(concat!(
        "SELECT account.password, (SELECT MIN(CASE WHEN g.sso_only = 1 THEN g.title END) \
                 FROM group_grant m LEFT JOIN permission_group g ON g.id = m.group_id WHERE m.user_id = account.id) AS sso_only, \
         CASE WHEN COALESCE(account.password_by, 'token') = 'token' THEN 1 ELSE 0 END AS of_token, \
         (SELECT COUNT(CASE WHEN g.kind = 'administrator' THEN 1 END) \
          FROM group_grant m LEFT JOIN permission_group g ON g.id = m.group_id WHERE m.user_id = account.id) AS administrator, ",
        user_columns!(),
        " FROM account WHERE account.id = $1"
    ))
    .bind(proof.user_id.to_string())
    .fetch_optional(&mut *tx)
    .await?;
    let Some(row) = row else {
        return Ok(Err(Refusal::AccountGone));
    };
    let user = user(&row)?;
    let email = user.email.clone();
    if user.disabled_at.is_some() {
        return Ok(Err(Refusal::Deactivated { email }));
    }
    let is_administrator = row.int("administrator")? != 0;
    let sealed = row.maybe_blob("password")?;
    // A token may have set it while another transaction made an administrator.
    if sealed.is_none() || (is_administrator && row.int("of_token")? != 0) {
        return Ok(Err(Refusal::NoPassword { email }));
    }
    // It was set anew, and every session was ended, while this one was compared.
    if sealed != Some(proof.sealed.as_slice()) {
        return Ok(Err(Refusal::PasswordChanged { email }));
    }
    if let Some(group) = row.maybe_text("sso_only")? {
        return Ok(Err(Refusal::SsoOnly { email, group }));
    }
    if let Some(event) = proof.break_glass.as_ref().filter(|_| is_administrator) {
        tx.audit(event).await?;
    }
    Ok(Ok(Account {
        user,
        how: How::Found,
        email_kept: None,
        password_taken: false,
        groups: None,
        known_also_by: Vec::new(),
    }))
}

async fn begin_session(
    tx: &mut Tx,
    sign_in: &SignIn,
    attempt_id: AttemptId,
    account: Account,
    hash: Hasher,
) -> Result<Finished, Error> {
    let saml = match &sign_in.proof {
        Proof::Saml(proof) => Some(proof),
        Proof::Password(_) | Proof::SetUp(_) => None,
    };
    let session = Session {
        user_id: account.user.id,
        company_id: sign_in.company_id,
        connection_id: connection_of(sign_in),
        attempt_id,
        name_id: saml.and_then(|proof| proof.name_id.clone()),
        session_index: saml.and_then(|proof| proof.session_index.clone()),
        // What we ask for ourselves is asked for now.
        authn_instant: saml.map_or(Some(sign_in.now), |proof| proof.authn_instant),
        authn_context: saml.and_then(|proof| proof.authn_context.clone()),
        signed_in_at: sign_in.now,
        expires_at: sign_in.session.expires_at,
        idle: sign_in.session.idle,
        last_seen_at: sign_in.now,
    };
    let key = SessionKey(hash(sign_in.session.id.as_bytes()));
    if let Some(former) = &sign_in.replaces {
        session::end(tx, SessionKey(hash(former.as_bytes()))).await?;
    }
    let accepted = accepted(sign_in, &account)?;
    let closing = Closing {
        outcome: Outcome::SignedIn,
        rule: accepted.rule(),
        summary: &accepted.summary(if account.how == How::Made {
            "Signed in; the account was made"
        } else {
            "Signed in"
        }),
        record: accepted.record,
        user_id: Some(account.user.id),
        named: None,
        session_key: Some(key),
    };
    let read = saml.map(|proof| session::Read {
        subject: &proof.profile.subject,
        groups: account.groups.as_ref().and_then(|it| it.held.as_deref()),
    });
    session::begin(tx, &session, read, closing).await?;
    Ok(Finished::SignedIn {
        made: account.how == How::Made,
        user: Box::new(account.user),
        session: Box::new(session),
        key,
        attempt_id,
    })
}

pub(super) async fn refuse(
    tx: &mut Tx,
    sign_in: &SignIn,
    attempt_id: AttemptId,
    refusal: Refusal,
) -> Result<Finished, Error> {
    let mut record = sign_in.record.clone();
    if let Proof::Saml(proof) = &sign_in.proof {
        let settings = &proof.connection.settings;
        let (check, _) = group_claim::check(settings, &proof.profile.groups, None);
        record.checks.push(check);
    }
    let requirement = refusal.requirement();
    record.checks.push(Check::of(
        requirement,
        refusal.expected(),
        refusal.to_string(),
        false,
    ));
    let advice = refusal.advice().iter().map(|line| (*line).to_owned());
    record.advice.extend(advice);
    let closing = Closing {
        outcome: Outcome::Refused,
        rule: Some(requirement.rule()),
        summary: &refusal.sentence(),
        record: record::write(&record)?,
        user_id: None,
        named: match &sign_in.proof {
            Proof::Saml(proof) => proof.profile.email.as_ref(),
            Proof::Password(_) | Proof::SetUp(_) => None,
        },
        session_key: None,
    };
    attempt::close(tx, attempt_id, closing, sign_in.now).await?;
    Ok(Finished::Refused {
        refusal,
        attempt_id,
    })
}
