//! What is kept of a logout message: a record as of a sign-in, with a code.
//!
//! Anybody can send messages that are refused, so a client that sends many gets a short answer and no record, and so does everyone
//! at a company that gets very many.
//!
//! Tests: `tests/it/slo/records.rs`. The same of a sign-in is `login/record.rs`.

use std::net::IpAddr;

use time::OffsetDateTime;

use super::judge::{LogoutRefusal, RefusedLogout};
use super::token_advice;
use crate::app::{App, Counted, Wait};
use crate::domain::{
    AttemptId, AttemptKind, Check, Code, CompanyId, ConnectionId, FlowRequirement, LoginAttempt,
    Outcome, Record, UserId,
};
use crate::keys;
use crate::saml;
use crate::saml::logout::LogoutStatus;
use crate::site::{AnyRequirement, Site};
use crate::store;
use crate::verdict;

/// An attempt that is over as it is written down.
pub(super) fn signed_out_attempt(
    company: CompanyId,
    connection: ConnectionId,
    checks: Vec<Check>,
    now: OffsetDateTime,
) -> LoginAttempt {
    LoginAttempt {
        connection_id: Some(connection),
        outcome: Outcome::SignedOut,
        record: Record {
            checks,
            advice: Vec::new(),
        },
        ..open_attempt(company, now)
    }
}

/// The same, as one that ended the sessions of these users: one for each session.
pub(super) fn with_sessions(attempt: LoginAttempt, users: &[UserId]) -> LoginAttempt {
    let first = users.first();
    let only = first.filter(|one| users.iter().all(|it| it == *one));
    LoginAttempt {
        summary: match users.len() {
            0 => "The identity provider asked for a sign-out. No session had the name.".to_owned(),
            1 => "The identity provider asked for a sign-out. 1 session ended.".to_owned(),
            more => {
                format!("The identity provider asked for a sign-out. {more} sessions ended.")
            }
        },
        user_id: only.copied(),
        ..attempt
    }
}

/// The same, as the answer to a request of ours; `status` is what the identity provider could not do.
pub(super) fn with_answer(attempt: LoginAttempt, status: Option<&LogoutStatus>) -> LoginAttempt {
    let Some(status) = status else {
        return LoginAttempt {
            summary: "The identity provider answers: every session has ended there.".to_owned(),
            ..attempt
        };
    };
    let code = status.detail.as_ref().unwrap_or(&status.code);
    let code = verdict::shorten(code.clone().into());
    let mut attempt = attempt;
    let requirement = FlowRequirement::LogoutComplete;
    let expected = saml::names::STATUS_SUCCESS;
    let check = Check::of(requirement, expected, code.clone(), false);
    attempt.record.checks.push(check);
    attempt.record.advice = vec![
        "Look into the identity provider's own log: it could not end every session there. The session here has ended."
            .to_owned(),
    ];
    LoginAttempt {
        outcome: Outcome::Refused,
        rule: Some(requirement.rule().to_owned()),
        summary: format!(
            "The identity provider answers that not every session has ended there: {code} ({})",
            requirement.rule()
        ),
        ..attempt
    }
}

/// The same, as one that fits no session, not even the one of the browser that brings it.
pub(super) fn with_unknown_principal(
    attempt: LoginAttempt,
    user: UserId,
    compared: Vec<Check>,
) -> LoginAttempt {
    let attempt = LoginAttempt {
        user_id: Some(user),
        ..attempt
    };
    with_refusal(attempt, &LogoutRefusal::UnknownPrincipal, compared)
}

fn with_refusal(
    mut attempt: LoginAttempt,
    refusal: &LogoutRefusal,
    checks: Vec<Check>,
) -> LoginAttempt {
    attempt.record.checks.extend(checks);
    attempt.record.advice = advice(refusal);
    LoginAttempt {
        outcome: Outcome::Refused,
        rule: Some(refusal.requirement().rule().to_owned()),
        summary: refusal.to_string(),
        ..attempt
    }
}

/// A refusal that was written down.
pub(super) struct RecordedRefusal {
    pub(super) refusal: LogoutRefusal,
    /// By which the record is found.
    pub(super) code: Code,
}

/// Writes a refused message down, unless too many come.
pub(super) async fn refuse(
    app: &App,
    site: &Site,
    client: Option<IpAddr>,
    found: RefusedLogout,
) -> Result<Result<RecordedRefusal, Wait>, store::Error> {
    let counted = Counted::RefusedMessage;
    if let Err(wait) = app.throttle.admit(counted, client, &site.company) {
        return Ok(Err(wait));
    }
    let RefusedLogout {
        refusal,
        connection,
        checks,
    } = found;
    let attempt = LoginAttempt {
        connection_id: connection,
        ..open_attempt(site.company.id, app.clock.now())
    };
    // What the judge checked names the failure; what is found before and after it needs a check of its own.
    let own = match refusal.requirement() {
        AnyRequirement::Saml(_) | AnyRequirement::Oidc(_) => None,
        AnyRequirement::Flow(requirement) => Some(Check::of(
            requirement,
            expected(&refusal),
            received(&refusal).to_owned(),
            false,
        )),
    };
    let checks = checks.into_iter().chain(own).collect();
    let attempt = with_refusal(attempt, &refusal, checks);
    app.store.add_attempt(&attempt).await?;
    Ok(Ok(RecordedRefusal {
        refusal,
        code: attempt.code,
    }))
}

fn expected(refusal: &LogoutRefusal) -> &'static str {
    match refusal {
        LogoutRefusal::Unreadable => "strict XML with an Issuer",
        LogoutRefusal::UnknownIssuer(_) => "the issuer of an enabled connection",
        LogoutRefusal::Old => "NotOnOrAfter, or an age of ten minutes at the most",
        LogoutRefusal::Repeated => "a message that comes for the first time",
        LogoutRefusal::UnknownPrincipal | LogoutRefusal::Rejected(_) | LogoutRefusal::Token(_) => {
            "the session's name"
        }
    }
}

fn received(refusal: &LogoutRefusal) -> &str {
    match refusal {
        LogoutRefusal::Unreadable => "no XML that this server accepts, or no Issuer",
        LogoutRefusal::UnknownIssuer(issuer) => issuer,
        LogoutRefusal::Old => "neither",
        LogoutRefusal::Repeated => "one that came before",
        LogoutRefusal::UnknownPrincipal | LogoutRefusal::Rejected(_) | LogoutRefusal::Token(_) => {
            "another"
        }
    }
}

fn advice(refusal: &LogoutRefusal) -> Vec<String> {
    let line = match refusal {
        LogoutRefusal::Rejected(rejection) => return saml::advice::advice(rejection),
        LogoutRefusal::Token(rejection) => token_advice::advice(rejection),
        LogoutRefusal::Unreadable => return Vec::new(),
        LogoutRefusal::UnknownIssuer(_) => {
            "No enabled connection of this company has this identity provider. Import its metadata, or enable the connection."
        }
        LogoutRefusal::Old => {
            "The message waited too long on its way. Sign out again, and compare the clock of the identity provider with this server's."
        }
        LogoutRefusal::Repeated => "Nothing has to be done: the first one counted.",
        LogoutRefusal::UnknownPrincipal => {
            "Let the identity provider say the same NameID, Format, qualifiers and SessionIndex in its logout request as in the assertion of the sign-in. The checks say which of them differs."
        }
    };
    vec![line.to_owned()]
}

fn open_attempt(company: CompanyId, now: OffsetDateTime) -> LoginAttempt {
    let id = AttemptId::at(now, keys::random());
    LoginAttempt {
        consumed_at: Some(now),
        finished_at: Some(now),
        ..LoginAttempt::open(id, company, AttemptKind::Logout, [0; 32], now)
    }
}
