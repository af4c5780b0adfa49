//! Whether a logout message is what it says, and of whom.
//!
//! Invariant: it is judged only against enabled connections of the host's company that its issuer names (rule E6).
//!
//! Tests: `tests/it/slo.rs`. The law of the message is `saml::logout`; whom it means is `principal.rs`.

use time::{Duration, OffsetDateTime};

use super::LogoutArrival;
use crate::domain::{Check, ConnectionId, FlowRequirement};
use crate::oidc;
use crate::saml::error::{Rejection, Requirement, SamlCheck};
use crate::saml::logout::{
    LogoutExpectation, LogoutMessage, LogoutRequest, ValidatedLogout, claimed_issuer, receive_post,
    receive_redirect,
};
use crate::site::{self, Site, SiteConnection, record_check};
use crate::verdict::shorten;

/// How old a request without `NotOnOrAfter` may be.
pub(super) const LONGEST_AGE: Duration = Duration::minutes(10);
/// Entra ID signs assertions by one name of a tenant, and logout messages by the other.
const ENTRA_NAMES: [&str; 2] = [
    "https://sts.windows.net/",
    "https://login.microsoftonline.com/",
];

/// Why a logout message is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LogoutRefusal {
    /// It is not strict XML, or names no issuer.
    #[error("The message is not strict XML with an Issuer ({})", FlowRequirement::LogoutReadable.rule())]
    Unreadable,
    /// Nobody that this company knows: what it calls itself.
    #[error(
        "No enabled connection of this company has the issuer of the message: {0} ({rule})",
        rule = FlowRequirement::LogoutIssuer.rule()
    )]
    UnknownIssuer(String),
    /// It says something wrong.
    #[error(transparent)]
    Rejected(Rejection),
    /// The same of a logout token.
    #[error(transparent)]
    Token(Box<oidc::Rejection>),
    /// It may have been taken from somewhere.
    #[error("The request has no NotOnOrAfter and is older than ten minutes ({})", FlowRequirement::LogoutAge.rule())]
    Old,
    /// It counted once.
    #[error("The message came before, and counts once ({})", FlowRequirement::LogoutFirstUse.rule())]
    Repeated,
    /// The browser that brings it is signed in, and not by the name that it says.
    #[error("The request does not fit the session of the browser that brings it ({})", FlowRequirement::LogoutPrincipal.rule())]
    UnknownPrincipal,
}

impl LogoutRefusal {
    /// Whether the one thing wrong is that nobody signed it.
    pub fn is_unsigned(&self) -> bool {
        matches!(self, Self::Rejected(rejection) if rejection.requirement == Requirement::LogoutSignature)
    }

    /// What was required.
    pub(super) const fn requirement(&self) -> site::AnyRequirement {
        site::AnyRequirement::Flow(match self {
            Self::Unreadable => FlowRequirement::LogoutReadable,
            Self::UnknownIssuer(_) => FlowRequirement::LogoutIssuer,
            Self::Rejected(rejection) => return site::AnyRequirement::Saml(rejection.requirement),
            Self::Token(rejection) => return site::AnyRequirement::Oidc(rejection.requirement),
            Self::Old => FlowRequirement::LogoutAge,
            Self::Repeated => FlowRequirement::LogoutFirstUse,
            Self::UnknownPrincipal => FlowRequirement::LogoutPrincipal,
        })
    }
}

/// A message that verifies with a connection.
pub(super) struct JudgedLogout<'s> {
    pub(super) ready: &'s SiteConnection,
    pub(super) message: ValidatedLogout,
    pub(super) checks: Vec<SamlCheck>,
}

/// A message that is refused, as far as it came.
pub(super) struct RefusedLogout {
    pub(super) refusal: LogoutRefusal,
    pub(super) connection: Option<ConnectionId>,
    pub(super) checks: Vec<Check>,
}

/// The connections that the message verifies with. Two connections may be two applications of one identity provider: each
/// verifies by its own keys.
pub(super) fn judge<'s>(
    site: &'s Site,
    arrival: LogoutArrival<'_>,
    now: OffsetDateTime,
) -> Result<Vec<JudgedLogout<'s>>, RefusedLogout> {
    let mut refused = RefusedLogout {
        refusal: LogoutRefusal::Unreadable,
        connection: None,
        checks: Vec::new(),
    };
    let Some(issuer) = claimed_issuer(arrival.xml()) else {
        return Err(refused);
    };
    refused.refusal = LogoutRefusal::UnknownIssuer(shorten(issuer.clone().into()).into_owned());
    let mut accepted = Vec::new();
    for ready in site.enabled_connections() {
        let entity_id = &ready.trust.idp_entity_id;
        let other_names = other_names(entity_id);
        if !ready.trust.is_from(&issuer) && !other_names.contains(&issuer) {
            continue;
        }
        let skew = skew_of(ready);
        let expectation = LogoutExpectation {
            slo_url: site.company.slo_url(),
            extra_issuers: other_names,
            clock_skew: skew,
        };
        let verdict = match arrival {
            LogoutArrival::Redirect(message) => {
                receive_redirect(message, &ready.trust, &expectation, now)
            }
            LogoutArrival::Post(message) => receive_post(message, &ready.trust, &expectation, now),
        };
        let (checks, outcome) = verdict.into_parts();
        let refusal = match outcome {
            Ok(message) if is_old(message.message(), now - skew) => LogoutRefusal::Old,
            Ok(message) => {
                accepted.push(JudgedLogout {
                    ready,
                    message,
                    checks,
                });
                continue;
            }
            Err(rejection) => LogoutRefusal::Rejected(rejection),
        };
        refused = RefusedLogout {
            refusal,
            connection: Some(ready.connection.id),
            checks: checks.into_iter().map(record_check).collect(),
        };
    }
    if accepted.is_empty() {
        Err(refused)
    } else {
        Ok(accepted)
    }
}

fn is_old(message: &LogoutMessage, earliest: OffsetDateTime) -> bool {
    let is_old = |request: &LogoutRequest| {
        request.not_on_or_after.is_none() && request.issue_instant < earliest - LONGEST_AGE
    };
    matches!(message, LogoutMessage::Request(request) if is_old(request))
}

pub(super) fn skew_of(ready: &SiteConnection) -> Duration {
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
