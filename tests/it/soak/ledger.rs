//! What the clients saw: each Response that was posted with its answer, each session with what became of it.
//!
//! A request that is under way when the server dies has no answer: what it did is in doubt until the server is back.

use std::collections::BTreeMap;
use std::fmt;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

use super::plan::Random;
use crate::support::Started;

/// What the clients saw since the database was made.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    /// IDs of the requests that clients were given.
    pub(super) started: Vec<String>,
    pub(super) posted: Vec<Posted>,
    /// By the value of their cookie.
    pub(super) sessions: BTreeMap<String, Kept>,
    /// Accounts that a command said it made.
    pub(super) added: Vec<String>,
    /// Sign-ins of an administrator by password that were answered.
    pub(super) audited: usize,
    /// What must not be, in words.
    pub(super) wrong: Vec<String>,
    /// Answers that the database is away, when it was not.
    pub(super) away: Vec<String>,
    /// Live sessions that nobody is at.
    idle: Vec<String>,
    people: usize,
}

/// A Response that was posted.
#[derive(Debug, Clone)]
pub(super) struct Posted {
    pub(super) started: Started,
    pub(super) form: String,
    pub(super) email: String,
    /// Whether it was as the identity provider signed it.
    pub(super) good: bool,
    pub(super) seen: Seen,
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Seen {
    /// The value of the session's cookie.
    SignedIn(String),
    Refused,
    /// None: the server died, or the database was away.
    Nothing,
    /// None, and it cannot be used again: the sign-in was stored, and nobody knows the secret of its session; or a power
    /// failure took its start away.
    Lost,
}

#[derive(Debug, Clone)]
pub(super) struct Kept {
    pub(super) email: String,
    pub(super) state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Live,
    Ended,
    Doubtful,
}

impl Ledger {
    /// Somebody who was never here.
    pub(super) fn new_person(&mut self) -> usize {
        self.people += 1;
        self.people
    }

    /// Somebody who may have been here.
    pub(super) fn some_person(&mut self, random: &mut Random) -> usize {
        if self.people == 0 {
            return self.new_person();
        }
        1 + random.below(self.people)
    }

    /// Notes a Response before it is posted; where it is noted.
    pub(super) fn post(&mut self, started: &Started, form: &str, email: &str, good: bool) -> usize {
        self.posted.push(Posted {
            started: started.clone(),
            form: form.to_owned(),
            email: email.to_owned(),
            good,
            seen: Seen::Nothing,
        });
        self.posted.len() - 1
    }

    /// The posted Response began this session.
    pub(super) fn signed_in(&mut self, at: usize, session: &str) {
        let email = self.posted[at].email.clone();
        self.posted[at].seen = Seen::SignedIn(session.to_owned());
        self.begun(session, email);
    }

    /// A session began.
    pub(super) fn begun(&mut self, session: &str, email: String) {
        let state = State::Live;
        self.sessions
            .insert(session.to_owned(), Kept { email, state });
        self.idle.push(session.to_owned());
    }

    /// Takes a live session that nobody is at.
    pub(super) fn take(&mut self, random: &mut Random) -> Option<(String, String)> {
        if self.idle.is_empty() {
            return None;
        }
        let session = self.idle.swap_remove(random.below(self.idle.len()));
        let email = self.sessions[&session].email.clone();
        Some((session, email))
    }

    /// Gives a live session back.
    pub(super) fn leave(&mut self, session: String) {
        self.idle.push(session);
    }

    /// What became of a session that was taken, or is about to.
    pub(super) fn set(&mut self, session: &str, state: State) {
        if let Some(kept) = self.sessions.get_mut(session) {
            kept.state = state;
            if state == State::Live {
                self.idle.push(session.to_owned());
            }
        }
    }

    pub(super) fn count(&self, state: State) -> usize {
        let of_state = |kept: &&Kept| kept.state == state;
        self.sessions.values().filter(of_state).count()
    }
}

impl fmt::Display for Posted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = if self.good { "good" } else { "changed" };
        let (request, email) = (&self.started.request, &self.email);
        write!(
            f,
            "the {kind} answer to {request} about {email}, {:?}",
            self.seen
        )
    }
}

/// The hash under which the database knows a session, from the value of its cookie.
pub(super) fn session_key(cookie: &str) -> Vec<u8> {
    let value = cookie.split_once('=').unwrap().1;
    let id = BASE64_URL_SAFE_NO_PAD.decode(value).unwrap();
    vestibule::keys::hash(&id).to_vec()
}
