//! What a law checked, as records keep it.

use crate::domain::Check;
use crate::verdict::{self, Requirement};

/// A check of a law, for a record.
pub fn record_check<R: Requirement<Rule: Into<&'static str>>>(made: verdict::Check<R>) -> Check {
    Check {
        rule: made.requirement.rule().into().into(),
        subject: made.requirement.title().into(),
        expected: made.expected,
        received: made.received,
        passed: made.passed,
    }
}
