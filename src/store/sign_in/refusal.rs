//! Why a verified proof does not sign in.
//!
//! Invariant: every refusal names its rule, and what was expected and what came. The texts are for the attempt's record, which
//! the company's administrator reads.

use std::borrow::Cow;
use std::fmt;

use crate::domain::{Email, FlowRequirement, UserId};

/// Why a verified proof does not sign in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
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
    /// Rule E6: the connection asks somebody else now.
    #[error("the connection asks another provider now, or under another name")]
    ConnectionChanged,
    /// Rule E6.
    #[error("the connection was disabled or removed since this sign-in began")]
    ConnectionGone,
    /// Rule E4.
    #[error("this assertion was used already")]
    AssertionReplayed,
    /// Rule F1: two names of one assertion belong to two users.
    #[error(
        "the name {subject} is bound to {account}, and {name} to {other}: one sign-in names two users"
    )]
    TwoPeople {
        /// The identity key.
        subject: String,
        /// Whose it is.
        account: Email,
        /// The other name.
        name: String,
        /// Whose that is.
        other: Email,
    },
    /// Rule F2: there is an account with the address, and it is not this identity's.
    #[error("an account with the e-mail address {email} exists, and {why}")]
    NotLinked {
        /// The address.
        email: Email,
        /// The account, to which an administrator may link the identity.
        account: UserId,
        /// What is in the way.
        why: LinkObstacle,
    },
    /// Rule F2.
    #[error("the e-mail claim says {claim}, and the NameID {name_id}")]
    Contradicted {
        /// The claim.
        claim: Email,
        /// The `NameID`.
        name_id: Email,
    },
    /// Rule F2.
    #[error("the domain of {email} is assigned to the connection \"{owner}\", not to this one")]
    OthersAddress {
        /// The address.
        email: Email,
        /// The other connection's name for people.
        owner: String,
    },
    /// Rule F2.
    #[error("the address {email} is in none of the company's domains")]
    OutsideDomains {
        /// The address.
        email: Email,
    },
    /// Rule F3.
    #[error(
        "there is no account with the e-mail address {email}, and the connection does not make accounts"
    )]
    NoAccount {
        /// The address.
        email: Email,
    },
    /// Rule F3.
    #[error(
        "the person {subject} has no account yet, and the claims hold no e-mail address, without which one cannot be found or made"
    )]
    NoEmail {
        /// The identity key.
        subject: String,
    },
    /// Rule F3.
    #[error(
        "there is no account with the e-mail address {email}, and the company has all of the {most} users that it may have"
    )]
    NoRoom {
        /// The address.
        email: Email,
        /// The company's quota.
        most: u32,
    },
    /// Rule F3.
    #[error("the permission group for new accounts does not exist any more")]
    NoJitGroup,
    /// Rule F4.
    #[error("the account {email} is deactivated")]
    Deactivated {
        /// Its address.
        email: Email,
    },
    /// Rule F6.
    #[error(
        "the account {email} is in the permission group \"{group}\", whose members sign in through single sign-on only"
    )]
    SsoOnly {
        /// The account's address.
        email: Email,
        /// The group.
        group: String,
    },
    /// Rule F6.
    #[error("the account {email} has no password that may be used")]
    NoPassword {
        /// Its address.
        email: Email,
    },
    /// Rule F6.
    #[error("the account {email} has got another password since this one was typed")]
    PasswordChanged {
        /// Its address.
        email: Email,
    },
    /// Rule F6.
    #[error("the account was deleted while its password was compared")]
    AccountGone,
    /// Rule F6.
    #[error("the set-up link was used or revoked, or its time is over")]
    LinkUsed,
    /// Rule F6.
    #[error("there is an account with the e-mail address {email} already")]
    EmailTaken {
        /// The address.
        email: Email,
    },
}

/// Why an account is not linked to an identity that names its address (rule F2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LinkObstacle {
    /// Its domain is not this connection's.
    NotAssigned,
    /// It waits for its first sign-in through another connection: its name for people.
    WaitsForAnother(String),
    /// It waits, nobody has said for which connection, and several are enabled.
    WaitsForNobody,
    /// The connection knows it by another name.
    Bound {
        /// By which.
        bound: String,
        /// What came.
        came: String,
    },
    /// A weaker name in the assertion is the account's, and the connection knows it by another strong one.
    BoundByOther {
        /// The weaker name.
        by: String,
        /// By which strong one.
        bound: String,
        /// What came.
        came: String,
    },
    /// The claim says its address, and the `NameID` another one.
    Contradicted(Email),
    /// Only the claim says its address: the `NameID` is none.
    ClaimOnly,
    /// It has a password, and the `NameID` is not its address.
    HasPassword,
    /// It is an administrator's, and the `NameID` is not its address.
    IsAdministrator,
    /// An API token that may not change administrators set its password.
    PasswordOfToken,
    /// The provider has not verified the address (rule R3).
    Unverified,
    /// The person is a guest of the provider's organisation (rule R3).
    OfGuest,
    /// It has a password or is an administrator's: an address alone does not open it (rule R3).
    Unconfirmed,
}

impl fmt::Display for LinkObstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAssigned => f.write_str("its domain is not assigned to this connection"),
            Self::WaitsForAnother(other) => write!(
                f,
                "it waits for its first sign-in through the connection \"{other}\""
            ),
            Self::WaitsForNobody => f.write_str(
                "it waits for its first sign-in, but nobody has said through which of the enabled connections",
            ),
            Self::Bound { bound, came } => {
                write!(f, "this connection knows it as {bound}, not as {came}")
            }
            Self::BoundByOther { by, bound, came } => write!(
                f,
                "this connection knows it by {by}, which came, and as {bound}, not as {came}"
            ),
            Self::Contradicted(name_id) => {
                write!(f, "the NameID is another one, {name_id}")
            }
            Self::ClaimOnly => f.write_str("only the e-mail claim says so: the NameID is no e-mail address"),
            Self::HasPassword => f.write_str("it has a password, and the NameID is not its address"),
            Self::IsAdministrator => {
                f.write_str("it is an administrator's, and the NameID is not its address")
            }
            Self::PasswordOfToken => f.write_str("an API token has set its password"),
            Self::Unverified => f.write_str("the provider does not say that it has verified the address"),
            Self::OfGuest => {
                f.write_str("the person is a guest there, with an address of another organisation")
            }
            Self::Unconfirmed => f.write_str(
                "it has a password or is an administrator's, and an address alone does not open it",
            ),
        }
    }
}

impl Refusal {
    /// What was required.
    pub const fn requirement(&self) -> FlowRequirement {
        match self {
            Self::AttemptConsumed | Self::AttemptExpired => FlowRequirement::InTime,
            Self::AssertionReplayed => FlowRequirement::FirstUse,
            Self::OtherConnection => FlowRequirement::SameConnection,
            Self::ConnectionChanged | Self::ConnectionGone => FlowRequirement::ConnectionEnabled,
            Self::TwoPeople { .. } => FlowRequirement::OneUser,
            Self::NotLinked { .. } => FlowRequirement::Linkable,
            Self::Contradicted { .. } => FlowRequirement::EmailClaim,
            Self::OthersAddress { .. } | Self::OutsideDomains { .. } => {
                FlowRequirement::EmailDomain
            }
            Self::NoAccount { .. }
            | Self::NoEmail { .. }
            | Self::NoRoom { .. }
            | Self::NoJitGroup => FlowRequirement::Account,
            Self::Deactivated { .. } => FlowRequirement::ActiveAccount,
            Self::SsoOnly { .. }
            | Self::NoPassword { .. }
            | Self::PasswordChanged { .. }
            | Self::AccountGone => FlowRequirement::PasswordAllowed,
            Self::LinkUsed | Self::EmailTaken { .. } => FlowRequirement::SetUpLink,
        }
    }

    /// The rule's number.
    pub const fn rule(&self) -> &'static str {
        self.requirement().rule()
    }

    /// The account to which an administrator may link the identity that was refused.
    pub fn linkable(&self) -> Option<UserId> {
        match self {
            Self::NotLinked { account, .. } => Some(*account),
            _ => None,
        }
    }

    /// What the company's administrator can do.
    pub(in crate::store) fn advice(&self) -> &'static [&'static str] {
        match self {
            // The record stays as it was, and whoever is gone is gone.
            Self::AttemptConsumed | Self::AccountGone => &[],
            Self::AttemptExpired | Self::AssertionReplayed => {
                &["Start the sign-in again from the application or the Sign on URL."]
            }
            Self::ConnectionChanged => &[
                "Start the sign-in again: it then goes to the provider that the connection has now.",
            ],
            Self::ConnectionGone => &["Enable the connection again, or sign in through another."],
            Self::OtherConnection => {
                &["Start the sign-in again, through the connection that is meant."]
            }
            Self::TwoPeople { .. } => &[
                "If the name was given to another person, unlink it from the user who had it: on that user's page, or with: vestibule user unlink --email E --connection N --identity NAME.",
                "If the object identifier is the same for several people, its claim has the wrong source at the identity provider.",
            ],
            Self::NotLinked { why, .. } => why.advice(),
            Self::Contradicted { .. } => CONTRADICTED,
            Self::OthersAddress { .. } => &[
                "Let this person sign in through that connection, or let this one send the person's own address.",
                "If the domain is this connection's, assign it to it: vestibule company domain assign COMPANY DOMAIN --connection N.",
            ],
            Self::OutsideDomains { .. } => &[
                "If the domain is the company's, add it: vestibule company domain add COMPANY DOMAIN.",
                "If people from outside may come in through this connection, switch on Allow guests in its SAML Settings (by command: connection set guests=true).",
            ],
            Self::NoAccount { .. } => &[
                "Create the user, or enable Just-In-Time User Provisioning in the connection's SAML Settings (by command: connection set jit_group=…).",
            ],
            Self::NoEmail { .. } => &[
                "Let the identity provider send the e-mail address as a claim (Entra ID: Attributes & Claims).",
            ],
            Self::NoRoom { .. } => &[
                "Delete users who are not needed any more, under Users & Permissions (by command: vestibule user delete --email E --company COMPANY).",
                "Or ask the operator of this server to allow more: vestibule company quota COMPANY --users NUMBER.",
            ],
            Self::NoJitGroup => &[
                "Choose another permission group of new accounts in the connection's SAML Settings (by command: connection set jit_group=…).",
            ],
            Self::Deactivated { .. } => &[
                "If the person shall get in, activate the account under Users & Permissions (by command: user activate).",
            ],
            Self::SsoOnly { .. } => &[
                "Let the user choose the identity provider, or move the account to a group without \"single sign-on only\".",
                "If all members of that group may use passwords, switch that off at the group.",
            ],
            Self::PasswordChanged { .. } => {
                &["Sign in again, with the password that was set last."]
            }
            Self::LinkUsed => {
                &["Ask the operator for a new link: vestibule company setup-link new."]
            }
            Self::EmailTaken { .. } => &["Use another e-mail address, or sign in with this one."],
            Self::NoPassword { .. } => &[
                "Set a password, if the account may have one, under Users & Permissions (by command: user set-password).",
            ],
        }
    }

    /// The refusal as a sentence, with its rule.
    pub(in crate::store) fn sentence(&self) -> String {
        let text = self.to_string();
        let mut rest = text.chars();
        let first = rest.next().into_iter().flat_map(char::to_uppercase);
        let (first, rest, rule) = (
            first.collect::<String>(),
            rest.as_str(),
            self.requirement().rule(),
        );
        format!("{first}{rest} ({rule})")
    }

    /// What would have been accepted.
    pub(in crate::store) fn expected(&self) -> Cow<'static, str> {
        match self {
            Self::AttemptConsumed => OPEN.into(),
            Self::AttemptExpired => "answered within ten minutes".into(),
            Self::OtherConnection | Self::ConnectionGone => {
                "the connection that the sign-in began through".into()
            }
            Self::ConnectionChanged => "the connection as it was when the sign-in began".into(),
            Self::AssertionReplayed => UNUSED.into(),
            Self::TwoPeople { account, .. } => format!("names of {account} alone").into(),
            Self::NotLinked { why, email, .. } => why.expected(email),
            Self::Contradicted { name_id, .. } => format!("the claim {name_id}").into(),
            Self::OthersAddress { .. } => {
                "an address in a domain that no other connection has".into()
            }
            Self::OutsideDomains { .. } => "an address in one of the company's domains".into(),
            Self::NoAccount { email } => {
                format!("an account {email}, or a connection that makes accounts").into()
            }
            Self::NoRoom { most, .. } => format!("less than {most} users").into(),
            Self::NoEmail { .. } => "an e-mail address among the claims".into(),
            Self::NoJitGroup => "a permission group for new accounts".into(),
            Self::Deactivated { .. } => "active".into(),
            Self::SsoOnly { .. } => "single sign-on".into(),
            Self::NoPassword { .. } => "a password".into(),
            Self::PasswordChanged { .. } => "the password that the account has now".into(),
            Self::AccountGone => "an account".into(),
            Self::LinkUsed => "a link that can be used".into(),
            Self::EmailTaken { .. } => "an address without an account".into(),
        }
    }
}

/// What an accepted sign-in is told of in the same words.
pub(in crate::store) const OPEN: &str = "open";
pub(in crate::store) const UNUSED: &str = "an assertion ID that was not used before";

const CONFIRM: &str = "If it is the same person, an administrator can say so: Link this person to this account, on the page of this sign-in.";
const UNLINK: &str = "If the identity provider names the same person in another way than before, unlink the old identity: Unlink on the user's page, or vestibule user unlink --email E --connection N. An account with a password needs its domain assigned to this connection, too.";
const CONTRADICTED: &[&str] = &[
    "Let the NameID and the e-mail claim have the same source at the identity provider (Entra ID: Attributes & Claims, Unique User Identifier, user.mail).",
    "If the directory's people cannot change the e-mail claim, switch on Trust the e-mail claim in the connection's SAML Settings (by command: connection set trust_email_claim=true).",
];

impl LinkObstacle {
    fn advice(&self) -> &'static [&'static str] {
        match self {
            Self::NotAssigned => &[
                "If people of this domain sign in through this connection, assign the domain to it: vestibule company domain assign COMPANY DOMAIN --connection N.",
                CONFIRM,
            ],
            Self::WaitsForAnother(_) | Self::WaitsForNobody => &[
                "Say on the user's page through which connection the first sign-in comes.",
                CONFIRM,
            ],
            Self::Bound { .. } => &[
                "If it is another person with the address of somebody who has left, give one of them another address.",
                UNLINK,
                CONFIRM,
            ],
            Self::BoundByOther { .. } => &[
                "If that name was given to another person, unlink it from the user who had it, on that user's page, and give that user another address.",
                UNLINK,
                CONFIRM,
            ],
            Self::Contradicted(_) => CONTRADICTED,
            Self::ClaimOnly => &[
                "Let the NameID be the e-mail address, with the format emailAddress, and set Name Id Format of the connection alike.",
                "If the directory's people cannot change the e-mail claim, switch on Trust the e-mail claim in the connection's SAML Settings (by command: connection set trust_email_claim=true).",
                CONFIRM,
            ],
            Self::Unverified => &[
                "If nobody there can choose an address, switch on Trust the e-mail claim in the connection's settings (by command: connection set trust_email_claim=true). An administrator of that provider can then become any account of your domains.",
                CONFIRM,
            ],
            Self::HasPassword
            | Self::IsAdministrator
            | Self::PasswordOfToken
            | Self::OfGuest
            | Self::Unconfirmed => &[CONFIRM],
        }
    }

    fn expected(&self, email: &Email) -> Cow<'static, str> {
        match self {
            Self::NotAssigned => {
                format!("the domain {} assigned to this connection", email.domain()).into()
            }
            Self::WaitsForAnother(_) | Self::WaitsForNobody => {
                "an account that waits for this connection".into()
            }
            Self::Bound { bound, .. } | Self::BoundByOther { bound, .. } => bound.clone().into(),
            Self::Contradicted(_) | Self::HasPassword | Self::IsAdministrator => {
                format!("the NameID {email}").into()
            }
            Self::ClaimOnly => {
                format!("the NameID {email}, or a claim that the connection trusts").into()
            }
            Self::PasswordOfToken => "a password that an administrator has set, or none".into(),
            Self::Unverified => "an address that the provider has verified".into(),
            Self::OfGuest => "a member of the provider's organisation".into(),
            Self::Unconfirmed => "an account without a password, of no administrator".into(),
        }
    }
}
