//! Why a verified proof does not sign in.
//!
//! Invariant: every refusal names its rule. The texts are for the attempt's record, which the company's administrator reads.

use crate::domain::login_attempt::IN_TIME;

/// Why a verified proof does not sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Rule E1. Its record stays as it was.
    #[error("this sign-in was used already, or is not known here")]
    AttemptConsumed,
    /// Rule E1.
    #[error("this sign-in took longer than ten minutes")]
    AttemptExpired,
    /// Rule E6.
    #[error("this sign-in began through another connection")]
    OtherConnection,
    /// Rule E4.
    #[error("this assertion was used already")]
    AssertionReplayed,
    /// Rule F2.
    #[error(
        "an account with this e-mail address exists, and the connection may not link existing accounts"
    )]
    MayNotLink,
    /// Rule F2.
    #[error("the account with this e-mail address is bound to another identity of this connection")]
    BoundToAnother,
    /// Rule F2.
    #[error("the e-mail address is in a domain that is assigned to another connection")]
    OthersAddress,
    /// Rule F3.
    #[error("there is no account for this person, and the connection does not make accounts")]
    NoAccount,
    /// Rule F3.
    #[error("the claims hold no e-mail address, without which an account cannot be found or made")]
    NoEmail,
    /// Rule F3.
    #[error("the permission group for new accounts does not exist any more")]
    NoJitGroup,
    /// Rule F4.
    #[error("the account is deactivated")]
    Deactivated,
    /// Rule F6.
    #[error("members of this account's permission group sign in through single sign-on only")]
    SsoOnly,
    /// Rule F6.
    #[error("the account has no password")]
    NoPassword,
    /// Rule F6.
    #[error("the set-up link was used or revoked, or its time is over")]
    LinkUsed,
    /// Rule F6.
    #[error("there is an account with this e-mail address already")]
    EmailTaken,
}

impl Refusal {
    /// The rule's number.
    pub fn rule(self) -> &'static str {
        match self {
            Self::AttemptConsumed | Self::AttemptExpired => "E1",
            Self::AssertionReplayed => "E4",
            Self::OtherConnection => "E6",
            Self::MayNotLink | Self::BoundToAnother | Self::OthersAddress => "F2",
            Self::NoAccount | Self::NoEmail | Self::NoJitGroup => "F3",
            Self::Deactivated => "F4",
            Self::SsoOnly | Self::NoPassword | Self::LinkUsed | Self::EmailTaken => "F6",
        }
    }

    /// What the company's administrator can do.
    pub(super) fn advice(self) -> &'static str {
        match self {
            Self::AttemptConsumed | Self::AttemptExpired | Self::AssertionReplayed => {
                "Start the sign-in again from the application or the Sign on URL."
            }
            Self::OtherConnection => {
                "Start the sign-in again, through the connection that is meant."
            }
            Self::MayNotLink => {
                "If this connection knows the people of the address's domain, assign the domain to it under E-mail domains (by command: company domain assign). If the account waits for its first sign-in, choose this connection on its page."
            }
            Self::BoundToAnother => {
                "The identity provider names this person in another way than before. Set the source of the NameID back, or give the new person another e-mail address."
            }
            Self::OthersAddress => {
                "Sign in through the connection that the domain is assigned to, or assign the domain to this one under E-mail domains (by command: company domain assign)."
            }
            Self::NoAccount => {
                "Create the user, or enable Just-In-Time User Provisioning in the connection's SAML Settings (by command: connection set jit_group=…)."
            }
            Self::NoEmail => {
                "Let the identity provider send the e-mail address as a claim (Entra ID: Attributes & Claims)."
            }
            Self::NoJitGroup => {
                "Choose another permission group of new accounts in the connection's SAML Settings (by command: connection set jit_group=…)."
            }
            Self::Deactivated => {
                "If the person shall get in, activate the account under Users & Permissions (by command: user activate)."
            }
            Self::SsoOnly => {
                "Let the user choose the identity provider, or move the account to a group without \"single sign-on only\"."
            }
            Self::LinkUsed => "Ask the operator for a new link: vestibule company setup-link new.",
            Self::EmailTaken => "Use another e-mail address, or sign in with this one.",
            Self::NoPassword => {
                "Set a password, if the account may have one, under Users & Permissions (by command: user set-password)."
            }
        }
    }

    /// What was looked at, as it has to be.
    pub(super) fn subject(self) -> &'static str {
        match self {
            Self::AttemptConsumed | Self::AttemptExpired => IN_TIME,
            Self::AssertionReplayed => "The assertion is used for the first time",
            Self::OtherConnection => "The answer comes through the connection that was asked",
            Self::MayNotLink | Self::BoundToAnother | Self::OthersAddress => {
                "The identity may have the account with its e-mail address"
            }
            Self::NoAccount | Self::NoEmail | Self::NoJitGroup => {
                "The person has an account, or gets one"
            }
            Self::Deactivated => "The account is active",
            Self::SsoOnly | Self::NoPassword => "The account may sign in with a password",
            Self::LinkUsed | Self::EmailTaken => "The set-up link can be used",
        }
    }

    /// The refusal as a sentence, with its rule.
    pub(super) fn sentence(self) -> String {
        let text = self.to_string();
        let mut rest = text.chars();
        let first = rest.next().into_iter().flat_map(char::to_uppercase);
        let (first, rest, rule) = (first.collect::<String>(), rest.as_str(), self.rule());
        format!("{first}{rest} ({rule})")
    }

    /// What would have been accepted.
    pub(super) fn expected(self) -> &'static str {
        match self {
            Self::AttemptConsumed => "open",
            Self::AttemptExpired => "answered within ten minutes",
            Self::OtherConnection => "the connection that the sign-in began through",
            Self::AssertionReplayed => "an assertion ID that was not used before",
            Self::MayNotLink | Self::BoundToAnother => {
                "an account that this identity may be linked to"
            }
            Self::OthersAddress => "an address that this connection may speak for",
            Self::NoAccount => "an account, or a connection that makes accounts",
            Self::NoEmail => "an e-mail address among the claims",
            Self::NoJitGroup => "a permission group for new accounts",
            Self::Deactivated => "active",
            Self::SsoOnly => "single sign-on",
            Self::NoPassword => "a password",
            Self::LinkUsed => "a link that can be used",
            Self::EmailTaken => "an address without an account",
        }
    }
}
