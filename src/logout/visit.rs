//! A logout message as it arrives, who brings it, and what came of it.
//!
//! Tests: `tests/it/slo.rs`. What becomes of it is `receive.rs`.

use std::net::IpAddr;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use super::judge::LogoutRefusal;
use super::outgoing::Outgoing;
use super::record::RecordedRefusal;
use crate::app::Wait;
use crate::domain::{Code, SessionKey};
use crate::saml::binding::{MessageKind, Posted, Redirected};
use crate::site::SiteConnection;
use crate::store::SignedIn;

/// The longest `RelayState` that is given back, in octets (Bindings 3.4.3 and 3.5.3).
const LONGEST_RELAY_STATE: usize = 80;

/// A logout message as it arrived.
#[derive(Clone, Copy)]
pub enum LogoutArrival<'a> {
    /// In a query.
    Redirect(&'a Redirected),
    /// In a form.
    Post(&'a Posted),
}

/// A logout message, and who brings it.
#[derive(Clone, Copy)]
pub struct LogoutVisit<'a> {
    /// The message.
    pub arrival: LogoutArrival<'a>,
    /// Who is signed in in the browser that brings it, as far as it says so: its cookie does not come with another site's form.
    pub session: Option<&'a SignedIn>,
    /// Whether it may be asked to send the message again from our own page, with its cookies: it came as a form without any, and
    /// not from that page.
    pub may_repost: bool,
    /// The client's address.
    pub client: Option<IpAddr>,
}

/// What came of it.
#[derive(Debug)]
pub enum LogoutEnding {
    /// A request: the sessions that it named have ended.
    Ended {
        /// Those that there were.
        sessions: Vec<SessionKey>,
        /// What to tell the identity provider; none when it has no address for that.
        answer: Option<Outgoing>,
    },
    /// The answer to our own request. Nothing has changed.
    Answered {
        /// Whether the identity provider says that every session has ended.
        everywhere: bool,
    },
    /// A good request that names nobody who is signed in here, brought by a browser that is. Nothing has changed.
    Unknown {
        /// What to tell the identity provider; none when it has no address for that.
        answer: Option<Outgoing>,
        /// By which the record is found.
        code: Code,
    },
    /// A good request that names nobody who is signed in here, and the browser did not say who is signed in in it. Nothing has
    /// changed, and nothing is written down: our page sends it again.
    Repost,
    /// Nothing has changed.
    Refused {
        /// Why.
        refusal: LogoutRefusal,
        /// By which the record is found.
        code: Code,
    },
    /// Nothing has changed, and nothing is written down.
    TooMany(Wait),
}

impl From<Result<RecordedRefusal, Wait>> for LogoutEnding {
    fn from(refused: Result<RecordedRefusal, Wait>) -> Self {
        match refused {
            Ok(RecordedRefusal { refusal, code }) => Self::Refused { refusal, code },
            Err(wait) => Self::TooMany(wait),
        }
    }
}

impl LogoutVisit<'_> {
    /// Who is signed in in the browser through a connection.
    pub(super) fn session_through(&self, ready: &SiteConnection) -> Option<&SignedIn> {
        let through = Some(ready.connection.id);
        self.session
            .filter(|it| it.session.connection_id == through)
    }
}

impl LogoutArrival<'_> {
    /// Whether it asks or answers.
    pub fn kind(&self) -> MessageKind {
        match self {
            Self::Redirect(message) => message.kind,
            Self::Post(message) => message.kind,
        }
    }

    pub(super) fn xml(&self) -> &[u8] {
        match self {
            Self::Redirect(message) => &message.xml,
            Self::Post(message) => &message.xml,
        }
    }

    /// The message, as a form carries it.
    pub fn to_base64(&self) -> String {
        BASE64_STANDARD.encode(self.xml())
    }

    /// What is given back with the answer.
    pub fn relay_state(&self) -> Option<&str> {
        let relay_state = match self {
            Self::Redirect(message) => message.relay_state.as_deref(),
            Self::Post(message) => message.relay_state.as_deref(),
        };
        relay_state.filter(|it| it.len() <= LONGEST_RELAY_STATE)
    }
}
