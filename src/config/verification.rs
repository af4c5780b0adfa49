//! The second opinion on sign-ins.
//!
//! Invariant: what the operator asks for is done, or the server does not start.

use serde::{Deserialize, Serialize};

use super::{ConfigError, invalid};

/// How sign-ins are verified, for every company.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct VerificationConfig {
    /// Whether a second implementation has to agree with every sign-in through SAML (rule B9): `off`, `compare` or `strict`.
    pub cross_check: CrossCheckMode,
}

/// Whether a second implementation is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CrossCheckMode {
    /// Nobody is asked.
    #[default]
    Off,
    /// A disagreement is refused. What the second implementation cannot judge passes, and its record says so.
    Compare,
    /// What cannot be compared is refused as well.
    Strict,
}

impl VerificationConfig {
    /// `built_in`: whether this build has a second implementation.
    pub(super) fn check(&self, built_in: bool) -> Result<(), ConfigError> {
        if self.cross_check == CrossCheckMode::Off || built_in {
            return Ok(());
        }
        Err(invalid(
            "verification.cross_check: this build has no second implementation to ask. Build with --features samael, or set \"off\".",
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_build_without_the_second_implementation_says_so() {
        for (cross_check, built_in, usable) in [
            (CrossCheckMode::Off, false, true),
            (CrossCheckMode::Compare, false, false),
            (CrossCheckMode::Strict, false, false),
            (CrossCheckMode::Compare, true, true),
            (CrossCheckMode::Strict, true, true),
        ] {
            let checked = VerificationConfig { cross_check }.check(built_in);
            assert_eq!(checked.is_ok(), usable, "{cross_check:?}");
            if let Err(error) = checked {
                assert!(error.to_string().contains("--features samael"), "{error}");
            }
        }
    }
}
