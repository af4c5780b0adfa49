//! Whom a logout request means: the sessions that its name, its qualifiers and its indexes fit.
//!
//! Rule D6. Tests: `tests/it/slo/records.rs`. The other half, what a sign-in keeps of its name, is `saml::assertion`.

use time::OffsetDateTime;

use super::judge::skew_of;
use crate::domain::name_id::{EMAIL_ADDRESS, EMAIL_ADDRESS_OF_2_0};
use crate::domain::{Check, FlowRequirement, Session};
use crate::saml::logout::LogoutRequest;
use crate::saml::names;
use crate::site::{Site, SiteConnection};

/// A request, and whom it asks.
#[derive(Clone, Copy)]
pub(super) struct RequestedLogout<'a> {
    pub(super) site: &'a Site,
    pub(super) ready: &'a SiteConnection,
    pub(super) request: &'a LogoutRequest,
}

impl RequestedLogout<'_> {
    /// Whether the request means a session of the connection.
    pub(super) fn means(&self, session: &Session) -> bool {
        self.compared(session).iter().all(|check| check.passed)
    }

    /// Everything in which a request and a session have to agree. Names are not told: a record holds none.
    pub(super) fn compared(&self, session: &Session) -> Vec<Check> {
        let mut checks = vec![check(
            FlowRequirement::LogoutBegan,
            "a session that had begun",
            session.signed_in_at <= self.latest(),
            || "one that began later".to_owned(),
        )];
        let requested = &self.request.name_id;
        let Some(own) = &session.name_id else {
            checks.push(check(
                FlowRequirement::LogoutNamed,
                "a NameID",
                false,
                || "none".to_owned(),
            ));
            return checks;
        };
        checks.push(check(
            FlowRequirement::LogoutNameId,
            "the name that the assertion said",
            own.has_value(&requested.value),
            || {
                if own.value.eq_ignore_ascii_case(&requested.value) {
                    "the same name in other letter case".to_owned()
                } else {
                    "another name".to_owned()
                }
            },
        ));
        // Core 8.3.1: a request may leave the format out. What both say must not differ.
        let (format, other) = (
            specified(own.format.as_ref()),
            specified(requested.format.as_ref()),
        );
        checks.push(check(
            FlowRequirement::LogoutFormat,
            format.unwrap_or("none"),
            format.is_none() || other.is_none() || format == other,
            || other.unwrap_or("none").to_owned(),
        ));
        // Core 8.3.7: a qualifier that is left out is the identity provider's or our own name.
        for (requirement, own, requested, default) in [
            (
                FlowRequirement::LogoutNameQualifier,
                &own.name_qualifier,
                &requested.name_qualifier,
                &self.ready.trust.idp_entity_id,
            ),
            (
                FlowRequirement::LogoutSpNameQualifier,
                &own.sp_name_qualifier,
                &requested.sp_name_qualifier,
                &self.site.company.entity_id(),
            ),
        ] {
            let own = own.as_ref().unwrap_or(default);
            let requested = requested.as_ref().unwrap_or(default);
            checks.push(check(requirement, own, own == requested, || {
                requested.clone()
            }));
        }
        // Core 3.7.3: the sessions that are listed, or all. One that came without an index cannot be told from those listed.
        let indexes = &self.request.session_indexes;
        let listed = session.session_index.as_ref();
        checks.push(check(
            FlowRequirement::LogoutSessionIndex,
            "no SessionIndex, or the session's among them",
            indexes.is_empty() || listed.is_none_or(|index| indexes.contains(index)),
            || "others only".to_owned(),
        ));
        checks
    }

    /// A session that began later is none of the request's.
    fn latest(&self) -> OffsetDateTime {
        self.request.issue_instant + skew_of(self.ready)
    }
}

/// What a format says; `unspecified` says nothing, and both spellings of an e-mail address say the same (rule D7).
fn specified(format: Option<&String>) -> Option<&str> {
    match format.map(String::as_str) {
        Some(names::NAMEID_UNSPECIFIED) => None,
        Some(EMAIL_ADDRESS_OF_2_0) => Some(EMAIL_ADDRESS),
        other => other,
    }
}

fn check(
    requirement: FlowRequirement,
    expected: &str,
    passed: bool,
    received: impl FnOnce() -> String,
) -> Check {
    use crate::verdict::shorten;
    let expected = shorten(expected.to_owned().into());
    let received = if passed {
        expected.clone()
    } else {
        shorten(received().into())
    };
    Check::of(requirement, expected, received, passed)
}
