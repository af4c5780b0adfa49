//! A logout message from an identity provider.
//!
//! Invariants: it ends only sessions of the connection that it verifies with, of its name, that were begun before it was made.
//! It counts once: the same message again ends nothing. What came of it is written down as a sign-in is.
//!
//! Rules D6 and E4. Tests: `tests/it/slo.rs` and `tests/it/slo/records.rs`. The other half, logout that begins here, is `begin.rs`.

use std::sync::Arc;

use time::{Duration, OffsetDateTime};

use super::judge::{self, JudgedLogout, LONGEST_AGE, LogoutRefusal, RefusedLogout, skew_of};
use super::outgoing::{LogoutDraft, Outgoing, send};
use super::principal::RequestedLogout;
use super::record;
use super::visit::{LogoutEnding, LogoutVisit};
use crate::app::{App, Wait};
use crate::domain::{Check, Code, LoginAttempt, SessionKey};
use crate::keys;
use crate::saml::authn_request::message_id;
use crate::saml::binding::MessageKind;
use crate::saml::logout::{LogoutMessage, LogoutResponse, LogoutStatus};
use crate::saml::names;
use crate::site::{Site, SiteConnection, record_check};
use crate::store::{self, SignOut, UsedMessage};

/// Judges a logout message and does what it asks.
pub async fn receive(
    app: &App,
    site: &Site,
    visit: LogoutVisit<'_>,
) -> Result<LogoutEnding, store::Error> {
    let now = app.clock.now();
    let judged = match judge::judge(site, visit.arrival, now) {
        Ok(judged) => judged,
        Err(refused) => {
            let refused = record::refuse(app, site, visit.client, refused).await?;
            return Ok(refused.into());
        }
    };
    let mut sessions = Vec::new();
    let mut requests = Vec::new();
    let mut refused = None;
    let mut repost = false;
    for judged in &judged {
        match judged.message.message() {
            LogoutMessage::Response(response) => {
                return record_answer(app, site, judged, response, now).await;
            }
            LogoutMessage::Request(request) => {
                let requested = RequestedLogout {
                    site,
                    ready: judged.ready,
                    request,
                };
                match sign_out(app, judged, requested, &visit, now).await? {
                    Done::Ended(ended) => sessions.extend(ended),
                    Done::Refused(code) => refused = Some(code),
                    Done::Repost => repost = true,
                    Done::TooMany(wait) => return Ok(LogoutEnding::TooMany(wait)),
                }
                requests.push(requested);
            }
        }
    }
    if repost && sessions.is_empty() {
        return Ok(LogoutEnding::Repost);
    }
    let is_here = requests
        .iter()
        .any(|requested| visit.session_through(requested.ready).is_some());
    // Core 3.2.2.2: not Success to an identity provider that would tell the user that it is over, while it is not. A browser that
    // says who is signed in in it lets us know; one that keeps its cookies even from our own page cannot.
    let (unknown, code, detail) = match refused {
        Some(code) if sessions.is_empty() && is_here => (
            Some(code),
            names::STATUS_REQUESTER,
            Some(names::STATUS_UNKNOWN_PRINCIPAL.to_owned()),
        ),
        _ => (None, names::STATUS_SUCCESS, None),
    };
    let status = LogoutStatus {
        code: code.to_owned(),
        detail,
        message: None,
    };
    let answer = requests.iter().find_map(|requested| {
        answer_to(app, *requested, visit.arrival.relay_state(), &status, now)
    });
    Ok(match unknown {
        Some(code) => LogoutEnding::Unknown { answer, code },
        None => LogoutEnding::Ended { sessions, answer },
    })
}

/// What came of a request at one connection.
enum Done {
    Ended(Vec<SessionKey>),
    /// It came before, or does not fit the browser's session.
    Refused(Code),
    /// It fits nobody, and the browser did not say who is signed in in it.
    Repost,
    TooMany(Wait),
}

/// Ends the sessions that a request means, when it comes for the first time, and writes down what came of it.
async fn sign_out(
    app: &App,
    judged: &JudgedLogout<'_>,
    requested: RequestedLogout<'_>,
    visit: &LogoutVisit<'_>,
    now: OffsetDateTime,
) -> Result<Done, store::Error> {
    let (connection, request) = (requested.ready.connection.id, requested.request);
    let name = &request.name_id.value;
    let found = app
        .store
        .sessions_by_name_id(connection, name, None, now)
        .await?;
    let (sessions, users): (Vec<_>, Vec<_>) = found
        .into_iter()
        .filter(|(_, session)| requested.means(session))
        .map(|(key, session)| (key, session.user_id))
        .unzip();
    if sessions.is_empty() && visit.may_repost {
        return Ok(Done::Repost);
    }
    let own = visit.session_through(requested.ready);
    let attempt = signed_out_attempt(requested.site, judged, now);
    let own = own.filter(|_| sessions.is_empty());
    let is_unknown = own.is_some();
    let attempt = if let Some(own) = own {
        record::with_unknown_principal(attempt, own.user.id, requested.compared(&own.session))
    } else {
        record::with_sessions(attempt, &users)
    };
    let code = attempt.code.clone();
    let message = SignOut {
        connection_id: connection,
        used: Some(UsedMessage {
            id: request.id.clone(),
            expires_at: remembered_until(app, requested),
        }),
        attempt: Arc::new(attempt),
        sessions,
        now,
    };
    if app.sessions.sign_out(&message).await? {
        return Ok(if is_unknown {
            Done::Refused(code)
        } else {
            Done::Ended(message.sessions)
        });
    }
    let repeated = RefusedLogout {
        refusal: LogoutRefusal::Repeated,
        connection: Some(connection),
        checks: record_checks(judged),
    };
    let refused = record::refuse(app, requested.site, visit.client, repeated).await?;
    Ok(match refused {
        Ok(recorded) => Done::Refused(recorded.code),
        Err(wait) => Done::TooMany(wait),
    })
}

fn signed_out_attempt(site: &Site, judged: &JudgedLogout<'_>, now: OffsetDateTime) -> LoginAttempt {
    let connection = judged.ready.connection.id;
    record::signed_out_attempt(site.company.id, connection, record_checks(judged), now)
}

fn record_checks(judged: &JudgedLogout<'_>) -> Vec<Check> {
    judged.checks.iter().cloned().map(record_check).collect()
}

/// As long as a repetition is accepted and could meet a session that was begun in time to be meant.
fn remembered_until(app: &App, requested: RequestedLogout<'_>) -> OffsetDateTime {
    let (skew, issued) = (skew_of(requested.ready), requested.request.issue_instant);
    let accepted = requested
        .request
        .not_on_or_after
        .unwrap_or_else(|| issued.saturating_add(LONGEST_AGE));
    let lived = issued.saturating_add(app.config.session.absolute.time());
    accepted.min(lived).saturating_add(skew)
}

fn answer_to(
    app: &App,
    requested: RequestedLogout<'_>,
    relay_state: Option<&str>,
    status: &LogoutStatus,
    now: OffsetDateTime,
) -> Option<Outgoing> {
    let SiteConnection { connection, .. } = requested.ready;
    let destination = connection.settings.saml().logout_answer_url()?;
    let response = LogoutResponse {
        id: message_id(now, &keys::random()),
        issue_instant: now,
        destination: destination.to_owned(),
        issuer: requested.site.company.entity_id(),
        in_response_to: Some(requested.request.id.clone()),
        status: status.clone(),
    };
    let draft = LogoutDraft {
        kind: MessageKind::Response,
        id: &response.id,
        xml: &response.to_xml(),
        destination,
        relay_state,
    };
    send(app, connection, &draft)
}

/// The identity provider's answer to our request: kept, once.
async fn record_answer(
    app: &App,
    site: &Site,
    judged: &JudgedLogout<'_>,
    response: &LogoutResponse,
    now: OffsetDateTime,
) -> Result<LogoutEnding, store::Error> {
    // Core 3.7.3.2: a partial logout may come under any top-level code.
    let everywhere =
        response.status.code == names::STATUS_SUCCESS && response.status.detail.is_none();
    let attempt = record::with_answer(
        signed_out_attempt(site, judged, now),
        (!everywhere).then_some(&response.status),
    );
    let message = SignOut {
        connection_id: judged.ready.connection.id,
        used: Some(UsedMessage {
            id: response.id.clone(),
            // A repetition changes nothing either; it only leaves no second record for a while.
            expires_at: now.saturating_add(Duration::HOUR),
        }),
        sessions: Vec::new(),
        attempt: Arc::new(attempt),
        now,
    };
    app.sessions.sign_out(&message).await?;
    Ok(LogoutEnding::Answered { everywhere })
}
