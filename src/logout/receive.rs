//! A logout message from an identity provider.
//!
//! Invariants: it is judged only against enabled connections of the host's company that its issuer names (rule E6). It ends
//! only sessions of that connection, of that name, that were begun before it was made: the same message again ends nothing
//! that began since.

use time::{Duration, OffsetDateTime};

use super::outgoing::{Draft, Outgoing, send};
use crate::app::App;
use crate::domain::{Session, SessionKey};
use crate::keys;
use crate::saml::assertion::NameId;
use crate::saml::authn_request::message_id;
use crate::saml::binding::{MessageKind, Posted, Redirected};
use crate::saml::error::{Rejection, Requirement};
use crate::saml::logout::{
    LogoutExpectation, LogoutMessage, LogoutRequest, LogoutResponse, LogoutStatus, claimed_issuer,
    receive_post, receive_redirect,
};
use crate::saml::names;
use crate::site::{Site, SiteConnection};
use crate::store;

/// The longest `RelayState` that is given back, in octets (Bindings 3.4.3 and 3.5.3).
const LONGEST_RELAY_STATE: usize = 80;
/// How old a request without `NotOnOrAfter` may be.
const LONGEST_AGE: Duration = Duration::minutes(10);
/// Entra ID signs assertions by one name of a tenant, and logout messages by the other.
const ENTRA_NAMES: [&str; 2] = [
    "https://sts.windows.net/",
    "https://login.microsoftonline.com/",
];

/// A logout message as it arrived.
#[derive(Clone, Copy)]
pub enum Arrival<'a> {
    /// In a query.
    Redirect(&'a Redirected),
    /// In a form.
    Post(&'a Posted),
}

/// What came of it.
#[derive(Debug)]
pub enum Ending {
    /// A request: the sessions that it named have ended.
    Ended {
        /// Those that there were.
        sessions: Vec<SessionKey>,
        /// What to tell the identity provider; none when it has no address for that.
        answer: Option<Outgoing>,
    },
    /// The answer to our own request. Nothing has changed.
    Answered {
        /// Whether the identity provider says that every session has ended.
        everywhere: bool,
    },
    /// Nothing has changed.
    Refused(Refusal),
}

/// Why a logout message is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It is not strict XML, or names no issuer.
    #[error("the message is not strict XML with an Issuer (A3)")]
    Unreadable,
    /// Nobody that this company knows.
    #[error("no enabled connection of this company has its issuer (E6)")]
    UnknownIssuer,
    /// It says something wrong.
    #[error(transparent)]
    Rejected(Rejection),
    /// It may have been taken from somewhere.
    #[error("the request has no NotOnOrAfter and is older than ten minutes (C5)")]
    Old,
}

impl Refusal {
    /// Whether the one thing wrong is that nobody signed it.
    pub fn is_unsigned(&self) -> bool {
        matches!(self, Self::Rejected(rejection) if rejection.requirement == Requirement::LogoutSignature)
    }
}

/// Judges a logout message and does what it asks.
pub async fn receive(app: &App, site: &Site, arrival: Arrival<'_>) -> Result<Ending, store::Error> {
    let now = app.clock.now();
    let judged = match judge(site, arrival, now) {
        Ok(judged) => judged,
        Err(refusal) => return Ok(Ending::Refused(refusal)),
    };
    let mut sessions = Vec::new();
    let mut answer = None;
    for (ready, message) in &judged {
        match message {
            LogoutMessage::Response(response) => {
                return Ok(Ending::Answered {
                    everywhere: is_complete(&response.status),
                });
            }
            LogoutMessage::Request(request) => {
                sessions.extend(end_sessions(app, site, ready, request, now).await?);
                answer = answer
                    .or_else(|| answer_to(app, site, ready, request, arrival.relay_state(), now));
            }
        }
    }
    Ok(Ending::Ended { sessions, answer })
}

impl Arrival<'_> {
    /// Whether it asks or answers.
    pub fn kind(&self) -> MessageKind {
        match self {
            Self::Redirect(message) => message.kind,
            Self::Post(message) => message.kind,
        }
    }

    fn xml(&self) -> &[u8] {
        match self {
            Self::Redirect(message) => &message.xml,
            Self::Post(message) => &message.xml,
        }
    }

    fn relay_state(&self) -> Option<&str> {
        let relay_state = match self {
            Self::Redirect(message) => message.relay_state.as_deref(),
            Self::Post(message) => message.relay_state.as_deref(),
        };
        relay_state.filter(|it| it.len() <= LONGEST_RELAY_STATE)
    }
}

/// The connections that the message verifies with. Two connections may be two applications of one identity provider: each
/// verifies by its own keys.
fn judge<'s>(
    site: &'s Site,
    arrival: Arrival<'_>,
    now: OffsetDateTime,
) -> Result<Vec<(&'s SiteConnection, LogoutMessage)>, Refusal> {
    let issuer = claimed_issuer(arrival.xml()).ok_or(Refusal::Unreadable)?;
    let mut accepted = Vec::new();
    let mut refusal = Refusal::UnknownIssuer;
    for ready in site.enabled_connections() {
        let entity_id = &ready.trust.idp_entity_id;
        let other_names = other_names(entity_id);
        if *entity_id != issuer && !other_names.contains(&issuer) {
            continue;
        }
        let skew = skew_of(ready);
        let expectation = LogoutExpectation {
            slo_url: site.company.slo_url(),
            extra_issuers: other_names,
            clock_skew: skew,
        };
        let verdict = match arrival {
            Arrival::Redirect(message) => {
                receive_redirect(message, &ready.trust, &expectation, now)
            }
            Arrival::Post(message) => receive_post(message, &ready.trust, &expectation, now),
        };
        match verdict.outcome {
            Ok(LogoutMessage::Request(request)) if is_old(&request, now - skew) => {
                refusal = Refusal::Old;
            }
            Ok(message) => accepted.push((ready, message)),
            Err(rejection) => refusal = Refusal::Rejected(rejection),
        }
    }
    if accepted.is_empty() {
        Err(refusal)
    } else {
        Ok(accepted)
    }
}

async fn end_sessions(
    app: &App,
    site: &Site,
    ready: &SiteConnection,
    request: &LogoutRequest,
    now: OffsetDateTime,
) -> Result<Vec<SessionKey>, store::Error> {
    let found = app
        .store
        .sessions_by_name_id(ready.connection.id, &request.name_id.value, None, now)
        .await?;
    let latest = request.issue_instant + skew_of(ready);
    let mut ended = Vec::new();
    for (key, session) in found {
        if session.signed_in_at <= latest
            && is_same_name(site, ready, &session, &request.name_id)
            && is_meant(&session, &request.session_indexes)
            && app.sessions.end(key).await?
        {
            ended.push(key);
        }
    }
    Ok(ended)
}

/// Core 3.7.3: the sessions that are listed, or all. One that came without an index cannot be told from those listed.
fn is_meant(session: &Session, indexes: &[String]) -> bool {
    indexes.is_empty()
        || session
            .session_index
            .as_ref()
            .is_none_or(|index| indexes.contains(index))
}

/// Core 3.3.4 and 8.3.7: values and qualifiers are equal, and a qualifier that is left out is the identity provider's or our
/// own name. Formats must not contradict each other; a request may leave it out (Core 8.3.1).
fn is_same_name(site: &Site, ready: &SiteConnection, session: &Session, asked: &NameId) -> bool {
    let Some(own) = &session.name_id else {
        return false;
    };
    let entity_id = site.company.entity_id();
    let said = |format: &Option<String>| {
        format
            .clone()
            .filter(|format| format != names::NAMEID_UNSPECIFIED)
    };
    let formats_agree = match (said(&own.format), said(&asked.format)) {
        (Some(own), Some(asked)) => own == asked,
        _ => true,
    };
    let same = |own: &Option<String>, asked: &Option<String>, default: &str| {
        own.as_deref().unwrap_or(default) == asked.as_deref().unwrap_or(default)
    };
    own.value == asked.value
        && formats_agree
        && same(
            &own.name_qualifier,
            &asked.name_qualifier,
            &ready.trust.idp_entity_id,
        )
        && same(&own.sp_name_qualifier, &asked.sp_name_qualifier, &entity_id)
}

/// Always success: no session of that name is left, also when there was none (a repeated request).
fn answer_to(
    app: &App,
    site: &Site,
    ready: &SiteConnection,
    request: &LogoutRequest,
    relay_state: Option<&str>,
    now: OffsetDateTime,
) -> Option<Outgoing> {
    let settings = &ready.connection.settings;
    let destination = settings
        .slo_response_url
        .as_ref()
        .or(settings.slo_url.as_ref())?;
    let response = LogoutResponse {
        id: message_id(now, &keys::random()),
        issue_instant: now,
        destination: destination.clone(),
        issuer: site.company.entity_id(),
        in_response_to: Some(request.id.clone()),
        status: LogoutStatus {
            code: names::STATUS_SUCCESS.to_owned(),
            ..LogoutStatus::default()
        },
    };
    let draft = Draft {
        kind: MessageKind::Response,
        id: &response.id,
        xml: &response.to_xml(),
        destination,
        relay_state,
    };
    send(app, &ready.connection, &draft)
}

/// Core 3.7.3.2: a partial logout may come under any top-level code.
fn is_complete(status: &LogoutStatus) -> bool {
    status.code == names::STATUS_SUCCESS && status.detail.is_none()
}

fn is_old(request: &LogoutRequest, earliest: OffsetDateTime) -> bool {
    request.not_on_or_after.is_none() && request.issue_instant < earliest - LONGEST_AGE
}

fn skew_of(ready: &SiteConnection) -> Duration {
    Duration::seconds(ready.connection.settings.clock_skew_seconds.into())
}

/// The other name of an Entra tenant; none of anybody else.
fn other_names(entity_id: &str) -> Vec<String> {
    let [assertions, logout] = ENTRA_NAMES;
    [(assertions, logout), (logout, assertions)]
        .into_iter()
        .filter_map(|(own, other)| {
            let tenant = entity_id.strip_prefix(own)?.strip_suffix('/')?;
            let is_id = tenant.len() == 36
                && tenant
                    .bytes()
                    .all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
            is_id.then(|| format!("{other}{tenant}/"))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::other_names;

    #[test]
    fn an_entra_tenant_has_two_names() {
        let tenant = "6babcaad-604b-40ac-a9d7-9fd97c0b779f";
        let assertions = format!("https://sts.windows.net/{tenant}/");
        let logout = format!("https://login.microsoftonline.com/{tenant}/");
        assert_eq!(other_names(&assertions), [logout.as_str()]);
        assert_eq!(other_names(&logout), [assertions.as_str()]);
        for other in [
            "https://idp.example/".to_owned(),
            "https://sts.windows.net/common/".to_owned(),
            format!("https://sts.windows.net/{tenant}"),
            format!("https://sts.windows.net.evil.example/{tenant}/"),
            format!("https://sts.windows.net/{tenant}/x/"),
        ] {
            assert!(other_names(&other).is_empty(), "{other}");
        }
    }
}
