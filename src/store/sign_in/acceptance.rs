//! What is written down of a sign-in that succeeded, or would have: the checks of the rules E and F, and its warning.

use super::proof::{Proof, SignIn};
use super::record;
use super::refusal::{OPEN, UNUSED};
use crate::domain::{Check, FOREIGN_PASSWORD, FlowRequirement};
use crate::store::Error;
use crate::store::people::account::Account;
use crate::store::people::claimant::AccountSource;
use crate::store::people::group_claim;
use crate::store::people::group_warning::GroupWarning;
use crate::store::people::link::shared_with;

/// What is written down of a sign-in that succeeded, or would have.
pub(in crate::store) struct AcceptedSignIn {
    pub(in crate::store) record: Option<Vec<u8>>,
    warning: Option<&'static GroupWarning>,
}

impl AcceptedSignIn {
    /// The rule that its warning is about.
    pub(in crate::store) fn rule(&self) -> Option<&'static str> {
        self.warning.map(|warning| warning.requirement.rule())
    }

    /// The verdict in one sentence, which begins with this.
    pub(in crate::store) fn summary(&self, verdict: &str) -> String {
        match self.warning {
            Some(GroupWarning {
                requirement, text, ..
            }) => {
                let rule = requirement.rule();
                format!("{verdict}, with a warning: {text} ({rule}).")
            }
            None => format!("{verdict}."),
        }
    }
}

/// The record of a sign-in that succeeded, or would have.
pub(in crate::store) fn accept(
    sign_in: &SignIn,
    account: &Account,
) -> Result<AcceptedSignIn, Error> {
    let mut here = Vec::with_capacity(6);
    let mut passed = |requirement: FlowRequirement, expected: &'static str, received: &str| {
        here.push(Check::of(requirement, expected, received.to_owned(), true));
    };
    passed(FlowRequirement::InTime, OPEN, "open");
    if let Proof::Federated(proof) = &sign_in.proof {
        passed(FlowRequirement::FirstUse, UNUSED, "new");
        match account.how {
            AccountSource::Found => passed(
                FlowRequirement::KnownIdentity,
                "found by identity",
                "found by identity",
            ),
            AccountSource::FoundByOther => passed(
                FlowRequirement::KnownIdentity,
                "found by identity",
                "found by another name in the assertion; the identity is bound from now on",
            ),
            AccountSource::Adopted => passed(
                FlowRequirement::KnownIdentity,
                "found by identity",
                "found by its object ID at the SAML connection whose people are taken over; the identity is bound from now on",
            ),
            AccountSource::Linked => {
                let linked = "linked by e-mail address";
                let received = shared_with(linked, &account.known_also_by);
                passed(FlowRequirement::LinkedByEmail, linked, &received);
            }
            AccountSource::Made => passed(
                FlowRequirement::Account,
                "made at first sign-in",
                "made at first sign-in",
            ),
        }
        if let (Some(why), Some(email)) = (account.email_kept, &proof.profile.email) {
            passed(
                FlowRequirement::EmailTakenOver,
                "one that is this connection's to give",
                &format!("{email}: {why}. The account keeps {}", account.user.email),
            );
        }
        if account.password_taken {
            passed(
                FlowRequirement::OwnPassword,
                "no password of a token",
                FOREIGN_PASSWORD,
            );
        }
    }
    passed(FlowRequirement::ActiveAccount, "active", "active");
    let mut warning = None;
    if let (Proof::Federated(proof), Some(groups)) = (&sign_in.proof, &account.groups) {
        let settings = &proof.connection.settings;
        let (check, found) = group_claim::check(settings, &proof.profile.groups, Some(groups));
        here.push(check);
        warning = found;
    }
    let advice = warning.map_or(&[][..], |warning| warning.advice);
    Ok(AcceptedSignIn {
        record: record::write_with(&sign_in.record, &here, advice)?,
        warning,
    })
}
