//! What the validator checked, as records keep it.

use crate::domain::Check;
use crate::saml;

/// A check of the validator's, for a record.
pub fn record_check(made: saml::error::SamlCheck) -> Check {
    Check {
        rule: made.requirement.rule().number().into(),
        subject: made.requirement.title().into(),
        expected: made.expected,
        received: made.received,
        passed: made.passed,
    }
}
