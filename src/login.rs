//! Where a sign-in begins and where it ends; the only place where a session is begun. A test of a connection goes the same way,
//! and ends before it.
//!
//! Invariants: a Response is judged only against the connection of its attempt, in the company of the host (rule E6); an
//! attempt belongs to the browser that began it (rule E2); everything that a sign-in writes, it writes in one transaction.
//!
//! ```text
//!            begin                answer of its browser, in time, through its connection
//! (nothing) ───────▶ Open ──────────────────────────▶ SignedIn: a session has begun
//!                     │ ├─ a test of a connection ──▶ Tested
//!                     │ └─ any rule is not met ─────▶ Refused
//!                     └─ nobody answers: forgotten
//! ```
//!
//! Rules E and F of `docs/security.md`; `refusal_reason.rs` and `store::Refusal` name each way to be refused. Tests: `tests/it/sign_in` over
//! HTTP, `tests/it/store` for the transaction. The law of the message is the room `saml`.

mod advice;
mod arrival;
mod authenticate;
mod authenticated;
mod begin;
mod connection_test;
mod evidence;
mod finish;
mod first_password;
mod known_browser;
mod name_id;
mod new_key;
mod oidc;
mod overage;
mod password;
mod record;
mod refusal_reason;
mod repost;
mod response;
mod set_up;
mod unsolicited;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

use crate::app::Wait;
use crate::domain::{AttemptId, Code, ConnectionId, SessionId};
use crate::keys;
use crate::outbound::DocumentError;
use crate::saml::signature::SignError;
use crate::store;

pub use arrival::Arrival;
pub use begin::{Ask, BegunSignIn, Start, begin};
pub use finish::landing;
pub use first_password::{FirstUse, first_use};
pub use known_browser::KnownBrowser;
pub use new_key::look_for_new_keys;
pub use oidc::{CallbackArrival, receive_callback};
pub use password::{
    PasswordSignIn, confirm_password, sign_in_after_first_use, sign_in_with_password,
};
pub use repost::{Reposted, handle};
pub use response::receive;
pub use set_up::{FirstEnding, FirstSignIn, set_up};

/// Why a sign-in can neither go on nor be refused.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database does not answer.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// The request could not be signed.
    #[error(transparent)]
    Sign(#[from] SignError),
    /// The connection has no sign-on URL.
    #[error("the connection {0} has no sign-on URL")]
    NoSignOnUrl(String),
    /// The provider's discovery document is not there.
    #[error(transparent)]
    Provider(#[from] DocumentError),
    /// The password could not be checked.
    #[error("a password could not be checked: {0}")]
    Hashing(String),
    /// A sign-in that is no test was answered like one.
    #[error("a sign-in was answered like a test")]
    NoTest,
    /// What a test found could not be written.
    #[error("what a test found could not be written: {0}")]
    Findings(String),
}

/// How a sign-in ended.
#[derive(Debug)]
pub enum Ending {
    /// A session has begun. The browser gets its secret and goes to its target.
    SignedIn {
        /// The secret.
        session: SessionId,
        /// Where to go: checked when the sign-in began (rule E3).
        return_to: String,
        /// The attempt's code, for the log.
        code: Code,
        /// The browser, when wrong passwords of strangers must not count against it.
        known: Option<KnownBrowser>,
        /// The connection that it came through, if one.
        through: Option<ConnectionId>,
    },
    /// The same Response came again, to the session that it began (rule E4); or one that nobody asked for, to a session of its
    /// connection (rule E5).
    AlreadySignedIn {
        /// Where to go.
        return_to: String,
    },
    /// An unsolicited Response was dropped unread; a fresh sign-in starts (rule E5).
    Bounce {
        /// The name of the connection to start with; none when the user has to choose.
        connection: Option<String>,
    },
    /// The user's sign-in at the identity provider is too old, and the provider was not asked for a newer one (rule L6): a sign-in
    /// that asks for the credentials follows, once.
    AskAnew {
        /// The name of the connection.
        connection: String,
        /// Where to go afterwards.
        return_to: Option<String>,
    },
    /// The binding cookie did not come with a cross-site request; one same-site re-post may bring it (rule E2).
    Repost {
        /// The record of a refusal that what comes back replaces, if there is one.
        record: Option<AttemptId>,
    },
    /// No session.
    Refused {
        /// The attempt's code.
        code: Code,
        /// The attempt.
        attempt: AttemptId,
        /// What the user can do.
        advice: Advice,
        /// Where the sign-in was to lead, of one that began in this browser.
        return_to: Option<String>,
    },
    /// An error of a provider that answers no sign-in of ours: nothing was written down (rule M5).
    Unasked,
    /// No session: a test of a connection is over, one way or the other. Its record says how.
    Tested {
        /// The attempt's code.
        code: Code,
        /// The attempt.
        attempt: AttemptId,
    },
    /// No session: the password is right, and somebody else has set it. Another one comes first.
    FirstPassword {
        /// What the page holds that asks for it.
        ticket: String,
    },
    /// Too many tries or messages; nothing was decided, and nothing written down.
    TooMany(Wait),
}

/// What a user can do about a refusal. It tells nothing of the reason that an attacker could use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Advice {
    /// Start again.
    TryAgain,
    /// Allow cookies, use one browser.
    AllowCookies,
    /// Ask for an account.
    AskForAccount,
    /// Check e-mail address and password.
    CheckPassword,
    /// Use single sign-on.
    UseSingleSignOn,
}

/// The browser that signs in, known by its login cookie (rule E2).
#[derive(Debug, Clone)]
pub struct Browser(String);

impl Browser {
    /// The browser of a login cookie.
    pub fn from_cookie(cookie: &str) -> Option<Self> {
        let octets = BASE64_URL_SAFE_NO_PAD.decode(cookie).ok()?;
        (octets.len() == 32).then(|| Self(cookie.to_owned()))
    }

    /// A browser that comes for the first time.
    pub fn new() -> Self {
        Self(BASE64_URL_SAFE_NO_PAD.encode(keys::random::<32>()))
    }

    /// The value of its login cookie.
    pub fn cookie(&self) -> &str {
        &self.0
    }

    /// What the store knows of it.
    fn hash(&self) -> [u8; 32] {
        keys::hash(self.0.as_bytes())
    }
}

impl Default for Browser {
    fn default() -> Self {
        Self::new()
    }
}
