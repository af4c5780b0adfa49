//! What to do about a refusal outside the validator, for the company's administrator, and whom a refused user can turn to.
//!
//! Guidance only: nothing here decides anything.
//!
//! Tests: `tests/it/sign_in/advice.rs` and `tests/it/sign_in/account_advice.rs` follow it. The other half, for the law of the message, is
//! `saml::advice`.

use super::Advice;
use crate::domain::FlowRequirement;
use crate::saml::error::{Rejection, Requirement};
use crate::store;

/// What the administrator can do about a refusal outside the validator.
pub(super) const fn on(requirement: FlowRequirement) -> &'static [&'static str] {
    match requirement {
        FlowRequirement::BeganHere => &[
            "The identity provider answered a request that this server does not know. Start the sign-in again from the application or the Sign on URL.",
            "If it happens every time, look whether two servers with different databases answer under this address.",
        ],
        FlowRequirement::InTime => &[
            "Start the sign-in again from the application or the Sign on URL. A sign-in can be finished once, within ten minutes.",
        ],
        FlowRequirement::SameBrowser => &[
            "Let the user start again and stay in one browser window.",
            "If it happens every time, let the browser accept this site's cookies, and check that no proxy takes them out.",
        ],
        FlowRequirement::RelayState => &[
            "The identity provider has to give RelayState back as it came. Start the sign-in again; if it happens every time, its support needs this record.",
        ],
        FlowRequirement::JustMade => &[
            "The Response waited too long on its way. Start again at the identity provider, and compare the clocks.",
        ],
        FlowRequirement::Solicited => &[
            "The identity provider began this sign-in by itself. Enter our Sign on URL there (Entra ID: Basic SAML Configuration), so that its tile begins at this server.",
            "If the identity provider cannot do that, let the connection accept such Responses in its SAML Settings (unsolicited=accept). It is less safe.",
        ],
        FlowRequirement::ConnectionEnabled => {
            &["Enable the connection again, or sign in through another."]
        }
        FlowRequirement::KnownIssuer => &[
            "No enabled connection of this company has this issuer. If it is yours, enable its connection, or make one with its metadata. If it is not, nothing has to be done.",
        ],
        FlowRequirement::Claims => &[
            "Look at the user's claims at the identity provider (Entra ID: Attributes & Claims): there has to be one e-mail address for each user.",
            "If it stands in another attribute, change the connection's settings for attributes.",
        ],
        FlowRequirement::Groups => &[
            "Entra ID: in Attributes & Claims or Token configuration, open the group claim and choose \"Groups assigned to the application\".",
            "Or let this connection keep the groups that are known: its settings, Claims, \"Too many groups to list\".",
        ],
        FlowRequirement::Password => &[
            "Check the address and the password. An administrator can set a new one under Users & Permissions (by command: user set-password).",
            "Members of a group that may only use single sign-on have no password: let them choose the identity provider.",
        ],
        // The transaction and the logout advise by themselves.
        _ => &[],
    }
}

/// What the user can do about a refusal of the validator's.
pub(super) fn for_user(rejection: &Rejection) -> Advice {
    // The identity provider says that it knows the user, who is not assigned to the application.
    let unassigned =
        rejection.requirement == Requirement::Status && rejection.received.contains("AADSTS50105");
    if unassigned {
        Advice::AskForAccount
    } else {
        Advice::TryAgain
    }
}

/// What the user can do about a refusal of the transaction that ends a sign-in.
pub(super) fn on_account(refusal: &store::Refusal) -> Advice {
    use store::Refusal as R;
    match refusal {
        R::AttemptConsumed
        | R::AttemptExpired
        | R::OtherConnection
        | R::ConnectionChanged
        | R::ConnectionGone
        | R::AssertionReplayed
        | R::LinkUsed
        | R::EmailTaken { .. } => Advice::TryAgain,
        R::TwoPeople { .. }
        | R::NotLinked { .. }
        | R::Contradicted { .. }
        | R::OthersAddress { .. }
        | R::OutsideDomains { .. }
        | R::NoAccount { .. }
        | R::NoEmail { .. }
        | R::NoRoom { .. }
        | R::NoJitGroup
        | R::Deactivated { .. } => Advice::AskForAccount,
        R::SsoOnly { .. } => Advice::UseSingleSignOn,
        R::NoPassword { .. } | R::PasswordChanged { .. } | R::AccountGone => Advice::CheckPassword,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unassigned_user_asks_for_access() {
        let refused = |received: &'static str| {
            for_user(&Rejection {
                requirement: Requirement::Status,
                expected: "Success".into(),
                received: received.into(),
            })
        };
        assert_eq!(
            refused("Responder: AADSTS50105: The signed in user is not assigned to a role"),
            Advice::AskForAccount
        );
        assert_eq!(refused("Responder"), Advice::TryAgain);
    }
}
