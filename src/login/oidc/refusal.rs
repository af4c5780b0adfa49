//! The refusal that a rejection is, and the one where nothing came.

use super::advice;
use crate::domain::Record;
use crate::login::record::SignInRefusal;
use crate::oidc::{Checks, Rejection, Requirement};
use crate::outbound::DocumentError;
use crate::site::{AnyRequirement, record_check};

/// A rejection of the law's, with what was checked before it.
pub(super) fn refusal(rejection: &Rejection, checks: Checks) -> SignInRefusal {
    SignInRefusal {
        requirement: AnyRequirement::Oidc(rejection.requirement),
        summary: rejection.to_string(),
        record: Record {
            checks: checks.into_vec().into_iter().map(record_check).collect(),
            advice: advice::advice(rejection),
        },
        advice: advice::for_user(rejection),
        named: None,
        findings: None,
    }
}

/// The same of a sign-in that is asked for once more (rule L6): nobody was turned away.
pub(super) fn asked_anew(refusal: SignInRefusal) -> SignInRefusal {
    let mut record = refusal.record;
    record.advice = vec![
        "Nothing has to be done. The next sign-in of this person tells how it went on.".to_owned(),
    ];
    let rule = refusal.requirement.rule();
    SignInRefusal {
        summary: format!(
            "The sign-in at the provider was too old: the person was sent back to sign in there again ({rule})"
        ),
        record,
        ..refusal
    }
}

/// The provider did not answer, or with something that cannot be used.
pub(super) fn undelivered(cause: &DocumentError, mut checks: Checks) -> SignInRefusal {
    let requirement = match cause {
        DocumentError::Keys { .. } | DocumentError::NoKey(_) => Requirement::KnownKey,
        _ => Requirement::TokenRequest,
    };
    let rejection = checks.fail(requirement, "an answer of the provider", cause.to_string());
    refusal(&rejection, checks)
}
