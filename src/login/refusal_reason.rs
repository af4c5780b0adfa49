//! Why a sign-in is refused outside the law of its protocol: what was required, what is wrong instead, and what helps.
//!
//! Rules D1, D7, E and F6 of `docs/security.md`. The other half, what the transaction refuses, is `store::Refusal`. Tests:
//! `tests/it/sign_in`.

use std::borrow::Cow;

use time::OffsetDateTime;

use super::{Advice, Browser};
use crate::domain::{FlowRequirement, LoginAttempt, ProfileError};
use crate::keys;

/// Why a sign-in is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum RefusalReason {
    /// No enabled connection has the issuer of a Response that nobody asked for.
    UnknownIssuer(String),
    /// The claims do not describe one person.
    Claims(ProfileError),
    /// The groups are too many to list, and the connection takes no such sign-in (rule S2).
    TooManyGroups,
    /// The request is older than the time that a person has.
    Late,
    /// The request was made by a clock that was ahead.
    Early,
    /// It has ended, one way or the other.
    Ended,
    /// It has ended, and the session's cookie did not come.
    EndedWithoutCookie,
    /// The request is none of ours.
    UnknownRequest,
    /// Our page has sent the Response again, and no login cookie came.
    NoCookie,
    /// No login cookie came, and our page has not sent the Response again: so far, or ever.
    NoCookieYet {
        /// Whether the sign-in had ended before.
        ended: bool,
    },
    /// The login cookie is that of another browser.
    OtherBrowser,
    /// `RelayState` is another one.
    RelayState,
    /// The connection accepts no Response that nobody asked for.
    Unsolicited,
    /// The identity provider answers with such a Response again and again.
    UnsolicitedAgain,
    /// A Response that nobody asked for is old.
    Old,
    /// The connection is disabled or gone.
    ConnectionGone,
    /// The connection asks somebody else, or for an answer elsewhere, since the sign-in began.
    ConnectionChanged,
    /// The password is wrong.
    Password,
}

impl RefusalReason {
    /// Why an answer does not come from the browser that began an attempt (rule E2); none when it does.
    pub(super) fn of_browser(browser: Option<&Browser>, attempt: &LoginAttempt) -> Option<Self> {
        match browser {
            None => Some(Self::NoCookie),
            Some(it) if keys::same(&it.hash(), &attempt.browser_hash) => None,
            Some(_) => Some(Self::OtherBrowser),
        }
    }

    /// Why an answer does not come in time (rule E1); none when it does.
    pub(super) fn of_time(attempt: &LoginAttempt, now: OffsetDateTime) -> Option<Self> {
        if attempt.is_in_time(now) {
            None
        } else if now < attempt.expires_at {
            Some(Self::Early)
        } else {
            Some(Self::Late)
        }
    }

    /// What was required.
    pub(super) const fn requirement(&self) -> FlowRequirement {
        match self {
            Self::UnknownIssuer(_) => FlowRequirement::KnownIssuer,
            Self::Claims(error) => error.requirement(),
            Self::TooManyGroups => FlowRequirement::Groups,
            Self::Late | Self::Early | Self::Ended | Self::EndedWithoutCookie => {
                FlowRequirement::InTime
            }
            Self::UnknownRequest => FlowRequirement::BeganHere,
            Self::NoCookie | Self::NoCookieYet { .. } | Self::OtherBrowser => {
                FlowRequirement::SameBrowser
            }
            Self::RelayState => FlowRequirement::RelayState,
            Self::Unsolicited | Self::UnsolicitedAgain => FlowRequirement::Solicited,
            Self::Old => FlowRequirement::JustMade,
            Self::ConnectionGone | Self::ConnectionChanged => FlowRequirement::ConnectionEnabled,
            Self::Password => FlowRequirement::Password,
        }
    }

    /// What is wrong, in one sentence.
    pub(super) fn refused(&self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Self::UnknownIssuer(issuer) => {
                return format!(
                    "The issuer is not the identity provider of an enabled connection: {issuer}"
                )
                .into();
            }
            Self::Claims(error) => {
                return format!("The claims do not name one person: {error}").into();
            }
            Self::TooManyGroups => {
                "The person is in more groups than the identity provider lists, and this connection refuses such a sign-in"
            }
            Self::Late => "The answer came after more than ten minutes",
            Self::Early => "The answer came before the sign-in began: a clock was set",
            Self::Ended => "This sign-in was finished already",
            Self::EndedWithoutCookie => {
                "This sign-in was finished already, its Response came once more without the session's cookie, and the browser did not send \
             it again from our page"
            }
            Self::UnknownRequest => "The Response answers a request that this server did not send",
            Self::NoCookie => "The browser brings no cookie of this sign-in",
            Self::NoCookieYet { .. } => {
                "A Response came without the cookie of its sign-in, and the browser did not send it again from our page"
            }
            Self::OtherBrowser => "Another browser began this sign-in",
            Self::RelayState => "RelayState did not come back unchanged",
            Self::Unsolicited | Self::UnsolicitedAgain => {
                "The identity provider began this sign-in by itself"
            }
            Self::Old => "The Response is too old for one that nobody asked for",
            Self::ConnectionGone => "The connection is disabled or gone",
            Self::ConnectionChanged => "The connection was changed while the user signed in",
            Self::Password => "The password is wrong, or there is no such account",
        })
    }

    /// What would have been accepted.
    pub(super) const fn expected(&self) -> &'static str {
        match self {
            Self::UnknownIssuer(_) => "the identity provider of an enabled connection",
            Self::Claims(_) => "claims that name one person",
            Self::TooManyGroups => "groups that are listed",
            Self::Late | Self::Early => "an answer within ten minutes",
            Self::Ended | Self::EndedWithoutCookie => "one that is open",
            Self::UnknownRequest => "a sign-in that began here",
            Self::NoCookie | Self::NoCookieYet { .. } | Self::OtherBrowser => {
                "the browser that began the sign-in"
            }
            Self::RelayState => "the RelayState that was sent",
            Self::Unsolicited => "an answer to a request",
            Self::UnsolicitedAgain => "an answer to the request that was just sent",
            Self::Old => "an assertion made a moment ago",
            Self::ConnectionGone => "the connection that the sign-in began through",
            Self::ConnectionChanged => "the connection as it was when the sign-in began",
            Self::Password => "the account's password",
        }
    }

    /// What came instead.
    pub(super) fn received(&self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Self::UnknownIssuer(issuer) => return issuer.clone().into(),
            Self::Claims(error) => return error.to_string().into(),
            Self::TooManyGroups => "too many groups to list",
            Self::Late => "a later answer",
            Self::Early => "an answer from before it began: a clock was set",
            Self::Ended | Self::EndedWithoutCookie => "one that has ended",
            Self::UnknownRequest => "an unknown request ID",
            Self::NoCookie => "no login cookie",
            Self::NoCookieYet { ended: false } => "no login cookie, and nothing since",
            Self::NoCookieYet { ended: true } => {
                "no login cookie, to a sign-in that has ended, and nothing since"
            }
            Self::OtherBrowser => "another browser's login cookie",
            Self::RelayState => "another RelayState",
            Self::Unsolicited => "no InResponseTo",
            Self::UnsolicitedAgain => "another unsolicited Response",
            Self::Old => "an older one",
            Self::ConnectionGone => "it is disabled or gone",
            Self::ConnectionChanged => {
                "it asks another provider, or under another name, or for an answer elsewhere"
            }
            Self::Password => "another one, or no such account",
        })
    }

    /// What the user can do.
    pub(super) const fn advice(&self) -> Advice {
        match self {
            Self::NoCookie | Self::OtherBrowser => Advice::AllowCookies,
            Self::Claims(_) | Self::TooManyGroups => Advice::AskForAccount,
            Self::Password => Advice::CheckPassword,
            _ => Advice::TryAgain,
        }
    }
}
