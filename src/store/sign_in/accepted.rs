//! What is written down of a sign-in that succeeded, or would have: the checks of the rules E and F, and its warning.

use super::proof::{Proof, SignIn};
use super::record;
use super::refusal::{ACTIVE, FIRST_USE, OPEN, UNUSED};
use crate::domain::Check;
use crate::domain::login_attempt::IN_TIME;
use crate::store::Error;
use crate::store::people::account::Account;
use crate::store::people::claimant::How;
use crate::store::people::group_claim::{self, Warning};
use crate::store::people::link::shared_with;
use crate::store::people::promotion::FOREIGN_PASSWORD;

/// The checks of the rules F1 to F3.
const THE_ACCOUNT: &str = "The person has an account, or gets one";

/// What is written down of a sign-in that succeeded, or would have.
pub(in crate::store) struct Accepted {
    pub(in crate::store) record: Option<Vec<u8>>,
    warning: Option<&'static Warning>,
}

impl Accepted {
    /// The rule that its warning is about.
    pub(in crate::store) fn rule(&self) -> Option<&'static str> {
        self.warning.map(|warning| warning.rule)
    }

    /// The verdict in one sentence, which begins with this.
    pub(in crate::store) fn summary(&self, verdict: &str) -> String {
        match self.warning {
            Some(Warning { rule, text, .. }) => {
                format!("{verdict}, with a warning: {text} ({rule}).")
            }
            None => format!("{verdict}."),
        }
    }
}

/// The record of a sign-in that succeeded, or would have.
pub(in crate::store) fn accepted(sign_in: &SignIn, account: &Account) -> Result<Accepted, Error> {
    let mut here = Vec::with_capacity(6);
    let mut passed =
        |rule: &'static str, subject: &'static str, expected: &'static str, received: &str| {
            here.push(Check {
                rule: rule.into(),
                subject: subject.into(),
                expected: expected.into(),
                received: received.to_owned().into(),
                passed: true,
            });
        };
    passed("E1", IN_TIME, OPEN, "open");
    if let Proof::Federated(proof) = &sign_in.proof {
        passed("E4", FIRST_USE, UNUSED, "new");
        match account.how {
            How::Found => passed("F1", THE_ACCOUNT, "found by identity", "found by identity"),
            How::FoundByOther => passed(
                "F1",
                THE_ACCOUNT,
                "found by identity",
                "found by another name in the assertion; the identity is bound from now on",
            ),
            How::Linked => {
                let linked = "linked by e-mail address";
                let received = shared_with(linked, &account.known_also_by);
                passed("F2", THE_ACCOUNT, linked, &received);
            }
            How::Made => passed(
                "F3",
                THE_ACCOUNT,
                "made at first sign-in",
                "made at first sign-in",
            ),
        }
        if let (Some(why), Some(email)) = (account.email_kept, &proof.profile.email) {
            passed(
                "F2",
                "The account may take over the e-mail address",
                "one that is this connection's to give",
                &format!("{email}: {why}. The account keeps {}", account.user.email),
            );
        }
        if account.password_taken {
            passed(
                "F6",
                "An administrator's password was set by the administrator, or by another one",
                "no password of a token",
                FOREIGN_PASSWORD,
            );
        }
    }
    passed("F4", ACTIVE, "active", "active");
    let mut warning = None;
    if let (Proof::Federated(proof), Some(groups)) = (&sign_in.proof, &account.groups) {
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
