//! The end of a sign-in, in one transaction: the attempt is consumed, the assertion ID recorded, the account found or made,
//! the session begun, the attempt closed.
//!
//! Invariant: a session begins here and nowhere else, and either all of it is stored or nothing. A refusal consumes the
//! attempt and the assertion and keeps the attempt's record; everything else that was written by then is taken back. So does a test, whose attempt says here that it is one,
//! whatever the caller believes.

use super::acceptance::accept;
use super::attempt::{self, ClosingVerdict};
use super::attempt_use;
use super::proof::{AttemptRef, FederatedProof, Finished, PasswordProof, Proof, SignIn};
use super::refusal::Refusal;
use super::refuse::refuse;
use super::rehearsal::rehearse;
use super::setup_link;
use super::{assertion, session};
use crate::database::columns::ms;
use crate::database::statement::query;
use crate::domain::{AttemptId, AttemptKind, LoginAttempt, Outcome, Session, SessionKey};
use crate::store::connection::select_connection;
use crate::store::engine::queue::Job;
use crate::store::people::account::{Account, settle};
use crate::store::people::claimant::{AccountSource, Claimant};
use crate::store::people::user::{user, user_columns};
use crate::store::{Error, Hasher, Store, Tx};

use time::OffsetDateTime;

/// Tries before a transaction that others keep crossing is given up.
const TRIES: usize = 5;

impl Job for SignIn {
    type Output = Finished;

    async fn perform(&self, tx: &mut Tx, hash: Hasher) -> Result<Finished, Error> {
        finish_in(tx, self, hash).await
    }

    async fn alone(&self, store: &Store) -> Result<Finished, Error> {
        let mut tries = 1;
        loop {
            match store.finish_once(self).await {
                // Nothing was stored: the same again finds what the other transaction did.
                Err(error) if error.is_transient() && tries < TRIES => tries += 1,
                finished => return finished,
            }
        }
    }

    fn now(&self) -> OffsetDateTime {
        self.now
    }
}

impl Store {
    /// Ends a sign-in in one transaction, which it may share with others that wait.
    pub async fn finish_sign_in(&self, sign_in: SignIn) -> Result<Finished, Error> {
        self.perform(sign_in).await
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
    let revision = admitted.as_ref().ok().and_then(|it| it.revision);
    let account = match (admitted.map(|it| it.kind), &sign_in.proof) {
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
        (Ok(_), Proof::Federated(proof)) => saml_account(tx, sign_in, proof, hash).await?,
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
        Ok(account) => begin_session(tx, sign_in, attempt_id, account, revision, hash).await,
        Err(refusal) => refuse(tx, sign_in, attempt_id, refusal).await,
    }
}

/// What may go on.
struct Admitted {
    kind: AttemptKind,
    /// The connection's number of changes, by which it is known that it is the same at the end; none where there is no connection.
    revision: Option<i64>,
}

/// Consumes the attempt, or writes it down consumed, and checks that it may still be used. What kind it is, its row says.
async fn admit(
    tx: &mut Tx,
    sign_in: &SignIn,
) -> Result<(AttemptId, Result<Admitted, Refusal>), Error> {
    let (id, consumed) = match &sign_in.attempt {
        AttemptRef::Begun(id) => (
            *id,
            attempt_use::consume(tx, sign_in.company_id, *id, sign_in.now).await?,
        ),
        AttemptRef::Claimed(id) => (
            *id,
            attempt_use::claimed(tx, sign_in.company_id, *id).await?,
        ),
        AttemptRef::New(attempt) => {
            let consumed = LoginAttempt {
                consumed_at: Some(sign_in.now),
                ..LoginAttempt::clone(attempt)
            };
            attempt::insert(&mut *tx, &consumed).await?;
            (
                attempt.id,
                Some(attempt_use::ConsumedAttempt {
                    connection_id: attempt.connection_id,
                    in_time: true,
                    kind: attempt.kind,
                    revision: None,
                }),
            )
        }
    };
    let verdict = match consumed {
        None => Err(Refusal::AttemptConsumed),
        Some(consumed) if !consumed.in_time => Err(Refusal::AttemptExpired),
        Some(consumed) if consumed.connection_id != sign_in.proof.connection_id() => {
            Err(Refusal::OtherConnection)
        }
        Some(consumed) => admit_connection(tx, sign_in, &consumed).await?,
    };
    Ok((id, verdict))
}

/// Rule E6: whoever was asked is whom the connection asks still. A provider may take its time to answer, and an administrator changes
/// the connection meanwhile. Nothing is read when nobody has.
async fn admit_connection(
    tx: &mut Tx,
    sign_in: &SignIn,
    consumed: &attempt_use::ConsumedAttempt,
) -> Result<Result<Admitted, Refusal>, Error> {
    let kind = consumed.kind;
    let admitted = |revision| Ok(Ok(Admitted { kind, revision }));
    let Some(proof) = sign_in.proof.federated() else {
        return admitted(None);
    };
    let judged = &proof.connection;
    if consumed.revision == Some(judged.revision) {
        return admitted(consumed.revision);
    }
    let Some(now) = select_connection(&mut *tx, judged.id).await? else {
        return Ok(Err(Refusal::ConnectionGone));
    };
    if !now.settings.asks_same(&judged.settings) {
        return Ok(Err(Refusal::ConnectionChanged));
    }
    if !now.enabled && kind != AttemptKind::Test {
        return Ok(Err(Refusal::ConnectionGone));
    }
    admitted(Some(now.revision))
}

async fn saml_account(
    tx: &mut Tx,
    sign_in: &SignIn,
    proof: &FederatedProof,
    hash: Hasher,
) -> Result<Result<Account, Refusal>, Error> {
    if let Err(refusal) = assertion::remember(tx, sign_in, proof).await? {
        return Ok(Err(refusal));
    }
    let replaces = sign_in.replaces.as_ref();
    let claimant = Claimant {
        replaces: replaces.map(|former| SessionKey(hash(former.as_bytes()))),
        ..sign_in.claimant(proof)
    };
    settle(tx, &claimant).await
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
        how: AccountSource::Found,
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
    revision: Option<i64>,
    hash: Hasher,
) -> Result<Finished, Error> {
    let saml = match &sign_in.proof {
        Proof::Federated(proof) => Some(proof),
        Proof::Password(_) | Proof::SetUp(_) => None,
    };
    let session = Session {
        user_id: account.user.id,
        company_id: sign_in.company_id,
        connection_id: sign_in.proof.connection_id(),
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
    let accepted = accept(sign_in, &account)?;
    let closing = ClosingVerdict {
        outcome: Outcome::SignedIn,
        rule: accepted.rule(),
        summary: &accepted.summary(if account.how == AccountSource::Made {
            "Signed in; the account was made"
        } else {
            "Signed in"
        }),
        record: accepted.record,
        user_id: Some(account.user.id),
        named: None,
        session_key: Some(key),
    };
    let read = saml.map(|proof| session::SessionBasis {
        subject: &proof.profile.subject,
        revision,
        groups: account.groups.as_ref().and_then(|it| it.held.as_deref()),
        logout_hint: proof.logout_hint.as_deref(),
    });
    session::begin(tx, &session, read, closing).await?;
    Ok(Finished::SignedIn {
        made: account.how == AccountSource::Made,
        user: Box::new(account.user),
        session: Box::new(session),
        key,
        attempt_id,
    })
}
