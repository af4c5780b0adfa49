//! Sign-in with a password, for local users (rule F6).
//!
//! Invariants: an unknown user, a user without a password and a wrong password cost the same and look the same; a password
//! is counted as wrong before it is compared.
//!
//! Tests: `tests/it/sign_in/password.rs` and `tests/it/sign_in/guessing.rs`. The other half, which counts, is `app::throttle`.

use std::net::IpAddr;
use std::sync::Arc;

use time::OffsetDateTime;

use super::finish::landing;
use super::record::{self, SignInRefusal, write_refusal};
use super::refusal_reason::RefusalReason;
use super::{Browser, Ending, Error, KnownBrowser, first_password};
use crate::app::{App, Guess, Guesser, Network, Turn, Wait};
use crate::domain::{
    AttemptKind, AuditAction, AuditDetail, AuditEvent, AuditId, Check, Company, FlowRequirement,
    GroupKind, LoginAttempt, Record, ReturnTo, SessionId, User, UserId,
};
use crate::keys;
use crate::site::Site;
use crate::store::{AttemptRef, Finished, NewSession, PasswordProof, Proof, SignIn, SignedIn};

/// What a user typed.
#[derive(Debug, Clone, Copy)]
pub struct PasswordSignIn<'a> {
    /// The e-mail address.
    pub email: &'a str,
    /// The password.
    pub password: &'a str,
    /// Where to go afterwards.
    pub return_to: Option<&'a ReturnTo>,
    /// The browser.
    pub browser: &'a Browser,
    /// The browser's session so far.
    pub session: Option<SessionId>,
    /// The client's address.
    pub client: Option<IpAddr>,
    /// The cookie of a browser that knows an account.
    pub known: Option<&'a str>,
}

/// Signs a local user in.
pub async fn sign_in_with_password(
    app: &Arc<App>,
    site: &Site,
    typed: PasswordSignIn<'_>,
) -> Result<Ending, Error> {
    let company = site.company.id;
    let guess = guess(app, &site.company, typed);
    if let Err(wait) = app.throttle.may_guess(&guess) {
        return Ok(Ending::TooMany(wait));
    }
    let user = app.store.user_by_email(company, typed.email).await?;
    // The same question for an account that is not there.
    let id = user
        .as_ref()
        .map_or(UserId::from_bytes([0; 16]), |user| user.id);
    let stored = app.store.password(id).await?;
    let turn = match app.throttle.password_turn(company).await {
        Ok(turn) => turn,
        Err(wait) => return Ok(Ending::TooMany(wait)),
    };
    // Not before its turn: of those who wait, hundreds at nine in the morning, few are wrong.
    if let Err(wait) = app.throttle.guess(&guess) {
        return Ok(Ending::TooMany(wait));
    }
    let correct = verify(app, turn, stored.clone(), typed.password).await?;
    if let (true, Some(user), Some(stored)) = (correct, &user, stored) {
        app.throttle.guessed_right(&guess);
        if is_for_once(app, user).await? {
            let ticket = first_password::ticket(app, user, &stored);
            return Ok(Ending::FirstPassword { ticket });
        }
        return begin_session(app, site, typed, user, stored).await;
    }
    let refusal = SignInRefusal::new(&RefusalReason::Password);
    // What was typed where no account has it may be anything, also a password.
    let named = user.as_ref().map(|user| user.email.as_str());
    let refusal = refusal.naming(named);
    let (kind, browser_hash) = (AttemptKind::Password, typed.browser.hash());
    write_refusal(app, company, None, kind, browser_hash, refusal).await
}

/// The sealed hash of the own account's password, when somebody who is signed in has typed it. It is counted as a try to sign in
/// is, by itself for each session, so that a session that somebody left open finds no password.
pub async fn confirm_password(
    app: &Arc<App>,
    company: &Company,
    me: &SignedIn,
    password: &str,
) -> Result<Result<Option<Vec<u8>>, Wait>, Error> {
    let mut octets = [0; 16];
    for (to, from) in octets.iter_mut().zip(me.key.0) {
        *to = from;
    }
    let guess = Guess::new(company, me.user.email.as_str(), Guesser::Known(octets));
    if let Err(wait) = app.throttle.may_guess(&guess) {
        return Ok(Err(wait));
    }
    let stored = app.store.password(me.user.id).await?;
    let turn = match app.throttle.password_turn(company.id).await {
        Ok(turn) => turn,
        Err(wait) => return Ok(Err(wait)),
    };
    if let Err(wait) = app.throttle.guess(&guess) {
        return Ok(Err(wait));
    }
    let correct = verify(app, turn, stored.clone(), password).await?;
    if correct {
        app.throttle.guessed_right(&guess);
    }
    Ok(Ok(stored.filter(|_| correct)))
}

/// Who tries which account.
fn guess<'c>(app: &App, company: &'c Company, typed: PasswordSignIn<'_>) -> Guess<'c> {
    let known = typed
        .known
        .and_then(|cookie| KnownBrowser::from_cookie(app, company.id, typed.email, cookie));
    let guesser = match known {
        Some(browser) => Guesser::Known(browser.octets()),
        None => Guesser::Stranger(Network::of(typed.client)),
    };
    Guess::new(company, typed.email, guesser)
}

/// Compares off the threads that serve requests: the work is meant to be slow. It goes on when the client has gone, and keeps
/// its turn until it ends.
async fn verify(
    app: &Arc<App>,
    turn: Turn,
    stored: Option<Vec<u8>>,
    password: &str,
) -> Result<bool, Error> {
    let (app, password) = (Arc::clone(app), password.to_owned());
    tokio::task::spawn_blocking(move || {
        let _turn = turn;
        app.keys.verify_password(stored.as_deref(), &password)
    })
    .await
    .map_err(|cause| Error::Hashing(cause.to_string()))
}

/// Whether the account's password is to be changed first. Who does not get in anyway is told that.
async fn is_for_once(app: &App, user: &User) -> Result<bool, Error> {
    if user.disabled_at.is_some() || !app.store.has_password_for_once(user.id).await? {
        return Ok(false);
    }
    let groups = app.store.groups_of(user.id).await?;
    Ok(!groups.iter().any(|group| group.sso_only))
}

/// Signs in who has set a password of the own, which is sealed so.
pub async fn sign_in_after_first_use(
    app: &Arc<App>,
    site: &Site,
    typed: PasswordSignIn<'_>,
    user: &User,
    sealed: Vec<u8>,
) -> Result<Ending, Error> {
    begin_session(app, site, typed, user, sealed).await
}

/// Begins a session, when `sealed` is the user's password still.
async fn begin_session(
    app: &App,
    site: &Site,
    typed: PasswordSignIn<'_>,
    user: &User,
    sealed: Vec<u8>,
) -> Result<Ending, Error> {
    let now = app.clock.now();
    let attempt: LoginAttempt = record::open_attempt(
        site.company.id,
        AttemptKind::Password,
        typed.browser.hash(),
        now,
    );
    let session = SessionId::from_bytes(keys::random());
    let sign_in = SignIn {
        company_id: site.company.id,
        attempt: AttemptRef::New(Box::new(attempt.clone())),
        proof: Proof::Password(Box::new(PasswordProof {
            user_id: user.id,
            sealed,
            break_glass: break_glass(site, user, typed.client, now),
        })),
        session: NewSession {
            id: session,
            expires_at: now + app.config.session.absolute.time(),
            idle: app.config.session.idle.time(),
        },
        replaces: typed.session,
        new_user_id: UserId::from_bytes(keys::random()),
        record: Record {
            checks: vec![Check::of(
                FlowRequirement::Password,
                "the account's password",
                "the same",
                true,
            )],
            advice: Vec::new(),
        },
        now,
    };
    match app.store.finish_sign_in(sign_in).await? {
        Finished::SignedIn { user, .. } => {
            let is_administrator = is_administrator(app, &user).await?;
            let return_to = typed.return_to.map_or_else(
                || landing_of(site, is_administrator),
                |target| target.as_str().to_owned(),
            );
            Ok(Ending::SignedIn {
                session,
                return_to,
                code: attempt.code,
                known: KnownBrowser::after(app, &user),
                through: None,
            })
        }
        Finished::Refused { refusal, .. } => Ok(Ending::Refused {
            code: attempt.code,
            attempt: attempt.id,
            advice: super::advice::on_account(&refusal),
            return_to: attempt.return_to,
        }),
        Finished::Rehearsed { .. } => Err(Error::NoTest),
    }
}

/// Where an administrator's sign-in without a target ends, at a site without an application behind it.
const CONSOLE: &str = "/admin";

fn landing_of(site: &Site, is_administrator: bool) -> String {
    match &site.company.landing {
        None if is_administrator => CONSOLE.to_owned(),
        _ => landing(site),
    }
}

async fn is_administrator(app: &App, user: &User) -> Result<bool, Error> {
    let groups = app.store.groups_of(user.id).await?;
    Ok(groups
        .iter()
        .any(|group| group.kind == GroupKind::Administrator))
}

/// Rule F6: an administrator who gets in without single sign-on is written down, where it is enabled.
fn break_glass(
    site: &Site,
    user: &User,
    client: Option<IpAddr>,
    now: OffsetDateTime,
) -> Option<AuditEvent> {
    site.enabled_connections().next()?;
    Some(AuditEvent {
        id: AuditId::at(now, keys::in_order()),
        company_id: Some(site.company.id),
        at: now,
        actor: user.email.as_str().to_owned(),
        action: AuditAction::AdministratorPasswordSignIn.into(),
        subject: user.email.as_str().to_owned(),
        detail: AuditDetail::PasswordSignIn.to_string(),
        client,
        before: None,
        after: None,
    })
}
