//! The record of an attempt: what was checked, and how it ended.
//!
//! Tests: `tests/it/sign_in/attempts.rs`. The other half, what is kept of a sign-in that succeeded, is `store::accepted`.

use std::net::IpAddr;
use std::sync::Arc;

use time::{Duration, OffsetDateTime};

use super::refusal_reason::RefusalReason;
use super::{Advice, Browser, Ending, Error, advice, connection_test};
use crate::app::{App, Counted};
use crate::domain::login_attempt::LIFETIME;
use crate::domain::{
    AttemptId, AttemptKind, Check, CompanyId, ConnectionId, Email, Findings, LoginAttempt, Outcome,
    Record,
};
use crate::keys;
use crate::saml;
use crate::saml::authn_request::message_time;
use crate::site::{AnyRequirement, Site, record_check};
use crate::store::AttemptRefusal;
use crate::verdict;

/// A new attempt.
pub(super) fn open_attempt(
    company: CompanyId,
    kind: AttemptKind,
    browser_hash: [u8; 32],
    now: OffsetDateTime,
) -> LoginAttempt {
    let id = AttemptId::at(now, keys::random());
    LoginAttempt::open(id, company, kind, browser_hash, now)
}

/// Why an attempt is refused, with everything that was checked.
#[derive(Debug)]
pub(super) struct SignInRefusal {
    pub(super) requirement: AnyRequirement,
    pub(super) summary: String,
    pub(super) record: Record,
    pub(super) advice: Advice,
    /// The e-mail address in an assertion whose signature is good, or of an account whose password was wrong.
    pub(super) named: Option<Box<Email>>,
    /// What a test found, when it is refused for its claims.
    pub(super) findings: Option<Box<Findings>>,
}

/// Who brings an answer.
#[derive(Debug, Clone, Copy)]
pub(super) struct AnsweringBrowser<'a> {
    /// The browser, when its login cookie came.
    pub(super) browser: Option<&'a Browser>,
    /// The client's address.
    pub(super) client: Option<IpAddr>,
    /// What a record of the answer alone is of.
    pub(super) kind: AttemptKind,
}

impl SignInRefusal {
    /// A refusal outside the validator.
    pub(super) fn new(reason: &RefusalReason) -> Self {
        let requirement = reason.requirement();
        // An issuer that fits no connection is anybody's text.
        let received = verdict::shorten(reason.received().into_owned().into());
        let refused = verdict::shorten(reason.refused().into_owned().into());
        Self {
            requirement: AnyRequirement::Flow(requirement),
            summary: format!("{refused} ({})", requirement.rule()),
            record: Record {
                checks: vec![Check::of(requirement, reason.expected(), received, false)],
                advice: advice::on(requirement)
                    .iter()
                    .map(|line| (*line).to_owned())
                    .collect(),
            },
            advice: reason.advice(),
            named: None,
            findings: None,
        }
    }

    /// A refusal of the validator's.
    pub(super) fn from_rejection(
        rejection: &saml::error::Rejection,
        checks: Vec<saml::error::SamlCheck>,
    ) -> Self {
        Self {
            requirement: AnyRequirement::Saml(rejection.requirement),
            summary: rejection.to_string(),
            record: Record {
                checks: checks.into_iter().map(record_check).collect(),
                advice: saml::advice::advice(rejection),
            },
            advice: advice::for_user(rejection),
            named: None,
            findings: None,
        }
    }

    /// The same with whom it concerns, if that is an e-mail address.
    pub(super) fn naming(self, name: Option<&str>) -> Self {
        let named = name.and_then(|name| name.parse().ok()).map(Box::new);
        Self { named, ..self }
    }

    /// The same after these checks.
    pub(super) fn after(mut self, mut before: Record) -> Self {
        before.checks.append(&mut self.record.checks);
        before.advice.append(&mut self.record.advice);
        self.record = before;
        self
    }

    /// The same with what a test found.
    pub(super) fn finding(self, findings: Option<Box<Findings>>) -> Self {
        Self { findings, ..self }
    }
}

/// What the validator checked, as it is kept.
pub(super) fn without_advice(checks: Vec<saml::error::SamlCheck>) -> Record {
    Record {
        checks: checks.into_iter().map(record_check).collect(),
        advice: Vec::new(),
    }
}

/// Whoever waits longer with an answer may as well have an ID that only looks like one of ours.
const AS_OLD: Duration = Duration::days(7);

/// A request that is not kept here: an old one is forgotten when nobody has answered it, and any other was never sent. When it
/// was sent, its ID says.
pub(super) fn unknown_request(app: &App, request_id: &str) -> SignInRefusal {
    let now = app.clock.now();
    let is_old = message_time(request_id).is_some_and(|sent| {
        sent <= now.saturating_sub(LIFETIME) && sent > now.saturating_sub(AS_OLD)
    });
    SignInRefusal::new(if is_old {
        &RefusalReason::Late
    } else {
        &RefusalReason::UnknownRequest
    })
}

/// Closes an open attempt with a refusal. One that is not open any more, because another server has answered it or it was
/// forgotten, keeps its own verdict: the refusal has a record of its own then, so that the user's code leads to it.
pub(super) async fn refuse(
    app: &App,
    site: &Site,
    attempt: &LoginAttempt,
    from: AnsweringBrowser<'_>,
    refusal: SignInRefusal,
) -> Result<Ending, Error> {
    let SignInRefusal {
        requirement,
        summary,
        record,
        advice,
        named,
        findings,
    } = refusal;
    let closing = Arc::new(AttemptRefusal {
        rule: Some(requirement.rule().to_owned()),
        summary,
        record,
        named: named.map(|named| *named),
    });
    let closed = app
        .store
        .refuse_attempt(attempt.id, Arc::clone(&closing), app.clock.now())
        .await?;
    if attempt.kind == AttemptKind::Test {
        let findings = findings.filter(|_| closed);
        return Box::pin(connection_test::conclude(app, attempt, findings, None)).await;
    }
    if !closed {
        let closing = Arc::unwrap_or_clone(closing);
        let refusal = SignInRefusal {
            requirement,
            summary: closing.summary,
            record: closing.record,
            advice,
            named: closing.named.map(Box::new),
            findings,
        };
        return Box::pin(refuse_apart(
            app,
            site,
            attempt.connection_id,
            from,
            refusal,
        ))
        .await;
    }
    Ok(Ending::Refused {
        code: attempt.code.clone(),
        attempt: attempt.id,
        advice,
        return_to: attempt.return_to.clone(),
    })
}

/// Writes a refusal down as an attempt of its own: the message fits no attempt, or must not touch the one it names.
///
/// Anybody can send such messages, so a client that sends many gets a short answer and no record, and so does everyone at a company
/// that gets very many.
pub(super) async fn refuse_apart(
    app: &App,
    site: &Site,
    connection: Option<ConnectionId>,
    from: AnsweringBrowser<'_>,
    refusal: SignInRefusal,
) -> Result<Ending, Error> {
    let (counted, company) = (Counted::RefusedMessage, &site.company);
    if let Err(wait) = app.throttle.admit(counted, from.client, company) {
        return Ok(Ending::TooMany(wait));
    }
    let browser_hash = from.browser.map(Browser::hash).unwrap_or_default();
    write_refusal(
        app,
        company.id,
        connection,
        from.kind,
        browser_hash,
        refusal,
    )
    .await
}

/// Writes a refusal down that no attempt waits for.
pub(super) async fn write_refusal(
    app: &App,
    company: CompanyId,
    connection: Option<ConnectionId>,
    kind: AttemptKind,
    browser_hash: [u8; 32],
    refusal: SignInRefusal,
) -> Result<Ending, Error> {
    let now = app.clock.now();
    let attempt = LoginAttempt {
        connection_id: connection,
        consumed_at: Some(now),
        finished_at: Some(now),
        outcome: Outcome::Refused,
        rule: Some(refusal.requirement.rule().to_owned()),
        summary: refusal.summary,
        record: refusal.record,
        named: refusal.named.map(|named| *named),
        ..open_attempt(company, kind, browser_hash, now)
    };
    app.store.add_attempt(&attempt).await?;
    Ok(Ending::Refused {
        code: attempt.code,
        attempt: attempt.id,
        advice: refusal.advice,
        return_to: None,
    })
}
