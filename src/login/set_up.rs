//! The first sign-in of a company: whoever holds its set-up link becomes its administrator.
//!
//! Invariant: the link is used, the administrator made and the session begun in one transaction.
//!
//! Rule F6. Tests: `a_refused_set_up_leaves_nothing` in `tests/it/store/refusals.rs`.

use std::net::IpAddr;
use std::sync::Arc;

use super::record;
use super::{Browser, Error, KnownBrowser};
use crate::app::{App, Wait};
use crate::domain::{
    AttemptKind, Attributes, AuditAction, AuditEvent, AuditId, Check, Code, Creation, Email,
    FlowRequirement, Group, GroupId, GroupKind, Record, SessionId, SetupLinkId, User, UserId,
};
use crate::keys;
use crate::site::Site;
use crate::store::{AttemptRef, Finished, NewSession, Proof, Refusal, SetUp, SignIn};

/// What the holder of a link has typed, checked.
#[derive(Debug)]
pub struct FirstSignIn<'a> {
    /// The link, which can be used.
    pub link: SetupLinkId,
    /// The company's name.
    pub company_name: String,
    /// The administrator's address.
    pub email: Email,
    /// First name, or empty.
    pub first_name: String,
    /// Last name, or empty.
    pub last_name: String,
    /// The password; none to sign in by single sign-on later.
    pub password: Option<String>,
    /// The browser.
    pub browser: &'a Browser,
    /// The browser's session so far.
    pub session: Option<SessionId>,
    /// The client's address.
    pub client: Option<IpAddr>,
}

/// How it ended.
#[derive(Debug)]
pub enum FirstEnding {
    /// A session has begun.
    SignedIn {
        /// Its secret.
        session: SessionId,
        /// The attempt's code.
        code: Code,
        /// The browser, when wrong passwords of strangers must not count against it.
        known: Option<KnownBrowser>,
    },
    /// The link was used in the meantime, or cannot be used any more.
    LinkUsed,
    /// The address has an account already. The link can still be used.
    EmailTaken,
    /// Too many passwords at once; nothing was changed.
    TooMany(Wait),
}

/// Uses the link.
pub async fn set_up(
    app: &Arc<App>,
    site: &Site,
    typed: FirstSignIn<'_>,
) -> Result<FirstEnding, Error> {
    let password = match &typed.password {
        Some(password) => match hashed(app, site, password).await? {
            Ok(sealed) => Some(sealed),
            Err(wait) => return Ok(FirstEnding::TooMany(wait)),
        },
        None => None,
    };
    let now = app.clock.now();
    let company = site.company.id;
    let attempt = record::open_attempt(company, AttemptKind::SetUp, typed.browser.hash(), now);
    let code = attempt.code.clone();
    let session = SessionId::from_bytes(keys::random());
    let user_id = UserId::from_bytes(keys::random());
    let (browser_session, link) = (typed.session, typed.link);
    let sign_in = SignIn {
        company_id: company,
        attempt: AttemptRef::New(Box::new(attempt)),
        session: NewSession {
            id: session,
            expires_at: now + app.config.session.absolute.time(),
            idle: app.config.session.idle.time(),
        },
        replaces: browser_session,
        new_user_id: user_id,
        record: Record {
            checks: vec![Check::of(
                FlowRequirement::SetUpLink,
                "one that can be used",
                format!("the link {link}"),
                true,
            )],
            advice: Vec::new(),
        },
        proof: Proof::SetUp(Box::new(build_set_up(site, typed, user_id, password, now))),
        now,
    };
    Ok(match app.store.finish_sign_in(sign_in).await? {
        Finished::SignedIn { user, .. } => FirstEnding::SignedIn {
            session,
            code,
            known: KnownBrowser::after(app, &user),
        },
        Finished::Refused {
            refusal: Refusal::EmailTaken { .. },
            ..
        } => FirstEnding::EmailTaken,
        Finished::Refused { .. } => FirstEnding::LinkUsed,
        Finished::Rehearsed { .. } => return Err(Error::NoTest),
    })
}

/// Off the threads that serve requests: the work is meant to be slow.
async fn hashed(
    app: &Arc<App>,
    site: &Site,
    password: &str,
) -> Result<Result<Vec<u8>, Wait>, Error> {
    let turn = match app.throttle.password_turn(site.company.id).await {
        Ok(turn) => turn,
        Err(wait) => return Ok(Err(wait)),
    };
    let (app, password) = (Arc::clone(app), password.to_owned());
    tokio::task::spawn_blocking(move || {
        let _turn = turn;
        app.keys.hash_password(&password)
    })
    .await
    .map(Ok)
    .map_err(|cause| Error::Hashing(cause.to_string()))
}

fn build_set_up(
    site: &Site,
    typed: FirstSignIn<'_>,
    user_id: UserId,
    password: Option<Vec<u8>>,
    now: time::OffsetDateTime,
) -> SetUp {
    let company = site.company.id;
    SetUp {
        link: typed.link,
        event: AuditEvent {
            id: AuditId::at(now, keys::in_order()),
            company_id: Some(company),
            at: now,
            actor: typed.email.as_str().to_owned(),
            action: AuditAction::CompanySetUp.into(),
            subject: typed.company_name.clone(),
            detail: String::new(),
            client: typed.client,
            before: None,
            after: None,
        },
        company_name: typed.company_name,
        user: User {
            id: user_id,
            company_id: company,
            email: typed.email,
            first_name: typed.first_name,
            last_name: typed.last_name,
            company_name: String::new(),
            attributes: Attributes::new(),
            created_by: Creation::Administrator,
            has_password: password.is_some(),
            waits_for: None,
            disabled_at: None,
            created_at: now,
            last_sign_in_at: None,
        },
        password,
        group: Group {
            id: GroupId::from_bytes(keys::random()),
            company_id: company,
            title: Group::ADMINISTRATORS.to_owned(),
            kind: GroupKind::Administrator,
            sso_only: false,
            created_at: now,
        },
    }
}
