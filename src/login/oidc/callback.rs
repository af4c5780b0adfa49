//! An answer comes to a redirect URI: which sign-in it answers, in whose browser, and what becomes of it.
//!
//! Rules H1, M1 to M7, E1 and E2, in the order in which an answer meets them. Nothing goes out before the attempt is claimed: of two
//! answers at once, one is redeemed. The other half, which asked, is `request.rs`.

use std::net::IpAddr;
use std::time::Duration;

use super::person;
use super::redeem::Redemption;
use super::refusal::{asked_anew, refusal, undelivered};
use super::secrets::{RequestBasis, RequestSecrets, request_id};
use crate::app::App;
use crate::domain::{AttemptKind, Connection, LoginAttempt, OidcSettings, Outcome, SessionId};
use crate::login::finish::{AttemptToFinish, finish, landing};
use crate::login::record::{AnsweringBrowser, SignInRefusal, refuse, refuse_apart};
use crate::login::refusal_reason::RefusalReason;
use crate::login::response::repeated;
use crate::login::{Browser, Ending, Error, connection_test};
use crate::oidc::{Answer, Callback, Checks, OpenRequest, RememberedSignIn, Requirement};
use crate::site::{AnyRequirement, Site, SiteConnection, client};
use crate::store::{AttemptRef, SessionRefresh};

/// How long a second answer to one request waits for the first, and how often it looks.
const TWIN: Duration = Duration::from_secs(10);
const LOOK: Duration = Duration::from_millis(100);

/// An answer and who brings it.
#[derive(Debug, Clone, Copy)]
pub struct CallbackArrival<'a> {
    /// The last part of the redirect URI.
    pub callback_code: &'a str,
    /// The query of a GET, or the body of a POST.
    pub encoded: &'a [u8],
    /// Whether it came by a POST, which another site sends without some cookies.
    pub posted: bool,
    /// The browser, when its login cookie came.
    pub browser: Option<&'a Browser>,
    /// The browser's session so far.
    pub session: Option<SessionId>,
    /// The client's address.
    pub client: Option<IpAddr>,
    /// Whether our own page has sent it again.
    pub reposted: bool,
}

impl<'a> CallbackArrival<'a> {
    const fn from(&self) -> AnsweringBrowser<'a> {
        AnsweringBrowser {
            browser: self.browser,
            client: self.client,
            kind: AttemptKind::Oidc,
        }
    }

    /// Whether our own page may bring a cookie that another site's POST does not (rule L5).
    const fn can_be_reposted(&self) -> bool {
        self.posted && !self.reposted
    }
}

/// Ends a sign-in or a test by an answer; none when no connection has the redirect URI (rule M1).
pub async fn receive_callback(
    app: &App,
    site: &Site,
    arrival: CallbackArrival<'_>,
) -> Result<Option<Ending>, Error> {
    let Some(ready) = site.connection_of_callback(arrival.callback_code) else {
        return Ok(None);
    };
    let Some(oidc) = ready.connection.settings.oidc() else {
        return Ok(None);
    };
    let ending = answer(app, site, ready, oidc, arrival).await?;
    Ok(Some(match ending {
        // The answer to this very request was faster by a moment, on another node.
        Ending::Repost { record: None } if !arrival.can_be_reposted() => {
            let refusal = SignInRefusal::new(&RefusalReason::Ended);
            let connection = Some(ready.connection.id);
            refuse_apart(app, site, connection, arrival.from(), refusal).await?
        }
        ending => ending,
    }))
}

async fn answer(
    app: &App,
    site: &Site,
    ready: &SiteConnection,
    oidc: &OidcSettings,
    arrival: CallbackArrival<'_>,
) -> Result<Ending, Error> {
    let connection = Some(ready.connection.id);
    let apart = |refusal| refuse_apart(app, site, connection, arrival.from(), refusal);
    let mut checks = Checks::new();
    let callback = match Callback::parse(arrival.encoded, &mut checks) {
        Ok(callback) => callback,
        Err(rejection) => return apart(refusal(&rejection, checks)).await,
    };
    let request_id = request_id(&callback.state_hash());
    let company = site.company.id;
    let Some(mut attempt) = app.store.attempt_by_request(company, &request_id).await? else {
        // Rule M5: an error that answers nothing is a page, and no record.
        if callback.is_error() {
            return Ok(Ending::Unasked);
        }
        return apart(SignInRefusal::new(&RefusalReason::UnknownRequest)).await;
    };
    // Rule E2, before anything is used up.
    if arrival.browser.is_none() && arrival.can_be_reposted() {
        return Ok(Ending::Repost { record: None });
    }
    if let Some(reason) = RefusalReason::of_browser(arrival.browser, &attempt) {
        return apart(SignInRefusal::new(&reason)).await;
    }
    // Rule M3: the redirect URI and the sign-in name the same connection, or this sign-in is over.
    if attempt.connection_id != connection {
        let rejection = checks.fail(
            Requirement::State,
            "the redirect URI of the connection that this sign-in began through",
            "the redirect URI of another connection",
        );
        return refuse(
            app,
            site,
            &attempt,
            arrival.from(),
            refusal(&rejection, checks),
        )
        .await;
    }
    if attempt.outcome == Outcome::Open && attempt.consumed_at.is_some() {
        attempt = wait_for_twin(app, attempt).await?;
    }
    if attempt.outcome == Outcome::SignedIn {
        if arrival.session.is_none() && arrival.can_be_reposted() {
            return Ok(Ending::Repost { record: None });
        }
        if let Some(ending) = repeated(app, site, &attempt, arrival.session).await? {
            return Ok(ending);
        }
    }
    if attempt.outcome != Outcome::Open && attempt.kind == AttemptKind::Test {
        return Box::pin(connection_test::conclude(app, &attempt, None, None)).await;
    }
    if attempt.outcome != Outcome::Open || attempt.consumed_at.is_some() {
        return apart(SignInRefusal::new(&RefusalReason::Ended)).await;
    }
    judge(app, site, ready, oidc, &attempt, callback, checks, arrival).await
}

/// Judges the answer to an open attempt of this browser.
#[expect(
    clippy::too_many_arguments,
    reason = "all of it is what came and what it is held against"
)]
async fn judge(
    app: &App,
    site: &Site,
    ready: &SiteConnection,
    oidc: &OidcSettings,
    attempt: &LoginAttempt,
    callback: Callback,
    mut checks: Checks,
    arrival: CallbackArrival<'_>,
) -> Result<Ending, Error> {
    let connection = &ready.connection;
    let refuse = |refusal| refuse(app, site, attempt, arrival.from(), refusal);
    let now = app.clock.now();
    if let Some(reason) = RefusalReason::of_time(attempt, now) {
        return refuse(SignInRefusal::new(&reason)).await;
    }
    if !ready.is_enabled() && attempt.kind != AttemptKind::Test {
        return refuse(SignInRefusal::new(&RefusalReason::ConnectionGone)).await;
    }
    let basis = RequestBasis::new(&site.company, connection, oidc, arrival.callback_code);
    if attempt.relay.as_deref() != Some(&*basis.fingerprint()) {
        return refuse(SignInRefusal::new(&RefusalReason::ConnectionChanged)).await;
    }
    let discovery = match app.discovery(&site.company, connection, oidc).await {
        Ok(discovery) => discovery,
        Err(cause) => return refuse(undelivered(&cause, checks)).await,
    };
    // Held until the provider has answered: a silent one keeps its own company's turns alone.
    let turn = match app.provider_turn(&site.company) {
        Ok(turn) => turn,
        Err(cause) => return refuse(undelivered(&cause, checks)).await,
    };
    if !app
        .store
        .claim_attempt(site.company.id, attempt.id, now)
        .await?
    {
        return Ok(Ending::Repost { record: None });
    }
    let client = client(connection, oidc, &discovery);
    let secrets = RequestSecrets::derive(app, callback.state(), &basis);
    let open = OpenRequest {
        state_hash: callback.state_hash(),
        nonce: secrets.nonce.clone(),
        started_at: attempt.started_at,
        forced: attempt.forced,
    };
    let matched = match callback.matches(open, &client, &mut checks) {
        Ok(Answer::Code(matched)) => matched,
        Ok(Answer::Error(error)) => {
            let rejection = error.reject(&mut checks);
            return refuse(refusal(&rejection, checks)).await;
        }
        Err(rejection) => return refuse(refusal(&rejection, checks)).await,
    };
    let sid = matched.session_state().map(str::to_owned);
    let redemption = Redemption {
        app,
        site,
        connection,
        oidc,
        discovery: &discovery,
        client: &client,
        redirect_uri: &basis.redirect_uri,
        verifier: &secrets.verifier,
        nonce: &secrets.nonce,
    };
    let mut redeemed = match redemption.redeem(matched, &mut checks).await {
        Ok(redeemed) => redeemed,
        Err(failed) => {
            let refusal = failed.refusal(checks);
            let may_ask = can_ask_anew(oidc, attempt, &refusal);
            let refusal = if may_ask {
                asked_anew(refusal)
            } else {
                refusal
            };
            return match refuse(refusal).await? {
                Ending::Refused { .. } if may_ask => Ok(Ending::AskAnew {
                    connection: connection.name.to_string(),
                    return_to: attempt.return_to.clone(),
                }),
                ending => Ok(ending),
            };
        }
    };
    drop(turn);
    let again = redeemed.again.take();
    match person::authenticate(app, connection, oidc, redeemed, sid, checks, attempt) {
        Err(refusal) => refuse(refusal).await,
        Ok(authenticated) => {
            let to_finish = AttemptToFinish {
                reference: AttemptRef::Claimed(attempt.id),
                attempt,
                former: arrival.session,
                return_to: attempt.return_to.clone().unwrap_or_else(|| landing(site)),
            };
            let ending = finish(app, site, authenticated, to_finish).await?;
            if let (Ending::SignedIn { session, .. }, Some(again)) = (&ending, again) {
                keep_refresh(app, connection, oidc, *session, &again).await?;
            }
            Ok(ending)
        }
    }
}

/// Rule L6: Entra is not told how old a sign-in may be; one that is too old is asked for anew, with the credentials. What was asked
/// for with them is asked for no more.
fn can_ask_anew(oidc: &OidcSettings, attempt: &LoginAttempt, refusal: &SignInRefusal) -> bool {
    let is_too_old = refusal.requirement == AnyRequirement::Oidc(Requirement::Freshness);
    is_too_old && oidc.issuer.is_entra() && !attempt.forced && attempt.kind == AttemptKind::Oidc
}

/// Keeps what the provider is asked with again while this session lasts (rule T6).
async fn keep_refresh(
    app: &App,
    connection: &Connection,
    oidc: &OidcSettings,
    session: SessionId,
    again: &RememberedSignIn,
) -> Result<(), Error> {
    let key = app.store.session_key(&session);
    let now = app.clock.now();
    let minutes = oidc.check_again.unwrap_or_default();
    let refresh = SessionRefresh {
        session: key,
        company_id: connection.company_id,
        connection_id: connection.id,
        sealed: app.seal_remembered(key, oidc, again),
        next_at: now + time::Duration::minutes(minutes.into()),
        good_at: now,
        claimed_until: now,
    };
    Ok(app.store.keep_refresh(&refresh).await?)
}

/// The attempt when its verdict has fallen: another answer to the same request, by a double click, is being redeemed.
async fn wait_for_twin(app: &App, claimed: LoginAttempt) -> Result<LoginAttempt, Error> {
    let began = app.clock.running();
    let mut last = claimed;
    while last.outcome == Outcome::Open && app.clock.running().saturating_sub(began) < TWIN {
        tokio::time::sleep(LOOK).await;
        match app.store.attempt(last.id).await? {
            Some(now) => last = now,
            None => break,
        }
    }
    Ok(last)
}
