//! A Response comes to the assertion consumer service: which attempt it answers, in whose browser, and what becomes of it.
//!
//! Rules E1 to E6, in the order in which an answer meets them. Tests: `tests/it/sign_in/attempts.rs`. The other halves are `begin.rs`,
//! which asked, `authenticate.rs`, which judges, and `finish.rs`, which ends every sign-in.

use super::arrival::Arrival;
use super::authenticate::authenticate;
use super::finish::{AttemptToFinish, finish, landing};
use super::record::{SignInRefusal, refuse, refuse_apart, unknown_request};
use super::refusal_reason::RefusalReason;
use super::{Ending, Error, connection_test, evidence, new_key, repost, unsolicited};
use crate::app::App;
use crate::domain::{AttemptKind, LoginAttempt, Outcome, SessionId};
use crate::saml::response::ParsedResponse;
use crate::site::{AnsweredRequest, Site};
use crate::store::AttemptRef;

/// Ends a sign-in or a test by a Response.
pub async fn receive(app: &App, site: &Site, arrival: Arrival<'_>) -> Result<Ending, Error> {
    let ending = answer(app, site, arrival).await?;
    if !matches!(ending, Ending::TooMany(_))
        && let Some(record) = repost::replaced_record(app, site, arrival.reposted)
    {
        Box::pin(app.store.withdraw_refusal(site.company.id, record)).await?;
    }
    if let Ending::Refused { attempt, .. }
    | Ending::Tested { attempt, .. }
    | Ending::Repost {
        record: Some(attempt),
    } = &ending
    {
        // In a place of its own: a sign-in that succeeds does not carry it along.
        let (company, xml) = (site.company.id, arrival.response.xml());
        Box::pin(evidence::keep_response(app, company, *attempt, xml)).await;
    }
    Ok(ending)
}

async fn answer(app: &App, site: &Site, arrival: Arrival<'_>) -> Result<Ending, Error> {
    let company = site.company.id;
    let parsed = match ParsedResponse::parse(arrival.response.xml()) {
        Ok(parsed) => parsed,
        Err((rejection, checks)) => {
            let refusal = SignInRefusal::from_rejection(&rejection, checks);
            return refuse_apart(app, site, None, arrival.from(), refusal).await;
        }
    };
    let Some(request_id) = parsed.in_response_to() else {
        return Box::pin(unsolicited::receive(app, site, arrival, &parsed)).await;
    };
    let Some(attempt) = app.store.attempt_by_request(company, request_id).await? else {
        let refusal = unknown_request(app, request_id);
        return refuse_apart(app, site, None, arrival.from(), refusal).await;
    };
    // Rule E2. Another browser must not be able to end this attempt: the refusal is written down apart.
    if arrival.browser.is_none() && arrival.reposted.is_none() {
        return Box::pin(repost::ask(app, site, arrival, &attempt)).await;
    }
    if let Some(reason) = RefusalReason::of_browser(arrival.browser, &attempt) {
        let refusal = SignInRefusal::new(&reason);
        return refuse_apart(app, site, attempt.connection_id, arrival.from(), refusal).await;
    }
    if attempt.outcome == Outcome::SignedIn
        && arrival.session.is_none()
        && arrival.reposted.is_none()
    {
        // The session cookie does not come with a cross-site request; it may come with our own.
        return Box::pin(repost::ask(app, site, arrival, &attempt)).await;
    }
    if attempt.outcome == Outcome::SignedIn
        && let Some(ending) = Box::pin(repeated(app, site, &attempt, arrival.session)).await?
    {
        return Ok(ending);
    }
    if attempt.outcome != Outcome::Open && attempt.kind == AttemptKind::Test {
        // Its page is there; nothing is judged again.
        return Box::pin(connection_test::conclude(app, &attempt, None, None)).await;
    }
    if attempt.outcome != Outcome::Open {
        let refusal = SignInRefusal::new(&RefusalReason::Ended);
        return refuse_apart(app, site, attempt.connection_id, arrival.from(), refusal).await;
    }
    judge(app, site, &attempt, &parsed, arrival).await
}

/// Judges the answer to an open attempt of this browser.
async fn judge(
    app: &App,
    site: &Site,
    attempt: &LoginAttempt,
    parsed: &ParsedResponse<'_>,
    arrival: Arrival<'_>,
) -> Result<Ending, Error> {
    let now = app.clock.now();
    if let Some(reason) = RefusalReason::of_time(attempt, now) {
        let refusal = SignInRefusal::new(&reason);
        return refuse(app, site, attempt, arrival.from(), refusal).await;
    }
    // Rule E3: identity providers give the handle back as it was; some leave it out.
    if arrival
        .relay_state
        .is_some_and(|received| attempt.relay.as_deref() != Some(received))
    {
        let refusal = SignInRefusal::new(&RefusalReason::RelayState);
        return refuse(app, site, attempt, arrival.from(), refusal).await;
    }
    // Rule E6: the connection of the attempt, as it is now.
    let found = attempt
        .connection_id
        .and_then(|id| site.connection(id))
        .filter(|found| found.is_enabled() || attempt.kind == AttemptKind::Test);
    let Some(connection) = found else {
        let refusal = SignInRefusal::new(&RefusalReason::ConnectionGone);
        return refuse(app, site, attempt, arrival.from(), refusal).await;
    };
    let answered = AnsweredRequest {
        request_id: attempt.request_id.clone(),
        forced_at: attempt.forced.then_some(attempt.started_at),
    };
    match authenticate(app, site, connection, parsed, answered, attempt.kind) {
        Err(refusal) => {
            let requirement = refusal.requirement;
            let ending = refuse(app, site, attempt, arrival.from(), refusal).await?;
            new_key::ask(app, site, connection, arrival, requirement, &ending);
            Ok(ending)
        }
        Ok(authenticated) => {
            let to_finish = AttemptToFinish {
                reference: AttemptRef::Begun(attempt.id),
                attempt,
                former: arrival.session,
                return_to: attempt.return_to.clone().unwrap_or_else(|| landing(site)),
            };
            finish(app, site, authenticated, to_finish).await
        }
    }
}

/// Rule E4: the same answer again, by the Back button or a double click, to the session that it began.
pub(super) async fn repeated(
    app: &App,
    site: &Site,
    attempt: &LoginAttempt,
    session: Option<SessionId>,
) -> Result<Option<Ending>, Error> {
    let Some(session) = session else {
        return Ok(None);
    };
    let signed_in = app
        .store
        .signed_in(app.store.session_key(&session), app.clock.now())
        .await?;
    Ok(signed_in
        .filter(|live| live.session.attempt_id == attempt.id)
        .map(|_| Ending::AlreadySignedIn {
            return_to: attempt.return_to.clone().unwrap_or_else(|| landing(site)),
        }))
}
