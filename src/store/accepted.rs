//! What is written down of a sign-in that succeeded, or would have: the checks of the rules E and F, and its warning.

use super::account::{Account, How};
use super::group_claim::{self, Warning};
use super::sign_in::{Proof, SignIn};
use super::{Error, Refusal, record};
use crate::domain::Check;
use crate::domain::login_attempt::IN_TIME;

/// The checks of the rules F1 to F3.
const THE_ACCOUNT: &str = "The person has an account, or gets one";

/// What is written down of a sign-in that succeeded, or would have.
pub(super) struct Accepted {
    pub(super) record: Option<Vec<u8>>,
    warning: Option<&'static Warning>,
}

impl Accepted {
    /// The rule that its warning is about.
    pub(super) fn rule(&self) -> Option<&'static str> {
        self.warning.map(|warning| warning.rule)
    }

    /// The verdict in one sentence, which begins with this.
    pub(super) fn summary(&self, verdict: &str) -> String {
        match self.warning {
            Some(Warning { rule, text, .. }) => {
                format!("{verdict}, with a warning: {text} ({rule}).")
            }
            None => format!("{verdict}."),
        }
    }
}

/// The record of a sign-in that succeeded, or would have.
pub(super) fn accepted(sign_in: &SignIn, account: &Account) -> Result<Accepted, Error> {
    let mut here = Vec::with_capacity(6);
    let mut passed = |rule: &'static str,
                      subject: &'static str,
                      expected: &'static str,
                      received: &'static str| {
        here.push(Check {
            rule: rule.into(),
            subject: subject.into(),
            expected: expected.into(),
            received: received.into(),
            passed: true,
        });
    };
    passed("E1", IN_TIME, Refusal::AttemptConsumed.expected(), "open");
    if let Proof::Saml(_) = sign_in.proof {
        passed(
            "E4",
            Refusal::AssertionReplayed.subject(),
            Refusal::AssertionReplayed.expected(),
            "new",
        );
        match account.how {
            How::Found => passed("F1", THE_ACCOUNT, "found by identity", "found by identity"),
            How::Linked => passed(
                "F2",
                THE_ACCOUNT,
                "linked by e-mail address",
                "linked by e-mail address",
            ),
            How::Made => passed(
                "F3",
                THE_ACCOUNT,
                "made at first sign-in",
                "made at first sign-in",
            ),
        }
        if account.email_kept {
            passed(
                "F1",
                "The account may take over the e-mail address",
                "not of another account, nor in another connection's domain",
                "another's: the account keeps its own",
            );
        }
    }
    passed(
        "F4",
        Refusal::Deactivated.subject(),
        Refusal::Deactivated.expected(),
        "active",
    );
    let mut warning = None;
    if let (Proof::Saml(proof), Some(groups)) = (&sign_in.proof, &account.groups) {
        let settings = &proof.connection.settings;
        let (check, found) = group_claim::check(settings, &proof.profile.groups, Some(groups));
        here.push(check);
        warning = found;
    }
    let advice = warning.map_or(&[][..], |warning| warning.advice);
    Ok(Accepted {
        record: record::write_with(&sign_in.record, &here, advice)?,
        warning,
    })
}
