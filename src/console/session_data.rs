//! What the pages of one session keep from one request to the next: messages, reviews, and forms that wait.
//!
//! A request notes its changes, and the guard saves them after the handler: what tower-sessions' own layer does, which is not
//! taken because it sets cookies (`docs/architecture.md`, "Questions and answers"). Nodes see the same, because nothing is cached.
//!
//! Invariants: nothing of it is read in another session. Requests at the same time lose nothing of one another: a save that came
//! second is repeated on what the first has left. It is bounded by number, octets and age, and the oldest goes first.
//! Tests: `tests/it/console/session_data.rs`.

use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use time::{Duration, OffsetDateTime};
use tower_sessions_core::{Session, session, session_store};

use super::flash::Flash;
use crate::http::error::Error;
use crate::keys;

/// The field of the session's record.
const FIELD: &str = "console";
/// How long a message waits for its page.
const MESSAGE_WAITS: Duration = Duration::minutes(1);
/// The most messages that wait at a time; each has its page after a moment.
const MESSAGES: usize = 8;
/// How long a review or a form is kept.
const LIFETIME: Duration = Duration::hours(1);
/// The most reviews and forms at a time: as many tabs as somebody works in.
const ENTRIES: usize = 8;
/// The most octets of them together, as JSON. With the messages it is less than the store keeps.
const OCTETS: usize = 192 * 1024;
/// How often a save is repeated that another request came before.
const TRIES: usize = 5;

/// The data of the session of a request, and what this request changes in it.
#[derive(Debug, Clone)]
pub(super) struct SessionData {
    session: Session,
    changes: Arc<Mutex<Vec<DataChange>>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum DataChange {
    Tell(PendingMessage),
    /// Was shown, and is not shown again.
    Told(PendingMessage),
    Keep(Entry),
}

/// What is told at a path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct PendingMessage {
    path: String,
    /// When it was made, in seconds since 1970.
    at: i64,
    pub(super) flash: Flash,
}

/// A review or a form, and the name by which its page finds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Entry {
    name: String,
    /// When it was kept, in seconds since 1970.
    at: i64,
    content: Value,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
struct StoredData {
    /// The oldest first, as the entries.
    messages: Vec<PendingMessage>,
    entries: Vec<Entry>,
}

impl SessionData {
    pub(super) fn new(session: Session) -> Self {
        Self {
            session,
            changes: Arc::default(),
        }
    }

    /// What waits for the page of a path.
    pub(super) async fn messages_at(
        &self,
        path: &str,
        now: OffsetDateTime,
    ) -> Result<Vec<PendingMessage>, Error> {
        let mut messages = self.load().await?.messages;
        messages
            .retain(|message| message.path == path && is_in_time(message.at, MESSAGE_WAITS, now));
        Ok(messages)
    }

    /// Tells something on the page of an address.
    pub(super) fn tell(&self, address: &str, flash: Flash, now: OffsetDateTime) {
        let path = address.split(['?', '#']).next().unwrap_or_default();
        self.note(DataChange::Tell(PendingMessage {
            path: path.to_owned(),
            at: now.unix_timestamp(),
            flash,
        }));
    }

    /// Takes messages away that were shown.
    pub(super) fn told(&self, messages: Vec<PendingMessage>) {
        for message in messages {
            self.note(DataChange::Told(message));
        }
    }

    /// Keeps a review or a form, and says by what name it is found.
    pub(super) fn keep(&self, what: &impl Serialize, now: OffsetDateTime) -> Result<String, Error> {
        let name = BASE64_URL_SAFE_NO_PAD.encode(keys::random::<16>());
        self.note(DataChange::Keep(Entry {
            name: name.clone(),
            at: now.unix_timestamp(),
            content: serde_json::to_value(what).map_err(Error::internal)?,
        }));
        Ok(name)
    }

    /// What this session has kept under a name, as long as it does.
    pub(super) async fn find<T: DeserializeOwned>(
        &self,
        name: &str,
        now: OffsetDateTime,
    ) -> Result<Option<T>, Error> {
        let entries = self.load().await?.entries;
        let found = entries.into_iter().find(|entry| entry.name == name);
        let found = found.filter(|entry| is_in_time(entry.at, LIFETIME, now));
        // Another version of this server may have written it.
        Ok(found.and_then(|entry| serde_json::from_value(entry.content).ok()))
    }

    /// Saves what this request has changed. With a session that has ended nothing is kept.
    pub(super) async fn save(&self, now: OffsetDateTime) -> Result<(), Error> {
        let changes = std::mem::take(&mut *self.changes());
        if changes.is_empty() {
            return Ok(());
        }
        let mut tries = 1;
        loop {
            let mut stored = self.load().await?;
            if self.session.id().is_none() {
                return Ok(());
            }
            for change in &changes {
                stored.apply(change.clone());
            }
            stored.limit(now);
            self.session.insert(FIELD, &stored).await?;
            match self.session.save().await {
                Ok(()) => return Ok(()),
                Err(cause) if tries == TRIES => return Err(cause.into()),
                Err(_) => self.session.load().await?,
            }
            tries += 1;
        }
    }

    async fn load(&self) -> Result<StoredData, Error> {
        let value = self.session.get_value(FIELD).await?;
        let stored = value.and_then(|value| serde_json::from_value(value).ok());
        Ok(stored.unwrap_or_default())
    }

    fn note(&self, change: DataChange) {
        self.changes().push(change);
    }

    fn changes(&self) -> std::sync::MutexGuard<'_, Vec<DataChange>> {
        self.changes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl StoredData {
    fn apply(&mut self, change: DataChange) {
        match change {
            DataChange::Tell(message) => self.messages.push(message),
            DataChange::Told(message) => self.messages.retain(|other| *other != message),
            DataChange::Keep(entry) => self.entries.push(entry),
        }
    }

    /// Drops what is over, and the oldest of what is too much.
    fn limit(&mut self, now: OffsetDateTime) {
        self.messages
            .retain(|message| is_in_time(message.at, MESSAGE_WAITS, now));
        let surplus = self.messages.len().saturating_sub(MESSAGES);
        self.messages.drain(..surplus);
        self.entries
            .retain(|entry| is_in_time(entry.at, LIFETIME, now) && entry.octets() <= OCTETS);
        let mut octets = 0;
        let newest_first = self.entries.iter().rev().take(ENTRIES);
        let fitting = newest_first.take_while(|entry| {
            octets += entry.octets();
            octets <= OCTETS
        });
        let surplus = self.entries.len() - fitting.count();
        self.entries.drain(..surplus);
    }
}

impl Entry {
    fn octets(&self) -> usize {
        self.content.to_string().len()
    }
}

fn is_in_time(at: i64, lifetime: Duration, now: OffsetDateTime) -> bool {
    (0..=lifetime.whole_seconds()).contains(&(now.unix_timestamp() - at))
}

impl From<session::Error> for Error {
    fn from(cause: session::Error) -> Self {
        match cause {
            // The interface has no other word for a database that is away.
            session::Error::Store(session_store::Error::Backend(cause)) => {
                Self::Unavailable(cause.into())
            }
            other => Self::internal(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;

    fn entry(name: usize, octets: usize) -> Entry {
        Entry {
            name: name.to_string(),
            at: 0,
            content: Value::String("x".repeat(octets)),
        }
    }

    fn names(stored: &StoredData) -> Vec<&str> {
        stored.entries.iter().map(|it| it.name.as_str()).collect()
    }

    #[test]
    fn what_a_session_keeps_is_bounded() {
        let mut stored = StoredData::default();
        for name in 0..20 {
            stored.apply(DataChange::Keep(entry(name, 10)));
            stored.apply(DataChange::Tell(PendingMessage {
                path: name.to_string(),
                at: 0,
                flash: Flash::default(),
            }));
            stored.limit(NOW);
        }
        assert_eq!(names(&stored).join(" "), "12 13 14 15 16 17 18 19");
        assert_eq!(
            (stored.messages.len(), &*stored.messages[0].path),
            (8, "12")
        );

        // The oldest makes room; what is too large alone is not kept.
        stored.apply(DataChange::Keep(entry(20, OCTETS - 100)));
        stored.limit(NOW);
        assert_eq!(names(&stored).join(" "), "13 14 15 16 17 18 19 20");
        stored.apply(DataChange::Keep(entry(21, 60)));
        stored.limit(NOW);
        assert_eq!(names(&stored).join(" "), "17 18 19 20 21");
        stored.apply(DataChange::Keep(entry(22, OCTETS)));
        stored.limit(NOW);
        assert_eq!(names(&stored).join(" "), "17 18 19 20 21");

        stored.apply(DataChange::Keep(entry(23, 10)));
        stored.limit(NOW + Duration::minutes(60));
        assert_eq!((names(&stored).len(), stored.messages.len()), (5, 0));
        stored.limit(NOW + Duration::minutes(61));
        assert!(stored.entries.is_empty());
    }
}
