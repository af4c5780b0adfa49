//! The end of a test of a connection: the way of a sign-in up to its last step, and nobody is signed in.
//!
//! Invariant: nothing is judged here. What a test is refused for, a sign-in is refused for, by the same code.
//!
//! Tests: `tests/it/console/test_connection.rs`. The other half, which takes everything back, is `store::rehearsal`.

use super::name_id::name_id;
use super::{Ending, Error, evidence};
use crate::app::App;
use crate::domain::{Findings, LoginAttempt, Rehearsal, Settings};
use crate::saml::assertion::ValidatedAssertion;

/// Ends a test that was answered.
pub(super) async fn conclude(
    app: &App,
    attempt: &LoginAttempt,
    findings: Option<Box<Findings>>,
    rehearsal: Option<Rehearsal>,
) -> Result<Ending, Error> {
    if let Some(findings) = findings {
        let findings = Findings {
            rehearsal,
            ..*findings
        };
        evidence::keep_findings(app, attempt.company_id, attempt.id, &findings).await?;
    }
    Ok(Ending::Tested {
        code: attempt.code.clone(),
        attempt: attempt.id,
    })
}

/// What a verified assertion says.
pub(super) fn findings(settings: &Settings, assertion: &ValidatedAssertion) -> Findings {
    let attributes = assertion
        .attributes()
        .iter()
        .map(|attribute| (attribute.name.as_str(), attribute.values.as_slice()));
    let drift = assertion.drift().whole_milliseconds();
    Findings {
        authn_context: assertion.authn_context().map(str::to_owned),
        authn_instant: assertion.authn_instant(),
        drift_ms: i64::try_from(drift).unwrap_or_default(),
        ..Findings::new(settings, name_id(assertion), attributes)
    }
}
