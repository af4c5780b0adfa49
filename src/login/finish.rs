//! The end of a sign-in: a Response becomes a session, or a refusal with a record.
//!
//! Rules E1 to E6, in the order in which an answer meets them. Tests: `tests/it/sign_in/attempts.rs`. The other halves are `begin.rs`,
//! which asked, and `store::sign_in`, which stores.

use super::reason::Reason;
use super::record::{self, Refusal, refuse, refuse_apart, unknown_request};
use super::{
    Browser, Ending, Error, KnownBrowser, Reposted, advice, evidence, new_key, repost, test,
    unsolicited,
};
use crate::app::App;
use crate::domain::{
    AttemptKind, Connection, ConnectionId, Findings, LoginAttempt, NameId, Outcome, PendingLink,
    Profile, Record, SessionId, UserId,
};
use crate::import;
use crate::keys;
use crate::saml::assertion::ValidatedAssertion;
use crate::saml::binding::EncodedResponse;
use crate::saml::cross_check::Consultation;
use crate::saml::error::{Rejection, Requirement};
use crate::saml::response::ParsedResponse;
use crate::site::{Asked, Site, SiteConnection};
use crate::store::{self, AttemptRef, FederatedProof, Finished, NewSession, Proof, SignIn};
use std::net::IpAddr;
use std::sync::Arc;
use time::{Duration, OffsetDateTime};

/// A Response as it arrives at the assertion consumer service.
#[derive(Debug, Clone, Copy)]
pub struct Arrival<'a> {
    /// The Response.
    pub response: &'a EncodedResponse,
    /// The RelayState beside it.
    pub relay_state: Option<&'a str>,
    /// The browser, when its login cookie came.
    pub browser: Option<&'a Browser>,
    /// The browser's session so far.
    pub session: Option<SessionId>,
    /// The client's address.
    pub client: Option<IpAddr>,
    /// What our own page says, when this is our re-post.
    pub reposted: Option<Reposted<'a>>,
    /// How often this browser was bounced within the last moment.
    pub bounced: u8,
    /// The connection that this browser last signed in through, as its cookie says: a hint only.
    pub through: Option<ConnectionId>,
}

/// An assertion that has passed every check, with the person that it speaks of.
#[derive(Debug)]
pub(super) struct AuthenticatedSubject<'a> {
    connection: &'a Arc<Connection>,
    assertion: ValidatedAssertion,
    name_id: Option<NameId>,
    profile: Profile,
    record: Record,
}

impl AuthenticatedSubject<'_> {
    /// How long ago the assertion was made.
    pub(super) fn age(&self) -> Duration {
        self.assertion.drift()
    }
}

/// Finishes a sign-in, or a test.
pub async fn finish(app: &App, site: &Site, arrival: Arrival<'_>) -> Result<Ending, Error> {
    let ending = end(app, site, arrival).await?;
    if !matches!(ending, Ending::TooMany(_))
        && let Some(record) = repost::replaced(app, site, arrival.reposted)
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

async fn end(app: &App, site: &Site, arrival: Arrival<'_>) -> Result<Ending, Error> {
    let company = site.company.id;
    let parsed = match ParsedResponse::parse(arrival.response.xml()) {
        Ok(parsed) => parsed,
        Err((rejection, checks)) => {
            let refusal = Refusal::of(&rejection, checks);
            return refuse_apart(app, site, None, arrival, refusal).await;
        }
    };
    let Some(request_id) = parsed.in_response_to() else {
        return Box::pin(unsolicited::finish(app, site, arrival, parsed)).await;
    };
    let Some(attempt) = app.store.attempt_by_request(company, request_id).await? else {
        let refusal = unknown_request(app, request_id);
        return refuse_apart(app, site, None, arrival, refusal).await;
    };
    // Rule E2. Another browser must not be able to end this attempt: the refusal is written down apart.
    match arrival.browser {
        None if arrival.reposted.is_none() => {
            return Box::pin(repost::ask(app, site, arrival, &attempt)).await;
        }
        Some(browser) if keys::same(&browser.hash(), &attempt.browser_hash) => {}
        other => {
            let refusal = Refusal::new(match other {
                None => &Reason::NoCookie,
                Some(_) => &Reason::OtherBrowser,
            });
            return refuse_apart(app, site, attempt.connection_id, arrival, refusal).await;
        }
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
        return Box::pin(test::conclude(app, &attempt, None, None)).await;
    }
    if attempt.outcome != Outcome::Open {
        let refusal = Refusal::new(&Reason::Ended);
        return refuse_apart(app, site, attempt.connection_id, arrival, refusal).await;
    }
    judge(app, site, &attempt, parsed, arrival).await
}

/// Judges the answer to an open attempt of this browser.
async fn judge(
    app: &App,
    site: &Site,
    attempt: &LoginAttempt,
    parsed: ParsedResponse<'_>,
    arrival: Arrival<'_>,
) -> Result<Ending, Error> {
    let now = app.clock.now();
    if !attempt.is_in_time(now) {
        let refusal = Refusal::new(if now < attempt.expires_at {
            &Reason::Early
        } else {
            &Reason::Late
        });
        return refuse(app, site, attempt, arrival, refusal).await;
    }
    // Rule E3: identity providers give the handle back as it was; some leave it out.
    if arrival
        .relay_state
        .is_some_and(|received| attempt.relay.as_deref() != Some(received))
    {
        let refusal = Refusal::new(&Reason::RelayState);
        return refuse(app, site, attempt, arrival, refusal).await;
    }
    // Rule E6: the connection of the attempt, as it is now.
    let found = attempt
        .connection_id
        .and_then(|id| site.connection(id))
        .filter(|found| found.is_enabled() || attempt.kind == AttemptKind::Test);
    let Some(connection) = found else {
        let refusal = Refusal::new(&Reason::ConnectionGone);
        return refuse(app, site, attempt, arrival, refusal).await;
    };
    let asked = Asked {
        request_id: attempt.request_id.clone(),
        forced_at: attempt.forced.then_some(attempt.started_at),
    };
    match authenticate(app, site, connection, parsed, asked, now) {
        Err(refusal) => {
            let requirement = refusal.requirement;
            let ending = refuse(app, site, attempt, arrival, refusal).await?;
            new_key::ask(app, site, connection, arrival, requirement, &ending);
            Ok(ending)
        }
        Ok(subject) => {
            let return_to = attempt.return_to.clone().unwrap_or_else(|| landing(site));
            complete(
                app,
                site,
                subject,
                AttemptRef::Begun(attempt.id),
                attempt,
                arrival.session,
                return_to,
            )
            .await
        }
    }
}

/// From a Response to a person, without touching anything.
pub(super) fn authenticate<'a>(
    app: &App,
    site: &Site,
    ready: &'a SiteConnection,
    parsed: ParsedResponse<'_>,
    asked: Asked,
    now: OffsetDateTime,
) -> Result<AuthenticatedSubject<'a>, Refusal> {
    let SiteConnection { connection, trust } = ready;
    let expectation = site.expectation(connection, asked);
    let second = consultation(app, connection); // rule B9
    let verdict = parsed.validate(trust, &expectation, now, second.as_ref());
    let named = verdict.named().map(str::to_owned);
    let (checks, assertion) = match verdict.into_parts() {
        (checks, Ok(assertion)) => (checks, assertion),
        (checks, Err(rejection)) => {
            report_disagreement(connection, &rejection);
            return Err(Refusal::of(&rejection, checks).naming(named.as_deref()));
        }
    };
    let record = record::record(checks);
    let name_id = name_id(&assertion);
    let attributes = assertion
        .attributes()
        .iter()
        .map(|attribute| (attribute.name.as_str(), attribute.values.as_slice()));
    let unnamed = NameId::new("", None);
    match Profile::read(
        &connection.settings,
        name_id.as_ref().unwrap_or(&unnamed),
        attributes,
    ) {
        Ok(profile) => Ok(AuthenticatedSubject {
            connection,
            assertion,
            name_id,
            profile,
            record,
        }),
        Err(error) => {
            let refusal = Refusal::new(&Reason::Claims(error)).after(record);
            Err(refusal.about(assertion))
        }
    }
}

/// The name, as we keep it.
pub(super) fn name_id(assertion: &ValidatedAssertion) -> Option<NameId> {
    assertion.name_id().cloned().map(|name| NameId {
        value: name.value,
        format: name.format,
        name_qualifier: name.name_qualifier,
        sp_name_qualifier: name.sp_name_qualifier,
        sp_provided_id: name.sp_provided_id,
    })
}

/// The second implementation, where the operator wants one asked.
fn consultation<'a>(app: &'a App, connection: &Connection) -> Option<Consultation<'a>> {
    let cross_check = app.cross_check.as_ref()?;
    let certificates = import::certificates(&connection.settings.certificates);
    Some(cross_check.consultation(certificates))
}

/// The second implementation's refusal concerns the operator, who reads the log.
fn report_disagreement(connection: &Connection, rejection: &Rejection) {
    if rejection.requirement == Requirement::SecondOpinion {
        tracing::error!(
            connection = %connection.name,
            "the second implementation does not agree; the sign-in was refused, and its record says why"
        );
    }
}

/// One transaction: the attempt, the assertion ID, the account, the session.
pub(super) async fn complete(
    app: &App,
    site: &Site,
    subject: AuthenticatedSubject<'_>,
    reference: AttemptRef,
    attempt: &LoginAttempt,
    former: Option<SessionId>,
    return_to: String,
) -> Result<Ending, Error> {
    let now = app.clock.now();
    let latest = now + app.config.session.absolute.time();
    let session = SessionId::from_bytes(keys::random());
    let (connection, subject_key) = (subject.connection.id, subject.profile.subject.clone());
    let findings = (attempt.kind == AttemptKind::Test).then(|| {
        let settings = &subject.connection.settings;
        Box::new(Findings {
            person: Some(subject.profile.clone()),
            ..test::findings(settings, &subject.assertion)
        })
    });
    let sign_in = SignIn {
        company_id: site.company.id,
        attempt: reference,
        proof: Proof::Federated(Box::new(FederatedProof {
            connection: Arc::clone(subject.connection),
            profile: subject.profile,
            assertion_id: subject.assertion.id().to_owned(),
            assertion_expires_at: subject.assertion.acceptable_until(),
            name_id: subject.name_id,
            session_index: subject.assertion.session_index().map(str::to_owned),
            authn_instant: subject.assertion.authn_instant(),
            authn_context: subject.assertion.authn_context().map(str::to_owned),
        })),
        session: NewSession {
            id: session,
            // Rule D6.
            expires_at: subject
                .assertion
                .session_not_on_or_after()
                .map_or(latest, |end| end.min(latest)),
            idle: app.config.session.idle.time(),
        },
        replaces: former,
        new_user_id: UserId::from_bytes(keys::random()),
        record: subject.record,
        now,
    };
    match app.store.finish_sign_in(sign_in).await? {
        Finished::SignedIn { user, .. } => Ok(Ending::SignedIn {
            session,
            return_to,
            code: attempt.code.clone(),
            known: KnownBrowser::after(app, &user),
            through: attempt.connection_id,
        }),
        // A double click: the same Response, or another to the same request, was faster by a moment, here or on another
        // server. Our own re-post finds what it began (rule E4), and cannot come here again: the attempt has ended.
        Finished::Refused {
            refusal: store::Refusal::AttemptConsumed,
            ..
        } => Ok(Ending::Repost { record: None }),
        Finished::Refused { .. } if attempt.kind == AttemptKind::Test => {
            Box::pin(test::conclude(app, attempt, findings, None)).await
        }
        Finished::Refused { refusal, .. } => {
            if let Some(user) = refusal.linkable() {
                let link = PendingLink {
                    connection,
                    subject: subject_key,
                    user,
                };
                Box::pin(evidence::keep_link(app, site.company.id, attempt.id, &link)).await;
            }
            Ok(Ending::Refused {
                code: attempt.code.clone(),
                attempt: attempt.id,
                advice: advice::on_account(&refusal),
            })
        }
        Finished::Rehearsed { rehearsal, .. } => {
            Box::pin(test::conclude(app, attempt, findings, Some(*rehearsal))).await
        }
    }
}

/// Rule E4: the same Response again, by the Back button or a double click, to the session that it began.
async fn repeated(
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

/// Where a sign-in without a target ends.
pub fn landing(site: &Site) -> String {
    site.company
        .landing
        .clone()
        .unwrap_or_else(|| "/".to_owned())
}
