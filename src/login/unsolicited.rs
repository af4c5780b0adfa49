//! A Response that nobody asked for (rule E5): bounced, refused, or accepted, as the connection says.
//!
//! Tests: `tests/it/sign_in/unsolicited.rs`. The other half, for an answer to a request, is `response.rs`.

use time::{Duration, OffsetDateTime};

use super::arrival::Arrival;
use super::authenticate::authenticate;
use super::finish::{AttemptToFinish, finish, landing};
use super::record::{self, SignInRefusal, refuse_apart};
use super::refusal_reason::RefusalReason;
use super::{Browser, Ending, Error, new_key, repost};
use crate::app::App;
use crate::domain::{AttemptKind, ConnectionId, LoginAttempt, Unsolicited};
use crate::saml::response::ParsedResponse;
use crate::site::{AnsweredRequest, Site, SiteConnection};
use crate::store::AttemptRef;

/// How old an accepted unsolicited Response may be, the connection's skew not counted: it comes straight from the tile.
const FRESH: Duration = Duration::minutes(5);

/// How often a browser is bounced within a moment: who clicks a tile twice or three times has as many windows on their way, and
/// nothing tells them from one window that goes round.
const BOUNCES: u8 = 3;

pub(super) async fn receive(
    app: &App,
    site: &Site,
    arrival: Arrival<'_>,
    parsed: &ParsedResponse<'_>,
) -> Result<Ending, Error> {
    let candidates = candidates(site, parsed);
    let Some(ready) = fitting(site, parsed, &candidates, app.clock.now()) else {
        let issuer = parsed.issuer().unwrap_or_default();
        let refusal = SignInRefusal::new(&RefusalReason::UnknownIssuer(issuer.into_owned()));
        return refuse_apart(app, site, None, arrival.from(), refusal).await;
    };
    let connection = &ready.connection;
    match connection.settings.saml().unsolicited {
        Unsolicited::Refuse => {
            let refusal = SignInRefusal::new(&RefusalReason::Unsolicited);
            refuse_apart(app, site, Some(connection.id), arrival.from(), refusal).await
        }
        Unsolicited::Bounce if arrival.bounced >= BOUNCES => {
            Box::pin(round(app, site, arrival, &candidates)).await
        }
        Unsolicited::Bounce => Ok(bounce(&candidates, arrival.through)),
        Unsolicited::Accept => accept(app, site, arrival, parsed, ready).await,
    }
}

/// The connections whose identity provider the Response names; a hint only, the signature decides (rule D1). Two connections
/// may be two applications of one identity provider.
fn candidates<'s>(site: &'s Site, parsed: &ParsedResponse<'_>) -> Vec<&'s SiteConnection> {
    let Some(issuer) = parsed.issuer() else {
        return Vec::new();
    };
    site.enabled_connections()
        .filter(|ready| ready.trust.is_from(&issuer))
        .collect()
}

/// Where a fresh sign-in starts. Of several connections to one identity provider nothing that is read here tells which is meant:
/// the one that the browser last used, or the one that the user chooses.
fn bounce(candidates: &[&SiteConnection], through: Option<ConnectionId>) -> Ending {
    let mut bouncing = candidates
        .iter()
        .filter(|ready| ready.connection.settings.saml().unsolicited == Unsolicited::Bounce);
    let meant = match (bouncing.next(), bouncing.next()) {
        (only, None) => only,
        _ => candidates
            .iter()
            .find(|ready| Some(ready.connection.id) == through),
    };
    Ending::Bounce {
        connection: meant.map(|ready| ready.connection.name.to_string()),
    }
}

/// A Response in a browser that was bounced several times within a moment. An identity provider that never answers our request
/// would send it round for ever; but a browser that is signed in is sent on.
async fn round(
    app: &App,
    site: &Site,
    arrival: Arrival<'_>,
    candidates: &[&SiteConnection],
) -> Result<Ending, Error> {
    let meant = |id: Option<ConnectionId>| {
        let mut ids = candidates.iter().map(|ready| ready.connection.id);
        ids.find(|candidate| Some(*candidate) == id)
    };
    let refusal = SignInRefusal::new(&RefusalReason::UnsolicitedAgain);
    if let Some(session) = arrival.session {
        let key = app.store.session_key(&session);
        let live = app.store.signed_in(key, app.clock.now()).await?;
        if live.is_some_and(|live| meant(live.session.connection_id).is_some()) {
            return Ok(Ending::AlreadySignedIn {
                return_to: landing(site),
            });
        }
    } else if arrival.reposted.is_none()
        && let Some(through) = meant(arrival.through)
    {
        // The session's cookie does not come with a cross-site request; it may come with our own.
        return repost::apart(app, site, arrival, Some(through), refusal).await;
    }
    let connection = candidates.first().map(|ready| ready.connection.id);
    refuse_apart(app, site, connection, arrival.from(), refusal).await
}

/// Of several, the one whose verdict is good, else the one that refuses last: the others have another key or audience. What
/// every one of them would discard unread is not read.
fn fitting<'s>(
    site: &Site,
    parsed: &ParsedResponse<'_>,
    candidates: &[&'s SiteConnection],
    now: OffsetDateTime,
) -> Option<&'s SiteConnection> {
    let first = candidates.first().copied()?;
    let is_bounced = |ready: &&SiteConnection| {
        ready.connection.settings.saml().unsolicited == Unsolicited::Bounce
    };
    if candidates.len() == 1 || candidates.iter().all(is_bounced) {
        return Some(first);
    }
    let mut best = (first, 0);
    for ready in candidates {
        let expectation = site.expectation(&ready.connection, AnsweredRequest::default());
        let verdict = parsed.validate(&ready.trust, &expectation, now, None);
        if verdict.outcome().is_ok() {
            return Some(ready);
        }
        if verdict.checks().len() > best.1 {
            best = (ready, verdict.checks().len());
        }
    }
    Some(best.0)
}

/// Rule E5: replay-checked, fresh, to the fixed landing page. What a request would be checked for stays as strict.
async fn accept(
    app: &App,
    site: &Site,
    arrival: Arrival<'_>,
    parsed: &ParsedResponse<'_>,
    ready: &SiteConnection,
) -> Result<Ending, Error> {
    let now = app.clock.now();
    let connection = &ready.connection;
    let apart = |refusal| refuse_apart(app, site, Some(connection.id), arrival.from(), refusal);
    let authenticated = match authenticate(
        app,
        site,
        ready,
        parsed,
        AnsweredRequest::default(),
        AttemptKind::Saml,
    ) {
        Ok(authenticated) => authenticated,
        Err(refusal) => {
            let requirement = refusal.requirement;
            let ending = apart(refusal).await?;
            new_key::ask(app, site, ready, arrival, requirement, &ending);
            return Ok(ending);
        }
    };
    if authenticated.age > FRESH + Duration::seconds(connection.settings.clock_skew_seconds.into())
    {
        return apart(SignInRefusal::new(&RefusalReason::Old)).await;
    }
    let browser_hash = arrival.browser.map(Browser::hash).unwrap_or_default();
    let attempt = LoginAttempt {
        connection_id: Some(connection.id),
        ..record::open_attempt(site.company.id, AttemptKind::Saml, browser_hash, now)
    };
    let target = connection
        .settings
        .saml()
        .landing
        .clone()
        .unwrap_or_else(|| landing(site));
    let to_finish = AttemptToFinish {
        reference: AttemptRef::New(Box::new(attempt.clone())),
        attempt: &attempt,
        former: arrival.session,
        return_to: target,
    };
    finish(app, site, authenticated, to_finish).await
}
