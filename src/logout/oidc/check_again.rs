//! The provider is asked again while its user is signed in, and may end the session (rule T6).
//!
//! Invariants: it runs beside the checks of sessions, never in one; one node asks for a session at a time; what says nothing of the
//! user changes nothing before the grace ends; a company's provider has its share of the questions.
//!
//! Tests: `tests/it/oidc_sign_in/logout/check_again.rs`.

use std::sync::Arc;

use time::Duration;
use tokio::task::JoinSet;

use super::sign_out::sign_out;
use crate::app::App;
use crate::domain::{Check, Connection, OidcSettings};
use crate::oidc::{
    Checks, Discovery, RefreshRefusal, RefreshedAnswer, RememberedSignIn, Requirement, TokenRequest,
};
use crate::outbound::{Media, ProviderAnswer};
use crate::site::{Site, authentications, client, record_check, sign_in_credential};
use crate::store::{self, SessionRefresh};

/// How long one node has a session's question to itself: longer than all that is asked takes.
const CLAIM: Duration = Duration::minutes(2);
/// How soon it is asked again what could not be answered.
const SOON: Duration = Duration::minutes(5);
/// How long a session lasts whose provider does not answer.
const GRACE: Duration = Duration::hours(24);

/// What a provider says of a session.
enum Word {
    /// All is well.
    Good(RememberedSignIn),
    /// The session ends.
    Over,
    /// Nothing.
    Silence,
    /// Nothing that could be verified; but another token came, and the one before may be used up.
    Unproved(RememberedSignIn),
}

/// Asks for the sessions that are due, so many at once; how many they were.
pub async fn check_again(app: &Arc<App>, most: i64) -> Result<usize, store::Error> {
    let now = app.clock.now();
    let claimed = app.desk.claim_refreshes(now, now + CLAIM, most).await?;
    let count = claimed.len();
    let mut asking = JoinSet::new();
    for one in claimed {
        let app = Arc::clone(app);
        asking.spawn(async move {
            if let Err(cause) = ask(&app, &one).await {
                tracing::warn!(connection = %one.connection_id, %cause, "a session could not be checked again");
            }
        });
    }
    while asking.join_next().await.is_some() {}
    Ok(count)
}

async fn ask(app: &App, claimed: &SessionRefresh) -> Result<(), store::Error> {
    let site = app.directory.site_of(claimed.company_id);
    let ready = site
        .as_ref()
        .and_then(|site| site.connection(claimed.connection_id));
    let oidc = ready.and_then(|ready| ready.connection.settings.oidc());
    let (Some(site), Some(ready), Some(oidc)) = (&site, ready, oidc) else {
        return app.desk.forget_refresh(claimed.session).await;
    };
    let remembered = app.open_remembered(claimed.session, oidc, &claimed.sealed);
    // Switched off, or another provider's by now.
    let (Some(minutes), Some(remembered)) = (oidc.check_again, remembered) else {
        return app.desk.forget_refresh(claimed.session).await;
    };
    let mut checks = Checks::new();
    let asking = Asking {
        app,
        site,
        connection: &ready.connection,
        oidc,
    };
    let word = asking.word(&remembered, &mut checks).await;
    let now = app.clock.now();
    let every = Duration::minutes(minutes.into());
    let next = match word {
        Word::Good(after) => SessionRefresh {
            sealed: app.seal_remembered(claimed.session, oidc, &after),
            next_at: now + every,
            good_at: now,
            ..claimed.clone()
        },
        Word::Unproved(after) if now - claimed.good_at < GRACE => SessionRefresh {
            sealed: app.seal_remembered(claimed.session, oidc, &after),
            next_at: now + every.min(SOON),
            ..claimed.clone()
        },
        Word::Silence if now - claimed.good_at < GRACE => SessionRefresh {
            next_at: now + every.min(SOON),
            ..claimed.clone()
        },
        Word::Silence | Word::Unproved(_) | Word::Over => {
            let checks: Vec<Check> = checks.into_vec().into_iter().map(record_check).collect();
            return end(app, &ready.connection, claimed, checks).await;
        }
    };
    app.desk.release_refresh(claimed, &next).await.map(drop)
}

/// Ends the session, with a record of what was asked and what came.
async fn end(
    app: &App,
    connection: &Connection,
    claimed: &SessionRefresh,
    checks: Vec<Check>,
) -> Result<(), store::Error> {
    let session = app
        .store
        .live_session(claimed.session, app.clock.now())
        .await?;
    match session {
        None => app.desk.forget_refresh(claimed.session).await,
        Some(session) => {
            let found = vec![(claimed.session, session)];
            sign_out(app, connection, found, None, checks)
                .await
                .map(drop)
        }
    }
}

/// One question.
struct Asking<'a> {
    app: &'a App,
    site: &'a Site,
    connection: &'a Connection,
    oidc: &'a OidcSettings,
}

impl Asking<'_> {
    async fn word(&self, before: &RememberedSignIn, checks: &mut Checks) -> Word {
        let (app, oidc) = (self.app, self.oidc);
        let company = &self.site.company;
        let Ok(_turn) = app.provider_turn(company) else {
            return Word::Silence;
        };
        let Ok(discovery) = app.discovery(company, self.connection, oidc).await else {
            return Word::Silence;
        };
        let asked_at = app.clock.now();
        let Some(answer) = self.token(before, &discovery).await else {
            return Word::Silence;
        };
        let is_json = answer.media == Media::Json;
        let answer = match RefreshedAnswer::parse(answer.status, is_json, &answer.body) {
            Ok(answer) => answer,
            Err(RefreshRefusal::Later(said)) => {
                checks.fail(Requirement::TokenRequest, "an answer", said);
                return Word::Silence;
            }
            Err(RefreshRefusal::Ended(said) | RefreshRefusal::Interaction(said)) => {
                checks.fail(
                    Requirement::TokenRequest,
                    "that the sign-in still counts",
                    said,
                );
                return Word::Over;
            }
        };
        let unproved = answer.remembered(before);
        let kid = answer.kid();
        let keys = app.provider_keys(company, self.connection, &discovery, kid.as_deref());
        let Ok(keys) = keys.await else {
            return Word::Unproved(unproved);
        };
        let client = client(self.connection, oidc, &discovery);
        let times = (asked_at, app.clock.now());
        match answer.validate(before, &keys, &client, times, checks) {
            Ok(after) => Word::Good(after),
            // Keys change, and a provider that does not show the new one just now says nothing of the user.
            Err(refused) if refused.requirement == Requirement::KnownKey => {
                Word::Unproved(unproved)
            }
            Err(_) => Word::Over,
        }
    }

    async fn token(
        &self,
        before: &RememberedSignIn,
        discovery: &Discovery,
    ) -> Option<ProviderAnswer> {
        let (app, oidc) = (self.app, self.oidc);
        let now = app.clock.now();
        let credential = sign_in_credential(oidc, discovery, now);
        let ways = authentications(&app.keys, self.connection, &credential, now);
        let request = |way: &_| TokenRequest::again(before, &oidc.client_id, way);
        let reach = app.reach(&self.site.company);
        let endpoint = &discovery.token_endpoint;
        let asked = app.provider_client().token(endpoint, ways, request, reach);
        asked.await.ok()?
    }
}
